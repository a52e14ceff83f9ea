import { BLOCKED, TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_UNINTERRUPTIBLE, type Task, TaskWait } from "../../include/linux/sched.ts";
import type { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { ERESTARTSYS } from "../../uapi/errno.ts";
import { SCHED_FIFO, SCHED_RR } from "../../uapi/sched.ts";
import { KernelTimer } from "../time/timer.ts";
import { loadavgUpdate, newLoadavg } from "./loadavg.ts";
import { SchedulePerturbation } from "./perturb.ts";
import { SLICE_NS, vruntimePerNs } from "./weight.ts";

/** Ends a task's sleep at its deadline. */
export class SleepTimer extends KernelTimer {
  readonly task: Task;
  constructor(task: Task) {
    super();
    this.task = task;
  }
  expire(k: Kernel): void {
    k.sched.wakeUpTask(this.task);
  }
  override clockWasSet(): void {
    this.task.deadline = this.expires;
  }
}

/**
 * Where the main loop returned: to the outside, because everyone sleeps or a host event came (the clock is to
 * be read again); between two turns; or with all work done, before an instruction of the current task.
 */
export const PAUSED_OUTSIDE = 0;
export const PAUSED_BETWEEN = 1;
export const PAUSED_AT_USER = 2;

/** A thread of the kernel that has nothing to do and looks for more instead of sleeping. */
export interface PollingThread {
  readonly task: Task;
  /** Is there work now? Called between two instructions of programs: it must not change anything. */
  look(k: Kernel): boolean;
  /** Instructions until the next look. */
  interval: number;
}

/** Real-time policies run before all others, by priority. */
export function isRealtime(task: Task): boolean {
  return task.policy === SCHED_FIFO || task.policy === SCHED_RR;
}

/**
 * One processor. Real-time tasks first, by priority; all others by virtual run time weighted by
 * nice. Preemption comes from the instruction budget, so equal inputs give equal schedules.
 * The running task is on no queue.
 */
export class Scheduler {
  readonly k: Kernel;
  /** Runnable tasks: highest priority first, first come first. */
  rt: Task[] = [];
  /** Runnable tasks by ascending vruntime. */
  fair: Task[] = [];
  /** Runnable threads of the kernel: they run before programs, one step a turn. */
  kthreads: Task[] = [];
  /** Steps that they have made since a program ran. */
  kthreadSteps = 0;
  /** Threads of the kernel that look for work again and again (SQPOLL), and after how many more instructions they do. */
  pollers: PollingThread[] = [];
  pollIn = 0;
  /** The least vruntime a newcomer starts from. */
  minVruntime = 0;
  needResched = false;
  /** Where the main loop is between two slices (PAUSED_*). */
  pause = PAUSED_OUTSIDE;
  /** Instructions left of the stretch that the current task has begun; 0 = none begun. */
  stretch = 0;
  /** Turns of the main loop since the last instruction was retired: with the instruction count, a place in the run. */
  turn = 0;
  /** Makes the main loop return after the present turn. Set by those who watch; whoever runs slices clears it. */
  stopSoon = false;
  /** Context switches, forks and blocked tasks, for /proc/stat. */
  switches = 0;
  forks = 0;
  loadavg = newLoadavg();
  perturbation: SchedulePerturbation;

  constructor(k: Kernel) {
    this.k = k;
    this.perturbation = new SchedulePerturbation(k.options.seed, k.options.chaos ?? false);
  }

  /** Runnable tasks, the running one included. */
  get nrRunning(): number {
    const c = this.k.current;
    return (
      this.rt.length +
      this.fair.length +
      this.kthreads.length +
      (c && c.state === TASK_RUNNING && !c.onRq && c.exitState === 0 && c.mm ? 1 : 0)
    );
  }

  /** Puts a runnable task on its queue. @linux kernel/sched/core.c activate_task */
  enqueue(task: Task): void {
    if (task.onRq) return;
    task.onRq = true;
    if (task.kthread !== null && !this.perturbation.chaos) {
      this.kthreads.push(task);
      return;
    }
    if (isRealtime(task)) {
      let i = this.rt.length;
      while (i > 0 && (this.rt[i - 1] as Task).rtPriority < task.rtPriority) i--;
      this.rt.splice(i, 0, task);
      const c = this.k.current;
      if (c && (!isRealtime(c) || c.rtPriority < task.rtPriority)) this.needResched = true;
      return;
    }
    let i = this.fair.length;
    while (i > 0 && (this.fair[i - 1] as Task).vruntime > task.vruntime) i--;
    this.fair.splice(i, 0, task);
  }

  /** Takes a task off its queue, if it is on one. */
  dequeue(task: Task): void {
    if (!task.onRq) return;
    task.onRq = false;
    for (const q of [this.rt, this.fair, this.kthreads]) {
      const i = q.indexOf(task);
      if (i >= 0) q.splice(i, 1);
    }
  }

  /** Takes the next task to run off the queues, or null. @linux kernel/sched/core.c pick_next_task */
  pickNext(): Task | null {
    this.needResched = false;
    const task = this.rt.shift() ?? this.fair.splice(this.perturbation.pick(this.fair), 1)[0] ?? null;
    if (!task) return null;
    task.onRq = false;
    if (!isRealtime(task) && task.vruntime > this.minVruntime) this.minVruntime = task.vruntime;
    task.timeSlice = this.perturbation.slice();
    return task;
  }

  /** From now on the thread is looked after; it is asleep otherwise. */
  addPoller(p: PollingThread): void {
    if (!this.pollers.includes(p)) this.pollers.push(p);
    this.pollIn = Math.min(this.pollIn > 0 ? this.pollIn : p.interval, p.interval);
  }

  removePoller(p: PollingThread): void {
    const i = this.pollers.indexOf(p);
    if (i >= 0) this.pollers.splice(i, 1);
  }

  refill(task: Task): void {
    task.timeSlice = this.perturbation.slice();
  }

  /** Does the end of its slice make a real-time task stand aside for the next of its priority? */
  rotates(task: Task): boolean {
    const first = this.rt[0];
    return (
      first !== undefined && (first.rtPriority > task.rtPriority || (task.policy === SCHED_RR && first.rtPriority === task.rtPriority))
    );
  }

  /** Back on the queue: behind its equals if its turn is over or it yielded, before them if a higher priority took over. */
  enqueuePreempted(task: Task): void {
    if (isRealtime(task) && task.timeSlice > 0 && (this.rt[0]?.rtPriority ?? 0) > task.rtPriority) {
      task.onRq = true;
      let i = 0;
      while (i < this.rt.length && (this.rt[i] as Task).rtPriority > task.rtPriority) i++;
      this.rt.splice(i, 0, task);
      return;
    }
    this.enqueue(task);
    this.needResched = false;
  }

  /** Charges ns of processor time to the running task. @linux kernel/sched/fair.c update_curr */
  charge(task: Task, ns: number): void {
    task.timeSlice -= ns;
    this.pollIn -= ns;
    if (!isRealtime(task)) task.vruntime += ns * vruntimePerNs(task);
  }

  /** A new task starts a little behind, so that it does not overtake those who wait. */
  place(task: Task): void {
    task.vruntime = Math.max(task.vruntime, this.minVruntime);
  }

  /** Averages of runnable tasks over 1, 5 and 15 minutes. @linux kernel/sched/loadavg.c calc_global_load */
  updateLoad(): void {
    loadavgUpdate(this.loadavg, this.k.time.nowNs, this.nrRunning);
  }

  /**
   * Puts the current task to sleep until `queue` is woken with one of the poll bits in `mask` (0 = any).
   * @returns BLOCKED, or -ERESTARTSYS if a signal is pending (then nothing is queued)
   */
  sleepOn(queue: WaitQueueHead, mask = 0): number {
    const task = this.k.current;
    if (task.sigPendingFlag) return -ERESTARTSYS;
    const wait = new TaskWait(task, mask);
    task.waits.push(wait);
    queue.add(wait);
    return this.sleep(task, TASK_INTERRUPTIBLE);
  }

  /** Like sleepOn, waiting in line: a wake-up wakes one such sleeper. */
  sleepOnExclusive(queue: WaitQueueHead, mask = 0): number {
    const task = this.k.current;
    if (task.sigPendingFlag) return -ERESTARTSYS;
    const wait = new TaskWait(task, mask);
    task.waits.push(wait);
    queue.addExclusive(wait);
    return this.sleep(task, TASK_INTERRUPTIBLE);
  }

  /** Sleeps on several queues at once; the first to be woken ends it. */
  sleepOnQueues(queues: readonly WaitQueueHead[], mask = 0): number {
    const task = this.k.current;
    if (task.sigPendingFlag) return -ERESTARTSYS;
    for (const queue of queues) {
      const wait = new TaskWait(task, mask);
      task.waits.push(wait);
      queue.add(wait);
    }
    return this.sleep(task, TASK_INTERRUPTIBLE);
  }

  /** A sleep that signals do not end. */
  sleepUninterruptible(queue: WaitQueueHead): number {
    const task = this.k.current;
    const wait = new TaskWait(task);
    task.waits.push(wait);
    queue.add(wait);
    return this.sleep(task, TASK_UNINTERRUPTIBLE);
  }

  /** A sleep that only a fatal signal ends (-ERESTARTSYS). */
  sleepKillable(queue: WaitQueueHead): number {
    const task = this.k.current;
    if (task.pending.lo & (1 << 8)) return -ERESTARTSYS;
    const wait = new TaskWait(task);
    task.waits.push(wait);
    queue.add(wait);
    return this.sleep(task, TASK_UNINTERRUPTIBLE);
  }

  /** Sleeps until the deadline or a signal. */
  sleepUntilDeadline(): number {
    const task = this.k.current;
    if (task.sigPendingFlag) return -ERESTARTSYS;
    return this.sleep(task, TASK_INTERRUPTIBLE);
  }

  /** Sleeps until the deadline; only a fatal signal ends it earlier (-ERESTARTSYS). */
  sleepUntilDeadlineKillable(): number {
    const task = this.k.current;
    if (task.pending.lo & (1 << 8)) return -ERESTARTSYS;
    return this.sleep(task, TASK_UNINTERRUPTIBLE);
  }

  private sleep(task: Task, state: number): number {
    task.state = state;
    if (task.deadline !== Number.POSITIVE_INFINITY) {
      const timer = (task.sleepTimer ??= new SleepTimer(task));
      if (timer.heapIndex < 0 || timer.expires !== task.deadline) {
        timer.expires = task.deadline;
        timer.wallClock = task.deadlineOnWallClock;
        this.k.time.addTimer(timer);
      }
    }
    return BLOCKED;
  }

  /** Sets when the present call's sleep ends, in ns since boot. Only the first time in a call counts, so retries may repeat it. */
  setDeadline(ns: number, onWallClock = false): void {
    const task = this.k.current;
    if (task.deadline !== Number.POSITIVE_INFINITY) return;
    task.deadline = ns;
    task.deadlineOnWallClock = onWallClock;
  }

  /** Has the deadline of the present call passed? */
  deadlinePassed(): boolean {
    const d = this.k.current.deadline;
    return d !== Number.POSITIVE_INFINITY && this.k.time.now() >= d;
  }

  /** Forgets deadline and queues of a call that has ended. */
  endCall(task: Task): void {
    task.deadline = Number.POSITIVE_INFINITY;
    if (task.sleepTimer && task.sleepTimer.heapIndex >= 0) this.k.time.cancelTimer(task.sleepTimer);
    if (task.waits.length > 0) this.leaveQueues(task);
  }

  leaveQueues(task: Task): void {
    for (const w of task.waits) if (w.queue) w.queue.remove(w);
    task.waits.length = 0;
  }

  /** Makes a sleeping task runnable. @returns true if it was asleep. @linux kernel/sched/core.c try_to_wake_up */
  wakeUpTask(task: Task): boolean {
    if (task.state !== TASK_INTERRUPTIBLE && task.state !== TASK_UNINTERRUPTIBLE) return false;
    this.wakeUpNew(task);
    return true;
  }

  /** Makes a task runnable whatever its state (new, stopped or asleep). @linux kernel/sched/core.c wake_up_new_task */
  wakeUpNew(task: Task): void {
    this.leaveQueues(task);
    task.state = TASK_RUNNING;
    // A long sleeper gets ahead by half a slice at most.
    task.vruntime = Math.max(task.vruntime, this.minVruntime - SLICE_NS / 2);
    this.enqueue(task);
    if (this.perturbation.preempts()) this.needResched = true;
    const t = this.k.trace.schedWakeup;
    if (t.enabled) t.fire(task, this.k.current ?? null);
  }

  /** The current task goes behind all others of its kind. @linux kernel/sched/core.c do_sched_yield */
  yieldTask(): void {
    const task = this.k.current;
    this.needResched = true;
    if (isRealtime(task)) return;
    const last = this.fair[this.fair.length - 1];
    if (last && last.vruntime > task.vruntime) task.vruntime = last.vruntime;
  }
}

stateClass(Scheduler, SleepTimer);
