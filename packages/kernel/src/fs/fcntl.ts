import type { File } from "../include/linux/fs.ts";
import { findProcessGroup, findTask } from "../kernel/pid.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser64, putUser32, putUser64 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import * as F from "../uapi/fcntl.ts";
import { FS_APPEND_FL } from "../uapi/ioctls.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { S_IFIFO, S_IFMT } from "../uapi/stat.ts";
import { F_OWNER_PGRP, F_OWNER_PID, F_OWNER_TID } from "./fasync.ts";
import { allocFd, fdPut, getFile } from "./file.ts";
import { inodeOwnerOrCapable } from "./inode.ts";
import { fcntlGetlease, fcntlSetlease } from "./leases.ts";
import { fcntlGetlk, fcntlSetlk } from "./lockFcntl.ts";
import { memfdFcntl } from "./memfd.ts";
import { fcntlDirnotify } from "./notify/dnotify.ts";
import { pipeFcntl } from "./pipe.ts";

/** What F_SETFL may change besides O_ASYNC. */
const SETFL_MASK = F.O_APPEND | F.O_NONBLOCK | F.O_DIRECT | F.O_NOATIME;
/** Largest RWH_WRITE_LIFE_*. */
const RWH_WRITE_LIFE_EXTREME = 5;

/** @linux fs/fcntl.c f_dupfd */
function dupfd(k: Kernel, from: number, file: File, cloexec: boolean): number {
  if (from < 0 || from >= rlimit(k.current, RLIMIT_NOFILE)) return -EINVAL;
  const fd = allocFd(k, from);
  if (fd < 0) return fd;
  fdPut(k, fd, getFile(file), cloexec);
  return fd;
}

/** Switches O_ASYNC if the file knows it. */
export function setFasync(k: Kernel, file: File, on: boolean): number {
  if (((file.flags & F.FASYNC) !== 0) === on || !file.op.fasync) return 0;
  const r = file.op.fasync(k, file, on);
  if (r < 0) return r;
  if (on) file.flags |= F.FASYNC;
  else file.flags &= ~F.FASYNC;
  return 0;
}

/** @linux fs/fcntl.c setfl */
function setfl(k: Kernel, file: File, arg: number): number {
  if ((arg ^ file.flags) & F.O_APPEND && file.inode.flags & FS_APPEND_FL) return -EPERM;
  if (arg & F.O_NOATIME && !(file.flags & F.O_NOATIME) && !inodeOwnerOrCapable(k, file.inode)) return -EPERM;
  if (arg & F.O_DIRECT && (file.inode.mode & S_IFMT) !== S_IFIFO && !file.inode.mapping) return -EINVAL;
  const r = setFasync(k, file, (arg & F.FASYNC) !== 0);
  if (r < 0) return r;
  file.flags = (arg & SETFL_MASK) | (file.flags & ~SETFL_MASK);
  return 0;
}

/** pid > 0: a process; < 0: a process group. @linux fs/fcntl.c f_setown */
export function fSetown(k: Kernel, file: File, who: number): number {
  if (who === -0x80000000) return -EINVAL;
  if (who === 0) {
    file.ownerPid = 0;
    return 0;
  }
  if (who > 0 ? !findTask(k, who) : findProcessGroup(k, -who).length === 0 && !findTask(k, -who)) return -ESRCH;
  file.ownerPid = who;
  file.ownerType = who < 0 ? F_OWNER_PGRP : F_OWNER_PID;
  return 0;
}

const ownerEx = new Int32Array(2);
const ownerExBytes = new Uint8Array(ownerEx.buffer);

/** @linux fs/fcntl.c f_setown_ex */
function setownEx(k: Kernel, file: File, address: number): number {
  if (copyFromUser(k, address, ownerExBytes, 0, 8) !== 0) return -EFAULT;
  const type = ownerEx[0]!;
  const pid = ownerEx[1]!;
  if (type !== F_OWNER_TID && type !== F_OWNER_PID && type !== F_OWNER_PGRP) return -EINVAL;
  if (pid !== 0 && !findTask(k, pid)) return -ESRCH;
  file.ownerType = type;
  file.ownerPid = type === F_OWNER_PGRP ? -pid : pid;
  return 0;
}

