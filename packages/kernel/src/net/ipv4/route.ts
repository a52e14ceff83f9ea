import type { Kernel } from "../../kernel.ts";
import { EINVAL, ENETUNREACH } from "../../uapi/errno.ts";
import { INADDR_BROADCAST, INADDR_LOOPBACK } from "../../uapi/in.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { devGetByIndex, type NetDevice, netDevices } from "../core/dev.ts";
import { isLoopback, isMulticast } from "./inetSock.ts";

export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
export const RTN_MULTICAST = 5;

/** What ipRouteOutputKey found; valid until its next call. */
export const route = { dev: null as NetDevice | null, saddr: 0, daddr: 0, type: RTN_LOCAL };

/** Whose address is it? The device with that address or network, or null. */
function deviceOf(k: Kernel, address: number): NetDevice | null {
  for (const dev of netDevices(k).byIndex.values()) {
    for (const a of dev.addresses) {
      if (a.family !== AF_INET) continue;
      const own = ((a.bytes[0]! << 24) | (a.bytes[1]! << 16) | (a.bytes[2]! << 8) | a.bytes[3]!) >>> 0;
      const mask = a.prefixLength === 0 ? 0 : (0xffffffff << (32 - a.prefixLength)) >>> 0;
      if ((own & mask) >>> 0 === (address & mask) >>> 0) return dev;
    }
  }
  return null;
}

/** RTN_* of an address that a program wants to bind or send to; RTN_UNICAST = nobody's here. @linux net/ipv4/fib_frontend.c inet_addr_type */
export function inetAddrType(k: Kernel, address: number): number {
  if (address === 0 || address === INADDR_BROADCAST) return RTN_BROADCAST;
  if (isMulticast(address)) return RTN_MULTICAST;
  const dev = deviceOf(k, address);
  if (!dev) return RTN_UNICAST;
  return isLoopback(address) && address === 0x7fffffff ? RTN_BROADCAST : RTN_LOCAL;
}

/**
 * Finds the way to an address: `route` has device, source and destination then. -ENETUNREACH if there is none, -EINVAL for
 * a source that is not ours.
 * @linux net/ipv4/route.c ip_route_output_key_hash_rcu
 */
export function ipRouteOutput(k: Kernel, daddr: number, saddr: number, oif: number): number {
  if (saddr !== 0) {
    const type = inetAddrType(k, saddr);
    if (type === RTN_MULTICAST || type === RTN_BROADCAST || saddr === INADDR_BROADCAST) return -EINVAL;
    if (type !== RTN_LOCAL) return -EINVAL;
  }
  if (daddr === 0) daddr = saddr !== 0 ? saddr : INADDR_LOOPBACK;
  let dev = deviceOf(k, daddr);
  let type = inetAddrType(k, daddr);
  if (type === RTN_MULTICAST || daddr === INADDR_BROADCAST) {
    // These go where the program says, or where the source is.
    dev = oif !== 0 ? devGetByIndex(k, oif) : saddr !== 0 ? deviceOf(k, saddr) : null;
    if (!dev) return -ENETUNREACH;
  } else if (!dev) {
    // A device that is named is believed to lead there.
    dev = oif !== 0 ? devGetByIndex(k, oif) : null;
    if (!dev) return -ENETUNREACH;
    type = RTN_UNICAST;
  }
  route.dev = dev;
  route.daddr = daddr;
  route.type = type;
  // Whatever the network of lo, its first address is the source.
  route.saddr = saddr !== 0 ? saddr : INADDR_LOOPBACK;
  return 0;
}
