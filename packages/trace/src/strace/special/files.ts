import { enumNames, flagNames } from "@lstar/kernel/syscall/declare.ts";
import { afterExit } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { resultForms, resultNotes } from "../result.ts";
import { signalText } from "../signals.ts";
import { flagsText, hex, modeText, pointer, quoteBytes } from "../text.ts";
import type { PrinterTable } from "./index.ts";

const accessModes = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
const openFlags = flagNames("O_???", {
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_SYNC: 0o4010000,
  O_DSYNC: 0o10000,
  FASYNC: 0o20000,
  O_DIRECT: 0o40000,
  O_LARGEFILE: 0o100000,
  O_NOFOLLOW: 0o400000,
  O_NOATIME: 0o1000000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
  O_TMPFILE: 0o20200000,
  O_DIRECTORY: 0o200000,
});

/** "O_RDWR|O_CREAT|0x…" as strace prints open flags: the access mode always first. */
export function openFlagsText(flags: number): string {
  const mode = accessModes[flags & 3]!;
  const rest = flags & ~3;
  return rest === 0 ? mode : `${mode}|${flagsText(openFlags, rest >>> 0).replace(/ \/\* O_\?\?\? \*\/$/, "")}`;
}

const takesMode = (flags: number): boolean => (flags & 0o100) !== 0 || (flags & 0o20000000) !== 0;
const openMode =
  (flagsIndex: number): ArgPrinter =>
  (c, i) =>
    takesMode(c.arg(flagsIndex)) ? modeText(c.arg(i)) : "";

const fcntlCommands: Record<number, string> = {
  0: "F_DUPFD",
  1: "F_GETFD",
  2: "F_SETFD",
  3: "F_GETFL",
  4: "F_SETFL",
  5: "F_GETLK",
  6: "F_SETLK",
  7: "F_SETLKW",
  8: "F_SETOWN",
  9: "F_GETOWN",
  10: "F_SETSIG",
  11: "F_GETSIG",
  15: "F_SETOWN_EX",
  16: "F_GETOWN_EX",
  36: "F_OFD_GETLK",
  37: "F_OFD_SETLK",
  38: "F_OFD_SETLKW",
  1024: "F_SETLEASE",
  1025: "F_GETLEASE",
  1026: "F_NOTIFY",
  1029: "F_CANCELLK",
  1030: "F_DUPFD_CLOEXEC",
  1031: "F_SETPIPE_SZ",
  1032: "F_GETPIPE_SZ",
  1033: "F_ADD_SEALS",
  1034: "F_GET_SEALS",
  1035: "F_GET_RW_HINT",
  1036: "F_SET_RW_HINT",
  1037: "F_GET_FILE_RW_HINT",
  1038: "F_SET_FILE_RW_HINT",
};
const lockTypes = ["F_RDLCK", "F_WRLCK", "F_UNLCK"];
const whence = ["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"];
const seals = flagNames("F_SEAL_???", { F_SEAL_SEAL: 1, F_SEAL_SHRINK: 2, F_SEAL_GROW: 4, F_SEAL_WRITE: 8, F_SEAL_FUTURE_WRITE: 16 });

function flock(c: Call, address: number, withPid: boolean): string {
  const v = c.view(address, 32);
  if (!v) return pointer(address);
  const s64 = (at: number): number => v.getUint32(at, true) + v.getInt32(at + 4, true) * 2 ** 32;
  const type = v.getInt16(0, true);
  const wh = v.getInt16(2, true);
  return `{l_type=${lockTypes[type] ?? `${hex(type & 0xffff)} /* F_??? */`}, l_whence=${whence[wh] ?? `${hex(wh & 0xffff)} /* SEEK_??? */`}, l_start=${s64(8)}, l_len=${s64(16)}${withPid ? `, l_pid=${v.getInt32(24, true)}` : ""}}`;
}

const ownerKinds = ["F_OWNER_TID", "F_OWNER_PID", "F_OWNER_PGRP"];
function ownerEx(c: Call, address: number): string {
  const v = c.view(address, 8);
  if (!v) return pointer(address);
  const type = v.getInt32(0, true);
  return `{type=${ownerKinds[type] ?? `${hex(type >>> 0)} /* F_OWNER_??? */`}, pid=${v.getInt32(4, true)}}`;
}

const fdFlags = flagNames("FD_???", { FD_CLOEXEC: 1 });

const fcntlArgument: ArgPrinter = (c, i) => {
  const cmd = c.arg(1);
  const value = c.arg(i);
  switch (cmd) {
    case 1:
    case 3:
    case 9:
    case 11:
    case 1025:
    case 1032:
    case 1034:
      return "";
    case 15:
    case 16:
      return cmd === 16 ? afterExit(c, value, () => ownerEx(c, value)) : ownerEx(c, value);
    case 0:
    case 1030:
    case 1031:
      return String(value);
    case 8:
      return String(value | 0);
    case 2:
      return flagsText(fdFlags, value);
    case 1024:
      return lockTypes[value] ?? `${hex(value)} /* F_??? */`;
    case 4:
      return openFlagsText(value);
    case 5:
    case 36:
      if (!c.exiting) return null;
      return c.failed ? pointer(value) : flock(c, value, true);
    case 6:
    case 7:
    case 37:
    case 38:
      return flock(c, value, false);
    case 10:
      return signalText(value);
    case 1033:
      return flagsText(seals, value);
    default:
      return hex(value);
  }
};

