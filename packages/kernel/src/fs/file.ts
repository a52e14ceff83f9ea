import { type File, FilesStruct } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EINVAL, EMFILE } from "../uapi/errno.ts";
import { O_ACCMODE, O_CLOEXEC, O_PATH, openNames } from "../uapi/fcntl.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { dropInode } from "./dcache.ts";
import { eventpollReleaseFile } from "./eventpoll/item.ts";
import { locksRemoveFile, locksRemovePosix } from "./locks.ts";
import { dnotifyFlush } from "./notify/dnotify.ts";
import { fsnotifyCloseFile } from "./notify/fsnotify.ts";
import { shutdownDetached } from "./shutdownSuper.ts";

const CLOSE_RANGE_UNSHARE = 2;
const CLOSE_RANGE_CLOEXEC = 4;

/** The open file behind a descriptor; null also for O_PATH files. @linux fs/file.c fget */
export function fget(k: Kernel, fd: number): File | null {
  const task = k.current;
  if (task.files.count > 1 || task.heldFiles !== null) return fgetShared(task, fd);
  const file = task.files.fd[fd];
  return file && !(file.flags & O_PATH) ? file : null;
}

/** Descriptors that the present call has looked up in a shared table: meaningful until it ends or blocks. */
const looked: number[] = [];

/** In a table that others change: a call that slept goes on with the files it began with. */
function fgetShared(task: Task, fd: number): File | null {
  for (const held of task.heldFiles ?? []) if (held.fd === fd) return held.file;
  const file = task.files.fd[fd];
  if (!file || file.flags & O_PATH) return null;
  looked.push(fd);
  return file;
}

/** A system call begins. */
export function forgetLookedUp(): void {
  // Setting the length is slow even where it changes nothing.
  if (looked.length !== 0) looked.length = 0;
}

/** A call goes to sleep: closing a descriptor in another thread must not take its files away. */
export function holdFiles(task: Task): void {
  if (looked.length === 0) return;
  const held = (task.heldFiles ??= []);
  for (const fd of looked) {
    const file = task.files.fd[fd];
    if (file && !held.some((h) => h.fd === fd)) held.push({ fd, file: getFile(file) });
  }
  looked.length = 0;
}

/** The call that slept has ended. */
export function releaseHeldFiles(k: Kernel, task: Task): void {
  const held = task.heldFiles;
  if (!held) return;
  task.heldFiles = null;
  for (const { file } of held) fput(k, file);
}

/** O_PATH files too. @linux fs/file.c fget_raw */
export function fgetRaw(k: Kernel, fd: number): File | null {
  return k.current.files.fd[fd] ?? null;
}

/** @linux include/linux/fs.h get_file */
export function getFile(file: File): File {
  file.count++;
  return file;
}

/** Gives back a reference; the last one closes the file. @linux fs/file_table.c fput */
export function fput(k: Kernel, file: File): void {
  if (--file.count > 0) return;
  const { inode } = file;
  fsnotifyCloseFile(k, file);
  if (file.ep) eventpollReleaseFile(k, file);
  if (inode.locks) locksRemoveFile(k, file);
  if (inode.notify) dnotifyFlush(file);
  file.op.release?.(k, inode, file);
  if ((file.flags & O_ACCMODE) !== 0 && !(file.flags & O_PATH) && inode.writecount > 0) inode.writecount--;
  dropInode(k, inode);
  if (inode.sb.litter) shutdownDetached(k);
}

/** Lowest free descriptor from `start` on, or -EMFILE. @linux fs/file.c alloc_fd */
export function allocFd(k: Kernel, start: number, limit = rlimit(k.current, RLIMIT_NOFILE)): number {
  const { files } = k.current;
  let fd = Math.max(start, files.nextFd);
  while (files.fd[fd]) fd++;
  if (start <= files.nextFd) files.nextFd = fd;
  return fd >= limit ? -EMFILE : fd;
}

/** Enters a file in the table at a given place. */
export function fdPut(k: Kernel, fd: number, file: File, cloexec: boolean): void {
  const { files } = k.current;
  while (files.fd.length <= fd) files.fd.push(null);
  files.fd[fd] = file;
  if (cloexec) files.closeOnExec.add(fd);
  else files.closeOnExec.delete(fd);
}

/** A new descriptor for a file, whose reference it takes; -EMFILE leaves it to the caller. */
export function fdInstall(k: Kernel, file: File, cloexec: boolean): number {
  const fd = allocFd(k, 0);
  if (fd < 0) return fd;
  fdPut(k, fd, file, cloexec);
  return fd;
}

