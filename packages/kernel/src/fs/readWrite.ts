import type { File } from "../include/linux/fs.ts";
import { rlimit } from "../kernel/resource.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { importIovec, kernelIter, userIter } from "../mm/userIov.ts";
import { A, enumNames, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EFBIG, EINVAL, EISDIR, ENXIO, EOPNOTSUPP, EOVERFLOW, ESPIPE } from "../uapi/errno.ts";
import {
  O_ACCMODE,
  O_APPEND,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../uapi/fcntl.ts";
import { RLIMIT_FSIZE } from "../uapi/resource.ts";
import { isDir, isReg } from "../uapi/stat.ts";
import { fget } from "./file.ts";
import { touchAtime } from "./inode.ts";
import { noLlseek, noopLlseek } from "./libfs.ts";
import { fsnotifyAccess, fsnotifyModify } from "./notify/fsnotify.ts";
import { fileRemovePrivs } from "./removePrivs.ts";

const SIGXFSZ = 25;
const TASK_SIZE = 0x7ffffffff000;
const RWF_HIPRI = 1;
const RWF_DSYNC = 2;
const RWF_SYNC = 4;
const RWF_NOWAIT = 8;
const RWF_APPEND = 16;

/** Access mode 3 allows neither. */
export const canRead = (file: File): boolean => (file.flags & O_ACCMODE) === O_RDONLY || (file.flags & O_ACCMODE) === O_RDWR;
export const canWrite = (file: File): boolean => (file.flags & O_ACCMODE) === O_WRONLY || (file.flags & O_ACCMODE) === O_RDWR;

/** Does the file have a position? Pipes, sockets and terminals do not. */
export function isSeekable(file: File): boolean {
  const { llseek } = file.op;
  return llseek !== undefined && llseek !== noLlseek && llseek !== noopLlseek;
}

/** read at a position. Bytes, -errno or BLOCKED. @linux fs/read_write.c vfs_read */
export function vfsRead(k: Kernel, file: File, to: IovIter, pos: number): number {
  if (!canRead(file)) return -EBADF;
  if (!file.op.read) return isDir(file.inode.mode) ? -EISDIR : -EINVAL;
  const wanted = to.count;
  const n = file.op.read(k, file, to, pos);
  if (n >= 0 && wanted > 0 && isReg(file.inode.mode)) touchAtime(k, file);
  if (n > 0) fsnotifyAccess(k, file);
  return n;
}

/** write at a position (ignored by files without one). @linux fs/read_write.c vfs_write */
export function vfsWrite(k: Kernel, file: File, from: IovIter, pos: number): number {
  if (!canWrite(file)) return -EBADF;
  if (!file.op.write) return -EINVAL;
  if (isReg(file.inode.mode) && from.count > 0) {
    const limit = rlimit(k.current, RLIMIT_FSIZE);
    if (pos >= limit) {
      sendSig(k, SIGXFSZ, k.current);
      return -EFBIG;
    }
    if (pos + from.count > limit) from.count = limit - pos;
    if (pos + from.count > 2 ** 53 - 1) return -EFBIG;
    fileRemovePrivs(k, file.inode);
  }
  const n = file.op.write(k, file, from, pos);
  if (n > 0) fsnotifyModify(k, file);
  return n;
}

/** Reads into a buffer of the kernel's own, for program loading. @linux fs/read_write.c kernel_read */
export function kernelRead(k: Kernel, file: File, out: Uint8Array, pos: number): number {
  return file.op.read ? file.op.read(k, file, kernelIter(out), pos) : -EINVAL;
}

function accessOk(addr: number, len: number): boolean {
  return addr + len <= TASK_SIZE;
}

function readFile(k: Kernel, file: File, iter: IovIter): number {
  const n = vfsRead(k, file, iter, file.pos);
  if (n > 0 && isSeekable(file)) file.pos += n;
  return n;
}
function writeFile(k: Kernel, file: File, iter: IovIter): number {
  const pos = file.flags & O_APPEND && isReg(file.inode.mode) ? file.inode.size : file.pos;
  const n = vfsWrite(k, file, iter, pos);
  if (n > 0 && isSeekable(file)) file.pos = pos + n;
  return n;
}

function sysRead(k: Kernel, fd: number, buf: number, count: number): number {
  const file = fget(k, fd);
  if (!file || !canRead(file)) return -EBADF;
  if (!accessOk(buf, count)) return -EFAULT;
  return readFile(k, file, userIter(k, buf, count));
}
function sysWrite(k: Kernel, fd: number, buf: number, count: number): number {
  const file = fget(k, fd);
  if (!file || !canWrite(file)) return -EBADF;
  if (!accessOk(buf, count)) return -EFAULT;
  return writeFile(k, file, userIter(k, buf, count));
}
function sysPread(k: Kernel, fd: number, buf: number, count: number, pos: number): number {
  if (pos < 0) return -EINVAL;
  const file = fget(k, fd);
  if (!file) return -EBADF;
  if (!isSeekable(file)) return -ESPIPE;
  if (!canRead(file)) return -EBADF;
  if (!accessOk(buf, count)) return -EFAULT;
  return vfsRead(k, file, userIter(k, buf, count), pos);
}
function sysPwrite(k: Kernel, fd: number, buf: number, count: number, pos: number): number {
  if (pos < 0) return -EINVAL;
  const file = fget(k, fd);
  if (!file) return -EBADF;
  if (!isSeekable(file)) return -ESPIPE;
  if (!canWrite(file)) return -EBADF;
  if (!accessOk(buf, count)) return -EFAULT;
  // With O_APPEND Linux appends, whatever the position.
  const at = file.flags & O_APPEND ? file.inode.size : pos;
  return vfsWrite(k, file, userIter(k, buf, count), at);
}

/** readv, preadv, preadv2 and the writing ones. pos -1: the file's own. @linux fs/read_write.c do_readv, do_pwritev */
function vectored(k: Kernel, fd: number, iov: number, count: number, pos: number, flags: number, write: boolean): number {
  const file = fget(k, fd);
  if (!file) return -EBADF;
  if (pos !== -1 && !isSeekable(file)) return -ESPIPE;
  if (!(write ? canWrite(file) : canRead(file))) return -EBADF;
  if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND)) return -EOPNOTSUPP;
  const iter = importIovec(k, iov, count, write);
  if (typeof iter === "number") return iter;
  return transferNowait(k, file, iter, pos, flags, write);
}