resultNotes.set("fcntl", (c) => {
  switch (c.arg(1)) {
    case 1:
      return c.ret! & 1 ? "flags FD_CLOEXEC" : null;
    case 3:
      return `flags ${openFlagsText(c.ret!)}`;
    case 11:
      return c.ret! > 0 ? signalText(c.ret!) : null;
    case 1025:
      return lockTypes[c.ret!] ?? null;
    case 1034:
      return c.ret! === 0 ? null : `seals ${flagsText(seals, c.ret!)}`;
    default:
      return null;
  }
});
// F_GETFD, F_GETFL, F_GETLEASE and F_GET_SEALS give flags.
resultForms.set("fcntl", (c) => ([1, 3, 1025, 1034].includes(c.arg(1)) ? hex(c.ret!) : null));

const directoryEntries: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const bytes = c.memory(c.arg(i), c.ret!);
    const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let n = 0;
    for (let at = 0; at + 18 < bytes.length; n++) {
      const length = v.getUint16(at + 16, true);
      if (length === 0) break;
      at += length;
    }
    return `${pointer(c.arg(i))} /* ${n} ${n === 1 ? "entry" : "entries"} */`;
  });

const fdPair: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const v = c.view(c.arg(i), 8);
    return v ? `[${c.fd(v.getInt32(0, true))}, ${c.fd(v.getInt32(4, true))}]` : pointer(c.arg(i));
  });

const readlinkBuffer: ArgPrinter = (c, i) => afterExit(c, c.arg(i), () => c.buffer(c.arg(i), c.ret!));
const cwdBuffer: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => quoteBytes(c.memory(c.arg(i), Math.max(0, c.ret! - 1)), c.options.hexStrings));

const accessBits = enumNames("?_OK", { F_OK: 0 });
const accessFlags = flagNames("?_OK", { R_OK: 4, W_OK: 2, X_OK: 1 });
const accessMode: ArgPrinter = (c, i) => (c.arg(i) === 0 ? accessBits.values[0]![0] : flagsText(accessFlags, c.arg(i)));

const seekWhence: ArgPrinter = (c, i) => whence[c.arg(i)] ?? `${hex(c.arg(i) >>> 0)} /* SEEK_??? */`;

/** utimensat's pair of times, with the readable form that strace adds. */
const timesPair: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  if (at === 0) return "NULL";
  const v = c.view(at, 32);
  if (!v) return pointer(at);
  const one = (o: number): string => {
    const sec = v.getUint32(o, true) + v.getInt32(o + 4, true) * 2 ** 32;
    const nsec = v.getUint32(o + 8, true) + v.getInt32(o + 12, true) * 2 ** 32;
    if (nsec === 0x3fffffff) return "UTIME_NOW";
    if (nsec === 0x3ffffffe) return "UTIME_OMIT";
    return `{tv_sec=${sec}, tv_nsec=${nsec}}${isoComment(sec, nsec, 9)}`;
  };
  return `[${one(0)}, ${one(16)}]`;
};

/** " /* 1970-01-01T00:00:01.5+0000 *​/" as strace comments absolute times. */
export function isoComment(sec: number, fraction: number, digits: number): string {
  if ((sec === 0 && fraction === 0) || fraction < 0 || fraction >= 10 ** digits) return "";
  const d = new Date(sec * 1000);
  if (Number.isNaN(d.getTime())) return "";
  const text = d.toISOString().slice(0, 19);
  const f = fraction === 0 ? "" : `.${String(fraction).padStart(digits, "0")}`;
  return ` /* ${text}${f}+0000 */`;
}

export const filePrinters: PrinterTable = {
  open: { 1: (c) => openFlagsText(c.arg(1)), 2: openMode(1) },
  openat: { 2: (c) => openFlagsText(c.arg(2)), 3: openMode(2) },
  fcntl: { 1: (c) => fcntlCommands[c.arg(1)] ?? `${hex(c.arg(1) >>> 0)} /* F_??? */`, 2: fcntlArgument },
  lseek: { 2: seekWhence },
  getdents: { 1: directoryEntries },
  getdents64: { 1: directoryEntries },
  pipe: { 0: fdPair },
  pipe2: { 0: fdPair, 1: (c) => (c.arg(1) === 0 ? "0" : openFlagsText(c.arg(1)).replace(/^O_RDONLY\|/, "")) },
  dup3: { 2: (c) => (c.arg(2) === 0 ? "0" : openFlagsText(c.arg(2)).replace(/^O_RDONLY\|/, "")) },
  access: { 1: accessMode },
  faccessat: { 2: accessMode },
  faccessat2: { 2: accessMode },
  readlink: { 1: readlinkBuffer },
  readlinkat: { 2: readlinkBuffer },
  getcwd: { 0: cwdBuffer },
  utimensat: { 2: timesPair },
};
