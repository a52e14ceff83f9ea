import { CpuContext } from "@lstar/machine";
import { dupFiles } from "../fs/file.ts";
import { copyFs } from "../fs/fsStruct.ts";
import { putMntNs } from "../fs/mntNamespace.ts";
import { ptraceEventEnabled, STOP_EVENT } from "../include/linux/ptrace.ts";
import { BLOCKED, SigAction, Sighand, SignalStruct, Task } from "../include/linux/sched.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { dupMm } from "../mm/mm.ts";
import { copyFromUser, putUser32 } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE } from "../uapi/capability.ts";
import { E2BIG, EAGAIN, EEXIST, EFAULT, EINVAL, ENOSYS, EPERM, ERESTARTNOINTR, ERESTARTSYS } from "../uapi/errno.ts";
import { PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_VFORK, PTRACE_EVENT_VFORK_DONE } from "../uapi/ptrace.ts";
import { RLIMIT_NPROC } from "../uapi/resource.ts";
import {
  CLONE_CHILD_CLEARTID,
  CLONE_CHILD_SETTID,
  CLONE_CLEAR_SIGHAND_HI,
  CLONE_DETACHED,
  CLONE_FILES,
  CLONE_FS,
  CLONE_INTO_CGROUP_HI,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_PARENT,
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_PTRACE,
  CLONE_SETTLS,
  CLONE_SIGHAND,
  CLONE_THREAD,
  CLONE_UNTRACED,
  CLONE_VFORK,
  CLONE_VM,
  CSIGNAL,
  cloneArgsStruct,
  cloneNames,
} from "../uapi/sched.ts";
import { SIG_IGN, SIGCHLD } from "../uapi/signal.ts";
import { auditAlloc } from "./audit/syscall.ts";
import { capable } from "./capability.ts";
import { futexWakeAddress } from "./futex/waitwake.ts";
import { createNewNamespaces, mayUnshare, NAMESPACES } from "./nsproxy.ts";
import { allocPid } from "./pid.ts";
import { pidfdCreate } from "./pidfd.ts";
import { ptraceInitTask } from "./ptrace/link.ts";
import { rlimit } from "./resource.ts";
import { copySeccomp, seccompFilterRelease } from "./seccomp/filter.ts";
import {
  JOBCTL_STOP_CONSUME,
  JOBCTL_STOP_PENDING,
  JOBCTL_STOP_SIGMASK,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  setJobctlPending,
} from "./signal/jobControl.ts";
import { recalcSigpending } from "./signal/pending.ts";
import { ptraceBack, ptraceEvent } from "./signal/ptraceStop.ts";

const TASK_SIZE = 0x7ffffffff000;

/** struct kernel_clone_args: what clone, clone3, fork and vfork ask for. */
export interface CloneArgs {
  flags: number;
  /** Bits 32 and up of clone3's flags. */
  flagsHi: number;
  pidfd: number;
  childTid: number;
  parentTid: number;
  exitSignal: number;
  /** New stack pointer, 0 = the parent's. */
  stack: number;
  tls: number;
  /** Wanted pid, 0 = any. */
  setTid: number;
}

/** A fork that is not over with the making of the child: the tracer is told, the parent of a vfork waits. */
export class ForkProgress {
  readonly pid: number;
  readonly child: Task;
  /** Where a vfork's parent waits, null for others. */
  readonly done: WaitQueueHead | null;
  /** PTRACE_EVENT_* that is to be told next, 0 = none. */
  event: number;
  /** The vfork's end has been told. */
  over = false;
  constructor(child: Task, done: WaitQueueHead | null, event: number) {
    this.pid = child.pid;
    this.child = child;
    this.done = done;
    this.event = event;
  }
}

