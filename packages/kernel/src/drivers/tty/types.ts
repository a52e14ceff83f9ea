import type { Dentry, File } from "../../include/linux/fs.ts";
import { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { NCCS } from "../../uapi/termios.ts";
import { NTtyData } from "./nTty/data.ts";

/** struct ktermios: the modes of a terminal. */
export class Termios {
  iflag: number;
  oflag: number;
  cflag: number;
  lflag: number;
  line = 0;
  cc = new Uint8Array(NCCS);
  /** Bits per second. */
  ispeed = 38400;
  ospeed = 38400;
  constructor(iflag: number, oflag: number, cflag: number, lflag: number) {
    this.iflag = iflag;
    this.oflag = oflag;
    this.cflag = cflag;
    this.lflag = lflag;
    // INIT_C_CC: ^C ^\ ^? ^U ^D, no VTIME, VMIN 1, ^Q ^S ^Z, ^R ^O ^W ^V.
    this.cc.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0]);
  }

  copy(): Termios {
    const t = new Termios(this.iflag, this.oflag, this.cflag, this.lflag);
    t.line = this.line;
    t.cc.set(this.cc);
    t.ispeed = this.ispeed;
    t.ospeed = this.ospeed;
    return t;
  }
}

export interface WinSize {
  rows: number;
  cols: number;
  xpixel: number;
  ypixel: number;
}

/** What is behind a terminal (struct tty_operations); static tables. Bytes written have been through the line discipline. */
export interface TtyOperations {
  /** Name as /proc/tty/drivers has it: "pty_master", "pty_slave", "serial". */
  readonly name: string;
  readonly isPty: boolean;
  /** Takes bytes [from, to); returns how many. */
  write(k: Kernel, tty: Tty, bytes: Uint8Array, from: number, to: number): number;
  writeRoom(k: Kernel, tty: Tty): number;
  /** Bytes written that have not gone out yet. */
  charsInBuffer(k: Kernel, tty: Tty): number;
  /** Drops what has not gone out. */
  flushBuffer(k: Kernel, tty: Tty): void;
  /** The reader made room: more input may be delivered. */
  unthrottle?(k: Kernel, tty: Tty): void;
  stop?(k: Kernel, tty: Tty): void;
  start?(k: Kernel, tty: Tty): void;
  setTermios?(k: Kernel, tty: Tty, old: Termios): void;
  resize?(k: Kernel, tty: Tty, size: WinSize): void;
  /** A descriptor of this terminal is being opened (after it was counted). 0 or a negated errno. */
  open?(k: Kernel, tty: Tty, file: File): number;
  /** One open file less; `tty.count` still has it. */
  close?(k: Kernel, tty: Tty, file: File): void;
  ioctl?(k: Kernel, tty: Tty, file: File, cmd: number, arg: number): number;
}

/** struct tty_struct. */
export class Tty {
  ops: TtyOperations;
  /** "pts/0", "ttyS0". */
  name: string;
  index: number;
  /** Device number as /proc/PID/stat and TIOCGDEV show it. */
  dev: number;
  termios: Termios;
  termiosLocked = new Termios(0, 0, 0, 0);
  winsize: WinSize = { rows: 0, cols: 0, xpixel: 0, ypixel: 0 };
  /** The other end of a pty. */
  link: Tty | null = null;
  /** Open files. */
  count = 0;
  files = new Set<File>();
  /** Session it controls and its foreground group, 0 = none. */
  session = 0;
  pgrp = 0;
  exclusive = false;
  /** TTY_OTHER_CLOSED, TTY_IO_ERROR, TTY_HUPPED, TTY_PTY_LOCK. */
  otherClosed = false;
  ioError = false;
  ptyLock = false;
  /** Output stopped: at all, and by TCXONC. */
  stopped = false;
  tcoStopped = false;
  /** Packet mode of a master; changes that the other end's status byte tells. */
  packet = false;
  pktStatus = 0;
  readWait = new WaitQueueHead();
  writeWait = new WaitQueueHead();
  /** Bytes that arrived and the line discipline has not taken (tty_bufhead). */
  flip: Uint8Array[] = [];
  flipUsed = 0;
  ld: NTtyData;
  /** Node of a pty's slave in devpts. */
  node: Dentry | null = null;
  /** The devpts instance of a master. */
  devpts: object | null = null;
  constructor(ops: TtyOperations, name: string, index: number, dev: number, termios: Termios) {
    this.ops = ops;
    this.name = name;
    this.index = index;
    this.dev = dev;
    this.termios = termios;
    this.termiosLocked.cc.fill(0);
    this.ld = new NTtyData();
  }
}

stateClass(Termios, Tty);
