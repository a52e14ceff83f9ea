import type { NameTable } from "@lstar/kernel/syscall/declare.ts";
import { errnoName, errnoText } from "@lstar/kernel/uapi/errno.ts";

/** "0x1f" as strace writes numbers in hexadecimal; 0 is "0". */
export function hex(n: number): string {
  return n === 0 ? "0" : `0x${n.toString(16)}`;
}

/** An address: NULL or hexadecimal. */
export function pointer(n: number): string {
  return n === 0 ? "NULL" : `0x${n.toString(16)}`;
}

/** Octal with a leading zero ("0" for 0), at least `digits` digits. */
export function octal(n: number, digits = 0): string {
  const s = n.toString(8).padStart(digits, "0");
  return s.startsWith("0") ? s : `0${s}`;
}

/** A permission mode as strace prints it: octal with a zero in front, at least three digits in all. */
export function modeText(n: number): string {
  return (n === 0 ? "0" : `0${n.toString(8)}`).padStart(3, "0");
}

/** Flag bits by name, in the table's order; what is left over as a number. */
export function flagsText(names: NameTable, value: number): string {
  const v = value < 0 ? value + 2 ** 32 : value;
  if (v === 0) {
    const zero = names.values.find(([, bit]) => bit === 0);
    return zero ? zero[0] : "0";
  }
  let rest = v;
  const out: string[] = [];
  for (const [name, bits] of names.values) {
    const b = bits < 0 ? bits + 2 ** 32 : bits;
    if (b !== 0 && hasBits(rest, b)) {
      out.push(name);
      rest -= b;
    }
  }
  if (out.length === 0) return `${hex(v)} /* ${names.unknown} */`;
  if (rest !== 0) out.push(hex(rest));
  return out.join("|");
}

/** An enumerated value by name. */
export function enumText(names: NameTable, value: number): string {
  for (const [name, v] of names.values) if (v === value || v === value + 2 ** 32 || v + 2 ** 32 === value) return name;
  return `${hex(value < 0 ? value + 2 ** 32 : value)} /* ${names.unknown} */`;
}

/** True if all bits of b (below 2^53) are set in n. */
function hasBits(n: number, b: number): boolean {
  const low = 2 ** 32;
  return ((n % low) & (b % low)) >>> 0 === b % low && (Math.floor(n / low) & Math.floor(b / low)) === Math.floor(b / low);
}

/** " ENOENT (No such file or directory)" for a positive errno. */
export function errnoSuffix(errno: number): string {
  const name = errnoName[errno];
  return name ? `${name} (${errnoText[errno]})` : `(errno ${errno})`;
}

const escapes: Record<number, string> = { 34: '\\"', 92: "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 12: "\\f", 11: "\\v" };

export type HexStrings = "none" | "non-ascii" | "all";

/** A quoted, escaped string: octal escapes as short as the next byte allows, like strace's string_quote. */
export function quoteBytes(bytes: Uint8Array, hexStrings: HexStrings = "none"): string {
  const printable = (b: number): boolean => (b >= 0x20 && b < 0x7f) || escapes[b] !== undefined;
  const useHex = hexStrings === "all" || (hexStrings === "non-ascii" && bytes.some((b) => !printable(b)));
  let out = '"';
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    if (useHex) {
      out += `\\x${b.toString(16).padStart(2, "0")}`;
      continue;
    }
    const e = escapes[b];
    if (e !== undefined) out += e;
    else if (b >= 0x20 && b < 0x7f) out += String.fromCharCode(b);
    else {
      const next = bytes[i + 1];
      const digitFollows = next !== undefined && next >= 0x30 && next <= 0x37;
      out += `\\${digitFollows ? b.toString(8).padStart(3, "0") : b.toString(8)}`;
    }
  }
  return `${out}"`;
}
