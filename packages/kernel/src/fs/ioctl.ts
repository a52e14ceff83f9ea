import type { File } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { getUser32, putUser32, putUser64 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_LINUX_IMMUTABLE } from "../uapi/capability.ts";
import { EBADF, EFAULT, EINVAL, ENOTTY, EOPNOTSUPP, EPERM } from "../uapi/errno.ts";
import { FASYNC, O_NONBLOCK, O_PATH } from "../uapi/fcntl.ts";
import {
  FIBMAP,
  FICLONE,
  FICLONERANGE,
  FIDEDUPERANGE,
  FIFREEZE,
  FIGETBSZ,
  FIOASYNC,
  FIOCLEX,
  FIONBIO,
  FIONCLEX,
  FIONREAD,
  FIOQSIZE,
  FITHAW,
  FS_APPEND_FL,
  FS_IMMUTABLE_FL,
  FS_IOC_FIEMAP,
  FS_IOC_FSGETXATTR,
  FS_IOC_FSSETXATTR,
  FS_IOC_GETFLAGS,
  FS_IOC_SETFLAGS,
  FS_NOATIME_FL,
  FS_NODUMP_FL,
} from "../uapi/ioctls.ts";
import { isDir, isLnk, isReg } from "../uapi/stat.ts";
import { setFasync } from "./fcntl.ts";
import { inodeOwnerOrCapable } from "./inode.ts";
import { mntWantWrite } from "./permission.ts";

const BLOCK_SIZE = 4096;

/** @linux fs/ioctl.c ioctl_fionbio */
function fionbio(k: Kernel, file: File, arg: number): number {
  const on = getUser32(k, arg);
  if (on < 0) return -EFAULT;
  if (on) file.flags |= O_NONBLOCK;
  else file.flags &= ~O_NONBLOCK;
  return 0;
}

/** @linux fs/ioctl.c ioctl_fioasync */
function fioasync(k: Kernel, file: File, arg: number): number {
  const on = getUser32(k, arg);
  if (on < 0) return -EFAULT;
  if (((file.flags & FASYNC) !== 0) === (on !== 0)) return 0;
  return file.op.fasync ? setFasync(k, file, on !== 0) : -ENOTTY;
}

/** Regular files: bytes from the position to the end. @linux fs/ioctl.c file_ioctl */
function fileIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  switch (cmd) {
    case FIBMAP:
      return k.current.cred.euid === 0 ? -EINVAL : -EPERM;
    case FIONREAD:
      return putUser32(k, arg, file.inode.size - file.pos);
    default:
      return file.op.ioctl ? file.op.ioctl(k, file, cmd, arg) : -ENOTTY;
  }
}

const SETTABLE_FLAGS = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL;
/** File systems that keep inode flags. */
const withFlags = new Set(["tmpfs", "overlay"]);

/** Inode flags (chattr). @linux fs/ioctl.c ioctl_setflags, mm/shmem.c shmem_fileattr_set */
function inodeFlags(k: Kernel, file: File, cmd: number, arg: number): number {
  if (file.op.ioctl) {
    const r = file.op.ioctl(k, file, cmd, arg);
    if (r !== -ENOTTY) return r;
  }
  const { mode } = file.inode;
  if ((!isReg(mode) && !isDir(mode)) || !withFlags.has(file.inode.sb.type)) return -ENOTTY;
  if (cmd === FS_IOC_GETFLAGS) return putUser32(k, arg, file.inode.flags);
  const flags = getUser32(k, arg);
  if (flags < 0) return -EFAULT;
  if (!inodeOwnerOrCapable(k, file.inode)) return -EPERM;
  const ro = mntWantWrite(file.path.mnt);
  if (ro < 0) return ro;
  if ((flags ^ file.inode.flags) & (FS_IMMUTABLE_FL | FS_APPEND_FL) && !capable(k, CAP_LINUX_IMMUTABLE)) return -EPERM;
  if (flags & ~SETTABLE_FLAGS) return -EOPNOTSUPP;
  file.inode.flags = flags;
  file.inode.ctime = currentTime(k);
  return 0;
}

/** What all files know, then what this kind knows. @linux fs/ioctl.c do_vfs_ioctl */
function sysIoctl(k: Kernel, fd: number, cmd: number, arg: number): number {
  const file = k.current.file(fd);
  if (!file || file.flags & O_PATH) return -EBADF;
  const { mode } = file.inode;
  switch (cmd) {
    case FIOCLEX:
      k.current.files.closeOnExec.add(fd);
      return 0;
    case FIONCLEX:
      k.current.files.closeOnExec.delete(fd);
      return 0;
    case FIONBIO:
      return fionbio(k, file, arg);
    case FIOASYNC:
      return fioasync(k, file, arg);
    case FIOQSIZE:
      return isDir(mode) || isReg(mode) || isLnk(mode) ? putUser64(k, arg, file.inode.blocks * 512) : -ENOTTY;
    case FIFREEZE:
    case FITHAW:
      return k.current.cred.euid === 0 ? -EOPNOTSUPP : -EPERM;
    case FIGETBSZ:
      // Anonymous inodes have no block size.
      return file.inode.sb.type === "anon_inodefs" && (mode & 0o170000) === 0 && arg === 0 ? -EINVAL : putUser32(k, arg, BLOCK_SIZE);
    case FS_IOC_FIEMAP:
    case FICLONE:
    case FICLONERANGE:
    case FIDEDUPERANGE:
      return -EOPNOTSUPP;
    case FS_IOC_GETFLAGS:
    case FS_IOC_SETFLAGS:
      return inodeFlags(k, file, cmd, arg);
    case FS_IOC_FSGETXATTR:
    case FS_IOC_FSSETXATTR:
      return file.op.ioctl ? file.op.ioctl(k, file, cmd, arg) : -ENOTTY;
  }
  if (isReg(mode)) return fileIoctl(k, file, cmd, arg);
  return file.op.ioctl ? file.op.ioctl(k, file, cmd, arg) : -ENOTTY;
}

export const ioctlSyscalls: SyscallDef[] = [
  syscall("ioctl", { fd: A.fd, request: A.custom("u32"), argp: A.custom() }, sysIoctl, { linux: "fs/ioctl.c do_vfs_ioctl", eintr: "slow" }),
];
