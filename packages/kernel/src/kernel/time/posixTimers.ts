import { type SignalStruct, SigQueue, type Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, putUser32 } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { CAP_WAKE_ALARM } from "../../uapi/capability.ts";
import { EAGAIN, EFAULT, EINVAL, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import { RLIMIT_SIGPENDING } from "../../uapi/resource.ts";
import { NSIG, SI_TIMER, SIGALRM, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID } from "../../uapi/signal.ts";
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
  clockNames,
  itimerspecStruct,
  sigeventStruct,
  TIMER_ABSTIME,
  timerFlagNames,
} from "../../uapi/time.ts";
import { capable } from "../capability.ts";
import { findTask } from "../pid.ts";
import { rlimit } from "../resource.ts";
import { sendSigqueue } from "../signal/send.ts";
import { newSiginfo, SI_OVERRUN, SI_TID, SI_VALUE, viewOf } from "../signal/siginfo.ts";
import { type CpuClock, cpuClock } from "./clocks.ts";
import { CpuTimer } from "./cpuClock.ts";
import { armCpuTimer, disarmCpuTimer } from "./cpuTimers.ts";
import { absoluteDeadline, wallClockId } from "./nanosleep.ts";
import { KernelTimer } from "./timer.ts";
import { readItimerspec, timespecValid, toNs, writeItimerspec } from "./userTime.ts";

/** DELAYTIMER_MAX. */
const OVERRUN_MAX = 0x7fffffff;

/** struct k_itimer: one timer of timer_create. */
export class PosixTimer {
  readonly id: number;
  readonly clock: number;
  readonly notify: number;
  readonly sig: number;
  /** Whom to signal: a thread with SIGEV_THREAD_ID, else the process. */
  readonly target: Task;
  readonly group: SignalStruct;
  interval = 0;
  armed = false;
  /** Expirations between the signal's sending and its delivery. */
  overrunLast = 0;
  /** Its one queue entry; in the queue while the signal is pending. */
  queue: SigQueue;
  queued = false;
  alarm: AlarmPart | null = null;
  cpu: CpuPart | null = null;

  constructor(id: number, clock: number, notify: number, sig: number, target: Task, valueLo: number, valueHi: number) {
    this.id = id;
    this.clock = clock;
    this.notify = notify;
    this.sig = sig;
    this.target = target;
    this.group = target.signal;
    const info = newSiginfo(sig, SI_TIMER);
    const v = viewOf(info);
    v.setInt32(SI_TID, id, true);
    v.setInt32(SI_VALUE, valueLo, true);
    v.setInt32(SI_VALUE + 4, valueHi, true);
    this.queue = new SigQueue(sig, info);
    this.queue.timer = this;
  }

  now(k: Kernel): number {
    return this.cpu ? this.cpu.sample() : k.time.now();
  }
  get expires(): number {
    return this.cpu ? this.cpu.expires : (this.alarm as AlarmPart).expires;
  }
  arm(k: Kernel, expires: number): void {
    this.armed = true;
    if (this.cpu) {
      this.cpu.expires = expires;
      armCpuTimer(this.cpu);
    } else if (this.alarm) {
      this.alarm.expires = expires;
      if (expires !== Number.POSITIVE_INFINITY) k.time.addTimer(this.alarm);
    }
  }
  disarm(k: Kernel): void {
    this.armed = false;
    if (this.cpu) disarmCpuTimer(this.cpu);
    else if (this.alarm) k.time.cancelTimer(this.alarm);
  }

  /** @linux kernel/time/posix-timers.c posix_timer_fn */
  expire(k: Kernel): void {
    if (this.notify === SIGEV_NONE) {
      if (this.interval > 0) this.arm(k, this.expires + forward(this, k));
      return;
    }
    const thread = this.notify === (SIGEV_SIGNAL | SIGEV_THREAD_ID);
    if (this.interval === 0) this.armed = false;
    if (this.queued) return;
    this.queued = true;
    const ignored = sendSigqueue(k, this.queue, this.target, !thread) === 1;
    if (!ignored) return;
    this.queued = false;
    // An ignored periodic timer just goes on.
    if (this.interval > 0) this.arm(k, this.expires + forward(this, k));
  }
}

/** How far the next expiry after now lies from the present one: whole intervals. */
function forward(t: PosixTimer, k: Kernel): number {
  const periods = Math.max(1, Math.floor((t.now(k) - t.expires) / t.interval) + 1);
  return periods * t.interval;
}

