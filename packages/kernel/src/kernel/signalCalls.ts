import { EXIT_DEAD, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, ENOMEM, EPERM, ERESTARTNOHAND, ERESTARTSYS, ESRCH } from "../uapi/errno.ts";
import {
  MINSIGSTKSZ,
  NSIG,
  SA_IMMUTABLE,
  SA_KNOWN,
  SA_RESTORER,
  SI_TKILL,
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  SIGINFO_SIZE,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
  sigactionStruct,
  siginfoStruct,
  sigmaskHowNames,
  stackStruct,
} from "../uapi/signal.ts";
import { timespecStruct } from "../uapi/time.ts";
import { findTask } from "./pid.ts";
import { killSomething, signalTask } from "./signal/kill.ts";
import { readSet, readSigset, saveSigmask, setBlocked } from "./signal/mask.ts";
import { dequeueSignal, flushSigqueueMask, highBit, KERNEL_ONLY_MASK, lowBit } from "./signal/pending.ts";
import { handlerIgnored } from "./signal/send.ts";
import { siCode, userSiginfo } from "./signal/siginfo.ts";
import { readTimespec } from "./time/userTime.ts";

const buffer = new Uint8Array(32);
const view = new DataView(buffer.buffer);

/** @linux kernel/signal.c do_sigaction */
function sysRtSigaction(k: Kernel, sig: number, act: number, oact: number, size: number): number {
  if (size !== 8) return -EINVAL;
  let handler = 0;
  let flags = 0;
  let restorer = 0;
  let maskLo = 0;
  let maskHi = 0;
  if (act !== 0) {
    if (copyFromUser(k, act, buffer, 0, 32) !== 0) return -EFAULT;
    handler = view.getUint32(0, true) + view.getUint32(4, true) * 4294967296;
    flags = view.getUint32(8, true);
    restorer = view.getUint32(16, true) + view.getUint32(20, true) * 4294967296;
    maskLo = view.getInt32(24, true);
    maskHi = view.getInt32(28, true);
  }
  if (sig < 1 || sig > NSIG || (act !== 0 && KERNEL_ONLY_MASK & lowBit(sig))) return -EINVAL;
  const task = k.current;
  const action = task.sighand.action[sig]!;
  if (action.flags & SA_IMMUTABLE) return -EINVAL;
  if (oact !== 0) {
    buffer.fill(0);
    view.setUint32(0, action.handler % 4294967296, true);
    view.setUint32(4, Math.floor(action.handler / 4294967296), true);
    view.setUint32(8, action.flags, true);
    view.setUint32(16, action.restorer % 4294967296, true);
    view.setUint32(20, Math.floor(action.restorer / 4294967296), true);
    view.setInt32(24, action.maskLo, true);
    view.setInt32(28, action.maskHi, true);
  }
  if (act !== 0) {
    action.handler = handler;
    // Unknown bits are cleared, so that a program can find out what is supported.
    action.flags = (flags & (SA_KNOWN | SA_RESTORER)) >>> 0;
    action.restorer = restorer;
    action.maskLo = maskLo & ~KERNEL_ONLY_MASK;
    action.maskHi = maskHi;
    if (handlerIgnored(handler, sig)) {
      flushSigqueueMask(k, task.signal.sharedPending, lowBit(sig), highBit(sig));
      for (const t of task.signal.threads) flushSigqueueMask(k, t.pending, lowBit(sig), highBit(sig));
    }
  }
  return oact !== 0 ? copyToUser(k, oact, buffer, 0, 32) : 0;
}

/** @linux kernel/signal.c sys_rt_sigprocmask */
function sysRtSigprocmask(k: Kernel, how: number, nset: number, oset: number, size: number): number {
  if (size !== 8) return -EINVAL;
  const task = k.current;
  const oldLo = task.blockedLo;
  const oldHi = task.blockedHi;
  if (nset !== 0) {
    if (readSigset(k, nset) !== 0) return -EFAULT;
    const { lo, hi } = readSet;
    switch (how) {
      case SIG_BLOCK:
        setBlocked(k, task, oldLo | lo, oldHi | hi);
        break;
      case SIG_UNBLOCK:
        setBlocked(k, task, oldLo & ~lo, oldHi & ~hi);
        break;
      case SIG_SETMASK:
        setBlocked(k, task, lo, hi);
        break;
      default:
        return -EINVAL;
    }
  }
  if (oset === 0) return 0;
  view.setInt32(0, oldLo, true);
  view.setInt32(4, oldHi, true);
  return copyToUser(k, oset, buffer, 0, 8);
}

