import type { Timespec } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { putUser32, putUser64 } from "../../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { CAP_SYS_TIME } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../../uapi/errno.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_MONOTONIC_RAW,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_REALTIME_COARSE,
  CLOCK_TAI,
  CLOCK_THREAD_CPUTIME_ID,
  clockNames,
  timespecStruct,
  timevalStruct,
  timezoneStruct,
} from "../../uapi/time.ts";
import { capable } from "../capability.ts";
import { findTask } from "../pid.ts";
import { CPUCLOCK_SCHED, cpuSample } from "./cpuClock.ts";
import { getTimespec, timespecValid, userTimespec, writeTimespec } from "./userTime.ts";

/** Length of a tick: what the coarse clocks resolve (CONFIG_HZ=250). */
export const TICK_NS = 4_000_000;

/** CPU-time clocks: what is counted. */

/** A CPU-time clock id, taken apart. */
export interface CpuClock {
  task: Task;
  thread: boolean;
  which: number;
}

/**
 * The task and kind behind a CPU-time clock id: two fixed ones, or negative ids that name a pid.
 * @linux kernel/time/posix-cpu-timers.c pid_for_clock
 */
export function cpuClock(k: Kernel, id: number, gettime: boolean): CpuClock | null {
  const self = k.current;
  if (id === CLOCK_PROCESS_CPUTIME_ID) return { task: self, thread: false, which: CPUCLOCK_SCHED };
  if (id === CLOCK_THREAD_CPUTIME_ID) return { task: self, thread: true, which: CPUCLOCK_SCHED };
  if (id >= 0 || (id & 3) === 3) return null;
  const thread = (id & 4) !== 0;
  const pid = ~(id >> 3);
  if (pid === 0) return { task: self, thread, which: id & 3 };
  const task = findTask(k, pid);
  if (!task) return null;
  if (thread) return task.signal === self.signal ? { task, thread, which: id & 3 } : null;
  if (gettime && task === self) return { task, thread, which: id & 3 };
  return task.pid === task.tgid ? { task, thread, which: id & 3 } : null;
}

const out: Timespec = { sec: 0, nsec: 0 };

function setNs(ns: number): boolean {
  out.sec = Math.floor(ns / 1e9);
  out.nsec = ns - out.sec * 1e9;
  return true;
}

/** Reads a clock into `out`. @returns false if there is no such clock */
function readClock(k: Kernel, id: number): boolean {
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: {
      const t = k.time.realtime();
      out.sec = t.sec + (id === CLOCK_TAI ? k.time.taiOffset : 0);
      out.nsec = id === CLOCK_REALTIME_COARSE ? t.nsec - (t.nsec % TICK_NS) : t.nsec;
      return true;
    }
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
      return setNs(k.time.now());
    case CLOCK_MONOTONIC_COARSE: {
      const now = k.time.now();
      return setNs(now - (now % TICK_NS));
    }
    default: {
      const c = cpuClock(k, id, true);
      return c ? setNs(cpuSample(c.task, c.thread, c.which)) : false;
    }
  }
}

function sysClockGettime(k: Kernel, id: number, address: number): number {
  return readClock(k, id) ? writeTimespec(k, address, out.sec, out.nsec) : -EINVAL;
}

function sysClockGetres(k: Kernel, id: number, address: number): number {
  if (!readClock(k, id)) return -EINVAL;
  const coarse = id === CLOCK_REALTIME_COARSE || id === CLOCK_MONOTONIC_COARSE;
  return address === 0 ? 0 : writeTimespec(k, address, 0, coarse ? TICK_NS : 1);
}

/** Sets the wall clock. @linux kernel/time/time.c do_sys_settimeofday64 */
function setWallClock(k: Kernel, t: Timespec): number {
  if (!timespecValid(t) || t.sec > 8277292036) return -EINVAL;
  if (!capable(k, CAP_SYS_TIME)) return -EPERM;
  // The wall clock cannot be moved before the machine's boot.
  if (t.sec * 1e9 < k.time.now()) return -EINVAL;
  k.time.setRealtime({ sec: t.sec, nsec: t.nsec });
  return 0;
}