/** The same as `transfer`, which with RWF_NOWAIT fails with -EAGAIN where it would wait. */
export function transferNowait(k: Kernel, file: File, iter: IovIter, pos: number, flags: number, write: boolean): number {
  if (!(flags & RWF_NOWAIT) || file.flags & O_NONBLOCK) return transfer(k, file, iter, pos, flags, write);
  // Not to wait is a matter of this transfer alone.
  file.flags |= O_NONBLOCK;
  const n = transfer(k, file, iter, pos, flags, write);
  file.flags &= ~O_NONBLOCK;
  return n;
}

/** One transfer with RWF_* flags; pos -1: at the file's own position. Who calls has looked at flags and access. */
export function transfer(k: Kernel, file: File, iter: IovIter, pos: number, flags: number, write: boolean): number {
  if (!write) {
    if (pos === -1) return readFile(k, file, iter);
    return vfsRead(k, file, iter, pos);
  }
  const append = (file.flags & O_APPEND || flags & RWF_APPEND) && isReg(file.inode.mode);
  if (pos === -1) {
    if (!append) return writeFile(k, file, iter);
    const at = file.inode.size;
    const n = vfsWrite(k, file, iter, at);
    if (n > 0) file.pos = at + n;
    return n;
  }
  return vfsWrite(k, file, iter, append ? file.inode.size : pos);
}
const positioned = (pos: number, then: (pos: number) => number): number => (pos < 0 ? -EINVAL : then(pos));

/** Default llseek for files with a size. @linux fs/read_write.c generic_file_llseek */
export function genericFileLlseek(_k: Kernel, file: File, offset: number, whence: number): number {
  let pos: number;
  switch (whence) {
    case SEEK_SET:
      pos = offset;
      break;
    case SEEK_CUR:
      pos = file.pos + offset;
      break;
    case SEEK_END:
      pos = file.inode.size + offset;
      break;
    case SEEK_DATA:
      if (offset < 0 || offset >= file.inode.size) return -ENXIO;
      pos = offset;
      break;
    case SEEK_HOLE:
      if (offset < 0 || offset >= file.inode.size) return -ENXIO;
      pos = file.inode.size;
      break;
    default:
      return -EINVAL;
  }
  if (pos < 0) return -EINVAL;
  if (pos > 2 ** 53 - 1) return -EOVERFLOW;
  file.pos = pos;
  return pos;
}

