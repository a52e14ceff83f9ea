import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, putUser32 } from "../../mm/usercopy.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM, ERESTARTSYS } from "../../uapi/errno.ts";
import { EPOLLOUT } from "../../uapi/eventpoll.ts";
import type { StructDef, StructValue } from "../../uapi/struct.ts";
import { BOTHER, baudRate, CBAUD, IBSHIFT, termioStruct, termios2Struct, termiosStruct } from "../../uapi/termios.ts";
import {
  TCGETA,
  TCGETS,
  TCGETS2,
  TCSETA,
  TCSETAF,
  TCSETAW,
  TCSETS,
  TCSETS2,
  TCSETSF,
  TCSETSF2,
  TCSETSW,
  TCSETSW2,
  TIOCGLCKTRMIOS,
  TIOCGSOFTCAR,
  TIOCPKT_FLUSHREAD,
  TIOCSLCKTRMIOS,
  TIOCSSOFTCAR,
} from "../../uapi/ttyIoctl.ts";
import { packetStatus, ttyWakeup } from "./flow.ts";
import { ttyCheckChange } from "./jobctrl.ts";
import { flushToLdisc, resetBufferFlags } from "./nTty/receive.ts";
import { nTtySetTermios } from "./nTty/termios.ts";
import { Termios, type Tty } from "./types.ts";

const CLOCAL = 0o4000;
const CIBAUD = CBAUD << IBSHIFT;

/** Sleeps until all output has gone out. 0 once it has. @linux drivers/tty/tty_ioctl.c tty_wait_until_sent */
export function ttyWaitUntilSent(k: Kernel, tty: Tty): number {
  if (tty.ops.charsInBuffer(k, tty) === 0) return 0;
  return k.sched.sleepOn(tty.writeWait, EPOLLOUT);
}

/** The reader's side forgets what has come in, and whoever sends may go on. @linux drivers/tty/n_tty.c n_tty_flush_buffer */
export function nTtyFlushBuffer(k: Kernel, tty: Tty): void {
  resetBufferFlags(tty);
  packetStatus(k, tty, TIOCPKT_FLUSHREAD, 0);
  tty.ops.unthrottle?.(k, tty);
  if (tty.flip.length > 0) flushToLdisc(k, tty);
  if (tty.link) ttyWakeup(k, tty.link);
}

/** New modes take effect; what is locked stays. @linux drivers/tty/tty_ioctl.c tty_set_termios */
export function ttySetTermios(k: Kernel, tty: Tty, next: Termios): void {
  const old = tty.termios;
  const lock = tty.termiosLocked;
  next.iflag = (old.iflag & lock.iflag) | (next.iflag & ~lock.iflag);
  next.oflag = (old.oflag & lock.oflag) | (next.oflag & ~lock.oflag);
  next.cflag = (old.cflag & lock.cflag) | (next.cflag & ~lock.cflag);
  next.lflag = (old.lflag & lock.lflag) | (next.lflag & ~lock.lflag);
  next.line = lock.line ? old.line : next.line;
  for (let i = 0; i < next.cc.length; i++) if (lock.cc[i]) next.cc[i] = old.cc[i] as number;
  tty.termios = next;
  tty.ops.setTermios?.(k, tty, old);
  nTtySetTermios(k, tty, old);
}

function structOf(cmd: number): StructDef {
  switch (cmd) {
    case TCGETA:
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
      return termioStruct;
    case TCGETS2:
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
      return termios2Struct;
  }
  return termiosStruct;
}

function getTermios(k: Kernel, t: Termios, def: StructDef, arg: number): number {
  const bytes = def.bytes({
    c_iflag: t.iflag >>> 0,
    c_oflag: t.oflag >>> 0,
    c_cflag: t.cflag >>> 0,
    c_lflag: t.lflag >>> 0,
    c_line: t.line,
    c_cc: [...t.cc],
    c_ispeed: t.ispeed,
    c_ospeed: t.ospeed,
  });
  return copyToUser(k, arg, bytes, 0, def.size);
}

