import { filenameCreate, inodePermission, LOOKUP_FOLLOW, pathLookupAt, vfsMknod } from "../../fs/namei.ts";
import type { Kernel } from "../../kernel.ts";
import { EADDRINUSE, ECONNREFUSED, EEXIST, EINVAL, ENOENT, ENOSPC, EPROTOTYPE } from "../../uapi/errno.ts";
import { AF_UNIX } from "../../uapi/socket.ts";
import { type UnixSock, unixState } from "./sock.ts";

const AT_FDCWD = -100;
const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;
const MAY_WRITE = 2;
/** sizeof(struct sockaddr_un) and the offset of sun_path in it. */
const SOCKADDR_UN = 110;
export const PATH_OFFSET = 2;

/**
 * The sun_path of an address: up to and with the NUL for a path, all of it for an abstract name, "" if
 * there is none (autobind). @returns -EINVAL for a wrong family or length @linux net/unix/af_unix.c unix_validate_addr
 */
export function parseAddress(addr: Uint8Array): string | number {
  if (addr.length < PATH_OFFSET || addr.length > SOCKADDR_UN) return -EINVAL;
  if ((addr[0]! | (addr[1]! << 8)) !== AF_UNIX) return -EINVAL;
  let name = "";
  for (let i = PATH_OFFSET; i < addr.length; i++) name += String.fromCharCode(addr[i]!);
  if (name === "" || name[0] === "\0") return name;
  const end = name.indexOf("\0");
  return `${end < 0 ? name : name.slice(0, end)}\0`;
}

/** An address as user space gets it. */
export function addressBytes(sk: UnixSock | null): Uint8Array {
  const name = sk?.address ?? "";
  const out = new Uint8Array(PATH_OFFSET + name.length);
  out[0] = AF_UNIX;
  for (let i = 0; i < name.length; i++) out[PATH_OFFSET + i] = name.charCodeAt(i);
  return out;
}

/** Abstract names of each type are apart. */
export const abstractKey = (name: string, type: number): string => `${type}${name}`;

/** Gives a socket an abstract name of five hexadecimal digits. @linux net/unix/af_unix.c unix_autobind */
export function autobind(k: Kernel, sk: UnixSock): number {
  if (sk.address !== null) return 0;
  const state = unixState(k);
  if (state.nextAutobind === 0) state.nextAutobind = k.rng.u32() & 0xfffff;
  for (let tries = 0; tries < 0x100000; tries++) {
    const name = `\0${state.nextAutobind.toString(16).padStart(5, "0")}`;
    state.nextAutobind = (state.nextAutobind + 1) & 0xfffff;
    if (state.abstract.has(abstractKey(name, sk.type))) continue;
    state.abstract.set(abstractKey(name, sk.type), sk);
    sk.address = name;
    return 0;
  }
  return -ENOSPC;
}

/** @linux net/unix/af_unix.c unix_bind */
export function bindAddress(k: Kernel, sk: UnixSock, addr: Uint8Array): number {
  if (addr.length === PATH_OFFSET && (addr[0]! | (addr[1]! << 8)) === AF_UNIX) return sk.address === null ? autobind(k, sk) : -EINVAL;
  const name = parseAddress(addr);
  if (typeof name === "number") return name;
  return name[0] === "\0" ? bindAbstract(k, sk, name) : bindPath(k, sk, name);
}

function bindAbstract(k: Kernel, sk: UnixSock, name: string): number {
  if (sk.address !== null) return -EINVAL;
  const { abstract } = unixState(k);
  const key = abstractKey(name, sk.type);
  if (abstract.has(key)) return -EADDRINUSE;
  abstract.set(key, sk);
  sk.address = name;
  return 0;
}

/** @linux net/unix/af_unix.c unix_bind_bsd */
function bindPath(k: Kernel, sk: UnixSock, name: string): number {
  const made = filenameCreate(k, AT_FDCWD, name.slice(0, -1), 0);
  if (typeof made === "number") return made === -EEXIST ? -EADDRINUSE : made;
  if (sk.address !== null) return -EINVAL;
  const mode = S_IFSOCK | ((sk.socket?.file?.inode.mode ?? 0o777) & 0o777 & ~k.current.fs.umask);
  const r = vfsMknod(k, made.path.dentry.inode!, made.dentry, mode, 0);
  if (r < 0) return r === -EEXIST ? -EADDRINUSE : r;
  const inode = made.dentry.inode!;
  inode.special = sk;
  inode.count++;
  sk.path = { mnt: made.path.mnt, dentry: made.dentry };
  sk.address = name;
  return 0;
}

/** The socket at an address: -ECONNREFUSED if nobody is there, -EPROTOTYPE if it is of another type. @linux net/unix/af_unix.c unix_find_other */
export function findOther(k: Kernel, name: string, type: number): UnixSock | number {
  if (name[0] === "\0") {
    return unixState(k).abstract.get(abstractKey(name, type)) ?? -ECONNREFUSED;
  }
  if (name === "") return -ENOENT;
  const path = pathLookupAt(k, AT_FDCWD, name.slice(0, -1), LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  const inode = path.dentry.inode!;
  const p = inodePermission(k, inode, MAY_WRITE);
  if (p < 0) return p;
  if ((inode.mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
  const sk = inode.special as UnixSock | null;
  if (!sk || sk.dead) return -ECONNREFUSED;
  return sk.type === type ? sk : -EPROTOTYPE;
}
