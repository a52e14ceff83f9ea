import { capable } from "../../kernel/capability.ts";
import { findTask } from "../../kernel/pid.ts";
import { pidfdCreate } from "../../kernel/pidfd.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EDOM, EFAULT, EINVAL, ENODATA, ENODEV, ENOENT, ENOPROTOOPT, EOPNOTSUPP, EPERM, ERANGE, ESRCH } from "../../uapi/errno.ts";
import * as S from "../../uapi/socket.ts";
import type { Socket } from "../socket.ts";
import { devGetByIndex, devGetByName } from "./dev.ts";
import { type Sock, TCP_LISTEN } from "./sock.ts";

/** net.core.wmem_max and rmem_max. */
const BUFFER_MAX = 4194304;
const SOCK_MIN_SNDBUF = 4608;
const SOCK_MIN_RCVBUF = 2304;
const SECOND = 1e9;

/** Options that are on or off and only kept: number and default. */
const SWITCHES = new Set<number>([
  S.SO_DEBUG,
  S.SO_REUSEADDR,
  S.SO_REUSEPORT,
  S.SO_DONTROUTE,
  S.SO_BROADCAST,
  S.SO_KEEPALIVE,
  S.SO_OOBINLINE,
  S.SO_TIMESTAMP,
  S.SO_PASSSEC,
  S.SO_NO_CHECK,
  S.SO_TIMESTAMPNS,
  S.SO_RXQ_OVFL,
  S.SO_WIFI_STATUS,
  S.SO_NOFCS,
  S.SO_LOCK_FILTER,
  S.SO_SELECT_ERR_QUEUE,
]);
const inet = (sk: Sock): boolean => sk.family === S.AF_INET || sk.family === S.AF_INET6;
/** What only Unix sockets have. */
const UNIX_ONLY = new Set<number>([S.SO_PASSCRED, S.SO_PASSPIDFD, S.SO_PASSSEC, S.SO_PASSRIGHTS]);

