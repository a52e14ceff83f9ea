import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser64, putUser32, putUser64 } from "../mm/usercopy.ts";
import { importIovec, userIter } from "../mm/userIov.ts";
import { stateClass } from "../state.ts";
import { EFAULT, EINVAL, EMSGSIZE, ENOBUFS } from "../uapi/errno.ts";
import { O_NONBLOCK } from "../uapi/fcntl.ts";
import { MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_WAITFORONE } from "../uapi/socket.ts";
import { addressFromUser, addressToUser } from "./calls.ts";
import { ControlWriter, scmRecv, scmSend } from "./core/scm.ts";
import { Message, type Socket, sockfdLookup } from "./socket.ts";

/** Offsets in struct user_msghdr, and its size. */
const NAME = 0;
const NAMELEN = 8;
const IOV = 16;
const IOVLEN = 24;
const CONTROL = 32;
const CONTROLLEN = 40;
const FLAGS = 48;
const MSGHDR = 56;
/** struct mmsghdr. */
const MMSGHDR = 64;
const UIO_MAXIOV = 1024;
/** net.core.optmem_max */
const OPTMEM_MAX = 131072;
const SOCKADDR_MAX = 128;
const INT_MAX = 0x7fffffff;

const waitFlags = (sock: Socket, flags: number): number => (sock.file!.flags & O_NONBLOCK ? flags | MSG_DONTWAIT : flags);

/** @linux net/socket.c __sys_sendto */
export function sysSendto(
  k: Kernel,
  fd: number,
  addr: number,
  length: number,
  flags: number,
  nameAddr: number,
  nameLength: number,
): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const m = new Message(userIter(k, addr, length), waitFlags(sock, flags & ~MSG_CMSG_CLOEXEC));
  if (nameAddr !== 0) {
    const name = addressFromUser(k, nameAddr, nameLength);
    if (typeof name === "number") return name;
    m.name = name;
  }
  return sock.ops.sendmsg(k, sock, m);
}

/** @linux net/socket.c __sys_recvfrom */
export function sysRecvfrom(
  k: Kernel,
  fd: number,
  addr: number,
  length: number,
  flags: number,
  nameAddr: number,
  nameLength: number,
): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const m = new Message(userIter(k, addr, length), waitFlags(sock, flags));
  m.wantsName = nameAddr !== 0;
  const r = sock.ops.recvmsg(k, sock, m);
  if (r < 0) return r;
  if (m.scm) scmRecv(k, sock.sk, m.scm, new ControlWriter(0), flags);
  if (m.wantsName) {
    const e = addressToUser(k, m.name ?? new Uint8Array(0), nameAddr, nameLength);
    if (e < 0) return e;
  }
  return r;
}

/** What a struct user_msghdr says. */
export interface MessageHeader {
  name: number;
  nameLength: number;
  /** As the program has it: unlike nameLength not cut to the longest address. */
  givenNameLength: number;
  /** The same of the control messages' room, which is 0 without an address. */
  givenControlLength: number;
  iov: number;
  iovCount: number;
  control: number;
  controlLength: number;
}

/** Reads a struct user_msghdr: -EFAULT, -EINVAL, -EMSGSIZE. @linux net/socket.c __copy_msghdr */
export function copyMsghdr(k: Kernel, addr: number): MessageHeader | number {
  const raw = new Uint8Array(MSGHDR);
  if (copyFromUser(k, addr, raw, 0, MSGHDR) !== 0) return -EFAULT;
  const v = new DataView(raw.buffer);
  const word = (at: number): number => v.getUint32(at + 4, true) * 4294967296 + v.getUint32(at, true);
  const name = word(NAME);
  const given = v.getInt32(NAMELEN, true);
  const nameLength = name === 0 ? 0 : given;
  if (nameLength < 0) return -EINVAL;
  const h = {
    name,
    nameLength: Math.min(nameLength, SOCKADDR_MAX),
    givenNameLength: given,
    givenControlLength: word(CONTROLLEN),
    iov: word(IOV),
    iovCount: word(IOVLEN),
    control: word(CONTROL),
    controlLength: word(CONTROLLEN),
  };
  if (h.control === 0) h.controlLength = 0;
  return h.iovCount > UIO_MAXIOV ? -EMSGSIZE : h;
}

/** Sends one message; `control` is in user memory, what else it has in `m`. @linux net/socket.c ____sys_sendmsg */
export function sendMessage(k: Kernel, sock: Socket, m: Message, controlAddr: number, controlLength: number): number {
  m.flags = waitFlags(sock, m.flags & ~MSG_CMSG_CLOEXEC);
  if (controlLength > INT_MAX) return -ENOBUFS;
  if (controlLength > 0) {
    if (controlLength > OPTMEM_MAX) return -ENOBUFS;
    const control = new Uint8Array(controlLength);
    if (copyFromUser(k, controlAddr, control, 0, control.length) !== 0) return -EFAULT;
    if (sock.ops.ownControl) m.control = control;
    else {
      const scm = scmSend(k, control);
      if (typeof scm === "number") return scm;
      m.scm = scm;
    }
  }
  return sock.ops.sendmsg(k, sock, m);
}

function sendOne(k: Kernel, sock: Socket, addr: number, flags: number): number {
  const h = copyMsghdr(k, addr);
  if (typeof h === "number") return h;
  const iter = importIovec(k, h.iov, h.iovCount, true);
  if (typeof iter === "number") return iter;
  const m = new Message(iter, flags);
  if (h.controlLength > INT_MAX) return -ENOBUFS;
  if (h.name !== 0 && h.nameLength > 0) {
    const name = addressFromUser(k, h.name, h.nameLength);
    if (typeof name === "number") return name;
    m.name = name;
  }
  return sendMessage(k, sock, m, h.control, h.controlLength);
}

