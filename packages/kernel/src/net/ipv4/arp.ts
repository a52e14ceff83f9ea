import { KernelTimer } from "../../kernel/time/timer.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { ETH_P_ARP, ICMP_DEST_UNREACH, INADDR_BROADCAST } from "../../uapi/in.ts";
import { type NetDevice, netDevices, v4Number } from "../core/dev.ts";
import { allocSkb, get16, get32, kfreeSkb, type Packet, set16, set32 } from "../core/skb.ts";
import { devAddPack, devQueueXmit } from "../core/softnet.ts";
import { isMulticast } from "./inetSock.ts";
import { icmpSendLocal } from "./ipInput.ts";
import { inetAddrType, nextHop, RTN_LOCAL } from "./route.ts";

/** Who has which hardware address: the neighbour table (net/core/neighbour.c) and the protocol that fills it. */

export const NUD_INCOMPLETE = 1;
export const NUD_REACHABLE = 2;
export const NUD_STALE = 4;
export const NUD_DELAY = 8;
export const NUD_PROBE = 16;
export const NUD_FAILED = 32;
/** There is a hardware address to send to. */
const NUD_VALID = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;

const ARP_LENGTH = 28;
const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;
const ICMP_HOST_UNREACH = 1;
/** base_reachable_time_ms, delay_first_probe_time, retrans_time_ms as ns; mcast_solicit and ucast_solicit. */
const REACHABLE_TIME = 30e9;
const DELAY_TIME = 5e9;
const RETRANS_TIME = 1e9;
const SOLICIT = 3;
/** Packets that wait for an address (unres_qlen), and entries of the table (gc_thresh3). */
const QUEUE_MAX = 101;
const TABLE_MAX = 1024;

/** struct neighbour. */
export class Neighbour {
  readonly dev: NetDevice;
  readonly address: number;
  mac: Uint8Array | null = null;
  state = NUD_INCOMPLETE;
  probes = 0;
  /** When it last showed that it is there, when it was last used and changed (ns). */
  confirmed = 0;
  used = 0;
  updated = 0;
  queue: Packet[] = [];
  readonly timer = new NeighbourTimer(this);
  constructor(dev: NetDevice, address: number) {
    this.dev = dev;
    this.address = address;
  }
}

class NeighbourTimer extends KernelTimer {
  readonly neighbour: Neighbour;
  constructor(n: Neighbour) {
    super();
    this.neighbour = n;
  }
  expire(k: Kernel): void {
    neighTimerHandler(k, this.neighbour);
  }
}

/** struct neigh_table of ARP. */
class NeighbourTable {
  readonly byAddress = new Map<number, Neighbour>();
}
stateClass(Neighbour, NeighbourTimer, NeighbourTable);

export function neighbours(k: Kernel): Map<number, Neighbour> {
  let t = k.subsystems.get("arp_tbl") as NeighbourTable | undefined;
  if (!t) {
    t = new NeighbourTable();
    k.subsystems.set("arp_tbl", t);
  }
  return t.byAddress;
}

/** The state as it is now: what was not heard of for long is stale. */
export function neighbourState(k: Kernel, n: Neighbour): number {
  return n.state === NUD_REACHABLE && k.time.now() - n.confirmed > REACHABLE_TIME ? NUD_STALE : n.state;
}

function setState(k: Kernel, n: Neighbour, state: number): void {
  if (n.state !== state) n.updated = k.time.now();
  n.state = state;
  if (n.timer.heapIndex >= 0) k.time.cancelTimer(n.timer);
}

function arm(k: Kernel, n: Neighbour, ns: number): void {
  n.timer.expires = k.time.now() + ns;
  k.time.addTimer(n.timer);
}

/** @linux net/ethernet/eth.c eth_header */
function ethHeader(dev: NetDevice, to: ArrayLike<number>, protocol: number): Uint8Array {
  const h = new Uint8Array(14);
  h.set(to);
  h.set(dev.hardwareAddress, 6);
  set16(h, 12, protocol);
  return h;
}

function send(k: Kernel, skb: Packet, dev: NetDevice, to: ArrayLike<number>): number {
  skb.linkHeader = ethHeader(dev, to, skb.protocol);
  return devQueueXmit(k, skb, dev);
}

const group = new Uint8Array([1, 0, 0x5e, 0, 0, 0]);

/** Gives an IPv4 packet to a device that has hardware addresses, as soon as the receiver's is known. @linux net/ipv4/ip_output.c ip_finish_output2 */
export function neighOutput(k: Kernel, skb: Packet, dev: NetDevice, daddr: number, broadcast: boolean): number {
  if (broadcast || daddr === INADDR_BROADCAST) return send(k, skb, dev, dev.broadcast);
  if (isMulticast(daddr)) {
    group[3] = (daddr >>> 16) & 0x7f;
    group[4] = daddr >>> 8;
    group[5] = daddr;
    return send(k, skb, dev, group);
  }
  const n = lookup(k, dev, nextHop(dev, daddr));
  if (!n) {
    kfreeSkb(k, skb);
    return 0;
  }
  n.used = k.time.now();
  if (n.state & NUD_VALID) {
    if (n.state !== NUD_PROBE && n.state !== NUD_DELAY && neighbourState(k, n) === NUD_STALE) {
      // It may have gone: unless it is heard of soon, it is asked.
      setState(k, n, NUD_DELAY);
      arm(k, n, DELAY_TIME);
    }
    return send(k, skb, dev, n.mac!);
  }
  if (n.state === NUD_FAILED) {
    setState(k, n, NUD_INCOMPLETE);
    n.probes = 0;
  }
  n.queue.push(skb);
  if (n.queue.length > QUEUE_MAX) kfreeSkb(k, n.queue.shift()!);
  if (n.probes === 0) solicit(k, n);
  return 0;
}

