import type { File } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { PhysIter } from "../lib/physIter.ts";
import { getUser64, putUser64 } from "../mm/usercopy.ts";
import { type Socket, sockFromFile } from "../net/socket.ts";
import { stateClass } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, EISDIR, EOVERFLOW, ESPIPE, EXDEV } from "../uapi/errno.ts";
import { O_APPEND, O_NONBLOCK } from "../uapi/fcntl.ts";
import { MSG_DONTWAIT, MSG_MORE } from "../uapi/socket.ts";
import { isDir, isReg } from "../uapi/stat.ts";
import { fget } from "./file.ts";
import { touchAtime } from "./inode.ts";
import { fsnotifyAccess } from "./notify/fsnotify.ts";
import { getPipeInfo } from "./pipeInode.ts";
import { isSeekable, vfsWrite } from "./readWrite.ts";
import { canRead, canWrite, spliceFileToPipe } from "./splice.ts";
import { cancelSleep, filePage, filePiece, wouldBlock } from "./spliceFile.ts";

const PAGE_SIZE = 4096;
const MAX_RW_COUNT = 0x7ffff000;
const SPLICE_F_NONBLOCK = 2;

/** How far a sendfile to a socket that had to wait has come, and the socket's own part of that. */
class SendfileProgress {
  done = 0;
  inner: object | null = null;
}
stateClass(SendfileProgress);

/** Gives pages of a file to a socket, without copying them. Bytes, -errno or BLOCKED. @linux fs/splice.c splice_to_socket */
function pagesToSocket(k: Kernel, input: File, from: number, sock: Socket, nonblock: boolean, len: number): number {
  const task = k.current;
  const p = task.progress instanceof SendfileProgress ? task.progress : new SendfileProgress();
  let error = 0;
  while (p.done < len) {
    const n = filePage(k, input, from + p.done, len - p.done);
    if (n <= 0) {
      error = n;
      break;
    }
    const { frame, offset } = filePiece;
    const more = p.done + n < len && from + p.done + n < input.inode.size;
    task.progress = p.inner;
    p.inner = null;
    const r = sock.ops.sendPage!(k, sock, frame, offset, n, (nonblock ? MSG_DONTWAIT : 0) | (more ? MSG_MORE : 0));
    k.machine.phys.put(frame);
    if (r === BLOCKED) {
      p.inner = task.progress;
      task.progress = p;
      return r;
    }
    task.progress = null;
    if (r <= 0) {
      error = r;
      break;
    }
    p.done += r;
  }
  if (p.done > 0) {
    touchAtime(k, input);
    fsnotifyAccess(k, input);
  }
  return p.done > 0 ? p.done : error;
}

/** Writes pages of one file to another. Bytes, -errno or BLOCKED. @linux fs/splice.c do_splice_direct */
function copyPages(k: Kernel, input: File, from: number, output: File, to: number, len: number): number {
  const { phys } = k.machine;
  let done = 0;
  let error = 0;
  while (done < len) {
    if (done > 0 && wouldBlock(k, output)) break;
    const n = filePage(k, input, from + done, len - done);
    if (n <= 0) {
      error = n;
      break;
    }
    const { frame, offset } = filePiece;
    const r = vfsWrite(k, output, new PhysIter(frame * PAGE_SIZE + offset, n), to + done);
    phys.put(frame);
    if (r <= 0) {
      error = r;
      break;
    }
    done += r;
    if (r < n) break;
  }
  if (done > 0) {
    if (error === BLOCKED) cancelSleep(k);
    if (isReg(input.inode.mode)) touchAtime(k, input);
    fsnotifyAccess(k, input);
  }
  return done > 0 ? done : error;
}

/** The offset is written back whatever came of the call. @linux fs/read_write.c sendfile64 */
function sysSendfile(k: Kernel, outFd: number, inFd: number, offset: number, count: number): number {
  if (offset === 0) return doSendfile(k, outFd, inFd, false, 0, count);
  const pos = getUser64(k, offset);
  if (pos < 0) return -EFAULT;
  const n = doSendfile(k, outFd, inFd, true, pos, count);
  if (n !== BLOCKED && putUser64(k, offset, n > 0 ? pos + n : pos) < 0) return -EFAULT;
  return n;
}

