import { closeFd, fdInstall, fput } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../mm/usercopy.ts";
import { EFAULT, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_TYPE_MASK, SOL_SOCKET } from "../uapi/socket.ts";
import { sockGetsockopt, sockSetsockopt } from "./core/sockopt.ts";
import { Socket, sockAllocFile, sockCreate, sockfdLookup, sockMapFd } from "./socket.ts";

/** sizeof(struct sockaddr_storage) */
const SOCKADDR_MAX = 128;
const SOMAXCONN = 4096;

/** Reads an address: -EINVAL for a length that none has, -EFAULT. @linux net/socket.c move_addr_to_kernel */
export function addressFromUser(k: Kernel, addr: number, length: number): Uint8Array | number {
  if (length < 0 || length > SOCKADDR_MAX) return -EINVAL;
  const bytes = new Uint8Array(length);
  return length > 0 && copyFromUser(k, addr, bytes, 0, length) !== 0 ? -EFAULT : bytes;
}

/** Writes an address, cut to the room that *lengthAddr names, and its true length there. @linux net/socket.c move_addr_to_user */
export function addressToUser(k: Kernel, bytes: Uint8Array, addr: number, lengthAddr: number): number {
  const raw = getUser32(k, lengthAddr);
  if (raw < 0) return -EFAULT;
  const room = raw | 0;
  if (room < 0) return -EINVAL;
  if (copyToUser(k, addr, bytes, 0, Math.min(room, bytes.length)) !== 0) return -EFAULT;
  return putUser32(k, lengthAddr, bytes.length);
}

/** Flags of the open file by those of the call. */
export const fileFlags = (flags: number): number => (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0);

/** @linux net/socket.c __sys_socket */
export function sysSocket(k: Kernel, family: number, type: number, protocol: number): number {
  const flags = type & ~SOCK_TYPE_MASK;
  if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) return -EINVAL;
  const sock = sockCreate(k, family, type & SOCK_TYPE_MASK, protocol);
  if (typeof sock === "number") return sock;
  return sockMapFd(k, sock, fileFlags(flags), (flags & SOCK_CLOEXEC) !== 0);
}

/** @linux net/socket.c __sys_socketpair */
export function sysSocketpair(k: Kernel, family: number, type: number, protocol: number, addr: number): number {
  const flags = type & ~SOCK_TYPE_MASK;
  if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) return -EINVAL;
  const a = sockCreate(k, family, type & SOCK_TYPE_MASK, protocol);
  if (typeof a === "number") return a;
  const b = sockCreate(k, family, type & SOCK_TYPE_MASK, protocol);
  if (typeof b === "number") {
    a.ops.release(k, a);
    return b;
  }
  const r = a.ops.socketpair ? a.ops.socketpair(k, a, b) : -EOPNOTSUPP;
  if (r < 0) {
    a.ops.release(k, a);
    b.ops.release(k, b);
    return r;
  }
  const cloexec = (flags & SOCK_CLOEXEC) !== 0;
  const first = sockAllocFile(k, a, fileFlags(flags));
  const second = sockAllocFile(k, b, fileFlags(flags));
  const fd0 = fdInstall(k, first, cloexec);
  if (fd0 < 0) {
    fput(k, first);
    fput(k, second);
    return fd0;
  }
  const fd1 = fdInstall(k, second, cloexec);
  if (fd1 < 0) {
    closeFd(k, fd0);
    fput(k, second);
    return fd1;
  }
  if (putUser32(k, addr, fd0) !== 0 || putUser32(k, addr + 4, fd1) !== 0) {
    closeFd(k, fd0);
    closeFd(k, fd1);
    return -EFAULT;
  }
  return 0;
}

export function sysBind(k: Kernel, fd: number, addr: number, length: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const bytes = addressFromUser(k, addr, length);
  return typeof bytes === "number" ? bytes : sock.ops.bind(k, sock, bytes);
}

export function sysConnect(k: Kernel, fd: number, addr: number, length: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const bytes = addressFromUser(k, addr, length);
  return typeof bytes === "number" ? bytes : sock.ops.connect(k, sock, bytes, sock.file!.flags & O_NONBLOCK);
}

export function sysListen(k: Kernel, fd: number, backlog: number): number {
  const sock = sockfdLookup(k, fd);
  return typeof sock === "number" ? sock : listenSocket(k, sock, backlog);
}

/** @linux net/socket.c __sys_listen_socket */
export function listenSocket(k: Kernel, sock: Socket, backlog: number): number {
  if (!sock.ops.listen) return -EOPNOTSUPP;
  return sock.ops.listen(k, sock, backlog >>> 0 > SOMAXCONN ? SOMAXCONN : backlog);
}

/** Accepts a connection: its open file, or -errno. `nonblock`: O_NONBLOCK or 0. @linux net/socket.c do_accept */
export function doAccept(k: Kernel, sock: Socket, nonblock: number, addr: number, lengthAddr: number, flags: number): File | number {
  if (!sock.ops.accept) return -EOPNOTSUPP;
  const fresh = new Socket(sock.type);
  fresh.ops = sock.ops;
  const r = sock.ops.accept(k, sock, fresh, nonblock);
  if (r < 0) return r;
  const file = sockAllocFile(k, fresh, fileFlags(flags));
  if (addr !== 0) {
    const name = fresh.ops.getname(k, fresh, true);
    const e = typeof name === "number" ? name : addressToUser(k, name, addr, lengthAddr);
    if (e < 0) {
      fput(k, file);
      return e;
    }
  }
  return file;
}

/** @linux net/socket.c __sys_accept4 */
export function sysAccept4(k: Kernel, fd: number, addr: number, lengthAddr: number, flags: number): number {
  if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) return -EINVAL;
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const file = doAccept(k, sock, sock.file!.flags & O_NONBLOCK, addr, lengthAddr, flags);
  if (typeof file === "number") return file;
  const newFd = fdInstall(k, file, (flags & SOCK_CLOEXEC) !== 0);
  if (newFd < 0) fput(k, file);
  return newFd;
}

export function sysGetname(k: Kernel, fd: number, addr: number, lengthAddr: number, peer: boolean): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const name = sock.ops.getname(k, sock, peer);
  return typeof name === "number" ? name : addressToUser(k, name, addr, lengthAddr);
}

export function sysShutdown(k: Kernel, fd: number, how: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  return sock.ops.shutdown ? sock.ops.shutdown(k, sock, how) : -EOPNOTSUPP;
}

export function sysSetsockopt(k: Kernel, fd: number, level: number, name: number, addr: number, length: number): number {
  if (length < 0) return -EINVAL;
  const sock = sockfdLookup(k, fd);
  return typeof sock === "number" ? sock : setSocketOption(k, sock, level, name, addr, length);
}

/** @linux net/socket.c do_sock_setsockopt */
export function setSocketOption(k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number {
  if (length < 0) return -EINVAL;
  if (level === SOL_SOCKET) return sockSetsockopt(k, sock, name, addr, length);
  return sock.ops.setsockopt ? sock.ops.setsockopt(k, sock, level, name, addr, length) : -EOPNOTSUPP;
}

export function sysGetsockopt(k: Kernel, fd: number, level: number, name: number, addr: number, lengthAddr: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  if (level === SOL_SOCKET) return sockGetsockopt(k, sock, name, addr, lengthAddr);
  return sock.ops.getsockopt ? sock.ops.getsockopt(k, sock, level, name, addr, lengthAddr) : -EOPNOTSUPP;
}
