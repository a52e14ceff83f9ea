import type { CpuContext, DebugPoint } from "@lstar/machine";
import type { MountTable } from "../../fs/namespace.ts";
import type { AuditContext } from "../../kernel/audit/syscall.ts";
import type { KthreadOps } from "../../kernel/kthread.ts";
import type { SleepTimer } from "../../kernel/sched/core.ts";
import type { SeccompFilter } from "../../kernel/seccomp/filter.ts";
import type { CpuTimer } from "../../kernel/time/cpuClock.ts";
import type { PosixTimer } from "../../kernel/time/posixTimers.ts";
import type { UtsNamespace } from "../../kernel/utsname.ts";
import { stateClass } from "../../state.ts";
import { COPY_KINDS } from "../../trace/copies.ts";
import type { File, FilesStruct, FsStruct } from "./fs.ts";
import type { IoUringTask } from "./ioUringTypes.ts";
import type { MmStruct } from "./mm_types.ts";
import { WaitQueueEntry, WaitQueueHead } from "./wait.ts";

/** Task states (include/linux/sched.h). */
export const TASK_RUNNING = 0;
export const TASK_INTERRUPTIBLE = 1;
export const TASK_UNINTERRUPTIBLE = 2;
export const TASK_STOPPED = 4;
export const TASK_TRACED = 8;
export const EXIT_DEAD = 16;
export const EXIT_ZOMBIE = 32;

/**
 * What a blocking operation returns after it put the task to sleep: not an errno. It is passed up
 * unchanged; the entry code leaves the task asleep and retries the call from its top when it wakes.
 */
export const BLOCKED = -0x10000;

/** struct cred: replaced, never changed in place, so that tasks may share it. */
export class Cred {
  uid = 0;
  gid = 0;
  euid = 0;
  egid = 0;
  suid = 0;
  sgid = 0;
  fsuid = 0;
  fsgid = 0;
  groups: number[] = [];
  /** Capability sets as [low 32 bits, high 32 bits]. */
  capPermitted: [number, number] = [0xffffffff, 0x1ff];
  capEffective: [number, number] = [0xffffffff, 0x1ff];
  capInheritable: [number, number] = [0, 0];
  capBounding: [number, number] = [0xffffffff, 0x1ff];
  capAmbient: [number, number] = [0, 0];
  securebits = 0;
}

/** A queued signal (struct sigqueue). `info` is the 128-byte siginfo_t. */
export class SigQueue {
  sig: number;
  info: Uint8Array;
  /** User whose RLIMIT_SIGPENDING it counts against, -1 = nobody's. */
  uid = -1;
  /** The POSIX timer whose expiry it announces; taking it off the queue arms the timer again. */
  timer: object | null = null;
  constructor(sig: number, info: Uint8Array) {
    this.sig = sig;
    this.info = info;
  }
}

/** struct sigpending. Bit n-1 of [lo, hi] is signal n. */
export class SigPending {
  lo = 0;
  hi = 0;
  queue: SigQueue[] = [];
}

/** struct k_sigaction. Handler 0 = SIG_DFL, 1 = SIG_IGN, else the address. */
export class SigAction {
  handler = 0;
  flags = 0;
  restorer = 0;
  maskLo = 0;
  maskHi = 0;
}

/** struct sighand_struct: shared with CLONE_SIGHAND. Index = signal number 1…64. */
export class Sighand {
  count = 1;
  action: SigAction[] = Array.from({ length: 65 }, () => new SigAction());
  /** signalfd readers wait here. */
  signalfdWait = new WaitQueueHead();
}

/** rlimit pairs; Infinity = RLIM_INFINITY. */
export interface Rlimit {
  cur: number;
  max: number;
}

