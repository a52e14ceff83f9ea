import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import * as IN from "../../uapi/in.ts";
import { count } from "../core/netNamespace.ts";
import { allocSkb, get32, kfreeSkb, PACKET_HOST, Packet, set16, skbCopyBits } from "../core/skb.ts";
import { ICMP_HEADER, icmpQuote } from "../ipv4/icmpQuote.ts";
import { v6IsMulticast } from "../ipv4/inetSock.ts";
import { pingRcv } from "../ipv4/ping.ts";
import { inet6AddProtocol, inet6Protocol, setIcmp6Send } from "./ip6Input.ts";
import { IPV6_HEADER, ip6RouteOutput, ip6Xmit, pseudoSum6, route6 } from "./ip6Output.ts";

/** An error and what it quotes fit in the smallest packet that every link carries. */
const QUOTE_MAX = 1280 - IPV6_HEADER - ICMP_HEADER;

/** The checksum over message and pseudo header, and off. */
function push(k: Kernel, out: Packet): void {
  const n = out.tail - out.data;
  set16(out.head, out.data + 2, 0);
  const sum = csumPartial(route6.saddr, 0, 16, 0) + csumPartial(route6.daddr, 0, 16, 0) + IN.IPPROTO_ICMPV6 + n;
  set16(out.head, out.data + 2, csumFold(csumPartial(out.head, out.data, n, sum)));
  count(k, "Icmp6OutMsgs");
  ip6Xmit(k, out, route6.dev!, route6.saddr, route6.daddr, IN.IPPROTO_ICMPV6, 0, 64);
}

/** Tells the sender of a received packet of an error. @linux net/ipv6/icmp.c icmp6_send */
export function sendIcmp6(k: Kernel, skb: Packet, type: number, code: number, info: number): void {
  const { head, networkHeader: at } = skb;
  if (skb.pktType !== PACKET_HOST) return;
  if (head[at + 6] === IN.IPPROTO_ICMPV6 && head[skb.transportHeader]! < 128) return;
  const out = icmpQuote(k, skb, IPV6_HEADER, QUOTE_MAX, type, code, info);
  if (ip6RouteOutput(k, head.slice(at + 8, at + 24), head.slice(at + 24, at + 40), 0) >= 0) push(k, out);
}

/** @linux net/ipv6/icmp.c icmpv6_rcv */
function icmpv6Rcv(k: Kernel, skb: Packet): void {
  const { head, data: at, networkHeader: n } = skb;
  count(k, "Icmp6InMsgs");
  const size = skb.tail - at;
  if (size < ICMP_HEADER || csumFold(csumPartial(head, at, size, pseudoSum6(head, n, IN.IPPROTO_ICMPV6, size))) !== 0) {
    count(k, "Icmp6InErrors");
    kfreeSkb(k, skb);
    return;
  }
  switch (head[at]) {
    case IN.ICMPV6_ECHO_REQUEST: {
      const out = allocSkb(IPV6_HEADER, size);
      out.tail += size;
      skbCopyBits(k, skb, 0, out.head, out.data, size);
      out.head[out.data] = IN.ICMPV6_ECHO_REPLY;
      const to = head.slice(n + 24, n + 40);
      const from = v6IsMulticast(to) ? new Uint8Array(16) : to;
      if (ip6RouteOutput(k, head.slice(n + 8, n + 24), from, 0) >= 0) push(k, out);
      break;
    }
    case IN.ICMPV6_ECHO_REPLY:
      pingRcv(k, skb);
      return;
    case IN.ICMPV6_DEST_UNREACH:
    case IN.ICMPV6_PARAMPROB: {
      const inner = at + ICMP_HEADER;
      if (skb.tail - inner < IPV6_HEADER + 8) break;
      const about = new Packet(head, inner + IPV6_HEADER, skb.tail);
      about.networkHeader = inner;
      about.protocol = IN.ETH_P_IPV6;
      about.dev = skb.dev;
      inet6Protocol(head[inner + 6]!)?.errHandler?.(k, about, skb, head[at]!, head[at + 1]!, get32(head, at + 4));
    }
  }
  kfreeSkb(k, skb);
}

inet6AddProtocol(IN.IPPROTO_ICMPV6, { handler: icmpv6Rcv });
setIcmp6Send(sendIcmp6);
