import type { Host, HostFileSystem, HostNet, HostStat, HostStream, NetLink } from "@lstar/kernel/host.ts";
import type { Timespec } from "@lstar/kernel/include/linux/fs.ts";
import { ByteReader, LogError } from "./bytes.ts";
import { ASK, askText, DATA_INLINE, DATA_KNOWN, DATA_NEW, INPUT_BYTES, INPUT_WAIT, PIECE } from "./entries.ts";
import type { Recording } from "./recording.ts";
import type { BringIn } from "./recordingHost.ts";

const EIO = 5;
/** Entries that are looked through for what somebody wants to see who only watches. */
const AHEAD = 256;

/** Longest program that is brought in (bytes). */
const MAX_PROGRAM = 2 ** 31;

/** A place in the log: which entry is next, and what its meaning depends on. */
export interface LogMark {
  readonly chunk: number;
  readonly at: number;
  readonly entries: number;
  readonly clock: number;
  readonly path: string;
  readonly blocks: number;
}

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
  entries = 0;
  /** The program that was brought in from the recorded run's host, if one was. */
  brought: Uint8Array | null = null;
  readonly #recording: Recording;
  #chunk = 0;
  #reader: ByteReader;
  #clock = 0;
  #path = "";
  #blocks = 0;
  /** Bytes of a brought-in program that are still to come, for `#skip`. */
  #pieces = 0;
  /** Where the numbered blocks are. */
  readonly #places: { chunk: number; at: number; length: number }[] = [];

  constructor(recording: Recording, shape: HostShape) {
    this.#recording = recording;
    this.#reader = new ByteReader(recording.logChunks > 0 ? recording.logChunk(0) : new Uint8Array(0));
    this.stdio = [0, 1, 2].map((i) => this.#stream(i, shape)) as unknown as [HostStream, HostStream, HostStream];
    this.fs = shape.fs && this.#files(new Set(shape.fs));
    this.net = shape.net ? this.#cable(shape.net) : null;
    this.watcher = this.#watching();
  }

  /** Where the log is: belongs to a moment of the run, as a snapshot does. */
  save(): LogMark {
    const { entries } = this;
    return {
      chunk: this.#chunk,
      at: this.#reader.at,
      entries,
      clock: this.#clock,
      path: this.#path,
      blocks: this.#blocks,
    };
  }

  restore(saved: unknown): void {
    const mark = saved as LogMark;
    if (mark.blocks > this.#places.length) this.#findBlocks(mark);
    this.#goTo(mark);
  }

  /** The log has not been read up to a mark, as when a snapshot comes out of a file: it is now, for the blocks in it. */
  #findBlocks(mark: LogMark): void {
    this.#goTo({ chunk: 0, at: 0, entries: 0, clock: 0, path: "", blocks: 0 });
    try {
      while (this.entries < mark.entries) {
        const ask = this.#next();
        if (ask === -1) return;
        this.#skip(ask);
      }
    } catch (e) {
      // What the log lacks is told where it is asked for.
      if (!(e instanceof LogError)) throw e;
    }
  }

  #goTo(mark: LogMark): void {
    this.#chunk = mark.chunk;
    this.#reader = new ByteReader(
      mark.chunk < this.#recording.logChunks ? this.#recording.logChunk(mark.chunk) : new Uint8Array(0),
      mark.at,
    );
    this.entries = mark.entries;
    this.#clock = mark.clock;
    this.#path = mark.path;
    this.#blocks = mark.blocks;
    this.exhausted = false;
    this.divergence = null;
  }

  /** Is the log at its end? */
  get atEnd(): boolean {
    return this.#reader.done && this.#chunk + 1 >= this.#recording.logChunks;
  }

  /** Goes to the next entry. @returns its kind, or -1 at the end */
  #next(): number {
    if (this.#reader.done) {
      if (this.#chunk + 1 >= this.#recording.logChunks) return -1;
      this.#reader = new ByteReader(this.#recording.logChunk(++this.#chunk));
      return this.#next();
    }
    this.entries++;
    return this.#reader.byte();
  }

  /**
   * Answers a question by the next entry, if that is of its kind and `same` finds in it what was asked.
   * @param same reads what was asked; null if it is the same, else what the recording has instead
   */
  #answer<T>(ask: number, asked: string, same: (r: ByteReader) => string | null, answer: (r: ByteReader) => T, nothing: T): T {
    if (this.divergence || this.exhausted) return nothing;
    const before = this.save();
    try {
      const found = this.#next();
      if (found === -1 && !this.#recording.summary) {
        this.exhausted = true;
        this.onStop();
        return nothing;
      }
      const other = found === ask ? same(this.#reader) : this.#text(found);
      if (other === null) return answer(this.#reader);
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
    return askText(ask, ask >= ASK.lstat ? this.#readPath() : "");
  }

  #readPath(): string {
    const same = this.#reader.uint();
    const rest = this.#reader.text();
    this.#path = this.#path.slice(0, same) + rest;
    return this.#path;
  }

  #samePath(ask: number, path: string): string | null {
    return this.#readPath() === path ? null : askText(ask, this.#path);
  }

  monotonic(): number {
    return this.#answer(
      ASK.monotonic,
      askText(ASK.monotonic),
      () => null,
      (r) => {
        this.#clock += r.int();
        return this.#clock;
      },
      this.#clock,
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

  /** The bytes of a file read, of a length. */
  #data(length: number): Uint8Array {
    const r = this.#reader;
    const how = r.uint();
    if (how === DATA_INLINE) return r.raw(length);
    if (how === DATA_NEW) {
      this.#places[this.#blocks++] = { chunk: this.#chunk, at: r.at, length };
      return r.raw(length);
    }
    const block = this.#places[how - DATA_KNOWN];
    if (!block || how - DATA_KNOWN >= this.#blocks || block.length !== length)
      throw new LogError("refers to a block that it does not have");
    return this.#recording.logChunk(block.chunk).subarray(block.at, block.at + length);
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
            if (n > 0) out.set(this.#data(n));
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
      monotonic: () => this.#clock,
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
        const ask = this.#next();
        if (ask === -1) break;
        const found = this.#skip(ask);
        if (found && this.#path === path && found.position === position) {
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

  /** Reads over an entry. @returns what it has of a file's contents */
  #skip(ask: number): { position: number; bytes: Uint8Array } | null {
    const r = this.#reader;
    switch (ask) {
      case ASK.monotonic:
        this.#clock += r.int();
        break;
      case ASK.realtime:
        readTime(r);
        break;
      case ASK.entropy:
      case ASK.receive:
        r.block();
        break;
      case ASK.transmit:
        r.uint();
        r.uint();
        r.byte();
        break;
      case ASK.waited:
        r.uint();
        break;
      case ASK.read:
        r.byte();
        if (r.byte() === INPUT_BYTES) r.block();
        break;
      case ASK.write:
        r.byte();
        r.uint();
        r.uint();
        r.int();
        break;
      case ASK.size:
        r.byte();
        r.uint();
        r.uint();
        break;
      case ASK.lstat:
        this.#readPath();
        if (r.uint() === 0) readStat(r);
        break;
      case ASK.readdir:
        this.#readPath();
        if (r.uint() === 0) readEntries(r);
        break;
      case ASK.readlink:
        this.#readPath();
        if (r.uint() === 0) r.text();
        break;
      case ASK.xattrs:
        this.#readPath();
        for (let n = r.uint(); n > 1; n--) {
          r.text();
          r.text();
        }
        break;
      case ASK.fileRead: {
        this.#readPath();
        const position = r.uint();
        r.uint();
        const n = r.int();
        return { position, bytes: n > 0 ? this.#data(n) : new Uint8Array(0) };
      }
      case ASK.fileWrite:
        this.#readPath();
        for (let i = 0; i < 3; i++) r.uint();
        r.int();
        break;
      case ASK.create:
      case ASK.truncate:
      case ASK.mkdir:
      case ASK.chmod:
        this.#readPath();
        r.uint();
        r.int();
        break;
      case ASK.unlink:
      case ASK.rmdir:
        this.#readPath();
        r.int();
        break;
      case ASK.rename:
      case ASK.symlink:
      case ASK.link:
        this.#readPath();
        r.text();
        r.int();
        break;
      case ASK.utimes:
        this.#readPath();
        readTime(r);
        readTime(r);
        r.int();
        break;
      case ASK.bring:
        r.block();
        this.#pieces = r.uint() - 1;
        r.uint();
        break;
      case ASK.piece: {
        const size = Math.min(PIECE, this.#pieces);
        this.#pieces -= size;
        r.raw(size);
        break;
      }
      default:
        throw new LogError("has an entry of a kind that is not known");
    }
    return null;
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

function readTime(r: ByteReader): Timespec {
  return { sec: r.int(), nsec: r.uint() };
}

function readStat(r: ByteReader): HostStat {
  const [mode, uid, gid, size, nlink, ino, dev, rdev, blocks] = Array.from({ length: 9 }, () => r.uint()) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { mode, uid, gid, size, nlink, ino, dev, rdev, blocks, atime: readTime(r), mtime: readTime(r), ctime: readTime(r) };
}

function readEntries(r: ByteReader): { name: string; type: number }[] {
  const out: { name: string; type: number }[] = [];
  for (let n = r.uint(); n > 0; n--) out.push({ name: r.text(), type: r.byte() });
  return out;
}
