import { onHostEvent } from "../../kernel/hostEvents.ts";
import type { Kernel } from "../../kernel.ts";
import { allocPage } from "../../mm/pageAlloc.ts";
import type { NetDevice, NetDeviceOps } from "../../net/core/dev.ts";
import { devGetByName } from "../../net/core/dev.ts";
import {
  allocSkb,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  get16,
  kfreeSkb,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  type Packet,
  skbAppendFrag,
  skbPeekBits,
} from "../../net/core/skb.ts";
import { localBhDisable, localBhEnable, napiSchedule, netifRx } from "../../net/core/softnet.ts";
import { checksumHelp } from "../../net/ipv4/ipOutput.ts";
import { stateTable } from "../../state.ts";
import { countCopy, DMA_IN, DMA_OUT } from "../../trace/copies.ts";
import { ETH_P_IP } from "../../uapi/in.ts";

/** The device whose cable leads to the host: frames go to `Host.net` and come from there. */

export const ETH_HLEN = 14;
const PAGE_SIZE = 4096;
const IPPROTO_TCP = 6;
/** Frames up to this length are received into the packet's head alone (rx_copybreak). */
const RX_COPYBREAK = 256;

/** Where the device assembles the frame that it sends. Nothing is kept in it. */
let frameBuffer = new Uint8Array(2048);

/**
 * The device fetches a packet from memory (DMA) as one frame, completing the checksum that was left to it.
 * @returns the frame, valid until the next
 */
function dmaFromMemory(k: Kernel, skb: Packet, header: Uint8Array): Uint8Array {
  const length = ETH_HLEN + skb.length;
  if (length > frameBuffer.length) frameBuffer = new Uint8Array(2 * length);
  const frame = frameBuffer.subarray(0, length);
  frame.set(header);
  skbPeekBits(k, skb, 0, frame, ETH_HLEN, skb.length);
  countCopy(k, DMA_OUT, length);
  if (skb.ipSummed === CHECKSUM_PARTIAL) checksumHelp(frame.subarray(ETH_HLEN), skb.protocol);
  return frame;
}

/**
 * The device stores a frame in memory (DMA): headers in the packet's head, the data of TCP in frames, which many packets
 * share. @returns null if there is no memory
 */
function dmaToMemory(k: Kernel, dev: NetDevice, frame: Uint8Array): Packet | null {
  const linear = linearLength(frame);
  countCopy(k, DMA_IN, frame.length);
  const skb = allocSkb(ETH_HLEN, linear - ETH_HLEN);
  skb.head.set(frame.subarray(0, linear));
  skb.tail = linear;
  for (let at = linear; at < frame.length; ) {
    if (!refill(k, dev)) {
      kfreeSkb(k, skb);
      return null;
    }
    const { phys } = k.machine;
    const n = Math.min(frame.length - at, PAGE_SIZE - dev.rxOffset);
    phys.willWrite(dev.rxFrame);
    phys.u8.set(frame.subarray(at, at + n), dev.rxFrame * PAGE_SIZE + dev.rxOffset);
    phys.get(dev.rxFrame);
    skbAppendFrag(k, skb, dev.rxFrame, dev.rxOffset, n);
    dev.rxOffset += n;
    at += n;
  }
  return skb;
}

/** How much of a frame goes into the packet's head. */
function linearLength(frame: Uint8Array): number {
  if (frame.length <= RX_COPYBREAK || get16(frame, 12) !== ETH_P_IP || frame[ETH_HLEN + 9] !== IPPROTO_TCP) return frame.length;
  const ip = (frame[ETH_HLEN]! & 15) * 4;
  const tcp = (frame[ETH_HLEN + ip + 12]! >> 4) * 4;
  return ip < 20 || tcp < 20 ? frame.length : Math.min(frame.length, ETH_HLEN + ip + tcp);
}

/** Room for one byte at least in the frame that is received into. @linux mm/page_frag_cache.c page_frag_alloc_align */
function refill(k: Kernel, dev: NetDevice): boolean {
  const { phys } = k.machine;
  if (dev.rxFrame !== 0) {
    if (dev.rxOffset < PAGE_SIZE) return true;
    if (phys.refs(dev.rxFrame) === 1) {
      dev.rxOffset = 0;
      return true;
    }
    phys.put(dev.rxFrame);
  }
  dev.rxFrame = allocPage(k);
  dev.rxOffset = 0;
  return dev.rxFrame !== 0;
}

/** Sends a packet whose Ethernet header has been made. */
function xmit(k: Kernel, skb: Packet, dev: NetDevice): number {
  const { net } = k.host;
  if (!net || !skb.linkHeader || skb.length > dev.mtu) {
    dev.txErrors++;
    kfreeSkb(k, skb);
    return 0;
  }
  const frame = dmaFromMemory(k, skb, skb.linkHeader);
  dev.txPackets++;
  dev.txBytes += frame.length;
  kfreeSkb(k, skb);
  if (net.transmit(frame)) napiSchedule(k, dev);
  return 0;
}

/** For whom a frame is. @linux net/ethernet/eth.c eth_type_trans */
function packetType(dev: NetDevice, frame: Uint8Array): number {
  if (frame[0]! & 1) {
    for (let i = 0; i < 6; i++) if (frame[i] !== 0xff) return PACKET_MULTICAST;
    return PACKET_BROADCAST;
  }
  for (let i = 0; i < 6; i++) if (frame[i] !== dev.hardwareAddress[i]) return PACKET_OTHERHOST;
  return PACKET_HOST;
}

function poll(k: Kernel, dev: NetDevice, budget: number): number {
  const { net } = k.host;
  let done = 0;
  while (done < budget) {
    const frame = net?.receive() ?? null;
    if (frame === null) break;
    done++;
    receive(k, dev, frame);
  }
  return done;
}

function receive(k: Kernel, dev: NetDevice, frame: Uint8Array): void {
  if (frame.length < ETH_HLEN || frame.length > ETH_HLEN + dev.mtu) {
    dev.rxErrors++;
    return;
  }
  const skb = dmaToMemory(k, dev, frame);
  if (!skb) {
    dev.rxDropped++;
    return;
  }
  dev.rxPackets++;
  dev.rxBytes += frame.length;
  skb.linkHeader = skb.head.subarray(0, ETH_HLEN);
  skb.networkHeader = skb.data = ETH_HLEN;
  skb.protocol = get16(frame, 12);
  skb.pktType = packetType(dev, frame);
  if (skb.pktType === PACKET_MULTICAST) dev.multicast++;
  skb.ipSummed = CHECKSUM_UNNECESSARY;
  skb.dev = dev;
  if (skb.pktType === PACKET_OTHERHOST) {
    kfreeSkb(k, skb);
    return;
  }
  netifRx(k, skb);
}

/** The host has frames: the device's interrupt. */
function interrupt(k: Kernel): void {
  const { net } = k.host;
  const dev = devGetByName(k, "eth0");
  if (!net || !dev) return;
  // While all slept, time passed with the host's; timers that are due meanwhile fire at their own time.
  const waited = net.waited();
  if (k.time.virtual && waited > 0) k.time.jumpTo(Math.min(k.time.nowNs + waited, k.time.nextExpiry()));
  localBhDisable(k);
  napiSchedule(k, dev);
  localBhEnable(k);
}

export const ethernetOps: NetDeviceOps = stateTable("ethernet_ops", { xmit, poll });
onHostEvent("net", interrupt);
