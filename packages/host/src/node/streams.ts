import * as fs from "node:fs";
import * as tty from "node:tty";
import type { HostStream } from "@lstar/kernel/host.ts";

const EPIPE = 32;
const EAGAIN = 11;

function kindOf(fd: number): HostStream["kind"] {
  if (tty.isatty(fd)) return "tty";
  try {
    const s = fs.fstatSync(fd);
    if (s.isFile()) return "file";
    return s.isCharacterDevice() ? "null" : "pipe";
  } catch {
    return "null";
  }
}

/** Bytes of a pipe or terminal that are held for a guest that does not read. */
const READ_AHEAD = 65_536;

/** Standard input: files are read as they are asked for, terminals and pipes as data arrives. */
export class NodeInput implements HostStream {
  readonly kind: HostStream["kind"];
  readonly #chunks: Uint8Array[] = [];
  #buffered = 0;
  #ended = false;
  #started = false;
  readonly #onData: () => void;

  constructor(onData: () => void) {
    this.kind = kindOf(0);
    this.#onData = onData;
    if (this.kind === "null") this.#ended = true;
  }

  /** Can more input ever come? */
  get open(): boolean {
    return !this.#ended && this.kind !== "file";
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    process.stdin.on("data", (d: Buffer) => {
      this.#chunks.push(d);
      this.#buffered += d.length;
      // A terminal goes on: a ^C must reach a program that does not read.
      if (this.#buffered >= READ_AHEAD && this.kind !== "tty") process.stdin.pause();
      this.#onData();
    });
    const end = (): void => {
      this.#ended = true;
      this.#onData();
    };
    process.stdin.on("end", end);
    process.stdin.on("error", end);
  }

  /** Begins to take input, for a terminal: keys count even if nobody reads (control characters). */
  attach(): void {
    if (this.kind === "tty") this.#start();
  }

  read(max: number): Uint8Array | null | "wait" {
    if (this.kind === "file") {
      const out = Buffer.alloc(Math.min(max, 65536));
      try {
        const n = fs.readSync(0, out, 0, out.length, null);
        return n === 0 ? null : out.subarray(0, n);
      } catch {
        return null;
      }
    }
    const first = this.#chunks[0];
    if (first) {
      const taken = first.length <= max ? first : first.subarray(0, max);
      if (taken === first) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(max);
      this.#buffered -= taken.length;
      if (this.#buffered < READ_AHEAD && process.stdin.isPaused()) process.stdin.resume();
      return taken;
    }
    if (this.#ended) return null;
    this.#start();
    return "wait";
  }
  write(bytes: Uint8Array): number {
    // A terminal's input side can be written to as well.
    return this.kind === "tty" ? writeAll(0, bytes) : -9;
  }
  windowSize(): { rows: number; cols: number } {
    return { rows: process.stdout.rows ?? 24, cols: process.stdout.columns ?? 80 };
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes everything; waits while the reader is slow (a pipe may not block). Bytes or a negated errno. */
export function writeAll(fd: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += fs.writeSync(fd, bytes, done, bytes.length - done);
    } catch (e) {
      const code = (e as NodeJS.ErrnoException).errno ?? -5;
      if (code === -EAGAIN) Atomics.wait(sleeper, 0, 0, 2);
      else return done || (code === -EPIPE ? -EPIPE : code);
    }
  }
  return done;
}

/** Standard output or error. */
export class NodeOutput implements HostStream {
  readonly kind: HostStream["kind"];
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
    this.kind = kindOf(fd);
  }
  read(): null {
    return null;
  }
  write(bytes: Uint8Array): number {
    return writeAll(this.#fd, bytes);
  }
  windowSize(): { rows: number; cols: number } {
    return { rows: process.stdout.rows ?? 24, cols: process.stdout.columns ?? 80 };
  }
}
