import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import { CAP_NET_RAW } from "../../uapi/capability.ts";
import * as E from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET, AF_INET6, MSG_OOB, SO_BROADCAST, SOCK_RAW } from "../../uapi/socket.ts";
import { count, net } from "../core/netNamespace.ts";
import { allocSkb, get16, get32, Packet, set16, set32, skbCopyBits } from "../core/skb.ts";
import { truesize } from "../core/skbuff.ts";
import { TCP_CLOSE, TCP_ESTABLISHED } from "../core/sock.ts";
import { setRaw6Deliver } from "../ipv6/ip6Input.ts";
import { IPV6_HEADER, ip6RouteOutput, ip6Xmit, route6 } from "../ipv6/ip6Output.ts";
import type { Message, Socket } from "../socket.ts";
import { checkLocal, inetRegisterProtosw, type Proto, setLocal } from "./afInet.ts";
import { datagramDisconnect, datagramPoll, datagramRecvmsg, ipDatagramConnect, skCommonRelease, sockQueueRcv } from "./datagram.ts";
import { InetSock, inetSk, isMulticast, v6Equal, v6IsAny, v6IsMulticast } from "./inetSock.ts";
import { setRawDeliver } from "./ipInput.ts";
import { IP_HEADER, IPDEFTTL, ipOutput, ipSendCheck, ipXmit } from "./ipOutput.ts";
import { IpcmCookie, ipCmsgSend } from "./ipSockglue.ts";
import { ipRouteOutput, RTN_BROADCAST, route } from "./route.ts";
import { destination } from "./sockaddr.ts";

const ICMP_FILTER = 1;
const IPV6_CHECKSUM = 7;

/** struct raw_sock. `num` is the protocol. */
export class RawSock extends InetSock {
  /** ICMP types that are not wanted, one bit each (struct icmp_filter). */
  filter = 0;
  /** The same for ICMPv6: 256 bits. */
  filter6 = new Uint32Array(8);
  /** Where the kernel puts a checksum into what is sent over IPv6; -1 = nowhere. */
  checksumAt = -1;
  constructor(family: number, type: number, protocol: number) {
    super(family, type, protocol);
  }
  backlogRcv(k: Kernel, skb: Packet): void {
    sockQueueRcv(k, this, skb);
  }
}
stateClass(RawSock);

/** A whole packet of the program's own making. @linux net/ipv4/raw.c raw_send_hdrinc */
function sendOwnHeader(k: Kernel, sk: RawSock, data: Uint8Array): number {
  if (data.length > route.dev!.mtu) return -E.EMSGSIZE;
  if (data.length < IP_HEADER) return -E.EINVAL;
  const ihl = (data[0]! & 15) * 4;
  if (ihl > data.length) return -E.EINVAL;
  const skb = new Packet(data, 0, data.length);
  skb.protocol = IN.ETH_P_IP;
  skb.transportHeader = ihl;
  if (ihl >= IP_HEADER) {
    if (get32(skb.head, 12) === 0) set32(skb.head, 12, route.saddr);
    set16(skb.head, 2, data.length);
    if (get16(skb.head, 4) === 0) set16(skb.head, 4, k.rng.u32() & 0xffff);
    ipSendCheck(skb.head, 0);
  }
  count(k, "Ip.OutRequests");
  return ipOutput(k, skb, route.dev!, route.daddr, sk);
}

