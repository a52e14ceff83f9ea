import { enumNames } from "@lstar/kernel/syscall/declare.ts";

/** Names as strace has them for protocols, levels, options and control messages of the internet families. */

export const ipProtocols = enumNames("IPPROTO_???", {
  IPPROTO_IP: 0,
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41,
  IPPROTO_ICMPV6: 58,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_RAW: 255,
  IPPROTO_MPTCP: 262,
});
export const netlinkProtocols = enumNames("NETLINK_???", {
  NETLINK_ROUTE: 0,
  NETLINK_USERSOCK: 2,
  NETLINK_SOCK_DIAG: 4,
  NETLINK_XFRM: 6,
  NETLINK_AUDIT: 9,
  NETLINK_CONNECTOR: 11,
  NETLINK_NETFILTER: 12,
  NETLINK_KOBJECT_UEVENT: 15,
  NETLINK_GENERIC: 16,
});

export const ipOptions = enumNames("IP_???", {
  IP_TOS: 1,
  IP_TTL: 2,
  IP_HDRINCL: 3,
  IP_OPTIONS: 4,
  IP_ROUTER_ALERT: 5,
  IP_RECVOPTS: 6,
  IP_RETOPTS: 7,
  IP_PKTINFO: 8,
  IP_PKTOPTIONS: 9,
  IP_MTU_DISCOVER: 10,
  IP_RECVERR: 11,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_MTU: 14,
  IP_FREEBIND: 15,
  IP_IPSEC_POLICY: 16,
  IP_XFRM_POLICY: 17,
  IP_PASSSEC: 18,
  IP_TRANSPARENT: 19,
  IP_ORIGDSTADDR: 20,
  IP_MINTTL: 21,
  IP_NODEFRAG: 22,
  IP_CHECKSUM: 23,
  IP_BIND_ADDRESS_NO_PORT: 24,
  IP_RECVFRAGSIZE: 25,
  IP_RECVERR_RFC4884: 26,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IP_ADD_MEMBERSHIP: 35,
  IP_DROP_MEMBERSHIP: 36,
  MCAST_JOIN_GROUP: 42,
  MCAST_BLOCK_SOURCE: 43,
  MCAST_UNBLOCK_SOURCE: 44,
  MCAST_LEAVE_GROUP: 45,
  MCAST_JOIN_SOURCE_GROUP: 46,
  MCAST_LEAVE_SOURCE_GROUP: 47,
  MCAST_MSFILTER: 48,
  IP_MULTICAST_ALL: 49,
  IP_UNICAST_IF: 50,
});
export const ipv6Options = enumNames("IPV6_???", {
  IPV6_ADDRFORM: 1,
  IPV6_2292PKTINFO: 2,
  IPV6_CHECKSUM: 7,
  IPV6_UNICAST_HOPS: 16,
  IPV6_MULTICAST_IF: 17,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_ADD_MEMBERSHIP: 20,
  IPV6_DROP_MEMBERSHIP: 21,
  IPV6_ROUTER_ALERT: 22,
  IPV6_MTU_DISCOVER: 23,
  IPV6_MTU: 24,
  IPV6_RECVERR: 25,
  IPV6_V6ONLY: 26,
  IPV6_MULTICAST_ALL: 29,
  MCAST_JOIN_GROUP: 42,
  MCAST_BLOCK_SOURCE: 43,
  MCAST_UNBLOCK_SOURCE: 44,
  MCAST_LEAVE_GROUP: 45,
  MCAST_JOIN_SOURCE_GROUP: 46,
  MCAST_LEAVE_SOURCE_GROUP: 47,
  MCAST_MSFILTER: 48,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_HOPLIMIT: 52,
  IPV6_DONTFRAG: 62,
  IPV6_RECVTCLASS: 66,
  IPV6_TCLASS: 67,
  IPV6_TRANSPARENT: 75,
  IPV6_FREEBIND: 78,
});
export const tcpOptions = enumNames("TCP_???", {
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SYNCNT: 7,
  TCP_LINGER2: 8,
  TCP_DEFER_ACCEPT: 9,
  TCP_WINDOW_CLAMP: 10,
  TCP_INFO: 11,
  TCP_QUICKACK: 12,
  TCP_CONGESTION: 13,
  TCP_MD5SIG: 14,
  TCP_THIN_LINEAR_TIMEOUTS: 16,
  TCP_THIN_DUPACK: 17,
  TCP_USER_TIMEOUT: 18,
  TCP_REPAIR: 19,
  TCP_REPAIR_QUEUE: 20,
  TCP_QUEUE_SEQ: 21,
  TCP_REPAIR_OPTIONS: 22,
  TCP_FASTOPEN: 23,
  TCP_TIMESTAMP: 24,
  TCP_NOTSENT_LOWAT: 25,
  TCP_CC_INFO: 26,
  TCP_SAVE_SYN: 27,
  TCP_SAVED_SYN: 28,
  TCP_REPAIR_WINDOW: 29,
  TCP_FASTOPEN_CONNECT: 30,
  TCP_ULP: 31,
  TCP_MD5SIG_EXT: 32,
  TCP_FASTOPEN_KEY: 33,
  TCP_FASTOPEN_NO_COOKIE: 34,
  TCP_ZEROCOPY_RECEIVE: 35,
  TCP_INQ: 36,
  TCP_TX_DELAY: 37,
});
export const udpOptions = enumNames("UDP_???", {
  UDP_CORK: 1,
  UDP_ENCAP: 100,
  UDP_NO_CHECK6_TX: 101,
  UDP_NO_CHECK6_RX: 102,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
});

/** "127.0.0.1" */
export const dotted = (b: Uint8Array, at = 0): string => `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;

/** An IPv6 address as inet_ntop writes it (RFC 5952). */
export function inet6Text(b: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (b[2 * i]! << 8) | b[2 * i + 1]!);
  let best = -1;
  let most = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > most) {
      best = i;
      most = n;
    }
  }
  // IPv4 addresses inside: mapped ones, and the old compatible form.
  const v4 = best === 0 && (most === 6 || (most === 5 && words[5] === 0xffff));
  if (v4) return `::${most === 5 ? "ffff:" : ""}${dotted(b, 12)}`;
  const hex = words.map((w) => w.toString(16));
  if (best < 0) return hex.join(":");
  return `${hex.slice(0, best).join(":")}::${hex.slice(best + most).join(":")}`;
}
