import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { EINVAL, EMSGSIZE, ENETUNREACH } from "../../uapi/errno.ts";
import { ETH_P_IPV6 } from "../../uapi/in.ts";
import { AF_INET6 } from "../../uapi/socket.ts";
import { devGetByIndex, type NetDevice, netDevices } from "../core/dev.ts";
import { count } from "../core/netNamespace.ts";
import { CHECKSUM_PARTIAL, kfreeSkb, type Packet, set16 } from "../core/skb.ts";
import { devQueueXmit } from "../core/softnet.ts";
import { IN6ADDR_LOOPBACK, v6Equal, v6IsAny, v6IsMulticast } from "../ipv4/inetSock.ts";
import { CHECKSUM_OFFSET } from "../ipv4/ipOutput.ts";

export const IPV6_HEADER = 40;

/** What ip6RouteOutput found; valid until its next call. */
export const route6 = { dev: null as NetDevice | null, saddr: IN6ADDR_LOOPBACK as Uint8Array, daddr: IN6ADDR_LOOPBACK as Uint8Array };

/** The device that has an address, or null. @linux net/ipv6/addrconf.c ipv6_chk_addr */
export function ipv6ChkAddr(k: Kernel, address: Uint8Array): NetDevice | null {
  for (const dev of netDevices(k).byIndex.values())
    for (const a of dev.addresses) if (a.family === AF_INET6 && v6Equal(Uint8Array.from(a.bytes), address)) return dev;
  return null;
}

/** Finds the way to an address: `route6` has it then. -ENETUNREACH, -EINVAL for a source that is not ours. @linux net/ipv6/ip6_output.c ip6_dst_lookup_tail */
export function ip6RouteOutput(k: Kernel, daddr: Uint8Array, saddr: Uint8Array, oif: number): number {
  if (!v6IsAny(saddr) && !ipv6ChkAddr(k, saddr)) return -EINVAL;
  if (v6IsAny(daddr)) daddr = IN6ADDR_LOOPBACK;
  let dev: NetDevice | null;
  if (v6IsMulticast(daddr)) dev = oif !== 0 ? devGetByIndex(k, oif) : null;
  else dev = ipv6ChkAddr(k, daddr);
  if (!dev) return -ENETUNREACH;
  route6.dev = dev;
  route6.daddr = daddr;
  route6.saddr = v6IsAny(saddr) ? IN6ADDR_LOOPBACK : saddr;
  return 0;
}

/** The sum over IPv6's pseudo header. @linux include/net/ip6_checksum.h csum_ipv6_magic */
export function pseudoSum6(head: Uint8Array, at: number, protocol: number, length: number): number {
  return csumPartial(head, at + 8, 32, 0) + protocol + length;
}

/** Puts an IPv6 header before a packet that has its transport header in front and sends it off. 0 or -EMSGSIZE. @linux net/ipv6/ip6_output.c ip6_xmit */
export function ip6Xmit(
  k: Kernel,
  skb: Packet,
  dev: NetDevice,
  saddr: Uint8Array,
  daddr: Uint8Array,
  protocol: number,
  tclass: number,
  hopLimit: number,
): number {
  skb.transportHeader = skb.data;
  const payload = skb.length;
  skb.data -= IPV6_HEADER;
  const { head, data } = skb;
  skb.networkHeader = data;
  skb.protocol = ETH_P_IPV6;
  if (payload > 65535 || payload + IPV6_HEADER > dev.mtu) {
    kfreeSkb(k, skb);
    return -EMSGSIZE;
  }
  head[data] = 0x60 | (tclass >> 4);
  head[data + 1] = (tclass & 15) << 4;
  set16(head, data + 2, 0);
  set16(head, data + 4, payload);
  head[data + 6] = protocol;
  head[data + 7] = hopLimit;
  head.set(saddr, data + 8);
  head.set(daddr, data + 24);
  if (skb.ipSummed === CHECKSUM_PARTIAL)
    set16(head, skb.transportHeader + CHECKSUM_OFFSET[protocol]!, ~csumFold(pseudoSum6(head, data, protocol, payload)));
  count(k, "Ip6OutRequests");
  return devQueueXmit(k, skb, dev);
}