/** @linux fs/read_write.c do_sendfile */
function doSendfile(k: Kernel, outFd: number, inFd: number, hasOffset: boolean, offset: number, count: number): number {
  const input = fget(k, inFd);
  if (!input || !canRead(input)) return -EBADF;
  const pos = hasOffset ? offset : input.pos;
  if (hasOffset && !isSeekable(input)) return -ESPIPE;
  if (pos >= 2 ** 63) return -EINVAL;
  const output = fget(k, outFd);
  if (!output || !canWrite(output)) return -EBADF;
  const len = Math.min(count, MAX_RW_COUNT);
  if (count >= 2 ** 63) return -EINVAL;
  const pipe = getPipeInfo(output);
  let n: number;
  if (pipe) n = len === 0 ? 0 : spliceFileToPipe(k, input, pos, pipe, len, output.flags & O_NONBLOCK ? SPLICE_F_NONBLOCK : 0);
  else {
    if (!isSeekable(input)) return -EINVAL;
    if (output.flags & O_APPEND) return -EINVAL;
    if (len === 0) return 0;
    const sock = sockFromFile(output);
    n = sock?.ops.sendPage
      ? pagesToSocket(k, input, pos, sock, (output.flags & O_NONBLOCK) !== 0, len)
      : copyPages(k, input, pos, output, output.pos, len);
    if (n > 0 && isSeekable(output)) output.pos += n;
  }
  if (n > 0 && !hasOffset) input.pos = pos + n;
  return n;
}

/** @linux fs/read_write.c vfs_copy_file_range */
function sysCopyFileRange(k: Kernel, inFd: number, inOff: number, outFd: number, outOff: number, size: number, flags: number): number {
  const input = fget(k, inFd);
  const output = fget(k, outFd);
  if (!input || !output) return -EBADF;
  let from = input.pos;
  let to = output.pos;
  if (inOff !== 0) {
    from = getUser64(k, inOff);
    if (from < 0) return -EFAULT;
  }
  if (outOff !== 0) {
    to = getUser64(k, outOff);
    if (to < 0) return -EFAULT;
  }
  if (flags !== 0) return -EINVAL;
  const a = input.inode;
  const b = output.inode;
  if (isDir(a.mode) || isDir(b.mode)) return -EISDIR;
  if (!isReg(a.mode) || !isReg(b.mode)) return -EINVAL;
  if (!canRead(input) || !canWrite(output) || output.flags & O_APPEND) return -EBADF;
  if (a.sb !== b.sb) return -EXDEV;
  if (from >= 2 ** 63 || to >= 2 ** 63) return -EINVAL;
  if (from + size >= 2 ** 63 || to + size >= 2 ** 63) return -EOVERFLOW;
  const len = Math.min(size, Math.max(0, a.size - from), MAX_RW_COUNT);
  if (a === b && to + len > from && to < from + len) return -EINVAL;
  if (len === 0) return 0;
  const n = copyPages(k, input, from, output, to, len);
  if (n > 0) {
    if (inOff === 0) input.pos = from + n;
    else if (putUser64(k, inOff, from + n) < 0) return -EFAULT;
    if (outOff === 0) output.pos = to + n;
    else if (putUser64(k, outOff, to + n) < 0) return -EFAULT;
  }
  return n;
}

export const sendfileSyscalls: SyscallDef[] = [
  syscall("sendfile", { out_fd: A.fd, in_fd: A.fd, offset: A.ptr, count: A.size }, sysSendfile, {
    linux: "fs/read_write.c do_sendfile",
    eintr: "slow",
    short: { length: "count" },
  }),
  syscall("copy_file_range", { fd_in: A.fd, off_in: A.ptr, fd_out: A.fd, off_out: A.ptr, len: A.size, flags: A.uint }, sysCopyFileRange, {
    linux: "fs/read_write.c vfs_copy_file_range",
    short: { length: "len" },
  }),
];