class AlarmPart extends KernelTimer {
  readonly timer: PosixTimer;
  constructor(timer: PosixTimer) {
    super();
    this.timer = timer;
  }
  expire(k: Kernel): void {
    this.timer.expire(k);
  }
}

class CpuPart extends CpuTimer {
  readonly timer: PosixTimer;
  constructor(c: CpuClock, timer: PosixTimer) {
    super(c.task, c.thread, c.which);
    this.timer = timer;
  }
  fire(k: Kernel): void {
    this.timer.expire(k);
  }
}
stateClass(PosixTimer, AlarmPart, CpuPart);

/** The timer's signal was taken: a periodic timer starts again, and the siginfo gets its overrun count. @linux kernel/time/posix-timers.c posixtimer_rearm */
export function posixTimerRearm(k: Kernel, q: SigQueue): void {
  const t = q.timer as PosixTimer;
  t.queued = false;
  // The entry is reused: the receiver gets a copy.
  q.info = q.info.slice();
  let overrun = 0;
  if (t.armed && t.interval > 0) {
    const step = forward(t, k);
    overrun = Math.min(OVERRUN_MAX, step / t.interval - 1);
    t.arm(k, t.expires + step);
  }
  t.overrunLast = overrun;
  viewOf(q.info).setInt32(SI_OVERRUN, overrun, true);
}

function removeTimer(k: Kernel, t: PosixTimer): void {
  t.disarm(k);
  if (!t.queued) return;
  for (const pending of [t.group.sharedPending, t.target.pending]) {
    const i = pending.queue.indexOf(t.queue);
    if (i < 0) continue;
    pending.queue.splice(i, 1);
    if (pending.queue.some((q) => q.sig === t.sig)) continue;
    if (t.sig <= 32) pending.lo &= ~(1 << (t.sig - 1));
    else pending.hi &= ~(1 << (t.sig - 33));
  }
}

/** exec: timers of timer_create go. @linux kernel/time/posix-timers.c exit_itimers */
export function exitPosixTimers(k: Kernel, group: SignalStruct): void {
  for (const t of group.posixTimers.values()) removeTimer(k, t);
  group.posixTimers.clear();
}

/** The process ends: all its timers go. */
export function exitItimers(k: Kernel, group: SignalStruct): void {
  exitPosixTimers(k, group);
  const it = group.itimers as { real: KernelTimer } | null;
  if (it) k.time.cancelTimer(it.real);
  group.itimers = null;
  group.cpuTimers = [];
}

/** Timers a clock can drive: undefined = no such clock, "cpu", "wall", or an errno. */
function timerClock(k: Kernel, id: number): "wall" | CpuClock | number {
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
      return "wall";
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
      return capable(k, CAP_WAKE_ALARM) ? "wall" : -EPERM;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
      return -EOPNOTSUPP;
    default:
      return cpuClock(k, id, false) ?? -EINVAL;
  }
}

const event = new Uint8Array(64);
const eventView = new DataView(event.buffer);

/** @linux kernel/time/posix-timers.c do_timer_create */
function sysTimerCreate(k: Kernel, clock: number, sevp: number, idp: number): number {
  const task = k.current;
  if (sevp !== 0 && copyFromUser(k, sevp, event, 0, 64) !== 0) return -EFAULT;
  const kind = timerClock(k, clock);
  if (kind === -EINVAL || kind === -EOPNOTSUPP) return kind;
  const group = task.signal;
  if (group.posixTimers.size >= rlimit(task, RLIMIT_SIGPENDING)) return -EAGAIN;
  let id = group.nextPosixTimer;
  while (group.posixTimers.has(id)) id = (id + 1) & 0x7fffffff;
  let notify = SIGEV_SIGNAL;
  let sig = SIGALRM;
  let lo = id;
  let hi = 0;
  let target = group.leader;
  if (sevp !== 0) {
    lo = eventView.getInt32(0, true);
    hi = eventView.getInt32(4, true);
    sig = eventView.getInt32(8, true);
    notify = eventView.getInt32(12, true);
    const good = goodSigevent(k, notify, sig, eventView.getInt32(16, true));
    if (!good) return -EINVAL;
    target = good;
  }
  if (idp === 0 || putUser32(k, idp, id) !== 0) return -EFAULT;
  if (typeof kind === "number") return kind;
  const t = new PosixTimer(id, clock, notify, sig, target, lo, hi);
  if (kind === "wall") t.alarm = new AlarmPart(t);
  else t.cpu = new CpuPart(kind, t);
  group.posixTimers.set(id, t);
  group.nextPosixTimer = (id + 1) & 0x7fffffff;
  return 0;
}

