import { LineSteps, lastChange } from "@lstar/replay";
import { EventKind, type LastWriteView, type Moment, type StateView, type StepKind, type SyscallView } from "../protocol.ts";
import type { LabEvent } from "./eventLog.ts";
import type { LabRun } from "./run.ts";
import { type CallRecord, callAtEntry, callAtExit, callInside, syscallName } from "./views/call.ts";
import { callerLine } from "./views/caller.ts";
import { peek } from "./views/peek.ts";
import { stateView } from "./views/state.ts";

/** How far back a task's last call is looked for, in events, and for how many tasks. */
const LOOK_BACK = 20_000;
const MAX_CALLS = 8;
/** Time (ms) that a step by line may look for a line, and instructions that are computed at once for it. */
const LINE_TIME = 5000;
const LINE_CHUNK = 5_000_000;
const MAX_CACHE = 2000;

/** The kernel function that an event is fired in, by our names. */
const FUNCTION_OF: Readonly<Record<number, string>> = {
  [EventKind.SYS_ENTER]: "doSyscall64",
  [EventKind.SYS_EXIT]: "syscallExit",
  [EventKind.SWITCH]: "switchTo",
  [EventKind.WAKEUP]: "wakeUpTask",
  [EventKind.FORK]: "kernelClone",
  [EventKind.EXEC]: "doExecveatCommon",
  [EventKind.EXIT]: "doExit",
  [EventKind.SIGNAL_SEND]: "sendSignalLocked",
  [EventKind.SIGNAL_DELIVER]: "setupRtFrame",
  [EventKind.PAGE_FAULT]: "handleMmFault",
  [EventKind.TIMER]: "runTimers",
  [EventKind.VSYSCALL]: "writeDataPage",
  [EventKind.HOOK]: "secureComputing",
};
const EPOLL_FUNCTION: Readonly<Record<string, string>> = {
  insert: "epInsert",
  modify: "epModify",
  remove: "epRemove",
  callback: "epPollCallback",
  ready: "epPollCallback",
  overflow: "epPollCallback",
  sleep: "doEpollWait",
  return: "doEpollWait",
};

const URING_FUNCTION: Readonly<Record<string, string>> = {
  create: "sysIoUringSetup",
  submit: "ioSubmitSqes",
  "submit-sq": "ioSubmitSqes",
  async: "ioQueueIowq",
  poll: "ioArmApoll",
  wake: "ioReqTaskWorkAdd",
  defer: "ioDrainReq",
  complete: "ioSubmitFlushCompletions",
  overflow: "ioSubmitFlushCompletions",
  wait: "ioCqringWait",
  register: "sysIoUringRegister",
  work: "tctxTaskWork",
};

/** Answers about moments of a run: state, steps, text of events. */
export class Moments {
  readonly #run: LabRun;
  /** Of the file that main() is in: the C library may have lines of its own. */
  readonly #lines: LineSteps;
  readonly #calls = new Map<number, CallRecord>();

  constructor(run: LabRun, program: Uint8Array) {
    this.#run = run;
    this.#lines = new LineSteps(run.timeline, program);
    this.#lines.limit = LINE_TIME;
  }

  /** Does the program's own source have lines? */
  get hasLines(): boolean {
    return this.#lines.debug.lines !== null;
  }

  /** A moment that exists: within the computed run, with the event that belongs to it. */
  normal(moment: Moment): Moment {
    const { log, frontier } = this.#run;
    const e = log.at(moment.event);
    if (e) return { position: e.position, event: e.index };
    const position = Math.max(0, Math.min(moment.position, frontier));
    return { position, event: log.lastAtOrBefore(position) };
  }

