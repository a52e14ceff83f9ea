import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EINVAL, ENOENT } from "../../uapi/errno.ts";
import { IPPROTO_RAW, IPPROTO_TCP, IPPROTO_UDP } from "../../uapi/in.ts";
import { NLM_F_DUMP, NLM_F_MULTI, NLMSG_HDRLEN } from "../../uapi/netlink.ts";
import { AF_INET, AF_INET6, SO_MARK } from "../../uapi/socket.ts";
import { net } from "../core/netNamespace.ts";
import * as S from "../core/sock.ts";
import { MessageWriter, type Request } from "../netlink/message.ts";
import { type InetSock, sockaddrIn, v6Mapped } from "./inetSock.ts";
import { inodeOf, socketsOf, tcpEntries, timerOf } from "./procNet.ts";
import { tcpInfo } from "./tcpInfo.ts";
import { type EhashEntry, RequestSock, TcpSock, TimewaitSock } from "./tcpSock.ts";
import { CONGESTION_CONTROL } from "./tcpSockopt.ts";

export const SOCK_DIAG_BY_FAMILY = 20;
/** sizeof(struct inet_diag_req_v2) */
const REQUEST = 56;
const INET_DIAG_MEMINFO = 1;
const INET_DIAG_INFO = 2;
const INET_DIAG_CONG = 4;
const INET_DIAG_TOS = 5;
const INET_DIAG_TCLASS = 6;
const INET_DIAG_SKMEMINFO = 7;
const INET_DIAG_SHUTDOWN = 8;
const INET_DIAG_SKV6ONLY = 11;
const INET_DIAG_MARK = 15;

const stateOf = (e: EhashEntry | InetSock): number =>
  e instanceof TimewaitSock ? e.substate : e instanceof RequestSock ? S.TCP_SYN_RECV : e.state;

/** An address as four words; IPv4's is the first. */
function address(family: number, v4: number, v6: Uint8Array, real: boolean): Uint8Array {
  const out = new Uint8Array(16);
  if (family === AF_INET) out.set(sockaddrIn(v4, 0).subarray(4, 8));
  else out.set(real ? v6 : v4 === 0 ? v6 : v6Mapped(v4));
  return out;
}