/** @linux net/core/neighbour.c __neigh_create */
function lookup(k: Kernel, dev: NetDevice, address: number): Neighbour | null {
  const table = neighbours(k);
  let n = table.get(address);
  if (n) return n;
  if (table.size >= TABLE_MAX) {
    for (const [key, old] of table) if (old.state === NUD_FAILED || old.state === NUD_STALE) table.delete(key);
    if (table.size >= TABLE_MAX) return null;
  }
  n = new Neighbour(dev, address);
  n.updated = k.time.now();
  table.set(address, n);
  return n;
}

/** Asks for a hardware address: everybody, or whoever had it last. @linux net/ipv4/arp.c arp_solicit */
function solicit(k: Kernel, n: Neighbour): void {
  n.probes++;
  arm(k, n, RETRANS_TIME);
  const source = n.dev.addresses[0] ? v4Number(n.dev.addresses[0].bytes) : 0;
  const to = n.state === NUD_PROBE && n.mac ? n.mac : n.dev.broadcast;
  send(k, arpPacket(n.dev, ARPOP_REQUEST, source, n.address, null), n.dev, to);
}

/** @linux net/ipv4/arp.c arp_create */
function arpPacket(dev: NetDevice, op: number, source: number, target: number, targetMac: Uint8Array | null): Packet {
  const skb = allocSkb(0, ARP_LENGTH);
  skb.tail += ARP_LENGTH;
  skb.protocol = ETH_P_ARP;
  const b = skb.head;
  set16(b, 0, 1);
  set16(b, 2, 0x0800);
  b[4] = 6;
  b[5] = 4;
  set16(b, 6, op);
  b.set(dev.hardwareAddress, 8);
  set32(b, 14, source);
  if (targetMac) b.set(targetMac, 18);
  set32(b, 24, target);
  return skb;
}

/** @linux net/core/neighbour.c neigh_timer_handler */
function neighTimerHandler(k: Kernel, n: Neighbour): void {
  if (n.state === NUD_DELAY) {
    if (k.time.now() - n.confirmed <= DELAY_TIME) {
      setState(k, n, NUD_REACHABLE);
      return;
    }
    setState(k, n, NUD_PROBE);
    n.probes = 0;
  }
  if (n.probes < SOLICIT) {
    solicit(k, n);
    return;
  }
  setState(k, n, NUD_FAILED);
  const { queue } = n;
  n.queue = [];
  for (const skb of queue) {
    icmpSendLocal(k, skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
    kfreeSkb(k, skb);
  }
}

/** A hardware address has been learned: what waited for it goes. @linux net/core/neighbour.c neigh_update */
function neighUpdate(k: Kernel, n: Neighbour, mac: Uint8Array, state: number): void {
  n.mac = mac.slice();
  setState(k, n, state);
  if (state === NUD_REACHABLE) n.confirmed = k.time.now();
  n.probes = 0;
  const { queue } = n;
  if (queue.length === 0) return;
  n.queue = [];
  for (const skb of queue) send(k, skb, n.dev, n.mac);
}

/** A packet from a neighbour shows that it is there. @linux include/net/neighbour.h neigh_confirm */
export function neighConfirm(k: Kernel, skb: Packet, address: number): void {
  const n = neighbours(k).get(nextHop(skb.dev!, address));
  if (n && n.state & NUD_VALID && n.mac) n.confirmed = k.time.now();
  if (n && (n.state === NUD_STALE || n.state === NUD_PROBE)) setState(k, n, NUD_REACHABLE);
}

/** An ARP packet came in. @linux net/ipv4/arp.c arp_rcv, arp_process */
function arpRcv(k: Kernel, skb: Packet): void {
  const { head: b, data: at } = skb;
  const dev = skb.dev!;
  const fine =
    skb.tail - at >= ARP_LENGTH &&
    get16(b, at) === 1 &&
    get16(b, at + 2) === 0x0800 &&
    b[at + 4] === 6 &&
    b[at + 5] === 4 &&
    netDevices(k).byIndex.get(dev.index) === dev;
  if (fine) {
    const op = get16(b, at + 6);
    const mac = b.slice(at + 8, at + 14);
    const source = get32(b, at + 14);
    const target = get32(b, at + 24);
    const known = neighbours(k).get(source);
    const forUs = inetAddrType(k, target) === RTN_LOCAL && target >>> 24 !== 127;
    if (op === ARPOP_REPLY && known) neighUpdate(k, known, mac, NUD_REACHABLE);
    else if (op === ARPOP_REQUEST && forUs) {
      const n = source !== 0 ? lookup(k, dev, source) : null;
      if (n && !(n.state & NUD_VALID)) neighUpdate(k, n, mac, NUD_STALE);
      send(k, arpPacket(dev, ARPOP_REPLY, target, source, mac), dev, mac);
    }
  }
  kfreeSkb(k, skb);
}

devAddPack(ETH_P_ARP, arpRcv);
