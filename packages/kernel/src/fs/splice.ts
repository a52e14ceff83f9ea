import type { File } from "../include/linux/fs.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { copyFromUser, getUser64, putUser64, userPage } from "../mm/usercopy.ts";
import { importIovec } from "../mm/userIov.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EBADF, EFAULT, EINVAL, EPIPE, ESPIPE } from "../uapi/errno.ts";
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../uapi/fcntl.ts";
import { SIGPIPE } from "../uapi/signal.ts";
import { fget } from "./file.ts";
import { wakeReaders, wakeWriters } from "./pipe.ts";
import { getPipeInfo, PIPE_BUF_FLAG_CAN_MERGE, PIPE_BUF_FLAG_GIFT, type PipeInode, pipeDropTail, pipePush } from "./pipeInode.ts";
import { isSeekable } from "./readWrite.ts";
import { spliceFileIn, splicePipeOut } from "./spliceFile.ts";

const PAGE_SIZE = 4096;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const SPLICE_F_MORE = 4;
const SPLICE_F_GIFT = 8;
export const SPLICE_F_ALL = 15;
/** Largest transfer of one call. */
const MAX_RW_COUNT = 0x7ffff000;
/** Flags that a second reference to a buffer does not inherit. */
const UNSHARED = PIPE_BUF_FLAG_GIFT | PIPE_BUF_FLAG_CAN_MERGE;

export const canRead = (file: File): boolean => (file.flags & O_ACCMODE) !== O_WRONLY;
export const canWrite = (file: File): boolean => (file.flags & O_ACCMODE) !== O_RDONLY;

/** 1: there is something to take; 0: there never will be; else -EAGAIN, -ERESTARTSYS or BLOCKED. @linux fs/splice.c ipipe_prep */
function waitForData(k: Kernel, pipe: PipeInode, flags: number): number {
  if (!pipe.empty) return 1;
  if (pipe.writers === 0) return 0;
  if (flags & SPLICE_F_NONBLOCK) return -EAGAIN;
  return k.sched.sleepOn(pipe.rdWait);
}

/** 1: there is room; else -EPIPE with its signal, -EAGAIN, -ERESTARTSYS or BLOCKED. @linux fs/splice.c wait_for_space */
function waitForSpace(k: Kernel, pipe: PipeInode, flags: number): number {
  if (pipe.readers === 0) {
    sendSig(k, SIGPIPE, k.current);
    return -EPIPE;
  }
  if (!pipe.full) return 1;
  if (flags & SPLICE_F_NONBLOCK) return -EAGAIN;
  return k.sched.sleepOn(pipe.wrWait);
}

/** Moves or shares buffers from one pipe to the other. @linux fs/splice.c splice_pipe_to_pipe, link_pipe */
function pipeToPipe(k: Kernel, from: PipeInode, to: PipeInode, len: number, flags: number, copy: boolean): number {
  const data = waitForData(k, from, flags);
  if (data <= 0) return data;
  const space = waitForSpace(k, to, flags);
  if (space <= 0) return space;
  const { phys } = k.machine;
  let done = 0;
  let took = false;
  let at = from.tail;
  while (done < len && at < from.head && !to.full) {
    const buf = from.buf(at);
    const n = Math.min(buf.len, len - done);
    if (copy || n < buf.len) {
      phys.get(buf.frame);
      pipePush(to, buf.frame, buf.offset, n, buf.flags & ~UNSHARED);
      if (!copy) {
        buf.offset += n;
        buf.len -= n;
      }
    } else {
      pipePush(to, buf.frame, buf.offset, n, buf.flags);
      buf.frame = 0;
      buf.len = 0;
      from.tail++;
      took = true;
    }
    at++;
    done += n;
  }
  if (done > 0) wakeReaders(k, to);
  if (took) wakeWriters(k, from);
  return done;
}

/** Offsets of a splice, null = the file's own position; where a position was given, what it is afterwards. */
export interface SpliceOffsets {
  in: number | null;
  out: number | null;
}

/** An offset argument in user memory. */
const readOffset = (k: Kernel, address: number): number => getUser64(k, address);

