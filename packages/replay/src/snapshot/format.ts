import type { KernelOptions } from "@lstar/kernel/kernel.ts";

/** Chunks of a snapshot's container: docs/time.md describes them. */
export const CHUNK = { head: "HEAD", state: "STAT", frames: "ALLO", pages: "PAGE", files: "FILE" } as const;
export const LAYOUT = 1;
export const PAGE_SIZE = 4096;
/** Pages and bytes of the state in a chunk. */
export const PAGES_A_CHUNK = 2048;
export const STATE_A_CHUNK = 16 * 2 ** 20;

/** The beginning of a snapshot file, as JSON. */
export interface SnapshotHead {
  layout: number;
  /** Version of lstar that wrote it, and which kinds of objects and tables its kernel knows. */
  lstar: string;
  kernel: string;
  /** Bytes of memory that the machine may have. */
  memory: number;
  options: KernelOptions;
  /** What the standard streams were, and whether they had a size. */
  stdio: { kind: string; sized: boolean }[];
  /** The guest's host files are shown through this, as the embedder understands it. */
  root: unknown;
  /** What was started, and how far it has come. */
  argv: string[];
  retired: number;
  tsc: { base: number; perInsn: number };
  space: { cr3: number; asid: number };
  registers: number[];
  frames: { next: number; used: number; free: number };
  stateBytes: number;
  pages: number;
}
