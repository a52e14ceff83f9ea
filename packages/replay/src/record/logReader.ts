import type { HostStat } from "@lstar/kernel/host.ts";
import type { Timespec } from "@lstar/kernel/include/linux/fs.ts";
import { ByteReader, LogError } from "./bytes.ts";
import { ASK, DATA_INLINE, DATA_KNOWN, DATA_NEW, INPUT_BYTES, PIECE } from "./entries.ts";
import type { Recording } from "./recording.ts";

/** A place in the log: which entry is next, and what its meaning depends on. */
export interface LogMark {
  readonly chunk: number;
  readonly at: number;
  readonly entries: number;
  readonly clock: number;
  readonly path: string;
  readonly blocks: number;
}

/** A recording's log, entry by entry: where one is in it, and what the entries' meaning depends on. */
export class LogReader {
  /** Entries before this place. */
  entries = 0;
  /** The clock as the last entry about it has set it. */
  clock = 0;
  /** The last path. */
  path = "";
  /** What the present entry is read from. */
  reader: ByteReader;
  readonly #recording: Recording;
  #chunk = 0;
  #blocks = 0;
  /** Bytes of a brought-in program that are still to come, for `skip`. */
  #pieces = 0;
  /** Where the numbered blocks are. */
  readonly #places: { chunk: number; at: number; length: number }[] = [];

  constructor(recording: Recording) {
    this.#recording = recording;
    this.reader = new ByteReader(recording.logChunks > 0 ? recording.logChunk(0) : new Uint8Array(0));
  }

  save(): LogMark {
    return {
      chunk: this.#chunk,
      at: this.reader.at,
      entries: this.entries,
      clock: this.clock,
      path: this.path,
      blocks: this.#blocks,
    };
  }

  restore(mark: LogMark): void {
    if (mark.blocks > this.#places.length) this.#findBlocks(mark);
    this.#goTo(mark);
  }

  /** The log has not been read up to a mark, as when a snapshot comes out of a file: it is now, for the blocks in it. */
  #findBlocks(mark: LogMark): void {
    this.#goTo({ chunk: 0, at: 0, entries: 0, clock: 0, path: "", blocks: 0 });
    try {
      while (this.entries < mark.entries) {
        const ask = this.next();
        if (ask === -1) return;
        this.skip(ask);
      }
    } catch (e) {
      // What the log lacks is told where it is asked for.
      if (!(e instanceof LogError)) throw e;
    }
  }

  #goTo(mark: LogMark): void {
    this.#chunk = mark.chunk;
    this.reader = new ByteReader(
      mark.chunk < this.#recording.logChunks ? this.#recording.logChunk(mark.chunk) : new Uint8Array(0),
      mark.at,
    );
    this.entries = mark.entries;
    this.clock = mark.clock;
    this.path = mark.path;
    this.#blocks = mark.blocks;
  }

  /** Is the log at its end? */
  get atEnd(): boolean {
    return this.reader.done && this.#chunk + 1 >= this.#recording.logChunks;
  }

  /** Goes to the next entry. @returns its kind, or -1 at the end */
  next(): number {
    if (this.reader.done) {
      if (this.#chunk + 1 >= this.#recording.logChunks) return -1;
      this.reader = new ByteReader(this.#recording.logChunk(++this.#chunk));
      return this.next();
    }
    this.entries++;
    return this.reader.byte();
  }

  /** The present entry's path, of which the log has what differs from the last. */
  readPath(): string {
    const same = this.reader.uint();
    const rest = this.reader.text();
    this.path = this.path.slice(0, same) + rest;
    return this.path;
  }

  /** The bytes of a file read, of a length. */
  data(length: number): Uint8Array {
    const r = this.reader;
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

  /** Reads over an entry. @returns what it has of a file's contents */
  skip(ask: number): { position: number; bytes: Uint8Array } | null {
    const r = this.reader;
    switch (ask) {
      case ASK.monotonic:
        this.clock += r.int();
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
        this.readPath();
        if (r.uint() === 0) readStat(r);
        break;
      case ASK.readdir:
        this.readPath();
        if (r.uint() === 0) readEntries(r);
        break;
      case ASK.readlink:
        this.readPath();
        if (r.uint() === 0) r.text();
        break;
      case ASK.xattrs:
        this.readPath();
        for (let n = r.uint(); n > 1; n--) {
          r.text();
          r.text();
        }
        break;
      case ASK.fileRead: {
        this.readPath();
        const position = r.uint();
        r.uint();
        const n = r.int();
        return { position, bytes: n > 0 ? this.data(n) : new Uint8Array(0) };
      }
      case ASK.fileWrite:
        this.readPath();
        for (let i = 0; i < 3; i++) r.uint();
        r.int();
        break;
      case ASK.create:
      case ASK.truncate:
      case ASK.mkdir:
      case ASK.chmod:
        this.readPath();
        r.uint();
        r.int();
        break;
      case ASK.unlink:
      case ASK.rmdir:
        this.readPath();
        r.int();
        break;
      case ASK.rename:
      case ASK.symlink:
      case ASK.link:
        this.readPath();
        r.text();
        r.int();
        break;
      case ASK.utimes:
        this.readPath();
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
}

export function readTime(r: ByteReader): Timespec {
  return { sec: r.int(), nsec: r.uint() };
}

export function readStat(r: ByteReader): HostStat {
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

export function readEntries(r: ByteReader): { name: string; type: number }[] {
  const out: { name: string; type: number }[] = [];
  for (let n = r.uint(); n > 0; n--) out.push({ name: r.text(), type: r.byte() });
  return out;
}