function sysLseek(k: Kernel, fd: number, offset: number, whence: number): number {
  const file = fget(k, fd);
  if (!file) return -EBADF;
  if (whence < 0 || whence > SEEK_HOLE) return -EINVAL;
  if (!file.op.llseek) return -ESPIPE;
  return file.op.llseek(k, file, offset, whence);
}

/** A pipe takes so much whole or not at all (pipe(7)). */
const PIPE_BUF = 4096;

const whenceNames = enumNames("SEEK_???", { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE });
const rwfNames = flagNames("RWF_???", { RWF_HIPRI, RWF_DSYNC, RWF_SYNC, RWF_NOWAIT, RWF_APPEND });

export const readWriteSyscalls: SyscallDef[] = [
  syscall("read", { fd: A.fd, buf: A.bufOut("ret"), count: A.size }, sysRead, {
    linux: "fs/read_write.c ksys_read",
    eintr: "slow",
    short: { length: "count" },
  }),
  syscall("write", { fd: A.fd, buf: A.bufIn("count"), count: A.size }, sysWrite, {
    linux: "fs/read_write.c ksys_write",
    eintr: "slow",
    short: { length: "count", pipeWhole: PIPE_BUF },
  }),
  syscall("pread64", { fd: A.fd, buf: A.bufOut("ret"), count: A.size, offset: A.off }, sysPread, {
    linux: "fs/read_write.c ksys_pread64",
    eintr: "slow",
    short: { length: "count" },
  }),
  syscall("pwrite64", { fd: A.fd, buf: A.bufIn("count"), count: A.size, offset: A.off }, sysPwrite, {
    linux: "fs/read_write.c ksys_pwrite64",
    eintr: "slow",
    short: { length: "count" },
  }),
  syscall("readv", { fd: A.fd, iov: A.iov("iovcnt", "out"), iovcnt: A.int }, (k, fd, iov, n) => vectored(k, fd, iov, n, -1, 0, false), {
    linux: "fs/read_write.c readv",
    eintr: "slow",
    short: { length: "iov" },
  }),
  syscall("writev", { fd: A.fd, iov: A.iov("iovcnt", "in"), iovcnt: A.int }, (k, fd, iov, n) => vectored(k, fd, iov, n, -1, 0, true), {
    linux: "fs/read_write.c writev",
    eintr: "slow",
    short: { length: "iov", pipeWhole: PIPE_BUF },
  }),
  syscall(
    "preadv",
    { fd: A.fd, iov: A.iov("iovcnt", "out"), iovcnt: A.int, offset: A.off },
    (k, fd, iov, n, pos) => positioned(pos, (p) => vectored(k, fd, iov, n, p, 0, false)),
    { linux: "fs/read_write.c preadv", eintr: "slow", short: { length: "iov" } },
  ),
  syscall(
    "pwritev",
    { fd: A.fd, iov: A.iov("iovcnt", "in"), iovcnt: A.int, offset: A.off },
    (k, fd, iov, n, pos) => positioned(pos, (p) => vectored(k, fd, iov, n, p, 0, true)),
    { linux: "fs/read_write.c pwritev", eintr: "slow", short: { length: "iov" } },
  ),
  syscall(
    "preadv2",
    { fd: A.fd, iov: A.iov("iovcnt", "out"), iovcnt: A.int, offset: A.off, pos_h: A.ulong, flags: A.flags(rwfNames) },
    (k, fd, iov, n, pos, _h, flags) =>
      pos === -1 ? vectored(k, fd, iov, n, -1, flags, false) : positioned(pos, (p) => vectored(k, fd, iov, n, p, flags, false)),
    { linux: "fs/read_write.c preadv2", eintr: "slow", short: { length: "iov" } },
  ),
  syscall(
    "pwritev2",
    { fd: A.fd, iov: A.iov("iovcnt", "in"), iovcnt: A.int, offset: A.off, pos_h: A.ulong, flags: A.flags(rwfNames) },
    (k, fd, iov, n, pos, _h, flags) =>
      pos === -1 ? vectored(k, fd, iov, n, -1, flags, true) : positioned(pos, (p) => vectored(k, fd, iov, n, p, flags, true)),
    { linux: "fs/read_write.c pwritev2", eintr: "slow", short: { length: "iov", pipeWhole: PIPE_BUF } },
  ),
  syscall("lseek", { fd: A.fd, offset: A.off, whence: A.enum(whenceNames) }, sysLseek, { linux: "fs/read_write.c lseek" }),
];
