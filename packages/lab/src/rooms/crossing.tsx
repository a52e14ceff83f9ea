import { verdictText } from "../page/describe.ts";
import type { EventStore } from "../page/eventStore.ts";
import { EventKind, type HooksView, type StateView, type TaskView } from "../protocol.ts";
import { Wide } from "./wide.tsx";

/** Where a task is on the way of a call. */
export type Place = "program" | "entry" | "ptrace" | "seccomp" | "audit" | "handler" | "exit";

/** How far back a call's own events are looked for. */
const FAR = 20_000;

/** What the hooks have said of a task's present or last call. */
export interface Verdicts {
  readonly seccomp: string;
  /** "" if the task has not stopped for its tracer in this call. */
  readonly ptrace: string;
}

export const NO_VERDICTS: Verdicts = { seccomp: "", ptrace: "" };
const PTRACE_WORDS: Readonly<Record<string, string>> = {
  "ptrace entry": "stopped: entry",
  "ptrace exit": "stopped: exit",
  "ptrace resume": "let go on",
};

/** Looks back to where the task's last call began. */
export function verdictsAt(events: EventStore, event: number, pid: number): Verdicts {
  let seccomp = "";
  let ptrace = "";
  for (let i = Math.min(event, events.count - 1); i >= 0 && i > event - FAR; i--) {
    if (events.pid.at(i) !== pid) continue;
    if (events.kind.at(i) === EventKind.HOOK && events.string(i) === "seccomp" && seccomp === "") seccomp = verdictText(events.b.at(i));
    if (events.kind.at(i) === EventKind.HOOK && ptrace === "") ptrace = PTRACE_WORDS[events.string(i)] ?? "";
    if (events.kind.at(i) === EventKind.SYS_ENTER) break;
  }
  return { seccomp, ptrace };
}

/** The station that the cursor's event stands for. */
export function placeOf(events: EventStore, state: StateView, task: TaskView): Place {
  const { event } = state.moment;
  if (!task.inKernel) return "program";
  if (event >= 0 && event < events.count && events.pid.at(event) === task.pid && state.kernelFunction !== "") {
    const kind = events.kind.at(event);
    if (kind === EventKind.SYS_ENTER) return "entry";
    if (kind === EventKind.HOOK)
      return events.string(event) === "seccomp" ? "seccomp" : events.string(event) === "ptrace exit" ? "exit" : "ptrace";
    if (kind === EventKind.SYS_EXIT || kind === EventKind.SIGNAL_DELIVER) return "exit";
  }
  if (task.state !== "stopped" || task.hooks.tracer === 0) return "handler";
  return verdictsAt(events, event, task.pid).ptrace === PTRACE_WORDS["ptrace exit"] ? "exit" : "ptrace";
}

interface Box {
  readonly title: string;
  readonly text: string;
  readonly lit: boolean;
  /** A hook that is not active. */
  readonly off?: boolean;
}

const BOX_W = 106;
const GAP = 10;
const BOX_H = 42;
/** The channel on the left is for the way back. */
const LEFT = 40;
const xOf = (column: number): number => LEFT + column * (BOX_W + GAP);
const COLUMNS = 6;
const WIDTH = xOf(COLUMNS) - GAP + 10;
/** Functions of the way down that are drawn. */
const MOST = COLUMNS;

/** Longer names are cut; the list below the drawing has them whole. */
const fit = (text: string): string => (text.length > 19 ? `${text.slice(0, 18)}…` : text);
const sizeOf = (text: string): number => (text.length > 16 ? 9.5 : text.length > 14 ? 10.5 : 11.5);
/** What seccomp says when the call goes on. */
const GOES_ON = /^(|allow|log, allow|ask the tracer)$/;

function hookBoxes(hooks: HooksView | null, verdicts: Verdicts, place: Place): Box[] {
  const seccomp = hooks?.seccomp ?? "off";
  const tracer = hooks?.tracer ?? 0;
  return [
    {
      title: "ptrace",
      text: tracer === 0 ? "no tracer" : verdicts.ptrace || (hooks?.traced ? `stops for ${tracer}` : `tracer ${tracer}`),
      lit: place === "ptrace",
      off: tracer === 0,
    },
    {
      title: "seccomp",
      text:
        seccomp === "off"
          ? "no filter"
          : verdicts.seccomp || (seccomp === "strict" ? "strict mode" : `${hooks?.filters} filter${hooks?.filters === 1 ? "" : "s"}`),
      lit: place === "seccomp",
      off: seccomp === "off",
    },
    { title: "audit", text: hooks?.audit ? "records it" : "not recording", lit: place === "audit", off: !hooks?.audit },
  ];
}

