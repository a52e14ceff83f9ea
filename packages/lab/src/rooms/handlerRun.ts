import type { FrameField, SignalDetails } from "../machine/views/signals.ts";
import type { Column } from "../page/columns.ts";
import { categoryOf, type EventStore, type Lane } from "../page/eventStore.ts";
import { EventKind, type Moment, type StateView, type TaskView } from "../protocol.ts";

const RT_SIGRETURN = 15;
/** Classes of events (page/eventStore.ts). */
const CALLS = categoryOf(EventKind.SYS_ENTER);
const SIGNALS = categoryOf(EventKind.SIGNAL_SEND);

/** A handler's run as three moments. */
export interface HandlerRun {
  readonly pid: number;
  readonly signal: number;
  /** The event of the delivery: the frame has just been laid on the stack, the registers are still the interrupted ones. */
  readonly deliver: number;
  /** The end of rt_sigreturn, -1 while the handler runs. */
  readonly done: number;
  readonly before: Moment;
  readonly inside: Moment;
  readonly after: Moment | null;
}

/** Deliveries and the like are looked for this far within a task's own events. */
const FAR = 20_000;

/** The delivery to a handler at or before an event, among the signals of one task; -1 if there is none. */
function deliveryBefore(events: EventStore, lane: Lane, event: number): number {
  const signals = lane.byCategory[SIGNALS] as Column<Int32Array>;
  const last = signals.lowerBound(event + 1) - 1;
  for (let n = last; n >= 0 && n > last - FAR; n--) if (isDelivery(events, signals.at(n))) return signals.at(n);
  return -1;
}

function isDelivery(events: EventStore, i: number): boolean {
  return events.kind.at(i) === EventKind.SIGNAL_DELIVER && events.b.at(i) > 1;
}

/** The first delivery to a handler of a task; -1 if there is none. */
function firstDelivery(events: EventStore, lane: Lane): number {
  const signals = lane.byCategory[SIGNALS] as Column<Int32Array>;
  for (let n = 0; n < signals.length && n < FAR; n++) if (isDelivery(events, signals.at(n))) return signals.at(n);
  return -1;
}

/** The end of the rt_sigreturn that belongs to a delivery; -1 while the handler runs. */
function endOf(events: EventStore, lane: Lane, deliver: number): number {
  const signals = lane.byCategory[SIGNALS] as Column<Int32Array>;
  const calls = lane.byCategory[CALLS] as Column<Int32Array>;
  let s = signals.lowerBound(deliver + 1);
  let c = calls.lowerBound(deliver + 1);
  let returns = false;
  for (let depth = 1, n = 0; n < FAR && (c < calls.length || s < signals.length); n++) {
    const call = c < calls.length ? calls.at(c) : Number.POSITIVE_INFINITY;
    const signal = s < signals.length ? signals.at(s) : Number.POSITIVE_INFINITY;
    if (signal < call) {
      if (isDelivery(events, signal)) depth++;
      s++;
    } else {
      if (events.kind.at(call) === EventKind.SYS_ENTER) returns = events.a.at(call) === RT_SIGRETURN;
      else if (returns && --depth === 0) return call;
      c++;
    }
  }
  return -1;
}

/** The handler that a task has begun last at an event; the first one of the run if there is none before. Null if no handler runs. pid 0: of any task. */
export function handlerRunAt(events: EventStore, event: number, pid: number): HandlerRun | null {
  const lanes = events.lanes.filter((l) => pid === 0 || l.pid === pid);
  let deliver = Math.max(-1, ...lanes.map((l) => deliveryBefore(events, l, event)));
  if (deliver < 0) deliver = Math.min(...lanes.map((l) => firstDelivery(events, l)).filter((i) => i >= 0));
  if (!Number.isFinite(deliver)) return null;
  const own = events.pid.at(deliver);
  const position = events.position.at(deliver);
  const done = endOf(events, events.lane(own) as Lane, deliver);
  // What led to the delivery lies at the same place; else the task was interrupted between two instructions.
  const same = deliver > 0 && events.position.at(deliver - 1) === position;
  return {
    pid: own,
    signal: events.a.at(deliver),
    deliver,
    done,
    before: same ? { position, event: deliver - 1 } : { position: Math.max(0, position - 1), event: -1 },
    inside: { position, event: -1 },
    after: done < 0 ? null : { position: events.position.at(done), event: done },
  };
}

/** What rooms ask of a machine, the workbench's or another. */
export interface Asker {
  stateAt(moment: Moment): Promise<StateView>;
  memoryAt(moment: Moment, pid: number, address: string, length: number): Promise<Uint8Array>;
}