/** Makes the new task; it is not yet runnable. @linux kernel/fork.c copy_process */
function copyProcess(k: Kernel, a: CloneArgs): Task | number {
  const cur = k.current;
  const f = a.flags;
  if ((f & (CLONE_NEWNS | CLONE_FS)) === (CLONE_NEWNS | CLONE_FS)) return -EINVAL;
  if ((f & (CLONE_NEWUSER | CLONE_FS)) === (CLONE_NEWUSER | CLONE_FS)) return -EINVAL;
  if (f & CLONE_THREAD && !(f & CLONE_SIGHAND)) return -EINVAL;
  if (f & CLONE_SIGHAND && !(f & CLONE_VM)) return -EINVAL;
  if (f & CLONE_PARENT && cur.signal.flags & SIGNAL_UNKILLABLE) return -EINVAL;
  if (f & CLONE_THREAD && f & (CLONE_NEWUSER | CLONE_NEWPID)) return -EINVAL;
  if (f & CLONE_PIDFD && f & CLONE_DETACHED) return -EINVAL;
  // Signals come first, so that one sent before the fork is not seen by parent and child.
  recalcSigpending(cur);
  if (cur.sigPendingFlag) return -ERESTARTNOINTR;
  if (
    processesOf(k, cur.cred.uid) >= rlimit(cur, RLIMIT_NPROC) &&
    cur.cred.uid !== 0 &&
    !capable(k, CAP_SYS_RESOURCE) &&
    !capable(k, CAP_SYS_ADMIN)
  ) {
    return -EAGAIN;
  }
  const namespaces = mayUnshare(k, f);
  if (namespaces < 0) return namespaces;
  if (f & CLONE_SETTLS && a.tls >= TASK_SIZE) return -EPERM;
  if (a.setTid !== 0 && k.pids.has(a.setTid)) return -EEXIST;

  let mm = cur.mm;
  if (mm) {
    if (f & CLONE_VM) mm.users++;
    else {
      const copy = dupMm(k, mm);
      if (typeof copy === "number") return copy;
      mm = copy;
    }
  }
  const pid = a.setTid !== 0 ? a.setTid : allocPid(k);
  if (pid > k.highestPid) k.highestPid = pid;
  const thread = (f & CLONE_THREAD) !== 0;
  const ctx = CpuContext.create();
  k.machine.saveContext(ctx);
  ctx.set(0, 0);
  if (a.stack !== 0) ctx.set(4, a.stack);
  if (f & CLONE_SETTLS) ctx.fsBase = a.tls;

  let files = cur.files;
  if (f & CLONE_FILES) files.count++;
  else files = dupFiles(files);
  let fs = cur.fs;
  if (f & CLONE_FS) fs.count++;
  else fs = copyFs(fs);
  const task = new Task(pid, thread ? cur.tgid : pid, ctx, cur, files, fs, cur.cred);
  createNewNamespaces(k, task, fs, f);
  task.mm = mm;
  task.syscallNr = cur.syscallNr;
  inherit(task, cur);
  copySighand(task, cur, a);
  if (thread) {
    task.signal = cur.signal;
    task.exitSignal = -1;
  } else {
    copySignal(task, cur);
    task.exitSignal = f & CLONE_PARENT ? cur.signal.leader.exitSignal : a.exitSignal;
  }
  if (f & (CLONE_PARENT | CLONE_THREAD)) task.realParent = task.parent = cur.realParent;
  if ((f & (CLONE_VM | CLONE_VFORK)) === CLONE_VM) {
    task.sasSp = task.sasSize = 0;
    task.sasFlags = 2;
  }
  if (f & CLONE_VM) task.rseqAddr = task.rseqLen = task.rseqSig = 0;
  if (f & CLONE_CHILD_SETTID) task.setChildTid = a.childTid;
  if (f & CLONE_CHILD_CLEARTID) task.clearChildTid = a.childTid;
  // The child stores its id itself, in its own address space, before its first instruction.
  task.userWork = true;
  task.startTime = k.time.now();
  return task;
}

/** What a task has from its creator. @linux kernel/fork.c dup_task_struct */
function inherit(task: Task, from: Task): void {
  task.comm = from.comm;
  task.blockedLo = from.blockedLo;
  task.blockedHi = from.blockedHi;
  task.sasSp = from.sasSp;
  task.sasSize = from.sasSize;
  task.sasFlags = from.sasFlags;
  task.rseqAddr = from.rseqAddr;
  task.rseqLen = from.rseqLen;
  task.rseqSig = from.rseqSig;
  task.policy = from.policy;
  task.nice = from.nice;
  task.rtPriority = from.rtPriority;
  task.ioprio = from.ioprio;
  task.vruntime = from.vruntime;
  if (from.resetOnFork) {
    if (task.policy === 1 || task.policy === 2) {
      task.policy = 0;
      task.rtPriority = 0;
      task.nice = 0;
    } else if (task.nice < 0) task.nice = 0;
  }
  task.noNewPrivs = from.noNewPrivs;
  task.personality = from.personality;
  task.mempolicy = from.mempolicy;
  task.flags = from.flags;
  // What a creator has set is its child's default.
  task.timerSlack = task.defaultTimerSlack = from.timerSlack;
  task.thpDisable = from.thpDisable;
  task.cpuidFault = from.cpuidFault;
  task.mdwe = from.mdwe;
  task.tscFault = from.tscFault;
  copySeccomp(task, from);
  task.loginuid = from.loginuid;
  task.sessionid = from.sessionid;
}