  state(asked: Moment): StateView {
    const run = this.#run;
    const wanted = run.log.at(asked.event);
    // In the midst of the kernel's work only if the event is the one asked for at that place.
    const position = wanted ? wanted.position : Math.max(0, Math.min(asked.position, run.frontier));
    const last = wanted ? wanted.index : run.log.lastAtOrBefore(position);
    const calls = this.#callsAt(last);
    const look = (): StateView =>
      stateView(run.k, {
        debug: this.#lines.debug,
        moment: { position, event: last },
        kernelFunction: wanted ? functionOf(wanted, run.log.at(wanted.index - 1)) : "",
        calls: new Map([...calls].map(([pid, c]) => [pid, this.#present(pid, c)])),
        lineAt: (address) => this.#lines.lineAt(address),
        frameOf: (pid) => run.recorder.frameOf(pid, last + 1),
      });
    const inside = wanted ? run.atEvent(wanted.index, look) : null;
    if (inside) return inside;
    run.seek(position);
    return look();
  }

  #present(pid: number, c: CallRecord): SyscallView {
    const task = this.#run.k.pids.get(pid);
    return c.view.result === null && task ? callInside(task, c) : c.view;
  }

  /** For each task the call it is in, or its last one, when event `last` has happened. */
  #callsAt(last: number): Map<number, CallRecord> {
    const { log } = this.#run;
    const exits = new Map<number, number>();
    const found: { pid: number; enter: number; exit: number }[] = [];
    const seen = new Set<number>();
    for (let i = last; i >= 0 && i > last - LOOK_BACK && found.length < MAX_CALLS; i--) {
      const kind = log.kindOf(i);
      const pid = log.pidOf(i);
      if (kind === EventKind.SYS_EXIT && !seen.has(pid) && !exits.has(pid)) exits.set(pid, i);
      else if (kind === EventKind.SYS_ENTER && !seen.has(pid)) {
        seen.add(pid);
        found.push({ pid, enter: i, exit: exits.get(pid) ?? -1 });
      }
    }
    found.sort((a, b) => a.enter - b.enter);
    const out = new Map<number, CallRecord>();
    for (const f of found) {
      const record = this.#call(f.enter, f.exit);
      if (record) out.set(f.pid, record);
    }
    return out;
  }

  #call(enter: number, exit: number): CallRecord | null {
    const key = exit >= 0 ? exit : enter;
    const known = this.#calls.get(key);
    if (known) return known;
    const { log, k } = this.#run;
    const e = log.at(enter) as LabEvent;
    let record: CallRecord | null;
    if (exit >= 0) {
      const entry = this.#call(enter, -1);
      const ret = log.at(exit)?.b ?? 0;
      record =
        entry &&
        this.#run.atEvent(exit, () => {
          const task = k.pids.get(e.pid);
          return task ? callAtExit(k, task, entry, ret) : entry;
        });
    } else {
      record = this.#run.atEvent(enter, () => {
        const task = k.pids.get(e.pid);
        return task ? callAtEntry(k, task, e.a) : null;
      });
    }
    if (this.#calls.size > MAX_CACHE) this.#calls.clear();
    if (record) this.#calls.set(key, record);
    return record;
  }

  /** An event in words; a call as strace prints it. */
  describe(index: number): string {
    const { log } = this.#run;
    const e = log.at(index);
    if (!e) return "";
    if (e.kind === EventKind.SYS_ENTER) {
      const record = this.#call(index, -1);
      return record ? `${record.view.text})` : syscallName(e.a);
    }
    if (e.kind === EventKind.SYS_EXIT) {
      for (let i = index - 1; i >= 0 && i > index - LOOK_BACK; i--) {
        if (log.kindOf(i) === EventKind.SYS_ENTER && log.pidOf(i) === e.pid) return this.#call(i, index)?.view.text ?? syscallName(e.a);
      }
      return `${syscallName(e.a)} = ${e.b}`;
    }
    return e.text;
  }

  memory(moment: Moment, pid: number, address: number, length: number): Uint8Array {
    const { k } = this.#run;
    const read = (): Uint8Array => peek(k, k.pids.get(pid)?.mm ?? null, address, length).slice();
    const inside = this.#run.log.at(moment.event) ? this.#run.atEvent(moment.event, read) : null;
    if (inside) return inside;
    this.#run.seek(Math.max(0, Math.min(moment.position, this.#run.frontier)));
    return read();
  }

  /** Who changed memory last before a moment. */
  lastWrite(moment: Moment, pid: number, address: number, length: number): LastWriteView | null {
    const run = this.#run;
    // What the kernel did at the moment's own event counts as well: the state of an event is that behind its position.
    const position = Math.max(0, Math.min(run.log.at(moment.event)?.position ?? moment.position, run.frontier));
    run.seek(position);
    const found = lastChange(run.timeline, pid, address, length);
    if (!found) return null;
    run.seek(found.place.position);
    const value = (bytes: Uint8Array): number => bytes.reduceRight((n, b) => n * 256 + b, 0);
    return {
      position: found.place.position,
      pid: found.pid,
      kernel: !found.stored,
      old: value(found.old),
      new: value(found.new),
      line: found.stored ? this.#lineOf(found.pid) : 0,
    };
  }

  /** Line of the program's own source that a task is at, or that called what it is in; 0 if unknown. */
  #lineOf(pid: number): number {
    const { k } = this.#run;
    const task = k.pids.get(pid);
    return this.#lines.line(pid) || (task ? callerLine(k, task, (address) => this.#lines.lineAt(address)) : 0);
  }

  /** The moment that a step leads to, within the computed run. */
  step(kind: StepKind, direction: 1 | -1, from: Moment, pid: number): Moment {
    const { log, frontier } = this.#run;
    if (kind === "event" || kind === "syscall") {
      const start = log.at(from.event) ? from.event : log.lastAtOrBefore(from.position) + (direction < 0 ? 1 : 0);
      for (let i = start + direction; i >= 0 && i < log.count; i += direction) {
        if (pid !== 0 && log.pidOf(i) !== pid) continue;
        if (kind === "event" || log.kindOf(i) === EventKind.SYS_ENTER) return { position: log.positionOf(i), event: i };
      }
      return direction > 0 ? { position: frontier, event: -1 } : { position: 0, event: -1 };
    }
    if (kind === "instruction") {
      const position = Math.max(0, Math.min(frontier, from.position + direction));
      return { position, event: -1 };
    }
    return this.#lineStep(direction, from, pid);
  }

  /** To where another line of the program's source begins, or as far as was looked: the next step goes on from there. */
  #lineStep(direction: 1 | -1, from: Moment, pid: number): Moment {
    const run = this.#run;
    const lines = this.#lines;
    run.seek(Math.min(from.position, run.frontier));
    if (direction < 0) return { position: lines.back(pid).place.position, event: -1 };
    const start = lines.line(pid);
    const deadline = performance.now() + LINE_TIME;
    for (;;) {
      const step = lines.forward(pid, { position: run.frontier, turn: 0 }, start);
      if (step.ended !== "end" || run.ended || run.waiting || performance.now() > deadline)
        return { position: step.place.position, event: -1 };
      const { frontier } = run;
      run.advance(LINE_CHUNK, Number.POSITIVE_INFINITY);
      if (run.frontier === frontier) return { position: frontier, event: -1 };
      run.seek(frontier);
    }
  }
}

