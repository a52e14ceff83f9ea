import type { PollTable } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { EACCES, EAGAIN, EFAULT, EINVAL, ENETUNREACH } from "../../uapi/errno.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { AF_INET6, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, RCV_SHUTDOWN, SHUTDOWN_MASK, SO_BROADCAST } from "../../uapi/socket.ts";
import { kfreeSkb, type Packet, skbCopyDatagramIter } from "../core/skb.ts";
import { sockWait, TCP_CLOSE, TCP_ESTABLISHED } from "../core/sock.ts";
import { ip6RouteOutput, route6 } from "../ipv6/ip6Output.ts";
import type { Message, Socket } from "../socket.ts";
import { resetSaddr } from "./afInet.ts";
import {
  IN6ADDR_ANY,
  type InetSock,
  inetSk,
  isMulticast,
  LOOPBACK4_IPV6,
  senderName,
  v6IsAny,
  v6IsMulticast,
  v6Mapped,
} from "./inetSock.ts";
import { ipCmsgRecv, ipRecvError } from "./ipSockglue.ts";
import { ipRouteOutput, RTN_BROADCAST, route } from "./route.ts";
import { destination } from "./sockaddr.ts";

/** What a reader is woken for. */
const READ_EVENTS = POLLIN | POLLERR;

/** Fixes whom a datagram socket sends to and hears. @linux net/ipv4/datagram.c __ip4_datagram_connect, net/ipv6/datagram.c __ip6_datagram_connect */
export function ipDatagramConnect(k: Kernel, sock: Socket, addr: Uint8Array): number {
  const sk = inetSk(sock);
  const a = destination(sk, addr, "connect");
  if (typeof a === "number") return a;
  if (a === null) return -EINVAL;
  if (a.v6 === null) {
    if (sk.family === AF_INET6 && sk.v6only) return -ENETUNREACH;
    const oif = sk.boundDevIf || (isMulticast(a.v4) ? sk.mcIndex : 0);
    const from = sk.rcvSaddr === LOOPBACK4_IPV6 ? 0 : isMulticast(a.v4) && sk.saddr === 0 ? sk.mcAddr : sk.saddr;
    const r = ipRouteOutput(k, a.v4, from, oif);
    if (r < 0) return r;
    if (route.type === RTN_BROADCAST && sk.options.get(SO_BROADCAST) !== 1) return -EACCES;
    if (sk.saddr === 0) sk.saddr = route.saddr;
    if (sk.rcvSaddr === 0) sk.rcvSaddr = route.saddr;
    sk.daddr = route.daddr;
    if (sk.family === AF_INET6) {
      sk.mapped = true;
      sk.v6Daddr = v6Mapped(sk.daddr);
      if (v6IsAny(sk.v6Saddr)) sk.v6Saddr = v6Mapped(sk.saddr);
      if (v6IsAny(sk.v6RcvSaddr)) sk.v6RcvSaddr = v6Mapped(sk.rcvSaddr);
    }
  } else {
    const r = ip6RouteOutput(k, a.v6, sk.v6Saddr, sk.boundDevIf || (v6IsMulticast(a.v6) ? a.scope || sk.mcIndex : 0));
    if (r < 0) return r;
    sk.mapped = false;
    sk.v6Daddr = route6.daddr;
    if (v6IsAny(sk.v6Saddr)) sk.v6Saddr = route6.saddr;
    if (v6IsAny(sk.v6RcvSaddr)) {
      sk.v6RcvSaddr = route6.saddr;
      sk.rcvSaddr = LOOPBACK4_IPV6;
    }
  }
  sk.dport = a.port;
  sk.state = TCP_ESTABLISHED;
  return 0;
}

/** Takes that back. `unhash` gives up a port that was not asked for. @linux net/ipv4/udp.c __udp_disconnect */
export function datagramDisconnect(sk: InetSock, unhash: (sk: InetSock) => void): number {
  sk.state = TCP_CLOSE;
  sk.daddr = 0;
  sk.v6Daddr = IN6ADDR_ANY;
  sk.mapped = false;
  sk.dport = 0;
  if (!sk.addrLocked) resetSaddr(sk);
  if (!sk.portLocked) {
    unhash(sk);
    sk.num = sk.sport = 0;
  }
  return 0;
}

