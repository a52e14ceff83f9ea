import type { Kernel } from "../../kernel.ts";
import { EAFNOSUPPORT, EINVAL, ENETUNREACH } from "../../uapi/errno.ts";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../../uapi/socket.ts";
import { IN6ADDR_ANY, type InetSock, v4Of, v6IsAny, v6IsMapped } from "./inetSock.ts";

/** An address as a call gave it. `v6` is null for an IPv4 address (also one that came mapped). */
export interface SockAddress {
  family: number;
  v4: number;
  v6: Uint8Array | null;
  port: number;
  scope: number;
}

export const familyOf = (b: Uint8Array): number => b[0]! | (b[1]! << 8);

/** The parts of a struct sockaddr_in or sockaddr_in6 of sufficient length. */
function parts(b: Uint8Array, family: number): SockAddress {
  const port = (b[2]! << 8) | b[3]!;
  if (family !== AF_INET6) return { family, v4: v4Of(b, 4), v6: null, port, scope: 0 };
  const v6 = b.slice(8, 24);
  const scope = new DataView(b.buffer, b.byteOffset, b.byteLength).getUint32(24, true);
  return v6IsMapped(v6) ? { family, v4: v4Of(v6), v6: null, port, scope } : { family, v4: 0, v6, port, scope };
}

/** Reads an IPv6 address; the scope may be missing (RFC 2133). */
function parts6(b: Uint8Array): SockAddress {
  return parts(b.length < 28 ? Uint8Array.from({ length: 28 }, (_, i) => b[i] ?? 0) : b, AF_INET6);
}

/** Whose rules count: a stream's connect, a datagram socket's connect, a datagram's sendto, a raw packet's. */
export type DestinationFor = "stream" | "connect" | "send" | "raw";

/**
 * Where connect and sendto lead. Datagram sockets of AF_INET6 take addresses of AF_INET as well; a mapped address is one
 * for all. Null: a datagram for AF_UNSPEC, which is as one without an address.
 * @returns -EINVAL for a length too short, -EAFNOSUPPORT, -ENETUNREACH
 * @linux net/ipv4/udp.c udp_sendmsg, net/ipv6/udp.c udpv6_sendmsg, net/ipv6/datagram.c __ip6_datagram_connect, net/ipv6/tcp_ipv6.c tcp_v6_connect
 */
export function destination(sk: InetSock, b: Uint8Array, what: DestinationFor): SockAddress | number | null {
  const family = b.length >= 2 ? familyOf(b) : -1;
  if (sk.family === AF_INET) {
    if (b.length < 16) return -EINVAL;
    const unspec = family === AF_UNSPEC && (what === "send" || what === "raw");
    return family !== AF_INET && !unspec ? -EAFNOSUPPORT : parts(b, AF_INET);
  }
  if (what === "send") {
    if (b.length < 2) return -EINVAL;
    if (family === AF_UNSPEC) return null;
    if (family === AF_INET) return sk.v6only ? -ENETUNREACH : b.length < 16 ? -EINVAL : parts(b, AF_INET);
    return family !== AF_INET6 || b.length < 24 ? -EINVAL : parts6(b);
  }
  if (what === "connect" && family === AF_INET) return sk.v6only ? -EAFNOSUPPORT : b.length < 16 ? -EINVAL : parts(b, AF_INET);
  if (b.length < 24) return -EINVAL;
  if (family !== AF_INET6 && !(what === "raw" && family === AF_UNSPEC)) return -EAFNOSUPPORT;
  return parts6(b);
}

/** Does an address mean something on one device only? @linux include/net/ipv6.h __ipv6_addr_needs_scope_id */
export function needsScope(v6: Uint8Array): boolean {
  return (v6[0] === 0xfe && (v6[1]! & 0xc0) === 0x80) || (v6[0] === 0xff && ((v6[1]! & 15) === 1 || (v6[1]! & 15) === 2));
}

/** The address that bind() got, with lengths and families checked as each family does. @linux net/ipv4/af_inet.c inet_bind_sk, net/ipv6/af_inet6.c inet6_bind_sk */
export function bindAddress(_k: Kernel, sk: InetSock, b: Uint8Array): SockAddress | number {
  if (sk.family === AF_INET) {
    if (b.length < 16) return -EINVAL;
    const family = familyOf(b);
    if (family !== AF_INET) {
      // The unspecified family means the address "any", for compatibility.
      if (family !== AF_UNSPEC || v4Of(b, 4) !== 0) return -EAFNOSUPPORT;
    }
    return parts(b, AF_INET);
  }
  if (b.length < 24) return -EINVAL;
  if (familyOf(b) !== AF_INET6) return -EAFNOSUPPORT;
  return parts6(b);
}

/** Do two sockets' local addresses overlap? @linux net/ipv4/inet_connection_sock.c inet_rcv_saddr_equal */
export function rcvSaddrEqual(a: InetSock, b: InetSock, matchWildcard = true): boolean {
  const a6 = a.family === AF_INET6;
  const b6 = b.family === AF_INET6;
  const realA = a6 && a.v6RcvSaddr !== IN6ADDR_ANY && !v6IsAny(a.v6RcvSaddr) && !v6IsMapped(a.v6RcvSaddr);
  const realB = b6 && b.v6RcvSaddr !== IN6ADDR_ANY && !v6IsAny(b.v6RcvSaddr) && !v6IsMapped(b.v6RcvSaddr);
  const anyA = a6 && v6IsAny(a.v6RcvSaddr);
  const anyB = b6 && v6IsAny(b.v6RcvSaddr);
  const v4A = !a6 || (a6 && v6IsMapped(a.v6RcvSaddr));
  const v4B = !b6 || (b6 && v6IsMapped(b.v6RcvSaddr));
  if (v4A && v4B) {
    if (a.rcvSaddr === b.rcvSaddr) return true;
    return matchWildcard && (a.rcvSaddr === 0 || b.rcvSaddr === 0);
  }
  // One of them is IPv6 in truth: "any" of it takes IPv4 in, unless it is for IPv6 only.
  if (anyA && anyB) return true;
  if (anyA) return matchWildcard && !(a.v6only && v4B);
  if (anyB) return matchWildcard && !(b.v6only && v4A);
  if (realA && realB) {
    for (let i = 0; i < 16; i++) if (a.v6RcvSaddr[i] !== b.v6RcvSaddr[i]) return false;
    return true;
  }
  return false;
}