/** @linux net/ipv4/raw.c raw_sendmsg, net/ipv6/raw.c rawv6_sendmsg */
function sendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = inetSk(sock) as RawSock;
  const size = m.iter.count;
  const v6 = sk.family === AF_INET6;
  if (size > (v6 ? 0x7fffffff : 0xffff)) return -E.EMSGSIZE;
  if (m.flags & MSG_OOB) return -E.EOPNOTSUPP;
  let v4 = sk.daddr;
  let to6: Uint8Array = sk.v6Daddr;
  let scope = 0;
  if (m.name !== null) {
    const a = destination(sk, m.name, "raw");
    if (typeof a === "number") return a;
    if (a === null) return -E.EINVAL;
    if (v6 && a.port !== 0 && a.port !== sk.num) return -E.EINVAL;
    if (v6 && a.v6 === null) return -E.EINVAL;
    v4 = a.v4;
    to6 = a.v6 ?? to6;
    scope = a.scope;
  } else if (sk.state !== TCP_ESTABLISHED) return -E.EDESTADDRREQ;
  if (size > 0xffff) return -E.EMSGSIZE;
  const ipc = new IpcmCookie();
  if (m.control) {
    const r = ipCmsgSend(k, sk, m.control, ipc);
    if (r < 0) return r;
  }
  const oif = ipc.oif || sk.boundDevIf;
  const r = v6
    ? ip6RouteOutput(k, to6, ipc.v6Saddr ?? sk.v6Saddr, oif || (v6IsMulticast(to6) ? scope || sk.mcIndex : 0))
    : ipRouteOutput(k, v4, ipc.saddr || sk.saddr, oif || (isMulticast(v4) ? sk.mcIndex : 0));
  if (r < 0) return r;
  if (!v6 && route.type === RTN_BROADCAST && sk.options.get(SO_BROADCAST) !== 1) return -E.EACCES;
  if (!v6 && sk.hdrincl) {
    const data = new Uint8Array(size);
    if (m.iter.copyFrom(k, data, 0, size) < size) return -E.EFAULT;
    const h = sendOwnHeader(k, sk, data);
    return h < 0 ? h : size;
  }
  const skb = allocSkb(v6 ? IPV6_HEADER : IP_HEADER, size);
  if (m.iter.copyFrom(k, skb.head, skb.data, size) < size) return -E.EFAULT;
  skb.tail += size;
  skb.truesize = truesize(size + 64, 0);
  let e: number;
  if (v6) {
    const at = sk.checksumAt;
    if (at >= 0) {
      if (at + 2 > size) return -E.EINVAL;
      set16(skb.head, skb.data + at, 0);
      const sum = csumPartial(route6.saddr, 0, 16, 0) + csumPartial(route6.daddr, 0, 16, 0) + sk.protocol + size;
      set16(skb.head, skb.data + at, csumFold(csumPartial(skb.head, skb.data, size, sum)));
    }
    e = ip6Xmit(
      k,
      skb,
      route6.dev!,
      route6.saddr,
      route6.daddr,
      sk.protocol,
      sk.tclass,
      ipc.hopLimit >= 0 ? ipc.hopLimit : sk.hopLimit < 0 ? 64 : sk.hopLimit,
    );
  } else {
    const ttl = ipc.ttl > 0 ? ipc.ttl : isMulticast(v4) ? sk.mcTtl : sk.ttl < 0 ? IPDEFTTL : sk.ttl;
    const df = (sk.ipOptions.get(IN.IP_MTU_DISCOVER) ?? 1) !== 0;
    e = ipXmit(k, sk, skb, route.dev!, route.saddr, route.daddr, sk.protocol, ipc.tos >= 0 ? ipc.tos : sk.tos, ttl, df);
  }
  return e < 0 ? e : size;
}

/** Gives raw sockets of a protocol a copy each; IPv4's see the IP header too. @linux net/ipv4/raw.c raw_v4_input, net/ipv6/raw.c ipv6_raw_deliver */
function deliver(k: Kernel, skb: Packet, protocol: number): boolean {
  const v4 = skb.protocol === IN.ETH_P_IP;
  const n = net(k);
  const list = (v4 ? n.raw : n.raw6).byPort.get(protocol);
  if (!list) return false;
  const { head, networkHeader: at } = skb;
  let taken = false;
  for (const one of [...list]) {
    const sk = one as RawSock;
    if (sk.boundDevIf !== 0 && sk.boundDevIf !== (skb.dev?.index ?? 0)) continue;
    if (v4) {
      if (sk.daddr !== 0 && sk.daddr !== get32(head, at + 12)) continue;
      if (sk.rcvSaddr !== 0 && sk.rcvSaddr !== get32(head, at + 16)) continue;
      taken = true;
      const type = head[skb.data]!;
      if (protocol === IN.IPPROTO_ICMP && type < 32 && (sk.filter >>> type) & 1) continue;
    } else {
      if (!v6IsAny(sk.v6Daddr) && !v6Equal(sk.v6Daddr, head.subarray(at + 8, at + 24))) continue;
      if (!v6IsAny(sk.v6RcvSaddr) && !v6Equal(sk.v6RcvSaddr, head.subarray(at + 24, at + 40))) continue;
      taken = true;
      const type = head[skb.data]!;
      if (protocol === IN.IPPROTO_ICMPV6 && (sk.filter6[type >> 5]! >>> (type & 31)) & 1) continue;
    }
    const from = v4 ? at : skb.data;
    const flat = skb.tail - from;
    const bytes = new Uint8Array((v4 ? 0 : IPV6_HEADER) + flat + skb.dataLen);
    const start = v4 ? 0 : IPV6_HEADER;
    if (!v4) {
      bytes.set(head.subarray(at, at + IPV6_HEADER));
      countCopy(k, COPY_KERNEL, IPV6_HEADER);
    }
    const whole = new Packet(head, from, skb.tail);
    whole.shared = skb.shared;
    whole.dataLen = skb.dataLen;
    skbCopyBits(k, whole, 0, bytes, start, flat + skb.dataLen);
    const copy = new Packet(bytes, start, bytes.length);
    copy.protocol = skb.protocol;
    copy.transportHeader = v4 ? (bytes[0]! & 15) * 4 : start;
    copy.dev = skb.dev;
    copy.pktType = skb.pktType;
    copy.truesize = truesize(bytes.length + 64, 0);
    sockQueueRcv(k, sk, copy);
  }
  return taken;
}

