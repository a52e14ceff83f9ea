import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { EventNumbers } from "./place.ts";

/** Kinds of events, by the names of Linux's tracepoints; `write` is output that leaves the machine. */
export const EVENT_KINDS = [
  "sys_enter",
  "sys_exit",
  "sched_switch",
  "sched_wakeup",
  "sched_process_fork",
  "sched_process_exec",
  "sched_process_exit",
  "signal_generate",
  "signal_deliver",
  "page_fault_user",
  "timer_expire_entry",
  "io_uring_submit_req",
  "io_uring_complete",
  "io_uring_cqe_overflow",
  "write",
] as const;
export type EventName = (typeof EVENT_KINDS)[number];
const NUMBER = Object.fromEntries(EVENT_KINDS.map((name, i) => [name, i])) as Record<EventName, number>;

/** Something that happened in a run. Several events may lie at one position: all that one system call does. */
export interface RunEvent {
  /** From 0, in the order of the run. */
  readonly number: number;
  readonly kind: EventName;
  /** Instructions retired before it; a system call's own instruction is among them. */
  readonly position: number;
  /** The task that it happens to. */
  readonly pid: number;
  /**
   * sys_enter, sys_exit: the call's number. sched_switch: who runs next (0: nobody). sched_wakeup: the task that woke it
   * (0: a timer or a device). sched_process_fork: the new task. sched_process_exit: the wait status. signal_*: the signal.
   * page_fault_user: the address. io_uring_submit_req: the entry's operation. io_uring_complete, io_uring_cqe_overflow: user_data,
   * as far as a number holds it. write: bytes.
   */
  readonly value: number;
  /**
   * sys_exit: what it returned, or a negated errno. signal_generate: who sent it (0: the kernel). io_uring_submit_req: user_data.
   * io_uring_complete, io_uring_cqe_overflow: the result in the CQE.
   */
  readonly result: number;
}

const CHUNK = 65536;

/** user_data of io_uring, exact below 2^53. */
const userData = (lo: number, hi: number): number => (hi >>> 0) * 2 ** 32 + (lo >>> 0);

class Chunk {
  readonly kind = new Uint8Array(CHUNK);
  readonly pid = new Int32Array(CHUNK);
  readonly position = new Float64Array(CHUNK);
  readonly value = new Float64Array(CHUNK);
  readonly result = new Float64Array(CHUNK);
}

/** Numbers the events of a run and remembers them, 29 bytes each. */
export class EventRecorder implements EventNumbers {
  next = 0;
  onEvent: ((index: number) => void) | null = null;
  /** Events that are known: those up to the furthest point of the run. */
  count = 0;
  readonly #k: Kernel;
  readonly #chunks: Chunk[] = [];
  #idle = false;

  constructor(k: Kernel) {
    this.#k = k;
    const t = k.trace;
    t.sysEnter.on((task, nr) => this.#task("sys_enter", task, nr));
    t.sysExit.on((task, nr, ret) => this.#task("sys_exit", task, nr, ret));
    t.schedSwitch.on((prev, next) => this.#add("sched_switch", prev?.pid ?? 0, next?.pid ?? 0));
    t.schedWakeup.on((task, waker) => {
      const nobody = k.time.inInterrupt || this.#idle || waker === task;
      this.#add("sched_wakeup", task.pid, nobody ? 0 : (waker?.pid ?? 0));
    });
    t.schedProcessFork.on((parent, child) => this.#task("sched_process_fork", parent, child.pid));
    t.schedProcessExec.on((task) => this.#task("sched_process_exec", task, 0));
    t.schedProcessExit.on((task) => this.#task("sched_process_exit", task, task.exitCode));
    t.signalGenerate.on((sig, _info, target, _group, _result, sender) => this.#add("signal_generate", target.pid, sig, sender?.pid ?? 0));
    t.signalDeliver.on((task, sig) => this.#task("signal_deliver", task, sig));
    t.pageFault.on((task, address) => this.#task("page_fault_user", task, address));
    t.timerExpireEntry.on(() => this.#add("timer_expire_entry", 0, 0));
    t.ioUringSubmitReq.on((_ctx, req) => this.#task("io_uring_submit_req", k.current, req.opcode, userData(req.userLo, req.userHi)));
    t.ioUringComplete.on((_ctx, _req, lo, hi, res) => this.#add("io_uring_complete", k.current.pid, userData(lo, hi), res));
    t.ioUringCqeOverflow.on((_ctx, lo, hi, res) => this.#add("io_uring_cqe_overflow", k.current.pid, userData(lo, hi), res));
  }

  save(): { next: number; idle: boolean } {
    return { next: this.next, idle: this.#idle };
  }
  restore(saved: unknown): void {
    ({ next: this.next, idle: this.#idle } = saved as { next: number; idle: boolean });
  }
  forgetFuture(): void {
    this.count = this.next;
    this.#chunks.length = Math.ceil(this.count / CHUNK);
  }
  wentIdle(): void {
    this.#idle = true;
  }
  /** Output leaves the machine. */
  wrote(bytes: number): void {
    this.#add("write", this.#k.current.pid, bytes);
  }

  #task(kind: EventName, task: Task, value: number, result = 0): void {
    this.#idle = false;
    this.#add(kind, task.pid, value, result);
  }

  #add(kind: EventName, pid: number, value: number, result = 0): void {
    const index = this.next++;
    if (index === this.count) {
      const i = index % CHUNK;
      if (i === 0) this.#chunks.push(new Chunk());
      const c = this.#chunks[this.#chunks.length - 1] as Chunk;
      c.kind[i] = NUMBER[kind];
      c.pid[i] = pid;
      c.position[i] = this.#k.machine.totalRetired;
      c.value[i] = value;
      c.result[i] = result;
      this.count++;
    }
    this.onEvent?.(index);
  }

  positionOf(index: number): number | undefined {
    return index >= 0 && index < this.count ? (this.#chunks[Math.floor(index / CHUNK)] as Chunk).position[index % CHUNK] : undefined;
  }

  at(index: number): RunEvent | null {
    if (!(index >= 0 && index < this.count)) return null;
    const c = this.#chunks[Math.floor(index / CHUNK)] as Chunk;
    const i = index % CHUNK;
    return {
      number: index,
      kind: EVENT_KINDS[c.kind[i] as number] as EventName,
      position: c.position[i] as number,
      pid: c.pid[i] as number,
      value: c.value[i] as number,
      result: c.result[i] as number,
    };
  }

  /** The nearest event of a kind (any if null) and of a task (any if 0) from `from` on in a direction, -1 if there is none. */
  find(from: number, direction: 1 | -1, kind: EventName | null, pid = 0): number {
    const wanted = kind === null ? -1 : NUMBER[kind];
    for (let i = Math.min(from, this.count - (direction < 0 ? 1 : 0)); i >= 0 && i < this.count; i += direction) {
      const c = this.#chunks[Math.floor(i / CHUNK)] as Chunk;
      if ((wanted < 0 || c.kind[i % CHUNK] === wanted) && (pid === 0 || c.pid[i % CHUNK] === pid)) return i;
    }
    return -1;
  }
}