function sysClockSettime(k: Kernel, id: number, address: number): number {
  const cpu = id < 0 || id === CLOCK_PROCESS_CPUTIME_ID || id === CLOCK_THREAD_CPUTIME_ID;
  if (id !== CLOCK_REALTIME && !(cpu && cpuClock(k, id, false))) return -EINVAL;
  if (getTimespec(k, address) !== 0) return -EFAULT;
  return cpu ? -EPERM : setWallClock(k, userTimespec);
}

function sysGettimeofday(k: Kernel, tv: number, tz: number): number {
  if (tv !== 0) {
    const t = k.time.realtime();
    if (putUser64(k, tv, t.sec) !== 0 || putUser64(k, tv + 8, Math.floor(t.nsec / 1000)) !== 0) return -EFAULT;
  }
  if (tz !== 0 && (putUser32(k, tz, k.time.timezone.minuteswest) !== 0 || putUser32(k, tz + 4, k.time.timezone.dsttime) !== 0))
    return -EFAULT;
  return 0;
}

function sysSettimeofday(k: Kernel, tv: number, tz: number): number {
  let wanted: Timespec | null = null;
  if (tv !== 0) {
    if (getTimespec(k, tv) !== 0) return -EFAULT;
    if (userTimespec.nsec < 0 || userTimespec.nsec >= 1e6) return -EINVAL;
    wanted = { sec: userTimespec.sec, nsec: userTimespec.nsec * 1000 };
  }
  let zone: { minuteswest: number; dsttime: number } | null = null;
  if (tz !== 0) {
    if (getTimespec(k, tz) !== 0 && putUser32(k, tz, 0) !== 0) return -EFAULT;
    zone = { minuteswest: userTimespec.sec | 0, dsttime: Math.floor(userTimespec.sec / 4294967296) };
  }
  if (!capable(k, CAP_SYS_TIME)) return -EPERM;
  if (zone) {
    if (zone.minuteswest > 15 * 60 || zone.minuteswest < -15 * 60) return -EINVAL;
    k.time.timezone = zone;
    k.vdso.due = 0;
  }
  return wanted ? setWallClock(k, wanted) : 0;
}

const clock = A.enum(clockNames);
const timespecOut = A.struct(timespecStruct, "out");

export const clockSyscalls: readonly SyscallDef[] = [
  syscall("clock_gettime", { which_clock: clock, tp: timespecOut }, sysClockGettime, {
    linux: "kernel/time/posix-timers.c sys_clock_gettime",
  }),
  syscall("clock_getres", { which_clock: clock, tp: timespecOut }, sysClockGetres, {
    linux: "kernel/time/posix-timers.c sys_clock_getres",
  }),
  syscall("clock_settime", { which_clock: clock, tp: A.struct(timespecStruct, "in") }, sysClockSettime, {
    linux: "kernel/time/posix-timers.c sys_clock_settime",
  }),
  syscall("gettimeofday", { tv: A.struct(timevalStruct, "out"), tz: A.struct(timezoneStruct, "out") }, sysGettimeofday, {
    linux: "kernel/time/time.c sys_gettimeofday",
  }),
  syscall("settimeofday", { tv: A.struct(timevalStruct, "in"), tz: A.struct(timezoneStruct, "in") }, sysSettimeofday, {
    linux: "kernel/time/time.c sys_settimeofday",
  }),
  syscall(
    "time",
    { tloc: A.ptr },
    (k, address) => {
      const t = k.time.realtime().sec;
      return address !== 0 && putUser64(k, address, t) !== 0 ? -EFAULT : t;
    },
    { linux: "kernel/time/time.c sys_time" },
  ),
];
