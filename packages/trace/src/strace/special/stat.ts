import { flagNames, type NameTable } from "@lstar/kernel/syscall/declare.ts";
import { resolveNames } from "@lstar/kernel/uapi/fcntl.ts";
import { statStruct, statxMaskNames, statxStruct } from "@lstar/kernel/uapi/stat.ts";
import type { StructValue } from "@lstar/kernel/uapi/struct.ts";
import { afterExit } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { deviceText, fileModeText } from "../structs.ts";
import { flagsText, hex, modeText, pointer, quoteBytes } from "../text.ts";
import { isoComment, openFlagsText } from "./files.ts";
import type { PrinterTable } from "./index.ts";

/** File attributes: struct stat and statx, device numbers of mknod, times, struct open_how. */

const S_IFMT = 0o170000;
const isDevice = (mode: number): boolean => (mode & S_IFMT) === 0o020000 || (mode & S_IFMT) === 0o060000;

/** Seconds with strace's comment; the fraction of the nanoseconds member belongs to it. */
const seconds = (sec: number, nsec: number): string => `${sec}${isoComment(sec, nsec, 9)}`;

/** The size of a file, or the device it stands for. */
const sizeOrDevice = (v: StructValue): string =>
  isDevice(v.st_mode as number) ? `st_rdev=${deviceText(v.st_rdev as number)}` : `st_size=${v.st_size}`;

/** @see struct stat: mode and size, all of it with -v. */
const statBuffer: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const view = c.view(c.arg(i), statStruct.size);
    if (!view) return pointer(c.arg(i));
    const v = statStruct.read(view, 0);
    const mode = `st_mode=${fileModeText(v.st_mode as number)}`;
    if (!c.options.verbose) return `{${mode}, ${sizeOrDevice(v)}, ...}`;
    const times = ["atime", "mtime", "ctime"].map((t) => {
      const sec = v[`st_${t}`] as number;
      const nsec = v[`st_${t}_nsec`] as number;
      return `st_${t}=${seconds(sec, nsec)}, st_${t}_nsec=${nsec}`;
    });
    const head = `st_dev=${deviceText(v.st_dev as number)}, st_ino=${v.st_ino}, ${mode}, st_nlink=${v.st_nlink}`;
    const owner = `st_uid=${v.st_uid}, st_gid=${v.st_gid}`;
    return `{${head}, ${owner}, st_blksize=${v.st_blksize}, st_blocks=${v.st_blocks}, ${sizeOrDevice(v)}, ${times.join(", ")}}`;
  });

const STATX_ALL = 0xfff;
const statxResultNames: NameTable = { ...statxMaskNames, values: [["STATX_ALL", STATX_ALL], ...statxMaskNames.values] };
const statxAttributes = flagNames("STATX_ATTR_???", {
  STATX_ATTR_COMPRESSED: 4,
  STATX_ATTR_IMMUTABLE: 0x10,
  STATX_ATTR_APPEND: 0x20,
  STATX_ATTR_NODUMP: 0x40,
  STATX_ATTR_ENCRYPTED: 0x800,
  STATX_ATTR_AUTOMOUNT: 0x1000,
  STATX_ATTR_MOUNT_ROOT: 0x2000,
  STATX_ATTR_VERITY: 0x100000,
  STATX_ATTR_DAX: 0x200000,
});
const statxFlagNames = flagNames("AT_???", { AT_SYMLINK_NOFOLLOW: 0x100, AT_NO_AUTOMOUNT: 0x800, AT_EMPTY_PATH: 0x1000 });

/** The two bits about synchronization are a value of their own, which always shows. */
const statxFlags: ArgPrinter = (c, i) => {
  const flags = c.arg(i) >>> 0;
  const sync = ["AT_STATX_SYNC_AS_STAT", "AT_STATX_FORCE_SYNC", "AT_STATX_DONT_SYNC", "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC"];
  const rest = (flags & ~0x6000) >>> 0;
  const text = sync[(flags >>> 13) & 3]!;
  return rest === 0 ? text : `${text}|${flagsText(statxFlagNames, rest).replace(/ \/\* .*/, "")}`;
};