/** struct signal_struct: what the threads of a process share. */
export class SignalStruct {
  /** Live threads, leader first while it lives. */
  threads: Task[] = [];
  leader: Task;
  sharedPending = new SigPending();
  /** wait4 and kin of this process sleep here. */
  waitChildExit = new WaitQueueHead();
  /** Set once the whole group is to exit with groupExitCode. */
  groupExit = false;
  groupExitCode = 0;
  /** Job control: number of threads still to stop, stop signal, SIGNAL_STOP_* and CLD_* flags. */
  groupStopCount = 0;
  /** Threads besides the leader that have ended, and that their tracer has not waited for. */
  zombieThreads: Task[] = [];
  /** The thread that execs and waits for the others to go, and where it waits. */
  groupExecTask: Task | null = null;
  execWait = new WaitQueueHead();
  flags = 0;
  pgrp = 0;
  session = 0;
  /** Session leader. */
  leaderOfSession = false;
  /** Controlling terminal (drivers/tty), null = none. */
  tty: object | null = null;
  ttyOldPgrp = 0;
  rlim: Rlimit[] = [];
  /** Times of exited threads and of waited-for children, in ns of virtual time. */
  utime = 0;
  stime = 0;
  cutime = 0;
  cstime = 0;
  minFlt = 0;
  majFlt = 0;
  cminFlt = 0;
  cmajFlt = 0;
  nvcsw = 0;
  nivcsw = 0;
  cnvcsw = 0;
  cnivcsw = 0;
  maxRss = 0;
  cmaxRss = 0;
  /** setitimer state (kernel/time/itimer.ts) and timer_create's timers by id. */
  itimers: object | null = null;
  posixTimers: Map<number, PosixTimer> = new Map();
  nextPosixTimer = 0;
  /** Armed timers on processor time of this process or its threads. */
  cpuTimers: CpuTimer[] = [];
  oomScoreAdj = 0;
  /** PR_SET_CHILD_SUBREAPER. */
  isChildSubreaper = false;
  hasChildSubreaper = false;
  /** Exit signal semantics of the process's own parent link etc. live on the leader task. */
  constructor(leader: Task) {
    this.leader = leader;
  }
}

/** A task asleep on a wait queue; removed when woken. */
export class TaskWait extends WaitQueueEntry {
  readonly task: Task;
  /** Only events with one of these poll bits wake it; 0 = any. */
  readonly mask: number;
  constructor(task: Task, mask = 0) {
    super();
    this.task = task;
    this.mask = mask;
  }
  wake(k: import("../../kernel.ts").Kernel, key: number): number {
    if (key !== 0 && this.mask !== 0 && (key & this.mask) === 0) return 0;
    return k.sched.wakeUpTask(this.task) ? 1 : 0;
  }
}

/** struct task_struct. */
export class Task {
  /** Thread id (task_pid_nr) and thread-group id. */
  pid: number;
  tgid: number;
  comm = "";
  state = TASK_RUNNING;
  exitState = 0;
  /** PF_EXITING: on its way out; takes no more signals. */
  exiting = false;
  /** As wait reports it: (code << 8) or signal, 0x80 for a core dump. */
  exitCode = 0;
  /** Signal to the parent at exit; -1 for threads. */
  exitSignal = 17;
  parent: Task;
  realParent: Task;
  children: Task[] = [];
  /** Registers while the task is not running (null context only before its first set-up). */
  ctx: CpuContext;
  mm: MmStruct | null = null;
  files: FilesStruct;
  fs: FsStruct;
  cred: Cred;
  realCred: Cred;
  signal: SignalStruct;
  sighand: Sighand;
  /** Namespaces of mounts and names (struct nsproxy); null: the first one. */
  mntNs: MountTable | null = null;
  utsNs: UtsNamespace | null = null;
  pending = new SigPending();
  blockedLo = 0;
  blockedHi = 0;
  /** What rt_sigtimedwait has unblocked: such signals are neither ignored nor fatal meanwhile. */
  realBlockedLo = 0;
  realBlockedHi = 0;
  /** Mask to put back after sigsuspend/ppoll/…, valid if restoreSigmask. */
  savedMaskLo = 0;
  savedMaskHi = 0;
  restoreSigmask = false;
  /** JOBCTL_* (kernel/signal/jobControl.ts). */
  jobctl = 0;
  /** TIF_SIGPENDING. */
  sigPendingFlag = false;
  sasSp = 0;
  sasSize = 0;
  sasFlags = 2;

  /** The system call being executed or blocked in: its number (-1 = none), see arch/x86/entry. */
  syscallNr = -1;
  /** System calls made. */
  nSyscalls = 0;
  /** Bytes copied, zeroed and moved by devices on its behalf, by kind (trace/copies.ts). */
  copied = new Float64Array(COPY_KINDS);
  /** Details of the last processor exception, for the signal frame: vector, error code, faulting address. */
  trapNr = 0;
  trapError = 0;
  cr2Lo = 0;
  cr2Hi = 0;
  /** True from the first BLOCKED until the call completes. */
  inBlockedCall = false;
  /** What the blocked call has done so far: plain data of the handler's own. */
  progress: object | null = null;
  /** Files the blocked call works on, where other threads could close their descriptors meanwhile. */
  heldFiles: { fd: number; file: File }[] | null = null;
  /** Virtual time (ns since boot) at which the sleep ends, Infinity = never. */
  deadline = Number.POSITIVE_INFINITY;
  /** The deadline moves when the wall clock is set. */
  deadlineOnWallClock = false;
  /** The wait-queue entries the task sleeps on. */
  waits: TaskWait[] = [];
  /** restart_syscall state for ERESTART_RESTARTBLOCK. */
  restartBlock: object | null = null;
  /** clone's vfork: the parent sleeps here until exec or exit. */
  vforkDone: WaitQueueHead | null = null;

