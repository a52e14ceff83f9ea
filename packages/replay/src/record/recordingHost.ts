import type { Host, HostFileSystem, HostNet, HostStat, HostStream } from "@lstar/kernel/host.ts";
import type { Timespec } from "@lstar/kernel/include/linux/fs.ts";
import type { Codec } from "../file/codec.ts";
import { blockKey } from "./blocks.ts";
import type { ByteWriter } from "./bytes.ts";
import { ASK, DATA_INLINE, DATA_KNOWN, DATA_NEW, INPUT_BYTES, INPUT_END, INPUT_WAIT, LEAST_BLOCK, PIECE } from "./entries.ts";

/** No frame is as short as this. */
const NO_FRAME = new Uint8Array(0);

export type BringIn = (path: string) => { bytes: Uint8Array; mode: number } | null;

/** A host that notes what it is asked and what it answers. */
export class RecordingHost implements Host {
  readonly stdio: readonly [HostStream, HostStream, HostStream];
  readonly fs: HostFileSystem | null;
  readonly net: HostNet | null;
  readonly watcher: Host;
  /** Entries so far. */
  entries = 0;
  /** Bytes of file contents that were given, and how many of them were known already. */
  fileBytes = 0;
  sharedBytes = 0;
  readonly #host: Host;
  readonly #log: ByteWriter;
  readonly #crc: Codec["crc32"];
  readonly #roomy: () => void;
  #clock = 0;
  #path = "";
  /** Numbers of the blocks that the log has, by what they contain. */
  readonly #blocks = new Map<number, number>();

  /** @param roomy is called between entries: the log may be taken away then */
  constructor(host: Host, log: ByteWriter, crc: Codec["crc32"], roomy: () => void) {
    this.#host = host;
    this.#log = log;
    this.#crc = crc;
    this.#roomy = roomy;
    this.watcher = host;
    this.stdio = [this.#stream(host.stdio[0], 0), this.#stream(host.stdio[1], 1), this.#stream(host.stdio[2], 2)];
    this.fs = host.fs && this.#files(host.fs);
    this.net = host.net ? this.#cable(host.net) : null;
  }

  #begin(ask: number): ByteWriter {
    this.#roomy();
    this.entries++;
    this.#log.byte(ask);
    return this.#log;
  }

  monotonic(): number {
    const now = this.#host.monotonic();
    this.#begin(ASK.monotonic).int(now - this.#clock);
    this.#clock = now;
    return now;
  }
  realtime(): Timespec {
    const t = this.#host.realtime();
    const log = this.#begin(ASK.realtime);
    log.int(t.sec);
    log.uint(t.nsec);
    return t;
  }
  entropy(out: Uint8Array): void {
    this.#host.entropy(out);
    this.#begin(ASK.entropy).block(out);
  }

  #stream(inner: HostStream, index: number): HostStream {
    const stream: HostStream = {
      kind: inner.kind,
      read: (max) => {
        const got = inner.read(max);
        const log = this.#begin(ASK.read);
        log.byte(index);
        if (got === "wait") log.byte(INPUT_WAIT);
        else if (got === null) log.byte(INPUT_END);
        else {
          log.byte(INPUT_BYTES);
          log.block(got);
        }
        return got;
      },
      write: (bytes) => {
        const taken = inner.write(bytes);
        const log = this.#begin(ASK.write);
        log.byte(index);
        log.uint(bytes.length);
        log.uint(this.#crc(bytes));
        log.int(bytes.length - taken);
        return taken;
      },
    };
    if (inner.windowSize)
      stream.windowSize = () => {
        const size = inner.windowSize!();
        const log = this.#begin(ASK.size);
        log.byte(index);
        log.uint(size.rows);
        log.uint(size.cols);
        return size;
      };
    return stream;
  }

  #cable(inner: HostNet): HostNet {
    return {
      link: inner.link,
      transmit: (frame) => {
        const answer = inner.transmit(frame);
        const log = this.#begin(ASK.transmit);
        log.uint(frame.length);
        log.uint(this.#crc(frame));
        log.byte(answer ? 1 : 0);
        return answer;
      },
      receive: () => {
        const frame = inner.receive();
        this.#begin(ASK.receive).block(frame ?? NO_FRAME);
        return frame;
      },
      waited: () => {
        const ns = Math.round(inner.waited());
        this.#begin(ASK.waited).uint(ns);
        return ns;
      },
    };
  }