/** Puts a datagram on a socket's queue. @returns false if there is no room @linux net/core/sock.c sock_queue_rcv_skb */
export function sockQueueRcv(k: Kernel, sk: InetSock, skb: Packet): boolean {
  if (sk.rmemAlloc > 0 && sk.rmemAlloc + skb.truesize > sk.rcvbuf) {
    sk.drops++;
    kfreeSkb(k, skb);
    return false;
  }
  sk.rmemAlloc += skb.truesize;
  if (skb.tstamp === 0) skb.tstamp = k.time.now();
  sk.rcvQueue.push(skb);
  if (!sk.dead) sk.dataReady(k);
  return true;
}

/** Takes a datagram off the queue for good. */
export function consumeDatagram(k: Kernel, sk: InetSock, skb: Packet): void {
  const i = sk.rcvQueue.indexOf(skb);
  if (i >= 0) sk.rcvQueue.splice(i, 1);
  sk.rmemAlloc -= skb.truesize;
  kfreeSkb(k, skb);
}

/**
 * Receives one datagram: its bytes from `skb.data` on. `port` gives the sender's port.
 * @linux net/ipv4/udp.c udp_recvmsg, net/ipv4/raw.c raw_recvmsg
 */
export function datagramRecvmsg(k: Kernel, sock: Socket, m: Message, port: (skb: Packet) => number): number {
  const sk = inetSk(sock);
  if (m.flags & MSG_ERRQUEUE) return ipRecvError(k, sk, m);
  const e = sk.takeError();
  if (e < 0) return e;
  const peek = (m.flags & MSG_PEEK) !== 0;
  let skip = peek && sk.peekOffset > 0 ? sk.peekOffset : 0;
  let at = 0;
  // A peek offset goes over datagrams as over one string of bytes.
  while (at < sk.rcvQueue.length && skip > 0 && skip >= sk.rcvQueue[at]!.length) skip -= sk.rcvQueue[at++]!.length;
  const skb = sk.rcvQueue[at];
  if (!skb) {
    if (sk.shutdown & RCV_SHUTDOWN) return 0;
    return m.flags & MSG_DONTWAIT ? -EAGAIN : sockWait(k, sock.wait, READ_EVENTS, sk.rcvtimeo, true);
  }
  const size = skb.length - skip;
  const n = Math.min(size, m.iter.count);
  if (n < size) m.outFlags |= MSG_TRUNC;
  if (skbCopyDatagramIter(k, skb, skip, m.iter, n) < n) {
    if (!peek) consumeDatagram(k, sk, skb);
    return -EFAULT;
  }
  if (sk.peekOffset >= 0) sk.peekOffset = peek ? sk.peekOffset + n : Math.max(0, sk.peekOffset - n);
  if (m.wantsName) m.name = senderName(sk, skb, port(skb));
  ipCmsgRecv(k, sk, skb, m);
  if (!peek) consumeDatagram(k, sk, skb);
  return m.flags & MSG_TRUNC ? size : n;
}

/** @linux net/core/datagram.c datagram_poll */
export function datagramPoll(k: Kernel, sock: Socket, table: PollTable | null): number {
  const sk = inetSk(sock);
  table?.wait(k, sock.wait);
  let mask = 0;
  if (sk.err !== 0 || sk.errQueue.length > 0) mask |= POLLERR;
  if (sk.shutdown & RCV_SHUTDOWN) mask |= POLLRDHUP | POLLIN | POLLRDNORM;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= POLLHUP;
  if (sk.rcvQueue.length > 0) mask |= POLLIN | POLLRDNORM;
  if (sk.writable) mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
  return mask;
}

/** Empties the queues of a socket that goes. */
function purgeQueues(k: Kernel, sk: InetSock): void {
  for (const skb of sk.rcvQueue) kfreeSkb(k, skb);
  for (const skb of sk.errQueue) kfreeSkb(k, skb);
  sk.rcvQueue = [];
  sk.errQueue = [];
  sk.rmemAlloc = 0;
}

/** The last of what a datagram socket does when its file is closed. @linux net/core/sock.c sk_common_release */
export function skCommonRelease(k: Kernel, sk: InetSock): void {
  purgeQueues(k, sk);
  sk.socket?.wait.wakeUpAll(k);
  sk.dead = true;
  sk.socket = null;
}
