import { ethernetOps } from "../../drivers/net/ethernet.ts";
import { loopbackOps } from "../../drivers/net/loopback.ts";
import type { NetLink } from "../../host.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_MULTICAST,
  IFF_RUNNING,
  IFF_UP,
  RT_SCOPE_HOST,
  RT_SCOPE_UNIVERSE,
} from "../../uapi/netlink.ts";
import type { Packet } from "./skb.ts";

/** An address of a device: struct in_ifaddr, struct inet6_ifaddr. */
export class InterfaceAddress {
  readonly family: number;
  /** Network byte order. */
  readonly bytes: number[];
  readonly prefixLength: number;
  readonly scope: number;
  constructor(family: number, bytes: number[], prefixLength: number, scope: number) {
    this.family = family;
    this.bytes = bytes;
    this.prefixLength = prefixLength;
    this.scope = scope;
  }
}

/** struct net_device_ops: what a driver does. */
export interface NetDeviceOps {
  /** Takes a packet with its network header in front (ndo_start_xmit). What a device receives it gives to netifRx. */
  xmit(k: Kernel, skb: Packet, dev: NetDevice): number;
  /** Receives at most `budget` packets (napi_struct.poll). @returns how many; fewer than `budget`: there are no more */
  poll?(k: Kernel, dev: NetDevice, budget: number): number;
}

/** struct net_device. */
export class NetDevice {
  readonly index: number;
  readonly name: string;
  readonly ops: NetDeviceOps;
  /** ARPHRD_*. */
  type = ARPHRD_LOOPBACK;
  /** IFF_*, as netlink shows them. */
  flags = 0;
  mtu = 65536;
  txQueueLength = 1000;
  hardwareAddress: number[] = [0, 0, 0, 0, 0, 0];
  broadcast: number[] = [0, 0, 0, 0, 0, 0];
  addresses: InterfaceAddress[] = [];
  rxPackets = 0;
  txPackets = 0;
  rxBytes = 0;
  txBytes = 0;
  rxErrors = 0;
  txErrors = 0;
  /** Packets for which there was no memory, and multicast ones received. */
  rxDropped = 0;
  multicast = 0;
  /** The router for what is not on the device's network (IPv4); 0 = none. */
  gateway = 0;
  /** It waits for being polled (NAPI_STATE_SCHED). */
  scheduled = false;
  /** Memory that the device receives into: a frame and how much of it is used; 0 = none. */
  rxFrame = 0;
  rxOffset = 0;
  constructor(index: number, name: string, ops: NetDeviceOps) {
    this.index = index;
    this.name = name;
    this.ops = ops;
  }
}

/** The devices of a machine, by index. */
export class NetDevices {
  readonly byIndex = new Map<number, NetDevice>();
}
stateClass(InterfaceAddress, NetDevice, NetDevices);

/** The loopback device, up, with its addresses. @linux drivers/net/loopback.c loopback_setup */
function loopback(): NetDevice {
  const lo = new NetDevice(1, "lo", loopbackOps);
  lo.flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP;
  lo.addresses.push(new InterfaceAddress(2, [127, 0, 0, 1], 8, RT_SCOPE_HOST));
  lo.addresses.push(new InterfaceAddress(10, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128, RT_SCOPE_HOST));
  return lo;
}

/** The device whose cable leads to the host, up, with its address and route. */
function ethernet(link: NetLink): NetDevice {
  const dev = new NetDevice(2, "eth0", ethernetOps);
  dev.type = ARPHRD_ETHER;
  dev.flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | IFF_LOWER_UP;
  dev.mtu = link.mtu;
  dev.hardwareAddress = [...link.mac];
  dev.broadcast = [255, 255, 255, 255, 255, 255];
  dev.addresses.push(new InterfaceAddress(2, [...link.address], link.prefixLength, RT_SCOPE_UNIVERSE));
  dev.gateway = v4Number(link.gateway);
  return dev;
}

/** An IPv4 address as a number in host order. */
export const v4Number = (b: readonly number[]): number => ((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0;

export function netDevices(k: Kernel): NetDevices {
  let devices = k.subsystems.get("net_devices") as NetDevices | undefined;
  if (!devices) {
    devices = new NetDevices();
    const lo = loopback();
    devices.byIndex.set(lo.index, lo);
    if (k.host.net) {
      const eth0 = ethernet(k.host.net.link);
      devices.byIndex.set(eth0.index, eth0);
    }
    k.subsystems.set("net_devices", devices);
  }
  return devices;
}

/** @linux net/core/dev.c __dev_get_by_name */
export function devGetByName(k: Kernel, name: string): NetDevice | null {
  for (const dev of netDevices(k).byIndex.values()) if (dev.name === name) return dev;
  return null;
}

/** @linux net/core/dev.c __dev_get_by_index */
export function devGetByIndex(k: Kernel, index: number): NetDevice | null {
  return netDevices(k).byIndex.get(index) ?? null;
}
