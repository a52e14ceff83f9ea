import type { Kernel } from "../../kernel.ts";
import {
  EACCES,
  ECONNREFUSED,
  EHOSTDOWN,
  EHOSTUNREACH,
  EMSGSIZE,
  ENETUNREACH,
  ENONET,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPROTO,
} from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET6 } from "../../uapi/socket.ts";
import { Packet, SockError } from "../core/skb.ts";
import { TCP_ESTABLISHED } from "../core/sock.ts";
import { type InetSock, skErrorReport, sockaddrIn, sockaddrIn6, v4Of, v6Mapped } from "./inetSock.ts";
import type { SockAddress } from "./sockaddr.ts";

/** What an error means to a socket: errno, and whether it is fatal to a connection. */
interface Converted {
  errno: number;
  fatal: boolean;
}

const UNREACH: readonly Converted[] = [
  { errno: ENETUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: ENOPROTOOPT, fatal: true },
  { errno: ECONNREFUSED, fatal: true },
  { errno: EMSGSIZE, fatal: false },
  { errno: EOPNOTSUPP, fatal: false },
  { errno: ENETUNREACH, fatal: true },
  { errno: EHOSTDOWN, fatal: true },
  { errno: ENONET, fatal: true },
  { errno: ENETUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: ENETUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
  { errno: EHOSTUNREACH, fatal: true },
];
const UNREACH6: readonly Converted[] = [
  { errno: ENETUNREACH, fatal: false },
  { errno: EACCES, fatal: true },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: EHOSTUNREACH, fatal: false },
  { errno: ECONNREFUSED, fatal: true },
];

/** @linux net/ipv4/icmp.c icmp_err_convert, net/ipv6/icmp.c icmpv6_err_convert */
export function icmpErrConvert(v6: boolean, type: number, code: number): Converted | null {
  if (v6) {
    if (type === IN.ICMPV6_DEST_UNREACH) return UNREACH6[code] ?? { errno: EPROTO, fatal: false };
    return type === IN.ICMPV6_PARAMPROB ? { errno: EPROTO, fatal: true } : null;
  }
  return type === IN.ICMP_DEST_UNREACH ? (UNREACH[code] ?? { errno: EHOSTUNREACH, fatal: true }) : null;
}

/** Puts an error on a socket's error queue: `skb` is the packet's payload as far as it is known. @linux net/ipv4/ip_sockglue.c ip_icmp_error, ip_local_error */
export function icmpError(
  sk: InetSock,
  skb: Packet,
  errno: number,
  origin: number,
  type: number,
  code: number,
  info: number,
  to: SockAddress,
  offender: Uint8Array | null,
): void {
  // As many as a receive buffer holds.
  if (sk.errQueue.length * 1024 > sk.rcvbuf) return;
  const v6 = sk.family === AF_INET6;
  const name = v6 ? sockaddrIn6(to.v6 ?? v6Mapped(to.v4), to.port) : sockaddrIn(to.v4, to.port);
  const from = offender ?? new Uint8Array(v6 ? 28 : 16);
  const copy = new Packet(skb.head, skb.data, skb.tail);
  copy.protocol = skb.protocol;
  copy.networkHeader = skb.networkHeader;
  copy.error = new SockError(errno, origin, type, code, info, name, from);
  sk.errQueue.push(copy);
}

/**
 * An ICMP error about a packet that a datagram socket sent. `skb.data` is at its transport header, of `header` bytes.
 * @linux net/ipv4/udp.c __udp4_lib_err, net/ipv4/raw.c raw_err
 */
export function icmpDeliver(
  k: Kernel,
  sk: InetSock,
  skb: Packet,
  outer: Packet,
  type: number,
  code: number,
  info: number,
  port: number,
  header: number,
): void {
  const v6 = skb.protocol === IN.ETH_P_IPV6;
  const c = icmpErrConvert(v6, type, code);
  if (!c) return;
  const wants = v6 ? sk.recverr6 : sk.recverr;
  if (!wants) {
    if (!c.fatal || sk.state !== TCP_ESTABLISHED) return;
  } else {
    const at = skb.networkHeader;
    const from = outer.networkHeader;
    const to: SockAddress = v6
      ? { family: AF_INET6, v4: 0, v6: skb.head.slice(at + 24, at + 40), port, scope: 0 }
      : { family: 2, v4: v4Of(skb.head, at + 16), v6: null, port, scope: 0 };
    const offender = v6 ? sockaddrIn6(outer.head.slice(from + 8, from + 24), 0) : sockaddrIn(v4Of(outer.head, from + 12), 0);
    const payload = new Packet(skb.head, Math.min(skb.tail, skb.data + header), skb.tail);
    payload.protocol = skb.protocol;
    payload.networkHeader = at;
    icmpError(sk, payload, c.errno, v6 ? IN.SO_EE_ORIGIN_ICMP6 : IN.SO_EE_ORIGIN_ICMP, type, code, info, to, offender);
  }
  sk.err = c.errno;
  skErrorReport(k, sk);
}
