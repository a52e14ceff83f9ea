import type { Task } from "../../include/linux/sched.ts";
import { Rng } from "../../lib/rng.ts";
import { stateClass } from "../../state.ts";

/** Keeps this stream of numbers apart from those of the schedule and of getrandom. */
const STREAM = 0x0fa17fa1;

/** Bytes that overwrite what an argument (1 to 7, as strace counts) points to, at a call's entry or exit. */
export interface Poke {
  enter: boolean;
  arg: number;
  bytes: number[];
}

/** One `-e inject=` expression: what is done to which calls, and when. */
export interface FaultRule {
  /** Numbers of the calls. */
  calls: number[];
  /** What the program gets instead of the call: a value or a negated errno; null = the call is made. */
  result: number | null;
  /** The result is a value (retval=) even where it looks like an error. */
  success: boolean;
  /** Sent as the call begins; 0 = none. */
  signal: number;
  /** Sleep before the call and after it, in ns; -1 = none. */
  delayEnter: number;
  delayExit: number;
  pokes: Poke[];
  /** Which invocations, counted by task and call from 1. */
  first: number;
  last: number;
  step: number;
  /** Chance of each of these invocations, 0 to 1. */
  probability: number;
  /** Reads and writes get a shorter length: 0 = off, -1 = random, else at most this many bytes. */
  short: number;
  /** Only this task; 0 = all. */
  pid: number;
}

/** What is done to a call that is under way. */
export class CallFaults {
  result: number | null = null;
  success = false;
  signal = 0;
  delayEnter = -1;
  delayExit = -1;
  pokes: Poke[] = [];
  /** Bytes that the call may move; 0 = as many as it wants. */
  cut = 0;
  poked = false;
  /** The task sleeps before the call, or after it. */
  stage: "" | "entering" | "leaving" = "";
}

/** A task's invocations so far (by rule and call), and its present call. */
export class TaskFaults {
  /** Tells apart tasks that have had the same number. */
  readonly startTime: number;
  readonly counts = new Map<number, number>();
  call: CallFaults | null = null;
  constructor(startTime: number) {
    this.startTime = startTime;
  }
}

/** A fault that was injected. */
export interface InjectedFault {
  pid: number;
  name: string;
  /** Number of the call. */
  nr: number;
  /** Which invocation of this call by this task, from 1, as the rule counts. */
  invocation: number;
  rule: number;
  /** Bytes that the call was cut to; 0 = not cut. */
  cut: number;
}

/** What has been done to the call that ends now (FaultInjection.note). */
export const TAMPERED_RESULT = 1;
export const TAMPERED_ARGS = 2;
export const TAMPERED_DELAY = 4;
export const TAMPERED_SUCCESS = 8;

/** Faults that a run is to meet. Part of the machine's state: a snapshot goes on with the same ones. */
export class FaultInjection {
  readonly rules: FaultRule[];
  readonly rng: Rng;
  /** Indices of the rules for a call, by its number. */
  readonly byCall = new Map<number, number[]>();
  readonly tasks = new Map<number, TaskFaults>();
  /** The first faults that were injected, at most `logged`. */
  readonly log: InjectedFault[] = [];
  logged = 8;
  /** Only this task is met; 0 = all. */
  only = 0;
  /** TAMPERED_* of the call that ends now, for the tracer. */
  note = 0;
  /** Bytes that a vector of buffers may have in the call that runs now; 0 = all. */
  vectorCut = 0;
  /** The signal that is being sent must not end its process before it is taken, as under a tracer. */
  sending = false;

  constructor(rules: FaultRule[], seed: number) {
    this.rules = rules;
    this.rng = new Rng(seed ^ STREAM);
    rules.forEach((rule, i) => {
      for (const nr of rule.calls) this.byCall.set(nr, [...(this.byCall.get(nr) ?? []), i]);
    });
  }

  of(task: Task): TaskFaults {
    const known = this.tasks.get(task.pid);
    if (known && known.startTime === task.startTime) return known;
    const fresh = new TaskFaults(task.startTime);
    this.tasks.set(task.pid, fresh);
    return fresh;
  }
}
stateClass(FaultInjection, TaskFaults, CallFaults);
