import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { ETH_P_IP, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, INADDR_BROADCAST } from "../../uapi/in.ts";
import { IFF_LOOPBACK } from "../../uapi/netlink.ts";
import { count } from "../core/netNamespace.ts";
import { get16, get32, kfreeSkb, PACKET_BROADCAST, PACKET_LOOPBACK, PACKET_MULTICAST, type Packet, skbTrim } from "../core/skb.ts";
import { devAddPack } from "../core/softnet.ts";
import { neighConfirm } from "./arp.ts";
import { isLoopback, isMulticast } from "./inetSock.ts";
import { ipDefrag } from "./ipFragment.ts";
import { inetAddrType, RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST } from "./route.ts";

/** struct net_protocol: what deals with a transport protocol's packets and with ICMP errors about them. */
export interface NetProtocol {
  handler(k: Kernel, skb: Packet): void;
  /** `skb.data` is at the transport header of the packet the error is about, `outer` is the error. */
  errHandler?(k: Kernel, skb: Packet, outer: Packet, type: number, code: number, info: number): void;
}
const protocols = new Map<number, NetProtocol>();
/** @linux net/ipv4/protocol.c inet_add_protocol */
export function inetAddProtocol(number: number, protocol: NetProtocol): void {
  protocols.set(number, protocol);
}
export const inetProtocol = (number: number): NetProtocol | undefined => protocols.get(number);

/** Gives a copy to raw sockets first: true if one took it. Set by raw.ts. */
let rawLocalDeliver: (k: Kernel, skb: Packet, protocol: number) => boolean = () => false;
export function setRawDeliver(f: typeof rawLocalDeliver): void {
  rawLocalDeliver = f;
}
/** Tells the sender of a packet that it could not be delivered. Set by icmp.ts. */
let icmpSend: (k: Kernel, skb: Packet, type: number, code: number) => void = () => {};
export function setIcmpSend(f: typeof icmpSend): void {
  icmpSend = f;
}
/** Tells this machine's own sender of a packet that could not be sent. */
export function icmpSendLocal(k: Kernel, skb: Packet, type: number, code: number): void {
  icmpSend(k, skb, type, code);
}

const drop = (k: Kernel, skb: Packet, counter: string): void => {
  count(k, counter);
  kfreeSkb(k, skb);
};

/** An IPv4 packet came in. @linux net/ipv4/ip_input.c ip_rcv */
export function ipRcv(k: Kernel, skb: Packet): void {
  const { head, data } = skb;
  count(k, "Ip.InReceives");
  const linear = skb.tail - data;
  if (linear < 20) {
    drop(k, skb, "Ip.InHdrErrors");
    return;
  }
  const ihl = (head[data]! & 15) * 4;
  const total = get16(head, data + 2);
  if (head[data]! >> 4 !== 4 || ihl < 20 || linear < ihl || total < ihl || total > skb.length) {
    drop(k, skb, "Ip.InHdrErrors");
    return;
  }
  if (csumFold(csumPartial(head, data, ihl, 0)) !== 0) {
    drop(k, skb, "Ip.InHdrErrors");
    return;
  }
  skbTrim(k, skb, total);
  skb.networkHeader = data;
  skb.transportHeader = data + ihl;
  skb.data = data + ihl;
  const daddr = get32(head, data + 16);
  if (skb.dev && !(skb.dev.flags & IFF_LOOPBACK) && skb.pktType !== PACKET_LOOPBACK) {
    // A neighbour cannot speak of this machine's loopback addresses, nor as itself.
    const saddr = get32(head, data + 12);
    if (
      isLoopback(daddr) ||
      isLoopback(saddr) ||
      isMulticast(saddr) ||
      saddr === INADDR_BROADCAST ||
      inetAddrType(k, saddr) !== RTN_UNICAST
    ) {
      drop(k, skb, "Ip.InAddrErrors");
      return;
    }
    neighConfirm(k, skb, saddr);
  }
  if (isMulticast(daddr)) skb.pktType = PACKET_MULTICAST;
  else if (daddr === INADDR_BROADCAST || inetAddrType(k, daddr) === RTN_BROADCAST) skb.pktType = PACKET_BROADCAST;
  else if (inetAddrType(k, daddr) !== RTN_LOCAL) {
    drop(k, skb, "Ip.InAddrErrors");
    return;
  }
  if (get16(head, data + 6) & 0x3fff) {
    const whole = ipDefrag(k, skb);
    if (whole) ipLocalDeliver(k, whole, whole.head[whole.networkHeader + 9]!);
    return;
  }
  ipLocalDeliver(k, skb, head[data + 9]!);
}

/** @linux net/ipv4/ip_input.c ip_protocol_deliver_rcu */
function ipLocalDeliver(k: Kernel, skb: Packet, protocol: number): void {
  const raw = rawLocalDeliver(k, skb, protocol);
  const known = protocols.get(protocol);
  count(k, "Ip.InDelivers");
  if (known) known.handler(k, skb);
  else {
    if (!raw) {
      count(k, "Ip.InUnknownProtos");
      icmpSend(k, skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH);
    }
    kfreeSkb(k, skb);
  }
}

devAddPack(ETH_P_IP, ipRcv);
