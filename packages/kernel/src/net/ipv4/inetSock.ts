import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { ETH_P_IP } from "../../uapi/in.ts";
import { POLLERR } from "../../uapi/poll.ts";
import { POLL_ERR } from "../../uapi/signal.ts";
import { AF_INET, AF_INET6 } from "../../uapi/socket.ts";
import type { Packet } from "../core/skb.ts";
import { Sock } from "../core/sock.ts";
import type { Socket } from "../socket.ts";

/** Bits of InetSock.cmsgFlags: which control messages recvmsg gives. @linux include/net/inet_sock.h IP_CMSG_PKTINFO */
export const IP_CMSG_PKTINFO = 1;
export const IP_CMSG_TTL = 2;
export const IP_CMSG_TOS = 4;
export const IP_CMSG_ORIGDSTADDR = 8;
export const IPV6_CMSG_PKTINFO = 16;
export const IPV6_CMSG_HOPLIMIT = 32;
export const IPV6_CMSG_TCLASS = 64;

/** IPV6_ADDR_ANY, as 16 bytes nobody writes to. */
export const IN6ADDR_ANY = new Uint8Array(16);
export const IN6ADDR_LOOPBACK = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
/** What a socket that is bound to an IPv6 address has for an IPv4 one: matches nobody. @linux include/net/ipv6.h LOOPBACK4_IPV6 */
export const LOOPBACK4_IPV6 = 0x7f000006;

/** struct ip_mc_socklist. */
export class Membership {
  /** Address as the family has it: 4 or 16 bytes. */
  group: Uint8Array;
  ifindex: number;
  constructor(group: Uint8Array, ifindex: number) {
    this.group = group;
    this.ifindex = ifindex;
  }
}

/** struct inet_sock, with what struct ipv6_pinfo adds to it. IPv4 addresses are numbers in host order, IPv6 addresses 16 bytes. */
export abstract class InetSock extends Sock {
  override readonly protocol: number;
  /** Local port and that of the peer; 0 = none. */
  num = 0;
  dport = 0;
  /** The local port as packets and getsockname have it: it stays when the port itself is given up. */
  sport = 0;
  /** The address it listens on, the one it sends from, the peer's. */
  rcvSaddr = 0;
  saddr = 0;
  daddr = 0;
  v6RcvSaddr: Uint8Array = IN6ADDR_ANY;
  v6Saddr: Uint8Array = IN6ADDR_ANY;
  v6Daddr: Uint8Array = IN6ADDR_ANY;
  v6only = false;
  /** A connected AF_INET6 socket whose packets are IPv4's. */
  mapped = false;
  boundDevIf = 0;
  /** An address, a port was asked for by bind(). */
  addrLocked = false;
  portLocked = false;
  /** Options of IPPROTO_IP that are only kept, by number. */
  ipOptions = new Map<number, number>();
  ip6Options = new Map<number, number>();
  tos = 0;
  /** -1: the system's. */
  ttl = -1;
  mcTtl = 1;
  mcLoop = 1;
  mcAll = 1;
  mcIndex = 0;
  mcAddr = 0;
  hopLimit = -1;
  mcastHops = 1;
  tclass = 0;
  hdrincl = false;
  recverr = false;
  recverr6 = false;
  cmsgFlags = 0;
  memberships: Membership[] = [];
  /** Identification of the next packet. */
  id = 0;
  rcvQueue: Packet[] = [];
  errQueue: Packet[] = [];
  /** Number of the next send with MSG_ZEROCOPY. */
  zerocopyKey = 0;
  /** Bytes that rcvQueue counts against rcvbuf (sk_rmem_alloc). */
  rmemAlloc = 0;
  drops = 0;
  uid = 0;
  rcvbufLocked = false;
  sndbufLocked = false;
  /** Packets that came while a system call had the socket (sk_backlog). */
  owned = false;
  backlog: Packet[] = [];
  backlogLen = 0;
  constructor(family: number, type: number, protocol: number) {
    super(family, type);
    this.protocol = protocol;
  }
  /** Are its packets IPv6's? */
  get v6(): boolean {
    return this.family === AF_INET6 && !this.mapped;
  }
  override memInfo(): { rmem: number; wmem: number; drops: number } {
    return { rmem: this.rmemAlloc, wmem: 0, drops: this.drops };
  }
  /** A packet for the socket, outside of any call: tcp_v4_do_rcv and kin. */
  abstract backlogRcv(k: Kernel, skb: Packet): void;
}
stateClass(Membership);

