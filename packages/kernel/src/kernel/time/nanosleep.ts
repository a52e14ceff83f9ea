import type { Timespec } from "../../include/linux/fs.ts";
import { BLOCKED } from "../../include/linux/sched.ts";
import { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { CAP_WAKE_ALARM } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM, ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from "../../uapi/errno.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  clockNames,
  TIMER_ABSTIME,
  timerFlagNames,
  timespecStruct,
} from "../../uapi/time.ts";
import { capable } from "../capability.ts";
import type { RestartBlock } from "../signalCalls.ts";
import { cpuClock } from "./clocks.ts";
import { CpuTimer } from "./cpuClock.ts";
import { armCpuTimer, disarmCpuTimer } from "./cpuTimers.ts";
import { readTimespec, toNs, userTimespec, writeNs } from "./userTime.ts";

/** A sleep under way, kept over retries and over an interruption by a stop signal. */
export class Sleep implements RestartBlock {
  /** ns since boot. */
  deadline: number;
  /** Where the remaining time goes, 0 = nowhere. */
  rmtp: number;
  absolute: boolean;
  onWallClock: boolean;
  constructor(deadline: number, rmtp: number, absolute: boolean, onWallClock = false) {
    this.deadline = deadline;
    this.rmtp = rmtp;
    this.absolute = absolute;
    this.onWallClock = onWallClock;
  }

  /** Sleeps, or goes on sleeping. @linux kernel/time/hrtimer.c do_nanosleep */
  restart(k: Kernel): number {
    const task = k.current;
    task.progress = this;
    k.sched.setDeadline(this.deadline, this.onWallClock);
    if (k.sched.deadlinePassed()) return 0;
    const r = k.sched.sleepUntilDeadline();
    if (r === BLOCKED) return r;
    if (this.absolute) return -ERESTARTNOHAND;
    if (this.rmtp !== 0 && writeNs(k, this.rmtp, Math.max(0, this.deadline - k.time.now())) !== 0) return -EFAULT;
    task.restartBlock = this;
    return -ERESTART_RESTARTBLOCK;
  }
}

/** Wakes a sleeper on a CPU-time clock. */
class CpuSleepTimer extends CpuTimer {
  queue = new WaitQueueHead();
  fire(k: Kernel): void {
    this.queue.wakeUpAll(k);
  }
}

/** A sleep on a CPU-time clock. */
class CpuSleep implements RestartBlock {
  timer: CpuSleepTimer;
  rmtp: number;
  absolute: boolean;
  constructor(timer: CpuSleepTimer, rmtp: number, absolute: boolean) {
    this.timer = timer;
    this.rmtp = rmtp;
    this.absolute = absolute;
  }
  restart(k: Kernel): number {
    const task = k.current;
    task.progress = this;
    const left = this.timer.expires - this.timer.sample();
    if (left <= 0) return 0;
    armCpuTimer(this.timer);
    const r = k.sched.sleepOn(this.timer.queue);
    if (r === BLOCKED) return r;
    disarmCpuTimer(this.timer);
    if (this.absolute) return -ERESTARTNOHAND;
    if (this.rmtp !== 0 && writeNs(k, this.rmtp, left) !== 0) return -EFAULT;
    task.restartBlock = this;
    return -ERESTART_RESTARTBLOCK;
  }
}

stateClass(Sleep, CpuSleepTimer, CpuSleep);

function sysNanosleep(k: Kernel, rqtp: number, rmtp: number): number {
  const p = k.current.progress;
  if (p instanceof Sleep) return p.restart(k);
  const ns = readTimespec(k, rqtp);
  if (ns < 0) return ns;
  return new Sleep(k.time.now() + ns, rmtp, false).restart(k);
}

export function wallClockId(id: number): boolean {
  return id === CLOCK_REALTIME || id === CLOCK_REALTIME_ALARM || id === CLOCK_TAI;
}

/** ns since boot at which a clock shows `t`. */
export function absoluteDeadline(k: Kernel, id: number, t: Timespec): number {
  if (wallClockId(id)) {
    if (toNs(t) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const offset = id === CLOCK_TAI ? k.time.taiOffset : 0;
    return k.time.realtimeToMonotonic({ sec: t.sec - offset, nsec: t.nsec });
  }
  return toNs(t);
}

/** @linux kernel/time/posix-timers.c sys_clock_nanosleep */
function sysClockNanosleep(k: Kernel, id: number, flags: number, rqtp: number, rmtpArg: number): number {
  const p = k.current.progress;
  if (p instanceof Sleep || p instanceof CpuSleep) return p.restart(k);
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
      break;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_THREAD_CPUTIME_ID:
      return -EOPNOTSUPP;
    default:
      if (!cpuClock(k, id, false)) return -EINVAL;
  }
  const ns = readTimespec(k, rqtp);
  if (ns < 0) return ns;
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  const rmtp = absolute ? 0 : rmtpArg;
  if ((id === CLOCK_REALTIME_ALARM || id === CLOCK_BOOTTIME_ALARM) && !capable(k, CAP_WAKE_ALARM)) return -EPERM;
  const cpu = id < 0 || id === 2 ? cpuClock(k, id, false) : null;
  if (cpu) {
    if (cpu.thread && cpu.task === k.current) return -EINVAL;
    const timer = new CpuSleepTimer(cpu.task, cpu.thread, cpu.which);
    timer.expires = absolute ? ns : timer.sample() + ns;
    return new CpuSleep(timer, rmtp, absolute).restart(k);
  }
  const deadline = absolute ? absoluteDeadline(k, id, userTimespec) : k.time.now() + ns;
  return new Sleep(deadline, rmtp, absolute, absolute && wallClockId(id)).restart(k);
}

const inTime = A.struct(timespecStruct, "in");
const outTime = A.struct(timespecStruct, "out");

export const nanosleepSyscalls: readonly SyscallDef[] = [
  syscall("nanosleep", { rqtp: inTime, rmtp: outTime }, sysNanosleep, { linux: "kernel/time/hrtimer.c sys_nanosleep", eintr: "always" }),
  syscall(
    "clock_nanosleep",
    { which_clock: A.enum(clockNames), flags: A.flags(timerFlagNames), rqtp: inTime, rmtp: outTime },
    sysClockNanosleep,
    {
      linux: "kernel/time/posix-timers.c sys_clock_nanosleep",
      eintr: "always",
    },
  ),
];
