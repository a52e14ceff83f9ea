import type { Kernel } from "../../kernel.ts";
import { ETH_P_IPV6, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR } from "../../uapi/in.ts";
import { count } from "../core/netNamespace.ts";
import { get16, kfreeSkb, PACKET_MULTICAST, type Packet, skbTrim } from "../core/skb.ts";
import { devAddPack } from "../core/softnet.ts";
import { v6IsMulticast } from "../ipv4/inetSock.ts";
import type { NetProtocol } from "../ipv4/ipInput.ts";
import { IPV6_HEADER, ipv6ChkAddr } from "./ip6Output.ts";

const protocols = new Map<number, NetProtocol>();
/** @linux net/ipv6/protocol.c inet6_add_protocol */
export function inet6AddProtocol(number: number, protocol: NetProtocol): void {
  protocols.set(number, protocol);
}
export const inet6Protocol = (number: number): NetProtocol | undefined => protocols.get(number);

let rawLocalDeliver: (k: Kernel, skb: Packet, protocol: number) => boolean = () => false;
/** Gives a copy to raw sockets first. Set by raw.ts. */
export function setRaw6Deliver(f: typeof rawLocalDeliver): void {
  rawLocalDeliver = f;
}
let icmp6Send: (k: Kernel, skb: Packet, type: number, code: number, info: number) => void = () => {};
/** Set by icmp6.ts. */
export function setIcmp6Send(f: typeof icmp6Send): void {
  icmp6Send = f;
}

/** An IPv6 packet came in. Extension headers are not known. @linux net/ipv6/ip6_input.c ipv6_rcv */
export function ipv6Rcv(k: Kernel, skb: Packet): void {
  const { head, data } = skb;
  count(k, "Ip6InReceives");
  const payload = get16(head, data + 4);
  if (skb.tail - data < IPV6_HEADER || head[data]! >> 4 !== 6 || payload + IPV6_HEADER > skb.length) {
    count(k, "Ip6InHdrErrors");
    kfreeSkb(k, skb);
    return;
  }
  skbTrim(k, skb, payload + IPV6_HEADER);
  const daddr = head.subarray(data + 24, data + 40);
  if (v6IsMulticast(daddr)) skb.pktType = PACKET_MULTICAST;
  else if (!ipv6ChkAddr(k, daddr)) {
    count(k, "Ip6InAddrErrors");
    kfreeSkb(k, skb);
    return;
  }
  skb.networkHeader = data;
  skb.transportHeader = skb.data = data + IPV6_HEADER;
  const protocol = head[data + 6]!;
  const raw = rawLocalDeliver(k, skb, protocol);
  const known = protocols.get(protocol);
  count(k, "Ip6InDelivers");
  if (known) {
    known.handler(k, skb);
    return;
  }
  if (!raw) {
    count(k, "Ip6InUnknownProtos");
    icmp6Send(k, skb, ICMPV6_PARAMPROB, ICMPV6_UNK_NEXTHDR, 6);
  }
  kfreeSkb(k, skb);
}

devAddPack(ETH_P_IPV6, ipv6Rcv);
