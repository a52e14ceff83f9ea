import { BLOCKED, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { accessRemoteVm } from "../../mm/remote.ts";
import { ARGUMENT_REGISTERS, type SyscallDef } from "../../syscall/declare.ts";
import { EINTR } from "../../uapi/errno.ts";
import { SIGKILL } from "../../uapi/signal.ts";
import { sendSignalLocked } from "../signal/send.ts";
import { kernelSiginfo } from "../signal/siginfo.ts";
import {
  CallFaults,
  type FaultInjection,
  type FaultRule,
  TAMPERED_ARGS,
  TAMPERED_DELAY,
  TAMPERED_RESULT,
  TAMPERED_SUCCESS,
} from "./injection.ts";
import { mayBeInterrupted, shortenable } from "./partial.ts";

/** Results of faultBeforeCall: nothing is to be done instead of the call; the task has been killed before it. */
export const NO_FAULT = -0x10002;
export const KILLED = -0x10003;

const killed = (task: Task): boolean => (task.pending.lo & (1 << (SIGKILL - 1))) !== 0;

/** Does the rule meet this invocation? Counts it. @returns its number, 0 if not met */
function meets(f: FaultInjection, i: number, task: Task, nr: number): number {
  const r = f.rules[i] as FaultRule;
  if (r.pid !== 0 && r.pid !== task.pid) return 0;
  const { counts } = f.of(task);
  const key = i * 1024 + nr;
  const n = (counts.get(key) ?? 0) + 1;
  counts.set(key, n);
  if (n < r.first || n > r.last) return 0;
  return r.step === 0 ? (n === r.first ? n : 0) : (n - r.first) % r.step === 0 ? n : 0;
}

/**
 * A task has entered the kernel: looks for faults that meet its call, as a tracer does before anybody else sees it.
 * Overwrites arguments at once; the rest is noted for later.
 */
export function faultsOnEnter(k: Kernel, f: FaultInjection, task: Task, nr: number, def: SyscallDef | null): void {
  const rules = f.byCall.get(nr);
  const state = rules ? f.of(task) : f.tasks.get(task.pid);
  if (state) state.call = null;
  if (!rules || !state || (f.only !== 0 && f.only !== task.pid)) return;
  for (const i of rules) {
    const invocation = meets(f, i, task, nr);
    if (invocation === 0) continue;
    const r = f.rules[i] as FaultRule;
    if (r.probability < 1) {
      if (r.result === -EINTR && def && !mayBeInterrupted(k, task, def)) continue;
      if (f.rng.u32() >= r.probability * 4294967296) continue;
    }
    let cut = 0;
    if (r.short !== 0 && def) {
      const whole = shortenable(k, task, def);
      const most = r.short < 0 ? 1 + f.rng.below(Math.max(1, whole - 1)) : r.short;
      if (whole > most) cut = Math.max(most, def.short?.whole ?? 0);
    }
    if (r.short !== 0 && cut === 0 && r.result === null && r.signal === 0 && r.delayEnter < 0 && r.delayExit < 0 && r.pokes.length === 0)
      continue;
    const c = (state.call ??= new CallFaults());
    if (r.result !== null) {
      c.result = r.result;
      c.success = r.success;
    }
    if (r.signal !== 0) c.signal = r.signal;
    c.delayEnter = Math.max(c.delayEnter, r.delayEnter);
    c.delayExit = Math.max(c.delayExit, r.delayExit);
    c.pokes.push(...r.pokes);
    if (cut > 0) c.cut = cut;
    if (f.log.length < f.logged) f.log.push({ pid: task.pid, name: def?.name ?? `call ${nr}`, nr, invocation, rule: i, cut });
  }
  if (state.call) poke(k, task, state.call, true);
}

/** Overwrites what arguments point to, protected or not, as PTRACE_POKEDATA does. What is not mapped stays. */
function poke(k: Kernel, task: Task, c: CallFaults, enter: boolean): void {
  for (const p of c.pokes) {
    const register = ARGUMENT_REGISTERS[p.arg - 1];
    if (p.enter !== enter || register === undefined || !task.mm) continue;
    const address = k.machine.cpu.get(register);
    if (!(address >= 0 && address < 2 ** 47)) continue;
    if (accessRemoteVm(k, task.mm, address, Uint8Array.from(p.bytes), true, true) === p.bytes.length) c.poked = true;
  }
}

/**
 * What is to happen before a call, at its first attempt or a later one (`again`).
 * @returns NO_FAULT (make the call), BLOCKED (the task is delayed), KILLED, or the result that replaces the call
 */
export function faultBeforeCall(k: Kernel, f: FaultInjection, task: Task, again: boolean): number {
  const c = f.tasks.get(task.pid)?.call;
  if (!c) return NO_FAULT;
  if (again) {
    if (c.stage !== "entering") return NO_FAULT;
    if (!killed(task) && !k.sched.deadlinePassed() && k.sched.sleepUntilDeadlineKillable() === BLOCKED) return BLOCKED;
    c.stage = "";
    k.sched.endCall(task);
    if (killed(task)) return KILLED;
  } else if (c.delayEnter > 0) {
    k.sched.setDeadline(k.time.now() + c.delayEnter);
    if (k.sched.sleepUntilDeadlineKillable() === BLOCKED) {
      c.stage = "entering";
      return BLOCKED;
    }
    k.sched.endCall(task);
    return KILLED;
  }
  // strace 6.1 lets a task that it has delayed go on without the signal.
  if (c.signal !== 0 && c.delayEnter < 0) {
    f.sending = true;
    sendSignalLocked(k, c.signal, kernelSiginfo(c.signal), task, false, true);
    f.sending = false;
    if (killed(task)) return KILLED;
  }
  return c.result ?? NO_FAULT;
}

/** How many bytes the present call may move; 0 = as many as it wants. */
export function cutOf(f: FaultInjection, task: Task): number {
  return f.tasks.get(task.pid)?.call?.cut ?? 0;
}

/** The call's result is there: overwrites arguments, and notes for the tracer what has been done to this call. */
export function faultsOnExit(k: Kernel, f: FaultInjection, task: Task): void {
  const c = f.tasks.get(task.pid)?.call;
  f.note = 0;
  if (!c) return;
  poke(k, task, c, false);
  if (c.result !== null) f.note |= TAMPERED_RESULT;
  if (c.success) f.note |= TAMPERED_SUCCESS;
  if (c.poked) f.note |= TAMPERED_ARGS;
  if (c.delayEnter >= 0 || c.delayExit >= 0) f.note |= TAMPERED_DELAY;
}

/** The call is over, but for a delay before the program goes on. */
export function delayAfterCall(k: Kernel, f: FaultInjection, task: Task): void {
  const c = f.tasks.get(task.pid)?.call;
  f.note = 0;
  if (!c || c.delayExit <= 0 || task.exitState !== 0) return;
  k.sched.setDeadline(k.time.now() + c.delayExit);
  if (k.sched.sleepUntilDeadlineKillable() === BLOCKED) {
    c.stage = "leaving";
    task.inBlockedCall = true;
  } else k.sched.endCall(task);
}

/** A task was woken that sleeps, or slept, after its call. @returns false if it does not */
export function delayedAfterCall(k: Kernel, f: FaultInjection, task: Task): boolean {
  const c = f.tasks.get(task.pid)?.call;
  if (c?.stage !== "leaving") return false;
  if (!killed(task) && !k.sched.deadlinePassed() && k.sched.sleepUntilDeadlineKillable() === BLOCKED) return true;
  c.stage = "";
  task.inBlockedCall = false;
  k.sched.endCall(task);
  return true;
}
