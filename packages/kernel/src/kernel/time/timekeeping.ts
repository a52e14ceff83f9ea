import type { Timespec } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { type KernelTimer, TimerHeap } from "./timer.ts";

export const NSEC_PER_SEC = 1e9;
/** Virtual time that one system call costs, in ns. An instruction costs 1 ns. */
export const SYSCALL_COST = 100;
/** Wall-clock time of a virtual clock's boot, if nothing else is asked for: 2030-01-01 00:00:00 UTC, later than files that exist. */
const VIRTUAL_EPOCH = 1893456000;

/**
 * The machine's clock. Virtual: it advances with retired instructions and system calls and jumps to
 * the next timer when everyone sleeps. Real: it follows the host's monotonic clock.
 * One nanosecond count since boot underlies every clock id.
 */
export class Timekeeping {
  readonly k: Kernel;
  readonly virtual: boolean;
  timers = new TimerHeap();
  /** ns since boot as of the last update. */
  nowNs = 0;
  /** Real clock: host reading at boot. */
  hostStart = 0;
  /** Realtime at boot: it plus now() is the wall clock. */
  base: Timespec = { sec: VIRTUAL_EPOCH, nsec: 0 };
  /** Counts changes of the wall clock (timerfd's cancel-on-set). */
  clockWasSet = 0;
  /** CLOCK_TAI minus CLOCK_REALTIME in seconds. */
  taiOffset = 0;
  /** settimeofday's time zone: kept for those who ask. */
  timezone = { minuteswest: 0, dsttime: 0 };

  /** A timer or an event of the host is being handled: whatever happens, no task does it. */
  inInterrupt = false;

  constructor(k: Kernel) {
    this.k = k;
    this.virtual = k.options.clock === "virtual";
    if (!this.virtual) {
      this.hostStart = k.host.monotonic();
      const t = k.host.realtime();
      this.base = { sec: t.sec, nsec: t.nsec };
    }
    const { date } = k.options;
    if (date) this.base = { sec: date.sec, nsec: date.nsec };
  }

  /** Nanoseconds since boot. */
  now(): number {
    if (!this.virtual) this.update();
    return this.nowNs;
  }

  /** The same for those who only watch: the machine's clock does not move by their looking. */
  glance(): number {
    if (this.virtual) return this.nowNs;
    const { host } = this.k;
    return Math.max(this.nowNs, (host.watcher ?? host).monotonic() - this.hostStart);
  }

  /** Wall-clock time for those who only watch. */
  glanceRealtime(): Timespec {
    return timespecAdd(this.base, this.glance());
  }

  /** Follows the host's clock; no effect on a virtual one. */
  update(): void {
    if (this.virtual) return;
    const t = this.k.host.monotonic() - this.hostStart;
    if (t > this.nowNs) this.nowNs = t;
  }

  /** Virtual time passes. No effect on a real clock. */
  advance(ns: number): void {
    if (this.virtual) this.nowNs += ns;
  }

  /** Virtual time jumps forward: nothing happens until then. */
  jumpTo(ns: number): void {
    if (this.virtual && ns > this.nowNs) this.nowNs = ns;
  }

  /** Wall-clock time. */
  realtime(): Timespec {
    return timespecAdd(this.base, this.now());
  }

  /** Moves the wall clock; monotonic time goes on. @linux kernel/time/timekeeping.c do_settimeofday64 */
  setRealtime(t: Timespec): void {
    const old = this.base;
    this.base = timespecAdd(t, -this.now());
    this.clockWasSet++;
    this.k.vdso.due = 0;
    const moved = (this.base.sec - old.sec) * NSEC_PER_SEC + (this.base.nsec - old.nsec);
    for (const timer of [...this.timers.heap]) {
      if (!timer.wallClock) continue;
      timer.expires -= moved;
      this.timers.add(timer);
      timer.clockWasSet(this.k);
    }
  }

  /** ns since boot at which the wall clock shows `t`. */
  realtimeToMonotonic(t: Timespec): number {
    return (t.sec - this.base.sec) * NSEC_PER_SEC + (t.nsec - this.base.nsec);
  }

  /** Arms (or moves) a timer to `t.expires`. */
  addTimer(t: KernelTimer): void {
    this.timers.add(t);
    const trace = this.k.trace.timerStart;
    if (trace.enabled) trace.fire(t, this.nowNs);
  }

  /** Disarms a timer; true if it was pending. */
  cancelTimer(t: KernelTimer): boolean {
    const pending = this.timers.remove(t);
    if (pending && this.k.trace.timerCancel.enabled) this.k.trace.timerCancel.fire(t);
    return pending;
  }

  /** When the next timer fires, Infinity if none is armed. */
  nextExpiry(): number {
    return this.timers.first?.expires ?? Number.POSITIVE_INFINITY;
  }

  /** Fires what is due. @linux kernel/time/hrtimer.c __hrtimer_run_queues */
  runTimers(): void {
    const trace = this.k.trace.timerExpireEntry;
    this.inInterrupt = true;
    for (let t = this.timers.first; t && t.expires <= this.nowNs; t = this.timers.first) {
      this.timers.remove(t);
      if (trace.enabled) trace.fire(t, this.nowNs);
      t.expire(this.k);
    }
    this.inInterrupt = false;
  }
}

/** Adds nanoseconds (may be negative) to a time. */
export function timespecAdd(t: Timespec, ns: number): Timespec {
  const whole = Math.floor(ns / NSEC_PER_SEC);
  let nsec = t.nsec + (ns - whole * NSEC_PER_SEC);
  let sec = t.sec + whole;
  if (nsec >= NSEC_PER_SEC) {
    nsec -= NSEC_PER_SEC;
    sec++;
  }
  return { sec, nsec };
}

/** The time to stamp on inodes. @linux fs/inode.c current_time */
export function currentTime(k: Kernel): Timespec {
  return k.time.realtime();
}

stateClass(Timekeeping);
