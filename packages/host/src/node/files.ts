import * as fs from "node:fs";
import type { HostFileSystem, HostStat } from "@lstar/kernel/host.ts";

/** Errno of a failed call, negated; EIO if the host's error has none. */
function errno(e: unknown): number {
  const n = (e as NodeJS.ErrnoException).errno;
  return typeof n === "number" && n < 0 && n > -4096 ? n : -5;
}
const toHost = (path: string): Buffer => Buffer.from(path, "latin1");

function attempt<T>(run: () => T): T | number {
  try {
    return run();
  } catch (e) {
    return errno(e);
  }
}
/** For calls without a result: 0 or a negated errno. */
function effect(run: () => void): number {
  const r = attempt(run);
  return typeof r === "number" ? r : 0;
}
const time = (ns: bigint): { sec: number; nsec: number } => {
  const sec = ns / 1_000_000_000n;
  return { sec: Number(sec), nsec: Number(ns - sec * 1_000_000_000n) };
};

/** Directory-entry types (DT_*). */
function typeOf(d: fs.Dirent<Buffer>): number {
  if (d.isFile()) return 8;
  if (d.isDirectory()) return 4;
  if (d.isSymbolicLink()) return 10;
  if (d.isCharacterDevice()) return 2;
  if (d.isBlockDevice()) return 6;
  if (d.isFIFO()) return 1;
  return d.isSocket() ? 12 : 0;
}

/**
 * The host's files through node:fs. Symbolic links are never followed in the last component, and the
 * kernel only builds paths out of directories it has looked at, so a link cannot lead out. Open
 * descriptors of files being read are kept in a small cache.
 */
export class NodeFiles implements HostFileSystem {
  readonly #open = new Map<string, number>();

  #descriptor(path: string): number {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    if (this.#open.size >= 64) {
      const [oldest, fd] = this.#open.entries().next().value!;
      fs.closeSync(fd);
      this.#open.delete(oldest);
    }
    const fd = fs.openSync(toHost(path), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    this.#open.set(path, fd);
    return fd;
  }
  #forget(path: string): void {
    const fd = this.#open.get(path);
    if (fd === undefined) return;
    fs.closeSync(fd);
    this.#open.delete(path);
  }

  lstat(path: string): HostStat | number {
    return attempt(() => {
      const s = fs.lstatSync(toHost(path), { bigint: true });
      return {
        mode: Number(s.mode),
        uid: Number(s.uid),
        gid: Number(s.gid),
        size: Number(s.size),
        nlink: Number(s.nlink),
        ino: Number(s.ino),
        dev: Number(s.dev),
        rdev: Number(s.rdev),
        blocks: Number(s.blocks),
        atime: time(s.atimeNs),
        mtime: time(s.mtimeNs),
        ctime: time(s.ctimeNs),
      };
    });
  }
  readdir(path: string): { name: string; type: number }[] | number {
    return attempt(() => {
      const buffer = toHost(path);
      // A directory that was swapped for a link must not lead elsewhere.
      if (Buffer.compare(fs.realpathSync(buffer, "buffer"), buffer) !== 0 && path !== "/") return -40;
      return fs
        .readdirSync(buffer, { withFileTypes: true, encoding: "buffer" })
        .map((d) => ({ name: d.name.toString("latin1"), type: typeOf(d) }));
    });
  }
  readlink(path: string): string | number {
    return attempt(() => fs.readlinkSync(toHost(path), "buffer").toString("latin1"));
  }
  read(path: string, out: Uint8Array, position: number): number {
    return attempt(() => fs.readSync(this.#descriptor(path), out, 0, out.length, position));
  }

  write(path: string, bytes: Uint8Array, position: number): number {
    return attempt(() => {
      const fd = fs.openSync(toHost(path), fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW);
      try {
        return fs.writeSync(fd, bytes, 0, bytes.length, position);
      } finally {
        fs.closeSync(fd);
      }
    });
  }
  create(path: string, mode: number): number {
    return attempt(() => {
      fs.closeSync(
        fs.openSync(toHost(path), fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_NOFOLLOW, mode),
      );
      return 0;
    });
  }
  truncate(path: string, size: number): number {
    return attempt(() => {
      const fd = fs.openSync(toHost(path), fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW);
      try {
        fs.ftruncateSync(fd, size);
      } finally {
        fs.closeSync(fd);
      }
      return 0;
    });
  }
  mkdir(path: string, mode: number): number {
    return effect(() => void fs.mkdirSync(toHost(path), { mode }));
  }
  unlink(path: string): number {
    this.#forget(path);
    return effect(() => fs.unlinkSync(toHost(path)));
  }
  rmdir(path: string): number {
    return effect(() => fs.rmdirSync(toHost(path)));
  }
  rename(from: string, to: string): number {
    this.#forget(from);
    this.#forget(to);
    return effect(() => fs.renameSync(toHost(from), toHost(to)));
  }
  symlink(target: string, path: string): number {
    return effect(() => fs.symlinkSync(toHost(target), toHost(path)));
  }
  link(existing: string, path: string): number {
    return effect(() => fs.linkSync(toHost(existing), toHost(path)));
  }
  chmod(path: string, mode: number): number {
    return effect(() => fs.chmodSync(toHost(path), mode));
  }
  utimes(path: string, atime: { sec: number; nsec: number }, mtime: { sec: number; nsec: number }): number {
    return effect(() => fs.lutimesSync(toHost(path), atime.sec + atime.nsec / 1e9, mtime.sec + mtime.nsec / 1e9));
  }
}