  setChildTid = 0;
  clearChildTid = 0;
  robustList = 0;
  rseqAddr = 0;
  rseqLen = 0;
  rseqSig = 0;
  /** Scheduling policy, nice, real-time priority, affinity mask (one CPU). */
  policy = 0;
  nice = 0;
  rtPriority = 0;
  /** ioprio_set: class << 13 | level. */
  ioprio = 0;
  /** Times in ns of virtual time; instructions retired. */
  utime = 0;
  stime = 0;
  startTime = 0;
  minFlt = 0;
  majFlt = 0;
  nvcsw = 0;
  nivcsw = 0;
  /** prctl state. */
  pdeathSignal = 0;
  noNewPrivs = false;
  keepCaps = false;
  personality = 0;
  /** Memory policy (see mm/mempolicy), 0 = default. */
  mempolicy = 0;
  /** PR_SET_TIMERSLACK (ns), PR_SET_THP_DISABLE, PR_SET_TSC, ARCH_CPUID. */
  timerSlack = 50000;
  defaultTimerSlack = 50000;
  thpDisable = false;
  tscFault = false;
  cpuidFault = false;
  /** PR_SET_MDWE. */
  mdwe = 0;
  /** PF_* such as PF_FORKNOEXEC (include/linux/sched.h). */
  flags = 0;
  didExec = false;
  /** Waiters on pidfds of this task. */
  pidfdWait = new WaitQueueHead();
  /** SYSCALL_WORK_*: who hooks the task's calls (seccomp, ptrace, audit). The only test on the way of a call without hooks. */
  syscallWork = 0;
  /** How far the hooks before the present call have got, 0 = through (arch/x86/entry/syscall.ts). */
  entryStage = 0;
  /** SECCOMP_MODE_*, the youngest of the filters and how many there are (kernel/seccomp). */
  seccompMode = 0;
  seccompFilter: SeccompFilter | null = null;
  seccompFilterCount = 0;
  /** Audit: who has logged in and in which session (4294967295 = nobody), and the call that is under way. */
  loginuid = 0xffffffff;
  sessionid = 0xffffffff;
  auditContext: AuditContext | null = null;
  /** PT_* (include/linux/ptrace.ts), 0 = not traced; `parent` is the tracer then. */
  ptrace = 0;
  /** Tasks that this one traces, the last attached first. */
  ptraced: Task[] = [];
  /** Who the tracer was when it attached. */
  ptracerCred: Cred | null = null;
  /** While it is stopped for its tracer: where it goes on (STOP_*), the signal's details, GETEVENTMSG's number. */
  stopKind = 0;
  lastSiginfo: Uint8Array | null = null;
  ptraceMessage = 0;
  /** TIF_SINGLESTEP, and whether the trap flag is the tracer's doing rather than the program's. */
  singleStep = false;
  forcedTf = false;
  /** Debug registers 0-3, 6 and 7, null before one is set, and what of them is enabled (arch/x86/kernel/hwBreakpoint.ts). */
  debugRegs: number[] | null = null;
  debugPoints: DebugPoint[] | null = null;
  /** Run-queue links and slice, owned by kernel/sched. */
  onRq = false;
  /** Something is to be done before the return to user mode, besides signals (rseq, exit of a killed thread). */
  userWork = false;
  timeSlice = 0;
  vruntime = 0;
  /** SCHED_RESET_ON_FORK. */
  resetOnFork = false;
  /** Armed while the task sleeps with a deadline. */
  sleepTimer: SleepTimer | null = null;
  /** What it uses rings with, and whether task work waits for it (TIF_NOTIFY_SIGNAL): that ends sleeps as a signal does. */
  ioUring: IoUringTask | null = null;
  notifySignal = false;
  /** PF_IO_WORKER: it never runs a program; what it does instead, and its own data. */
  kthread: KthreadOps | null = null;
  kthreadData: object | null = null;

  constructor(pid: number, tgid: number, ctx: CpuContext, parent: Task | null, files: FilesStruct, fs: FsStruct, cred: Cred) {
    this.pid = pid;
    this.tgid = tgid;
    this.ctx = ctx;
    this.parent = parent ?? this;
    this.realParent = this.parent;
    this.mntNs = this.parent.mntNs;
    this.utsNs = this.parent.utsNs;
    this.files = files;
    this.fs = fs;
    this.cred = cred;
    this.realCred = cred;
    this.sighand = new Sighand();
    this.signal = new SignalStruct(this);
  }

  /** The open file behind a descriptor, or null (EBADF). @linux fs/file.c fget */
  file(fd: number): File | null {
    return this.files.fd[fd] ?? null;
  }
}

stateClass(Cred, SigQueue, SigPending, SigAction, Sighand, SignalStruct, TaskWait, Task);
