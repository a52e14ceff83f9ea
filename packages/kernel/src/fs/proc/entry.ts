import type { Path } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";

/**
 * One name below /proc, declared once: a file whose text `show` makes, a link, or a directory (which
 * is there because others are below it). Text is a byte string; a negative number is an errno.
 * `task` is the process a per-process entry is about; global entries get the reader.
 */
export interface ProcEntry {
  /** Permission bits. */
  readonly mode: number;
  show?(k: Kernel, task: Task): string | number;
  /** What the file of the same name below task/TID shows, where that differs. */
  showThread?(k: Kernel, task: Task): string | number;
  /** A file whose content depends on the position (/proc/PID/mem, pagemap): bytes, none at the end. */
  readAt?(k: Kernel, task: Task, pos: number, length: number): Uint8Array | number;
  /** A write of a whole text; the number of bytes used is the text's length unless it fails. */
  store?(k: Kernel, task: Task, text: string): number;
  /** A write at a position. */
  writeAt?(k: Kernel, task: Task, pos: number, bytes: Uint8Array): number;
  /** What says that the content has changed: a number that grows, and where to wait for it. Makes the file pollable. */
  changes?(k: Kernel, task: Task): { readonly event: number; readonly poll: WaitQueueHead };
  /** -ENOTTY for what it does not know. */
  ioctl?(k: Kernel, task: Task, cmd: number, arg: number): number;
  /** Text of a symbolic link. */
  link?(k: Kernel, task: Task): string | number;
  /** Where a magic link leads. */
  follow?(k: Kernel, task: Task): Path | number;
  /** Reading needs the right to look into the process (PTRACE_MODE_READ_FSCREDS). */
  readonly inspect?: boolean;
  /** The right is asked for at the open already, and refused with EACCES. */
  readonly inspectOpen?: boolean;
  /** Only for whole processes, not below task/. */
  readonly tgidOnly?: boolean;
  /** Only below task/. */
  readonly tidOnly?: boolean;
}

/** Entries by path below /proc: "sys/kernel/hostname". */
export const globalEntries = new Map<string, ProcEntry>();
/** Entries by path below /proc/PID: "status", "attr/current". */
export const taskEntries = new Map<string, ProcEntry>();

/** Registers global entries. Called at load time only. */
export function procGlobal(entries: Record<string, ProcEntry>): void {
  for (const [path, entry] of Object.entries(entries)) globalEntries.set(path, entry);
}

/** Registers per-process entries. Called at load time only. */
export function procTask(entries: Record<string, ProcEntry>): void {
  for (const [path, entry] of Object.entries(entries)) taskEntries.set(path, entry);
}

/** A read-only file. */
export function file(show: ProcEntry["show"] & object, mode = 0o444): ProcEntry {
  return { mode, show };
}

/** A file of fixed text. */
export function text(content: string, mode = 0o444): ProcEntry {
  return { mode, show: () => content };
}

/** A size in KiB as status and smaps show it: right-aligned in eight places. */
export function kb(bytes: number): string {
  return `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
}

/** n as hexadecimal digits, padded with zeros. */
export function hex(n: number, width = 1): string {
  return n.toString(16).padStart(width, "0");
}

/** Two 32-bit words as 16 hexadecimal digits. */
export function hex64(lo: number, hi: number): string {
  return hex(hi >>> 0, 8) + hex(lo >>> 0, 8);
}

const USER_HZ_NS = 10_000_000;

/** ns in clock ticks of USER_HZ (100 per second). */
export function ticks(ns: number): number {
  return Math.floor(ns / USER_HZ_NS);
}