/** Blocked signals that are pending. @linux kernel/signal.c do_sigpending */
function sysRtSigpending(k: Kernel, set: number, size: number): number {
  if (size > 8) return -EINVAL;
  const t = k.current;
  view.setInt32(0, (t.pending.lo | t.signal.sharedPending.lo) & t.blockedLo, true);
  view.setInt32(4, (t.pending.hi | t.signal.sharedPending.hi) & t.blockedHi, true);
  return copyToUser(k, set, buffer, 0, size);
}

/** @linux kernel/signal.c sigsuspend */
function sysRtSigsuspend(k: Kernel, set: number, size: number): number {
  const task = k.current;
  if (size !== 8) return -EINVAL;
  if (!task.inBlockedCall) {
    if (readSigset(k, set) !== 0) return -EFAULT;
    saveSigmask(task);
    setBlocked(k, task, readSet.lo, readSet.hi);
  }
  const r = k.sched.sleepUntilDeadline();
  return r === -ERESTARTSYS ? -ERESTARTNOHAND : r;
}

/** @linux kernel/signal.c sys_pause */
function sysPause(k: Kernel): number {
  const r = k.sched.sleepUntilDeadline();
  return r === -ERESTARTSYS ? -ERESTARTNOHAND : r;
}

/** The mask while rt_sigtimedwait waits: plain data kept over retries. */
interface TimedWait {
  lo: number;
  hi: number;
}

/** Takes one of the signals in the set, waiting for it if need be. @linux kernel/signal.c do_sigtimedwait */
function sysRtSigtimedwait(k: Kernel, these: number, uinfo: number, uts: number, size: number): number {
  if (size !== 8) return -EINVAL;
  const task = k.current;
  if (readSigset(k, these) !== 0) return -EFAULT;
  const lo = readSet.lo & ~KERNEL_ONLY_MASK;
  const hi = readSet.hi;
  let timeout = Number.POSITIVE_INFINITY;
  if (uts !== 0) {
    const ns = readTimespec(k, uts);
    if (ns < 0) return ns;
    timeout = ns;
  }
  const waiting = task.progress as TimedWait | null;
  if (waiting) {
    // The mask goes back before anything is taken, as if the signals had been blocked all along.
    task.progress = null;
    task.realBlockedLo = task.realBlockedHi = 0;
    setBlocked(k, task, waiting.lo, waiting.hi);
  }
  const info = dequeueSignal(k, task, ~lo, ~hi);
  if (info) {
    if (uinfo !== 0 && copyToUser(k, uinfo, info, 0, SIGINFO_SIZE) !== 0) return -EFAULT;
    return info[0] as number;
  }
  if (waiting && k.sched.deadlinePassed()) return -EAGAIN;
  if (waiting && task.sigPendingFlag) return -EINTR;
  if (timeout === 0) return -EAGAIN;
  if (timeout !== Number.POSITIVE_INFINITY) k.sched.setDeadline(k.time.now() + timeout);
  const saved: TimedWait = { lo: task.blockedLo, hi: task.blockedHi };
  setBlocked(k, task, task.blockedLo & ~lo, task.blockedHi & ~hi);
  const r = k.sched.sleepUntilDeadline();
  if (r === -ERESTARTSYS) {
    setBlocked(k, task, saved.lo, saved.hi);
    return -EINTR;
  }
  task.realBlockedLo = saved.lo;
  task.realBlockedHi = saved.hi;
  task.progress = saved;
  return r;
}

/** @linux kernel/signal.c do_tkill */
function doTkill(k: Kernel, tgid: number, pid: number, sig: number): number {
  const t = findTask(k, pid);
  if (!t || (tgid > 0 && t.tgid !== tgid) || t.exitState === EXIT_DEAD) return -ESRCH;
  if (sig < 0 || sig > NSIG) return -EINVAL;
  return signalTask(k, sig, userSiginfo(sig, k.current, SI_TKILL), t, false);
}

