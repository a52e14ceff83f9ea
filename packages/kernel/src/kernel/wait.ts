import { ptraceReparented } from "../include/linux/ptrace.ts";
import { EXIT_DEAD, EXIT_ZOMBIE, TASK_TRACED, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser, putUser32 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EBADF, ECHILD, EFAULT, EINVAL, ERESTARTSYS, ESRCH } from "../uapi/errno.ts";
import { rusageStruct } from "../uapi/resource.ts";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
  waitIdNames,
  waitNames,
} from "../uapi/sched.ts";
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  CLD_TRAPPED,
  SIGCHLD,
  SIGCONT,
  siginfoStruct,
} from "../uapi/signal.ts";
import { notifyParent, releaseTask } from "./exit.ts";
import { pidfdTask } from "./pidfd.ts";
import { ptraceUnlink } from "./ptrace/link.ts";
import { rusageBoth } from "./resource.ts";
import { JOBCTL_LISTENING, SIGNAL_STOP_CONTINUED, SIGNAL_STOP_STOPPED, threadGroupEmpty } from "./signal/jobControl.ts";

/** Whom to wait for and what was found. Filled anew at each try; one wait runs at a time. */
const want = { type: P_ALL, id: 0, task: null as Task | null, options: 0 };
const found = { pid: 0, uid: 0, status: 0, code: 0, value: 0, rusage: null as Uint8Array | null };

/** @linux kernel/exit.c eligible_child */
function eligible(p: Task, tracing: boolean): boolean {
  switch (want.type) {
    case P_PID:
      if (p.pid !== want.id) return false;
      break;
    case P_PGID:
      if (p.signal.pgrp !== want.id) return false;
      break;
    case P_PIDFD:
      if (p !== want.task) return false;
      break;
    default:
      break;
  }
  if (tracing || want.options & __WALL) return true;
  return (p.exitSignal !== SIGCHLD) === ((want.options & __WCLONE) !== 0);
}

function note(p: Task, status: number, code: number, value: number): number {
  found.pid = p.pid;
  found.uid = p.cred.uid;
  found.status = status;
  found.code = code;
  found.value = value;
  return p.pid;
}

/**
 * Looks at one child, or at one tracee (`asTracer`). @returns its pid if it has something to report, 0 if it may
 * have later, -ECHILD if never @linux kernel/exit.c wait_consider_task
 */
function consider(k: Kernel, p: Task, asTracer: boolean): number {
  if (!eligible(p, asTracer) || p.exitState === EXIT_DEAD) return -ECHILD;
  const group = p.signal;
  // Who traces its own child hears of each event once, as its tracer.
  const tracing = asTracer || (p.ptrace !== 0 && !ptraceReparented(p));
  let result = 0;
  if (p.exitState === EXIT_ZOMBIE) {
    // A traced zombie is first of all its tracer's.
    if ((p !== group.leader || threadGroupEmpty(p)) && (tracing || p.ptrace === 0)) {
      if (!(want.options & WEXITED)) return 0;
      return reapZombie(k, p);
    }
    if (tracing && !(want.options & (WCONTINUED | WEXITED))) result = -ECHILD;
  }
  if (tracing) {
    if (p.state === TASK_TRACED && !(p.jobctl & JOBCTL_LISTENING) && p.exitCode !== 0) {
      const code = p.exitCode;
      if (!(want.options & WNOWAIT)) p.exitCode = 0;
      found.rusage = rusageBoth(p);
      return note(p, (code << 8) | 0x7f, CLD_TRAPPED, code);
    }
  } else if (want.options & WUNTRACED && group.flags & SIGNAL_STOP_STOPPED && group.groupExitCode !== 0) {
    const sig = group.groupExitCode;
    if (!(want.options & WNOWAIT)) group.groupExitCode = 0;
    found.rusage = rusageBoth(p);
    return note(p, (sig << 8) | 0x7f, CLD_STOPPED, sig);
  }
  if (want.options & WCONTINUED && group.flags & SIGNAL_STOP_CONTINUED) {
    if (!(want.options & WNOWAIT)) group.flags &= ~SIGNAL_STOP_CONTINUED;
    found.rusage = rusageBoth(p);
    return note(p, 0xffff, CLD_CONTINUED, SIGCONT);
  }
  return result;
}