/** @linux fs/open.c filp_close */
function filpClose(k: Kernel, file: File, files: FilesStruct): number {
  const r = file.op.flush ? file.op.flush(k, file) : 0;
  if (!(file.flags & O_PATH) && file.inode.locks) locksRemovePosix(k, file, files);
  fput(k, file);
  return r;
}

/** 0, -EBADF, or what flush says. @linux fs/file.c close_fd */
export function closeFd(k: Kernel, fd: number): number {
  const { files } = k.current;
  const file = files.fd[fd];
  if (!file) return -EBADF;
  files.fd[fd] = null;
  files.closeOnExec.delete(fd);
  if (fd < files.nextFd) files.nextFd = fd;
  return filpClose(k, file, files);
}

/** A copy of the table for fork. @linux fs/file.c dup_fd */
export function dupFiles(files: FilesStruct): FilesStruct {
  const copy = new FilesStruct();
  copy.fd = files.fd.slice();
  copy.closeOnExec = new Set(files.closeOnExec);
  copy.nextFd = files.nextFd;
  for (const f of copy.fd) if (f) f.count++;
  return copy;
}

/** The task lets go of its table. @linux fs/file.c exit_files */
export function exitFiles(k: Kernel, task: Task): void {
  const { files } = task;
  if (--files.count > 0) return;
  const { fd } = files;
  for (let i = 0; i < fd.length; i++) {
    const file = fd[i];
    if (!file) continue;
    fd[i] = null;
    filpClose(k, file, files);
  }
  files.fd = [];
}

/** @linux fs/file.c do_close_on_exec */
export function doCloseOnExec(k: Kernel, task: Task): void {
  for (const fd of [...task.files.closeOnExec].sort((a, b) => a - b)) closeFd(k, fd);
}

function sysDup2(k: Kernel, oldfd: number, newfd: number, flags: number, same: boolean): number {
  if (flags & ~O_CLOEXEC) return -EINVAL;
  const file = fgetRaw(k, oldfd);
  if (oldfd === newfd) return same ? (file ? newfd : -EBADF) : -EINVAL;
  if (newfd < 0 || newfd >= rlimit(k.current, RLIMIT_NOFILE)) return -EBADF;
  if (!file) return -EBADF;
  getFile(file);
  const old = k.current.files.fd[newfd];
  fdPut(k, newfd, file, (flags & O_CLOEXEC) !== 0);
  if (old) filpClose(k, old, k.current.files);
  return newfd;
}

function sysDup(k: Kernel, oldfd: number): number {
  const file = fgetRaw(k, oldfd);
  if (!file) return -EBADF;
  const fd = allocFd(k, 0);
  if (fd < 0) return fd;
  fdPut(k, fd, getFile(file), false);
  return fd;
}

/** @linux fs/file.c close_range */
function sysCloseRange(k: Kernel, first: number, last: number, flags: number): number {
  if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) return -EINVAL;
  if (first > last) return -EINVAL;
  const task = k.current;
  if (flags & CLOSE_RANGE_UNSHARE && task.files.count > 1) {
    task.files.count--;
    task.files = dupFiles(task.files);
  }
  const end = Math.min(last, task.files.fd.length - 1);
  for (let fd = first; fd <= end; fd++) {
    if (!task.files.fd[fd]) continue;
    if (flags & CLOSE_RANGE_CLOEXEC) task.files.closeOnExec.add(fd);
    else closeFd(k, fd);
  }
  return 0;
}

const dup3Names = openNames;
export const fileSyscalls: SyscallDef[] = [
  syscall("close", { fd: A.fd }, closeFd, { linux: "fs/open.c close" }),
  syscall(
    "close_range",
    { first: A.uint, last: A.uint, flags: A.flags(flagNames("CLOSE_RANGE_???", { CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC })) },
    sysCloseRange,
    { linux: "fs/file.c close_range" },
  ),
  syscall("dup", { oldfd: A.fd }, sysDup, { linux: "fs/file.c dup", ret: "fd" }),
  syscall("dup2", { oldfd: A.fd, newfd: A.fd }, (k, a, b) => sysDup2(k, a, b, 0, true), { linux: "fs/file.c dup2", ret: "fd" }),
  syscall("dup3", { oldfd: A.fd, newfd: A.fd, flags: A.flags(dup3Names) }, (k, a, b, f) => sysDup2(k, a, b, f, false), {
    linux: "fs/file.c dup3",
    ret: "fd",
  }),
];
