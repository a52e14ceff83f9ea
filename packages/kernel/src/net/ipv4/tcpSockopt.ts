import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, ENOENT, ENOPROTOOPT, EPERM, EPROTONOSUPPORT } from "../../uapi/errno.ts";
import { SOL_TCP } from "../../uapi/in.ts";
import { SO_KEEPALIVE } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import * as S from "../core/sock.ts";
import type { Socket } from "../socket.ts";
import { lockSock, releaseSock } from "./inetSock.ts";
import { tcpInfo } from "./tcpInfo.ts";
import { currentMss, pushPendingFrames, sendAck } from "./tcpOutput.ts";
import { cleanupRbuf } from "./tcpRecv.ts";
import type { TcpSock } from "./tcpSock.ts";
import { resetKeepaliveTimer } from "./tcpTimers.ts";
import { tcpClock } from "./tcpTransmit.ts";

const SECOND = 1e9;
const MS = 1e6;
/** The one algorithm of congestion control that there is. */
export const CONGESTION_CONTROL = "reno";
/** Kept and shown, between 0 and a limit. */
const KEPT: Readonly<Record<number, number>> = {
  [T.TCP_THIN_LINEAR_TIMEOUTS]: 1,
  [T.TCP_SAVE_SYN]: 2,
  [T.TCP_FASTOPEN]: 0x7fffffff,
  [T.TCP_FASTOPEN_NO_COOKIE]: 1,
  [T.TCP_INQ]: 1,
};

/** Seconds as a number of timeouts that take as long, and back. @linux net/ipv4/tcp.c secs_to_retrans */
function secsToRetrans(seconds: number): number {
  if (seconds <= 0) return 0;
  let n = 1;
  let timeout = 1;
  let period = 1;
  while (seconds > period && n < 255) {
    n++;
    timeout = Math.min(timeout * 2, 120);
    period += timeout;
  }
  return n;
}
function retransToSecs(n: number): number {
  if (n <= 0) return 0;
  let period = 1;
  let timeout = 1;
  while (--n > 0) {
    timeout = Math.min(timeout * 2, 120);
    period += timeout;
  }
  return period;
}

