import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { EMSGSIZE } from "../../uapi/errno.ts";
import { ETH_P_IP, IP_MTU_DISCOVER, IPPROTO_TCP } from "../../uapi/in.ts";
import { ARPHRD_ETHER } from "../../uapi/netlink.ts";
import type { NetDevice } from "../core/dev.ts";
import { count } from "../core/netNamespace.ts";
import { CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, kfreeSkb, PACKET_LOOPBACK, type Packet, set16, set32, skbClone } from "../core/skb.ts";
import { devQueueXmit, localBhDisable, localBhEnable, netifRx } from "../core/softnet.ts";
import { neighOutput } from "./arp.ts";
import { type InetSock, isMulticast } from "./inetSock.ts";
import { ipFragment } from "./ipFragment.ts";
import { inetAddrType, RTN_BROADCAST } from "./route.ts";

export const IP_HEADER = 20;
/** IP_DF in frag_off. */
export const IP_DF = 0x4000;
/** net.ipv4.ip_default_ttl */
export const IPDEFTTL = 64;
const IP_MAX_MTU = 65535;
const IP_PMTUDISC_DO = 2;

/** The sum over the pseudo header of TCP and UDP. @linux include/asm-generic/checksum.h csum_tcpudp_nofold */
export function pseudoSum(saddr: number, daddr: number, protocol: number, length: number): number {
  return (saddr >>> 16) + (saddr & 0xffff) + (daddr >>> 16) + (daddr & 0xffff) + protocol + length;
}

/** Puts the header's checksum in. @linux net/ipv4/ip_output.c ip_send_check */
export function ipSendCheck(head: Uint8Array, at: number): void {
  set16(head, at + 10, 0);
  set16(head, at + 10, csumFold(csumPartial(head, at, (head[at]! & 15) * 4, 0)));
}

/** The identification of a socket's next packet. @linux include/net/ip.h ip_select_ident_segs */
function selectIdent(k: Kernel, sk: InetSock | null, df: boolean): number {
  if (df) {
    if (!sk) return 0;
    const { id } = sk;
    sk.id = (id + 1) & 0xffff;
    return id;
  }
  return k.rng.u32() & 0xffff;
}

/**
 * Puts an IPv4 header before a packet that has its transport header in front and sends it off.
 * The packet is gone afterwards. @returns 0 or -EMSGSIZE
 * @linux net/ipv4/ip_output.c __ip_queue_xmit, ip_build_and_send_pkt
 */
export function ipXmit(
  k: Kernel,
  sk: InetSock | null,
  skb: Packet,
  dev: NetDevice,
  saddr: number,
  daddr: number,
  protocol: number,
  tos: number,
  ttl: number,
  df: boolean,
): number {
  skb.transportHeader = skb.data;
  skb.data -= IP_HEADER;
  const { head, data } = skb;
  skb.networkHeader = data;
  skb.protocol = ETH_P_IP;
  const { length } = skb;
  const large = length > dev.mtu;
  if (length > IP_MAX_MTU || (large && !mayFragment(sk, protocol))) {
    kfreeSkb(k, skb);
    return -EMSGSIZE;
  }
  if (large) df = false;
  head[data] = 0x45;
  head[data + 1] = tos;
  set16(head, data + 2, length);
  set16(head, data + 4, selectIdent(k, sk, df));
  set16(head, data + 6, df ? IP_DF : 0);
  head[data + 8] = ttl;
  head[data + 9] = protocol;
  set32(head, data + 12, saddr);
  set32(head, data + 16, daddr);
  ipSendCheck(head, data);
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    // Whoever completes it begins with the sum over the pseudo header.
    const at = skb.transportHeader + CHECKSUM_OFFSET[protocol]!;
    set16(head, at, ~csumFold(pseudoSum(saddr, daddr, protocol, length - IP_HEADER)));
  }
  count(k, "Ip.OutRequests");
  return large ? ipFragment(k, skb, dev, daddr, ipOutput) : ipOutput(k, skb, dev, daddr, sk);
}

/** May a packet that is too large for its device be sent in pieces? @linux net/ipv4/ip_output.c ip_fragment, include/net/ip.h ip_sk_ignore_df */
const mayFragment = (sk: InetSock | null, protocol: number): boolean =>
  protocol !== IPPROTO_TCP && (sk === null || (sk.ipOptions.get(IP_MTU_DISCOVER) ?? 1) < IP_PMTUDISC_DO);

/** Gives a finished packet to its device. What is for a group is received here as well. @linux net/ipv4/ip_output.c ip_output, ip_mc_output */
export function ipOutput(k: Kernel, skb: Packet, dev: NetDevice, daddr: number, sk: InetSock | null = null): number {
  if (dev.type !== ARPHRD_ETHER) return devQueueXmit(k, skb, dev);
  const multicast = isMulticast(daddr);
  const broadcast = !multicast && inetAddrType(k, daddr) === RTN_BROADCAST;
  if (broadcast || (multicast && sk !== null && sk.mcLoop !== 0)) {
    const copy = skbClone(k, skb, 0);
    copy.ipSummed = CHECKSUM_UNNECESSARY;
    devLoopbackXmit(k, copy, dev);
  }
  return neighOutput(k, skb, dev, daddr, broadcast);
}

/** @linux net/core/dev.c dev_loopback_xmit */
function devLoopbackXmit(k: Kernel, skb: Packet, dev: NetDevice): void {
  skb.pktType = PACKET_LOOPBACK;
  skb.dev = dev;
  localBhDisable(k);
  netifRx(k, skb);
  localBhEnable(k);
}

/** The offset of a transport protocol's checksum in its header. */
export const CHECKSUM_OFFSET: Readonly<Record<number, number>> = { 6: 16, 17: 6, 1: 2, 58: 2 };

/** Completes the checksum of a flat packet that was left to the device. @linux net/core/dev.c skb_checksum_help */
export function checksumHelp(bytes: Uint8Array, protocol: number): void {
  const v4 = protocol === ETH_P_IP;
  const l4 = v4 ? (bytes[0]! & 15) * 4 : 40;
  const inner = bytes[v4 ? 9 : 6]!;
  const at = CHECKSUM_OFFSET[inner];
  if (at === undefined || l4 + at + 2 > bytes.length) return;
  const n = bytes.length - l4;
  let sum = csumPartial(bytes, v4 ? 12 : 8, v4 ? 8 : 32, 0) + inner + n;
  set16(bytes, l4 + at, 0);
  sum = csumFold(csumPartial(bytes, l4, n, sum));
  set16(bytes, l4 + at, sum === 0 && inner === 17 ? 0xffff : sum);
}

/** Is the checksum of a received packet, payload and all, right? Only what came without the device's word is looked at. */
export function checksumOk(bytes: Uint8Array, from: number, n: number, pseudo: number): boolean {
  return csumFold(csumPartial(bytes, from, n, pseudo)) === 0;
}