function sysSplice(k: Kernel, fdIn: number, offIn: number, fdOut: number, offOut: number, size: number, flags: number): number {
  if (flags & ~SPLICE_F_ALL) return -EINVAL;
  if (size === 0) return 0;
  const input = fget(k, fdIn);
  const output = fget(k, fdOut);
  if (!input || !output) return -EBADF;
  if ((offIn !== 0 && getPipeInfo(input)) || (offOut !== 0 && getPipeInfo(output))) return -ESPIPE;
  const offsets: SpliceOffsets = { in: null, out: null };
  if (offOut !== 0) {
    offsets.out = readOffset(k, offOut);
    if (offsets.out < 0) return -EFAULT;
  }
  if (offIn !== 0) {
    offsets.in = readOffset(k, offIn);
    if (offsets.in < 0) return -EFAULT;
  }
  const n = doSplice(k, input, output, offsets, size, flags);
  if (n > 0 && offsets.out !== null && putUser64(k, offOut, offsets.out) < 0) return -EFAULT;
  if (n > 0 && offsets.in !== null && putUser64(k, offIn, offsets.in) < 0) return -EFAULT;
  return n;
}

/** Moves bytes between two open files, one of which is a pipe; `offsets` go forward with them. @linux fs/splice.c do_splice */
export function doSplice(k: Kernel, input: File, output: File, offsets: SpliceOffsets, size: number, flags: number): number {
  const len = Math.min(size, MAX_RW_COUNT);
  const ipipe = getPipeInfo(input);
  const opipe = getPipeInfo(output);
  if ((ipipe && offsets.in !== null) || (opipe && offsets.out !== null)) return -ESPIPE;
  if (!canRead(input) || !canWrite(output)) return -EBADF;
  if (ipipe && opipe) {
    if (ipipe === opipe) return -EINVAL;
    const nonblock = (input.flags | output.flags) & O_NONBLOCK ? SPLICE_F_NONBLOCK : 0;
    return pipeToPipe(k, ipipe, opipe, len, flags | nonblock, false);
  }
  if (ipipe) {
    if (offsets.out !== null && !isSeekable(output)) return -EINVAL;
    const pos = offsets.out ?? output.pos;
    if (output.flags & O_APPEND) return -EINVAL;
    if (!output.op.write) return -EINVAL;
    if (output.op.refuseSplice) return output.op.refuseSplice();
    if (pos < 0 || pos >= 2 ** 63) return -EINVAL;
    const data = waitForData(k, ipipe, input.flags & O_NONBLOCK ? flags | SPLICE_F_NONBLOCK : flags);
    if (data <= 0) return data;
    const tail = ipipe.tail;
    const n = splicePipeOut(k, ipipe, output, pos, len);
    if (ipipe.tail !== tail) wakeWriters(k, ipipe);
    if (n > 0) {
      if (offsets.out === null) output.pos = pos + n;
      else offsets.out = pos + n;
    }
    return n;
  }
  if (opipe) {
    if (offsets.in !== null && !isSeekable(input)) return -EINVAL;
    const pos = offsets.in ?? input.pos;
    if (pos < 0 || pos >= 2 ** 63) return -EINVAL;
    const n = spliceFileToPipe(k, input, pos, opipe, len, output.flags & O_NONBLOCK ? flags | SPLICE_F_NONBLOCK : flags);
    if (n > 0) {
      if (offsets.in === null) input.pos = pos + n;
      else offsets.in = pos + n;
    }
    return n;
  }
  return -EINVAL;
}

/** Waits for room in the pipe, then moves file pages into it. @linux fs/splice.c splice_file_to_pipe */
export function spliceFileToPipe(k: Kernel, file: File, pos: number, pipe: PipeInode, len: number, flags: number): number {
  const space = waitForSpace(k, pipe, flags);
  if (space <= 0) return space;
  const n = spliceFileIn(k, file, pos, pipe, len);
  if (n > 0) wakeReaders(k, pipe);
  return n;
}

function sysTee(k: Kernel, fdIn: number, fdOut: number, size: number, flags: number): number {
  if (flags & ~SPLICE_F_ALL) return -EINVAL;
  if (size === 0) return 0;
  const input = fget(k, fdIn);
  const output = fget(k, fdOut);
  return input && output ? doTee(k, input, output, size, flags) : -EBADF;
}

/** Gives a second pipe what is in a first, which keeps it. @linux fs/splice.c do_tee */
export function doTee(k: Kernel, input: File, output: File, size: number, flags: number): number {
  const ipipe = getPipeInfo(input);
  const opipe = getPipeInfo(output);
  if (!canRead(input) || !canWrite(output)) return -EBADF;
  if (!ipipe || !opipe || ipipe === opipe) return -EINVAL;
  const nonblock = (input.flags | output.flags) & O_NONBLOCK ? SPLICE_F_NONBLOCK : 0;
  return pipeToPipe(k, ipipe, opipe, Math.min(size, MAX_RW_COUNT), flags | nonblock, true);
}