function Station({ box, x, y }: { box: Box; x: number; y: number }) {
  const colour = box.lit ? "var(--accent)" : box.off ? "var(--line)" : "var(--soft)";
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={BOX_W}
        height={BOX_H}
        rx="5"
        fill={box.lit ? "var(--lit)" : "var(--raised)"}
        stroke={colour}
        stroke-width={box.lit ? 2.5 : 1}
        stroke-dasharray={box.off ? "4 3" : undefined}
      />
      <text
        x={x + BOX_W / 2}
        y={y + (box.text ? 18 : 26)}
        font-size={sizeOf(box.title)}
        text-anchor="middle"
        fill={box.off ? "var(--soft)" : "var(--text)"}
      >
        {fit(box.title)}
      </text>
      {box.text && (
        <text x={x + BOX_W / 2} y={y + 34} font-size={Math.min(10.5, sizeOf(box.text))} text-anchor="middle" fill="var(--soft)">
          {fit(box.text)}
        </text>
      )}
    </g>
  );
}

/** A line with an arrow head, straight across or straight down. */
function Way({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }) {
  const s = x1 === x2 ? Math.sign(y2 - y1) : Math.sign(x2 - x1);
  const head =
    x1 === x2
      ? `${x2},${y2} ${x2 - 4},${y2 - s * 6} ${x2 + 4},${y2 - s * 6}`
      : `${x2},${y2} ${x2 - s * 6},${y2 - 4} ${x2 - s * 6},${y2 + 4}`;
  return (
    <>
      <line x1={x1} y1={y1} x2={x2} y2={y2} stroke="var(--soft)" stroke-width="1.5" />
      <polygon points={head} fill="var(--soft)" />
    </>
  );
}

interface Props {
  readonly task: TaskView | undefined;
  readonly place: Place;
  readonly verdicts: Verdicts;
}