export const inetSk = (sock: Socket): InetSock => sock.sk as InetSock;

export function v6Equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}
export function v6IsAny(a: Uint8Array): boolean {
  return a === IN6ADDR_ANY || v6Equal(a, IN6ADDR_ANY);
}
/** ::ffff:a.b.c.d. */
export function v6IsMapped(a: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (a[i] !== 0) return false;
  return a[10] === 0xff && a[11] === 0xff;
}
export function v6Mapped(v4: number): Uint8Array {
  return new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, v4 >>> 24, v4 >>> 16, v4 >>> 8, v4]);
}
export const v4Of = (a: Uint8Array, at = 12): number => ((a[at]! << 24) | (a[at + 1]! << 16) | (a[at + 2]! << 8) | a[at + 3]!) >>> 0;
export const isMulticast = (v4: number): boolean => v4 >>> 28 === 14;
export const isLoopback = (v4: number): boolean => v4 >>> 24 === 127;
export const v6IsMulticast = (a: Uint8Array): boolean => a[0] === 0xff;

/** A struct sockaddr_in. */
export function sockaddrIn(address: number, port: number): Uint8Array {
  const b = new Uint8Array(16);
  b[0] = AF_INET;
  b[2] = port >>> 8;
  b[3] = port;
  b[4] = address >>> 24;
  b[5] = address >>> 16;
  b[6] = address >>> 8;
  b[7] = address;
  return b;
}
/** A struct sockaddr_in6. */
export function sockaddrIn6(address: Uint8Array, port: number, scope = 0): Uint8Array {
  const b = new Uint8Array(28);
  b[0] = AF_INET6;
  b[2] = port >>> 8;
  b[3] = port;
  b.set(address, 8);
  b[24] = scope;
  return b;
}

/** Where a packet came from, as the socket's family writes it. */
export function senderName(sk: InetSock, skb: Packet, port: number): Uint8Array {
  const at = skb.networkHeader;
  if (skb.protocol === ETH_P_IP) {
    const from = v4Of(skb.head, at + 12);
    return sk.family === AF_INET ? sockaddrIn(from, port) : sockaddrIn6(v6Mapped(from), port);
  }
  return sockaddrIn6(skb.head.subarray(at + 8, at + 24), port);
}

/** A system call takes the socket: packets that come meanwhile wait. @linux net/core/sock.c lock_sock */
export function lockSock(sk: InetSock): void {
  sk.owned = true;
}

/** Gives it back: what came meanwhile is dealt with. @linux net/core/sock.c release_sock */
export function releaseSock(k: Kernel, sk: InetSock): void {
  if (sk.backlog.length > 0) flushBacklog(k, sk);
  sk.owned = false;
}

/** Deals with what came while the socket is owned. @linux net/core/sock.c __release_sock */
export function flushBacklog(k: Kernel, sk: InetSock): void {
  // A packet dealt with may bring an answer, which comes to the same place.
  for (let turns = 0; sk.backlog.length > 0 && turns < 1000; turns++) {
    const list = sk.backlog;
    sk.backlog = [];
    for (const skb of list) {
      sk.backlogLen -= skb.truesize;
      sk.backlogRcv(k, skb);
    }
  }
}

/** @linux net/core/sock.c sock_def_error_report */
export function skErrorReport(k: Kernel, sk: InetSock): void {
  sk.queue?.wakeUp(k, POLLERR);
  sk.wakeAsync(k, POLL_ERR);
}
