/** One system call of the run. */
export interface SyscallRecord {
  pid: number;
  name: string;
  /** Value returned to the program, or a negated errno. */
  result: number;
}

export interface RunOptions {
  /** Text or bytes of standard input. */
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  cwd?: string;
  /** Files put into the guest: path → contents (executable). */
  files?: Record<string, string | Uint8Array>;
  /** The root: a host directory (Node only), or a tar archive (plain, gzip or zstd). */
  root?: string | Uint8Array | Blob;
  user?: { uid: number; gid: number };
  /** Bytes of physical memory. */
  memory?: number;
  seed?: number;
  /** Compile hot guest code to WebAssembly (default true); the result is the same. */
  jit?: boolean;
  clock?: "virtual" | "real";
  /** The guest's date and time at the start (default: 2030-01-01 with the virtual clock, now with the real one). */
  date?: Date;
}

export interface RunResult {
  /** Exit status as a shell has it: 128 + N after signal N. */
  status: number;
  stdout: string;
  stderr: string;
  stdoutBytes: Uint8Array;
  syscalls: SyscallRecord[];
  /** x86 instructions that were executed. */
  instructions: number;
}

/**
 * Starts a machine, runs one program in it to its end, and gives what it did.
 * @throws an Error that says why if the program cannot be started.
 */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<RunResult>;
