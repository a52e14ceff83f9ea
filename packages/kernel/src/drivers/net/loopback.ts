import type { Kernel } from "../../kernel.ts";
import type { NetDevice, NetDeviceOps } from "../../net/core/dev.ts";
import { CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, type Packet } from "../../net/core/skb.ts";
import { netifRx } from "../../net/core/softnet.ts";
import { stateTable } from "../../state.ts";

/** What is sent is received: the same packet, and its checksum needs no look. @linux drivers/net/loopback.c loopback_xmit */
function xmit(k: Kernel, skb: Packet, dev: NetDevice): number {
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.ipSummed = CHECKSUM_UNNECESSARY;
  const { length } = skb;
  dev.txPackets++;
  dev.txBytes += length;
  if (netifRx(k, skb)) {
    dev.rxPackets++;
    dev.rxBytes += length;
  }
  return 0;
}

/** @linux drivers/net/loopback.c loopback_ops */
export const loopbackOps: NetDeviceOps = stateTable("loopback_ops", { xmit });
