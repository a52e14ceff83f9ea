import type { File, Inode } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EINVAL, ENXIO } from "../uapi/errno.ts";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../uapi/fcntl.ts";
import { PipeFile, PipeInode, putPipeInfo } from "./pipeInode.ts";

/** An open that waits for the other end: it counts as reader or writer already. */
class FifoOpen {
  readonly pipe: PipeInode;
  /** Value of the partner's counter when the wait began. */
  readonly seen: number;
  constructor(pipe: PipeInode, seen: number) {
    this.pipe = pipe;
    this.seen = seen;
  }
}
stateClass(FifoOpen);

/** The wait for a partner is by its counter, so one that has come and gone is enough. @linux fs/pipe.c wake_up_partner */
function wakeUpPartner(k: Kernel, pipe: PipeInode): void {
  pipe.rdWait.wakeUpAll(k);
}

/**
 * Opens a named pipe (or a pipe again through /proc/PID/fd): a reader waits for a writer and the
 * other way round, except with O_NONBLOCK or O_RDWR.
 * @linux fs/pipe.c fifo_open
 */
export function fifoOpen(k: Kernel, inode: Inode, file: File): number {
  const task = k.current;
  const waiting = task.progress instanceof FifoOpen && task.progress.pipe === inode.special ? task.progress : null;
  const unnamed = inode.sb.type === "pipefs";
  let pipe = inode.special as PipeInode | null;
  if (!pipe) {
    pipe = new PipeInode();
    inode.special = pipe;
  }
  const pf = new PipeFile(pipe);
  file.priv = pf;
  const nonblock = (file.flags & O_NONBLOCK) !== 0;
  switch (file.flags & O_ACCMODE) {
    case O_RDONLY:
      if (!waiting) {
        pipe.files++;
        pipe.rCounter++;
        if (pipe.readers++ === 0) wakeUpPartner(k, pipe);
        if (!unnamed && pipe.writers === 0) {
          if (nonblock) pf.noHangupBefore = pipe.wCounter;
          else return waitForPartner(k, inode, pipe, pipe.wCounter, true);
        }
        return 0;
      }
      return waiting.seen === pipe.wCounter ? waitForPartner(k, inode, pipe, waiting.seen, true) : 0;
    case O_WRONLY:
      if (!waiting) {
        if (!unnamed && nonblock && pipe.readers === 0) {
          if (pipe.files === 0) inode.special = null;
          return -ENXIO;
        }
        pipe.files++;
        pipe.wCounter++;
        if (pipe.writers++ === 0) wakeUpPartner(k, pipe);
        if (!unnamed && pipe.readers === 0) return waitForPartner(k, inode, pipe, pipe.rCounter, false);
        return 0;
      }
      return waiting.seen === pipe.rCounter ? waitForPartner(k, inode, pipe, waiting.seen, false) : 0;
    case O_RDWR:
      pipe.files++;
      pipe.readers++;
      pipe.writers++;
      pipe.rCounter++;
      pipe.wCounter++;
      if (pipe.readers === 1 || pipe.writers === 1) wakeUpPartner(k, pipe);
      return 0;
    default:
      if (pipe.files === 0) inode.special = null;
      return -EINVAL;
  }
}

/** Sleeps until the partner's counter moves; a signal takes the half-done open back. @linux fs/pipe.c wait_for_partner */
function waitForPartner(k: Kernel, inode: Inode, pipe: PipeInode, seen: number, reader: boolean): number {
  const r = k.sched.sleepOn(pipe.rdWait);
  if (r === BLOCKED) {
    k.current.progress = new FifoOpen(pipe, seen);
    return r;
  }
  k.current.progress = null;
  if (reader) {
    if (--pipe.readers === 0) pipe.wrWait.wakeUpAll(k);
  } else if (--pipe.writers === 0) pipe.rdWait.wakeUpAll(k);
  putPipeInfo(k, inode, pipe);
  return r;
}
