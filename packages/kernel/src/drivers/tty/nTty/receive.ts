import { killPgrp } from "../../../kernel/signal.ts";
import type { Kernel } from "../../../kernel.ts";
import { COPY_KERNEL, countCopy } from "../../../trace/copies.ts";
import { EPOLLIN, EPOLLRDNORM } from "../../../uapi/eventpoll.ts";
import { SIGINT, SIGQUIT, SIGTSTP } from "../../../uapi/signal.ts";
import {
  ECHO,
  ECHOCTL,
  ECHONL,
  EXTPROC,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IXANY,
  IXON,
  NOFLSH,
  PARMRK,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VWERASE,
} from "../../../uapi/termios.ts";
import { TIOCPKT_FLUSHREAD } from "../../../uapi/ttyIoctl.ts";
import { packetStatus, startTty, stopTty } from "../flow.ts";
import type { Tty } from "../types.ts";
import { toLower } from "./ctype.ts";
import { MASK, N_TTY_BUF_SIZE } from "./data.ts";
import { eraser } from "./erase.ts";
import { echoChar, echoCharRaw, echoSetCanonCol, finishErasing, processEchoes } from "./output.ts";

/** What a line ends with in the buffer where an end of file was typed. @linux drivers/tty/n_tty.c __DISABLED_CHAR */
export const DISABLED_CHAR = 0;

function putTtyQueue(tty: Tty, c: number): void {
  const { ld } = tty;
  ld.readBuf[ld.readHead & MASK] = c;
  ld.readHead++;
}

function putDoubled(tty: Tty, c: number): void {
  if (c === 0xff && tty.termios.iflag & PARMRK) putTtyQueue(tty, c);
  putTtyQueue(tty, c);
}

function echoInput(k: Kernel, tty: Tty, c: number): void {
  const { ld } = tty;
  finishErasing(tty);
  if (ld.canonHead === ld.readHead) echoSetCanonCol(tty);
  echoChar(tty, c);
  processEchoes(k, tty);
}

function resumeOnAny(k: Kernel, tty: Tty): void {
  const { iflag } = tty.termios;
  if (tty.stopped && !tty.tcoStopped && iflag & IXON && iflag & IXANY) {
    startTty(k, tty);
    processEchoes(k, tty);
  }
}

/** @linux drivers/tty/n_tty.c n_tty_receive_char */
function receiveChar(k: Kernel, tty: Tty, c: number): void {
  resumeOnAny(k, tty);
  if (tty.termios.lflag & ECHO) echoInput(k, tty, c);
  putDoubled(tty, c);
}

/** @linux drivers/tty/n_tty.c isig */
function isig(k: Kernel, tty: Tty, sig: number): void {
  if (tty.pgrp !== 0) killPgrp(k, tty.pgrp, sig);
  if (tty.termios.lflag & NOFLSH) return;
  tty.ld.echo.length = 0;
  tty.ops.flushBuffer(k, tty);
  resetBufferFlags(tty);
  if (tty.link) packetStatus(k, tty, TIOCPKT_FLUSHREAD, 0);
}

/** Throws the input away. @linux drivers/tty/n_tty.c reset_buffer_flags */
export function resetBufferFlags(tty: Tty): void {
  const { ld } = tty;
  ld.readHead = ld.readTail = ld.canonHead = ld.commitHead = 0;
  ld.erasing = false;
  ld.push = false;
  ld.readFlags.fill(0);
}

function receiveSignalChar(k: Kernel, tty: Tty, sig: number, c: number): void {
  isig(k, tty, sig);
  if (tty.termios.iflag & IXON) startTty(k, tty);
  if (tty.termios.lflag & ECHO) echoChar(tty, c);
  processEchoes(k, tty);
}

/** A byte of the character map. @linux drivers/tty/n_tty.c n_tty_receive_char_special */
function receiveSpecial(k: Kernel, tty: Tty, byte: number): void {
  const { ld } = tty;
  const { iflag, lflag, cc } = tty.termios;
  let c = byte;
  if (iflag & IXON) {
    if (c === cc[VSTART]) {
      startTty(k, tty);
      processEchoes(k, tty);
      return;
    }
    if (c === cc[VSTOP]) {
      stopTty(k, tty);
      return;
    }
  }
  if (lflag & ISIG) {
    const sig = c === cc[VINTR] ? SIGINT : c === cc[VQUIT] ? SIGQUIT : c === cc[VSUSP] ? SIGTSTP : 0;
    if (sig !== 0) {
      receiveSignalChar(k, tty, sig, c);
      return;
    }
  }
  resumeOnAny(k, tty);
  if (c === 13) {
    if (iflag & IGNCR) return;
    if (iflag & ICRNL) c = 10;
  } else if (c === 10 && iflag & INLCR) c = 13;
  if (ld.icanon && receiveCanon(k, tty, c)) return;
  if (lflag & ECHO) {
    if (c === 10) {
      finishErasing(tty);
      echoCharRaw(tty, 10);
      processEchoes(k, tty);
    } else echoInput(k, tty, c);
  }
  putDoubled(tty, c);
}

