import type { DirContext, File } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR } from "../uapi/errno.ts";
import { cwdPath } from "./dcache.ts";
import { fget } from "./file.ts";
import { touchAtime } from "./inode.ts";
import { fsnotifyAccess } from "./notify/fsnotify.ts";

const ERANGE = 34;

/** Collects directory records of struct linux_dirent or linux_dirent64. @linux fs/readdir.c filldir64 */
class DirBuffer implements DirContext {
  pos: number;
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #wide: boolean;
  /** Bytes used, and offset of the last record, whose d_off is filled when the next position is known. */
  used = 0;
  #last = -1;
  /** The buffer cannot hold even one record. */
  tooSmall = false;

  constructor(size: number, pos: number, wide: boolean) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    this.pos = pos;
    this.#wide = wide;
  }

  emit(name: Uint8Array | string, ino: number, type: number): boolean {
    const n = name.length;
    const head = this.#wide ? 19 : 18;
    const length = Math.ceil((head + n + (this.#wide ? 1 : 2)) / 8) * 8;
    if (this.used + length > this.bytes.length) {
      this.tooSmall = this.used === 0;
      return false;
    }
    this.seal(this.pos);
    const at = this.used;
    this.#put64(at, ino);
    this.#view.setUint16(at + 16, length, true);
    if (this.#wide) this.bytes[at + 18] = type;
    else this.bytes[at + length - 1] = type;
    for (let i = 0; i < n; i++) this.bytes[at + head + i] = typeof name === "string" ? name.charCodeAt(i) : name[i]!;
    this.#last = at;
    this.used += length;
    return true;
  }

  /** The position after the last record. */
  seal(pos: number): void {
    if (this.#last >= 0) this.#put64(this.#last + 8, pos);
  }

  #put64(at: number, n: number): void {
    this.#view.setUint32(at, n >>> 0, true);
    this.#view.setUint32(at + 4, Math.floor(n / 4294967296), true);
  }
}

function getdents(k: Kernel, fd: number, addr: number, count: number, wide: boolean): number {
  const file: File | null = fget(k, fd);
  if (!file) return -EBADF;
  if (!file.op.iterate) return -ENOTDIR;
  if (file.inode.nlink === 0) return -ENOENT;
  const ctx = new DirBuffer(Math.min(count, 1 << 20), file.pos, wide);
  const r = file.op.iterate(k, file, ctx);
  if (r < 0) return r;
  if (ctx.used === 0 && ctx.tooSmall) return -EINVAL;
  ctx.seal(ctx.pos);
  if (copyToUser(k, addr, ctx.bytes, 0, ctx.used) < 0) return -EFAULT;
  file.pos = ctx.pos;
  touchAtime(k, file);
  fsnotifyAccess(k, file);
  return ctx.used;
}

/** @linux fs/d_path.c getcwd */
function sysGetcwd(k: Kernel, buf: number, size: number): number {
  const r = cwdPath(k, k.current.fs.pwd);
  if (r.deleted) return -ENOENT;
  const text = r.reachable ? r.text : `(unreachable)${r.text}`;
  if (text.length + 1 > size) return -ERANGE;
  const bytes = new Uint8Array(text.length + 1);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return copyToUser(k, buf, bytes, 0, bytes.length) < 0 ? -EFAULT : bytes.length;
}

export const readdirSyscalls: SyscallDef[] = [
  syscall("getdents", { fd: A.fd, dirp: A.ptr, count: A.uint }, (k, fd, p, n) => getdents(k, fd, p, n, false), {
    linux: "fs/readdir.c getdents",
  }),
  syscall("getdents64", { fd: A.fd, dirp: A.ptr, count: A.uint }, (k, fd, p, n) => getdents(k, fd, p, n, true), {
    linux: "fs/readdir.c getdents64",
  }),
  syscall("getcwd", { buf: A.bufOut("ret"), size: A.size }, sysGetcwd, { linux: "fs/d_path.c getcwd" }),
];