  /** A path, as what it has not in common with the last one. */
  #putPath(path: string): void {
    const last = this.#path;
    const most = Math.min(last.length, path.length);
    let same = 0;
    while (same < most && path.charCodeAt(same) === last.charCodeAt(same)) same++;
    this.#log.uint(same);
    this.#log.text(path, same);
    this.#path = path;
  }

  #time(t: Timespec): void {
    this.#log.int(t.sec);
    this.#log.uint(t.nsec);
  }

  #stat(s: HostStat): void {
    const log = this.#log;
    for (const n of [s.mode, s.uid, s.gid, s.size, s.nlink, s.ino, s.dev, s.rdev, s.blocks]) log.uint(n);
    this.#time(s.atime);
    this.#time(s.mtime);
    this.#time(s.ctime);
  }

  /** Contents of a file, or the number of a block that has the same. */
  #data(bytes: Uint8Array): void {
    const log = this.#log;
    this.fileBytes += bytes.length;
    if (bytes.length < LEAST_BLOCK) {
      log.byte(DATA_INLINE);
      log.raw(bytes);
      return;
    }
    const key = blockKey(bytes, this.#crc);
    const known = this.#blocks.get(key);
    if (known !== undefined) {
      this.sharedBytes += bytes.length;
      log.uint(known + DATA_KNOWN);
      return;
    }
    this.#blocks.set(key, this.#blocks.size);
    log.byte(DATA_NEW);
    log.raw(bytes);
  }

  #files(fs: HostFileSystem): HostFileSystem {
    const out: HostFileSystem = {
      lstat: (path) => {
        const s = fs.lstat(path);
        const log = this.#begin(ASK.lstat);
        this.#putPath(path);
        if (typeof s === "number") log.uint(-s);
        else {
          log.uint(0);
          this.#stat(s);
        }
        return s;
      },
      readdir: (path) => {
        const entries = fs.readdir(path);
        const log = this.#begin(ASK.readdir);
        this.#putPath(path);
        if (typeof entries === "number") log.uint(-entries);
        else {
          log.uint(0);
          log.uint(entries.length);
          for (const e of entries) {
            log.text(e.name);
            log.byte(e.type);
          }
        }
        return entries;
      },
      readlink: (path) => {
        const target = fs.readlink(path);
        const log = this.#begin(ASK.readlink);
        this.#putPath(path);
        if (typeof target === "number") log.uint(-target);
        else {
          log.uint(0);
          log.text(target);
        }
        return target;
      },
      read: (path, bytes, position) => {
        const n = fs.read(path, bytes, position);
        const log = this.#begin(ASK.fileRead);
        this.#putPath(path);
        log.uint(position);
        log.uint(bytes.length);
        log.int(n);
        if (n > 0) this.#data(bytes.subarray(0, n));
        return n;
      },
    };
    if (fs.xattrs)
      out.xattrs = (path) => {
        const found = fs.xattrs!(path);
        const log = this.#begin(ASK.xattrs);
        this.#putPath(path);
        log.uint(found ? found.size + 1 : 0);
        for (const [name, value] of found ?? []) {
          log.text(name);
          log.text(value);
        }
        return found;
      };
    const changes = fs;
    if (changes.write)
      out.write = (path, bytes, position) => {
        const r = changes.write!(path, bytes, position);
        const log = this.#begin(ASK.fileWrite);
        this.#putPath(path);
        log.uint(position);
        log.uint(bytes.length);
        log.uint(this.#crc(bytes));
        log.int(r);
        return r;
      };
    const onNumber = (ask: number, change: ((path: string, n: number) => number) | undefined) =>
      change &&
      ((path: string, n: number): number => {
        const r = change.call(fs, path, n);
        const log = this.#begin(ask);
        this.#putPath(path);
        log.uint(n);
        log.int(r);
        return r;
      });
    const onPath = (ask: number, change: ((path: string) => number) | undefined) =>
      change &&
      ((path: string): number => {
        const r = change.call(fs, path);
        const log = this.#begin(ask);
        this.#putPath(path);
        log.int(r);
        return r;
      });
    const onTwo = (ask: number, change: ((a: string, b: string) => number) | undefined) =>
      change &&
      ((a: string, b: string): number => {
        const r = change.call(fs, a, b);
        const log = this.#begin(ask);
        this.#putPath(a);
        log.text(b);
        log.int(r);
        return r;
      });
    const set = <K extends keyof HostFileSystem>(name: K, f: HostFileSystem[K] | undefined): void => {
      if (f) out[name] = f;
    };
    set("create", onNumber(ASK.create, changes.create));
    set("truncate", onNumber(ASK.truncate, changes.truncate));
    set("mkdir", onNumber(ASK.mkdir, changes.mkdir));
    set("chmod", onNumber(ASK.chmod, changes.chmod));
    set("unlink", onPath(ASK.unlink, changes.unlink));
    set("rmdir", onPath(ASK.rmdir, changes.rmdir));
    set("rename", onTwo(ASK.rename, changes.rename));
    set("symlink", onTwo(ASK.symlink, changes.symlink));
    set("link", onTwo(ASK.link, changes.link));
    if (changes.utimes)
      out.utimes = (path, atime, mtime) => {
        const r = changes.utimes!(path, atime, mtime);
        const log = this.#begin(ASK.utimes);
        this.#putPath(path);
        this.#time(atime);
        this.#time(mtime);
        log.int(r);
        return r;
      };
    return out;
  }

  /** Notes what is brought in as well. */
  bringIn(inner: BringIn): BringIn {
    return (path) => {
      const file = inner(path);
      const log = this.#begin(ASK.bring);
      log.block(new TextEncoder().encode(path));
      log.uint(file ? file.bytes.length + 1 : 0);
      log.uint(file?.mode ?? 0);
      for (let at = 0; file && at < file.bytes.length; at += PIECE) {
        this.#begin(ASK.piece).raw(file.bytes.subarray(at, at + PIECE));
        this.fileBytes += Math.min(PIECE, file.bytes.length - at);
      }
      return file;
    };
  }
}