function validSignal(sig: number): boolean {
  return sig >= 0 && sig <= NSIG;
}

/** Reads a siginfo for the queueing calls and puts the signal number in. */
function readQueueInfo(k: Kernel, address: number, sig: number): Uint8Array | null {
  const info = new Uint8Array(SIGINFO_SIZE);
  if (copyFromUser(k, address, info, 0, SIGINFO_SIZE) !== 0) return null;
  new DataView(info.buffer).setInt32(0, sig, true);
  return info;
}

/** Only to itself may a process pretend that the kernel or tkill sent the signal. */
function forged(k: Kernel, info: Uint8Array, target: Task | null): boolean {
  const code = siCode(info);
  return (code >= 0 || code === SI_TKILL) && target?.tgid !== k.current.tgid;
}

function sysRtSigqueueinfo(k: Kernel, pid: number, sig: number, address: number): number {
  const info = readQueueInfo(k, address, sig);
  if (!info) return -EFAULT;
  const code = siCode(info);
  if ((code >= 0 || code === SI_TKILL) && k.current.tgid !== pid && k.current.pid !== pid) return -EPERM;
  const t = findTask(k, pid);
  if (!t || pid <= 0) return -ESRCH;
  if (!validSignal(sig)) return -EINVAL;
  return signalTask(k, sig, info, t, true);
}

function sysRtTgsigqueueinfo(k: Kernel, tgid: number, pid: number, sig: number, address: number): number {
  const info = readQueueInfo(k, address, sig);
  if (!info) return -EFAULT;
  if (pid <= 0 || tgid <= 0) return -EINVAL;
  const t = findTask(k, pid);
  if (forged(k, info, t ?? (pid === k.current.pid ? k.current : null))) return -EPERM;
  if (!t || t.tgid !== tgid) return -ESRCH;
  if (!validSignal(sig)) return -EINVAL;
  return signalTask(k, sig, info, t, false);
}

/** Is the task running on its alternate stack? @linux include/linux/sched/signal.h on_sig_stack */
export function onSigStack(task: Task, sp: number): boolean {
  if (task.sasFlags & SS_AUTODISARM) return false;
  return sp > task.sasSp && sp - task.sasSp <= task.sasSize;
}

/** SS_DISABLE, SS_ONSTACK or 0. @linux include/linux/sched/signal.h sas_ss_flags */
export function sasFlags(task: Task, sp: number): number {
  if (task.sasSize === 0) return SS_DISABLE;
  return onSigStack(task, sp) ? SS_ONSTACK : 0;
}

/** Installs an alternate stack given as raw fields. @linux kernel/signal.c do_sigaltstack */
export function setAltstack(task: Task, sp: number, flags: number, size: number, current: number, minimum = MINSIGSTKSZ): number {
  if (onSigStack(task, current)) return -EPERM;
  const mode = flags & ~SS_AUTODISARM;
  if (mode !== SS_DISABLE && mode !== SS_ONSTACK && mode !== 0) return -EINVAL;
  if (task.sasSp === sp && task.sasSize === size && task.sasFlags === flags) return 0;
  if (mode === SS_DISABLE) {
    task.sasSp = 0;
    task.sasSize = 0;
  } else {
    if (size < minimum) return -ENOMEM;
    task.sasSp = sp;
    task.sasSize = size;
  }
  task.sasFlags = flags >>> 0;
  return 0;
}

function sysSigaltstack(k: Kernel, ss: number, oss: number): number {
  const task = k.current;
  const sp = k.machine.cpu.get(4);
  const oldSp = task.sasSp;
  const oldSize = task.sasSize;
  const oldFlags = (sasFlags(task, sp) | (task.sasFlags & SS_AUTODISARM)) >>> 0;
  if (ss !== 0) {
    if (copyFromUser(k, ss, buffer, 0, 24) !== 0) return -EFAULT;
    const newSp = view.getUint32(0, true) + view.getUint32(4, true) * 4294967296;
    const newSize = view.getUint32(16, true) + view.getUint32(20, true) * 4294967296;
    const r = setAltstack(task, newSp, view.getInt32(8, true), newSize, sp);
    if (r !== 0) return r;
  }
  if (oss === 0) return 0;
  buffer.fill(0);
  view.setUint32(0, oldSp % 4294967296, true);
  view.setUint32(4, Math.floor(oldSp / 4294967296), true);
  view.setUint32(8, oldFlags, true);
  view.setUint32(16, oldSize % 4294967296, true);
  view.setUint32(20, Math.floor(oldSize / 4294967296), true);
  return copyToUser(k, oss, buffer, 0, 24);
}

