import { KernelTimer } from "../../kernel/time/timer.ts";
import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import { stateClass } from "../../state.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import type { NetDevice } from "../core/dev.ts";
import { count } from "../core/netNamespace.ts";
import { allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, get16, get32, kfreeSkb, type Packet, set16, skbCopyBits } from "../core/skb.ts";
import { CHECKSUM_OFFSET, checksumHelp } from "./ipOutput.ts";

const IP_MF = 0x2000;
const IP_OFFSET = 0x1fff;
const HEADER = 20;
/** net.ipv4.ipfrag_time, and how many packets may be waiting for pieces at a time. */
const IPFRAG_TIME = 30e9;
const QUEUES_MAX = 64;

/** The sum over a header, set anew after a change. */
function sendCheck(head: Uint8Array, at: number): void {
  set16(head, at + 10, 0);
  set16(head, at + 10, csumFold(csumPartial(head, at, HEADER, 0)));
}

/**
 * Sends a packet in pieces that its device can take. Its header is in front.
 * @linux net/ipv4/ip_output.c ip_do_fragment
 */
export function ipFragment(
  k: Kernel,
  skb: Packet,
  dev: NetDevice,
  daddr: number,
  output: (k: Kernel, skb: Packet, dev: NetDevice, daddr: number) => number,
): number {
  const flat = new Uint8Array(skb.length);
  skbCopyBits(k, skb, 0, flat, 0, flat.length);
  // A device could not complete the sum from the first piece alone.
  if (skb.ipSummed === CHECKSUM_PARTIAL && CHECKSUM_OFFSET[flat[9]!] !== undefined) checksumHelp(flat, skb.protocol);
  const { protocol } = skb;
  kfreeSkb(k, skb);
  const room = (dev.mtu - HEADER) & ~7;
  let r = 0;
  for (let at = HEADER; at < flat.length && r >= 0; at += room) {
    const n = Math.min(room, flat.length - at);
    const piece = allocSkb(0, HEADER + n);
    piece.tail = HEADER + n;
    piece.head.set(flat.subarray(0, HEADER));
    piece.head.set(flat.subarray(at, at + n), HEADER);
    countCopy(k, COPY_KERNEL, HEADER + n);
    set16(piece.head, 2, HEADER + n);
    set16(piece.head, 6, ((at - HEADER) >> 3) | (at + n < flat.length ? IP_MF : 0));
    sendCheck(piece.head, 0);
    piece.protocol = protocol;
    piece.transportHeader = HEADER;
    count(k, "Ip.FragCreates");
    r = output(k, piece, dev, daddr);
  }
  count(k, r < 0 ? "Ip.FragFails" : "Ip.FragOKs");
  return r;
}

/** struct ipq: the pieces of a packet that have come. */
class FragQueue {
  readonly key: string;
  pieces: Packet[] = [];
  /** Payload of the whole; -1 while the last piece has not come. */
  length = -1;
  have = 0;
  readonly timer = new FragTimer(this);
  constructor(key: string) {
    this.key = key;
  }
}

class FragTimer extends KernelTimer {
  readonly queue: FragQueue;
  constructor(queue: FragQueue) {
    super();
    this.queue = queue;
  }
  expire(k: Kernel): void {
    count(k, "Ip.ReasmTimeout");
    fail(k, this.queue);
  }
}

/** struct inet_frags of IPv4. */
class FragTable {
  readonly queues = new Map<string, FragQueue>();
}
stateClass(FragQueue, FragTimer, FragTable);

function table(k: Kernel): Map<string, FragQueue> {
  let t = k.subsystems.get("ip4_frags") as FragTable | undefined;
  if (!t) {
    t = new FragTable();
    k.subsystems.set("ip4_frags", t);
  }
  return t.queues;
}

function remove(k: Kernel, q: FragQueue): void {
  table(k).delete(q.key);
  if (q.timer.heapIndex >= 0) k.time.cancelTimer(q.timer);
}

/** Gives a packet up whose pieces do not fit together, or do not come. */
function fail(k: Kernel, q: FragQueue): void {
  count(k, "Ip.ReasmFails");
  remove(k, q);
  for (const skb of q.pieces) kfreeSkb(k, skb);
}

/**
 * Takes a piece of a packet; `skb.data` is behind its header. @returns the whole packet once all has come, else null
 * @linux net/ipv4/ip_fragment.c ip_defrag, ip_frag_queue
 */
export function ipDefrag(k: Kernel, skb: Packet): Packet | null {
  const { head, networkHeader: n } = skb;
  count(k, "Ip.ReasmReqds");
  const queues = table(k);
  const key = `${get32(head, n + 12)}.${get32(head, n + 16)}.${get16(head, n + 4)}.${head[n + 9]}`;
  let q = queues.get(key);
  if (!q) {
    const oldest = queues.size >= QUEUES_MAX ? queues.values().next().value : undefined;
    if (oldest) fail(k, oldest);
    q = new FragQueue(key);
    queues.set(key, q);
    q.timer.expires = k.time.now() + IPFRAG_TIME;
    k.time.addTimer(q.timer);
  }
  const field = get16(head, n + 6);
  const offset = (field & IP_OFFSET) * 8;
  const end = offset + skb.length;
  const last = (field & IP_MF) === 0;
  const wrong =
    end > 65535 - HEADER ||
    skb.length === 0 ||
    (!last && skb.length % 8 !== 0) ||
    (last ? q.length >= 0 && q.length !== end : q.length >= 0 && end > q.length);
  if (last) q.length = end;
  // Pieces that overlap are an attack on whoever puts them together differently.
  const overlaps = q.pieces.some((p) => offset < offsetOf(p) + p.length && offsetOf(p) < end);
  q.pieces.push(skb);
  if (wrong || overlaps) {
    fail(k, q);
    return null;
  }
  q.have += skb.length;
  if (q.length < 0 || q.have < q.length) return null;
  remove(k, q);
  return whole(k, q);
}

const offsetOf = (p: Packet): number => (get16(p.head, p.networkHeader + 6) & IP_OFFSET) * 8;

/** @linux net/ipv4/ip_fragment.c ip_frag_reasm */
function whole(k: Kernel, q: FragQueue): Packet {
  const first = q.pieces.find((p) => offsetOf(p) === 0)!;
  const header = first.data - first.networkHeader;
  const skb = allocSkb(0, header + q.length);
  skb.head.set(first.head.subarray(first.networkHeader, first.data));
  countCopy(k, COPY_KERNEL, header);
  for (const p of q.pieces) {
    skbCopyBits(k, p, 0, skb.head, header + offsetOf(p), p.length);
    kfreeSkb(k, p);
  }
  set16(skb.head, 2, header + q.length);
  set16(skb.head, 6, 0);
  skb.tail = header + q.length;
  skb.transportHeader = skb.data = header;
  skb.protocol = first.protocol;
  skb.pktType = first.pktType;
  skb.dev = first.dev;
  // What the device found right were the pieces.
  skb.ipSummed = CHECKSUM_NONE;
  count(k, "Ip.ReasmOKs");
  return skb;
}