/** @linux net/core/sock.c sk_setsockopt */
export function sockSetsockopt(k: Kernel, sock: Socket, name: number, addr: number, length: number): number {
  const { sk } = sock;
  if (name === S.SO_BINDTODEVICE) return bindToDevice(k, sk, addr, length);
  if (length < 4) return -EINVAL;
  const raw = getUser32(k, addr);
  if (raw < 0) return -EFAULT;
  const value = raw | 0;
  if (SWITCHES.has(name)) {
    if (name === S.SO_DEBUG && value !== 0 && !capable(k, CAP_NET_ADMIN)) return -EPERM;
    if (UNIX_ONLY.has(name) && inet(sk)) return -EOPNOTSUPP;
    sk.options.set(name, value !== 0 ? 1 : 0);
    // One kind of time stamp at a time.
    if (name === S.SO_TIMESTAMP && value !== 0) sk.options.set(S.SO_TIMESTAMPNS, 0);
    if (name === S.SO_TIMESTAMPNS && value !== 0) sk.options.set(S.SO_TIMESTAMP, 0);
    sk.optionChanged(k, name, value);
    return 0;
  }
  if (UNIX_ONLY.has(name) && inet(sk)) return -EOPNOTSUPP;
  switch (name) {
    case S.SO_TYPE:
    case S.SO_PROTOCOL:
    case S.SO_DOMAIN:
    case S.SO_ERROR:
    case S.SO_ACCEPTCONN:
    case S.SO_PEERCRED:
      return -ENOPROTOOPT;
    case S.SO_SNDBUF:
    case S.SO_SNDBUFFORCE:
      if (name === S.SO_SNDBUFFORCE && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.sndbuf = Math.max(bufferSize(value, name === S.SO_SNDBUFFORCE), SOCK_MIN_SNDBUF);
      sk.optionChanged(k, S.SO_SNDBUF, value);
      sk.writeSpace(k);
      return 0;
    case S.SO_RCVBUF:
    case S.SO_RCVBUFFORCE:
      if (name === S.SO_RCVBUFFORCE && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.rcvbuf = Math.max(bufferSize(value, name === S.SO_RCVBUFFORCE), SOCK_MIN_RCVBUF);
      sk.optionChanged(k, S.SO_RCVBUF, value);
      return 0;
    case S.SO_PRIORITY:
      if ((value < 0 || value > 6) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.options.set(name, value);
      return 0;
    case S.SO_MARK:
      if (!capable(k, CAP_NET_ADMIN)) return -EPERM;
      sk.options.set(name, value);
      return 0;
    case S.SO_LINGER: {
      if (length < 8) return -EINVAL;
      const seconds = getUser32(k, addr + 4);
      if (seconds < 0) return -EFAULT;
      sk.linger = value !== 0 ? seconds : -1;
      return 0;
    }
    case S.SO_PASSCRED:
      sk.passcred = value !== 0;
      return 0;
    case S.SO_PASSPIDFD:
      sk.passpidfd = value !== 0;
      return 0;
    case S.SO_RCVLOWAT:
      sk.rcvlowat = value < 0 ? 0x7fffffff : value || 1;
      sk.optionChanged(k, name, value);
      return 0;
    case S.SO_BSDCOMPAT:
      return 0;
    case S.SO_INCOMING_CPU:
    case S.SO_BUSY_POLL:
    case S.SO_ZEROCOPY:
    case S.SO_BUF_LOCK:
      if (name !== S.SO_INCOMING_CPU && value < 0) return -EINVAL;
      if (name === S.SO_ZEROCOPY && (value > 1 || !inet(sk))) return inet(sk) ? -EINVAL : -EOPNOTSUPP;
      sk.options.set(name, value);
      return 0;
    case S.SO_MAX_PACING_RATE:
      sk.options.set(name, raw);
      return 0;
    case S.SO_DETACH_FILTER:
      return -ENOENT;
    case S.SO_SNDLOWAT:
      return -ENOPROTOOPT;
    case S.SO_RCVTIMEO:
    case S.SO_SNDTIMEO:
      return setTimeo(k, sk, name, addr, length);
    case S.SO_PEEK_OFF:
      if (value < -1 && !inet(sk)) return -EINVAL;
      sk.peekOffset = value;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** The kernel doubles what is asked for, to leave room for its own bookkeeping. */
function bufferSize(value: number, force: boolean): number {
  const asked = force ? Math.min(value < 0 ? 0x3fffffff : value, 0x3fffffff) : Math.min(value >>> 0, BUFFER_MAX);
  return asked * 2;
}

/** @linux net/core/sock.c sock_set_timeout */
function setTimeo(k: Kernel, sk: Sock, name: number, addr: number, length: number): number {
  if (length < 16) return -EINVAL;
  const bytes = new Uint8Array(16);
  if (copyFromUser(k, addr, bytes, 0, 16) !== 0) return -EFAULT;
  const v = new DataView(bytes.buffer);
  const seconds = v.getInt32(4, true) * 4294967296 + v.getUint32(0, true);
  const micros = v.getInt32(12, true) * 4294967296 + v.getUint32(8, true);
  if (micros < 0 || micros >= 1e6) return -EDOM;
  let limit = Number.POSITIVE_INFINITY;
  if (seconds < 0) limit = 0;
  else if ((seconds > 0 || micros > 0) && seconds < 9e9) limit = seconds * SECOND + micros * 1000;
  if (name === S.SO_RCVTIMEO) sk.rcvtimeo = limit;
  else sk.sndtimeo = limit;
  return 0;
}

/** @linux net/core/sock.c sk_getsockopt */
export function sockGetsockopt(k: Kernel, sock: Socket, name: number, addr: number, lengthAddr: number): number {
  const { sk } = sock;
  const asked = getUser32(k, lengthAddr);
  if (asked < 0) return -EFAULT;
  const room = asked | 0;
  if (room < 0) return -EINVAL;
  if (name === S.SO_PEERGROUPS) return peerGroups(k, sk, addr, room, lengthAddr);
  if (name === S.SO_PEERPIDFD) return peerPidfd(k, sk, addr, room, lengthAddr);
  const out = optionBytes(k, sk, sock, name);
  if (typeof out === "number") return out;
  const n = Math.min(room, out.length);
  if (copyToUser(k, addr, out, 0, n) !== 0) return -EFAULT;
  return putUser32(k, lengthAddr, n);
}

/** The same with the room given and the length as the result. @linux net/socket.c do_sock_getsockopt */
export function sockGetsockoptLength(k: Kernel, sock: Socket, name: number, addr: number, room: number): number {
  const { sk } = sock;
  if (room < 0) return -EINVAL;
  const out = optionBytes(k, sk, sock, name);
  if (typeof out === "number") return out;
  const n = Math.min(room, out.length);
  return copyToUser(k, addr, out, 0, n) !== 0 ? -EFAULT : n;
}

function ints(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

function optionBytes(k: Kernel, sk: Sock, sock: Socket, name: number): Uint8Array | number {
  if (UNIX_ONLY.has(name) && inet(sk)) return -EOPNOTSUPP;
  if (SWITCHES.has(name)) return ints(sk.options.get(name) ?? 0);
  switch (name) {
    case S.SO_TYPE:
      return ints(sock.type === S.SOCK_RAW ? sk.type : sock.type);
    case S.SO_PROTOCOL:
      return ints(sk.protocol);
    case S.SO_DOMAIN:
      return ints(sk.family);
    case S.SO_ERROR:
      return ints(-sk.takeError());
    case S.SO_ACCEPTCONN:
      return ints(sk.state === TCP_LISTEN ? 1 : 0);
    case S.SO_SNDBUF:
      return ints(sk.sndbuf);
    case S.SO_RCVBUF:
      return ints(sk.rcvbuf);
    case S.SO_PRIORITY:
    case S.SO_MARK:
      return ints(sk.options.get(name) ?? 0);
    case S.SO_LINGER:
      return ints(sk.linger >= 0 ? 1 : 0, Math.max(0, sk.linger));
    case S.SO_PASSCRED:
      return ints(sk.passcred ? 1 : 0);
    case S.SO_PASSPIDFD:
      return ints(sk.passpidfd ? 1 : 0);
    case S.SO_PEERCRED: {
      const c = sk.peerCreds;
      return c ? ints(c.pid, c.uid, c.gid) : ints(0, -1, -1);
    }
    case S.SO_RCVLOWAT:
      return ints(sk.rcvlowat);
    case S.SO_SNDLOWAT:
      return ints(1);
    case S.SO_RCVTIMEO:
      return timeBytes(sk.rcvtimeo);
    case S.SO_SNDTIMEO:
      return timeBytes(sk.sndtimeo);
    case S.SO_PEEK_OFF:
      return ints(sk.peekOffset);
    case S.SO_BSDCOMPAT:
      return ints(0);
    case S.SO_INCOMING_CPU:
      return ints(sk.options.get(name) ?? -1);
    case S.SO_BUSY_POLL:
    case S.SO_ZEROCOPY:
    case S.SO_BUF_LOCK:
    case S.SO_INCOMING_NAPI_ID:
      return ints(sk.options.get(name) ?? 0);
    case S.SO_MAX_PACING_RATE: {
      const rate = sk.options.get(name);
      return rate === undefined || rate === 0xffffffff ? ints(-1, -1) : ints(rate, 0);
    }
    case S.SO_BINDTODEVICE: {
      const dev = devGetByIndex(k, (sk as { boundDevIf?: number }).boundDevIf ?? 0);
      return dev ? Uint8Array.from(`${dev.name}\0`, (c) => c.charCodeAt(0)) : new Uint8Array(0);
    }
    case S.SO_MEMINFO:
      return ints(sk.memInfo().rmem, sk.rcvbuf, sk.wmemAlloc, sk.sndbuf, 0, sk.memInfo().wmem, 0, 0, sk.memInfo().drops);
    case S.SO_COOKIE:
      return ints(sk.cookie(k), 0);
    case S.SO_PEERNAME:
      return sock.ops.getname(k, sock, true);
    case S.SO_ATTACH_FILTER:
      return new Uint8Array(0);
    default:
      return -ENOPROTOOPT;
  }
}

/** SO_BINDTODEVICE: packets go out and come in by that device only. @linux net/core/sock.c sock_setbindtodevice */
function bindToDevice(k: Kernel, sk: Sock, addr: number, length: number): number {
  const bytes = new Uint8Array(Math.min(Math.max(length, 0), 15));
  if (copyFromUser(k, addr, bytes, 0, bytes.length) !== 0) return -EFAULT;
  if (!inet(sk)) return -ENOPROTOOPT;
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  const dev = name === "" ? null : devGetByName(k, name);
  if (name !== "" && !dev) return -ENODEV;
  (sk as unknown as { boundDevIf: number }).boundDevIf = dev?.index ?? 0;
  return 0;
}

function timeBytes(ns: number): Uint8Array {
  const limited = ns !== Number.POSITIVE_INFINITY;
  const seconds = limited ? Math.floor(ns / SECOND) : 0;
  return ints(seconds | 0, Math.floor(seconds / 4294967296), limited ? Math.floor((ns % SECOND) / 1000) : 0, 0);
}

function peerGroups(k: Kernel, sk: Sock, addr: number, room: number, lengthAddr: number): number {
  if (!sk.peerCreds) return -ENODATA;
  const bytes = ints(...sk.peerGroups);
  if (putUser32(k, lengthAddr, bytes.length) !== 0) return -EFAULT;
  if (room < bytes.length) return -ERANGE;
  return copyToUser(k, addr, bytes, 0, bytes.length);
}

function peerPidfd(k: Kernel, sk: Sock, addr: number, room: number, lengthAddr: number): number {
  if (!sk.peerCreds) return -ENODATA;
  const task = findTask(k, sk.peerCreds.pid);
  if (!task) return -ESRCH;
  const fd = pidfdCreate(k, task, 0);
  if (fd < 0) return fd;
  const bytes = ints(fd);
  const n = Math.min(room, 4);
  if (copyToUser(k, addr, bytes, 0, n) !== 0) return -EFAULT;
  return putUser32(k, lengthAddr, n);
}