/** One socket as struct inet_diag_msg with what was asked for beside. @linux net/ipv4/inet_diag.c inet_sk_diag_fill */
function fill(k: Kernel, request: Request, e: EhashEntry | InetSock, family: number, ext: number): Uint8Array {
  const w = new MessageWriter(SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, request.seq, request.portid);
  const wants = (attribute: number): boolean => (ext & (1 << (attribute - 1))) !== 0;
  const body = new Uint8Array(72);
  const v = new DataView(body.buffer);
  body[0] = family;
  body[1] = stateOf(e);
  const sport = e instanceof TimewaitSock || e instanceof RequestSock ? e.num : e.sport;
  v.setUint16(4, sport, false);
  v.setUint16(6, e.dport, false);
  body.set(address(family, e.rcvSaddr, e.v6RcvSaddr, e.v6), 8);
  body.set(address(family, e.daddr, e.v6Daddr, e.v6), 24);
  const now = k.time.now();
  const left = (at: number): number => Math.max(0, Math.floor((at - now) / 1e6));
  if (e instanceof TimewaitSock) {
    body[2] = 3;
    v.setUint32(44, 0xffffffff, true);
    v.setUint32(48, 0xffffffff, true);
    v.setUint32(52, left(e.timer.expires), true);
    w.put8(...body);
    return w.finish();
  }
  if (e instanceof RequestSock) {
    body[2] = 1;
    body[3] = e.numTimeout;
    v.setUint32(52, left(e.timer.expires), true);
    v.setUint32(64, e.listener.uid, true);
    w.put8(...body);
    return w.finish();
  }
  v.setUint32(40, e.boundDevIf, true);
  v.setUint32(44, e.cookie(k), true);
  v.setUint32(64, e.uid, true);
  v.setUint32(68, inodeOf(e), true);
  if (e instanceof TcpSock) {
    const t = timerOf(k, e);
    body[2] = t.active;
    body[3] = t.active === 4 ? e.probesOut : t.active === 2 ? e.probesOut : e.retransmits;
    v.setUint32(52, Math.max(0, Math.floor(t.left / 1e6)), true);
    const listens = e.state === S.TCP_LISTEN;
    v.setUint32(56, listens ? e.acceptQueue.length : Math.max(0, (e.rcvNxt - e.copiedSeq) | 0), true);
    v.setUint32(60, listens ? e.maxAckBacklog : (e.writeSeq - e.sndUna) >>> 0, true);
  } else {
    v.setUint32(56, e.rmemAlloc, true);
    v.setUint32(60, e.wmemAlloc, true);
  }
  w.put8(...body);
  w.attribute8(INET_DIAG_SHUTDOWN, e.shutdown);
  if (wants(INET_DIAG_TOS)) w.attribute8(INET_DIAG_TOS, e.tos);
  if (family === AF_INET6) {
    if (wants(INET_DIAG_TCLASS)) w.attribute8(INET_DIAG_TCLASS, e.tclass);
    if (e.state === S.TCP_LISTEN || e.state === S.TCP_CLOSE) w.attribute8(INET_DIAG_SKV6ONLY, e.v6only ? 1 : 0);
  }
  if (capable(k, CAP_NET_ADMIN)) w.attribute32(INET_DIAG_MARK, e.options.get(SO_MARK) ?? 0);
  const memory = e.memInfo();
  const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  if (wants(INET_DIAG_MEMINFO)) w.attribute(INET_DIAG_MEMINFO, words(memory.rmem, memory.wmem, 0, e.wmemAlloc));
  if (wants(INET_DIAG_SKMEMINFO))
    w.attribute(INET_DIAG_SKMEMINFO, words(memory.rmem, e.rcvbuf, e.wmemAlloc, e.sndbuf, 0, memory.wmem, 0, 0, memory.drops));
  if (e instanceof TcpSock) {
    if (wants(INET_DIAG_INFO)) w.attribute(INET_DIAG_INFO, tcpInfo(k, e));
    if (wants(INET_DIAG_CONG)) w.attributeString(INET_DIAG_CONG, CONGESTION_CONTROL);
  }
  return w.finish();
}

/** Answers a program that asks for sockets: a dump, or -errno. @linux net/core/sock_diag.c __sock_diag_cmd, net/ipv4/inet_diag.c inet_diag_handler_cmd */
export function sockDiagReceive(k: Kernel, request: Request): Uint8Array[] | number {
  if (request.type !== SOCK_DIAG_BY_FAMILY) return -EINVAL;
  if (request.length < NLMSG_HDRLEN + 2) return -EINVAL;
  const family = request.bytes[NLMSG_HDRLEN]!;
  if (family !== AF_INET && family !== AF_INET6) return -ENOENT;
  if (request.length < NLMSG_HDRLEN + REQUEST) return -EINVAL;
  if (!(request.flags & NLM_F_DUMP)) return -ENOENT;
  const protocol = request.bytes[NLMSG_HDRLEN + 1]!;
  const ext = request.bytes[NLMSG_HDRLEN + 2]!;
  const states = request.view.getUint32(NLMSG_HDRLEN + 4, true);
  const sport = request.view.getUint16(NLMSG_HDRLEN + 8, false);
  const dport = request.view.getUint16(NLMSG_HDRLEN + 10, false);
  const n = net(k);
  let list: (EhashEntry | InetSock)[];
  if (protocol === IPPROTO_TCP) list = tcpEntries(k, family);
  else if (protocol === IPPROTO_UDP) list = socketsOf(n.udp, family);
  else if (protocol === IPPROTO_RAW) list = socketsOf(family === AF_INET ? n.raw : n.raw6, family);
  else return -ENOENT;
  return list
    .filter((e) => (states >>> stateOf(e)) & 1 && (sport === 0 || e.num === sport) && (dport === 0 || e.dport === dport))
    .map((e) => fill(k, request, e, family, ext));
}
