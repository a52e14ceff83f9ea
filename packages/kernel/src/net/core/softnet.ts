import type { Kernel } from "../../kernel.ts";
import { ETH_P_IP } from "../../uapi/in.ts";
import type { NetDevice } from "./dev.ts";
import { net, netHooks } from "./netNamespace.ts";
import { kfreeSkb, type Packet } from "./skb.ts";

/** net.core.netdev_max_backlog. */
const NETDEV_MAX_BACKLOG = 1000;
/** net.core.netdev_budget and dev_weight: packets that are received in one go, of all devices and of one. */
const NETDEV_BUDGET = 300;
const NAPI_WEIGHT = 64;

/** What deals with packets of a protocol, by ETH_P_*. Filled at load time only. */
const packetTypes = new Map<number, (k: Kernel, skb: Packet) => void>();
/** @linux net/core/dev.c dev_add_pack */
export function devAddPack(protocol: number, receive: (k: Kernel, skb: Packet) => void): void {
  packetTypes.set(protocol, receive);
}

/**
 * Sends a packet that has its network header in front. What it brings about at the other end happens before this
 * returns, unless softirqs are disabled: then at their enabling.
 * @linux net/core/dev.c __dev_queue_xmit
 */
export function devQueueXmit(k: Kernel, skb: Packet, dev: NetDevice): number {
  localBhDisable(k);
  skb.dev = dev;
  const t = k.trace.netDevXmit;
  if (t.enabled) t.fire(skb, dev);
  const r = dev.ops.xmit(k, skb, dev);
  localBhEnable(k);
  return r;
}

/** A driver hands up a packet. @returns whether there was room @linux net/core/dev.c netif_rx */
export function netifRx(k: Kernel, skb: Packet): boolean {
  const n = net(k);
  if (n.inputQueue.length >= NETDEV_MAX_BACKLOG) {
    n.dropped++;
    kfreeSkb(k, skb);
    return false;
  }
  n.inputQueue.push(skb);
  return true;
}

/** @linux include/linux/bottom_half.h local_bh_disable */
export function localBhDisable(k: Kernel): void {
  net(k).bhDisabled++;
}

/** The last enabling deals with what has been received. @linux kernel/softirq.c __local_bh_enable_ip */
export function localBhEnable(k: Kernel): void {
  const n = net(k);
  if (n.bhDisabled === 1 && (n.inputQueue.length > 0 || n.pollList.length > 0)) netRxAction(k);
  n.bhDisabled--;
}

netHooks.localBhEnable = localBhEnable;

/** NET_RX_SOFTIRQ: deals with received packets, those included that come of it. @linux net/core/dev.c net_rx_action, process_backlog */
function netRxAction(k: Kernel): void {
  const n = net(k);
  const outer = k.time.inInterrupt;
  k.time.inInterrupt = true;
  let budget = NETDEV_BUDGET;
  for (;;) {
    while (n.inputQueue.length > 0) {
      const list = n.inputQueue;
      n.inputQueue = [];
      for (const skb of list) {
        n.processed++;
        netifReceiveSkb(k, skb);
      }
    }
    const dev = n.pollList[0];
    if (!dev) break;
    if (budget <= 0) {
      // Others have a claim, too: it goes on in a moment.
      n.squeezed++;
      n.timer.expires = k.time.now();
      if (n.timer.heapIndex < 0) k.time.addTimer(n.timer);
      break;
    }
    const done = dev.ops.poll!(k, dev, NAPI_WEIGHT);
    budget -= done;
    if (done >= NAPI_WEIGHT) continue;
    n.pollList.shift();
    dev.scheduled = false;
  }
  k.time.inInterrupt = outer;
}

/** A device has packets: it is polled as soon as softirqs are enabled. @linux net/core/dev.c napi_schedule */
export function napiSchedule(k: Kernel, dev: NetDevice): void {
  if (dev.scheduled) return;
  dev.scheduled = true;
  net(k).pollList.push(dev);
}

/** @linux net/core/dev.c __netif_receive_skb_core */
function netifReceiveSkb(k: Kernel, skb: Packet): void {
  const t = k.trace.netifReceiveSkb;
  if (t.enabled) t.fire(skb, skb.dev!);
  const receive = packetTypes.get(skb.protocol);
  if (receive) receive(k, skb);
  else kfreeSkb(k, skb);
}

/** The protocol number of the packet inside, for those who show it. */
export function innerProtocol(skb: Packet): number {
  return skb.head[skb.networkHeader + (skb.protocol === ETH_P_IP ? 9 : 6)]!;
}