/** Both rings and the stations of a call, from the program down to the file operation and back. */
export function Crossing({ task, place, verdicts }: Props) {
  const call = task?.call ?? null;
  const inKernel = place !== "program";
  const hooks = hookBoxes(task?.hooks ?? null, verdicts, place);
  const first: Box[] = [
    { title: "entry_SYSCALL_64", text: "swapgs, own stack", lit: place === "entry" },
    { title: "pt_regs", text: "registers saved", lit: false },
    ...hooks,
    { title: "sysCallTable", text: call ? `[${call.nr}] ${call.name}` : "[rax]", lit: false },
  ];
  const skipped = !GOES_ON.test(verdicts.seccomp);
  const passed = (call?.path ?? []).slice(1, MOST + 1);
  // Some handlers have no name of their own: then Linux's.
  const way = skipped || !call ? [] : passed.length > 0 ? passed : [call.linux.split(" ")[1] || "sys_ni_syscall"];
  const last = way.length - 1;
  const down = way.map(
    (name, i): Box => ({
      title: name,
      text: i === 0 ? "handler" : i === last ? "operation" : "",
      lit: place === "handler" && i === last,
    }),
  );
  if (skipped) down.push({ title: "no handler", text: "call skipped", lit: false, off: true });
  const noExitWork = hooks[0]?.off && hooks[2]?.off && place !== "exit";
  const back: Box[] = [
    { title: "rax", text: call?.result?.replace(/ \(.*/, "") ?? "no result yet", lit: false },
    { title: "exit work", text: noExitWork ? "none" : "audit, ptrace", lit: place === "exit", off: noExitWork },
    { title: "signals, resched", text: task?.signals.flag ? "TIF_SIGPENDING" : "nothing to do", lit: false },
    { title: "sysret", text: "rip ← rcx", lit: false },
  ];
  const about = [
    `The program is ${inKernel ? "in the kernel, ring 0" : "in user mode, ring 3"}.`,
    ...hooks.map((h) => `${h.title}: ${h.text}.`),
    call ? `sysCallTable[${call.nr}] is ${call.name}; the way down: ${call.path.join(", ")}.` : "No call yet.",
  ].join(" ");
  const [Y1, Y2, Y3] = [112, 182, 252];
  return (
    <Wide label="The crossing, drawn">
      <svg class="drawing" viewBox={`0 0 ${WIDTH} 304`} role="img" aria-label={about}>
        <rect x="2" y="2" width={WIDTH - 4} height="58" rx="7" fill={inKernel ? "var(--sunken)" : "var(--lit)"} stroke="var(--line)" />
        <text x="12" y="22" font-size="12.5" fill="var(--text)">
          Ring 3: the program {task ? `(task ${task.pid}, ${task.comm})` : ""}
        </text>
        <text x="12" y="44" font-size="12.5" fill="var(--soft)">
          {call ? `rax = ${call.nr} (${call.name}), arguments in rdi, rsi, rdx, r10, r8, r9; then syscall` : "number in rax, then syscall"}
        </text>
        <rect x="2" y="70" width={WIDTH - 4} height="232" rx="7" fill={inKernel ? "var(--lit)" : "var(--sunken)"} stroke="var(--line)" />
        <text x={xOf(0) + BOX_W / 2 + 14} y="90" font-size="11.5" fill="var(--soft)">
          syscall: rcx ← rip, r11 ← rflags, rip ← MSR_LSTAR
        </text>
        <text x={WIDTH - 14} y="90" font-size="11.5" text-anchor="end" fill="var(--soft)">
          Ring 0: the kernel
        </text>
        <Way x1={xOf(0) + BOX_W / 2} y1={60} x2={xOf(0) + BOX_W / 2} y2={Y1} />
        {first.map((box, i) => (
          <g key={box.title}>
            <Station box={box} x={xOf(i)} y={Y1} />
            {i > 0 && <Way x1={xOf(i) - GAP} y1={Y1 + BOX_H / 2} x2={xOf(i)} y2={Y1 + BOX_H / 2} />}
          </g>
        ))}
        {skipped ? (
          <>
            <polyline
              points={`${xOf(3) + BOX_W / 2},${Y1 + BOX_H} ${xOf(3) + BOX_W / 2},${Y2 + BOX_H + 14} ${xOf(5) + BOX_W / 2},${Y2 + BOX_H + 14}`}
              fill="none"
              stroke="var(--accent)"
              stroke-width="1.5"
            />
            <Way x1={xOf(5) + BOX_W / 2} y1={Y2 + BOX_H + 14} x2={xOf(5) + BOX_W / 2} y2={Y3} />
          </>
        ) : (
          down.length > 0 && (
            <>
              <Way x1={xOf(5) + BOX_W / 2} y1={Y1 + BOX_H} x2={xOf(5) + BOX_W / 2} y2={Y2} />
              <Way x1={xOf(5) + BOX_W / 2} y1={Y2 + BOX_H} x2={xOf(5) + BOX_W / 2} y2={Y3} />
            </>
          )
        )}
        {down.map((box, i) => (
          <g key={box.title}>
            <Station box={box} x={xOf(COLUMNS - 1 - i)} y={Y2} />
            {i > 0 && <Way x1={xOf(COLUMNS - i)} y1={Y2 + BOX_H / 2} x2={xOf(COLUMNS - 1 - i) + BOX_W} y2={Y2 + BOX_H / 2} />}
          </g>
        ))}
        {back.map((box, i) => (
          <g key={box.title}>
            <Station box={box} x={xOf(5 - i)} y={Y3} />
            {i > 0 && <Way x1={xOf(6 - i)} y1={Y3 + BOX_H / 2} x2={xOf(5 - i) + BOX_W} y2={Y3 + BOX_H / 2} />}
          </g>
        ))}
        <polyline points={`${xOf(2)},${Y3 + BOX_H / 2} 20,${Y3 + BOX_H / 2} 20,66`} fill="none" stroke="var(--soft)" stroke-width="1.5" />
        <Way x1={20} y1={80} x2={20} y2={60} />
        <text x={xOf(0)} y={Y3 + 14} font-size="11.5" fill="var(--soft)">
          back to ring 3, with rax
        </text>
      </svg>
    </Wide>
  );
}