function getownEx(k: Kernel, file: File, address: number): number {
  ownerEx[0] = file.ownerType;
  ownerEx[1] = Math.abs(file.ownerPid);
  return copyToUser(k, address, ownerExBytes, 0, 8);
}

/** Expected life of written data: kept per inode. @linux fs/fcntl.c fcntl_set_rw_hint */
function rwHint(k: Kernel, file: File, set: boolean, address: number): number {
  if (!set) return putUser64(k, address, file.inode.writeHint);
  const hint = getUser64(k, address);
  if (hint < 0) return -EFAULT;
  if (hint > RWH_WRITE_LIFE_EXTREME) return -EINVAL;
  file.inode.writeHint = hint;
  return 0;
}

/** @linux fs/fcntl.c do_fcntl */
function sysFcntl(k: Kernel, fd: number, cmd: number, arg: number): number {
  const { files } = k.current;
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  const int = (arg % 0x100000000) | 0;
  switch (cmd) {
    case F.F_DUPFD:
      return dupfd(k, int, file, false);
    case F.F_DUPFD_CLOEXEC:
      return dupfd(k, int, file, true);
    case F.F_DUPFD_QUERY:
      return k.current.file(int) === file ? 1 : k.current.file(int) ? 0 : -EBADF;
    case F.F_GETFD:
      return files.closeOnExec.has(fd) ? F.FD_CLOEXEC : 0;
    case F.F_SETFD:
      if (int & F.FD_CLOEXEC) files.closeOnExec.add(fd);
      else files.closeOnExec.delete(fd);
      return 0;
    case F.F_GETFL:
      return file.flags;
  }
  if (file.flags & F.O_PATH) return -EBADF;
  switch (cmd) {
    case F.F_SETFL:
      return setfl(k, file, int);
    case F.F_GETLK:
    case F.F_OFD_GETLK:
      return fcntlGetlk(k, file, cmd, arg);
    case F.F_SETLK:
    case F.F_SETLKW:
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return fcntlSetlk(k, file, cmd, arg);
    case F.F_GETOWN:
      // A group's negative number must not look like an errno; libc knows.
      return file.ownerPid;
    case F.F_SETOWN:
      return fSetown(k, file, int);
    case F.F_GETOWN_EX:
      return getownEx(k, file, arg);
    case F.F_SETOWN_EX:
      return setownEx(k, file, arg);
    case F.F_GETOWNER_UIDS: {
      const r = putUser32(k, arg, k.current.cred.uid);
      return r < 0 ? r : putUser32(k, arg + 4, k.current.cred.euid);
    }
    case F.F_GETSIG:
      return file.ownerSig;
    case F.F_SETSIG:
      if (arg > 64) return -EINVAL;
      file.ownerSig = arg;
      return 0;
    case F.F_GETLEASE:
      return fcntlGetlease(k, file);
    case F.F_SETLEASE:
      return fcntlSetlease(k, file, int);
    case F.F_NOTIFY:
      return fcntlDirnotify(k, file, int);
    case F.F_SETPIPE_SZ:
    case F.F_GETPIPE_SZ:
      return pipeFcntl(k, file, cmd === F.F_SETPIPE_SZ, arg % 0x100000000);
    case F.F_ADD_SEALS:
    case F.F_GET_SEALS:
      return memfdFcntl(k, file, cmd, arg);
    case F.F_GET_RW_HINT:
    case F.F_SET_RW_HINT:
      return rwHint(k, file, cmd === F.F_SET_RW_HINT, arg);
    case F.F_CREATED_QUERY:
      return file.created ? 1 : 0;
    default:
      return -EINVAL;
  }
}

export const fcntlSyscalls: SyscallDef[] = [
  syscall("fcntl", { fd: A.fd, cmd: A.int, arg: A.custom() }, sysFcntl, {
    linux: "fs/fcntl.c do_fcntl",
    eintr: (_fd, cmd) => cmd === F.F_SETLKW || cmd === F.F_OFD_SETLKW,
  }),
];
