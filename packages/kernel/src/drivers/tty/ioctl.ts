import type { File } from "../../include/linux/fs.ts";
import { capable } from "../../kernel/capability.ts";
import { killPgrp } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser8, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINTR, EINVAL, EIO, ENOTTY, EPERM, ERESTARTSYS } from "../../uapi/errno.ts";
import { SIGWINCH } from "../../uapi/signal.ts";
import { EXTPROC, VSTART, VSTOP, winsizeStruct } from "../../uapi/termios.ts";
import * as T from "../../uapi/ttyIoctl.ts";
import { startTty, stopTty } from "./flow.ts";
import { hangupTty, hungUpTtyFops } from "./hangup.ts";
import { controllingTty, ttyCheckChange, ttyJobctrlIoctl } from "./jobctrl.ts";
import { nTtyFlushBuffer, ttyModeIoctl, ttyWaitUntilSent } from "./modes.ts";
import { MASK } from "./nTty/data.ts";
import { DISABLED_CHAR, ttyBufferFlush, ttyReceive } from "./nTty/receive.ts";
import type { Tty, WinSize } from "./types.ts";

const N_TTY = 0;

/** Both ends of a pty answer for the slave. @linux drivers/tty/tty_io.c tty_pair_get_tty */
function realTty(tty: Tty): Tty {
  return tty.ops.name === "pty_master" && tty.link ? tty.link : tty;
}

/** Sets the size of a window and tells the foreground group if it changed. @linux drivers/tty/tty_io.c tty_do_resize */
export function ttyDoResize(k: Kernel, tty: Tty, size: WinSize): void {
  const w = tty.winsize;
  if (w.rows === size.rows && w.cols === size.cols && w.xpixel === size.xpixel && w.ypixel === size.ypixel) return;
  if (tty.pgrp !== 0) killPgrp(k, tty.pgrp, SIGWINCH);
  tty.winsize = size;
}

function getWinsize(k: Kernel, tty: Tty, arg: number): number {
  const w = tty.winsize;
  return copyToUser(
    k,
    arg,
    winsizeStruct.bytes({ ws_row: w.rows, ws_col: w.cols, ws_xpixel: w.xpixel, ws_ypixel: w.ypixel }),
    0,
    winsizeStruct.size,
  );
}

function setWinsize(k: Kernel, tty: Tty, arg: number): number {
  const bytes = new Uint8Array(winsizeStruct.size);
  if (copyFromUser(k, arg, bytes, 0, bytes.length) < 0) return -EFAULT;
  const v = winsizeStruct.parse(bytes) as Record<string, number>;
  const size: WinSize = {
    rows: v.ws_row as number,
    cols: v.ws_col as number,
    xpixel: v.ws_xpixel as number,
    ypixel: v.ws_ypixel as number,
  };
  if (tty.ops.resize) tty.ops.resize(k, tty, size);
  else ttyDoResize(k, tty, size);
  return 0;
}

/** A byte as if it had been typed. @linux drivers/tty/tty_io.c tiocsti */
function tiocsti(k: Kernel, tty: Tty, arg: number): number {
  if (controllingTty(k.current) !== tty && !capable(k, CAP_SYS_ADMIN)) return -EPERM;
  const c = getUser8(k, arg);
  if (c < 0) return -EFAULT;
  ttyReceive(k, tty, Uint8Array.of(c));
  return 0;
}

/** Bytes waiting in complete lines; typed ends of file do not count. @linux drivers/tty/n_tty.c inq_canon */
function inqCanon(tty: Tty): number {
  const { ld } = tty;
  let n = ld.canonHead - ld.readTail;
  for (let i = ld.readTail; i < ld.canonHead; i++) {
    if (ld.readFlags[i & MASK] && ld.readBuf[i & MASK] === DISABLED_CHAR) n--;
  }
  return n;
}

/** @linux drivers/tty/tty_ioctl.c __tty_perform_flush */
function performFlush(k: Kernel, tty: Tty, arg: number): number {
  switch (arg) {
    case T.TCIFLUSH:
      nTtyFlushBuffer(k, tty);
      return 0;
    case T.TCIOFLUSH:
      nTtyFlushBuffer(k, tty);
      tty.ops.flushBuffer(k, tty);
      return 0;
    case T.TCOFLUSH:
      tty.ops.flushBuffer(k, tty);
      return 0;
  }
  return -EINVAL;
}

