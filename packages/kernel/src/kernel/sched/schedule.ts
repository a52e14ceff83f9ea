import { Trap } from "@lstar/machine";
import { doSyscall64, exitToUserMode, retrySyscall } from "../../arch/x86/entry/syscall.ts";
import { handleTrap } from "../../arch/x86/entry/traps.ts";
import { updateVdso } from "../../arch/x86/entry/vdso/vdso.ts";
import { TASK_RUNNING, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { activateMm } from "../../mm/mm.ts";
import { runKthread } from "../kthread.ts";
import { cpuTimerBudget, runCpuTimers } from "../time/cpuTimers.ts";
import { SYSCALL_COST } from "../time/timekeeping.ts";
import { isRealtime, PAUSED_AT_USER, PAUSED_BETWEEN, PAUSED_OUTSIDE, type PollingThread } from "./core.ts";

/** With a real clock timers are looked at at least this often (instructions). */
const REAL_CLOCK_BUDGET = 200_000;
/** The longest time between two looks of a polling thread (instructions). */
const POLL_MOST = 16_000;
/** Steps that threads of the kernel make before programs get their turn. */
const KTHREAD_STEPS = 64;
/** Virtual time of a look, in ns. */
const LOOK_COST = 10;
const LONGEST_STRETCH = 1_000_000_000;

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
  k.machine.debugPoints = next.debugPoints;
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

/** What a turn of the kernel came to. */
const AGAIN = 0;
const USER = 1;
const IDLE = 2;
const EXITED = 3;

/**
 * The main loop: picks tasks, lets them run until a trap, a timer or the end of their slice, and
 * handles what they ask for. Everything happens at points that depend on retired instructions only;
 * where a slice ends is none of them: the next one goes on in the midst of the stretch that was begun.
 */
export class MainLoop {
  readonly #k: Kernel;
  /** Instructions that the present slice may still run, and whether it ends after each turn. */
  #left = 0;
  #oneTurn = false;
  /** Time when the program was last let run. */
  #since = 0;

  constructor(k: Kernel) {
    this.#k = k;
    k.machine.onSyscall = this.#syscall;
  }

  /** @param oneTurn returns after each turn: the kernel's work, or a stretch of instructions with its trap */
  runSlice(maxInstructions: number, oneTurn: boolean): "running" | "idle" | "exited" {
    const k = this.#k;
    const { sched, time } = k;
    if (k.exited) return "exited";
    this.#left = maxInstructions;
    this.#oneTurn = oneTurn;
    if (sched.pause === PAUSED_OUTSIDE) {
      time.update();
      if (time.virtual && sched.fair.length === 0 && sched.rt.length === 0 && sched.kthreads.length === 0 && !mayContinue(k)) {
        const next = time.nextExpiry();
        if (next !== Number.POSITIVE_INFINITY) time.jumpTo(next);
      }
      sched.pause = PAUSED_BETWEEN;
    }
    for (;;) {
      if (sched.pause !== PAUSED_AT_USER) {
        const turn = kernelTurn(k);
        sched.turn++;
        if (turn === EXITED) return "exited";
        if (turn === IDLE) {
          sched.pause = PAUSED_OUTSIDE;
          return "idle";
        }
        if (turn === USER) {
          sched.pause = PAUSED_AT_USER;
          sched.stretch = 0;
        }
        if (oneTurn || sched.stopSoon) return "running";
        if (turn === AGAIN) continue;
      }
      if (this.#left <= 0) return "running";
      const trap = k.machine.run(this.#go());
      if (trap !== Trap.SYSCALL_DONE) this.#endTurn(trap, k.machine.retired);
      if (oneTurn || sched.stopSoon) return "running";
    }
  }

  /** Before the program runs. @returns instructions to the end of its stretch, unless fewer are left */
  #go(): number {
    const k = this.#k;
    const { sched } = k;
    if (sched.stretch === 0) sched.stretch = beginStretch(k, k.current, k.time.nextExpiry());
    this.#since = k.machine.tscBase = k.time.nowNs;
    return Math.min(this.#left, sched.stretch);
  }

  /**
   * The program has called the kernel in the midst of its run. Mostly nothing else is to be done then but the
   * call itself, and the program goes on without leaving the processor's loop.
   * @returns instructions that it may run, or 0 if `runSlice` has to look
   */
  readonly #syscall = (): number => {
    const k = this.#k;
    const { sched, time, current: task } = k;
    this.#call(task, k.machine.retired);
    if (this.#oneTurn || sched.stopSoon || k.exited) return 0;
    const expiry = time.nextExpiry();
    // The clock was read when the call began. Here it is not: whether this shortcut is taken depends on where slices end.
    if (expiry <= time.nowNs) return 0;
    if (k.current !== task || !mayContinue(k) || task.timeSlice <= 0 || sched.needResched) return 0;
    if (sched.kthreads.length > 0 || (sched.pollIn <= 0 && sched.pollers.length > 0)) return 0;
    if (task.inBlockedCall || task.userWork || task.sigPendingFlag) return 0;
    // That was all that kernelTurn() would have done.
    sched.turn++;
    sched.pause = PAUSED_AT_USER;
    if (this.#left <= 0) {
      sched.stretch = 0;
      return 0;
    }
    sched.stretch = beginStretch(k, task, expiry);
    this.#since = k.machine.tscBase = time.nowNs;
    return Math.min(this.#left, sched.stretch);
  };

  /** A stretch of so many instructions has ended with a system call. */
  #call(task: Task, retired: number): void {
    const k = this.#k;
    const { sched, time } = k;
    sched.turn = 0;
    if (time.virtual) {
      time.nowNs += retired + SYSCALL_COST;
      task.utime += retired;
    } else {
      time.update();
      task.utime += time.nowNs - this.#since;
    }
    task.stime += SYSCALL_COST;
    this.#left -= retired + SYSCALL_COST;
    sched.charge(task, retired + SYSCALL_COST);
    doSyscall64(k, task);
    if (task.signal.cpuTimers.length > 0) runCpuTimers(k, task);
    sched.turn++;
    sched.pause = PAUSED_BETWEEN;
  }

  /** The program has left the processor: accounts for what it ran, and does what it asked for. */
  #endTurn(trap: number, retired: number): void {
    const k = this.#k;
    const { sched, time } = k;
    const task = k.current;
    if (trap === Trap.SYSCALL) {
      this.#call(task, retired);
      return;
    }
    sched.stretch -= retired;
    if (retired > 0) sched.turn = 0;
    const cut = trap === Trap.BUDGET && sched.stretch > 0;
    if (time.virtual) {
      time.nowNs += retired;
      task.utime += retired;
    } else {
      if (!cut) time.update();
      task.utime += time.nowNs - this.#since;
    }
    this.#left -= retired;
    sched.charge(task, retired);
    if (cut) {
      if (retired === 0) this.#left--;
      return;
    }
    if (trap !== Trap.BUDGET) {
      this.#left -= SYSCALL_COST;
      handleTrap(k, task, trap);
    }
    if (task.signal.cpuTimers.length > 0) runCpuTimers(k, task);
    sched.turn++;
    sched.pause = PAUSED_BETWEEN;
  }
}

/** What is due before a program's next instruction. */
function kernelTurn(k: Kernel): number {
  const { sched, time } = k;
  if (time.nextExpiry() <= time.nowNs) time.runTimers();
  if (k.exited) return EXITED;
  if (sched.pollers.length > 0 && (sched.pollIn <= 0 || !mayContinue(k))) pollThreads(k);
  if (sched.kthreads.length > 0 && (sched.kthreadSteps < KTHREAD_STEPS || !programWaits(k))) {
    sched.kthreadSteps++;
    const thread = sched.kthreads.shift() as Task;
    thread.onRq = false;
    runKthread(k, thread);
    return k.exited ? EXITED : AGAIN;
  }
  if (mayContinue(k)) {
    const c = k.current;
    if (c.timeSlice <= 0 || sched.needResched) preempt(k, c);
  }
  if (!mayContinue(k)) {
    sched.updateLoad();
    const next = sched.pickNext();
    if (!next) return IDLE;
    if (next.kthread !== null) {
      runKthread(k, next);
      return k.exited ? EXITED : AGAIN;
    }
    switchTo(k, next);
  }
  const task = k.current;
  if (task.inBlockedCall) {
    retrySyscall(k, task);
    if (!mayContinue(k)) return AGAIN;
  }
  if (task.userWork || task.sigPendingFlag) {
    exitToUserMode(k, task);
    if (!mayContinue(k)) return AGAIN;
  }
  sched.kthreadSteps = 0;
  return USER;
}

/** Would a program run if no thread of the kernel did? */
function programWaits(k: Kernel): boolean {
  return mayContinue(k) || k.sched.rt.length > 0 || k.sched.fair.length > 0;
}

/** Those who poll look whether they have work; who has becomes runnable. */
function pollThreads(k: Kernel): void {
  const { sched } = k;
  // While nobody runs, how often this is asked is no matter of the program's.
  const running = mayContinue(k);
  let next = LONGEST_STRETCH;
  for (let i = sched.pollers.length - 1; i >= 0; i--) {
    const p = sched.pollers[i] as PollingThread;
    if (p.task.onRq) continue;
    if (running) {
      k.time.advance(LOOK_COST);
      p.task.stime += LOOK_COST;
    }
    if (p.look(k)) sched.wakeUpNew(p.task);
    else if (running) {
      p.interval = Math.min(p.interval * 2, POLL_MOST);
      next = Math.min(next, p.interval);
    }
  }
  if (running) sched.pollIn = next;
}

/** How many instructions the task may run before the kernel has to look at it. */
function beginStretch(k: Kernel, task: Task, expiry: number): number {
  const { time } = k;
  let stretch = task.timeSlice > 0 ? task.timeSlice : LONGEST_STRETCH;
  if (time.virtual) {
    const until = expiry - time.nowNs;
    if (until < stretch) stretch = Math.max(1, Math.ceil(until));
  } else if (stretch > REAL_CLOCK_BUDGET) stretch = REAL_CLOCK_BUDGET;
  if (task.signal.cpuTimers.length > 0) stretch = Math.min(stretch, cpuTimerBudget(task));
  const { pollIn, pollers } = k.sched;
  if (pollers.length > 0 && pollIn < stretch) stretch = Math.max(1, pollIn);
  if (k.sched.kthreads.length > 0 && stretch > POLL_MOST) stretch = POLL_MOST;
  updateVdso(k);
  return stretch;
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