const statxBuffer: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const view = c.view(c.arg(i), statxStruct.size);
    if (!view) return pointer(c.arg(i));
    const v = statxStruct.read(view, 0);
    const mask = v.stx_mask as number;
    const head = `stx_mask=${flagsText(statxResultNames, mask)}`;
    const attributes = `stx_attributes=${flagsText(statxAttributes, v.stx_attributes as number)}`;
    const mode = `stx_mode=${fileModeText(v.stx_mode as number)}`;
    if (!c.options.verbose) return `{${head}, ${attributes}, ${mode}, stx_size=${v.stx_size}, ...}`;
    const time = (name: string, bit: number): string => {
      const t = v[name] as StructValue;
      const sec = t.tv_sec as number;
      const nsec = t.tv_nsec as number;
      return mask & bit ? `, ${name}={tv_sec=${sec}, tv_nsec=${nsec}}${isoComment(sec, nsec, 9)}` : "";
    };
    return [
      `{${head}, stx_blksize=${v.stx_blksize}, ${attributes}, stx_nlink=${v.stx_nlink}, stx_uid=${v.stx_uid}, stx_gid=${v.stx_gid}`,
      `, ${mode}, stx_ino=${v.stx_ino}, stx_size=${v.stx_size}, stx_blocks=${v.stx_blocks}`,
      `, stx_attributes_mask=${flagsText(statxAttributes, v.stx_attributes_mask as number)}`,
      time("stx_atime", 0x20),
      time("stx_btime", 0x800),
      time("stx_ctime", 0x80),
      time("stx_mtime", 0x40),
      `, stx_rdev_major=${v.stx_rdev_major}, stx_rdev_minor=${v.stx_rdev_minor}`,
      `, stx_dev_major=${v.stx_dev_major}, stx_dev_minor=${v.stx_dev_minor}`,
      mask & 0x1000 ? `, stx_mnt_id=${hex(v.stx_mnt_id as number)}` : "",
      "}",
    ].join("");
  });

/** "S_IFIFO|0600"; an unknown type as an octal number. */
const nodeMode: ArgPrinter = (c, i) => {
  const mode = c.arg(i) & 0xffff;
  if ((mode & S_IFMT) === 0) return modeText(mode);
  const text = fileModeText(mode);
  return text.startsWith("S_") ? text : `0${mode.toString(8)}`;
};
/** Only devices have a number. */
const nodeDevice =
  (modeIndex: number): ArgPrinter =>
  (c, i) =>
    isDevice(c.arg(modeIndex)) ? deviceText(c.arg(i)) : "";

const s64 = (v: DataView, at: number): number => v.getUint32(at, true) + v.getInt32(at + 4, true) * 2 ** 32;

/** struct utimbuf */
const utimbuf: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  const v = at === 0 ? null : c.view(at, 16);
  return v ? `{actime=${seconds(s64(v, 0), 0)}, modtime=${seconds(s64(v, 8), 0)}}` : pointer(at);
};

/** A pair of struct timeval. */
const timevals: ArgPrinter = (c, i) => {
  const at = c.arg(i);
  const v = at === 0 ? null : c.view(at, 32);
  if (!v) return pointer(at);
  const one = (o: number): string => {
    const sec = s64(v, o);
    const usec = s64(v, o + 8);
    return `{tv_sec=${sec}, tv_usec=${usec}}${isoComment(sec, usec, 6)}`;
  };
  return `[${one(0)}, ${one(16)}]`;
};

/** struct open_how: the mode shows if the flags say that it counts, or if it is set. */
const openHow: ArgPrinter = (c: Call, i) => {
  const at = c.arg(i);
  const v = at === 0 || c.arg(i + 1) < 24 ? null : c.view(at, 24);
  if (!v) return pointer(at);
  const high = v.getUint32(4, true);
  const flags = v.getUint32(0, true);
  const mode = s64(v, 8);
  const text = high === 0 ? openFlagsText(flags) : `${openFlagsText(flags)}|${hex(high * 2 ** 32)}`;
  const takesMode = flags & 0o100 || flags & 0o20000000 || mode !== 0;
  const size = Math.min(c.arg(i + 1), 4096);
  const rest = size > 24 ? c.memory(at + 24, size - 24) : null;
  let more = "";
  if (rest?.some((b) => b !== 0)) {
    const limit = c.options.stringLimit;
    more = `, /* bytes 24..${size - 1} */ ${quoteBytes(rest.subarray(0, limit), "all")}${rest.length > limit ? "..." : ""}`;
  }
  return `{flags=${text}${takesMode ? `, mode=${modeText(mode)}` : ""}, resolve=${flagsText(resolveNames, s64(v, 16))}${more}}`;
};

const nothing: ArgPrinter = () => "";
/** Mount options are a string for most file systems. */
const mountData: ArgPrinter = (c, i) => c.string(c.arg(i), c.options.stringLimit);

export const statPrinters: PrinterTable = {
  stat: { 1: statBuffer },
  lstat: { 1: statBuffer },
  fstat: { 1: statBuffer },
  newfstatat: { 2: statBuffer },
  statx: { 2: statxFlags, 4: statxBuffer },
  mknod: { 1: nodeMode, 2: nodeDevice(1) },
  mknodat: { 2: nodeMode, 3: nodeDevice(2) },
  openat2: { 2: openHow },
  utime: { 1: utimbuf },
  utimes: { 1: timevals },
  futimesat: { 2: timevals },
  preadv2: { 4: nothing },
  pwritev2: { 4: nothing },
  mount: { 4: mountData },
};
