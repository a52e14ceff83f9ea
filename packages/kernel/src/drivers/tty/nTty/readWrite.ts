import type { File } from "../../../include/linux/fs.ts";
import type { PollTable } from "../../../include/linux/wait.ts";
import type { Kernel } from "../../../kernel.ts";
import type { IovIter } from "../../../lib/iovIter.ts";
import { EAGAIN, EFAULT, EIO, ERESTARTSYS } from "../../../uapi/errno.ts";
import { EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDNORM, EPOLLWRNORM } from "../../../uapi/eventpoll.ts";
import { SIGTTIN } from "../../../uapi/signal.ts";
import { EXTPROC, OPOST, TOSTOP, VMIN, VTIME } from "../../../uapi/termios.ts";
import { TIOCPKT_DATA } from "../../../uapi/ttyIoctl.ts";
import { ttyWakeup } from "../flow.ts";
import { hungUpTtyFops } from "../hangup.ts";
import { ttyCheckChange } from "../jobctrl.ts";
import type { Tty } from "../types.ts";
import { MASK, N_TTY_BUF_SIZE } from "./data.ts";
import { processEchoes, processOutput } from "./output.ts";
import { DISABLED_CHAR, flushToLdisc } from "./receive.ts";

const O_NONBLOCK = 0o4000;
const TENTH_NS = 100_000_000;
const CHUNK = 2048;
/** Few enough bytes waiting for the line that more are welcome. @linux include/linux/tty.h WAKEUP_CHARS */
const WAKEUP_CHARS = 256;
const READABLE = EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLHUP;

function canonical(tty: Tty): boolean {
  return tty.ld.icanon && !(tty.termios.lflag & EXTPROC);
}

/** Bytes a reader in raw mode may have; in canonical mode 1 if a line is complete. @linux drivers/tty/n_tty.c input_available_p */
function available(tty: Tty): number {
  const { ld } = tty;
  if (canonical(tty)) return ld.canonHead !== ld.readTail ? 1 : 0;
  return ld.commitHead - ld.readTail;
}

/** What a call that waits for VMIN or VTIME remembers. */
interface ReadProgress {
  kind: "tty";
  /** Bytes there were when it went to sleep, to see whether the inter-byte timer starts again. */
  seen: number;
}

/** @linux drivers/tty/n_tty.c n_tty_read */
export function nTtyRead(k: Kernel, tty: Tty, file: File, to: IovIter): number {
  const { ld } = tty;
  const check = file.op === hungUpTtyFops ? 0 : ttyCheckChange(k, tty, SIGTTIN);
  if (check < 0) return check;
  if (to.count === 0) return 0;
  if (tty.packet && tty.link && tty.link.pktStatus !== 0) {
    const status = tty.link.pktStatus;
    tty.link.pktStatus = 0;
    return to.copyTo(k, Uint8Array.of(status), 0, 1) === 1 ? 1 : -EFAULT;
  }
  const canon = canonical(tty);
  let minimum = 1;
  let time = 0;
  let timeout = Number.POSITIVE_INFINITY;
  if (!ld.icanon) {
    minimum = tty.termios.cc[VMIN] as number;
    const tenths = (tty.termios.cc[VTIME] as number) * TENTH_NS;
    if (minimum > 0) time = tenths;
    else {
      timeout = tenths;
      minimum = 1;
    }
  }
  const got = available(tty);
  // In packet mode the status byte counts, too.
  const want = canon ? 1 : Math.max(1, Math.min(minimum, to.count) - (tty.packet ? 1 : 0));
  if (got < want) {
    if (got === 0 && tty.otherClosed) return -EIO;
    if (got === 0 && timeout === 0) return 0;
    if (file.flags & O_NONBLOCK) {
      if (got === 0) return -EAGAIN;
    } else if (!tty.otherClosed) {
      const r = waitForInput(k, tty, got, time, timeout);
      if (r !== 0) return r;
    }
  }
  return canon ? readCanon(k, tty, to) : readRaw(k, tty, to);
}

/** Sleeps until more has come. @returns 0 once the caller is to take what is there */
function waitForInput(k: Kernel, tty: Tty, got: number, time: number, timeout: number): number {
  const task = k.current;
  const progress = task.progress as ReadProgress | null;
  if (timeout !== Number.POSITIVE_INFINITY) k.sched.setDeadline(k.time.now() + timeout);
  else if (time > 0 && got > 0 && progress?.seen !== got) {
    // The timer between bytes starts again with each one.
    task.deadline = Number.POSITIVE_INFINITY;
    k.sched.setDeadline(k.time.now() + time);
  }
  if (k.sched.deadlinePassed()) return 0;
  const r = k.sched.sleepOn(tty.readWait, READABLE);
  if (r === -ERESTARTSYS) return got > 0 ? 0 : r;
  const next: ReadProgress = { kind: "tty", seen: got };
  task.progress = next;
  return r;
}

/** Room has come: bytes that waited before the line discipline go in, whoever sent them may send more. */
function afterRead(k: Kernel, tty: Tty): void {
  if (tty.flip.length > 0) flushToLdisc(k, tty);
  tty.ops.unthrottle?.(k, tty);
  if (tty.link) ttyWakeup(k, tty.link);
}

