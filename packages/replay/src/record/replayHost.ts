import type { Host, HostFileSystem, HostNet, HostStream, NetLink } from "@lstar/kernel/host.ts";
import type { Timespec } from "@lstar/kernel/include/linux/fs.ts";
import { type ByteReader, LogError } from "./bytes.ts";
import { ASK, askText, INPUT_BYTES, INPUT_WAIT, PIECE } from "./entries.ts";
import { type LogMark, LogReader, readEntries, readStat, readTime } from "./logReader.ts";
import type { Recording } from "./recording.ts";
import type { BringIn } from "./recordingHost.ts";

const EIO = 5;
/** Entries that are looked through for what somebody wants to see who only watches. */
const AHEAD = 256;

/** Longest program that is brought in (bytes). */
const MAX_PROGRAM = 2 ** 31;

/** The streams and files that the recorded host had. */
export interface HostShape {
  stdio: { kind: HostStream["kind"]; sized: boolean }[];
  /** Names of the file system's functions; null: it had no files. */
  fs: string[] | null;
  /** The cable of its network, if it had one. */
  net?: NetLink | null;
}

/** What a recording's head says of its host. */
export function hostShape(host: Host): HostShape {
  return {
    stdio: host.stdio.map((s) => ({ kind: s.kind, sized: s.windowSize !== undefined })),
    fs: host.fs && FUNCTIONS.filter((name) => typeof host.fs?.[name] === "function"),
    net: host.net?.link ?? null,
  };
}
const FUNCTIONS = [
  ...(["lstat", "readdir", "readlink", "xattrs", "read"] as const),
  ...(["write", "create", "truncate", "mkdir", "unlink", "rmdir", "rename", "symlink", "link", "chmod", "utimes"] as const),
];

/** Where the run asked for something else than the recorded one. */
export interface Divergence {
  /** Entries of the log before it. */
  entry: number;
  recorded: string;
  came: string;
}

/**
 * The outside as a recording tells it. It answers what it is asked in the order of the log; when it is asked for
 * something else, `divergence` says so, and from then on the answers are EIO and nothing.
 */
export class ReplayHost implements Host {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs: HostFileSystem | null;
  readonly net: HostNet | null;
  readonly watcher: Host;
  divergence: Divergence | null = null;
  /** The log of a recording that was cut off has no more entries. */
  exhausted = false;
  /** Called with what the guest writes. */
  onOutput: (stream: number, bytes: Uint8Array) => void = () => {};
  /** Called when the run must not go on. */
  onStop: () => void = () => {};
  /** The program that was brought in from the recorded run's host, if one was. */
  brought: Uint8Array | null = null;
  readonly #recording: Recording;
  readonly #log: LogReader;

  constructor(recording: Recording, shape: HostShape) {
    this.#recording = recording;
    this.#log = new LogReader(recording);
    this.stdio = [0, 1, 2].map((i) => this.#stream(i, shape)) as unknown as [HostStream, HostStream, HostStream];
    this.fs = shape.fs && this.#files(new Set(shape.fs));
    this.net = shape.net ? this.#cable(shape.net) : null;
    this.watcher = this.#watching();
  }

  /** Where the log is: belongs to a moment of the run, as a snapshot does. */
  save(): LogMark {
    return this.#log.save();
  }

  restore(saved: unknown): void {
    this.#log.restore(saved as LogMark);
    this.exhausted = false;
    this.divergence = null;
  }

  /** Entries of the log that have been answered with. */
  get entries(): number {
    return this.#log.entries;
  }

  /** Is the log at its end? */
  get atEnd(): boolean {
    return this.#log.atEnd;
  }

  /**
   * Answers a question by the next entry, if that is of its kind and `same` finds in it what was asked.
   * @param same reads what was asked; null if it is the same, else what the recording has instead
   */
  #answer<T>(ask: number, asked: string, same: (r: ByteReader) => string | null, answer: (r: ByteReader) => T, nothing: T): T {
    if (this.divergence || this.exhausted) return nothing;
    const before = this.save();
    try {
      const found = this.#log.next();
      if (found === -1 && !this.#recording.summary) {
        this.exhausted = true;
        this.onStop();
        return nothing;
      }
      const other = found === ask ? same(this.#log.reader) : this.#text(found);
      if (other === null) return answer(this.#log.reader);
      this.restore(before);
      this.#diverge(other, asked);
    } catch (e) {
      if (!(e instanceof LogError)) throw e;
      this.restore(before);
      this.#diverge(`a log that ${e.message}`, asked);
    }
    return nothing;
  }

  #diverge(recorded: string, came: string): void {
    this.divergence = { entry: this.entries, recorded, came };
    this.onStop();
  }

  /** An entry, of which only the kind has been read, for a reader. */
  #text(ask: number): string {
    if (ask === -1) return "the end";
    return askText(ask, ask >= ASK.lstat ? this.#log.readPath() : "");
  }

  #samePath(ask: number, path: string): string | null {
    return this.#log.readPath() === path ? null : askText(ask, this.#log.path);
  }