/** @linux kernel/time/posix-timers.c good_sigevent */
function goodSigevent(k: Kernel, notify: number, sig: number, tid: number): Task | null {
  let target = k.current.signal.leader;
  switch (notify) {
    case SIGEV_SIGNAL | SIGEV_THREAD_ID: {
      const t = findTask(k, tid);
      if (!t || t.signal !== k.current.signal) return null;
      target = t;
      break;
    }
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
      break;
    case SIGEV_NONE:
      return target;
    default:
      return null;
  }
  return sig > 0 && sig <= NSIG ? target : null;
}

function remaining(k: Kernel, t: PosixTimer): number {
  const now = t.now(k);
  if (!t.armed && t.interval === 0) return 0;
  if (!t.armed) return 0;
  let expires = t.expires;
  // A periodic timer that waits for its signal to be taken shows the time to its next period.
  if (t.interval > 0 && (t.queued || t.notify === SIGEV_NONE) && expires <= now) expires += forward(t, k);
  if (expires === Number.POSITIVE_INFINITY) return 9223372036e9;
  if (expires <= now) return t.notify === SIGEV_NONE ? 0 : 1;
  return expires - now;
}

function timerOf(k: Kernel, id: number): PosixTimer | null {
  return k.current.signal.posixTimers.get(id) ?? null;
}

/** @linux kernel/time/posix-timers.c do_timer_settime */
function sysTimerSettime(k: Kernel, id: number, flags: number, address: number, oldAddress: number): number {
  if (address === 0) return -EINVAL;
  const spec = readItimerspec(k, address);
  if (!spec) return -EFAULT;
  if (!timespecValid(spec.interval) || !timespecValid(spec.value)) return -EINVAL;
  const t = timerOf(k, id);
  if (!t) return -EINVAL;
  const oldValue = remaining(k, t);
  const oldInterval = t.interval;
  removeTimer(k, t);
  t.queued = false;
  t.overrunLast = 0;
  t.interval = toNs(spec.interval);
  if (t.interval === Number.POSITIVE_INFINITY) t.interval = 9223372036e9;
  const value = toNs(spec.value);
  if (value > 0) {
    if (t.alarm) t.alarm.wallClock = (flags & TIMER_ABSTIME) !== 0 && wallClockId(t.clock);
    const expires = flags & TIMER_ABSTIME ? (t.cpu ? value : absoluteDeadline(k, t.clock, spec.value)) : t.now(k) + value;
    t.arm(k, expires);
  } else t.interval = 0;
  return oldAddress === 0 ? 0 : writeItimerspec(k, oldAddress, oldInterval, oldValue);
}

export const posixTimerSyscalls: readonly SyscallDef[] = [
  syscall(
    "timer_create",
    { which_clock: A.enum(clockNames), timer_event_spec: A.struct(sigeventStruct, "in"), created_timer_id: A.intPtr("out") },
    sysTimerCreate,
    {
      linux: "kernel/time/posix-timers.c do_timer_create",
    },
  ),
  syscall(
    "timer_settime",
    {
      timer_id: A.int,
      flags: A.flags(timerFlagNames),
      new_setting: A.struct(itimerspecStruct, "in"),
      old_setting: A.struct(itimerspecStruct, "out"),
    },
    sysTimerSettime,
    { linux: "kernel/time/posix-timers.c sys_timer_settime" },
  ),
  syscall(
    "timer_gettime",
    { timer_id: A.int, setting: A.struct(itimerspecStruct, "out") },
    (k, id, address) => {
      const t = timerOf(k, id);
      return t ? writeItimerspec(k, address, t.interval, remaining(k, t)) : -EINVAL;
    },
    { linux: "kernel/time/posix-timers.c sys_timer_gettime" },
  ),
  syscall("timer_getoverrun", { timer_id: A.int }, (k, id) => timerOf(k, id)?.overrunLast ?? -EINVAL, {
    linux: "kernel/time/posix-timers.c sys_timer_getoverrun",
  }),
  syscall(
    "timer_delete",
    { timer_id: A.int },
    (k, id) => {
      const t = timerOf(k, id);
      if (!t) return -EINVAL;
      removeTimer(k, t);
      t.group.posixTimers.delete(id);
      return 0;
    },
    { linux: "kernel/time/posix-timers.c sys_timer_delete" },
  ),
];
