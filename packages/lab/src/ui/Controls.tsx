import { signal } from "@preact/signals";
import { numberText, timeText } from "../page/describe.ts";
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
  seek,
  state,
  statusText,
  step,
  store,
} from "../page/session.ts";
import { EventKind, type StepKind } from "../protocol.ts";

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
          <button type="button" class="primary" title="Pause (F8)" onClick={() => void pause()}>
            <Icon path="M5 3h3v10H5zM9.5 3h3v10h-3z" /> Pause
          </button>
        ) : (
          <button type="button" class="primary" title="Run (F8)" disabled={busy} onClick={() => void run()}>
            <Icon path="M4.5 2.5v11l9-5.5z" /> Run
          </button>
        )}
        <div class="group">
          <button
            type="button"
            disabled={busy || !loaded.value}
            aria-label={`Back by one ${label}`}
            title={`Back by one ${label}${keyOf(true)}`}
            onClick={() => void step(stepKind.value, -1)}
          >
            <Icon path="M11.5 3v10L5 8zM3 3h1.7v10H3z" /> Back
          </button>
          <label class="visually-hidden" for="step-kind">
            Step by
          </label>
          <select
            id="step-kind"
            title="How far Step and Back go"
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
          <button
            type="button"
            disabled={busy}
            aria-label={`Step by one ${label}`}
            title={`On by one ${label}${keyOf(false)}`}
            onClick={() => void step(stepKind.value, 1)}
          >
            Step <Icon path="M4.5 3v10L11 8zM11.3 3H13v10h-1.7z" />
          </button>
        </div>
        <button type="button" title="Throw the machine away, whatever it is doing" onClick={reset}>
          Reset
        </button>
      </div>
      <output class="where">
        <Where />
      </output>
      <Status />
      {notice.value && (
        <div class={`notice ${notice.value.kind}`}>
          <p role="alert">{notice.value.text}</p>
          <button
            type="button"
            class="quiet"
            aria-label="Dismiss this message"
            title="Dismiss"
            onClick={() => {
              notice.value = null;
            }}
          >
            ×
          </button>
        </div>
      )}
    </section>
  );
}

function keyOf(back: boolean): string {
  if (stepKind.value === "line") return back ? " (Shift F10)" : " (F10)";
  if (stepKind.value === "instruction") return back ? " (Ctrl Shift F10)" : " (Ctrl F10)";
  const arrow = back ? "←" : "→";
  return stepKind.value === "event" ? ` (${arrow} in the timeline)` : ` (Shift ${arrow} in the timeline)`;
}

/** What became of the run; where a signal ended it, the way to that moment. */
function Status() {
  const { status, exitStatus } = progress.value;
  const signal = status === "ended" && exitStatus > 0 ? exitStatus & 0x7f : 0;
  const how = status === "ended" && exitStatus >= 0 ? (exitStatus === 0 ? "good" : "bad") : status;
  return (
    <div class="status-line">
      <p class="status" data-status={how} role="status">
        <span class="dot" aria-hidden="true" /> {statusText.value}
      </p>
      {signal > 0 && (
        <button type="button" class="small" onClick={() => showSignal(signal)}>
          Show where
        </button>
      )}
    </div>
  );
}

/** To the last time that a task acted on the signal. */
function showSignal(signal: number): void {
  for (let i = store.count - 1; i >= 0; i--) {
    if (store.kind.at(i) !== EventKind.SIGNAL_DELIVER || store.a.at(i) !== signal) continue;
    void seek({ position: store.position.at(i), event: i });
    return;
  }
}

function Where() {
  const { position, event } = moment.value;
  const time = state.value?.time ?? (running.value ? progress.value.time : 0);
  return (
    <>
      <span>
        instruction <b>{numberText(position)}</b>
      </span>
      <span>
        time <b>{timeText(time)}</b>
      </span>
      <span>
        event <b>{event < 0 ? "–" : numberText(event + 1)}</b> of <Total />
      </span>
    </>
  );
}

function Total() {
  return <>{numberText(Math.max(progress.value.events, store.count))}</>;
}

function Icon({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={path} fill="currentColor" />
    </svg>
  );
}
