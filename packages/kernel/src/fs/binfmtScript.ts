import { ENOEXEC } from "../uapi/errno.ts";

export interface Script {
  interpreter: string;
  /** All that follows the interpreter, as one argument. */
  argument: string | null;
}

const isBlank = (c: number): boolean => c === 0x20 || c === 0x09;

/**
 * The `#!` line in the first 256 bytes of a file: null if it is no script, -ENOEXEC if the line is
 * not usable. @linux fs/binfmt_script.c load_script
 */
export function parseScript(buf: Uint8Array): Script | number | null {
  if (buf[0] !== 0x23 || buf[1] !== 0x21) return null;
  let end = buf.indexOf(0x0a);
  if (end < 0) {
    // No end of line in sight: acceptable only if the interpreter's path is complete.
    end = buf.length;
    let i = 2;
    while (i < end && isBlank(buf[i]!)) i++;
    if (i === end) return -ENOEXEC;
    while (i < end && buf[i] !== 0 && !isBlank(buf[i]!)) i++;
    if (i === end) return -ENOEXEC;
  }
  const nul = buf.indexOf(0, 2);
  if (nul >= 0 && nul < end) end = nul;
  let from = 2;
  while (end > from && isBlank(buf[end - 1]!)) end--;
  while (from < end && isBlank(buf[from]!)) from++;
  if (from === end) return -ENOEXEC;
  let stop = from;
  while (stop < end && !isBlank(buf[stop]!)) stop++;
  const interpreter = latin1(buf.subarray(from, stop));
  while (stop < end && isBlank(buf[stop]!)) stop++;
  return { interpreter, argument: stop < end ? latin1(buf.subarray(stop, end)) : null };
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
