import type { File, FileOperations, Inode } from "../include/linux/fs.ts";
import type { PollTable } from "../include/linux/wait.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import { capable } from "../kernel/capability.ts";
import { absoluteDeadline } from "../kernel/time/nanosleep.ts";
import { KernelTimer } from "../kernel/time/timer.ts";
import { readItimerspec, timespecValid, toNs, writeItimerspec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_WAKE_ALARM } from "../uapi/capability.ts";
import { EAGAIN, EBADF, ECANCELED, EFAULT, EINVAL, ENOTTY, EPERM } from "../uapi/errno.ts";
import { getU64, setU64 } from "../uapi/struct.ts";
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
  clockNames,
  itimerspecStruct,
} from "../uapi/time.ts";
import { anonInodeGetFd } from "./anonInodes.ts";
import { noopLlseek } from "./libfs.ts";

const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
const createNames = flagNames("TFD_???", { TFD_CLOEXEC, TFD_NONBLOCK });
const settimeNames = flagNames("TFD_TIMER_???", { TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET });
const TFD_IOC_SET_TICKS = 0x40085400;
const O_RDWR = 2;
const POLLIN = 1;

/** State of a timerfd. */
export class TimerfdContext extends KernelTimer {
  readonly clock: number;
  interval = 0;
  /** Expirations since the last read. */
  ticks = 0;
  /** Fired and, with an interval, waiting for the read that starts it again. */
  expired = false;
  settimeFlags = 0;
  /** Value of Timekeeping.clockWasSet it was armed at, if it is to be cancelled by a change of the clock; -1 = not. */
  clockEpoch = -1;
  wqh = new WaitQueueHead();
  constructor(clock: number) {
    super();
    this.clock = clock;
  }
  expire(k: Kernel): void {
    this.expired = true;
    this.ticks++;
    this.wqh.wakeUpAll(k, POLLIN);
  }
  override clockWasSet(k: Kernel): void {
    if (this.clockEpoch >= 0) this.wqh.wakeUpAll(k, POLLIN);
  }
}
stateClass(TimerfdContext);

/** Adds the periods that have passed and starts a periodic timer again. */
function catchUp(k: Kernel, t: TimerfdContext): void {
  if (!t.expired || t.interval === 0) return;
  const periods = Math.max(1, Math.floor((k.time.now() - t.expires) / t.interval) + 1);
  t.ticks += periods - 1;
  t.expires += periods * t.interval;
  t.expired = false;
  k.time.addTimer(t);
}

/** The wall clock was set under a timer that asked to hear of it. @linux fs/timerfd.c timerfd_canceled */
function canceled(k: Kernel, t: TimerfdContext): boolean {
  if (t.clockEpoch < 0 || t.clockEpoch === k.time.clockWasSet) return false;
  t.clockEpoch = k.time.clockWasSet;
  return true;
}

function timerfdPoll(k: Kernel, file: File, table: PollTable | null): number {
  const t = file.priv as TimerfdContext;
  table?.wait(k, t.wqh);
  return t.ticks > 0 || (t.clockEpoch >= 0 && t.clockEpoch !== k.time.clockWasSet) ? POLLIN : 0;
}

const buffer = new Uint8Array(8);
const view = new DataView(buffer.buffer);

/** @linux fs/timerfd.c timerfd_read_iter */
function timerfdRead(k: Kernel, file: File, to: IovIter, _pos: number): number {
  const t = file.priv as TimerfdContext;
  if (to.count < 8) return -EINVAL;
  if (t.ticks === 0 && !canceledPending(k, t)) return file.flags & TFD_NONBLOCK ? -EAGAIN : k.sched.sleepOn(t.wqh);
  if (canceled(k, t)) {
    t.ticks = 0;
    return -ECANCELED;
  }
  catchUp(k, t);
  const ticks = t.ticks;
  t.ticks = 0;
  t.expired = false;
  setU64(view, 0, ticks);
  return to.copyTo(k, buffer, 0, 8) < 8 ? -EFAULT : 8;
}

function canceledPending(k: Kernel, t: TimerfdContext): boolean {
  return t.clockEpoch >= 0 && t.clockEpoch !== k.time.clockWasSet;
}

function timerfdRelease(k: Kernel, _inode: Inode, file: File): void {
  k.time.cancelTimer(file.priv as TimerfdContext);
}

/** TFD_IOC_SET_TICKS, used by checkpoint/restore. @linux fs/timerfd.c timerfd_ioctl */
function timerfdIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  if (cmd >>> 0 !== TFD_IOC_SET_TICKS) return -ENOTTY;
  const t = file.priv as TimerfdContext;
  if (copyFromUser(k, arg, buffer, 0, 8) !== 0) return -EFAULT;
  const ticks = getU64(view, 0);
  if (ticks === 0) return -EINVAL;
  t.ticks = ticks;
  t.wqh.wakeUpAll(k, POLLIN);
  return 0;
}