/** restart_syscall: goes on with what a stopped or interrupted call left in task.restartBlock. */
export interface RestartBlock {
  restart(k: Kernel): number;
}

const infoOut = A.struct(siginfoStruct, "out");
const infoIn = A.struct(siginfoStruct, "in");

export const signalSyscalls: readonly SyscallDef[] = [
  syscall(
    "rt_sigaction",
    { sig: A.signal, act: A.struct(sigactionStruct, "in"), oact: A.struct(sigactionStruct, "out"), sigsetsize: A.size },
    sysRtSigaction,
    {
      linux: "kernel/signal.c do_sigaction",
    },
  ),
  syscall(
    "rt_sigprocmask",
    { how: A.enum(sigmaskHowNames), nset: A.sigset("in"), oset: A.sigset("out"), sigsetsize: A.size },
    sysRtSigprocmask,
    {
      linux: "kernel/signal.c sys_rt_sigprocmask",
    },
  ),
  syscall("rt_sigpending", { uset: A.sigset("out"), sigsetsize: A.size }, sysRtSigpending, { linux: "kernel/signal.c sys_rt_sigpending" }),
  syscall("rt_sigsuspend", { unewset: A.sigset("in"), sigsetsize: A.size }, sysRtSigsuspend, {
    linux: "kernel/signal.c sigsuspend",
    eintr: "always",
  }),
  syscall("pause", {}, sysPause, { linux: "kernel/signal.c sys_pause", eintr: "always" }),
  syscall(
    "rt_sigtimedwait",
    { uthese: A.sigset("in"), uinfo: infoOut, uts: A.struct(timespecStruct, "in"), sigsetsize: A.size },
    sysRtSigtimedwait,
    {
      linux: "kernel/signal.c do_sigtimedwait",
      eintr: "always",
    },
  ),
  syscall(
    "kill",
    { pid: A.pid, sig: A.signal },
    (k, pid, sig) => {
      // The pid is looked up first; the signal number is only checked where somebody would get it.
      const r = killSomething(k, validSignal(sig) ? sig : 0, userSiginfo(sig, k.current), pid);
      return r === -ESRCH || validSignal(sig) ? r : -EINVAL;
    },
    { linux: "kernel/signal.c sys_kill" },
  ),
  syscall("tkill", { pid: A.pid, sig: A.signal }, (k, pid, sig) => (pid <= 0 ? -EINVAL : doTkill(k, 0, pid, sig)), {
    linux: "kernel/signal.c sys_tkill",
  }),
  syscall(
    "tgkill",
    { tgid: A.pid, pid: A.pid, sig: A.signal },
    (k, tgid, pid, sig) => (pid <= 0 || tgid <= 0 ? -EINVAL : doTkill(k, tgid, pid, sig)),
    {
      linux: "kernel/signal.c sys_tgkill",
    },
  ),
  syscall("rt_sigqueueinfo", { pid: A.pid, sig: A.signal, uinfo: infoIn }, sysRtSigqueueinfo, {
    linux: "kernel/signal.c sys_rt_sigqueueinfo",
  }),
  syscall("rt_tgsigqueueinfo", { tgid: A.pid, pid: A.pid, sig: A.signal, uinfo: infoIn }, sysRtTgsigqueueinfo, {
    linux: "kernel/signal.c sys_rt_tgsigqueueinfo",
  }),
  syscall("sigaltstack", { uss: A.struct(stackStruct, "in"), uoss: A.struct(stackStruct, "out") }, sysSigaltstack, {
    linux: "kernel/signal.c do_sigaltstack",
  }),
  syscall(
    "restart_syscall",
    {},
    (k) => {
      const block = k.current.restartBlock as RestartBlock | null;
      return block ? block.restart(k) : -EINTR;
    },
    { linux: "kernel/signal.c sys_restart_syscall" },
  ),
];
