import { CpuContext } from "@lstar/machine";
import type { File } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import { type Cred, Sighand } from "../include/linux/sched.ts";
import { CAP_FULL, commitCreds, prepareCreds } from "../kernel/capability.ts";
import { deThread } from "../kernel/exit.ts";
import { mmRelease } from "../kernel/fork.ts";
import { futexExitRelease } from "../kernel/futex/robust.ts";
import { rlimit } from "../kernel/resource.ts";
import { flushSignalHandlers } from "../kernel/signal/mask.ts";
import { forceFatalSig } from "../kernel/signal.ts";
import { exitPosixTimers } from "../kernel/time/posixTimers.ts";
import type { Kernel } from "../kernel.ts";
import { activateMm, mmAlloc, mmput } from "../mm/mm.ts";
import { getUser64, strncpyFromUser } from "../mm/usercopy.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { E2BIG, EAGAIN, EFAULT, EINVAL, ELOOP, ENOENT, ENOMEM } from "../uapi/errno.ts";
import { RLIMIT_NPROC, RLIMIT_STACK } from "../uapi/resource.ts";
import { loadElf } from "./binfmtElf.ts";
import { parseScript } from "./binfmtScript.ts";
import { doCloseOnExec, dupFiles, fput } from "./file.ts";
import { openExec } from "./open.ts";
import { kernelRead } from "./readWrite.ts";

/** Strings one argument may have, and all together (besides the quarter of the stack limit). @linux include/uapi/linux/binfmts.h */
const MAX_ARG_STRLEN = 131072;
const PATH_MAX = 4096;
const MAX_ARG_STRINGS = 0x7fffffff;
const BINPRM_BUF_SIZE = 256;
const MAX_INTERP_DEPTH = 5;
const SIGSEGV = 11;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;
const MNT_NOSUID = 2;
const PF_FORKNOEXEC = 0x40;

/** What is being executed (struct linux_binprm). */
export interface Binprm {
  file: File;
  /** The first bytes of the file, zero-padded. */
  buf: Uint8Array;
  /** Name for AT_EXECFN and the script's argument. */
  filename: string;
  argv: string[];
  envp: string[];
  cred: Cred;
  secure: boolean;
}

/** @linux fs/exec.c do_execveat_common */
export function doExecveatCommon(k: Kernel, dfd: number, filename: string, argv: string[], envp: string[], flags: number): number {
  const task = k.current;
  if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) return -EINVAL;
  if (processCount(k, task.cred.uid) > rlimit(task, RLIMIT_NPROC) && task.cred.uid !== 0 && task.flags & 0x1000) return -EAGAIN;
  let size = filename.length + 1;
  for (const s of argv) size += s.length + 1 + 8;
  for (const s of envp) size += s.length + 1 + 8;
  const limit = Math.max(131072, Math.min(rlimit(task, RLIMIT_STACK) / 4, 6 * 1024 * 1024));
  if (size > limit) return -E2BIG;
  const opened = openExec(k, dfd, filename, flags);
  if (typeof opened === "number") return opened;
  let name = filename;
  if (dfd !== AT_FDCWD && filename[0] !== "/") name = filename === "" ? `/dev/fd/${dfd}` : `/dev/fd/${dfd}/${filename}`;
  // A program always has an argv[0].
  if (argv.length === 0) argv = [""];
  return execFile(k, opened, name, argv, envp);
}

function processCount(k: Kernel, uid: number): number {
  let n = 0;
  for (const t of k.pids.values()) if (t.cred.uid === uid) n++;
  return n;
}

/** @linux fs/exec.c exec_binprm, search_binary_handler */
function execFile(k: Kernel, file: File, filename: string, argv: string[], envp: string[]): number {
  const prm: Binprm = {
    file,
    buf: new Uint8Array(BINPRM_BUF_SIZE),
    filename,
    argv,
    envp,
    cred: prepareCreds(k.current.cred),
    secure: false,
  };
  for (let depth = 0; ; depth++) {
    prm.buf.fill(0);
    const n = kernelRead(k, prm.file, prm.buf, 0);
    if (n < 0) return done(k, prm, n);
    const script = parseScript(prm.buf);
    if (script === null) break;
    if (typeof script === "number") return done(k, prm, script);
    if (depth > MAX_INTERP_DEPTH) return done(k, prm, -ELOOP);
    // interpreter, its one argument, the script's path, then the rest.
    const rest = prm.argv.slice(1);
    prm.argv =
      script.argument === null ? [script.interpreter, prm.filename, ...rest] : [script.interpreter, script.argument, prm.filename, ...rest];
    const next = openExec(k, AT_FDCWD, script.interpreter, 0);
    release(k, prm.file);
    if (typeof next === "number") return next;
    prm.file = next;
    prm.filename = script.interpreter;
  }
  bprmCredsFromFile(k, prm);
  return done(k, prm, loadElf(k, prm));
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

/** setuid and setgid bits. @linux fs/exec.c bprm_fill_uid */
function bprmCredsFromFile(k: Kernel, prm: Binprm): void {
  const { inode, path } = prm.file;
  const { cred } = prm;
  const old = k.current.cred;
  if (!(path.mnt.flags & MNT_NOSUID) && !k.current.noNewPrivs) {
    if (inode.mode & S_ISUID) cred.euid = inode.uid;
    if ((inode.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) cred.egid = inode.gid;
  }
  cred.suid = cred.fsuid = cred.euid;
  cred.sgid = cred.fsgid = cred.egid;
  // Root gets all that the bounding set allows (no file capabilities here).
  if (cred.euid === 0 || cred.uid === 0) {
    cred.capPermitted = [cred.capBounding[0] & CAP_FULL[0], cred.capBounding[1] & CAP_FULL[1]].map((n) => n >>> 0) as [number, number];
    cred.capEffective = cred.euid === 0 ? cred.capPermitted : [0, 0];
  } else {
    cred.capPermitted = cred.capAmbient;
    cred.capEffective = cred.capAmbient;
  }
  prm.secure = cred.euid !== old.uid || cred.egid !== old.gid;
}

/**
 * The point of no return: the old program goes, `mm` becomes current. What fails afterwards kills the
 * task. @linux fs/exec.c begin_new_exec
 */
export function beginNewExec(k: Kernel, prm: Binprm, mm: MmStruct): void {
  const task = k.current;
  deThread(k);
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
  task.flags &= ~PF_FORKNOEXEC;
  task.robustList = 0;
  task.rseqAddr = task.rseqLen = task.rseqSig = 0;
  task.personality &= ~0x0400000;
  task.comm = baseName(prm.filename).slice(0, 15);
  mm.dumpable = 1;
  commitCreds(task, prm.cred);
  if (!prm.secure) mm.dumpable = 1;
  k.machine.loadContext(fresh());
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
    if (total > 8 * 1024 * 1024) return -E2BIG;
    out.push(s);
  }
  return -E2BIG;
}

function sysExecveat(k: Kernel, dfd: number, pathAddr: number, argvAddr: number, envpAddr: number, flags: number): number {
  const path = strncpyFromUser(k, pathAddr, PATH_MAX);
  if (typeof path === "number") return path;
  if (path === "" && !(flags & AT_EMPTY_PATH)) return -ENOENT;
  const argv = userStrings(k, argvAddr);
  if (typeof argv === "number") return argv;
  const envp = userStrings(k, envpAddr);
  if (typeof envp === "number") return envp;
  const r = doExecveatCommon(k, dfd, path, argv, envp, flags);
  if (r >= 0 && k.trace.schedProcessExec.enabled) k.trace.schedProcessExec.fire(k.current, path);
  return r;
}

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