export function sysSendmsg(k: Kernel, fd: number, addr: number, flags: number): number {
  const sock = sockfdLookup(k, fd);
  return typeof sock === "number" ? sock : sendOne(k, sock, addr, flags);
}

/** What the family and the socket have to tell beside the data, as control messages in at most `room` bytes. */
export function messageControl(k: Kernel, sock: Socket, m: Message, room: number, flags: number): ControlWriter {
  const control = new ControlWriter(Math.min(room, OPTMEM_MAX));
  for (const c of m.controlOut) control.put(c.level, c.type, c.data);
  if (m.scm) scmRecv(k, sock.sk, m.scm, control, flags);
  return control;
}

/** Receives one message for the struct user_msghdr at `addr`, which has been read. @linux net/socket.c ____sys_recvmsg */
export function receiveMessage(k: Kernel, sock: Socket, m: Message, h: MessageHeader, addr: number): number {
  const { flags } = m;
  m.flags = waitFlags(sock, flags);
  m.wantsName = h.name !== 0;
  const r = sock.ops.recvmsg(k, sock, m);
  if (r < 0) return r;
  const control = messageControl(k, sock, m, h.controlLength, flags);
  if (m.wantsName) {
    const name = m.name ?? new Uint8Array(0);
    if (copyToUser(k, h.name, name, 0, Math.min(h.nameLength, name.length)) !== 0) return -EFAULT;
    if (putUser32(k, addr + NAMELEN, name.length) !== 0) return -EFAULT;
  }
  if (putUser32(k, addr + FLAGS, m.outFlags | control.flags | (flags & MSG_CMSG_CLOEXEC)) !== 0) return -EFAULT;
  if (control.used > 0 && copyToUser(k, h.control, control.bytes, 0, control.used) !== 0) return -EFAULT;
  return putUser64(k, addr + CONTROLLEN, control.used) !== 0 ? -EFAULT : r;
}

function receiveOne(k: Kernel, sock: Socket, addr: number, flags: number): number {
  const h = copyMsghdr(k, addr);
  if (typeof h === "number") return h;
  const iter = importIovec(k, h.iov, h.iovCount, false);
  return typeof iter === "number" ? iter : receiveMessage(k, sock, new Message(iter, flags), h, addr);
}

export function sysRecvmsg(k: Kernel, fd: number, addr: number, flags: number): number {
  const sock = sockfdLookup(k, fd);
  return typeof sock === "number" ? sock : receiveOne(k, sock, addr, flags);
}

/** How many messages of a vector are done, and when waiting for more ends. */
class VectorProgress {
  done = 0;
  /** The state of the message that waits. */
  inner: object | null = null;
  until = Number.POSITIVE_INFINITY;
}
stateClass(VectorProgress);

/** Runs one call for each message of a vector. */
function vector(
  k: Kernel,
  addr: number,
  count: number,
  p: VectorProgress,
  one: (header: number, first: boolean) => number,
  more: () => boolean,
): number {
  const task = k.current;
  while (p.done < count) {
    const header = addr + p.done * MMSGHDR;
    task.progress = p.inner;
    const r = one(header, p.done === 0);
    if (r === BLOCKED) {
      p.inner = task.progress;
      task.progress = p;
      return r;
    }
    p.inner = null;
    const e = r < 0 ? r : putUser32(k, header + MSGHDR, r);
    if (e < 0) return p.done > 0 ? p.done : e;
    p.done++;
    if (!more()) break;
  }
  return p.done;
}

/** @linux net/socket.c __sys_sendmmsg */
export function sysSendmmsg(k: Kernel, fd: number, addr: number, count: number, flags: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  const p = k.current.progress instanceof VectorProgress ? k.current.progress : new VectorProgress();
  return vector(
    k,
    addr,
    Math.min(count, UIO_MAXIOV),
    p,
    (header) => sendOne(k, sock, header, flags),
    () => true,
  );
}

/** The time limit is only looked at between messages. @linux net/socket.c do_recvmmsg */
export function sysRecvmmsg(k: Kernel, fd: number, addr: number, count: number, flags: number, timeout: number): number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  let p = k.current.progress instanceof VectorProgress ? k.current.progress : null;
  if (!p) {
    p = new VectorProgress();
    if (timeout !== 0) {
      const seconds = getUser64(k, timeout);
      const nanos = getUser64(k, timeout + 8);
      if (seconds < 0 || nanos < 0) return -EFAULT;
      if (seconds > 9e15 || nanos >= 1e9) return -EINVAL;
      p.until = k.time.now() + seconds * 1e9 + nanos;
    }
    const e = sock.sk.takeError();
    if (e < 0) return e;
  }
  let mode = flags & ~MSG_WAITFORONE;
  if (flags & MSG_WAITFORONE && p.done > 0) mode |= MSG_DONTWAIT;
  const progress = p;
  const r = vector(
    k,
    addr,
    Math.min(count, UIO_MAXIOV),
    progress,
    (header) => receiveOne(k, sock, header, mode),
    () => {
      if (flags & MSG_WAITFORONE) mode |= MSG_DONTWAIT;
      return k.time.now() < progress.until;
    },
  );
  if (r >= 0 && timeout !== 0) {
    const left = Math.max(0, progress.until - k.time.now());
    if (putUser64(k, timeout, Math.floor(left / 1e9)) !== 0 || putUser64(k, timeout + 8, Math.floor(left % 1e9)) !== 0) return -EFAULT;
  }
  return r;
}