/** @linux drivers/tty/tty_ioctl.c n_tty_ioctl_helper TCXONC */
function tcxonc(k: Kernel, tty: Tty, arg: number): number {
  switch (arg) {
    case T.TCOOFF:
      if (!tty.tcoStopped) {
        tty.tcoStopped = true;
        stopTty(k, tty);
      }
      return 0;
    case T.TCOON:
      if (tty.tcoStopped) {
        tty.tcoStopped = false;
        startTty(k, tty);
      }
      return 0;
    case T.TCIOFF:
    case T.TCION: {
      const c = tty.termios.cc[arg === T.TCIOFF ? VSTOP : VSTART] as number;
      if (c !== DISABLED_CHAR) tty.ops.write(k, tty, Uint8Array.of(c), 0, 1);
      return 0;
    }
  }
  return -EINVAL;
}

/** What the line discipline answers; null if it does not know the request. @linux drivers/tty/n_tty.c n_tty_ioctl */
function nTtyIoctl(k: Kernel, tty: Tty, cmd: number, arg: number): number | null {
  switch (cmd) {
    case T.TIOCOUTQ:
      return putUser32(k, arg, tty.ops.charsInBuffer(k, tty));
    case T.FIONREAD:
      return putUser32(k, arg, tty.ld.icanon && !(tty.termios.lflag & EXTPROC) ? inqCanon(tty) : tty.ld.readHead - tty.ld.readTail);
    case T.TCXONC:
    case T.TCFLSH: {
      const r = ttyCheckChange(k, tty);
      if (r < 0) return r;
      return cmd === T.TCXONC ? tcxonc(k, tty, arg) : performFlush(k, tty, arg);
    }
  }
  return ttyModeIoctl(k, realTty(tty), cmd, arg);
}

/** @linux drivers/tty/tty_io.c tty_ioctl */
export function ttyIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  const tty = file.priv as Tty;
  if (tty.ioError && tty.ops.name === "pty_slave") return -EIO;
  const real = realTty(tty);
  switch (cmd) {
    case T.TIOCSETD:
    case T.TIOCSBRK:
    case T.TIOCCBRK:
    case T.TCSBRK:
    case T.TCSBRKP: {
      const r = ttyCheckChange(k, tty);
      if (r < 0) return r;
      if (cmd !== T.TIOCCBRK) {
        const sent = ttyWaitUntilSent(k, tty);
        if (sent !== 0) return sent === -ERESTARTSYS ? -EINTR : sent;
      }
    }
  }
  switch (cmd) {
    case T.TIOCSTI:
      return tiocsti(k, tty, arg);
    case T.TIOCGWINSZ:
      return getWinsize(k, real, arg);
    case T.TIOCSWINSZ:
      return setWinsize(k, real, arg);
    case T.TIOCCONS:
      return capable(k, CAP_SYS_ADMIN) ? 0 : -EPERM;
    case T.TIOCEXCL:
      tty.exclusive = true;
      return 0;
    case T.TIOCNXCL:
      tty.exclusive = false;
      return 0;
    case T.TIOCGEXCL:
      return putUser32(k, arg, tty.exclusive ? 1 : 0);
    case T.TIOCGETD:
      return putUser32(k, arg, N_TTY);
    case T.TIOCSETD: {
      const n = getUser32(k, arg);
      return n < 0 ? -EFAULT : n === N_TTY ? 0 : -EINVAL;
    }
    case T.TIOCVHANGUP:
      if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
      hangupTty(k, tty);
      return 0;
    case T.TIOCGDEV:
      return putUser32(k, arg, real.dev);
    case T.TIOCSBRK:
    case T.TIOCCBRK:
    case T.TCSBRK:
    case T.TCSBRKP:
      // No line to hold low.
      return 0;
    case T.TCFLSH:
      if (arg === T.TCIFLUSH || arg === T.TCIOFLUSH) ttyBufferFlush(tty);
      break;
    case T.TIOCMGET:
    case T.TIOCMSET:
    case T.TIOCMBIC:
    case T.TIOCMBIS:
      return -ENOTTY;
  }
  const job = ttyJobctrlIoctl(k, tty, real, file, cmd, arg);
  if (job !== null) return job;
  const own = tty.ops.ioctl?.(k, tty, file, cmd, arg);
  if (own !== undefined && own !== -ENOTTY) return own;
  if (file.op === hungUpTtyFops) return -EIO;
  return nTtyIoctl(k, tty, cmd, arg) ?? -ENOTTY;
}
