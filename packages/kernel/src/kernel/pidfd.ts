import { anonInodeGetFd } from "../fs/anonInodes.ts";
import { fdInstall, getFile } from "../fs/file.ts";
import { pidfdIoctl } from "../fs/pidfs.ts";
import { ProcInfo } from "../fs/proc/info.ts";
import type { File, FileOperations } from "../include/linux/fs.ts";
import { EXIT_DEAD, type Task } from "../include/linux/sched.ts";
import type { PollTable } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import { siginfoStruct } from "../uapi/signal.ts";
import { findTask } from "./pid.ts";
import { ptraceMayAccess } from "./ptraceAccess.ts";
import { mayKill, signalTask } from "./signal/kill.ts";
import { siCode, userSiginfo } from "./signal/siginfo.ts";

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_EXCL = 0o200;
const O_PATH = 0o10000000;
export const PIDFD_NONBLOCK = O_NONBLOCK;
export const PIDFD_THREAD = O_EXCL;
const pidfdNames = flagNames("PIDFD_???", { PIDFD_NONBLOCK, PIDFD_THREAD });
const PIDFD_SIGNAL_THREAD = 1;
const PIDFD_SIGNAL_THREAD_GROUP = 2;
const PIDFD_SIGNAL_PROCESS_GROUP = 4;
const POLLIN = 1;
const POLLHUP = 0x10;
const POLLRDNORM = 0x40;

/** State of a pidfd. */
export class Pidfd {
  readonly task: Task;
  /** It stands for the one thread rather than its process. */
  readonly thread: boolean;
  constructor(task: Task, thread: boolean) {
    this.task = task;
    this.thread = thread;
  }
}
stateClass(Pidfd);

/** Ready once the process (or thread) has ended. @linux fs/pidfs.c pidfd_poll */
function pidfdPoll(k: Kernel, file: File, table: PollTable | null): number {
  const p = file.priv as Pidfd;
  table?.wait(k, p.task.pidfdWait);
  const over = p.task.exitState !== 0 && (p.thread || p.task.signal.threads.length === 0);
  if (!over) return 0;
  return p.task.exitState === EXIT_DEAD ? POLLIN | POLLRDNORM | POLLHUP : POLLIN | POLLRDNORM;
}

/** Pid: -1 once the process has been reaped. @linux fs/pidfs.c pidfd_show_fdinfo */
function pidfdShowFdinfo(_k: Kernel, file: File): string {
  const t = (file.priv as Pidfd).task;
  const pid = t.exitState === EXIT_DEAD ? -1 : t.pid;
  return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
}

export const pidfdFops: FileOperations = stateTable("pidfd_fops", {
  poll: pidfdPoll,
  showFdinfo: pidfdShowFdinfo,
  ioctl: (k: Kernel, file: File, cmd: number, arg: number) => pidfdIoctl(k, (file.priv as Pidfd).task, cmd, arg),
});

/** A new descriptor for a task, close-on-exec. @linux kernel/fork.c pidfd_prepare */
export function pidfdCreate(k: Kernel, task: Task, flags: number): number {
  return anonInodeGetFd(k, "[pidfd]", pidfdFops, new Pidfd(task, (flags & PIDFD_THREAD) !== 0), O_RDWR | O_CLOEXEC | (flags & O_NONBLOCK));
}

/** The task behind a pidfd, or null if it is none. @linux kernel/pid.c pidfd_get_pid */
export function pidfdTask(k: Kernel, fd: number): Task | null {
  const file = k.current.file(fd);
  return file && file.op === pidfdFops ? (file.priv as Pidfd).task : null;
}

function sysPidfdOpen(k: Kernel, pid: number, flags: number): number {
  if (flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) return -EINVAL;
  if (pid <= 0) return -EINVAL;
  const task = findTask(k, pid);
  if (!task) return -ESRCH;
  if (!(flags & PIDFD_THREAD) && task.pid !== task.tgid) return -EINVAL;
  return pidfdCreate(k, task, flags);
}

/** The process whose directory in /proc a descriptor stands for: it serves as a pidfd here. @linux fs/proc/base.c tgid_pidfd_to_pid */
function processDirectory(file: File): Pidfd | null {
  const { info } = file.inode;
  if (file.flags & O_PATH || !(info instanceof ProcInfo) || info.area !== "tgid" || info.path !== "" || !info.task) return null;
  return new Pidfd(info.task, false);
}

/** @linux kernel/signal.c sys_pidfd_send_signal */
function sysPidfdSendSignal(k: Kernel, fd: number, sig: number, address: number, flags: number): number {
  const known = PIDFD_SIGNAL_THREAD | PIDFD_SIGNAL_THREAD_GROUP | PIDFD_SIGNAL_PROCESS_GROUP;
  if (flags & ~known || (flags & (flags - 1)) !== 0) return -EINVAL;
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  const p = file.op === pidfdFops ? (file.priv as Pidfd) : processDirectory(file);
  if (!p) return -EBADF;
  let info: Uint8Array;
  if (address !== 0) {
    info = new Uint8Array(siginfoStruct.size);
    if (copyFromUser(k, address, info, 0, info.length) !== 0) return -EFAULT;
    if (new DataView(info.buffer).getInt32(0, true) !== sig) return -EINVAL;
    if (p.task.signal !== k.current.signal && (siCode(info) >= 0 || siCode(info) === -6)) return -EPERM;
  } else info = userSiginfo(sig, k.current);
  if (flags === PIDFD_SIGNAL_PROCESS_GROUP) {
    let done = -ESRCH;
    for (const t of [...k.pids.values()]) {
      if (t.pid !== t.tgid || t.signal.pgrp !== p.task.pid) continue;
      const r = signalTask(k, sig, info, t, true);
      if (done !== 0) done = r;
    }
    return done;
  }
  if (p.task.exitState === EXIT_DEAD) return -ESRCH;
  if (!mayKill(k, p.task, sig)) return -EPERM;
  const thread = flags === PIDFD_SIGNAL_THREAD || (flags === 0 && p.thread);
  return signalTask(k, sig, info, p.task, !thread);
}

/** @linux kernel/pid.c sys_pidfd_getfd */
function sysPidfdGetfd(k: Kernel, pidfd: number, fd: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const task = pidfdTask(k, pidfd);
  if (!task) return -EBADF;
  if (!ptraceMayAccess(k, task)) return -EPERM;
  if (task.exiting) return -ESRCH;
  const file = task.file(fd);
  if (!file) return -EBADF;
  getFile(file);
  const r = fdInstall(k, file, true);
  if (r < 0) file.count--;
  return r;
}

export const pidfdSyscalls: readonly SyscallDef[] = [
  syscall("pidfd_open", { pid: A.pid, flags: A.flags(pidfdNames, "u32") }, sysPidfdOpen, {
    linux: "kernel/pid.c sys_pidfd_open",
    ret: "fd",
  }),
  syscall("pidfd_send_signal", { pidfd: A.fd, sig: A.signal, info: A.struct(siginfoStruct, "in"), flags: A.uint }, sysPidfdSendSignal, {
    linux: "kernel/signal.c sys_pidfd_send_signal",
  }),
  syscall("pidfd_getfd", { pidfd: A.fd, fd: A.fd, flags: A.uint }, sysPidfdGetfd, { linux: "kernel/pid.c sys_pidfd_getfd", ret: "fd" }),
];
