import { struct } from "./struct.ts";

/** include/uapi/asm-generic/termbits.h. Indices of c_cc. */
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSWTC = 7;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VDISCARD = 13;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
export const NCCS = 19;

/** c_iflag */
export const IGNBRK = 0o1;
export const BRKINT = 0o2;
export const IGNPAR = 0o4;
export const PARMRK = 0o10;
export const INPCK = 0o20;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IXOFF = 0o10000;
export const IMAXBEL = 0o20000;
export const IUTF8 = 0o40000;

/** c_oflag */
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
export const TABDLY = 0o14000;
export const XTABS = 0o14000;

/** c_cflag */
export const CBAUD = 0o10017;
export const B38400 = 0o17;
export const CSIZE = 0o60;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const PARENB = 0o400;
export const HUPCL = 0o2000;
export const BOTHER = 0o10000;
export const IBSHIFT = 16;

/** c_lflag */
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOPRT = 0o2000;
export const ECHOKE = 0o4000;
export const FLUSHO = 0o10000;
export const PENDIN = 0o40000;
export const IEXTEN = 0o100000;
export const EXTPROC = 0o200000;

/** struct termios as TCGETS has it. */
export const termiosStruct = struct("termios", [
  ["c_iflag", "u32"],
  ["c_oflag", "u32"],
  ["c_cflag", "u32"],
  ["c_lflag", "u32"],
  ["c_line", "u8"],
  ["c_cc", ["u8", NCCS]],
]);

/** struct termios2 as TCGETS2 has it. */
export const termios2Struct = struct("termios2", [
  ["c_iflag", "u32"],
  ["c_oflag", "u32"],
  ["c_cflag", "u32"],
  ["c_lflag", "u32"],
  ["c_line", "u8"],
  ["c_cc", ["u8", NCCS]],
  ["c_ispeed", "u32"],
  ["c_ospeed", "u32"],
]);

/** struct termio as TCGETA has it. */
export const termioStruct = struct("termio", [
  ["c_iflag", "u16"],
  ["c_oflag", "u16"],
  ["c_cflag", "u16"],
  ["c_lflag", "u16"],
  ["c_line", "u8"],
  ["c_cc", ["u8", 8]],
]);

export const winsizeStruct = struct("winsize", [
  ["ws_row", "u16"],
  ["ws_col", "u16"],
  ["ws_xpixel", "u16"],
  ["ws_ypixel", "u16"],
]);

/** Speeds in bits per second by the low four bits of CBAUD, and with CBAUDEX. @linux drivers/tty/tty_baudrate.c baud_table */
const speeds = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const highSpeeds = [
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
];

/** Speed that a CBAUD value stands for; `other` for BOTHER. */
export function baudRate(cbaud: number, other: number): number {
  if ((cbaud & CBAUD) === BOTHER) return other;
  return ((cbaud & BOTHER) !== 0 ? highSpeeds : speeds)[cbaud & 0o17] as number;
}
