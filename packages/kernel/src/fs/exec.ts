import { CpuContext } from "@lstar/machine";
import type { File, Inode } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import { STOP_EVENT } from "../include/linux/ptrace.ts";
import { BLOCKED, type Cred, Sighand } from "../include/linux/sched.ts";
import { ioUringFilesCancel } from "../io_uring/tctx.ts";
import { commitCreds, prepareCreds } from "../kernel/capability.ts";
import { deThread } from "../kernel/exit.ts";
import { mmRelease } from "../kernel/fork.ts";
import { futexExitRelease } from "../kernel/futex/robust.ts";
import { rlimit } from "../kernel/resource.ts";
import { flushSignalHandlers } from "../kernel/signal/mask.ts";
import { ptraceBack, ptraceEvent } from "../kernel/signal/ptraceStop.ts";
import { forceFatalSig } from "../kernel/signal.ts";
import { exitPosixTimers } from "../kernel/time/posixTimers.ts";
import type { Kernel } from "../kernel.ts";
import { activateMm, mmAlloc, mmput } from "../mm/mm.ts";
import { getUser64, strncpyFromUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { E2BIG, EACCES, EAGAIN, EFAULT, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSYS } from "../uapi/errno.ts";
import { PTRACE_EVENT_EXEC } from "../uapi/ptrace.ts";
import { RLIMIT_NPROC, RLIMIT_STACK } from "../uapi/resource.ts";
import { loadElf } from "./binfmtElf.ts";
import { parseScript } from "./binfmtScript.ts";
import { bprmCredsFromFile } from "./execCreds.ts";
import { doCloseOnExec, dupFiles, fput } from "./file.ts";
import { openExec } from "./open.ts";
import { inodePermission } from "./permission.ts";
import { kernelRead } from "./readWrite.ts";

/** Strings one argument may have, and all together (besides the quarter of the stack limit). @linux include/uapi/linux/binfmts.h */
const MAX_ARG_STRLEN = 131072;
const PATH_MAX = 4096;
const MAX_ARG_STRINGS = 0x7fffffff;
const BINPRM_BUF_SIZE = 256;
const MAX_INTERP_DEPTH = 5;
const ARG_MAX = 131072;
const TASK_COMM_LEN = 16;
/** Usual stack limit. @linux include/uapi/linux/resource.h _STK_LIM */
const STK_LIM = 8 * 1024 * 1024;
const READ_IMPLIES_EXEC = 0x0400000;
const MAY_READ = 4;
const SIGSEGV = 11;
const SIGCHLD = 17;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const PF_FORKNOEXEC = 0x40;
const PF_NPROC_EXCEEDED = 0x1000;

/** What is being executed (struct linux_binprm). */
export interface Binprm {
  file: File;
  /** The first bytes of the file, zero-padded. */
  buf: Uint8Array;
  /** As it was asked for: AT_EXECFN, and the process's name. */
  filename: string;
  /** Name of the file that is looked at now: a script passes it on. */
  interp: string;
  /** The file was named by a descriptor that will be closed: no interpreter could open it. */
  inaccessible: boolean;
  comm: string;
  argv: string[];
  envp: string[];
  cred: Cred;
  secure: boolean;
  /** Bits of the personality that go. */
  perClear: number;
}

/** Opens what is to be executed and checks that the user may have one process more. @linux fs/exec.c do_execveat_common, alloc_bprm */
function allocBprm(k: Kernel, dfd: number, filename: string, flags: number): Binprm | number {
  const task = k.current;
  if (task.flags & PF_NPROC_EXCEEDED && processCount(k, task.cred.uid) > rlimit(task, RLIMIT_NPROC)) return -EAGAIN;
  // Once it is not exceeded any more, later calls may fail by it only after another setuid.
  task.flags &= ~PF_NPROC_EXCEEDED;
  if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
  if (filename === "" && dfd === AT_FDCWD && flags & AT_EMPTY_PATH) return -EACCES;
  const file = openExec(k, dfd, filename, flags);
  if (typeof file === "number") return file;
  let name = filename;
  const byFd = dfd !== AT_FDCWD && filename[0] !== "/";
  if (byFd) name = filename === "" ? `/dev/fd/${dfd}` : `/dev/fd/${dfd}/${filename}`;
  return {
    file,
    buf: new Uint8Array(BINPRM_BUF_SIZE),
    filename: name,
    interp: name,
    inaccessible: byFd && task.files.closeOnExec.has(dfd),
    comm: (byFd ? file.path.dentry.name : baseName(name)).slice(0, TASK_COMM_LEN - 1),
    argv: [],
    envp: [],
    cred: prepareCreds(task.cred),
    secure: false,
    perClear: 0,
  };
}

/** Do the strings fit? The quarter of the stack limit counts, at most 6 MiB. @linux fs/exec.c bprm_stack_limits */
function argumentsFit(k: Kernel, prm: Binprm): boolean {
  let size = prm.filename.length + 1 + (Math.max(prm.argv.length, 1) + prm.envp.length) * 8;
  for (const s of prm.argv) size += s.length + 1;
  for (const s of prm.envp) size += s.length + 1;
  return size <= Math.max(ARG_MAX, Math.min(rlimit(k.current, RLIMIT_STACK) / 4, (STK_LIM / 4) * 3));
}

/** Executes a file with arguments that are in the kernel already. @linux fs/exec.c do_execveat_common */
export function doExecveatCommon(k: Kernel, dfd: number, filename: string, argv: string[], envp: string[], flags: number): number {
  const prm = allocBprm(k, dfd, filename, flags);
  if (typeof prm === "number") return prm;
  return bprmExecve(k, prm, argv, envp);
}

function bprmExecve(k: Kernel, prm: Binprm, argv: string[], envp: string[]): number {
  // A program always has an argv[0].
  prm.argv = argv.length === 0 ? [""] : argv;
  prm.envp = envp;
  if (!argumentsFit(k, prm)) return done(k, prm, -E2BIG);
  const r = searchBinaryHandler(k, prm);
  return r === BLOCKED ? r : done(k, prm, r);
}

function processCount(k: Kernel, uid: number): number {
  let n = 0;
  for (const t of k.pids.values()) if (t.cred.uid === uid) n++;
  return n;
}

/** Follows scripts to their interpreters until there is a program to load. @linux fs/exec.c exec_binprm */
function searchBinaryHandler(k: Kernel, prm: Binprm): number {
  for (let depth = 0; ; depth++) {
    if (depth > MAX_INTERP_DEPTH) return -ELOOP;
    prm.buf.fill(0);
    const n = kernelRead(k, prm.file, prm.buf, 0);
    if (n < 0) return n;
    const script = parseScript(prm.buf);
    if (script === null) break;
    if (typeof script === "number") return script;
    if (prm.inaccessible) return -ENOENT;
    // Interpreter, its one argument, the script's path, then the rest.
    const rest = prm.argv.slice(1);
    prm.argv =
      script.argument === null ? [script.interpreter, prm.interp, ...rest] : [script.interpreter, script.argument, prm.interp, ...rest];
    if (!argumentsFit(k, prm)) return -E2BIG;
    prm.interp = script.interpreter;
    // An empty name is the working directory's.
    const next = script.interpreter === "" ? -EACCES : openExec(k, AT_FDCWD, script.interpreter, 0);
    if (typeof next === "number") return next;
    release(k, prm.file);
    prm.file = next;
  }
  bprmCredsFromFile(k, prm);
  return loadElf(k, prm);
}

/** Lets the file be written again and drops it. The running program keeps its own reference. */
function release(k: Kernel, file: File): void {
  file.inode.writecount++;
  fput(k, file);
}
function done(k: Kernel, prm: Binprm, result: number): number {
  release(k, prm.file);
  return result;
}

/**
 * The point of no return: the old program goes, `mm` becomes current. What fails afterwards kills the
 * task. @linux fs/exec.c begin_new_exec
 */
export function beginNewExec(k: Kernel, prm: Binprm, mm: MmStruct): number {
  const task = k.current;
  // Requests end with the program that has made them.
  if (k.current.ioUring !== null) ioUringFilesCancel(k, k.current);
  const alone = deThread(k);
  if (alone !== 0) return alone;
  if (task.ioUring !== null) ioUringFilesCancel(k, task, true);
  futexExitRelease(k, task);
  exitPosixTimers(k, task.signal);
  const old = task.mm;
  mmRelease(k, task);
  task.mm = mm;
  activateMm(k, mm);
  k.activeMm = mm;
  if (old) {
    task.signal.maxRss = Math.max(task.signal.maxRss, old.maxRss);
    mmput(k, old);
  }
  mm.exeFile = prm.file;
  prm.file.count++;
  prm.file.inode.writecount--;
  if (task.files.count > 1) {
    task.files.count--;
    task.files = dupFiles(task.files);
  }
  doCloseOnExec(k, task);
  if (task.sighand.count > 1) {
    task.sighand.count--;
    const copy = new Sighand();
    task.sighand.action.forEach((a, i) => {
      Object.assign(copy.action[i]!, a);
    });
    task.sighand = copy;
  }
  flushSignalHandlers(task.sighand, false);
  task.sasSp = task.sasSize = 0;
  task.didExec = true;
  task.exitSignal = SIGCHLD;
  task.flags &= ~PF_FORKNOEXEC;
  task.robustList = 0;
  task.debugRegs = task.debugPoints = k.machine.debugPoints = null;
  task.rseqAddr = task.rseqLen = task.rseqSig = 0;
  task.personality &= ~(READ_IMPLIES_EXEC | prm.perClear);
  task.comm = prm.comm;
  const { cred } = prm;
  if (prm.secure) {
    task.pdeathSignal = 0;
    // A privileged program must not be starved or flooded by a stack of the caller's choice.
    const stack = task.signal.rlim[RLIMIT_STACK];
    if (stack && stack.cur > STK_LIM) stack.cur = STK_LIM;
  }
  const readable = mayRead(k, prm.file.inode);
  commitCreds(task, cred);
  mm.dumpable = readable && cred.euid === cred.uid && cred.egid === cred.gid ? 1 : 0;
  k.machine.loadContext(fresh());
  return 0;
}

/** May the user read the program, and so see its memory? @linux fs/exec.c would_dump */
function mayRead(k: Kernel, inode: Inode): boolean {
  return inodePermission(k, inode, MAY_READ) === 0;
}

let freshContext: CpuContext | null = null;
function fresh(): CpuContext {
  freshContext ??= CpuContext.create();
  return freshContext;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A new address space for exec, or -ENOMEM. */
export function execMm(k: Kernel): MmStruct | number {
  return mmAlloc(k) ?? -ENOMEM;
}

/** The new program cannot be set up after the old one has gone. */
export function execFailed(k: Kernel, error: number): number {
  forceFatalSig(k, k.current, SIGSEGV);
  return error;
}

/** Starts the first program. */
export function kernelExecve(k: Kernel, path: string, argv: string[], envp: string[]): number {
  const r = doExecveatCommon(k, AT_FDCWD, path, argv, envp, 0);
  if (r >= 0 && k.trace.schedProcessExec.enabled) k.trace.schedProcessExec.fire(k.current, path);
  return r;
}

/** A NULL-terminated array of strings of the caller. @linux fs/exec.c count, copy_strings */
function userStrings(k: Kernel, addr: number): string[] | number {
  const out: string[] = [];
  if (addr === 0) return out;
  let total = 0;
  for (let i = 0; i < MAX_ARG_STRINGS; i++) {
    const p = getUser64(k, addr + i * 8);
    if (p < 0) return -EFAULT;
    if (p === 0) return out;
    const s = strncpyFromUser(k, p, MAX_ARG_STRLEN);
    if (typeof s === "number") return s === -EFAULT ? s : -E2BIG;
    total += s.length + 9;
    if (total > STK_LIM) return -E2BIG;
    out.push(s);
  }
  return -E2BIG;
}

function sysExecveat(k: Kernel, dfd: number, pathAddr: number, argvAddr: number, envpAddr: number, flags: number): number {
  const { progress } = k.current;
  if (progress instanceof Executed) {
    ptraceBack(k, k.current);
    return 0;
  }
  if (progress instanceof ExecWait) {
    const r = loadElf(k, progress.prm);
    return r === BLOCKED ? r : executed(k, done(k, progress.prm, r), progress.path, progress.pid);
  }
  const path = strncpyFromUser(k, pathAddr, PATH_MAX);
  if (typeof path === "number") return path;
  if (path === "" && !(flags & AT_EMPTY_PATH)) return -ENOENT;
  const prm = allocBprm(k, dfd, path, flags);
  if (typeof prm === "number") return prm;
  const argv = userStrings(k, argvAddr);
  if (typeof argv === "number") return done(k, prm, argv);
  const envp = userStrings(k, envpAddr);
  if (typeof envp === "number") return done(k, prm, envp);
  const { pid } = k.current;
  const r = bprmExecve(k, prm, argv, envp);
  if (r === BLOCKED) {
    // The new program is chosen; what names it may go with the other threads.
    k.current.progress = new ExecWait(prm, path, pid);
    return r;
  }
  return executed(k, r, path, pid);
}

/** Tells of a program that has been exchanged. `pid`: the number its thread had before. */
function executed(k: Kernel, r: number, path: string, pid: number): number {
  if (r < 0) return r;
  if (k.trace.schedProcessExec.enabled) k.trace.schedProcessExec.fire(k.current, path);
  if (k.current.ptrace !== 0 && ptraceEvent(k, k.current, PTRACE_EVENT_EXEC, pid, STOP_EVENT)) {
    k.machine.cpu.set(0, -ENOSYS);
    k.current.progress = new Executed();
    return BLOCKED;
  }
  return r;
}

/** The other threads must end first. */
class ExecWait {
  readonly prm: Binprm;
  readonly path: string;
  readonly pid: number;
  constructor(prm: Binprm, path: string, pid: number) {
    this.prm = prm;
    this.path = path;
    this.pid = pid;
  }
}

/** The program has been exchanged, and the tracer is told so. */
class Executed {
  readonly over = true;
}
stateClass(ExecWait, Executed);

export const execSyscalls: SyscallDef[] = [
  syscall(
    "execve",
    { pathname: A.path, argv: A.strings, envp: A.strings },
    (k, path, argv, envp) => sysExecveat(k, AT_FDCWD, path, argv, envp, 0),
    { linux: "fs/exec.c execve" },
  ),
  syscall(
    "execveat",
    {
      dirfd: A.dirfd,
      pathname: A.path,
      argv: A.strings,
      envp: A.strings,
      flags: A.flags(flagNames("AT_???", { AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH })),
    },
    sysExecveat,
    { linux: "fs/exec.c execveat" },
  ),
];
