import { guestHas, readGuestFile } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { Recorded } from "./recorded.ts";

/** Largest file that is given out whole. */
const MAX_FILE = 512 * 1024 * 1024;
const PAGE = 4096;
const ENOENT = 2;
const EBADF = 9;

/** Files of the guest, for gdb's vFile packets: it looks for libraries and their symbols there. */
export class GuestFiles {
  readonly #k: Kernel;
  readonly #recorded: Recorded | null;
  readonly #open = new Map<number, Uint8Array>();
  #next = 3;

  /** `recorded`: the run asks its recording for files, so they are looked for elsewhere. */
  constructor(k: Kernel, recorded: Recorded | null = null) {
    this.#k = k;
    this.#recorded = recorded;
  }

  /** @returns a descriptor, or a negated errno */
  open(path: string): number {
    if (this.#recorded) {
      const bytes = mappedFile(this.#k, path, (p) => this.#recorded?.outside(p) ?? null);
      return bytes ? this.#give(bytes) : -ENOENT;
    }
    if (!guestHas(this.#k, path)) return -ENOENT;
    let size = 1 << 20;
    let bytes = readGuestFile(this.#k, path, size);
    while (bytes.length === size && size < MAX_FILE) {
      size *= 8;
      bytes = readGuestFile(this.#k, path, size);
    }
    return this.#give(bytes.slice());
  }

  #give(bytes: Uint8Array): number {
    const fd = this.#next++;
    this.#open.set(fd, bytes);
    return fd;
  }

  /** At most `length` bytes from a position, null if there is no such descriptor. */
  read(fd: number, length: number, position: number): Uint8Array | null {
    return this.#open.get(fd)?.subarray(position, position + length) ?? null;
  }

  /** gdb's struct stat, big endian: only type, mode and size are told. */
  stat(fd: number): Uint8Array | null {
    const bytes = this.#open.get(fd);
    if (!bytes) return null;
    const v = new DataView(new ArrayBuffer(64));
    v.setUint32(8, 0o100644);
    v.setUint32(12, 1);
    v.setUint32(32, bytes.length);
    v.setUint32(40, 512);
    v.setUint32(48, Math.ceil(bytes.length / 512));
    return new Uint8Array(v.buffer);
  }

  close(fd: number): number {
    return this.#open.delete(fd) ? 0 : -EBADF;
  }
}

/**
 * A file that some task has mapped, without asking the host: out of the page cache if it is whole there, else from
 * `outside`, if that agrees with all pages that are there. Null if there is none.
 */
export function mappedFile(k: Kernel, path: string, outside: (path: string) => Uint8Array | null): Uint8Array | null {
  const mapped = [...k.pids.values()].flatMap((t) => t.mm?.vmas.flatMap((v) => (v.file ? [v.file] : [])) ?? []);
  const name = path.slice(path.lastIndexOf("/"));
  // Its directory may be a link: the kernel only knows where that leads.
  const file: File | undefined = mapped.find((f) => dPath(k, f.path) === path) ?? mapped.find((f) => dPath(k, f.path).endsWith(name));
  const size = file?.inode.size ?? 0;
  const pages = file?.inode.mapping?.pages;
  if (!pages || size <= 0 || size > MAX_FILE) return null;
  const whole = pages.size * PAGE >= size ? new Uint8Array(size) : outside(dPath(k, (file as File).path));
  if (whole?.length !== size) return null;
  const own = pages.size * PAGE >= size;
  const { u8 } = k.machine.phys;
  let held = 0;
  for (const [index, frame] of pages) {
    const at = index * PAGE;
    if (at >= size) continue;
    const page = u8.subarray(frame * PAGE, frame * PAGE + Math.min(PAGE, size - at));
    if (own) whole.set(page, at);
    else if (page.some((b, i) => whole[at + i] !== b)) return null;
    held++;
  }
  return !own || held === Math.ceil(size / PAGE) ? whole : null;
}
