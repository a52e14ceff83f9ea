import type { Kernel } from "../../kernel.ts";
import { EINVAL, ENETUNREACH } from "../../uapi/errno.ts";
import { INADDR_BROADCAST, INADDR_LOOPBACK } from "../../uapi/in.ts";
import { IFF_LOOPBACK } from "../../uapi/netlink.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { devGetByIndex, type NetDevice, netDevices, v4Number } from "../core/dev.ts";
import { isLoopback, isMulticast } from "./inetSock.ts";

export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
export const RTN_MULTICAST = 5;

/** What ipRouteOutputKey found; valid until its next call. */
export const route = { dev: null as NetDevice | null, saddr: 0, daddr: 0, type: RTN_LOCAL };

/** What fibLookup found: the device, RTN_*, the source address that goes with it. */
const found = { dev: null as NetDevice | null, type: RTN_UNICAST, prefsrc: 0 };

const netmask = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);
const isLo = (dev: NetDevice): boolean => (dev.flags & IFF_LOOPBACK) !== 0;

/** Looks an address up among those of the machine itself, their broadcast addresses included (the local table). */
function lookupLocal(k: Kernel, address: number): boolean {
  for (const dev of netDevices(k).byIndex.values()) {
    for (const a of dev.addresses) {
      if (a.family !== AF_INET) continue;
      const own = v4Number(a.bytes);
      const mask = netmask(a.prefixLength);
      if ((own & mask) >>> 0 !== (address & mask) >>> 0) continue;
      found.dev = dev;
      found.prefsrc = own;
      if (a.prefixLength < 31 && address === (own | ~mask) >>> 0) {
        found.type = RTN_BROADCAST;
        return true;
      }
      // All of lo's network is the machine; of another, the one address.
      if (address !== own && !isLo(dev)) continue;
      found.type = RTN_LOCAL;
      return true;
    }
  }
  return false;
}

/** The same in the main table: networks that devices are on, then the routers; by one device alone if `oif` is not 0. */
function lookupMain(k: Kernel, address: number, oif: number): boolean {
  let router: NetDevice | null = null;
  for (const dev of netDevices(k).byIndex.values()) {
    if (isLo(dev) || (oif !== 0 && dev.index !== oif)) continue;
    if (onLink(dev, address)) {
      found.dev = dev;
      found.type = RTN_UNICAST;
      found.prefsrc = sourceOf(dev);
      return true;
    }
    if (dev.gateway !== 0) router ??= dev;
  }
  if (!router) return false;
  found.dev = router;
  found.type = RTN_UNICAST;
  found.prefsrc = sourceOf(router);
  return true;
}

/** Is the address one of a network that the device is on? */
function onLink(dev: NetDevice, address: number): boolean {
  for (const a of dev.addresses) {
    if (a.family !== AF_INET) continue;
    const mask = netmask(a.prefixLength);
    if ((v4Number(a.bytes) & mask) >>> 0 === (address & mask) >>> 0) return true;
  }
  return false;
}

/** A device's first address. @linux net/ipv4/devinet.c inet_select_addr */
function sourceOf(dev: NetDevice): number {
  for (const a of dev.addresses) if (a.family === AF_INET) return v4Number(a.bytes);
  return 0;
}

/** Whom a packet goes to next on a device: the receiver itself, or the router. @linux include/net/route.h rt_nexthop */
export function nextHop(dev: NetDevice, daddr: number): number {
  return dev.gateway === 0 || daddr === INADDR_BROADCAST || isMulticast(daddr) || onLink(dev, daddr) ? daddr : dev.gateway;
}

/** RTN_* of an address that a program wants to bind or send to; RTN_UNICAST = nobody's here. @linux net/ipv4/fib_frontend.c inet_addr_type */
export function inetAddrType(k: Kernel, address: number): number {
  if (address === 0 || address === INADDR_BROADCAST) return RTN_BROADCAST;
  if (isMulticast(address)) return RTN_MULTICAST;
  return lookupLocal(k, address) ? found.type : RTN_UNICAST;
}

/**
 * Finds the way to an address: `route` has device, source and destination then. -ENETUNREACH if there is none, -EINVAL for
 * a source that is not ours.
 * @linux net/ipv4/route.c ip_route_output_key_hash_rcu
 */
export function ipRouteOutput(k: Kernel, daddr: number, saddr: number, oif: number): number {
  if (saddr !== 0 && inetAddrType(k, saddr) !== RTN_LOCAL) return -EINVAL;
  if (daddr === 0) daddr = saddr !== 0 ? saddr : INADDR_LOOPBACK;
  route.daddr = daddr;
  if (isMulticast(daddr) || daddr === INADDR_BROADCAST) {
    // These go where the program says, where the source is, or with everything else.
    let dev = oif !== 0 ? devGetByIndex(k, oif) : null;
    if (oif === 0 && saddr !== 0 && lookupLocal(k, saddr)) dev = found.dev;
    else if (oif === 0 && lookupMain(k, daddr, 0)) dev = found.dev;
    if (!dev) return -ENETUNREACH;
    route.dev = dev;
    route.type = isMulticast(daddr) ? RTN_MULTICAST : RTN_BROADCAST;
    route.saddr = saddr !== 0 ? saddr : sourceOf(dev);
    return 0;
  }
  if (lookupLocal(k, daddr) && (oif === 0 || found.dev!.index === oif)) {
    // The machine's own packets never leave it, whichever device has the address.
    route.dev = found.type === RTN_LOCAL ? devGetByIndex(k, LOOPBACK_IFINDEX) : found.dev;
  } else if (lookupMain(k, daddr, oif)) {
    // Nobody could answer to a loopback address.
    if (isLoopback(saddr)) return -EINVAL;
    route.dev = found.dev;
  } else {
    // A device that is named is believed to lead there.
    const dev = oif !== 0 ? devGetByIndex(k, oif) : null;
    if (!dev) return -ENETUNREACH;
    found.type = RTN_UNICAST;
    found.prefsrc = sourceOf(dev);
    // Nobody elsewhere could answer to a loopback address, if there is another.
    if (isLo(dev)) for (const other of netDevices(k).byIndex.values()) if (!isLo(other)) found.prefsrc = sourceOf(other) || found.prefsrc;
    route.dev = dev;
  }
  route.type = found.type;
  route.saddr = saddr !== 0 ? saddr : found.prefsrc;
  return 0;
}

const LOOPBACK_IFINDEX = 1;
