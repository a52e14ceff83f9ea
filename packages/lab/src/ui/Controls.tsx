import { signal } from "@preact/signals";
import { timeText } from "../page/describe.ts";
import {
  compiling,
  loaded,
  moment,
  notice,
  pause,
  progress,
  reset,
  run,
  running,
  state,
  statusText,
  step,
  store,
} from "../page/session.ts";
import type { StepKind } from "../protocol.ts";

const stepKinds: readonly { kind: StepKind; label: string }[] = [
  { kind: "instruction", label: "instruction" },
  { kind: "line", label: "C line" },
  { kind: "syscall", label: "system call" },
  { kind: "event", label: "event" },
];
const stepKind = signal<StepKind>("line");

/** Run, Pause, Step, Back, Reset, and where the cursor is. */
export function Controls() {
  const busy = compiling.value;
  const label = stepKinds.find((s) => s.kind === stepKind.value)!.label;
  return (
    <section class="controls" aria-label="Control of the run">
      <div class="buttons">
        {running.value ? (
          <button type="button" class="primary" onClick={() => void pause()}>
            <Icon path="M5 3h3v10H5zM9.5 3h3v10h-3z" /> Pause
          </button>
        ) : (
          <button type="button" class="primary" disabled={busy} onClick={() => void run()}>
            <Icon path="M4.5 2.5v11l9-5.5z" /> Run
          </button>
        )}
        <div class="group">
          <button
            type="button"
            disabled={busy || !loaded.value}
            aria-label={`Back by one ${label}`}
            onClick={() => void step(stepKind.value, -1)}
          >
            <Icon path="M11.5 3v10L5 8zM3 3h1.7v10H3z" /> Back
          </button>
          <label class="visually-hidden" for="step-kind">
            Step by
          </label>
          <select
            id="step-kind"
            value={stepKind.value}
            onChange={(e) => {
              stepKind.value = e.currentTarget.value as StepKind;
            }}
          >
            {stepKinds.map((s) => (
              <option key={s.kind} value={s.kind}>
                {s.label}
              </option>
            ))}
          </select>
          <button type="button" disabled={busy} aria-label={`Step by one ${label}`} onClick={() => void step(stepKind.value, 1)}>
            Step <Icon path="M4.5 3v10L11 8zM11.3 3H13v10h-1.7z" />
          </button>
        </div>
        <button type="button" onClick={reset}>
          Reset
        </button>
      </div>
      <output class="where">
        <Where />
      </output>
      <p class="status" data-status={progress.value.status} role="status">
        <span class="dot" aria-hidden="true" /> {statusText.value}
      </p>
      {notice.value && (
        <p class={`notice ${notice.value.kind}`} role="alert">
          {notice.value.text}
        </p>
      )}
    </section>
  );
}

function Where() {
  const { position, event } = moment.value;
  const time = state.value?.time ?? (running.value ? progress.value.time : 0);
  return (
    <>
      <span>
        instruction <b>{position.toLocaleString("en")}</b>
      </span>
      <span>
        time <b>{timeText(time)}</b>
      </span>
      <span>
        event <b>{event < 0 ? "–" : (event + 1).toLocaleString("en")}</b> of <Total />
      </span>
    </>
  );
}

function Total() {
  return <>{Math.max(progress.value.events, store.count).toLocaleString("en")}</>;
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={path} fill="currentColor" />
    </svg>
  );
}