export interface StackRow {
  /** Hexadecimal. */
  readonly address: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Before, in and after: the little-endian value in hexadecimal, or a few words for what is long. */
  readonly values: readonly string[];
  /** Differs from the column before. */
  readonly changed: readonly boolean[];
}

export interface RegisterRow {
  readonly name: string;
  /** When it was interrupted, in the frame, at the handler's first instruction, after rt_sigreturn. */
  readonly values: readonly string[];
}

/** The user stack and the registers at the three moments of a handler's run. */
export interface HandlerPicture {
  readonly stack: readonly StackRow[];
  readonly registers: readonly RegisterRow[];
  readonly blocked: readonly (readonly number[])[];
  /** The handler runs on an alternate stack. */
  readonly alternate: boolean;
}

const REGISTERS = ["rip", "rsp", "rax", "rdi", "rsi", "rdx", "rcx", "rbx", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
/** Bytes of the interrupted function's stack that are shown. */
const ABOVE = 32;
const LONGEST = 4096;
/** Fields longer than this are shown as unchanged or changed. */
const WORD = 8;
/** A handler's first instruction and the end of the frame are nearer than this, or the frame lies on another stack. */
const NEAR = 8192;

function hexOf(bytes: Uint8Array, at: number, size: number): string {
  if (at < 0 || at + size > bytes.length) return "";
  let text = "";
  for (let i = size - 1; i >= 0; i--) text += (bytes[at + i] as number).toString(16).padStart(2, "0");
  return text;
}

function task(state: StateView, pid: number): TaskView | undefined {
  return state.tasks.find((t) => t.pid === pid);
}

/** Reads stack and registers at the three moments. Null if the frame cannot be read any more. */
export async function readHandler(ask: Asker, run: HandlerRun, deliverMoment: Moment): Promise<HandlerPicture | null> {
  const frameState = await ask.stateAt(deliverMoment);
  const fields = (task(frameState, run.pid)?.signals as SignalDetails | undefined)?.frame;
  if (!fields) return null;
  const states = [await ask.stateAt(run.before), await ask.stateAt(run.inside), run.after ? await ask.stateAt(run.after) : null];
  const tasks = states.map((s) => (s ? task(s, run.pid) : undefined));

  const rows = fields.filter((f) => f.size > 0 && f.name !== "stack of the handler");
  const addresses = rows.map((f) => Number.parseInt(f.address, 16));
  const interrupted = Number.parseInt(saved(fields, "sp"), 16);
  const lowest = Math.min(...addresses);
  const alternate = !(interrupted > lowest && interrupted - lowest < NEAR);
  const top = alternate ? Math.max(...rows.map((f, i) => (addresses[i] as number) + f.size)) : interrupted + ABOVE;
  const length = Math.min(LONGEST, top - lowest);
  const moments = [run.before, deliverMoment, run.after];
  const images = await Promise.all(moments.map((m) => (m ? ask.memoryAt(m, run.pid, lowest.toString(16), length) : Promise.resolve(null))));
  const all = rows.map((f) => ({ name: f.name, address: f.address, size: f.size }));
  if (!alternate)
    for (let at = interrupted; at < top; at += WORD)
      all.push({ name: at === interrupted ? "interrupted function: top of its stack" : "its stack", address: at.toString(16), size: WORD });
  const stack = all
    .map((f): StackRow => {
      const at = Number.parseInt(f.address, 16) - lowest;
      const raw = images.map((image) => (image ? hexOf(image, at, f.size) : null));
      const changed = raw.map((v, i) => i > 0 && v !== null && v !== raw[i - 1]);
      const values = raw.map((v, i) => {
        if (v === null) return "not yet";
        if (v === "") return "no page yet";
        if (f.size <= WORD) return v;
        return i === 0 ? "…" : changed[i] ? "written" : "unchanged";
      });
      return { ...f, values, changed };
    })
    .sort((a, b) => Number.parseInt(b.address, 16) - Number.parseInt(a.address, 16));
  const registers = REGISTERS.map((name) => ({
    name,
    values: [
      tasks[0]?.registers.gpr[name] ?? "",
      saved(fields, name.startsWith("r") && !/\d/.test(name) ? name.slice(1) : name),
      tasks[1]?.registers.gpr[name] ?? "",
      tasks[2]?.registers.gpr[name] ?? "",
    ],
  }));
  return { stack, registers, blocked: tasks.map((t) => t?.signals.blocked ?? []), alternate };
}

function saved(fields: readonly FrameField[], name: string): string {
  return fields.find((f) => f.name === `uc.uc_mcontext.${name}`)?.value ?? "";
}
