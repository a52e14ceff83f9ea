import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { peek } from "./peek.ts";
import { contextOf } from "./registers.ts";

const RSP = 4;
/** How far up the stack (bytes) a return address is looked for. */
const SCAN = 8192;

/**
 * The line of the program's own source that called what runs now (a function of the C library): of the first return
 * address on the stack that lies in the source behind a call instruction. 0 if there is none.
 */
export function callerLine(k: Kernel, task: Task, lineAt: (address: number) => number): number {
  const stack = peek(k, task.mm, contextOf(k, task).get(RSP), SCAN);
  const view = new DataView(stack.buffer, stack.byteOffset, stack.byteLength);
  for (let at = 0; at + 8 <= stack.length; at += 8) {
    const high = view.getUint32(at + 4, true);
    if (high > 0x7fff) continue;
    const address = high * 4294967296 + view.getUint32(at, true);
    const line = address > 0x1000 ? lineAt(address - 1) : 0;
    if (line > 0 && isBehindCall(k, task, address)) return line;
  }
  return 0;
}

/** Do the bytes before an address make a near call: E8 rel32, or FF /2 with any addressing? */
function isBehindCall(k: Kernel, task: Task, address: number): boolean {
  const bytes = peek(k, task.mm, address - 7, 7);
  if (bytes.length < 7) return false;
  if (bytes[2] === 0xe8) return true;
  for (let length = 2; length <= 7; length++) {
    const at = 7 - length;
    if (bytes[at] === 0xff && ((bytes[at + 1] as number) & 0x38) === 0x10) return true;
  }
  return false;
}
