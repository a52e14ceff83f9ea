import type { SignalStruct } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { EFAULT, EINVAL } from "../../uapi/errno.ts";
import { SIGALRM, SIGPROF, SIGVTALRM } from "../../uapi/signal.ts";
import { getS64, setU64 } from "../../uapi/struct.ts";
import { ITIMER_PROF, ITIMER_REAL, itimerNames, itimervalStruct } from "../../uapi/time.ts";
import { groupSendSigInfo } from "../signal/send.ts";
import { CpuTimer } from "./cpuClock.ts";
import { armCpuTimer, CPUCLOCK_PROF, CPUCLOCK_VIRT, disarmCpuTimer } from "./cpuTimers.ts";
import { KernelTimer } from "./timer.ts";
import { KTIME_SEC_MAX } from "./userTime.ts";

/** ITIMER_REAL of a process. With an interval it starts again when its SIGALRM is taken. */
export class RealItimer extends KernelTimer {
  readonly group: SignalStruct;
  interval = 0;
  constructor(group: SignalStruct) {
    super();
    this.group = group;
  }
  expire(k: Kernel): void {
    groupSendSigInfo(k, SIGALRM, null, this.group.leader);
  }
}

/** ITIMER_VIRTUAL and ITIMER_PROF. */
export class CpuItimer extends CpuTimer {
  interval = 0;
  armed = false;
  fire(k: Kernel): void {
    groupSendSigInfo(k, this.which === CPUCLOCK_VIRT ? SIGVTALRM : SIGPROF, null, this.task);
    if (this.interval > 0) {
      this.expires += this.interval;
      armCpuTimer(this);
    } else this.armed = false;
  }
}

/** Interval timers of a process (signal_struct's it_real, it[]). */
export class Itimers {
  real: RealItimer;
  virtual: CpuItimer;
  prof: CpuItimer;
  constructor(group: SignalStruct) {
    this.real = new RealItimer(group);
    this.virtual = new CpuItimer(group.leader, false, CPUCLOCK_VIRT);
    this.prof = new CpuItimer(group.leader, false, CPUCLOCK_PROF);
  }
}
stateClass(RealItimer, CpuItimer, Itimers);

function itimersOf(group: SignalStruct): Itimers {
  return (group.itimers ??= new Itimers(group)) as Itimers;
}

/** SIGALRM was taken off the queue: a periodic timer goes on. @linux kernel/signal.c dequeue_signal */
export function itimerRearm(k: Kernel, group: SignalStruct): void {
  const real = (group.itimers as Itimers | null)?.real;
  if (!real || real.interval === 0 || real.heapIndex >= 0) return;
  const behind = Math.floor((k.time.nowNs - real.expires) / real.interval) + 1;
  real.expires += Math.max(1, behind) * real.interval;
  k.time.addTimer(real);
}

/** Remaining and interval, in ns, as getitimer shows them. */
function read(k: Kernel, which: number, out: { value: number; interval: number }): void {
  const it = itimersOf(k.current.signal);
  if (which === ITIMER_REAL) {
    out.interval = it.real.interval;
    // A pending timer never shows zero.
    out.value = it.real.heapIndex >= 0 ? Math.max(it.real.expires - k.time.now(), 1000) : 0;
    return;
  }
  const t = which === ITIMER_PROF ? it.prof : it.virtual;
  out.interval = t.interval;
  out.value = t.armed ? Math.max(t.expires - t.sample(), 1000) : 0;
}

function set(k: Kernel, which: number, value: number, interval: number): void {
  const it = itimersOf(k.current.signal);
  if (which === ITIMER_REAL) {
    k.time.cancelTimer(it.real);
    it.real.interval = value > 0 ? interval : 0;
    if (value > 0) {
      it.real.expires = k.time.now() + value;
      k.time.addTimer(it.real);
    }
    return;
  }
  const t = which === ITIMER_PROF ? it.prof : it.virtual;
  disarmCpuTimer(t);
  t.interval = interval;
  t.armed = value > 0;
  if (value > 0) {
    t.expires = t.sample() + value;
    armCpuTimer(t);
  }
}

const buffer = new Uint8Array(32);
const view = new DataView(buffer.buffer);
const now = { value: 0, interval: 0 };

function write(k: Kernel, address: number): number {
  const put = (at: number, ns: number): void => {
    const usec = Math.floor(ns / 1000);
    setU64(view, at, Math.floor(usec / 1e6));
    setU64(view, at + 8, usec % 1e6);
  };
  put(0, now.interval);
  put(16, now.value);
  return copyToUser(k, address, buffer, 0, 32);
}

function toNs(sec: number, usec: number): number {
  return sec >= KTIME_SEC_MAX ? KTIME_SEC_MAX * 1e9 : sec * 1e9 + usec * 1000;
}

/** @linux kernel/time/itimer.c sys_setitimer */
function sysSetitimer(k: Kernel, which: number, value: number, ovalue: number): number {
  let next = 0;
  let interval = 0;
  if (value !== 0) {
    if (copyFromUser(k, value, buffer, 0, 32) !== 0) return -EFAULT;
    const isec = getS64(view, 0);
    const iusec = getS64(view, 8);
    const sec = getS64(view, 16);
    const usec = getS64(view, 24);
    if (usec < 0 || usec >= 1e6 || iusec < 0 || iusec >= 1e6 || sec < 0 || isec < 0) return -EINVAL;
    next = toNs(sec, usec);
    interval = toNs(isec, iusec);
  }
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  read(k, which, now);
  set(k, which, next, interval);
  return ovalue === 0 ? 0 : write(k, ovalue);
}

/** Seconds left of the previous alarm, rounded. @linux kernel/time/itimer.c alarm_setitimer */
function sysAlarm(k: Kernel, seconds: number): number {
  read(k, ITIMER_REAL, now);
  const left = now.value;
  set(k, ITIMER_REAL, Math.min(seconds, 0x7fffffff) * 1e9, 0);
  const sec = Math.floor(left / 1e9);
  const rest = left - sec * 1e9;
  return (sec === 0 && rest > 0) || rest >= 5e8 ? sec + 1 : sec;
}

const valueIn = A.struct(itimervalStruct, "in");
const valueOut = A.struct(itimervalStruct, "out");

export const itimerSyscalls: readonly SyscallDef[] = [
  syscall(
    "getitimer",
    { which: A.enum(itimerNames), value: valueOut },
    (k, which, address) => {
      if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
      read(k, which, now);
      return write(k, address);
    },
    { linux: "kernel/time/itimer.c sys_getitimer" },
  ),
  syscall("setitimer", { which: A.enum(itimerNames), value: valueIn, ovalue: valueOut }, sysSetitimer, {
    linux: "kernel/time/itimer.c sys_setitimer",
  }),
  syscall("alarm", { seconds: A.uint }, sysAlarm, { linux: "kernel/time/itimer.c sys_alarm" }),
];