const iovBytes = new Uint8Array(16);
const iovView = new DataView(iovBytes.buffer);

/** The program's own frames become buffers of the pipe. @linux fs/splice.c vmsplice_to_pipe */
function vmspliceToPipe(k: Kernel, pipe: PipeInode, iov: number, count: number, flags: number): number {
  const space = waitForSpace(k, pipe, flags);
  if (space <= 0) return space;
  const { phys } = k.machine;
  let done = 0;
  for (let i = 0; i < count && !pipe.full; i++) {
    if (copyFromUser(k, iov + i * 16, iovBytes, 0, 16) !== 0) break;
    const base = iovView.getUint32(0, true) + iovView.getUint32(4, true) * 2 ** 32;
    const length = iovView.getUint32(8, true) + iovView.getUint32(12, true) * 2 ** 32;
    let at = 0;
    while (at < length && !pipe.full) {
      const pa = userPage(k, base + at, false);
      if (pa < 0) {
        if (done > 0) wakeReaders(k, pipe);
        return done > 0 ? done : -EFAULT;
      }
      const n = Math.min(length - at, PAGE_SIZE - (pa % PAGE_SIZE));
      const frame = Math.floor(pa / PAGE_SIZE);
      phys.get(frame);
      pipePush(pipe, frame, pa % PAGE_SIZE, n, flags & SPLICE_F_GIFT ? PIPE_BUF_FLAG_GIFT : 0);
      at += n;
      done += n;
    }
  }
  if (done > 0) wakeReaders(k, pipe);
  return done;
}

/** Copies a pipe's bytes to the program. @linux fs/splice.c vmsplice_to_user */
function vmspliceToUser(k: Kernel, pipe: PipeInode, to: IovIter, flags: number): number {
  const data = waitForData(k, pipe, flags);
  if (data <= 0) return data;
  let done = 0;
  const { tail } = pipe;
  while (to.count > 0 && !pipe.empty) {
    const buf = pipe.buf(pipe.tail);
    const n = Math.min(buf.len, to.count);
    const copied = to.copyPhysTo(k, buf.frame * PAGE_SIZE + buf.offset, n);
    buf.offset += copied;
    buf.len -= copied;
    done += copied;
    if (buf.len === 0) pipeDropTail(k, pipe);
    if (copied < n) {
      if (done === 0) return -EFAULT;
      break;
    }
  }
  if (pipe.tail !== tail) wakeWriters(k, pipe);
  return done;
}

/** @linux fs/splice.c vmsplice */
function sysVmsplice(k: Kernel, fd: number, iov: number, count: number, flags: number): number {
  if (flags & ~SPLICE_F_ALL) return -EINVAL;
  const file = fget(k, fd);
  if (!file) return -EBADF;
  const write = canWrite(file);
  const iter = importIovec(k, iov, count, write);
  if (typeof iter === "number") return iter;
  if (iter.count === 0) return 0;
  const pipe = getPipeInfo(file);
  if (!pipe) return -EBADF;
  return write ? vmspliceToPipe(k, pipe, iov, count, flags) : vmspliceToUser(k, pipe, iter, flags);
}

const spliceNames = flagNames("SPLICE_F_???", { SPLICE_F_MOVE, SPLICE_F_NONBLOCK, SPLICE_F_MORE, SPLICE_F_GIFT });

export const spliceSyscalls: SyscallDef[] = [
  syscall(
    "splice",
    { fd_in: A.fd, off_in: A.ptr, fd_out: A.fd, off_out: A.ptr, len: A.size, flags: A.flags(spliceNames, "u32") },
    sysSplice,
    {
      linux: "fs/splice.c do_splice",
      eintr: "slow",
      short: { length: "len" },
    },
  ),
  syscall("tee", { fdin: A.fd, fdout: A.fd, len: A.size, flags: A.flags(spliceNames, "u32") }, sysTee, {
    linux: "fs/splice.c do_tee",
    eintr: "slow",
    short: { length: "len" },
  }),
  syscall("vmsplice", { fd: A.fd, iov: A.iov("nr_segs", "in"), nr_segs: A.ulong, flags: A.flags(spliceNames, "u32") }, sysVmsplice, {
    linux: "fs/splice.c vmsplice",
    eintr: "slow",
    short: { length: "iov" },
  }),
];
