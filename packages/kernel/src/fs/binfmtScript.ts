import { ENOEXEC } from "../uapi/errno.ts";

export interface Script {
  interpreter: string;
  /** All that follows the interpreter, as one argument. */
  argument: string | null;
}

const NEWLINE = 0x0a;
const isBlank = (c: number | undefined): boolean => c === 0x20 || c === 0x09;
const ends = (c: number | undefined): boolean => c === 0 || isBlank(c);

/** First place in [from, to) that is no blank, or -1. */
function pastBlanks(buf: Uint8Array, from: number, to: number): number {
  while (from < to && isBlank(buf[from])) from++;
  return from < to ? from : -1;
}

/** First blank or NUL in [from, to), or -1. */
function nextEnd(buf: Uint8Array, from: number, to: number): number {
  while (from < to && !ends(buf[from])) from++;
  return from < to ? from : -1;
}

/**
 * The `#!` line in the first 256 bytes of a file: null if it is no script, -ENOEXEC if the line is
 * not usable. The interpreter may come out empty. @linux fs/binfmt_script.c load_script
 */
export function parseScript(buf: Uint8Array): Script | number | null {
  if (buf[0] !== 0x23 || buf[1] !== 0x21) return null;
  const limit = buf.length - 1;
  let end = buf.indexOf(NEWLINE);
  if (end < 0) {
    // No end of line in sight: acceptable only if the interpreter's path is complete.
    const start = pastBlanks(buf, 2, limit);
    if (start < 0 || nextEnd(buf, start, limit) < 0) return -ENOEXEC;
    end = limit;
  }
  while (isBlank(buf[end - 1])) end--;
  const from = pastBlanks(buf, 2, end);
  if (from < 0) return -ENOEXEC;
  const stop = nextEnd(buf, from, end);
  if (stop < 0) return { interpreter: text(buf, from, end), argument: null };
  const argument = buf[stop] === 0 ? -1 : pastBlanks(buf, stop, end);
  return { interpreter: text(buf, from, stop), argument: argument < 0 ? null : text(buf, argument, end) };
}

/** Bytes up to a NUL as a string. */
function text(buf: Uint8Array, from: number, to: number): string {
  const nul = buf.indexOf(0, from);
  return String.fromCharCode(...buf.subarray(from, nul >= 0 && nul < to ? nul : to));
}
