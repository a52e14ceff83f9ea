import type { Kernel } from "../../kernel.ts";
import { copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import * as E from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import {
  AF_INET,
  AF_INET6,
  MSG_MORE,
  MSG_OOB,
  SEND_SHUTDOWN,
  SO_BROADCAST,
  SO_NO_CHECK,
  SO_REUSEPORT,
  SOCK_DGRAM,
} from "../../uapi/socket.ts";
import { count, net } from "../core/netNamespace.ts";
import {
  allocSkb,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  get16,
  get32,
  kfreeSkb,
  PACKET_HOST,
  type Packet,
  set16,
  skbClone,
  skbPull,
  skbTrim,
} from "../core/skb.ts";
import { datagramFragments, truesize } from "../core/skbuff.ts";
import { TCP_ESTABLISHED } from "../core/sock.ts";
import { sendIcmp6 } from "../ipv6/icmp6.ts";
import { inet6AddProtocol } from "../ipv6/ip6Input.ts";
import { IPV6_HEADER, ip6RouteOutput, ip6Xmit, pseudoSum6, route6 } from "../ipv6/ip6Output.ts";
import type { Message, Socket } from "../socket.ts";
import { inetAutobind, inetRegisterProtosw, type Proto } from "./afInet.ts";
import { datagramDisconnect, datagramPoll, datagramRecvmsg, ipDatagramConnect, skCommonRelease, sockQueueRcv } from "./datagram.ts";
import { icmpSend } from "./icmp.ts";
import { icmpDeliver, icmpError } from "./icmpErrors.ts";
import { InetSock, inetSk, isMulticast, LOOPBACK4_IPV6, v6Equal, v6IsAny, v6IsMulticast } from "./inetSock.ts";
import { inetAddProtocol } from "./ipInput.ts";
import { checksumOk, IP_HEADER, IPDEFTTL, ipXmit, pseudoSum } from "./ipOutput.ts";
import { IpcmCookie, ipCmsgSend, mcAllowed } from "./ipSockglue.ts";
import { libGetPort } from "./ports.ts";
import { ipRouteOutput, RTN_BROADCAST, route } from "./route.ts";
import { destination, type SockAddress } from "./sockaddr.ts";
import { zerocopyDone } from "./zerocopy.ts";

const UDP_HEADER = 8;
const IPPROTO_UDP = 17;
/** Bytes of a corked datagram, and where they are to go. */
class UdpCork {
  chunks: Uint8Array[] = [];
  length = 0;
  to: SockAddress;
  ipc: IpcmCookie;
  constructor(to: SockAddress, ipc: IpcmCookie) {
    this.to = to;
    this.ipc = ipc;
  }
}

/** struct udp_sock. */
export class UdpSock extends InetSock {
  corkOn = false;
  cork: UdpCork | null = null;
  gsoSize = 0;
  constructor(family: number, type: number, protocol: number) {
    super(family, type, protocol);
  }
  backlogRcv(k: Kernel, skb: Packet): void {
    sockQueueRcv(k, this, skb);
  }
}
stateClass(UdpCork, UdpSock, IpcmCookie);

const headerSize = (to: SockAddress): number => UDP_HEADER + (to.v6 !== null ? IPV6_HEADER : IP_HEADER);

/** A packet for so many bytes of payload, with room for the headers. @linux net/ipv4/ip_output.c ip_make_skb */
function newDatagram(to: SockAddress, size: number): Packet {
  const skb = allocSkb(headerSize(to), size);
  skb.tail += size;
  return skb;
}

/** A packet with a copy of these bytes. */
function copyDatagram(k: Kernel, to: SockAddress, data: Uint8Array): Packet {
  const skb = newDatagram(to, data.length);
  skb.head.set(data, skb.data);
  countCopy(k, COPY_KERNEL, data.length);
  return skb;
}

/** Sends a packet whose payload is there. @linux net/ipv4/udp.c udp_send_skb, net/ipv6/udp.c udp_v6_send_skb */
function sendDatagram(k: Kernel, sk: UdpSock, skb: Packet, to: SockAddress, ipc: IpcmCookie): number {
  const v6 = to.v6 !== null;
  const size = skb.length;
  skb.data -= UDP_HEADER;
  const { head, data: at } = skb;
  const length = size + UDP_HEADER;
  set16(head, at, sk.num);
  set16(head, at + 2, to.port);
  set16(head, at + 4, length);
  skb.truesize = truesize(size + headerSize(to) + 16, datagramFragments(size));
  // Left to the device, as a partial sum, unless the program wants none.
  const none = !v6 && sk.options.get(SO_NO_CHECK) === 1;
  if (!none) skb.ipSummed = CHECKSUM_PARTIAL;
  set16(head, at + 6, none ? 0 : 1);
  if (sk.shutdown & SEND_SHUTDOWN) return -E.EPIPE;
  const e = sk.takeError();
  if (e < 0) return e;
  count(k, v6 ? "Udp6OutDatagrams" : "Udp.OutDatagrams");
  if (v6) {
    const hops = ipc.hopLimit >= 0 ? ipc.hopLimit : v6IsMulticast(route6.daddr) ? sk.mcastHops : sk.hopLimit < 0 ? 64 : sk.hopLimit;
    return ip6Xmit(k, skb, route6.dev!, route6.saddr, route6.daddr, IPPROTO_UDP, ipc.tclass >= 0 ? ipc.tclass : sk.tclass, hops);
  }
  const ttl = ipc.ttl > 0 ? ipc.ttl : isMulticast(route.daddr) ? sk.mcTtl : sk.ttl < 0 ? IPDEFTTL : sk.ttl;
  const df = (sk.ipOptions.get(IN.IP_MTU_DISCOVER) ?? 1) !== 0;
  const tos = ipc.tos >= 0 ? ipc.tos : sk.tos;
  return ipXmit(k, sk, skb, route.dev!, route.saddr, route.daddr, IPPROTO_UDP, tos, ttl, df);
}

/** Finds the way for a datagram: 0 or -errno. */
function routeDatagram(k: Kernel, sk: UdpSock, to: SockAddress, ipc: IpcmCookie): number {
  if (to.v6 !== null) {
    const multicast = v6IsMulticast(to.v6);
    const from = ipc.v6Saddr ?? sk.v6Saddr;
    return ip6RouteOutput(k, to.v6, from, ipc.oif || sk.boundDevIf || (multicast ? to.scope || sk.mcIndex : 0));
  }
  const multicast = isMulticast(to.v4);
  let from = ipc.saddr || (sk.saddr === LOOPBACK4_IPV6 ? 0 : sk.saddr);
  let oif = ipc.oif || sk.boundDevIf;
  if (multicast) {
    if (oif === 0) oif = sk.mcIndex;
    if (from === 0) from = sk.mcAddr;
  }
  const r = ipRouteOutput(k, to.v4, from, oif);
  if (r < 0) return r;
  if (route.type === RTN_BROADCAST && sk.options.get(SO_BROADCAST) !== 1) return -E.EACCES;
  return 0;
}

/** @linux net/ipv4/udp.c udp_sendmsg, net/ipv6/udp.c udpv6_sendmsg */
function udpSendmsg(k: Kernel, sock: Socket, m: Message): number {
  const r = send(k, sock, m);
  if (r > 0) zerocopyDone(k, inetSk(sock), m.flags);
  return r;
}

function send(k: Kernel, sock: Socket, m: Message): number {
  const sk = inetSk(sock) as UdpSock;
  const size = m.iter.count;
  const b = inetAutobind(k, udpProto, sk);
  if (b < 0) return b;
  if (size > 0xffff) return -E.EMSGSIZE;
  if (m.flags & MSG_OOB) return -E.EOPNOTSUPP;
  const more = sk.corkOn || (m.flags & MSG_MORE) !== 0;
  let to: SockAddress;
  const ipc = sk.cork?.ipc ?? new IpcmCookie();
  const a = sk.cork || m.name === null ? null : destination(sk, m.name, "send");
  if (typeof a === "number") return a;
  if (sk.cork) to = sk.cork.to;
  else if (a !== null) {
    if (a.port === 0) return -E.EINVAL;
    to = a;
  } else {
    if (sk.state !== TCP_ESTABLISHED) return -E.EDESTADDRREQ;
    to = peerOf(sk);
  }
  ipc.gsoSize = sk.gsoSize;
  if (m.control) {
    const r = ipCmsgSend(k, sk, m.control, ipc);
    if (r < 0) return r;
  }
  if (to.v6 === null && sk.family === AF_INET6 && sk.v6only) return -E.ENETUNREACH;
  const r = routeDatagram(k, sk, to, ipc);
  if (r < 0) {
    if (r === -E.ENETUNREACH) count(k, "Ip.OutNoRoutes");
    return r;
  }
  const limit = 0xffff - UDP_HEADER - (to.v6 === null ? IP_HEADER : 0);
  if ((sk.cork?.length ?? 0) + size > limit) {
    localError(sk, to);
    return -E.EMSGSIZE;
  }
  if (!more && !sk.cork && !(ipc.gsoSize > 0 && size > ipc.gsoSize)) {
    const skb = newDatagram(to, size);
    if (m.iter.copyFrom(k, skb.head, skb.data, size) < size) return -E.EFAULT;
    const s = sendDatagram(k, sk, skb, to, ipc);
    return s < 0 ? s : size;
  }
  const data = new Uint8Array(size);
  if (m.iter.copyFrom(k, data, 0, size) < size) return -E.EFAULT;
  if (!more && !sk.cork) {
    const s = sendSegments(k, sk, data, to, ipc);
    return s < 0 ? s : size;
  }
  sk.cork ??= new UdpCork(to, ipc);
  sk.cork.chunks.push(data);
  sk.cork.length += size;
  if (more) return size;
  const s = pushPending(k, sk);
  return s < 0 ? s : size;
}

function peerOf(sk: InetSock): SockAddress {
  return sk.v6
    ? { family: AF_INET6, v4: 0, v6: sk.v6Daddr, port: sk.dport, scope: 0 }
    : { family: AF_INET, v4: sk.daddr, v6: null, port: sk.dport, scope: 0 };
}

/** A datagram too large to send goes on the error queue of those who want to know. @linux net/ipv4/ip_sockglue.c ip_local_error */
function localError(sk: UdpSock, to: SockAddress): void {
  if (to.v6 === null && sk.recverr) icmpError(sk, allocSkb(0, 0), E.EMSGSIZE, IN.SO_EE_ORIGIN_LOCAL, 0, 0, 65535, to, null);
}

/** One large buffer as several datagrams. @linux net/ipv4/udp_offload.c __udp_gso_segment */
function sendSegments(k: Kernel, sk: UdpSock, data: Uint8Array, to: SockAddress, ipc: IpcmCookie): number {
  const size = ipc.gsoSize;
  if (data.length > size * 64) return -E.EINVAL;
  for (let at = 0; at < data.length; at += size) {
    const r = sendDatagram(k, sk, copyDatagram(k, to, data.subarray(at, Math.min(at + size, data.length))), to, ipc);
    if (r < 0) return r;
  }
  return 0;
}

/** Sends what was held back. @linux net/ipv4/udp.c udp_push_pending_frames */
function pushPending(k: Kernel, sk: UdpSock): number {
  const { cork } = sk;
  sk.cork = null;
  if (!cork) return 0;
  const skb = newDatagram(cork.to, cork.length);
  let at = skb.data;
  for (const chunk of cork.chunks) {
    skb.head.set(chunk, at);
    at += chunk.length;
  }
  countCopy(k, COPY_KERNEL, cork.length);
  const r = routeDatagram(k, sk, cork.to, cork.ipc);
  return r < 0 ? r : sendDatagram(k, sk, skb, cork.to, cork.ipc);
}

/** How well a socket fits a packet, -1 if it does not. @linux net/ipv4/udp.c compute_score */
function score4(sk: InetSock, saddr: number, sport: number, daddr: number, ifindex: number): number {
  if (sk.family === AF_INET6 && sk.v6only) return -1;
  if (sk.v6 && sk.state === TCP_ESTABLISHED) return -1;
  let score = sk.family === AF_INET ? 2 : 1;
  if (sk.rcvSaddr !== 0) {
    if (sk.rcvSaddr !== daddr) return -1;
    score += 4;
  }
  if (sk.daddr !== 0) {
    if (sk.daddr !== saddr) return -1;
    score += 4;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 4;
  }
  if (sk.boundDevIf !== 0) {
    if (sk.boundDevIf !== ifindex) return -1;
    score += 4;
  }
  return score;
}

function score6(sk: InetSock, saddr: Uint8Array, sport: number, daddr: Uint8Array, ifindex: number): number {
  if (sk.family !== AF_INET6 || sk.mapped) return -1;
  let score = 0;
  if (!v6IsAny(sk.v6RcvSaddr)) {
    if (!v6Equal(sk.v6RcvSaddr, daddr)) return -1;
    score += 4;
  }
  if (!v6IsAny(sk.v6Daddr)) {
    if (!v6Equal(sk.v6Daddr, saddr)) return -1;
    score += 4;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 4;
  }
  if (sk.boundDevIf !== 0) {
    if (sk.boundDevIf !== ifindex) return -1;
    score += 4;
  }
  return score;
}

/** The socket of a packet whose network header is known. Sockets that share a port by SO_REUSEPORT take turns by the sender's address. @linux net/ipv4/udp.c __udp4_lib_lookup */
function lookup(k: Kernel, skb: Packet, sport: number, dport: number, reverse: boolean): InetSock | null {
  const list = net(k).udp.byPort.get(dport);
  if (!list) return null;
  const { head, networkHeader: at } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  const index = skb.dev?.index ?? 0;
  let best: InetSock | null = null;
  let most = -1;
  let equals: InetSock[] | null = null;
  const source = reverse ? 16 : 12;
  const target = reverse ? 12 : 16;
  for (const sk of list) {
    const s = v4
      ? score4(sk, get32(head, at + source), sport, get32(head, at + target), index)
      : score6(
          sk,
          head.subarray(at + (reverse ? 24 : 8), at + (reverse ? 40 : 24)),
          sport,
          head.subarray(at + (reverse ? 8 : 24), at + (reverse ? 24 : 40)),
          index,
        );
    if (s > most) {
      best = sk;
      most = s;
      equals = null;
    } else if (
      s === most &&
      s >= 0 &&
      sk.state !== TCP_ESTABLISHED &&
      sk.options.get(SO_REUSEPORT) === 1 &&
      best!.options.get(SO_REUSEPORT) === 1
    ) {
      equals ??= [best!];
      equals.push(sk);
    }
  }
  if (equals) return equals[(Math.imul(sport ^ net(k).secret, 0x9e3779b1) >>> 16) % equals.length]!;
  return best;
}
/** A UDP packet came in: `skb.data` is at its header. @linux net/ipv4/udp.c __udp4_lib_rcv, net/ipv6/udp.c __udp6_lib_rcv */
function udpRcv(k: Kernel, skb: Packet): void {
  const { head, data: at } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  const prefix = v4 ? "Udp." : "Udp6";
  const length = skb.tail - at >= UDP_HEADER ? get16(head, at + 4) : 0;
  if (length < UDP_HEADER || length > skb.length) {
    count(k, `${prefix}InErrors`);
    kfreeSkb(k, skb);
    return;
  }
  skbTrim(k, skb, length);
  if (skb.ipSummed !== CHECKSUM_UNNECESSARY && get16(head, at + 6) !== 0) {
    const n = skb.networkHeader;
    const pseudo = v4 ? pseudoSum(get32(head, n + 12), get32(head, n + 16), IPPROTO_UDP, length) : pseudoSum6(head, n, IPPROTO_UDP, length);
    if (!checksumOk(head, at, length, pseudo)) {
      count(k, `${prefix}InCsumErrors`);
      count(k, `${prefix}InErrors`);
      kfreeSkb(k, skb);
      return;
    }
  }
  const sport = get16(head, at);
  const dport = get16(head, at + 2);
  if (skb.pktType !== PACKET_HOST) {
    deliverToAll(k, skb, sport, dport);
    return;
  }
  const sk = lookup(k, skb, sport, dport, false);
  if (sk) {
    skbPull(k, skb, UDP_HEADER);
    queueTo(k, sk, skb, prefix);
    return;
  }
  count(k, `${prefix}NoPorts`);
  if (v4) icmpSend(k, skb, IN.ICMP_DEST_UNREACH, IN.ICMP_PORT_UNREACH);
  else sendIcmp6(k, skb, IN.ICMPV6_DEST_UNREACH, IN.ICMPV6_PORT_UNREACH, 0);
  kfreeSkb(k, skb);
}

/** @linux net/ipv4/udp.c udp_queue_rcv_one_skb */
function queueTo(k: Kernel, sk: InetSock, skb: Packet, prefix: string): void {
  if (skb.truesize === 0) skb.truesize = truesize(skb.length + 64, 0);
  if (sockQueueRcv(k, sk, skb)) count(k, `${prefix}InDatagrams`);
  else {
    count(k, `${prefix}InErrors`);
    count(k, `${prefix}RcvbufErrors`);
  }
}

/** Every socket that listens for a group or broadcast gets a copy. @linux net/ipv4/udp.c __udp4_lib_mcast_deliver */
function deliverToAll(k: Kernel, skb: Packet, sport: number, dport: number): void {
  const { head, networkHeader: n } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  const index = skb.dev?.index ?? 0;
  const group = v4 ? head.subarray(n + 16, n + 20) : head.subarray(n + 24, n + 40);
  const all = [...(net(k).udp.byPort.get(dport) ?? [])];
  const multicast = v4 ? isMulticast(get32(head, n + 16)) : true;
  // Nobody on the device has joined: the packet is not for us.
  let joined = !multicast;
  for (const list of net(k).udp.byPort.values()) for (const sk of list) joined ||= mcAllowed(sk, group, index);
  if (joined)
    for (const sk of all) {
      const s = v4
        ? score4(sk, get32(head, n + 12), sport, get32(head, n + 16), index)
        : score6(sk, head.subarray(n + 8, n + 24), sport, group, index);
      if (s < 0) continue;
      if (multicast && !sk.mcAll && !mcAllowed(sk, group, index)) continue;
      const copy = skbClone(k, skb, 0);
      copy.head = skb.head;
      copy.data = skb.data;
      copy.tail = skb.tail;
      copy.networkHeader = n;
      copy.transportHeader = skb.transportHeader;
      copy.pktType = skb.pktType;
      copy.dev = skb.dev;
      skbPull(k, copy, UDP_HEADER);
      queueTo(k, sk, copy, v4 ? "Udp." : "Udp6");
    }
  kfreeSkb(k, skb);
}

/** An ICMP error about a datagram of ours, whose header is at `skb.data`. @linux net/ipv4/udp.c __udp4_lib_err, net/ipv6/udp.c __udp6_lib_err */
function udpErr(k: Kernel, skb: Packet, outer: Packet, type: number, code: number, info: number): void {
  const { head, data: at } = skb;
  if (skb.tail - at < UDP_HEADER) return;
  const dport = get16(head, at + 2);
  const sk = lookup(k, skb, dport, get16(head, at), true);
  if (sk) icmpDeliver(k, sk, skb, outer, type, code, info, dport, UDP_HEADER);
}

function unhash(k: Kernel, sk: InetSock): void {
  net(k).udp.remove(sk);
}

const udpProto: Proto = {
  name: "udp",
  getPort: (k, sk, port) => libGetPort(k, net(k).udp, sk, port),
  connect: (k, sock, addr) => ipDatagramConnect(k, sock, addr),
  disconnect: (k, sk) => datagramDisconnect(sk, (s) => unhash(k, s)),
  close(k, sk) {
    unhash(k, sk);
    skCommonRelease(k, sk);
  },
  sendmsg: udpSendmsg,
  recvmsg: (k, sock, m) => datagramRecvmsg(k, sock, m, (skb) => get16(skb.head, skb.transportHeader)),
  poll: datagramPoll,
  shutdown(k, sk) {
    sk.stateChange(k);
  },
  queued: (sk, out) => (out ? sk.wmemAlloc : (sk.rcvQueue[0]?.length ?? 0)),
  setsockopt(k, sock, level, name, addr, length) {
    if (level !== IN.SOL_UDP) return -E.EPROTONOSUPPORT;
    const sk = inetSk(sock) as UdpSock;
    if (length < 4) return -E.EINVAL;
    const raw = getUser32(k, addr);
    if (raw < 0) return -E.EFAULT;
    switch (name) {
      case IN.UDP_CORK:
        sk.corkOn = raw !== 0;
        return raw === 0 ? pushPending(k, sk) : 0;
      case IN.UDP_SEGMENT:
        if (raw > 0xffff) return -E.EINVAL;
        sk.gsoSize = raw;
        return 0;
      case IN.UDP_NO_CHECK6_TX:
      case IN.UDP_NO_CHECK6_RX:
      case IN.UDP_GRO:
        sk.ipOptions.set(1000 + name, raw !== 0 ? 1 : 0);
        return 0;
      default:
        return -E.ENOPROTOOPT;
    }
  },
  getsockopt(k, sock, level, name, addr, lengthAddr) {
    if (level !== IN.SOL_UDP) return -E.EPROTONOSUPPORT;
    const sk = inetSk(sock) as UdpSock;
    const raw = getUser32(k, lengthAddr);
    if (raw < 0) return -E.EFAULT;
    if ((raw | 0) < 0) return -E.EINVAL;
    let value: number;
    if (name === IN.UDP_CORK) value = sk.corkOn ? 1 : 0;
    else if (name === IN.UDP_SEGMENT) value = sk.gsoSize;
    else if (name === IN.UDP_NO_CHECK6_TX || name === IN.UDP_NO_CHECK6_RX || name === IN.UDP_GRO)
      value = sk.ipOptions.get(1000 + name) ?? 0;
    else return -E.ENOPROTOOPT;
    const n = Math.min(raw, 4);
    if (putUser32(k, lengthAddr, n) !== 0) return -E.EFAULT;
    return copyToUser(k, addr, new Uint8Array(Int32Array.of(value).buffer), 0, n) !== 0 ? -E.EFAULT : 0;
  },
};

inetRegisterProtosw({
  type: SOCK_DGRAM,
  protocol: IN.IPPROTO_UDP,
  proto: udpProto,
  create: (_k, family, type, protocol) => new UdpSock(family, type, protocol),
});
inetAddProtocol(IPPROTO_UDP, { handler: udpRcv, errHandler: udpErr });
inet6AddProtocol(IPPROTO_UDP, { handler: udpRcv, errHandler: udpErr });