/** Copies from the ring. @returns bytes copied */
function copyOut(k: Kernel, tty: Tty, to: IovIter, n: number): number {
  const { readBuf, readTail } = tty.ld;
  const from = readTail & MASK;
  const first = Math.min(n, N_TTY_BUF_SIZE - from);
  const done = to.copyTo(k, readBuf, from, first);
  if (done < first || first === n) return done;
  return first + to.copyTo(k, readBuf, 0, n - first);
}

/** At most one line. @linux drivers/tty/n_tty.c canon_copy_from_read_buf */
function readCanon(k: Kernel, tty: Tty, to: IovIter): number {
  const { ld } = tty;
  const limit = Math.min(to.count, ld.canonHead - ld.readTail);
  let n = 0;
  while (n < limit && !ld.readFlags[(ld.readTail + n) & MASK]) n++;
  const found = n < limit;
  let used = n;
  if (found) {
    used = n + 1;
    if (ld.readBuf[(ld.readTail + n) & MASK] !== DISABLED_CHAR) n++;
  }
  const copied = copyOut(k, tty, to, n);
  if (copied < n) return copied > 0 ? copied : -EFAULT;
  if (found) {
    ld.readFlags[(ld.readTail + used - 1) & MASK] = 0;
    ld.push = false;
  }
  ld.readTail += used;
  if (!found && to.count === 0) skipEof(tty);
  afterRead(k, tty);
  return n;
}

/** An end of file right behind a full read is part of it. @linux drivers/tty/n_tty.c canon_skip_eof */
function skipEof(tty: Tty): void {
  const { ld } = tty;
  if (ld.readTail === ld.canonHead) return;
  const at = ld.readTail & MASK;
  if (!ld.readFlags[at] || ld.readBuf[at] !== DISABLED_CHAR) return;
  ld.readFlags[at] = 0;
  ld.readTail++;
}

/** @linux drivers/tty/n_tty.c copy_from_read_buf */
function readRaw(k: Kernel, tty: Tty, to: IovIter): number {
  const { ld } = tty;
  let done = 0;
  if (ld.commitHead === ld.readTail) return 0;
  if (tty.packet) {
    if (to.copyTo(k, Uint8Array.of(TIOCPKT_DATA), 0, 1) !== 1) return -EFAULT;
    done = 1;
  }
  while (to.count > 0 && ld.commitHead !== ld.readTail) {
    const n = Math.min(to.count, ld.commitHead - ld.readTail);
    const copied = copyOut(k, tty, to, n);
    ld.readTail += copied;
    done += copied;
    if (copied < n) {
      if (done === 0) return -EFAULT;
      break;
    }
    afterRead(k, tty);
  }
  return done;
}

/** What a blocked write has sent so far. */
interface WriteProgress {
  kind: "ttyWrite";
  done: number;
}

/** @linux drivers/tty/n_tty.c n_tty_write */
export function nTtyWrite(k: Kernel, tty: Tty, file: File, from: IovIter): number {
  const task = k.current;
  const progress = task.progress as WriteProgress | null;
  let done = progress?.done ?? 0;
  if (done === 0 && tty.termios.lflag & TOSTOP) {
    const r = ttyCheckChange(k, tty);
    if (r < 0) return r;
  }
  processEchoes(k, tty);
  const buffer = new Uint8Array(Math.min(CHUNK, from.count));
  let skip = done;
  while (skip > 0) {
    const n = from.copyFrom(k, buffer, 0, Math.min(skip, buffer.length));
    if (n === 0) break;
    skip -= n;
  }
  while (from.count > 0) {
    if (task.sigPendingFlag) return done > 0 ? done : -ERESTARTSYS;
    if (file.op === hungUpTtyFops || (tty.ops.name === "pty_slave" && tty.link?.count === 0)) return done > 0 ? done : -EIO;
    const n = from.copyFrom(k, buffer, 0, Math.min(buffer.length, from.count));
    if (n === 0) return done > 0 ? done : -EFAULT;
    const taken = tty.termios.oflag & OPOST ? processOutput(k, tty, buffer, 0, n) : tty.ops.write(k, tty, buffer, 0, n);
    if (taken < 0) return done > 0 ? done : taken;
    done += taken;
    if (taken === n) continue;
    from.revert(n - taken);
    if (file.flags & O_NONBLOCK) return done > 0 ? done : -EAGAIN;
    const r = k.sched.sleepOn(tty.writeWait, EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
    if (r === -ERESTARTSYS) return done > 0 ? done : r;
    const next: WriteProgress = { kind: "ttyWrite", done };
    task.progress = next;
    return r;
  }
  return done;
}

/** @linux drivers/tty/n_tty.c n_tty_poll */
export function nTtyPoll(k: Kernel, tty: Tty, table: PollTable | null): number {
  table?.wait(k, tty.readWait);
  table?.wait(k, tty.writeWait);
  let mask = 0;
  const { cc } = tty.termios;
  const amount = !canonical(tty) && cc[VTIME] === 0 && cc[VMIN] !== 0 ? (cc[VMIN] as number) : 1;
  if (available(tty) >= amount) mask |= EPOLLIN | EPOLLRDNORM;
  if (tty.packet && tty.link && tty.link.pktStatus !== 0) mask |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
  if (tty.otherClosed) mask |= EPOLLHUP;
  if (tty.ops.charsInBuffer(k, tty) < WAKEUP_CHARS && tty.ops.writeRoom(k, tty) > 0) mask |= EPOLLOUT | EPOLLWRNORM;
  return mask;
}
