import type { ArgType } from "@lstar/kernel/syscall/declare.ts";
import type { StructDef } from "@lstar/kernel/uapi/struct.ts";
import type { ArgPrinter, Call } from "./call.ts";
import { signalText, sigsetText } from "./signals.ts";
import { specialPrinters } from "./special/index.ts";
import { structText } from "./structs.ts";
import { enumText, flagsText, hex, modeText, pointer } from "./text.ts";

/**
 * Prints argument `index` of a call: by the printer of its own if the call has one, else by its
 * declared type. Null: only known when the call has returned. "": not shown in this form of the call.
 */
export function printArgument(c: Call, index: number): string | null {
  const special: ArgPrinter | undefined = specialPrinters[c.def.name]?.[index];
  if (special) return special(c, index);
  return printByType(c, c.def.args[index]![1], c.arg(index));
}

/** Prints a value of a declared type. */
export function printByType(c: Call, type: ArgType, value: number): string | null {
  switch (type.kind) {
    case "fd":
      return c.fd(value);
    case "dirfd":
      return c.dirfd(value);
    case "int":
    case "uint":
    case "long":
    case "ulong":
    case "size":
    case "off":
    case "pid":
      return String(value);
    case "uid":
      return value === 0xffffffff ? "-1" : String(value);
    case "hex":
      return hex(value);
    case "ptr":
    case "custom":
      return pointer(value);
    case "path":
      return c.path(value);
    case "string":
      return c.string(value, c.options.stringLimit);
    case "mode":
      return modeText(value);
    case "flags":
      return flagsText(type.names!, value);
    case "enum":
      return enumText(type.names!, value);
    case "signal":
      return signalText(value);
    case "sigset":
      return type.dir === "out" ? afterExit(c, value, () => sigset(c, value)) : sigset(c, value);
    case "strings":
      return strings(c, value);
    case "bufIn":
      return c.buffer(value, lengthOf(c, type));
    case "bufOut":
      return afterExit(c, value, () => c.buffer(value, type.length === "ret" ? c.ret! : Math.min(lengthOf(c, type), c.ret!)));
    case "intPtr":
      if (type.dir === "in") return ints(c, value);
      return afterExit(c, value, () => ints(c, value));
    case "struct":
      if (type.dir === "in") return structs(c, type, value);
      return afterExit(c, value, () => structs(c, type, value));
    case "iov":
      if (type.dir === "in") return iovec(c, value, lengthOf(c, type), Number.POSITIVE_INFINITY);
      return afterExit(
        c,
        value,
        () => iovec(c, value, lengthOf(c, type), c.ret!),
        () => iovec(c, value, lengthOf(c, type), -1),
      );
    default:
      return pointer(value);
  }
}

/** An out-argument: its address if the call failed, its value once the call has succeeded, null before that. */
export function afterExit(c: Call, address: number, print: () => string, onFailure: () => string = () => pointer(address)): string | null {
  if (!c.exiting) return address === 0 ? "NULL" : null;
  if (address === 0) return "NULL";
  return c.ret! < 0 ? onFailure() : print();
}

/** The number of bytes or elements that a declaration names. */
export function lengthOf(c: Call, type: ArgType): number {
  if (typeof type.length === "number") return type.length;
  if (type.length === "ret") return c.ret ?? 0;
  return type.length === undefined ? 0 : c.argNamed(type.length);
}

export function sigset(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const v = c.view(address, 8);
  return v ? sigsetText(v.getUint32(0, true), v.getUint32(4, true)) : pointer(address);
}

function ints(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const v = c.i32(address);
  return v === null ? pointer(address) : `[${v}]`;
}

function structs(c: Call, type: ArgType, address: number): string {
  const def: StructDef = type.struct!;
  if (type.length === undefined || address === 0) return structText(c, def, address);
  const n = lengthOf(c, type);
  const list: string[] = [];
  for (let i = 0; i < Math.min(n, 32); i++) list.push(structText(c, def, address + i * def.size));
  if (n > 32) list.push("...");
  return `[${list.join(", ")}]`;
}

/** argv-like: ["a", "b"], at most 32 strings. */
export function strings(c: Call, address: number): string {
  if (address === 0) return "NULL";
  const list: string[] = [];
  for (let i = 0; ; i++) {
    const p = c.u64(address + i * 8);
    if (p === null) return i === 0 ? pointer(address) : `[${list.join(", ")}, ${pointer(address + i * 8)}]`;
    if (p === 0) break;
    if (i >= 32) {
      list.push("...");
      break;
    }
    list.push(c.string(p, c.options.stringLimit));
  }
  return `[${list.join(", ")}]`;
}

/** struct iovec array; `limit` bytes of data are valid over all elements (-1: print addresses). */
export function iovec(c: Call, address: number, count: number, limit: number): string {
  if (address === 0) return "NULL";
  if (count === 0) return "[]";
  const list: string[] = [];
  let left = limit;
  for (let i = 0; i < count; i++) {
    if (i >= 32) {
      list.push("...");
      break;
    }
    const base = c.u64(address + i * 16);
    const length = c.u64(address + i * 16 + 8);
    if (base === null || length === null) {
      if (i === 0) return pointer(address);
      list.push(`... /* ${pointer(address + i * 16)} */`);
      break;
    }
    const shown = Math.min(length, left);
    list.push(`{iov_base=${limit < 0 ? pointer(base) : c.buffer(base, Math.max(0, shown))}, iov_len=${length}}`);
    if (limit >= 0 && left !== Number.POSITIVE_INFINITY) left -= Math.max(0, shown);
  }
  return `[${list.join(", ")}]`;
}
