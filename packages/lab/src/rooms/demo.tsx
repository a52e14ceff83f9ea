import { useSignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { list } from "../page/session.ts";
import { type SideMachine, startSide } from "../page/sideMachine.ts";
import type { StateView } from "../protocol.ts";
import { messageOf } from "./go.ts";
import type { Workbench } from "./room.ts";

export interface DemoText {
  readonly title: string;
  /** What to look at. */
  readonly about: string;
  readonly model: string;
  readonly real: string;
  /** Commands that show the point, one after the other. */
  readonly commands: readonly string[];
  /** What the kernel of the real one holds, drawn beside it. */
  readonly Inside?: FunctionComponent<{ state: StateView }>;
}

/** A program's text up to a command, kept scrolled to its end. */
function Screen({ label, text }: { label: string; text: string }) {
  const pre = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const e = pre.current;
    if (e && text) e.scrollTop = e.scrollHeight;
  }, [text]);
  return (
    <section class="demo-side">
      <h4>{label}</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre ref={pre} class="demo-screen" tabIndex={0} role="log" aria-label={`Output: ${label}`}>
        {text}
      </pre>
    </section>
  );
}

/** The model and the real thing beside each other: both take every command, and both show the same moment. */
export function Demo({ bench, demo }: { bench: Workbench; demo: DemoText }) {
  const sides = useSignal<readonly [SideMachine, SideMachine] | null>(null);
  const busy = useSignal(false);
  const line = useSignal("");
  const said = useSignal("");
  const mark = useSignal(0);
  const inside = useSignal<StateView | null>(null);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
      for (const s of sides.value ?? []) s.close();
    },
    [sides],
  );

  const last = useRef(Promise.resolve());
  /** One after the other: what is asked for meanwhile is done next. */
  const guarded = (work: () => Promise<void>): Promise<void> => {
    const next = last.current.then(async () => {
      if (!alive.current) return;
      busy.value = true;
      said.value = "";
      try {
        await work();
      } catch (e) {
        said.value = messageOf(e);
      } finally {
        busy.value = false;
      }
    });
    last.current = next;
    return next;
  };
  const show = async (n: number): Promise<void> => {
    mark.value = n;
    const real = sides.value?.[1];
    if (demo.Inside && real) inside.value = await real.state(Math.min(n, real.marks.value.length - 1));
  };
  const start = (): Promise<void> =>
    guarded(async () => {
      for (const s of sides.value ?? []) s.close();
      sides.value = null;
      const sourceOf = (name: string): string => list.value.programs.find((p) => p.name === name)?.source ?? "";
      const broken = (text: string): void => {
        said.value = `A machine stopped: ${text}`;
      };
      const made = await Promise.all([
        startSide(demo.model, sourceOf(demo.model), broken),
        startSide(demo.real, sourceOf(demo.real), broken),
      ]);
      if (!alive.current) {
        for (const s of made) s.close();
        return;
      }
      sides.value = made;
      await show(0);
    });
  const give = (command: string): Promise<void> =>
    guarded(async () => {
      const pair = sides.value;
      if (!pair || !command.trim()) return;
      await Promise.all(pair.map((s) => s.command(command)));
      line.value = "";
      const ended = pair.filter((s) => s.ended.value).map((s) => s.name);
      if (ended.length > 0) said.value = `Ended: ${ended.join(" and ")}. Start again for more.`;
      await show(Math.max(...pair.map((s) => s.marks.value.length)) - 1);
    });
  const open = (name: string): Promise<void> => {
    const commands = (sides.value?.[1].marks.value ?? []).slice(1).map((m) => m.command);
    return guarded(() => bench.runProgram(name, [], commands.length > 0 ? `${commands.join("\n")}\n` : `${demo.commands.join("\n")}\n`));
  };

  const pair = sides.value;
  const marks = pair ? (pair[0].marks.value.length >= pair[1].marks.value.length ? pair[0] : pair[1]).marks.value : [];
  const Inside = demo.Inside;
  return (
    <section class="demo" aria-label={demo.title}>
      <h3>{demo.title}</h3>
      <p>{demo.about}</p>
      <p class="demo-buttons">
        <button type="button" onClick={() => void start()} disabled={busy.value}>
          {pair ? "Start again" : "Start both"}
        </button>{" "}
        <button type="button" onClick={() => void open(demo.model)}>
          Model in the workbench
        </button>{" "}
        <button type="button" onClick={() => void open(demo.real)}>
          Real one in the workbench
        </button>
      </p>
      {pair && (
        <>
          <form
            class="demo-command"
            onSubmit={(e) => {
              e.preventDefault();
              void give(line.value);
            }}
          >
            <label>
              Command for both{" "}
              <input
                value={line.value}
                onInput={(e) => {
                  line.value = e.currentTarget.value;
                }}
              />
            </label>{" "}
            <button type="submit" disabled={busy.value}>
              Send
            </button>
          </form>
          <ul class="demo-commands" aria-label="Commands to try">
            {demo.commands.map((c, i) => (
              <li key={i}>
                <button type="button" disabled={busy.value} onClick={() => void give(c)}>
                  {c}
                </button>
              </li>
            ))}
          </ul>
          <div class="demo-sides">
            <Screen label={`The model: ${demo.model}.c`} text={pair[0].outputAt(mark.value)} />
            <Screen label={`The real thing: ${demo.real}.c`} text={pair[1].outputAt(mark.value)} />
          </div>
          <label class="stepper">
            Moment: after command {mark.value} of {marks.length - 1}{" "}
            <input
              type="range"
              min="0"
              max={marks.length - 1}
              value={mark.value}
              aria-valuetext={`after ${marks[mark.value]?.command ?? ""}`}
              onInput={(e) => void show(Number(e.currentTarget.value))}
            />{" "}
            <code>{marks[mark.value]?.command}</code>
          </label>
          {Inside && inside.value && <Inside state={inside.value} />}
        </>
      )}
      <p role="status">{said.value}</p>
    </section>
  );
}
