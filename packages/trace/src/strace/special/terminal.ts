import type { ArgPrinter, Call } from "../call.ts";
import { hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { seccompIoctl, seccompRequests } from "./seccomp.ts";

const commands: Record<number, string> = {
  21505: "TCGETS",
  21506: "TCSETS",
  21507: "TCSETSW",
  21508: "TCSETSF",
  21509: "TCGETA",
  21513: "TCSBRK",
  21514: "TCXONC",
  21515: "TCFLSH",
  21516: "TIOCEXCL",
  21517: "TIOCNXCL",
  21518: "TIOCSCTTY",
  21519: "TIOCGPGRP",
  21520: "TIOCSPGRP",
  21521: "TIOCOUTQ",
  21522: "TIOCSTI",
  21523: "TIOCGWINSZ",
  21524: "TIOCSWINSZ",
  21531: "FIONREAD",
  35077: "SIOCATMARK",
  21536: "TIOCPKT",
  21537: "FIONBIO",
  21538: "TIOCNOTTY",
  21539: "TIOCSETD",
  21540: "TIOCGETD",
  21545: "TIOCGSID",
  2147767344: "TIOCGPTN",
  1074025521: "TIOCSPTLCK",
  21569: "TIOCGPTPEER",
  21584: "FIONCLEX",
  21585: "FIOCLEX",
  21586: "FIOASYNC",
  21600: "FIOQSIZE",
  2148034049: "FS_IOC_GETFLAGS",
  1074292226: "FS_IOC_SETFLAGS",
  1074041865: "BTRFS_IOC_CLONE or FICLONE",
  2: "FIGETBSZ",
};

/** strace's short form: speed, then the flags that differ from a usual terminal. */
function termios(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const v = c.view(address, 36);
  if (!v) return pointer(address);
  const oflag = v.getUint32(4, true);
  const cflag = v.getUint32(8, true);
  const lflag = v.getUint32(12, true);
  const speeds = [
    "B0",
    "B50",
    "B75",
    "B110",
    "B134",
    "B150",
    "B200",
    "B300",
    "B600",
    "B1200",
    "B1800",
    "B2400",
    "B4800",
    "B9600",
    "B19200",
    "B38400",
  ];
  const speed = cflag & 0o10000 ? `0x${(cflag & 0o10017).toString(16)}` : speeds[cflag & 15]!;
  const sign = (on: number, name: string): string => `${on ? "" : "-"}${name}`;
  return `{${speed} ${sign(oflag & 1, "opost")} ${sign(lflag & 1, "isig")} ${sign(lflag & 2, "icanon")} ${sign(lflag & 8, "echo")} ...}`;
}

const request: ArgPrinter = (c, i) => commands[c.arg(i) >>> 0] ?? seccompRequests[c.arg(i) >>> 0] ?? ioctlCode(c.arg(i) >>> 0);

/** "_IOC(_IOC_READ, 0x12, 0x34, 0x4)" for requests without a name. */
function ioctlCode(cmd: number): string {
  const direction = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"][cmd >>> 30]!;
  return `_IOC(${direction}, ${hex((cmd >>> 8) & 0xff)}, ${hex(cmd & 0xff)}, ${hex((cmd >>> 16) & 0x3fff)})`;
}

const argument: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  switch (c.arg(1) >>> 0) {
    case 0x5401:
    case 0x5405:
      if (!c.exiting) return null;
      return c.failed ? pointer(at) : termios(c, at);
    case 0x5402:
    case 0x5403:
    case 0x5404:
      return termios(c, at);
    case 0x5413: {
      if (!c.exiting) return null;
      return c.failed ? pointer(at) : winsize(c, at);
    }
    case 0x5414:
      return winsize(c, at);
    case 0x540f:
    case 0x5429:
    case 0x541b:
    case 0x8905:
    case 0x5411:
    case 0x80045430:
    case 0x5424:
      if (!c.exiting) return null;
      return c.failed ? pointer(at) : `[${c.i32(at)}]`;
    case 0x5410:
    case 0x5421:
    case 0x5452:
    case 0x40045431:
    case 0x5420:
      return c.i32(at) === null ? pointer(at) : `[${c.i32(at)}]`;
    case 0x540e:
      return String(at);
    case 0x5422:
    case 0x5450:
    case 0x5451:
    case 0x540c:
    case 0x540d:
      return "";
    case 0x540b:
      return ["TCIFLUSH", "TCOFLUSH", "TCIOFLUSH"][at] ?? hex(at);
    case 0x540a:
      return ["TCOOFF", "TCOON", "TCIOFF", "TCION"][at] ?? hex(at);
    default: {
      const seccomp = seccompIoctl(c, c.arg(1) >>> 0, at);
      return seccomp === undefined ? hex(at) : seccomp;
    }
  }
};

function winsize(c: Call, at: number): string {
  const v = c.view(at, 8);
  if (!v) return pointer(at);
  return `{ws_row=${v.getUint16(0, true)}, ws_col=${v.getUint16(2, true)}, ws_xpixel=${v.getUint16(4, true)}, ws_ypixel=${v.getUint16(6, true)}}`;
}

export const terminalPrinters: PrinterTable = { ioctl: { 1: request, 2: argument } };
