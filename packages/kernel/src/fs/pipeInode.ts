import type { File, Inode } from "../include/linux/fs.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EBUSY } from "../uapi/errno.ts";

export const PIPE_DEF_BUFFERS = 16;
/** /proc/sys/fs/pipe-max-size */
export const PIPE_MAX_SIZE = 1048576;

/** The program gave the page away (vmsplice with SPLICE_F_GIFT). */
export const PIPE_BUF_FLAG_GIFT = 4;
/** One read takes one such buffer. */
export const PIPE_BUF_FLAG_PACKET = 8;
/** Later writes may append to it: the frame is the pipe's own. */
export const PIPE_BUF_FLAG_CAN_MERGE = 16;

/** struct pipe_buffer: a piece of a frame, to which it holds a reference. */
export class PipeBuffer {
  frame = 0;
  offset = 0;
  len = 0;
  flags = 0;
}

/**
 * struct pipe_inode_info: a ring of buffers. `head` counts buffers ever put in, `tail` buffers taken
 * out; ring sizes are powers of two.
 */
export class PipeInode {
  bufs: PipeBuffer[];
  head = 0;
  tail = 0;
  readers = 0;
  writers = 0;
  /** Open files and opens in progress. */
  files = 0;
  /** Times it was opened for reading and for writing: a waiting open sees by them that a partner came. */
  rCounter = 0;
  wCounter = 0;
  readonly rdWait = new WaitQueueHead();
  readonly wrWait = new WaitQueueHead();
  /** Someone polls it: then every write is an event, not only the first into an empty pipe. */
  pollUsage = false;
  /** Open files that want SIGIO. */
  fasyncReaders: File[] = [];
  fasyncWriters: File[] = [];

  constructor(slots = PIPE_DEF_BUFFERS) {
    this.bufs = Array.from({ length: slots }, () => new PipeBuffer());
  }

  get ringSize(): number {
    return this.bufs.length;
  }
  get empty(): boolean {
    return this.head === this.tail;
  }
  get full(): boolean {
    return this.head - this.tail >= this.bufs.length;
  }
  get occupancy(): number {
    return this.head - this.tail;
  }
  /** The buffer with running number n. */
  buf(n: number): PipeBuffer {
    return this.bufs[n % this.bufs.length] as PipeBuffer;
  }
  /** Bytes that can be read. */
  get bytes(): number {
    let n = 0;
    for (let i = this.tail; i < this.head; i++) n += this.buf(i).len;
    return n;
  }
}
stateClass(PipeBuffer, PipeInode);

/** What an open end of a pipe remembers: its pipe, and up to when its writers are "not yet come". */
export class PipeFile {
  readonly pipe: PipeInode;
  /** wCounter at a non-blocking open for reading without writers: no POLLHUP before one came. -1 else. */
  noHangupBefore = -1;
  constructor(pipe: PipeInode) {
    this.pipe = pipe;
  }
}
stateClass(PipeFile);

/** The pipe behind an open file, or null. @linux fs/pipe.c get_pipe_info */
export function getPipeInfo(file: File): PipeInode | null {
  return file.priv instanceof PipeFile ? file.priv.pipe : null;
}

/** The first buffer has been used up. @linux fs/pipe.c pipe_update_tail */
export function pipeDropTail(k: Kernel, pipe: PipeInode): void {
  const buf = pipe.buf(pipe.tail);
  k.machine.phys.put(buf.frame);
  buf.frame = 0;
  buf.len = 0;
  pipe.tail++;
}

/** Appends a buffer that holds a reference to `frame`. The ring must not be full. */
export function pipePush(pipe: PipeInode, frame: number, offset: number, len: number, flags: number): void {
  const buf = pipe.buf(pipe.head);
  buf.frame = frame;
  buf.offset = offset;
  buf.len = len;
  buf.flags = flags;
  pipe.head++;
}

/** Gives the ring another number of slots; -EBUSY if what is in it does not fit. @linux fs/pipe.c pipe_resize_ring */
export function pipeResizeRing(pipe: PipeInode, slots: number): number {
  const n = pipe.occupancy;
  if (slots < n) return -EBUSY;
  const bufs: PipeBuffer[] = [];
  for (let i = 0; i < n; i++) bufs.push(pipe.buf(pipe.tail + i));
  while (bufs.length < slots) bufs.push(new PipeBuffer());
  pipe.bufs = bufs;
  pipe.head = n;
  pipe.tail = 0;
  return 0;
}

/** The last user has gone: frames are given back. @linux fs/pipe.c free_pipe_info */
export function putPipeInfo(k: Kernel, inode: Inode, pipe: PipeInode): void {
  if (--pipe.files > 0) return;
  while (!pipe.empty) pipeDropTail(k, pipe);
  if (inode.special === pipe) inode.special = null;
}