/** @linux net/ipv4/tcp.c do_tcp_setsockopt */
export function tcpSetsockopt(k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number {
  if (level !== SOL_TCP) return -EPROTONOSUPPORT;
  const sk = sock.sk as TcpSock;
  if (name === T.TCP_CONGESTION) {
    if (length < 1) return -EINVAL;
    const b = new Uint8Array(Math.min(15, length));
    if (copyFromUser(k, addr, b, 0, b.length) !== 0) return -EFAULT;
    const end = b.indexOf(0);
    return String.fromCharCode(...(end < 0 ? b : b.subarray(0, end))) === CONGESTION_CONTROL ? 0 : -ENOENT;
  }
  if (name === T.TCP_ULP) return length < 1 ? -EINVAL : -ENOENT;
  if (length < 4) return -EINVAL;
  const raw = getUser32(k, addr);
  if (raw < 0) return -EFAULT;
  lockSock(sk);
  const r = setInt(k, sk, name, raw | 0);
  releaseSock(k, sk);
  return r;
}

function setInt(k: Kernel, sk: TcpSock, name: number, value: number): number {
  const most = KEPT[name];
  if (most !== undefined) {
    if (value < 0 || value > most) return -EINVAL;
    sk.tcpOptions.set(name, value);
    return 0;
  }
  switch (name) {
    case T.TCP_MAXSEG:
      if (value !== 0 && (value < 88 || value > 32767)) return -EINVAL;
      sk.userMss = value;
      return 0;
    case T.TCP_NODELAY:
      if (value) {
        sk.nonagle |= T.TCP_NAGLE_OFF | T.TCP_NAGLE_PUSH;
        pushPendingFrames(k, sk, currentMss(sk), sk.nonagle);
      } else sk.nonagle &= ~T.TCP_NAGLE_OFF;
      return 0;
    case T.TCP_CORK:
      if (value) sk.nonagle |= T.TCP_NAGLE_CORK;
      else {
        sk.nonagle &= ~T.TCP_NAGLE_CORK;
        if (sk.nonagle & T.TCP_NAGLE_OFF) sk.nonagle |= T.TCP_NAGLE_PUSH;
        pushPendingFrames(k, sk, currentMss(sk), sk.nonagle);
      }
      return 0;
    case T.TCP_KEEPIDLE: {
      if (value < 1 || value > 32767) return -EINVAL;
      sk.keepaliveTime = value * SECOND;
      if (sk.options.get(SO_KEEPALIVE) === 1 && sk.state !== S.TCP_CLOSE && sk.state !== S.TCP_LISTEN) {
        const idle = k.time.now() - Math.max(sk.lrcvtime, sk.rcvTstamp);
        resetKeepaliveTimer(k, sk, Math.max(0, sk.keepaliveTime - idle));
      }
      return 0;
    }
    case T.TCP_KEEPINTVL:
      if (value < 1 || value > 32767) return -EINVAL;
      sk.keepaliveIntvl = value * SECOND;
      return 0;
    case T.TCP_KEEPCNT:
      if (value < 1 || value > 127) return -EINVAL;
      sk.keepaliveProbes = value;
      return 0;
    case T.TCP_SYNCNT:
      if (value < 1 || value > 127) return -EINVAL;
      sk.synRetries = value;
      sk.tcpOptions.set(name, value);
      return 0;
    case T.TCP_LINGER2:
      sk.linger2 = value < 0 ? -1 : value > 120 ? 120 * SECOND : value === 0 ? T.TCP_FIN_TIMEOUT : value * SECOND;
      return 0;
    case T.TCP_DEFER_ACCEPT:
      sk.deferAccept = secsToRetrans(value);
      return 0;
    case T.TCP_WINDOW_CLAMP:
      if (value === 0) {
        if (sk.state !== S.TCP_CLOSE) return -EINVAL;
        sk.windowClamp = 0;
        sk.tcpOptions.delete(name);
        return 0;
      }
      sk.windowClamp = Math.max(value >>> 0, 1152);
      sk.rcvSsthresh = Math.min(Math.max(sk.rcvSsthresh, 0), sk.windowClamp);
      return 0;
    case T.TCP_QUICKACK:
      if (!value) sk.pingpong = 1;
      else {
        sk.pingpong = 0;
        if ((sk.state === S.TCP_ESTABLISHED || sk.state === S.TCP_CLOSE_WAIT) && sk.ackPending & T.ICSK_ACK_SCHED) {
          sk.ackPending |= T.ICSK_ACK_PUSHED;
          cleanupRbuf(k, sk, 1);
          if (sk.ackPending & T.ICSK_ACK_SCHED) sendAck(k, sk);
          if (!(value & 1)) sk.pingpong = 1;
        }
      }
      return 0;
    case T.TCP_THIN_DUPACK:
      return value < 0 || value > 1 ? -EINVAL : 0;
    case T.TCP_USER_TIMEOUT:
      if (value < 0) return -EINVAL;
      sk.userTimeout = value * MS;
      return 0;
    case T.TCP_REPAIR:
      return capable(k, CAP_NET_ADMIN) ? -ENOPROTOOPT : -EPERM;
    case T.TCP_TIMESTAMP:
      return -EPERM;
    case T.TCP_NOTSENT_LOWAT:
      sk.notsentLowat = value >>> 0;
      sk.writeSpace(k);
      return 0;
    case T.TCP_FASTOPEN_CONNECT:
      // There is no cookie to connect with: the option is as good as off.
      if (value < 0 || value > 1 || sk.state !== S.TCP_CLOSE) return -EINVAL;
      sk.tcpOptions.set(name, value);
      return 0;
    case T.TCP_TX_DELAY:
      return value < 0 ? -EINVAL : -ENOPROTOOPT;
    default:
      return -ENOPROTOOPT;
  }
}

/** @linux net/ipv4/tcp.c do_tcp_getsockopt */
export function tcpGetsockopt(k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number {
  if (level !== SOL_TCP) return -EPROTONOSUPPORT;
  const sk = sock.sk as TcpSock;
  const raw = getUser32(k, lengthAddr);
  if (raw < 0) return -EFAULT;
  const room = raw | 0;
  if (room < 0) return -EINVAL;
  let out: Uint8Array;
  if (name === T.TCP_INFO) out = tcpInfo(k, sk);
  else if (name === T.TCP_CONGESTION) {
    out = new Uint8Array(16);
    for (let i = 0; i < CONGESTION_CONTROL.length; i++) out[i] = CONGESTION_CONTROL.charCodeAt(i);
  } else if (name === T.TCP_CC_INFO || name === T.TCP_ULP || name === T.TCP_SAVED_SYN) out = new Uint8Array(0);
  else {
    const value = option(k, sk, name);
    if (value === null) return -ENOPROTOOPT;
    out = new Uint8Array(Int32Array.of(value).buffer);
  }
  const n = Math.min(room, out.length);
  if (putUser32(k, lengthAddr, n) !== 0) return -EFAULT;
  return copyToUser(k, addr, out, 0, n) !== 0 ? -EFAULT : 0;
}

function option(k: Kernel, sk: TcpSock, name: number): number | null {
  if (KEPT[name] !== undefined || name === T.TCP_FASTOPEN_CONNECT) return sk.tcpOptions.get(name) ?? 0;
  switch (name) {
    case T.TCP_MAXSEG:
      if (sk.userMss > 0 && (sk.state === S.TCP_CLOSE || sk.state === S.TCP_LISTEN)) return sk.userMss;
      return sk.mssCache;
    case T.TCP_NODELAY:
      return sk.nonagle & T.TCP_NAGLE_OFF ? 1 : 0;
    case T.TCP_CORK:
      return sk.nonagle & T.TCP_NAGLE_CORK ? 1 : 0;
    case T.TCP_KEEPIDLE:
      return sk.keepaliveTime / SECOND;
    case T.TCP_KEEPINTVL:
      return sk.keepaliveIntvl / SECOND;
    case T.TCP_KEEPCNT:
      return sk.keepaliveProbes;
    case T.TCP_SYNCNT:
      return sk.synRetries;
    case T.TCP_LINGER2:
      return sk.linger2 < 0 ? -1 : sk.linger2 / SECOND;
    case T.TCP_DEFER_ACCEPT:
      return retransToSecs(sk.deferAccept);
    case T.TCP_WINDOW_CLAMP:
      return sk.windowClamp;
    case T.TCP_QUICKACK:
      return sk.pingpong < 1 ? 1 : 0;
    case T.TCP_USER_TIMEOUT:
      return sk.userTimeout / MS;
    case T.TCP_TIMESTAMP:
      return tcpClock(k, sk.tsOffset) | 0;
    case T.TCP_NOTSENT_LOWAT:
      return sk.notsentLowat === 0xffffffff ? 0 : sk.notsentLowat | 0;
    case T.TCP_THIN_DUPACK:
    case T.TCP_TX_DELAY:
      return 0;
    default:
      return null;
  }
}