/** What canonical mode does with a byte. @returns false if it is to be stored like any other. @linux drivers/tty/n_tty.c n_tty_receive_char_canon */
function receiveCanon(k: Kernel, tty: Tty, byte: number): boolean {
  const { ld } = tty;
  const { lflag, cc } = tty.termios;
  const extended = (lflag & IEXTEN) !== 0;
  let c = byte;
  if (c === cc[VERASE] || c === cc[VKILL] || (c === cc[VWERASE] && extended)) {
    eraser(k, tty, c);
    processEchoes(k, tty);
    return true;
  }
  if (c === cc[VLNEXT] && extended) {
    ld.lnext = true;
    if (lflag & ECHO) {
      finishErasing(tty);
      if (lflag & ECHOCTL) {
        echoCharRaw(tty, 94);
        echoCharRaw(tty, 8);
        processEchoes(k, tty);
      }
    }
    return true;
  }
  if (c === cc[VREPRINT] && lflag & ECHO && extended) {
    finishErasing(tty);
    echoChar(tty, c);
    echoCharRaw(tty, 10);
    for (let tail = ld.canonHead; tail !== ld.readHead; tail++) echoChar(tty, ld.readBuf[tail & MASK] as number);
    processEchoes(k, tty);
    return true;
  }
  if (c === 10) {
    if (lflag & (ECHO | ECHONL)) {
      echoCharRaw(tty, 10);
      processEchoes(k, tty);
    }
  } else if (c === cc[VEOF]) c = DISABLED_CHAR;
  else if (c === cc[VEOL] || (c === cc[VEOL2] && extended)) {
    if (lflag & ECHO) {
      if (ld.canonHead === ld.readHead) echoSetCanonCol(tty);
      echoChar(tty, c);
      processEchoes(k, tty);
    }
    if (c === 0xff && tty.termios.iflag & PARMRK) putTtyQueue(tty, c);
  } else return false;
  ld.readFlags[ld.readHead & MASK] = 1;
  putTtyQueue(tty, c);
  ld.canonHead = ld.readHead;
  tty.readWait.wakeUpAll(k, EPOLLIN | EPOLLRDNORM);
  return true;
}

/** Bytes [from, to) of input, for which there is room. @linux drivers/tty/n_tty.c __receive_buf */
function receiveBuf(k: Kernel, tty: Tty, bytes: Uint8Array, from: number, to: number): void {
  const { ld } = tty;
  const { iflag, lflag } = tty.termios;
  const extproc = (lflag & EXTPROC) !== 0;
  countCopy(k, COPY_KERNEL, to - from);
  for (let i = from; i < to; i++) {
    let c = bytes[i] as number;
    if (ld.raw || extproc) {
      putTtyQueue(tty, c);
      continue;
    }
    if (iflag & ISTRIP) c &= 0x7f;
    if (iflag & IUCLC && lflag & IEXTEN) c = toLower(c);
    if (ld.lnext) {
      ld.lnext = false;
      receiveChar(k, tty, c);
    } else if (ld.charMap[c]) receiveSpecial(k, tty, c);
    else receiveChar(k, tty, c);
  }
  processEchoes(k, tty);
  if (ld.icanon && !extproc) return;
  ld.commitHead = ld.readHead;
  if (ld.readHead !== ld.readTail) tty.readWait.wakeUpAll(k, EPOLLIN | EPOLLRDNORM);
}

/** Takes as much of the bytes [from, to) as there is room for. @returns bytes taken @linux drivers/tty/n_tty.c n_tty_receive_buf_common */
function receiveRoom(k: Kernel, tty: Tty, bytes: Uint8Array, from: number, to: number): number {
  const { ld } = tty;
  let i = from;
  while (i < to) {
    let room = N_TTY_BUF_SIZE - (ld.readHead - ld.readTail);
    if (tty.termios.iflag & PARMRK) room = Math.ceil(room / 3);
    room--;
    if (room <= 0) {
      // A line longer than the buffer: its last place is written over until the end of the line comes.
      const overflow = ld.icanon && ld.canonHead === ld.readTail;
      if (!overflow) break;
      if (room < 0) ld.readHead--;
      room = 1;
    }
    const n = Math.min(to - i, room);
    receiveBuf(k, tty, bytes, i, i + n);
    i += n;
  }
  return i - from;
}

/** Moves what has arrived to the line discipline, as far as that has room. @linux drivers/tty/tty_buffer.c flush_to_ldisc */
export function flushToLdisc(k: Kernel, tty: Tty): void {
  while (tty.flip.length > 0) {
    const bytes = tty.flip[0] as Uint8Array;
    const taken = receiveRoom(k, tty, bytes, 0, bytes.length);
    // A signal character may have emptied the queue meanwhile.
    if (tty.flip[0] !== bytes) continue;
    tty.flipUsed -= taken;
    if (taken < bytes.length) {
      tty.flip[0] = bytes.subarray(taken);
      return;
    }
    tty.flip.shift();
  }
}

/** Bytes from the line (the other end, the keyboard). The array is the terminal's from now on. @linux drivers/tty/tty_buffer.c tty_insert_flip_string_and_push_buffer */
export function ttyReceive(k: Kernel, tty: Tty, bytes: Uint8Array): void {
  tty.flip.push(bytes);
  tty.flipUsed += bytes.length;
  flushToLdisc(k, tty);
}

/** Drops what has arrived but was not taken yet. @linux drivers/tty/tty_buffer.c tty_buffer_flush */
export function ttyBufferFlush(tty: Tty): void {
  tty.flip.length = 0;
  tty.flipUsed = 0;
}