const rawProto: Proto = {
  name: "raw",
  getPort: () => 0,
  connect: (k, sock, addr) => ipDatagramConnect(k, sock, addr),
  disconnect: (_k, sk) => datagramDisconnect(sk, () => {}),
  bind(k, sk, a) {
    if (sk.state !== TCP_CLOSE) return -E.EINVAL;
    if (sk.family === AF_INET6 && a.v6 === null) return -E.EADDRNOTAVAIL;
    const e = checkLocal(k, sk, a);
    if (e < 0) return e;
    setLocal(sk, a);
    if (sk.family === AF_INET && isMulticast(a.v4)) sk.saddr = 0;
    return 0;
  },
  close(k, sk) {
    (sk.family === AF_INET ? net(k).raw : net(k).raw6).remove(sk);
    skCommonRelease(k, sk);
  },
  sendmsg,
  recvmsg: (k, sock, m) => datagramRecvmsg(k, sock, m, () => 0),
  poll: datagramPoll,
  queued: (sk, out) => (out ? sk.wmemAlloc : (sk.rcvQueue[0]?.length ?? 0)),
  setsockopt(k, sock, level, name, addr, length) {
    const sk = inetSk(sock) as RawSock;
    if (level === IN.SOL_RAW && name === ICMP_FILTER) {
      if (sk.protocol !== IN.IPPROTO_ICMP) return -E.EOPNOTSUPP;
      const raw = length >= 4 ? getUser32(k, addr) : 0;
      if (raw < 0) return -E.EFAULT;
      sk.filter = raw | 0;
      return 0;
    }
    if (level === IN.SOL_ICMPV6 && sk.protocol === IN.IPPROTO_ICMPV6 && name === ICMP_FILTER) {
      const b = new Uint8Array(32);
      if (copyFromUser(k, addr, b, 0, Math.min(32, length)) !== 0) return -E.EFAULT;
      sk.filter6.set(new Uint32Array(b.buffer));
      return 0;
    }
    if ((level === IN.SOL_IPV6 || level === IN.SOL_RAW) && sk.family === AF_INET6 && name === IPV6_CHECKSUM) {
      const raw = length >= 4 ? getUser32(k, addr) : -1;
      if (raw < 0) return length >= 4 ? -E.EFAULT : -E.EINVAL;
      if (sk.protocol === IN.IPPROTO_ICMPV6 && level === IN.SOL_IPV6) return -E.EINVAL;
      const at = raw | 0;
      if (at > 0 && at & 1) return -E.EINVAL;
      sk.checksumAt = at < 0 ? -1 : at;
      return 0;
    }
    return level === IN.SOL_RAW ? -E.ENOPROTOOPT : -E.EPROTONOSUPPORT;
  },
  getsockopt(k, sock, level, name, addr, lengthAddr) {
    const sk = inetSk(sock) as RawSock;
    if (level !== IN.SOL_RAW || name !== ICMP_FILTER) return level === IN.SOL_RAW ? -E.ENOPROTOOPT : -E.EPROTONOSUPPORT;
    if (sk.protocol !== IN.IPPROTO_ICMP) return -E.EOPNOTSUPP;
    const raw = getUser32(k, lengthAddr);
    if (raw < 0) return -E.EFAULT;
    if ((raw | 0) < 0) return -E.EINVAL;
    const n = Math.min(raw, 4);
    if (putUser32(k, lengthAddr, n) !== 0) return -E.EFAULT;
    const b = new Uint8Array(Int32Array.of(sk.filter).buffer);
    return copyToUser(k, addr, b, 0, n);
  },
};

inetRegisterProtosw({
  type: SOCK_RAW,
  protocol: IN.IPPROTO_IP,
  proto: rawProto,
  create(k, family, type, protocol) {
    if (!capable(k, CAP_NET_RAW)) return -E.EPERM;
    const sk = new RawSock(family, type, protocol);
    sk.num = protocol;
    if (protocol === IN.IPPROTO_RAW) sk.hdrincl = true;
    if (protocol === IN.IPPROTO_ICMPV6 && family === AF_INET6) sk.checksumAt = 2;
    (family === AF_INET ? net(k).raw : net(k).raw6).add(sk);
    return sk;
  },
});
setRawDeliver(deliver);
setRaw6Deliver(deliver);