/** @linux kernel/exit.c wait_task_zombie */
function reapZombie(k: Kernel, p: Task): number {
  const code = p.signal.groupExit ? p.signal.groupExitCode : p.exitCode;
  const sig = code & 0x7f;
  found.rusage = rusageBoth(p);
  note(p, code, sig === 0 ? CLD_EXITED : code & 0x80 ? CLD_DUMPED : CLD_KILLED, sig === 0 ? (code >> 8) & 0xff : sig);
  if (want.options & WNOWAIT) return p.pid;
  if (ptraceReparented(p) && p === p.signal.leader) {
    // The tracer has seen it: now it is its parent's.
    ptraceUnlink(k, p);
    if (notifyParent(k, p, p.exitSignal)) releaseTask(k, p);
    return p.pid;
  }
  if (p !== p.signal.leader) {
    releaseTask(k, p);
    return found.pid;
  }
  const mine = k.current.signal;
  const its = p.signal;
  mine.cutime += p.utime + its.utime + its.cutime;
  mine.cstime += p.stime + its.stime + its.cstime;
  mine.cminFlt += p.minFlt + its.minFlt + its.cminFlt;
  mine.cmajFlt += p.majFlt + its.majFlt + its.cmajFlt;
  mine.cnvcsw += p.nvcsw + its.nvcsw + its.cnvcsw;
  mine.cnivcsw += p.nivcsw + its.nivcsw + its.cnivcsw;
  mine.cmaxRss = Math.max(mine.cmaxRss, its.maxRss, its.cmaxRss);
  releaseTask(k, p);
  return p.pid;
}

/** Looks once for a child that fits `want`. @returns its pid, 0 = there may be one later, -ECHILD @linux kernel/exit.c __do_wait */
function lookOnce(k: Kernel): number {
  const self = k.current;
  let result = -ECHILD;
  for (const t of want.options & __WNOTHREAD ? [self] : self.signal.threads) {
    for (const child of t.children) {
      const r = consider(k, child, false);
      if (r > 0) return r;
      if (r === 0) result = 0;
    }
    for (const tracee of t.ptraced) {
      const r = consider(k, tracee, true);
      if (r > 0) return r;
      if (r === 0) result = 0;
    }
  }
  return result;
}

/** Waits for a child that fits `want`. @returns its pid, 0 with WNOHANG, -ECHILD, BLOCKED @linux kernel/exit.c do_wait */
function doWait(k: Kernel): number {
  const r = lookOnce(k);
  if (r !== 0 || want.options & WNOHANG) return r;
  return k.sched.sleepOn(k.current.signal.waitChildExit);
}

const WAIT4_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

/** @linux kernel/exit.c kernel_wait4 */
function sysWait4(k: Kernel, upid: number, status: number, options: number, rusage: number): number {
  if (options & ~WAIT4_OPTIONS) return -EINVAL;
  if (upid === -0x80000000) return -ESRCH;
  want.options = options | WEXITED;
  want.task = null;
  if (upid === -1) want.type = P_ALL;
  else if (upid > 0) {
    want.type = P_PID;
    want.id = upid;
  } else {
    want.type = P_PGID;
    want.id = upid === 0 ? k.current.signal.pgrp : -upid;
  }
  const r = doWait(k);
  if (r <= 0) return r;
  if (status !== 0 && putUser32(k, status, found.status) !== 0) return -EFAULT;
  if (rusage !== 0 && copyToUser(k, rusage, found.rusage as Uint8Array, 0, rusageStruct.size) !== 0) return -EFAULT;
  return r;
}

const WAITID_OPTIONS = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
const O_NONBLOCK = 0o4000;