  monotonic(): number {
    return this.#answer(
      ASK.monotonic,
      askText(ASK.monotonic),
      () => null,
      (r) => {
        this.#log.clock += r.int();
        return this.#log.clock;
      },
      this.#log.clock,
    );
  }
  realtime(): Timespec {
    return this.#answer(ASK.realtime, askText(ASK.realtime), () => null, readTime, { sec: 0, nsec: 0 });
  }
  entropy(out: Uint8Array): void {
    this.#answer(
      ASK.entropy,
      askText(ASK.entropy),
      () => null,
      (r) => out.set(r.block().subarray(0, out.length)),
      undefined,
    );
  }

  #stream(index: number, shape: HostShape): HostStream {
    const name = ["standard input", "standard output", "standard error"][index] as string;
    const other = (r: ByteReader, ask: number): string | null => {
      const i = r.byte();
      return i === index ? null : `${askText(ask)} (stream ${i})`;
    };
    const stream: HostStream = {
      kind: shape.stdio[index]?.kind ?? "null",
      read: () =>
        this.#answer<Uint8Array | null | "wait">(
          ASK.read,
          `${askText(ASK.read)} (${name})`,
          (r) => other(r, ASK.read),
          (r) => {
            const how = r.byte();
            if (how === INPUT_BYTES) return r.block().slice();
            return how === INPUT_WAIT ? "wait" : null;
          },
          "wait",
        ),
      write: (bytes) => this.#write(index, name, bytes),
    };
    if (shape.stdio[index]?.sized)
      stream.windowSize = () =>
        this.#answer(
          ASK.size,
          askText(ASK.size),
          (r) => other(r, ASK.size),
          (r) => ({ rows: r.uint(), cols: r.uint() }),
          { rows: 24, cols: 80 },
        );
    return stream;
  }

  #write(index: number, name: string, bytes: Uint8Array): number {
    const taken = this.#answer(
      ASK.write,
      `${bytes.length} bytes of output (${name})`,
      (r) => {
        const i = r.byte();
        const length = r.uint();
        const crc = r.uint();
        if (i !== index || length !== bytes.length) return `${length} bytes of output (stream ${i})`;
        return crc === this.#recording.codec.crc32(bytes) ? null : `other ${length} bytes of output (stream ${i})`;
      },
      (r) => bytes.length - r.int(),
      bytes.length,
    );
    if (taken > 0 && !this.divergence && !this.exhausted) this.onOutput(index, bytes.subarray(0, taken));
    return taken;
  }

  #cable(link: NetLink): HostNet {
    return {
      link,
      transmit: (frame) =>
        this.#answer(
          ASK.transmit,
          `a frame of ${frame.length} bytes that is sent`,
          (r) => {
            const length = r.uint();
            const crc = r.uint();
            if (length !== frame.length) return `a frame of ${length} bytes that is sent`;
            return crc === this.#recording.codec.crc32(frame) ? null : `another frame of ${length} bytes that is sent`;
          },
          (r) => r.byte() === 1,
          false,
        ),
      receive: () =>
        this.#answer<Uint8Array | null>(
          ASK.receive,
          askText(ASK.receive),
          () => null,
          (r) => {
            const frame = r.block();
            return frame.length > 0 ? frame : null;
          },
          null,
        ),
      waited: () =>
        this.#answer(
          ASK.waited,
          askText(ASK.waited),
          () => null,
          (r) => r.uint(),
          0,
        ),
    };
  }

  #files(has: ReadonlySet<string>): HostFileSystem {
    const onPath = <T>(ask: number, path: string, answer: (r: ByteReader) => T, nothing: T): T =>
      this.#answer(ask, askText(ask, path), () => this.#samePath(ask, path), answer, nothing);
    /** An answer that is preceded by an errno. */
    const orErrno =
      <T>(read: (r: ByteReader) => T) =>
      (r: ByteReader): T | number => {
        const errno = r.uint();
        return errno === 0 ? read(r) : -errno;
      };
    const fs: HostFileSystem = {
      lstat: (path) => onPath(ASK.lstat, path, orErrno(readStat), -EIO),
      readdir: (path) => onPath(ASK.readdir, path, orErrno(readEntries), -EIO),
      readlink: (path) =>
        onPath(
          ASK.readlink,
          path,
          orErrno((r) => r.text()),
          -EIO,
        ),
      read: (path, out, position) =>
        this.#answer(
          ASK.fileRead,
          `${askText(ASK.fileRead, path)} from ${position} on`,
          (r) => {
            const other = this.#samePath(ASK.fileRead, path);
            const at = r.uint();
            const length = r.uint();
            if (other !== null) return other;
            return at === position && length === out.length ? null : `${askText(ASK.fileRead, path)} from ${at} on (${length} bytes)`;
          },
          (r) => {
            const n = r.int();
            if (n > 0) out.set(this.#log.data(n));
            return n;
          },
          -EIO,
        ),
    };
    if (has.has("xattrs"))
      fs.xattrs = (path) =>
        onPath<ReadonlyMap<string, string> | null>(
          ASK.xattrs,
          path,
          (r) => {
            const n = r.uint();
            if (n === 0) return null;
            const out = new Map<string, string>();
            for (let i = 1; i < n; i++) out.set(r.text(), r.text());
            return out;
          },
          null,
        );
    const result = (r: ByteReader): number => r.int();
    const number = (ask: number) => (path: string, n: number) =>
      this.#answer(
        ask,
        `${askText(ask, path)} (${n})`,
        (r) => {
          const other = this.#samePath(ask, path);
          const was = r.uint();
          return other ?? (was === n ? null : `${askText(ask, path)} (${was})`);
        },
        result,
        -EIO,
      );
    const path = (ask: number) => (p: string) => onPath(ask, p, result, -EIO);
    const two = (ask: number) => (a: string, b: string) =>
      this.#answer(
        ask,
        `${askText(ask, a)} to ${b}`,
        (r) => {
          const other = this.#samePath(ask, a);
          const to = r.text();
          return other ?? (to === b ? null : `${askText(ask, a)} to ${to}`);
        },
        result,
        -EIO,
      );
    const changes: Partial<HostFileSystem> = {
      write: (p, bytes, position) =>
        this.#answer(
          ASK.fileWrite,
          `${askText(ASK.fileWrite, p)} (${bytes.length} bytes at ${position})`,
          (r) => {
            const other = this.#samePath(ASK.fileWrite, p);
            const [at, length, crc] = [r.uint(), r.uint(), r.uint()];
            if (other !== null) return other;
            if (at !== position || length !== bytes.length) return `${askText(ASK.fileWrite, p)} (${length} bytes at ${at})`;
            return crc === this.#recording.codec.crc32(bytes) ? null : `${askText(ASK.fileWrite, p)} (other ${length} bytes at ${at})`;
          },
          result,
          -EIO,
        ),
      create: number(ASK.create),
      truncate: number(ASK.truncate),
      mkdir: number(ASK.mkdir),
      chmod: number(ASK.chmod),
      unlink: path(ASK.unlink),
      rmdir: path(ASK.rmdir),
      rename: two(ASK.rename),
      symlink: two(ASK.symlink),
      link: two(ASK.link),
      utimes: (p) =>
        onPath(
          ASK.utimes,
          p,
          (r) => {
            readTime(r);
            readTime(r);
            return r.int();
          },
          -EIO,
        ),
    };
    for (const [name, f] of Object.entries(changes)) if (has.has(name)) (fs as unknown as Record<string, unknown>)[name] = f;
    return fs;
  }

  /** The outside for those who only watch: the clock stands, and of files there is what the run will read soon. */
  #watching(): Host {
    const none = (): number => -EIO;
    const fs: HostFileSystem = {
      lstat: none,
      readdir: none,
      readlink: none,
      read: (path, out, position) => this.#ahead(path, out, position),
    };
    const silent = (kind: HostStream["kind"]): HostStream => ({ kind, read: () => "wait", write: (b) => b.length });
    const [a, b, c] = this.stdio;
    return {
      stdio: [silent(a.kind), silent(b.kind), silent(c.kind)],
      fs: this.fs && fs,
      monotonic: () => this.#log.clock,
      realtime: () => ({ sec: 0, nsec: 0 }),
      entropy: (out) => void out.fill(0),
    };
  }

  /** The contents of a file where the log soon has them. */
  #ahead(path: string, out: Uint8Array, position: number): number {
    const before = this.save();
    const { divergence, exhausted } = this;
    try {
      for (let i = 0; i < AHEAD; i++) {
        const ask = this.#log.next();
        if (ask === -1) break;
        const found = this.#log.skip(ask);
        if (found && this.#log.path === path && found.position === position) {
          out.set(found.bytes.subarray(0, out.length));
          return Math.min(out.length, found.bytes.length);
        }
      }
    } catch (e) {
      if (!(e instanceof LogError)) throw e;
    } finally {
      this.restore(before);
      this.divergence = divergence;
      this.exhausted = exhausted;
    }
    return -EIO;
  }

  /** The program that was brought in from the recorded run's host. */
  bringIn(): BringIn {
    return (path) => {
      const { length, mode } = this.#answer(
        ASK.bring,
        `${askText(ASK.bring)} ${path}`,
        (r) => {
          const name = new TextDecoder().decode(r.block());
          return name === path ? null : `${askText(ASK.bring)} ${name}`;
        },
        (r) => {
          const length = r.uint() - 1;
          if (length > MAX_PROGRAM) throw new LogError("has a program that is too large");
          return { length, mode: r.uint() };
        },
        { length: -1, mode: 0 },
      );
      if (length < 0) return null;
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const size = Math.min(PIECE, length - at);
        const piece = this.#answer(
          ASK.piece,
          askText(ASK.piece),
          () => null,
          (r) => r.raw(size),
          null,
        );
        if (!piece) return null;
        bytes.set(piece, at);
        at += size;
      }
      this.brought = bytes;
      return { bytes, mode };
    };
  }
}
