import type { File } from "../include/linux/fs.ts";
import { BLOCKED, TASK_RUNNING } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { PhysIter } from "../lib/physIter.ts";
import { allocPage, allocZeroedPage } from "../mm/pageAlloc.ts";
import { genericFileReadIter, readMappingPage } from "../mm/pageCache.ts";
import { sockFromFile } from "../net/socket.ts";
import { EINVAL, ENOMEM } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import { POLLIN, POLLOUT } from "../uapi/poll.ts";
import { MSG_DONTWAIT, MSG_MORE } from "../uapi/socket.ts";
import { isDir, isReg } from "../uapi/stat.ts";
import { touchAtime } from "./inode.ts";
import { fsnotifyAccess } from "./notify/fsnotify.ts";
import { type PipeInode, pipeDropTail, pipePush } from "./pipeInode.ts";
import { vfsWrite } from "./readWrite.ts";

const PAGE_SIZE = 4096;

/** Out parameters of filePage: the frame (the caller owns a reference) and where in it the bytes are. */
export const filePiece = { frame: 0, offset: 0 };

/**
 * Up to `n` bytes of a file at `pos` as a frame: the page cache's own where the file lives there,
 * else a fresh one that is read into.
 * @returns bytes, 0 at the end of the file, -errno or BLOCKED
 * @linux mm/filemap.c filemap_splice_read, fs/splice.c copy_splice_read
 */
export function filePage(k: Kernel, file: File, pos: number, n: number): number {
  const { phys } = k.machine;
  const { inode } = file;
  const { mapping } = inode;
  if (mapping && isReg(inode.mode) && file.op.read === genericFileReadIter) {
    const bytes = Math.min(n, PAGE_SIZE - (pos % PAGE_SIZE), inode.size - pos);
    if (bytes <= 0) return 0;
    const index = Math.floor(pos / PAGE_SIZE);
    let frame: number;
    if (!mapping.ops.readPage && !mapping.pages.has(index)) {
      // A hole is not filled for being read.
      frame = allocZeroedPage(k);
      if (frame === 0) return -ENOMEM;
    } else {
      frame = readMappingPage(k, mapping, index);
      if (frame < 0) return frame;
      phys.get(frame);
    }
    filePiece.frame = frame;
    filePiece.offset = pos % PAGE_SIZE;
    return bytes;
  }
  if (!file.op.read || isDir(inode.mode)) return -EINVAL;
  const refused = file.op.refuseSpliceRead?.(file) ?? 0;
  if (refused < 0) return refused;
  const frame = allocPage(k);
  if (frame === 0) return -ENOMEM;
  const r = file.op.read(k, file, new PhysIter(frame * PAGE_SIZE, Math.min(n, PAGE_SIZE)), pos);
  if (r <= 0) {
    phys.put(frame);
    return r;
  }
  filePiece.frame = frame;
  filePiece.offset = 0;
  return r;
}

/** A call that has something to show for does not sleep after all. */
export function cancelSleep(k: Kernel): void {
  const task = k.current;
  k.sched.leaveQueues(task);
  task.state = TASK_RUNNING;
  task.progress = null;
}

/** Moves up to `len` bytes of a file into a pipe that has room. Bytes, -errno or BLOCKED. @linux fs/splice.c do_splice_to */
export function spliceFileIn(k: Kernel, file: File, pos: number, pipe: PipeInode, len: number): number {
  let done = 0;
  while (done < len && !pipe.full) {
    const n = filePage(k, file, pos + done, len - done);
    if (n <= 0) {
      if (n === BLOCKED && done > 0) cancelSleep(k);
      if (done === 0) return n;
      break;
    }
    pipePush(pipe, filePiece.frame, filePiece.offset, n, 0);
    done += n;
    // What is not a plain file may have no more just now.
    if (!isReg(file.inode.mode) && (n < PAGE_SIZE || !readable(k, file))) break;
  }
  if (done > 0) {
    if (isReg(file.inode.mode)) touchAtime(k, file);
    fsnotifyAccess(k, file);
  }
  return done;
}

/** Can more be read without waiting? */
function readable(k: Kernel, file: File): boolean {
  return file.op.poll === undefined || (file.op.poll(k, file, null) & POLLIN) !== 0;
}

/** Would a write to it wait? Only asked of what is no plain file. */
export function wouldBlock(k: Kernel, file: File): boolean {
  return !isReg(file.inode.mode) && file.op.poll !== undefined && (file.op.poll(k, file, null) & POLLOUT) === 0;
}

/** Writes what is in a pipe to a file at `pos`. Bytes, -errno or BLOCKED. @linux fs/splice.c iter_file_splice_write */
export function splicePipeOut(k: Kernel, pipe: PipeInode, file: File, pos: number, len: number): number {
  let done = 0;
  while (done < len && !pipe.empty) {
    const buf = pipe.buf(pipe.tail);
    const n = Math.min(buf.len, len - done);
    if (n > 0) {
      if (done > 0 && wouldBlock(k, file)) break;
      const sock = sockFromFile(file);
      const flags = (file.flags & O_NONBLOCK ? MSG_DONTWAIT : 0) | (n < len - done && pipe.occupancy > 1 ? MSG_MORE : 0);
      const r = sock?.ops.sendPage
        ? sock.ops.sendPage(k, sock, buf.frame, buf.offset, n, flags)
        : vfsWrite(k, file, new PhysIter(buf.frame * PAGE_SIZE + buf.offset, n), pos + done);
      if (r <= 0) {
        if (r === BLOCKED && done > 0) cancelSleep(k);
        return done > 0 ? done : r;
      }
      buf.offset += r;
      buf.len -= r;
      done += r;
      if (r < n) break;
    }
    if (buf.len === 0) pipeDropTail(k, pipe);
  }
  return done;
}
