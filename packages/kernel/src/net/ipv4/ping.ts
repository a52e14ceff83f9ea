import { sysctlValue } from "../../kernel/sysctl.ts";
import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { stateClass } from "../../state.ts";
import * as E from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET, AF_INET6, MSG_OOB, SOCK_DGRAM } from "../../uapi/socket.ts";
import { net } from "../core/netNamespace.ts";
import { allocSkb, get16, kfreeSkb, type Packet, set16 } from "../core/skb.ts";
import { truesize } from "../core/skbuff.ts";
import { TCP_CLOSE, TCP_ESTABLISHED } from "../core/sock.ts";
import { IPV6_HEADER, ip6RouteOutput, ip6Xmit, route6 } from "../ipv6/ip6Output.ts";
import type { Message, Socket } from "../socket.ts";
import { checkLocal, inetRegisterProtosw, type Proto, setLocal } from "./afInet.ts";
import { datagramDisconnect, datagramPoll, datagramRecvmsg, ipDatagramConnect, skCommonRelease, sockQueueRcv } from "./datagram.ts";
import { InetSock, inetSk, isMulticast, v6Equal, v6IsAny } from "./inetSock.ts";
import { IP_HEADER, IPDEFTTL, ipXmit } from "./ipOutput.ts";
import { IpcmCookie, ipCmsgSend } from "./ipSockglue.ts";
import { ipRouteOutput, route } from "./route.ts";
import { destination, rcvSaddrEqual } from "./sockaddr.ts";

const ICMP_HEADER = 8;

/** struct ping_sock: a datagram socket for echo requests; its port is the identifier. */
export class PingSock extends InetSock {
  constructor(family: number, type: number, protocol: number) {
    super(family, type, protocol);
  }
  backlogRcv(k: Kernel, skb: Packet): void {
    sockQueueRcv(k, this, skb);
  }
}
stateClass(PingSock);

/** Is the caller in a group that may? @linux net/ipv4/ping.c ping_init_sock */
function allowed(k: Kernel): boolean {
  const [low, high] = (sysctlValue(k, "net/ipv4/ping_group_range") ?? "1\t0").split(/\s+/).map(Number);
  const { egid, groups } = k.current.cred;
  return [egid, ...groups].some((g) => g >= low! && g <= high!);
}

/** @linux net/ipv4/ping.c ping_get_port */
function getPort(k: Kernel, sk: InetSock, port: number): number {
  const n = net(k);
  if (port === 0) {
    for (let i = 0; i < 0xffff; i++) {
      n.pingRover = (n.pingRover + 1) & 0xffff;
      if (n.pingRover !== 0 && !n.ping.byPort.has(n.pingRover)) {
        port = n.pingRover;
        break;
      }
    }
    if (port === 0) return 1;
  } else if ((n.ping.byPort.get(port) ?? []).some((o) => o !== sk && o.family === sk.family && rcvSaddrEqual(sk, o))) return 1;
  sk.num = sk.sport = port;
  n.ping.add(sk);
  return 0;
}