/** Fills in whom a waitid is for. @returns 0, 1 if the pidfd asks not to wait, -EINVAL, -EBADF @linux kernel/exit.c kernel_waitid_prepare */
function waitidPrepare(k: Kernel, which: number, upid: number, options: number): number {
  if (options & ~WAITID_OPTIONS) return -EINVAL;
  if (!(options & (WEXITED | WSTOPPED | WCONTINUED))) return -EINVAL;
  want.options = options;
  want.type = which;
  want.id = upid;
  want.task = null;
  switch (which) {
    case P_ALL:
      return 0;
    case P_PID:
      return upid <= 0 ? -EINVAL : 0;
    case P_PGID:
      if (upid < 0) return -EINVAL;
      if (upid === 0) want.id = k.current.signal.pgrp;
      return 0;
    case P_PIDFD: {
      if (upid < 0) return -EINVAL;
      const task = pidfdTask(k, upid);
      if (!task) return -EBADF;
      want.task = task;
      if (!((k.current.file(upid)?.flags ?? 0) & O_NONBLOCK)) return 0;
      want.options |= WNOHANG;
      return 1;
    }
    default:
      return -EINVAL;
  }
}

/** Stores what was found (`event`), or that nothing was. 0 or -EFAULT. */
function putSiginfo(k: Kernel, infop: number, event: boolean): number {
  if (
    putUser32(k, infop + siginfoStruct.offset["si_signo"]!, event ? SIGCHLD : 0) !== 0 ||
    putUser32(k, infop + 4, 0) !== 0 ||
    putUser32(k, infop + 8, event ? found.code : 0) !== 0 ||
    putUser32(k, infop + 16, event ? found.pid : 0) !== 0 ||
    putUser32(k, infop + 20, event ? found.uid : 0) !== 0 ||
    putUser32(k, infop + 24, event ? found.value : 0) !== 0
  ) {
    return -EFAULT;
  }
  return 0;
}

/** @linux kernel/exit.c sys_waitid */
function sysWaitid(k: Kernel, which: number, upid: number, infop: number, options: number, rusage: number): number {
  const nonblock = waitidPrepare(k, which, upid, options);
  if (nonblock < 0) return nonblock;
  let r = doWait(k);
  if (r === 0 && nonblock === 1 && !(options & WNOHANG)) r = -EAGAIN;
  if (r < 0 && r !== -ECHILD && r !== -ERESTARTSYS && r !== -EAGAIN) return r;
  if (r > 0 && rusage !== 0 && copyToUser(k, rusage, found.rusage as Uint8Array, 0, rusageStruct.size) !== 0) return -EFAULT;
  // Also without an event the fields are stored, as zeros; errors leave them alone.
  return infop === 0 || r < 0 ? Math.min(r, 0) : putSiginfo(k, infop, r > 0);
}

/**
 * One look of a waitid that nobody sleeps in. @returns WAITID_NONE if there may be something later, else 0 or -errno, with *infop stored
 * @linux io_uring/waitid.c io_waitid
 */
export function waitidOnce(k: Kernel, which: number, upid: number, infop: number, options: number): number {
  const nonblock = waitidPrepare(k, which, upid, options);
  if (nonblock < 0) return nonblock;
  const r = lookOnce(k);
  if (r === 0 && nonblock === 1 && !(options & WNOHANG)) return -EAGAIN;
  if (r === 0 && !(options & WNOHANG)) return WAITID_NONE;
  if (infop !== 0 && (r >= 0 ? putSiginfo(k, infop, r > 0) : putSiginfo(k, infop, false)) !== 0) return -EFAULT;
  return Math.min(r, 0);
}

/** Nothing yet: wait on the process's waitChildExit and look again. */
export const WAITID_NONE = 1;

export const waitSyscalls: readonly SyscallDef[] = [
  syscall("wait4", { upid: A.pid, stat_addr: A.intPtr("out"), options: A.flags(waitNames), ru: A.struct(rusageStruct, "out") }, sysWait4, {
    linux: "kernel/exit.c kernel_wait4",
    eintr: (_pid, _status, options) => (options & WNOHANG) === 0,
  }),
  syscall(
    "waitid",
    {
      which: A.enum(waitIdNames),
      upid: A.pid,
      infop: A.struct(siginfoStruct, "out"),
      options: A.flags(waitNames),
      ru: A.struct(rusageStruct, "out"),
    },
    sysWaitid,
    { linux: "kernel/exit.c sys_waitid", eintr: (_type, _id, _info, options) => (options & WNOHANG) === 0 },
  ),
];
