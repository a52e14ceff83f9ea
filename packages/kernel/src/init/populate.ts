import { fput } from "../fs/file.ts";
import { hostfsMount } from "../fs/hostfs/hostfs.ts";
import { pathLookupAt } from "../fs/namei.ts";
import { mountAt } from "../fs/namespace.ts";
import { filpOpen } from "../fs/open.ts";
import { kernelRead } from "../fs/readWrite.ts";
import type { Kernel } from "../kernel.ts";
import { kernelIter } from "../mm/userIov.ts";
import { EEXIST } from "../uapi/errno.ts";
import { makeDirectory } from "./doMounts.ts";

const AT_FDCWD = -100;
const LOOKUP_FOLLOW = 1;
const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;

/** mkdir -p from inside the kernel, for an absolute path. 0 or a negated errno. */
export function makeDirectories(k: Kernel, path: string): number {
  let at = "";
  for (const part of path.split("/")) {
    if (part === "") continue;
    at += `/${part}`;
    const r = makeDirectory(k, at, 0o755);
    if (r < 0 && r !== -EEXIST) return r;
  }
  return 0;
}

/** Writes a file into the guest's tree, making the directories above it. 0 or a negated errno. */
export function writeGuestFile(k: Kernel, path: string, bytes: Uint8Array, mode: number): number {
  const dirs = makeDirectories(k, path.slice(0, path.lastIndexOf("/")));
  if (dirs < 0) return dirs;
  const { umask } = k.current.fs;
  k.current.fs.umask = 0;
  const file = filpOpen(k, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  k.current.fs.umask = umask;
  if (typeof file === "number") return file;
  let done = 0;
  let error = 0;
  while (done < bytes.length && error === 0) {
    const n = file.op.write ? file.op.write(k, file, kernelIter(bytes.subarray(done)), done) : -22;
    if (n <= 0) error = n || -5;
    else done += n;
  }
  fput(k, file);
  return error;
}

/** Does a path exist in the guest? */
export function guestHas(k: Kernel, path: string): boolean {
  return typeof pathLookupAt(k, AT_FDCWD, path, LOOKUP_FOLLOW) !== "number";
}

/** Permission bits of a guest file, or a negated errno. */
export function guestMode(k: Kernel, path: string): number {
  const p = pathLookupAt(k, AT_FDCWD, path, LOOKUP_FOLLOW);
  return typeof p === "number" ? p : p.dentry.inode!.mode;
}

/** Shows a host directory at a place in the guest. 0 or a negated errno. */
export function mountHostDirectory(k: Kernel, host: string, guest: string, writable: boolean): number {
  const dirs = makeDirectories(k, guest);
  if (dirs < 0) return dirs;
  const sb = hostfsMount(k, host, writable);
  if (typeof sb === "number") return sb;
  const at = pathLookupAt(k, AT_FDCWD, guest, LOOKUP_FOLLOW);
  if (typeof at === "number") return at;
  mountAt(k, sb, at, host, MS_NOSUID | MS_NODEV | (writable ? 0 : MS_RDONLY));
  return 0;
}

/** The first `max` bytes of a guest file, fewer if it is shorter; empty if it cannot be read. */
export function readGuestFile(k: Kernel, path: string, max: number): Uint8Array {
  const file = filpOpen(k, path, 0, 0);
  if (typeof file === "number") return new Uint8Array(0);
  const out = new Uint8Array(max);
  const n = kernelRead(k, file, out, 0);
  fput(k, file);
  return out.subarray(0, Math.max(0, n));
}