/** @linux net/ipv4/ping.c ping_v4_sendmsg, net/ipv6/ping.c ping_v6_sendmsg */
function sendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = inetSk(sock);
  const size = m.iter.count;
  if (size > 0xffff) return -E.EMSGSIZE;
  if (size < ICMP_HEADER) return -E.EINVAL;
  if (m.flags & MSG_OOB) return -E.EOPNOTSUPP;
  const v6 = sk.family === AF_INET6;
  const out = allocSkb(v6 ? IPV6_HEADER : IP_HEADER, size);
  if (m.iter.copyFrom(k, out.head, out.data, size) < size) return -E.EFAULT;
  if (out.head[out.data] !== (v6 ? IN.ICMPV6_ECHO_REQUEST : IN.ICMP_ECHO) || out.head[out.data + 1] !== 0) return -E.EINVAL;
  let v4 = sk.daddr;
  let to6: Uint8Array | null = sk.v6Daddr;
  if (m.name !== null) {
    const a = destination(sk, m.name, "stream");
    if (typeof a === "number") return a;
    if (a === null) return -E.EINVAL;
    if (v6 && a.v6 === null) return -E.EINVAL;
    v4 = a.v4;
    to6 = a.v6;
  } else if (sk.state !== TCP_ESTABLISHED) return -E.EDESTADDRREQ;
  const ipc = new IpcmCookie();
  if (m.control) {
    const r = ipCmsgSend(k, sk, m.control, ipc);
    if (r < 0) return r;
  }
  if (sk.num === 0 && getPort(k, sk, 0) !== 0) return -E.EAGAIN;
  const r = v6
    ? ip6RouteOutput(k, to6!, sk.v6Saddr, sk.boundDevIf || ipc.oif)
    : ipRouteOutput(k, v4, ipc.saddr || sk.saddr, sk.boundDevIf || ipc.oif);
  if (r < 0) return r;
  out.tail += size;
  set16(out.head, out.data + 4, sk.num);
  set16(out.head, out.data + 2, 0);
  out.truesize = truesize(size + 64, 0);
  let sum = 0;
  if (v6) sum = csumPartial(route6.saddr, 0, 16, 0) + csumPartial(route6.daddr, 0, 16, 0) + IN.IPPROTO_ICMPV6 + size;
  set16(out.head, out.data + 2, csumFold(csumPartial(out.head, out.data, size, sum)));
  const e = v6
    ? ip6Xmit(
        k,
        out,
        route6.dev!,
        route6.saddr,
        route6.daddr,
        IN.IPPROTO_ICMPV6,
        sk.tclass,
        ipc.hopLimit >= 0 ? ipc.hopLimit : sk.hopLimit < 0 ? 64 : sk.hopLimit,
      )
    : ipXmit(
        k,
        sk,
        out,
        route.dev!,
        route.saddr,
        route.daddr,
        IN.IPPROTO_ICMP,
        ipc.tos >= 0 ? ipc.tos : sk.tos,
        ipc.ttl > 0 ? ipc.ttl : isMulticast(v4) ? sk.mcTtl : sk.ttl < 0 ? IPDEFTTL : sk.ttl,
        (sk.ipOptions.get(IN.IP_MTU_DISCOVER) ?? 1) !== 0,
      );
  return e < 0 ? e : size;
}

/** An echo reply: to the socket whose identifier it has. @linux net/ipv4/ping.c ping_rcv */
export function pingRcv(k: Kernel, skb: Packet): void {
  const { head, data: at, networkHeader: n } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  for (const sk of net(k).ping.byPort.get(get16(head, at + 4)) ?? []) {
    if ((sk.family === AF_INET) !== v4) continue;
    if (v4) {
      const daddr = ((head[n + 16]! << 24) | (head[n + 17]! << 16) | (head[n + 18]! << 8) | head[n + 19]!) >>> 0;
      if (sk.rcvSaddr !== 0 && sk.rcvSaddr !== daddr) continue;
    } else if (!v6IsAny(sk.v6RcvSaddr) && !v6Equal(sk.v6RcvSaddr, head.subarray(n + 24, n + 40))) continue;
    if (skb.truesize === 0) skb.truesize = truesize(skb.length + 64, 0);
    sockQueueRcv(k, sk, skb);
    return;
  }
  kfreeSkb(k, skb);
}

const pingProto: Proto = {
  name: "ping",
  getPort,
  connect: (k, sock, addr) => ipDatagramConnect(k, sock, addr),
  disconnect: (k, sk) => datagramDisconnect(sk, (s) => net(k).ping.remove(s)),
  bind(k, sk, a) {
    if (sk.family === AF_INET6 && a.v6 === null) return -E.EADDRNOTAVAIL;
    const e = checkLocal(k, sk, a);
    if (e < 0) return e;
    if (sk.num !== 0) return -E.EINVAL;
    setLocal(sk, a);
    if (getPort(k, sk, a.port) !== 0) {
      sk.rcvSaddr = sk.saddr = 0;
      return -E.EADDRINUSE;
    }
    sk.addrLocked = a.v6 ? !v6IsAny(a.v6) : a.v4 !== 0;
    if (a.port !== 0) sk.portLocked = true;
    sk.state = TCP_CLOSE;
    return 0;
  },
  close(k, sk) {
    net(k).ping.remove(sk);
    skCommonRelease(k, sk);
  },
  sendmsg,
  recvmsg: (k, sock, m) => datagramRecvmsg(k, sock, m, () => 0),
  poll: datagramPoll,
  queued: (sk, out) => (out ? sk.wmemAlloc : (sk.rcvQueue[0]?.length ?? 0)),
};

inetRegisterProtosw({
  type: SOCK_DGRAM,
  protocol: IN.IPPROTO_ICMP,
  proto: pingProto,
  create: (k, family, type, protocol) => (allowed(k) ? new PingSock(family, type, protocol) : -E.EACCES),
});
