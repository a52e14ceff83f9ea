import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { SyscallDef } from "@lstar/kernel/syscall/declare.ts";
import { type HexStrings, hex, pointer, quoteBytes } from "./text.ts";

/** Options that change how arguments print. */
export interface PrintOptions {
  /** -s: longest string shown, in bytes. */
  stringLimit: number;
  /** -v: print structures unabbreviated. */
  verbose: boolean;
  /** -x, -xx. */
  hexStrings: HexStrings;
  /** -y: print the file behind a descriptor; 2 = with device and socket details. */
  decodeFds: 0 | 1 | 2;
}

/** Reads memory of a task without changing anything: bytes up to the first unreadable page. */
export type ReadMemory = (k: Kernel, task: Task, address: number, length: number) => Uint8Array;
/** The path of a task's descriptor as -y prints it, or null. */
export type FdPath = (k: Kernel, task: Task, fd: number) => string | null;

/** One system call being printed: its raw arguments, result and the task's memory. */
export class Call {
  readonly k: Kernel;
  readonly task: Task;
  readonly def: SyscallDef;
  readonly options: PrintOptions;
  readonly #read: ReadMemory;
  readonly #fdPath: FdPath;
  /** Arguments by position, truncated to their declared width. */
  readonly args: number[];
  /** rax at exit; negative = -errno. Undefined while the call has not returned. */
  ret: number | undefined = undefined;
  /** A value put in place of the result: no error, whatever it is. */
  succeeded = false;

  constructor(k: Kernel, task: Task, def: SyscallDef, args: number[], options: PrintOptions, read: ReadMemory, fdPath: FdPath) {
    this.k = k;
    this.task = task;
    this.def = def;
    this.args = args;
    this.options = options;
    this.#read = read;
    this.#fdPath = fdPath;
  }

  get exiting(): boolean {
    return this.ret !== undefined;
  }
  /** True if the call has returned an error. */
  get failed(): boolean {
    return this.ret !== undefined && this.ret < 0 && this.ret > -4096 && !this.succeeded;
  }
  arg(i: number): number {
    return this.args[i] ?? 0;
  }
  argNamed(name: string): number {
    return this.arg(this.def.args.findIndex(([n]) => n === name));
  }

  /** Up to `length` bytes at an address; shorter if unmapped. */
  memory(address: number, length: number): Uint8Array {
    return this.#read(this.k, this.task, address, length);
  }
  /** A view over exactly `length` bytes, or null if they are not all readable. */
  view(address: number, length: number): DataView | null {
    const bytes = this.memory(address, length);
    return bytes.length < length ? null : new DataView(bytes.buffer, bytes.byteOffset, length);
  }
  u32(address: number): number | null {
    return this.view(address, 4)?.getUint32(0, true) ?? null;
  }
  i32(address: number): number | null {
    return this.view(address, 4)?.getInt32(0, true) ?? null;
  }
  u64(address: number): number | null {
    const v = this.view(address, 8);
    return v && v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32;
  }

  /** A NUL-terminated string: quoted, cut after `limit` bytes with "..."; the address if unreadable. */
  string(address: number, limit = 4096): string {
    if (address === 0) return "NULL";
    const chunk: number[] = [];
    for (let at = address; chunk.length <= limit; ) {
      const step = Math.min(256, 4096 - (at % 4096));
      const bytes = this.memory(at, step);
      const end = bytes.indexOf(0);
      for (const b of end < 0 ? bytes : bytes.subarray(0, end)) chunk.push(b);
      if (end >= 0) break;
      if (bytes.length < step) return pointer(address);
      at += step;
    }
    const cut = chunk.length > limit;
    return quoteBytes(Uint8Array.from(cut ? chunk.slice(0, limit) : chunk), this.options.hexStrings) + (cut ? "..." : "");
  }

  /** A path: printed whole up to PATH_MAX. */
  path(address: number): string {
    return this.string(address, 4095);
  }

  /** `length` bytes of a buffer: quoted and cut at the string limit. */
  buffer(address: number, length: number): string {
    if (address === 0) return "NULL";
    const limit = this.options.stringLimit;
    const bytes = this.memory(address, Math.min(length, limit));
    if (bytes.length < Math.min(length, limit)) return pointer(address);
    return quoteBytes(bytes, this.options.hexStrings) + (length > limit ? "..." : "");
  }

  fd(fd: number): string {
    if (this.options.decodeFds === 0 || fd < 0) return String(fd);
    const path = this.#fdPath(this.k, this.task, fd);
    return path === null ? String(fd) : `${fd}<${path}>`;
  }
  dirfd(fd: number): string {
    if (fd === -100) {
      if (this.options.decodeFds === 0) return "AT_FDCWD";
      const path = this.#fdPath(this.k, this.task, -100);
      return path === null ? "AT_FDCWD" : `AT_FDCWD<${path}>`;
    }
    return this.fd(fd);
  }
  pointer(n: number): string {
    return pointer(n);
  }
  hex(n: number): string {
    return hex(n);
  }
}

/**
 * Prints one argument. Called at entry; if it returns null the argument can only be printed once the
 * call has returned, and the rest of the line waits for that too.
 */
export type ArgPrinter = (c: Call, index: number) => string | null;