/** All that functionOf may name; each must be in the index of kernel functions. */
export const EVENT_FUNCTIONS: readonly string[] = [
  ...Object.values(FUNCTION_OF),
  ...Object.values(EPOLL_FUNCTION),
  ...Object.values(URING_FUNCTION),
  ...["ptraceStop", "ptraceBack", "epSendEvents", "wakeUpNew", "getSignal", "scanSelect", "scanPoll", "vfsPoll"],
];

function functionOf(e: LabEvent, before: LabEvent | null): string {
  // A new task is woken by another function than one that slept.
  if (e.kind === EventKind.WAKEUP && before?.kind === EventKind.FORK && before.a === e.pid) return "wakeUpNew";
  // Only a handler gets a frame.
  if (e.kind === EventKind.SIGNAL_DELIVER && e.b <= 1) return "getSignal";
  if (e.kind === EventKind.SCAN) return e.text === "select" ? "scanSelect" : e.text === "poll" ? "scanPoll" : "vfsPoll";
  if (e.kind === EventKind.HOOK && e.text !== "seccomp") return e.text === "ptrace resume" ? "ptraceBack" : "ptraceStop";
  if (e.kind === EventKind.EPOLL) return EPOLL_FUNCTION[e.text] ?? "epSendEvents";
  if (e.kind === EventKind.URING) return URING_FUNCTION[e.text.split(" ")[0] ?? ""] ?? "ioSubmitSqes";
  return FUNCTION_OF[e.kind] ?? "";
}
