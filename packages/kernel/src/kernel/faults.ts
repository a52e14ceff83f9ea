import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { Rng } from "../lib/rng.ts";
import { stateClass } from "../state.ts";
import { EINTR } from "../uapi/errno.ts";

/** Keeps this stream of numbers apart from those of the schedule and of getrandom. */
const STREAM = 0x0fa17fa1;

/** So many faults are noted. */
const LOGGED = 8;

/** One `-e inject=` expression: what is done to which calls, and when. */
export interface FaultRule {
  /** Numbers of the calls. */
  calls: number[];
  /** What the program gets instead of the call: a value or a negated errno; null = the call is made. */
  result: number | null;
  /** Sleep before the call, in ns. */
  delayEnter: number;
  /** Which invocations, counted by task and call from 1. */
  first: number;
  last: number;
  step: number;
  /** Chance of each of these invocations, 0 to 1. */
  probability: number;
  /** Reads and writes get a shorter length: 0 = off, -1 = random, else at most this many bytes. */
  short: number;
}

/** Calls that a signal may interrupt: only these fail with EINTR by chance (signal(7)). */
const interruptible: ReadonlySet<string> = new Set(
  (
    "read readv pread64 preadv write writev pwrite64 pwritev open openat ioctl accept accept4 connect recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg " +
    "wait4 waitid flock fcntl futex msgrcv msgsnd semop semtimedop pause rt_sigsuspend rt_sigtimedwait poll ppoll select pselect6 epoll_wait " +
    "epoll_pwait epoll_pwait2 nanosleep clock_nanosleep io_getevents getrandom"
  ).split(" "),
);
/** Calls whose third argument is a length that may be served in part. */
const divisible: ReadonlySet<string> = new Set(["read", "write", "pread64", "pwrite64", "recvfrom", "sendto"]);

/** Faults that a run is to meet. Part of the machine's state: a snapshot goes on with the same ones. */
export class FaultInjection {
  readonly rules: FaultRule[];
  readonly rng: Rng;
  /** Invocations so far, by rule, task and call. */
  readonly counts = new Map<string, number>();
  /** Lengths of calls that are under way and were cut, by task. */
  readonly cuts = new Map<number, number>();
  /** Tasks that sleep before their call, and the result that waits for them (null: the call itself). */
  readonly delayed = new Map<number, number | null>();
  /** The first faults that were injected. */
  readonly log: { pid: number; name: string; invocation: number; result: number | null; cut: number }[] = [];
  /** The call that ends now was tampered with: what the tracer says of it. */
  note: "" | "INJECTED" | "DELAYED" = "";

  constructor(rules: FaultRule[], seed: number) {
    this.rules = rules;
    this.rng = new Rng(seed ^ STREAM);
  }
}
stateClass(FaultInjection);

/** Result of faultOnEnter: nothing is to be done instead of the call. */
export const NO_FAULT = -0x10002;

/**
 * Looks for faults at the entry of a call.
 * @returns NO_FAULT, BLOCKED (the task is delayed), or the result that replaces the call
 */
export function faultOnEnter(k: Kernel, task: Task, nr: number, name: string): number {
  const f = k.faults as FaultInjection;
  let result: number | null = null;
  let delay = 0;
  for (let i = 0; i < f.rules.length; i++) {
    const r = f.rules[i] as FaultRule;
    if (!r.calls.includes(nr)) continue;
    const key = `${i} ${task.pid} ${nr}`;
    const n = (f.counts.get(key) ?? 0) + 1;
    f.counts.set(key, n);
    if (n < r.first || n > r.last || (r.step === 0 ? n !== r.first : (n - r.first) % r.step !== 0)) continue;
    if (r.probability < 1) {
      if (r.result === -EINTR && !interruptible.has(name)) continue;
      if (f.rng.u32() >= r.probability * 4294967296) continue;
    }
    if (r.result !== null) result = r.result;
    delay = Math.max(delay, r.delayEnter);
    let cut = 0;
    if (r.short !== 0 && divisible.has(name)) {
      const whole = k.machine.cpu.get(2);
      const most = r.short < 0 ? 1 + f.rng.below(Math.max(1, whole - 1)) : r.short;
      if (whole > most) {
        f.cuts.set(task.pid, most);
        cut = most;
      }
    }
    if (f.log.length < LOGGED && (r.result !== null || r.delayEnter > 0 || cut > 0))
      f.log.push({ pid: task.pid, name, invocation: n, result: r.result, cut });
  }
  if (delay > 0) {
    k.sched.setDeadline(k.time.now() + delay);
    const slept = k.sched.sleepUntilDeadline();
    if (slept < 0 && task.state !== 0) {
      f.delayed.set(task.pid, result);
      return slept;
    }
    k.sched.endCall(task);
  }
  return result ?? NO_FAULT;
}