/** Reads modes as the caller's struct gives them; `old` supplies what the struct leaves out. */
function readTermios(k: Kernel, old: Termios, def: StructDef, arg: number): Termios | number {
  const bytes = new Uint8Array(def.size);
  if (copyFromUser(k, arg, bytes, 0, def.size) < 0) return -EFAULT;
  const v: StructValue = def.parse(bytes);
  const t = new Termios(v.c_iflag as number, v.c_oflag as number, v.c_cflag as number, v.c_lflag as number);
  t.cc.set(old.cc);
  t.cc.set(v.c_cc as number[]);
  t.line = v.c_line as number;
  if (def === termioStruct) {
    // The upper halves are not in this struct.
    t.iflag |= old.iflag & ~0xffff;
    t.oflag |= old.oflag & ~0xffff;
    t.cflag |= old.cflag & ~0xffff;
    t.lflag |= old.lflag & ~0xffff;
  }
  const other = def === termios2Struct;
  t.ospeed = baudRate(t.cflag & CBAUD, other ? (v.c_ospeed as number) : old.ospeed);
  const input = (t.cflag & CIBAUD) >>> IBSHIFT;
  t.ispeed = input === 0 ? t.ospeed : baudRate(input, other ? (v.c_ispeed as number) : old.ispeed);
  if ((t.cflag & CBAUD) === BOTHER && !other) t.ospeed = old.ospeed;
  return t;
}

/** TCSETS and kin; W waits for output, F also drops input. @linux drivers/tty/tty_ioctl.c set_termios */
function setTermios(k: Kernel, tty: Tty, arg: number, def: StructDef, flush: boolean, wait: boolean): number {
  const check = ttyCheckChange(k, tty);
  if (check < 0) return check;
  const next = readTermios(k, tty.termios, def, arg);
  if (typeof next === "number") return next;
  if (flush) nTtyFlushBuffer(k, tty);
  if (wait) {
    const r = ttyWaitUntilSent(k, tty);
    if (r !== 0) return r;
    if (k.current.sigPendingFlag) return -ERESTARTSYS;
  }
  ttySetTermios(k, tty, next);
  return 0;
}

/** The requests about modes; null if it is none of them. @linux drivers/tty/tty_ioctl.c tty_mode_ioctl */
export function ttyModeIoctl(k: Kernel, real: Tty, cmd: number, arg: number): number | null {
  const def = structOf(cmd);
  switch (cmd) {
    case TCGETS:
    case TCGETS2:
    case TCGETA:
      return getTermios(k, real.termios, def, arg);
    case TCSETS:
    case TCSETS2:
    case TCSETA:
      return setTermios(k, real, arg, def, false, false);
    case TCSETSW:
    case TCSETSW2:
    case TCSETAW:
      return setTermios(k, real, arg, def, false, true);
    case TCSETSF:
    case TCSETSF2:
    case TCSETAF:
      return setTermios(k, real, arg, def, true, true);
    case TIOCGLCKTRMIOS:
      return getTermios(k, real.termiosLocked, termiosStruct, arg);
    case TIOCSLCKTRMIOS: {
      if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
      const lock = readTermios(k, real.termiosLocked, termiosStruct, arg);
      if (typeof lock === "number") return lock;
      real.termiosLocked = lock;
      return 0;
    }
    case TIOCGSOFTCAR:
      return putUser32(k, arg, real.termios.cflag & CLOCAL ? 1 : 0);
    case TIOCSSOFTCAR: {
      const next = real.termios.copy();
      const bytes = new Uint8Array(4);
      if (copyFromUser(k, arg, bytes, 0, 4) < 0) return -EFAULT;
      next.cflag = bytes.some((b) => b !== 0) ? next.cflag | CLOCAL : next.cflag & ~CLOCAL;
      ttySetTermios(k, real, next);
      return (real.termios.cflag & CLOCAL) === (next.cflag & CLOCAL) ? 0 : -EINVAL;
    }
  }
  return null;
}
