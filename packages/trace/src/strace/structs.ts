import type { Member, StructDef, StructValue } from "@lstar/kernel/uapi/struct.ts";
import type { Call } from "./call.ts";
import { modeText, octal, pointer } from "./text.ts";

/** Prints a struct's members; what a name's value means is told by `members`. */
export type MemberPrinter = (value: number, struct: StructValue) => string;

/**
 * How structs print: which members (strace leaves some out unless -v: then "..." follows), and how
 * their values print when not as a plain number.
 */
export interface StructStyle {
  /** Members shown without -v, in order; all if absent. */
  brief?: readonly string[];
  /** Members shown with -v; all (but padding) if absent. */
  full?: readonly string[];
  members?: Readonly<Record<string, MemberPrinter>>;
}

const styles = new Map<string, StructStyle>();

/** Declares the style of a struct by its C name. */
export function structStyle(name: string, style: StructStyle): void {
  styles.set(name, style);
}

/** "{st_mode=S_IFREG|0644, st_size=0, ...}" for a struct in the task's memory, its address if unreadable, NULL for 0. */
export function structText(c: Call, def: StructDef, address: number): string {
  if (address === 0) return "NULL";
  const view = c.view(address, def.size);
  if (!view) return pointer(address);
  return structValueText(def, def.read(view, 0), c.options.verbose);
}

export function structValueText(def: StructDef, value: StructValue, verbose: boolean): string {
  const style = styles.get(def.name);
  const hidden = (m: Member): boolean => /^(_|pad|__)|unused|reserved/.test(m.name);
  const byName = new Map(def.members.map((m) => [m.name, m]));
  const chosen = (names: readonly string[]): Member[] => names.map((n) => byName.get(n)!).filter(Boolean);
  const all = style?.full ? chosen(style.full) : def.members.filter((m) => !hidden(m));
  const shown = !verbose && style?.brief ? chosen(style.brief) : all;
  const parts = shown.map((m) => `${m.name}=${memberText(m, value[m.name]!, value, style, verbose)}`);
  if (shown.length < all.length) parts.push("...");
  return `{${parts.join(", ")}}`;
}

function memberText(m: Member, v: StructValue[string], whole: StructValue, style: StructStyle | undefined, verbose: boolean): string {
  const print = style?.members?.[m.name];
  if (Array.isArray(v)) return `[${v.map((e) => scalarText(m, e, print, whole, verbose)).join(", ")}]`;
  return scalarText(m, v, print, whole, verbose);
}

function scalarText(
  m: Member,
  v: number | bigint | StructValue,
  print: MemberPrinter | undefined,
  whole: StructValue,
  verbose: boolean,
): string {
  if (typeof v === "object") return structValueText(m.type as StructDef, v, verbose);
  if (print) return print(Number(v), whole);
  if (m.type === "ptr") return pointer(Number(v));
  return String(v);
}

const fileTypes: Record<number, string> = {
  [0o140000]: "S_IFSOCK",
  [0o120000]: "S_IFLNK",
  [0o100000]: "S_IFREG",
  [0o060000]: "S_IFBLK",
  [0o040000]: "S_IFDIR",
  [0o020000]: "S_IFCHR",
  [0o010000]: "S_IFIFO",
};

/** "S_IFREG|0644", "S_IFDIR|S_ISVTX|0777". */
export function fileModeText(mode: number): string {
  const parts: string[] = [];
  const type = mode & 0o170000;
  if (type) parts.push(fileTypes[type] ?? octal(type));
  if (mode & 0o4000) parts.push("S_ISUID");
  if (mode & 0o2000) parts.push("S_ISGID");
  if (mode & 0o1000) parts.push("S_ISVTX");
  parts.push(modeText(mode & 0o777));
  return parts.join("|");
}

/** "makedev(0x1, 0x3)". */
export function deviceText(dev: number): string {
  const hi = Math.floor(dev / 2 ** 32);
  const lo = dev % 2 ** 32;
  const major = ((lo >>> 8) & 0xfff) | (hi & ~0xfff);
  const minor = (lo & 0xff) | ((lo >>> 12) & 0xfff00);
  return `makedev(${major === 0 ? "0" : `0x${major.toString(16)}`}, ${minor === 0 ? "0" : `0x${minor.toString(16)}`})`;
}
