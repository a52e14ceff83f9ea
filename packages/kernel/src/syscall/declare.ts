import type { Kernel } from "../kernel.ts";
import type { StructDef } from "../uapi/struct.ts";

/**
 * A system call is declared once. Dispatch, strace text, fault injection, documentation and the
 * lab's labels all come out of the declaration.
 *
 *     syscall("read", { fd: A.fd, buf: A.bufOut("ret"), count: A.size }, sysRead, { linux: "fs/read_write.c ksys_read" })
 */

/** How the raw 64-bit register becomes the number a handler gets: truncated to int/unsigned int, or the whole register as signed/unsigned (exact within 2^53). */
export type ArgWidth = "i32" | "u32" | "s64" | "u64";

/** Names of flag bits or of enumerated values, for printing. Order = order of printing. */
export interface NameTable {
  readonly kind: "flags" | "enum";
  /** strace's fallback comment, e.g. "O_???". */
  readonly unknown: string;
  readonly values: readonly (readonly [name: string, value: number])[];
}

export interface ArgType {
  readonly width: ArgWidth;
  /** What it is; the tracer prints by this. */
  readonly kind:
    | "fd"
    | "dirfd"
    | "int"
    | "uint"
    | "long"
    | "ulong"
    | "hex"
    | "size"
    | "off"
    | "ptr"
    | "path"
    | "string"
    | "mode"
    | "pid"
    | "uid"
    | "flags"
    | "enum"
    | "signal"
    | "sigset"
    | "bufIn"
    | "bufOut"
    | "struct"
    | "iov"
    | "strings"
    | "intPtr"
    | "fdset"
    | "pollfds"
    | "sockaddr"
    | "custom";
  readonly names?: NameTable;
  readonly struct?: StructDef;
  readonly dir?: "in" | "out" | "inout";
  /** Length of a buffer or array: the name of another argument, "ret", or a number. */
  readonly length?: string | number;
}

const plain = (kind: ArgType["kind"], width: ArgWidth): ArgType => ({ kind, width });

/** Argument types. */
export const A = {
  fd: plain("fd", "i32"),
  dirfd: plain("dirfd", "i32"),
  int: plain("int", "i32"),
  uint: plain("uint", "u32"),
  long: plain("long", "s64"),
  ulong: plain("ulong", "u64"),
  hex: plain("hex", "u64"),
  size: plain("size", "u64"),
  off: plain("off", "s64"),
  ptr: plain("ptr", "u64"),
  path: plain("path", "u64"),
  string: plain("string", "u64"),
  mode: plain("mode", "u32"),
  pid: plain("pid", "i32"),
  uid: plain("uid", "u32"),
  signal: plain("signal", "i32"),
  /** sigset_t by pointer. */
  sigset: (dir: "in" | "out" = "in"): ArgType => ({ kind: "sigset", width: "u64", dir }),
  /** NULL-terminated array of strings (argv, envp). */
  strings: plain("strings", "u64"),
  /** int by pointer. */
  intPtr: (dir: "in" | "out" | "inout"): ArgType => ({ kind: "intPtr", width: "u64", dir }),
  bufIn: (length: string): ArgType => ({ kind: "bufIn", width: "u64", length, dir: "in" }),
  bufOut: (length: string): ArgType => ({ kind: "bufOut", width: "u64", length, dir: "out" }),
  iov: (count: string, dir: "in" | "out"): ArgType => ({ kind: "iov", width: "u64", length: count, dir }),
  flags: (names: NameTable, width: ArgWidth = "i32"): ArgType => ({ kind: "flags", width, names }),
  enum: (names: NameTable, width: ArgWidth = "i32"): ArgType => ({ kind: "enum", width, names }),
  struct: (def: StructDef, dir: "in" | "out" | "inout" = "in"): ArgType => ({ kind: "struct", width: "u64", struct: def, dir }),
  structs: (def: StructDef, length: string, dir: "in" | "out" | "inout" = "in"): ArgType => ({
    kind: "struct",
    width: "u64",
    struct: def,
    dir,
    length,
  }),
  /** Meaning depends on other arguments (ioctl, fcntl, prctl …): the tracer has its own printer. */
  custom: (width: ArgWidth = "u64"): ArgType => ({ kind: "custom", width }),
} as const;

/** Builds a NameTable from [name, value] pairs or an object. */
export function flagNames(unknown: string, values: Record<string, number>): NameTable {
  return { kind: "flags", unknown, values: Object.entries(values) };
}
export function enumNames(unknown: string, values: Record<string, number>): NameTable {
  return { kind: "enum", unknown, values: Object.entries(values) };
}

/** A handler: the current task is k.current. Returns a number for rax: >= 0, a negated errno, -ERESTART*, or BLOCKED. */
export type SyscallHandler = (k: Kernel, a: number, b: number, c: number, d: number, e: number, f: number) => number;

/** Argument registers in order: rdi, rsi, rdx, r10, r8, r9. */
export const ARGUMENT_REGISTERS = [7, 6, 2, 10, 8, 9] as const;

/** A transfer of which Linux may do a part only, and then say so in the result. */
export interface ShortTransfer {
  /** The argument that says how much is wanted: a size, an iovec array (its count follows), or a struct msghdr. */
  readonly length: string;
  /** So many bytes are moved whole or not at all. */
  readonly whole?: number;
  /** The same if its descriptor is a pipe. */
  readonly pipeWhole?: number;
}

/**
 * When a caught signal may end a call with EINTR (signal(7)): always; if its descriptor is one that can keep it waiting for
 * ever; or as its first four arguments say.
 */
export type Interruptible = "always" | "slow" | ((a: number, b: number, c: number, d: number) => boolean);

export interface SyscallDef {
  readonly name: string;
  readonly args: readonly (readonly [name: string, type: ArgType])[];
  readonly handler: SyscallHandler;
  /** How the result prints. */
  readonly ret: "int" | "hex" | "fd" | "none" | "oct";
  /** Linux's file and function. */
  readonly linux: string;
  /** Absent: complete. Else what is missing. */
  readonly partial?: string;
  /** Absent: never interrupted. */
  readonly eintr?: Interruptible;
  /** Absent: done whole or not at all. */
  readonly short?: ShortTransfer;
}

/** Declares a call: its name, its arguments by kind, what serves it. @linux include/linux/syscalls.h SYSCALL_DEFINE */
export function syscall(
  name: string,
  args: Record<string, ArgType>,
  handler: SyscallHandler,
  more: { linux: string; ret?: SyscallDef["ret"]; partial?: string; eintr?: Interruptible; short?: ShortTransfer },
): SyscallDef {
  return {
    name,
    args: Object.entries(args),
    handler,
    ret: more.ret ?? "int",
    linux: more.linux,
    ...(more.partial ? { partial: more.partial } : {}),
    ...(more.eintr ? { eintr: more.eintr } : {}),
    ...(more.short ? { short: more.short } : {}),
  };
}
