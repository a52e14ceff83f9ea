import { Trap } from "@lstar/machine";
import { doSyscall64, exitToUserMode, retrySyscall } from "../../arch/x86/entry/syscall.ts";
import { handleTrap } from "../../arch/x86/entry/traps.ts";
import { updateVdso } from "../../arch/x86/entry/vdso/vdso.ts";
import { TASK_RUNNING, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { activateMm } from "../../mm/mm.ts";
import { cpuTimerBudget, runCpuTimers } from "../time/cpuTimers.ts";
import { SYSCALL_COST } from "../time/timekeeping.ts";
import { isRealtime } from "./core.ts";

/** With a real clock timers are looked at at least this often (instructions). */
const REAL_CLOCK_BUDGET = 200_000;

/** Puts a task's registers and address space into the processor. @linux kernel/sched/core.c context_switch */
function switchTo(k: Kernel, next: Task): void {
  const prev = k.cpuTask;
  if (prev !== next) {
    if (k.trace.schedSwitch.enabled) k.trace.schedSwitch.fire(prev, next);
    k.sched.switches++;
    if (prev) {
      k.machine.saveContext(prev.ctx);
      if (prev.state === TASK_RUNNING) prev.nivcsw++;
      else prev.nvcsw++;
    }
    k.machine.loadContext(next.ctx);
    k.cpuTask = next;
  }
  k.current = next;
  k.machine.tscFault = next.tscFault;
  if (next.mm && k.activeMm !== next.mm) {
    activateMm(k, next.mm);
    k.activeMm = next.mm;
  }
}

/** The current task is in the processor, alive and not asleep. */
function mayContinue(k: Kernel): boolean {
  const c = k.current;
  return c.state === TASK_RUNNING && !c.onRq && c.exitState === 0 && k.cpuTask === c;
}

/**
 * The main loop: picks tasks, lets them run until a trap, a timer or the end of their slice, and
 * handles what they ask for. Everything happens at points that depend on retired instructions only.
 */
export function runSlice(k: Kernel, maxInstructions: number): "running" | "idle" | "exited" {
  const { sched, time, machine } = k;
  if (k.exited) return "exited";
  time.update();
  let left = maxInstructions;
  if (time.virtual && sched.fair.length === 0 && sched.rt.length === 0 && !mayContinue(k)) {
    const next = time.nextExpiry();
    if (next !== Number.POSITIVE_INFINITY) time.jumpTo(next);
  }
  for (;;) {
    if (time.nextExpiry() <= time.now()) time.runTimers();
    if (k.exited) return "exited";
    if (mayContinue(k)) {
      const c = k.current;
      if (c.timeSlice <= 0 || sched.needResched) preempt(k, c);
    }
    if (!mayContinue(k)) {
      sched.updateLoad();
      const next = sched.pickNext();
      if (!next) return "idle";
      switchTo(k, next);
    }
    const task = k.current;
    if (task.inBlockedCall) {
      retrySyscall(k, task);
      if (!mayContinue(k)) continue;
    }
    if (task.userWork || task.sigPendingFlag) {
      exitToUserMode(k, task);
      if (!mayContinue(k)) continue;
    }
    if (left <= 0) return "running";
    let budget = left;
    if (task.timeSlice > 0 && task.timeSlice < budget) budget = task.timeSlice;
    if (time.virtual) {
      const until = time.nextExpiry() - time.nowNs;
      if (until < budget) budget = Math.max(1, Math.ceil(until));
    } else if (budget > REAL_CLOCK_BUDGET) budget = REAL_CLOCK_BUDGET;
    if (task.signal.cpuTimers.length > 0) budget = Math.min(budget, cpuTimerBudget(task));
    updateVdso(k);
    const before = time.nowNs;
    machine.tscBase = before;
    const trap = machine.run(budget);
    const retired = machine.retired;
    left -= retired;
    if (time.virtual) {
      time.nowNs += retired;
      task.utime += retired;
    } else {
      time.update();
      task.utime += time.nowNs - before;
    }
    sched.charge(task, retired);
    if (trap === Trap.SYSCALL) {
      time.advance(SYSCALL_COST);
      task.stime += SYSCALL_COST;
      sched.charge(task, SYSCALL_COST);
      left -= SYSCALL_COST;
      doSyscall64(k, task);
    } else if (trap !== Trap.BUDGET) {
      left -= SYSCALL_COST;
      handleTrap(k, task, trap);
    }
    if (task.signal.cpuTimers.length > 0) runCpuTimers(k, task);
  }
}

/** Ends the running task's turn if somebody else has a claim. */
function preempt(k: Kernel, task: Task): void {
  const { sched } = k;
  const resched = sched.needResched;
  sched.needResched = false;
  if (sched.rt.length === 0 && sched.fair.length === 0) {
    task.timeSlice = Math.max(task.timeSlice, 1);
    if (task.timeSlice <= 1) sched.refill(task);
    return;
  }
  if (isRealtime(task) && !resched && !sched.rotates(task)) {
    sched.refill(task);
    return;
  }
  // A restartable sequence is over once somebody else has run.
  if (task.rseqAddr !== 0) task.userWork = true;
  sched.enqueuePreempted(task);
}
