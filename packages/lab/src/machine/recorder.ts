import type { Epitem } from "@lstar/kernel/fs/eventpoll/types.ts";
import type { IoKiocb } from "@lstar/kernel/include/linux/ioUringTypes.ts";
import { EXIT_ZOMBIE, type Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { EventNumbers } from "@lstar/replay";
import { uringOpName } from "@lstar/trace/uring/names.ts";
import { EventKind } from "../protocol.ts";
import type { EventLog } from "./eventLog.ts";
import { sleepsOn } from "./queueNames.ts";

/** user_data, exact below 2^53. */
const userData = (lo: number, hi: number): number => (hi >>> 0) * 2 ** 32 + (lo >>> 0);
const NOTHING = (): string => "";
const RT_SIGRETURN = 15;
const SIGTRAP = 5;
const MAX_FRAME_EVENTS = 200_000;

/** A handler's frame was built (signal > 0), or a handler returned (signal 0). */
export interface FrameEvent {
  readonly event: number;
  readonly pid: number;
  readonly signal: number;
  /** Address of the frame on the user stack. */
  readonly frame: number;
  readonly flags: number;
}

/**
 * Listens to the kernel's tracepoints. Events have numbers in the order of the run; those that are new go to the
 * log, those of a stretch that is run again are only counted. `onEvent` is called at each, in the midst of the
 * kernel's work, after which the state may be looked at but not changed.
 */
export class Recorder implements EventNumbers {
  /** Number of the next event. */
  next = 0;
  /** In the order of the run. */
  readonly frameEvents: FrameEvent[] = [];
  /** The processor has nothing to do. */
  idle = false;
  onEvent: ((index: number) => void) | null = null;
  readonly #k: Kernel;
  readonly #log: EventLog;

  constructor(k: Kernel, log: EventLog) {
    this.#k = k;
    this.#log = log;
    const t = k.trace;
    t.sysEnter.on((task, nr) => {
      this.#task(EventKind.SYS_ENTER, task, nr, 0);
      if (nr === RT_SIGRETURN) this.#frameEvent({ event: this.next - 1, pid: task.pid, signal: 0, frame: 0, flags: 0 });
    });
    t.sysExit.on((task, nr, ret) => this.#task(EventKind.SYS_EXIT, task, nr, ret));
    t.seccomp.on((task, nr, verdict) => this.#task(EventKind.HOOK, task, nr, verdict, () => "seccomp"));
    t.ptraceStop.on((task, code, message) => {
      const call = (code & ~0x80) === SIGTRAP && (message === 1 || message === 2);
      this.#task(EventKind.HOOK, task, task.syscallNr, code, () =>
        call ? (message === 1 ? "ptrace entry" : "ptrace exit") : "ptrace stop",
      );
    });
    t.ptraceResume.on((task, sig) => this.#event(EventKind.HOOK, task.pid, task.syscallNr, sig, () => "ptrace resume"));
    t.schedSwitch.on((prev, next) => this.#switch(prev, next));
    t.schedWakeup.on((task, waker) => {
      const by = k.time.inInterrupt || this.idle || waker === task ? 0 : (waker?.pid ?? 0);
      this.#event(EventKind.WAKEUP, task.pid, by, 0, NOTHING);
    });
    t.schedProcessFork.on((parent, child) =>
      this.#task(EventKind.FORK, parent, child.pid, child.tgid === parent.tgid ? 1 : 0, () => (child.kthread ? child.comm : "")),
    );
    t.schedProcessExec.on((task, filename) => this.#task(EventKind.EXEC, task, 0, 0, () => filename));
    t.schedProcessExit.on((task) => this.#task(EventKind.EXIT, task, task.exitCode, 0));
    t.signalGenerate.on((sig, _info, target, _group, _result, sender) => {
      this.#event(EventKind.SIGNAL_SEND, target.pid, sig, sender?.pid ?? 0, NOTHING);
    });
    t.signalDeliver.on((task, sig, _info, handler, flags, frame) => {
      this.#task(EventKind.SIGNAL_DELIVER, task, sig, handler);
      if (handler > 1) this.#frameEvent({ event: this.next - 1, pid: task.pid, signal: sig, frame, flags });
    });
    t.pageFault.on((task, address, error) => this.#task(EventKind.PAGE_FAULT, task, address, error));
    t.timerExpireEntry.on((timer) => this.#event(EventKind.TIMER, 0, 0, 0, () => timer.constructor.name));
    t.updateVsyscall.on((sequence, step) => this.#event(EventKind.VSYSCALL, k.cpuTask?.pid ?? 0, 0, sequence, () => step));
    t.selectScan.on((task, what, n) => this.#task(EventKind.SCAN, task, -1, n, () => what));
    t.selectLook.on((task, fd, mask) => this.#task(EventKind.SCAN, task, fd, mask, () => "fd"));
    t.selectScanned.on((task, count) => this.#task(EventKind.SCAN, task, -1, count, () => "end"));
    t.epollInsert.on((item) => this.#epoll("insert", item, item.events));
    t.epollRemove.on((item) => this.#epoll("remove", item, item.events));
    t.epollModify.on((item) => this.#epoll("modify", item, item.events));
    t.epollCallback.on((item, key) => this.#epoll("callback", item, key));
    t.epollReady.on((item, key) => this.#epoll("ready", item, key));
    t.epollOverflow.on((item) => this.#epoll("overflow", item, 0));
    t.epollCopy.on((item, revents, fate) => this.#epoll(`copy:${fate}`, item, revents));
    t.epollSleep.on((_ep, task) => this.#task(EventKind.EPOLL, task, -1, 0, () => "sleep"));
    t.ioUringCreate.on((_ctx, _fd, sq, cq) => this.#uring(`create ${sq} ${cq}`, 0, 0));
    t.ioUringRegister.on((_ctx, opcode, _files, _bufs, ret) => this.#task(EventKind.URING, k.current, opcode, ret, () => "register"));
    t.ioUringSubmitReq.on((_ctx, req) => this.#request(k.current.kthread ? "submit-sq" : "submit", req, req.flags & 0xff));
    t.ioUringReqFailed.on((_ctx, req, _sqe, error) => this.#request(k.current.kthread ? "submit-sq" : "submit", req, error));
    t.ioUringDefer.on((_ctx, req) => this.#request("defer", req, 0));
    t.ioUringLink.on((_ctx, req) => this.#request("link", req, 0));
    t.ioUringFailLink.on((_ctx, _req, link) => this.#request("fail", link, 0));
    t.ioUringPollArm.on((_ctx, req, _mask, events) => this.#request("poll", req, events));
    t.ioUringQueueAsyncWork.on((_ctx, req) => this.#request("async", req, 0));
    t.ioUringTaskAdd.on((_ctx, req) => this.#request("wake", req, req.res));
    t.ioUringTaskWorkRun.on((task, count) => this.#task(EventKind.URING, task, 0, count, () => "work"));
    t.ioUringLocalWorkRun.on((_ctx, count) => this.#uring("work", 0, count));
    t.ioUringCqringWait.on((_ctx, task, minEvents) => this.#task(EventKind.URING, task, 0, minEvents, () => "wait"));
    t.ioUringComplete.on((_ctx, req, lo, hi, res) => {
      this.#uring(req ? `complete ${uringOpName(req.opcode)}` : "complete", userData(lo, hi), res);
    });
    t.ioUringCqeOverflow.on((_ctx, lo, hi, res) => this.#uring("overflow", userData(lo, hi), res));
    t.epollReturn.on((_ep, task, result) => this.#task(EventKind.EPOLL, task, -1, result, () => "return"));
  }

  save(): { next: number; idle: boolean } {
    return { next: this.next, idle: this.idle };
  }
  restore(saved: unknown): void {
    const { next, idle } = saved as { next: number; idle: boolean };
    this.next = next;
    this.idle = idle;
  }
  positionOf(index: number): number | undefined {
    return this.#log.at(index)?.position;
  }

  output(bytes: number): void {
    this.#event(EventKind.OUTPUT, this.#k.current.pid, bytes, 0, NOTHING);
  }
  input(bytes: number): void {
    this.#event(EventKind.INPUT, 0, bytes, 0, NOTHING);
  }

  /** The main loop found nobody to run. */
  wentIdle(): void {
    if (this.idle) return;
    const task = this.#k.cpuTask;
    if (task) this.#event(EventKind.SWITCH, task.pid, 0, stateOf(task), () => this.#queue(task));
    this.idle = true;
  }

  /** Something that the running task does: then the processor is no longer idle. */
  #task(kind: EventKind, task: Task, a: number, b: number, text: () => string = NOTHING): void {
    if (this.idle) {
      this.idle = false;
      const { cpuTask } = this.#k;
      if (cpuTask) this.#event(EventKind.SWITCH, 0, cpuTask.pid, 0, NOTHING);
    }
    this.#event(kind, task.pid, a, b, text);
  }

  #switch(prev: Task | null, next: Task | null): void {
    const from = this.idle ? null : prev;
    this.idle = next === null;
    this.#event(EventKind.SWITCH, from?.pid ?? 0, next?.pid ?? 0, from ? stateOf(from) : 0, () => (from ? this.#queue(from) : ""));
  }

  #frameEvent(e: FrameEvent): void {
    const last = this.frameEvents[this.frameEvents.length - 1];
    if ((!last || last.event < e.event) && this.frameEvents.length < MAX_FRAME_EVENTS) this.frameEvents.push(e);
  }

  /** The innermost handler that a task is in at a moment (events before `next` have happened). */
  frameOf(pid: number, next: number): FrameEvent | null {
    const stack: FrameEvent[] = [];
    for (const e of this.frameEvents) {
      if (e.event >= next) break;
      if (e.pid !== pid) continue;
      if (e.signal > 0) stack.push(e);
      // At the entry of rt_sigreturn the frame is still there.
      else if (e.event < next - 1) stack.pop();
    }
    return stack[stack.length - 1] ?? null;
  }

  #queue(task: Task): string {
    return task.state === 0 || task.exitState !== 0 ? "" : sleepsOn(this.#k, task).join(", ");
  }

  #epoll(text: string, item: Epitem, bits: number): void {
    this.#event(EventKind.EPOLL, this.#k.current.pid, item.fd, bits, () => text);
  }

  /** What happens to a request; pid is who the kernel works for then, or a thread of its own. */
  #request(what: string, req: IoKiocb, b: number): void {
    this.#uring(`${what} ${uringOpName(req.opcode)}`, userData(req.userLo, req.userHi), b);
  }

  #uring(text: string, a: number, b: number): void {
    this.#event(EventKind.URING, this.#k.current.pid, a, b, () => text);
  }

  #event(kind: EventKind, pid: number, a: number, b: number, text: () => string): void {
    const index = this.next++;
    const log = this.#log;
    if (index === log.count) log.add(kind, this.#k.machine.totalRetired, this.#k.time.nowNs, pid, a, b, text());
    this.onEvent?.(index);
  }
}

function stateOf(task: Task): number {
  return task.exitState !== 0 ? EXIT_ZOMBIE : task.state;
}