function remaining(k: Kernel, t: TimerfdContext): number {
  if (t.heapIndex < 0) return 0;
  return Math.max(0, t.expires - k.time.now());
}

/** @linux fs/timerfd.c timerfd_show */
function timerfdShowFdinfo(k: Kernel, file: File): string {
  const t = file.priv as TimerfdContext;
  catchUp(k, t);
  const pair = (ns: number): string => `(${Math.floor(ns / 1e9)}, ${ns % 1e9})`;
  return `clockid: ${t.clock}\nticks: ${t.ticks}\nsettime flags: 0${t.settimeFlags.toString(8)}\nit_value: ${pair(remaining(k, t))}\nit_interval: ${pair(t.interval)}\n`;
}

export const timerfdFops: FileOperations = stateTable("timerfd_fops", {
  llseek: noopLlseek,
  poll: timerfdPoll,
  read: timerfdRead,
  refuseSpliceRead: (): number => -EINVAL,
  release: timerfdRelease,
  ioctl: timerfdIoctl,
  showFdinfo: timerfdShowFdinfo,
});

const isAlarm = (clock: number): boolean => clock === CLOCK_REALTIME_ALARM || clock === CLOCK_BOOTTIME_ALARM;

function sysTimerfdCreate(k: Kernel, clock: number, flags: number): number {
  if (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) return -EINVAL;
  if (clock !== CLOCK_MONOTONIC && clock !== CLOCK_REALTIME && clock !== CLOCK_BOOTTIME && !isAlarm(clock)) return -EINVAL;
  if (isAlarm(clock) && !capable(k, CAP_WAKE_ALARM)) return -EPERM;
  return anonInodeGetFd(k, "[timerfd]", timerfdFops, new TimerfdContext(clock), O_RDWR | flags);
}

function contextOf(k: Kernel, fd: number): TimerfdContext | number {
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  return file.op === timerfdFops ? (file.priv as TimerfdContext) : -EINVAL;
}

/** @linux fs/timerfd.c do_timerfd_settime */
function sysTimerfdSettime(k: Kernel, fd: number, flags: number, next: number, old: number): number {
  const spec = readItimerspec(k, next);
  if (!spec) return -EFAULT;
  if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) || !timespecValid(spec.interval) || !timespecValid(spec.value)) return -EINVAL;
  const t = contextOf(k, fd);
  if (typeof t === "number") return t;
  if (isAlarm(t.clock) && !capable(k, CAP_WAKE_ALARM)) return -EPERM;
  catchUp(k, t);
  const oldValue = remaining(k, t);
  const oldInterval = t.interval;
  k.time.cancelTimer(t);
  t.ticks = 0;
  t.expired = false;
  t.settimeFlags = flags;
  t.interval = Math.min(toNs(spec.interval), 9223372036e9);
  const realtime = t.clock === CLOCK_REALTIME || t.clock === CLOCK_REALTIME_ALARM;
  t.clockEpoch = realtime && flags === (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ? k.time.clockWasSet : -1;
  const value = toNs(spec.value);
  if (value > 0) {
    t.wallClock = realtime && (flags & TFD_TIMER_ABSTIME) !== 0;
    t.expires = flags & TFD_TIMER_ABSTIME ? absoluteDeadline(k, t.clock, spec.value) : k.time.now() + value;
    if (t.expires !== Number.POSITIVE_INFINITY) k.time.addTimer(t);
  }
  return old === 0 ? 0 : writeItimerspec(k, old, oldInterval, oldValue);
}

function sysTimerfdGettime(k: Kernel, fd: number, address: number): number {
  const t = contextOf(k, fd);
  if (typeof t === "number") return t;
  catchUp(k, t);
  return writeItimerspec(k, address, t.interval, remaining(k, t));
}

const specOut = A.struct(itimerspecStruct, "out");

export const timerfdSyscalls: readonly SyscallDef[] = [
  syscall("timerfd_create", { clockid: A.enum(clockNames), flags: A.flags(createNames) }, sysTimerfdCreate, {
    linux: "fs/timerfd.c sys_timerfd_create",
    ret: "fd",
  }),
  syscall(
    "timerfd_settime",
    { ufd: A.fd, flags: A.flags(settimeNames), utmr: A.struct(itimerspecStruct, "in"), otmr: specOut },
    sysTimerfdSettime,
    {
      linux: "fs/timerfd.c do_timerfd_settime",
    },
  ),
  syscall("timerfd_gettime", { ufd: A.fd, otmr: specOut }, sysTimerfdGettime, { linux: "fs/timerfd.c do_timerfd_gettime" }),
];