function copySighand(task: Task, from: Task, a: CloneArgs): void {
  if (a.flags & CLONE_SIGHAND) {
    from.sighand.count++;
    task.sighand = from.sighand;
    return;
  }
  const own = new Sighand();
  for (let i = 1; i <= 64; i++) Object.assign(own.action[i] as SigAction, from.sighand.action[i]);
  if (a.flagsHi & CLONE_CLEAR_SIGHAND_HI) {
    for (const action of own.action) if (action.handler !== SIG_IGN) Object.assign(action, new SigAction());
  }
  task.sighand = own;
}

/** @linux kernel/fork.c copy_signal */
function copySignal(task: Task, from: Task): void {
  const s = new SignalStruct(task);
  const p = from.signal;
  s.pgrp = p.pgrp;
  s.session = p.session;
  s.tty = p.tty;
  s.rlim = p.rlim.map((r) => ({ cur: r.cur, max: r.max }));
  s.oomScoreAdj = p.oomScoreAdj;
  s.hasChildSubreaper = p.hasChildSubreaper || p.isChildSubreaper;
  task.signal = s;
}

function processesOf(k: Kernel, uid: number): number {
  let n = 0;
  for (const t of k.pids.values()) if (t.cred.uid === uid) n++;
  return n;
}

/** Creates a task and starts it. @returns its pid @linux kernel/fork.c kernel_clone */
export function kernelClone(k: Kernel, a: CloneArgs): number {
  const cur = k.current;
  if (cur.progress instanceof ForkProgress) return goOn(k, cur, cur.progress);
  if (a.flags & CLONE_PIDFD && a.flags & CLONE_PARENT_SETTID && a.pidfd === a.parentTid) return -EINVAL;
  const event = cur.ptrace === 0 ? 0 : forkEvent(cur, a);
  const task = copyProcess(k, a);
  if (typeof task === "number") return task;
  if (a.flags & CLONE_PIDFD) {
    const fd = pidfdCreate(k, task, 0);
    const stored = fd < 0 ? fd : putUser32(k, a.pidfd, fd);
    if (stored < 0) {
      abandon(k, task);
      return stored;
    }
  }
  auditAlloc(k, task);
  k.pids.set(task.pid, task);
  task.signal.threads.push(task);
  if (task.pid === task.tgid) task.realParent.children.push(task);
  k.sched.forks++;
  if (k.trace.schedProcessFork.enabled) k.trace.schedProcessFork.fire(cur, task);
  if (a.flags & CLONE_PARENT_SETTID) putUser32(k, a.parentTid, task.pid);
  k.sched.place(task);
  if (a.flags & CLONE_THREAD) joinGroupStop(task, cur);
  ptraceInitTask(task, cur, (a.flags & CLONE_PTRACE) !== 0 || event !== 0);
  recalcSigpending(task);
  const pid = task.pid;
  const done = a.flags & CLONE_VFORK ? new WaitQueueHead() : null;
  task.vforkDone = done;
  k.sched.wakeUpNew(task);
  if (event === 0 && done === null) return pid;
  const w = new ForkProgress(task, done, event);
  cur.progress = w;
  return goOn(k, cur, w);
}

/** Which event the tracer wants to hear of, 0 none. */
function forkEvent(cur: Task, a: CloneArgs): number {
  if (a.flags & CLONE_UNTRACED) return 0;
  const event = a.flags & CLONE_VFORK ? PTRACE_EVENT_VFORK : a.exitSignal !== SIGCHLD ? PTRACE_EVENT_CLONE : PTRACE_EVENT_FORK;
  return ptraceEventEnabled(cur, event) ? event : 0;
}

