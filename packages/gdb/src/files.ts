import { guestHas, readGuestFile } from "@lstar/kernel";
import type { Kernel } from "@lstar/kernel/kernel.ts";

/** Largest file that is given out whole. */
const MAX_FILE = 512 * 1024 * 1024;
const ENOENT = 2;
const EBADF = 9;

/** Files of the guest, for gdb's vFile packets: it looks for libraries and their symbols there. */
export class GuestFiles {
  readonly #k: Kernel;
  readonly #open = new Map<number, Uint8Array>();
  #next = 3;

  constructor(k: Kernel) {
    this.#k = k;
  }

  /** @returns a descriptor, or a negated errno */
  open(path: string): number {
    if (!guestHas(this.#k, path)) return -ENOENT;
    let size = 1 << 20;
    let bytes = readGuestFile(this.#k, path, size);
    while (bytes.length === size && size < MAX_FILE) {
      size *= 8;
      bytes = readGuestFile(this.#k, path, size);
    }
    const fd = this.#next++;
    this.#open.set(fd, bytes.slice());
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