/** The child runs: tells the tracer, waits for a vfork's end and tells of that, each in its turn. @linux kernel/fork.c kernel_clone, wait_for_vfork_done */
function goOn(k: Kernel, cur: Task, w: ForkProgress): number {
  if (cur.stopKind === STOP_EVENT) ptraceBack(k, cur);
  if (w.event !== 0) {
    const { event } = w;
    w.event = 0;
    k.machine.cpu.set(0, -ENOSYS);
    if (ptraceEvent(k, cur, event, w.pid, STOP_EVENT)) return BLOCKED;
  }
  if (!w.done || w.over) return w.pid;
  if (w.child.vforkDone === w.done) {
    const r = k.sched.sleepKillable(w.done);
    if (r === -ERESTARTSYS) w.child.vforkDone = null;
    return r;
  }
  w.over = true;
  if (ptraceEventEnabled(cur, PTRACE_EVENT_VFORK_DONE)) {
    k.machine.cpu.set(0, -ENOSYS);
    if (ptraceEvent(k, cur, PTRACE_EVENT_VFORK_DONE, w.pid, STOP_EVENT)) return BLOCKED;
  }
  return w.pid;
}

/** A new thread takes part in a stop that is under way. @linux kernel/signal.c task_join_group_stop */
function joinGroupStop(task: Task, cur: Task): void {
  let mask = cur.jobctl & JOBCTL_STOP_SIGMASK;
  if (task.signal.groupStopCount > 0) {
    task.signal.groupStopCount++;
    mask |= JOBCTL_STOP_CONSUME;
  } else if (!(task.signal.flags & SIGNAL_STOP_STOPPED)) return;
  setJobctlPending(task, mask | JOBCTL_STOP_PENDING);
}

/** Undoes copyProcess for a task nobody has seen. */
function abandon(k: Kernel, task: Task): void {
  const cur = k.current;
  k.pids.set(task.pid, task);
  k.pids.delete(task.pid);
  if (task.files === cur.files) task.files.count--;
  if (task.fs === cur.fs) task.fs.count--;
  if (task.mntNs !== cur.mntNs) putMntNs(k, task.mntNs);
  if (task.sighand === cur.sighand) task.sighand.count--;
  if (task.mm && task.mm === cur.mm) task.mm.users--;
  seccompFilterRelease(k, task);
}

/**
 * The task lets go of its address space, by exec or exit: a waiting vfork parent goes on, and a
 * thread's joiner is woken.
 * @linux kernel/fork.c mm_release
 */
export function mmRelease(k: Kernel, task: Task): void {
  if (task.clearChildTid !== 0) {
    if (task.mm && task.mm.users > 1 && putUser32(k, task.clearChildTid, 0) === 0) futexWakeAddress(k, task.clearChildTid, 1);
    task.clearChildTid = 0;
  }
  const done = task.vforkDone;
  if (done) {
    task.vforkDone = null;
    done.wakeUpAll(k);
  }
}

function args(flags: number, more: Partial<CloneArgs> = {}): CloneArgs {
  return {
    flags: flags & ~CSIGNAL,
    flagsHi: 0,
    pidfd: 0,
    childTid: 0,
    parentTid: 0,
    exitSignal: flags & CSIGNAL,
    stack: 0,
    tls: 0,
    setTid: 0,
    ...more,
  };
}

const CLONE_ARGS_SIZE_VER0 = 64;
const CLONE_ARGS_SIZE = 88;

/** @linux kernel/fork.c sys_clone3 */
function sysClone3(k: Kernel, address: number, size: number): number {
  if (k.current.progress instanceof ForkProgress) return goOn(k, k.current, k.current.progress);
  if (size > 4096) return -E2BIG;
  if (size < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  const bytes = new Uint8Array(Math.max(size, CLONE_ARGS_SIZE));
  if (copyFromUser(k, address, bytes, 0, size) !== 0) return -EFAULT;
  for (let i = CLONE_ARGS_SIZE; i < size; i++) if (bytes[i] !== 0) return -E2BIG;
  const v = cloneArgsStruct.parse(bytes) as { [name: string]: number } & { flags: number | bigint };
  const flags = BigInt(v.flags);
  const lo = Number(flags & 0xffffffffn) | 0;
  const hi = Number(flags >> 32n);
  const n = (name: string): number => v[name] as number;
  if (n("set_tid_size") > 32) return -EINVAL;
  if ((n("set_tid") === 0) !== (n("set_tid_size") === 0)) return -EINVAL;
  if (n("exit_signal") > 0xff || n("exit_signal") > 64) return -EINVAL;
  if (hi & CLONE_INTO_CGROUP_HI && (n("cgroup") > 0x7fffffff || size < CLONE_ARGS_SIZE)) return -EINVAL;
  if (hi & ~(CLONE_CLEAR_SIGHAND_HI | CLONE_INTO_CGROUP_HI)) return -EINVAL;
  if (hi & CLONE_INTO_CGROUP_HI) return -EINVAL;
  if (lo & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME))) return -EINVAL;
  if (lo & CLONE_SIGHAND && hi & CLONE_CLEAR_SIGHAND_HI) return -EINVAL;
  if (lo & (CLONE_THREAD | CLONE_PARENT) && n("exit_signal") !== 0) return -EINVAL;
  const stack = n("stack");
  const stackSize = n("stack_size");
  if (stack === 0 ? stackSize > 0 : stackSize === 0) return -EINVAL;
  if (stack !== 0 && stack + stackSize > TASK_SIZE) return -EINVAL;
  let setTid = 0;
  if (n("set_tid_size") > 0) {
    const wanted = new Uint8Array(4 * n("set_tid_size"));
    if (copyFromUser(k, n("set_tid"), wanted, 0, wanted.length) !== 0) return -EFAULT;
    if (n("set_tid_size") > 1) return -EINVAL;
    setTid = new DataView(wanted.buffer).getInt32(0, true);
    if (setTid < 1) return -EINVAL;
    if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  }
  return kernelClone(k, {
    flags: lo,
    flagsHi: hi,
    pidfd: n("pidfd"),
    childTid: n("child_tid"),
    parentTid: n("parent_tid"),
    exitSignal: n("exit_signal"),
    stack: stack === 0 ? 0 : stack + stackSize,
    tls: n("tls"),
    setTid,
  });
}

/** @linux kernel/fork.c ksys_unshare */
function sysUnshare(k: Kernel, flags: number): number {
  const task = k.current;
  const known = CLONE_THREAD | CLONE_FS | CLONE_NEWNS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | 0x40000 | NAMESPACES | CLONE_NEWUSER;
  if (flags & ~known) return -EINVAL;
  let all = flags;
  if (all & CLONE_NEWUSER) all |= CLONE_THREAD | CLONE_FS;
  if (all & CLONE_VM) all |= CLONE_SIGHAND;
  if (all & CLONE_SIGHAND) all |= CLONE_THREAD;
  if (all & CLONE_NEWNS) all |= CLONE_FS;
  if (all & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) && task.signal.threads.length > 1) return -EINVAL;
  if (all & (CLONE_SIGHAND | CLONE_VM) && task.sighand.count > 1) return -EINVAL;
  if (all & CLONE_VM && task.mm && task.mm.users > 1) return -EINVAL;
  const namespaces = mayUnshare(k, all);
  if (namespaces < 0) return namespaces;
  if (all & CLONE_FS && task.fs.count > 1) {
    task.fs.count--;
    task.fs = copyFs(task.fs);
  }
  if (all & CLONE_FILES && task.files.count > 1) {
    task.files.count--;
    task.files = dupFiles(task.files);
  }
  const before = task.mntNs;
  createNewNamespaces(k, task, task.fs, all);
  if (task.mntNs !== before) putMntNs(k, before);
  return 0;
}

export const forkSyscalls: readonly SyscallDef[] = [
  syscall("fork", {}, (k) => kernelClone(k, args(SIGCHLD)), { linux: "kernel/fork.c sys_fork" }),
  syscall("vfork", {}, (k) => kernelClone(k, args(CLONE_VFORK | CLONE_VM | SIGCHLD)), { linux: "kernel/fork.c sys_vfork" }),
  syscall(
    "clone",
    { flags: A.flags(cloneNames, "u64"), newsp: A.ptr, parent_tidptr: A.ptr, child_tidptr: A.ptr, tls: A.hex },
    (k, flags, stack, parentTid, childTid, tls) => kernelClone(k, args(flags | 0, { stack, parentTid, pidfd: parentTid, childTid, tls })),
    { linux: "kernel/fork.c sys_clone" },
  ),
  syscall("clone3", { uargs: A.struct(cloneArgsStruct, "in"), size: A.size }, sysClone3, { linux: "kernel/fork.c sys_clone3" }),
  syscall("unshare", { unshare_flags: A.flags(cloneNames, "u64") }, (k, flags) => sysUnshare(k, flags | 0), {
    linux: "kernel/fork.c ksys_unshare",
  }),
  syscall(
    "set_tid_address",
    { tidptr: A.ptr },
    (k, address) => {
      k.current.clearChildTid = address;
      return k.current.pid;
    },
    { linux: "kernel/fork.c sys_set_tid_address" },
  ),
];

stateClass(ForkProgress);
