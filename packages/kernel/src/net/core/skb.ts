import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateClass } from "../../state.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import type { NetDevice } from "./dev.ts";

const PAGE_SIZE = 4096;
/** Page fragments that one packet may have. */
export const MAX_SKB_FRAGS = 17;

/** skb_frag_t: bytes of a frame, to which the packet's data hold a reference. */
export class SkbFrag {
  frame: number;
  offset: number;
  size: number;
  constructor(frame: number, offset: number, size: number) {
    this.frame = frame;
    this.offset = offset;
    this.size = size;
  }
}

/** struct skb_shared_info: the fragments, which a packet shares with its clones. */
export class SkbSharedInfo {
  dataref = 1;
  frags: SkbFrag[] = [];
}

/** Who has seen to the checksum: nobody, the loopback device (it is never wrong), or "whoever sends it on". */
export const CHECKSUM_NONE = 0;
export const CHECKSUM_UNNECESSARY = 1;
export const CHECKSUM_PARTIAL = 3;

export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
export const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;
/** This machine's own, back for its members of a group. */
export const PACKET_LOOPBACK = 5;

/**
 * struct sk_buff: a packet of the internet families. Its bytes are those of `head` from `data` to `tail`
 * (headers, and the payload of datagrams), then those of the fragments.
 */
export class Packet {
  head: Uint8Array;
  data: number;
  tail: number;
  shared: SkbSharedInfo | null = null;
  /** Bytes in fragments. */
  dataLen = 0;
  networkHeader = 0;
  transportHeader = 0;
  /** ETH_P_*. */
  protocol = 0;
  ipSummed = CHECKSUM_NONE;
  pktType = PACKET_HOST;
  dev: NetDevice | null = null;
  /** The Ethernet header that goes before it or came with it; null on the loopback device. */
  linkHeader: Uint8Array | null = null;
  truesize = 0;
  /** When it came or was sent, ns since boot; 0 = not noted. */
  tstamp = 0;
  /** TCP's control block: sequence numbers of the first byte and of the one after the last, flags of its header. */
  seq = 0;
  endSeq = 0;
  tcpFlags = 0;
  /** TCPCB_* of the retransmission queue. */
  sacked = 0;
  /** A message ended here: nothing is appended. */
  eor = false;
  /** Datagrams: what IP_RECVERR's queue shows (struct sock_extended_err and the offender's address); null else. */
  error: SockError | null = null;
  constructor(head: Uint8Array, data: number, tail: number) {
    this.head = head;
    this.data = data;
    this.tail = tail;
  }
  get length(): number {
    return this.tail - this.data + this.dataLen;
  }
}

/** struct sock_exterr_skb: an error on a socket's error queue. */
export class SockError {
  errno: number;
  origin: number;
  type: number;
  code: number;
  info: number;
  /** ee_data. */
  data = 0;
  /** Whom the packet was for, as a sockaddr. */
  name: Uint8Array;
  /** Who sent the error, as a sockaddr. */
  offender: Uint8Array;
  constructor(errno: number, origin: number, type: number, code: number, info: number, name: Uint8Array, offender: Uint8Array) {
    this.errno = errno;
    this.origin = origin;
    this.type = type;
    this.code = code;
    this.info = info;
    this.name = name;
    this.offender = offender;
  }
}
stateClass(SkbFrag, SkbSharedInfo, Packet, SockError);

/** A packet with room for `headroom` bytes of headers in front. @linux net/core/skbuff.c __alloc_skb */
export function allocSkb(headroom: number, size: number): Packet {
  return new Packet(new Uint8Array(headroom + size), headroom, headroom);
}

/** Lets go of a packet's data; the last holder gives the frames back. @linux net/core/skbuff.c kfree_skb */
export function kfreeSkb(k: Kernel, skb: Packet): void {
  const { shared } = skb;
  if (!shared) return;
  skb.shared = null;
  skb.dataLen = 0;
  if (--shared.dataref > 0) return;
  const { phys } = k.machine;
  for (const f of shared.frags) phys.put(f.frame);
}

/** Another packet with the same fragments and a head of its own, with room for headers. @linux net/core/skbuff.c pskb_copy */
export function skbClone(k: Kernel, skb: Packet, headroom: number): Packet {
  const linear = skb.tail - skb.data;
  const copy = allocSkb(headroom, linear);
  copy.tail += linear;
  if (linear > 0) {
    copy.head.set(skb.head.subarray(skb.data, skb.tail), headroom);
    countCopy(k, COPY_KERNEL, linear);
  }
  if (skb.shared) {
    skb.shared.dataref++;
    copy.shared = skb.shared;
    copy.dataLen = skb.dataLen;
  }
  copy.truesize = skb.truesize;
  copy.protocol = skb.protocol;
  return copy;
}

/** Makes the fragment list the packet's own, so that it may change. @linux net/core/skbuff.c skb_unclone */
export function skbUnclone(k: Kernel, skb: Packet): SkbSharedInfo {
  const old = skb.shared;
  if (!old) {
    skb.shared = new SkbSharedInfo();
    return skb.shared;
  }
  if (old.dataref === 1) return old;
  const own = new SkbSharedInfo();
  const { phys } = k.machine;
  for (const f of old.frags) {
    phys.get(f.frame);
    own.frags.push(new SkbFrag(f.frame, f.offset, f.size));
  }
  old.dataref--;
  skb.shared = own;
  return own;
}

/** Appends bytes of a frame, whose reference the packet takes over unless they continue its last fragment. @linux net/core/skbuff.c skb_append_pagefrags */
export function skbAppendFrag(k: Kernel, skb: Packet, frame: number, offset: number, size: number): void {
  const { frags } = skbUnclone(k, skb);
  skb.dataLen += size;
  const last = frags[frags.length - 1];
  if (last && last.frame === frame && last.offset + last.size === offset) {
    last.size += size;
    k.machine.phys.put(frame);
  } else frags.push(new SkbFrag(frame, offset, size));
}

/** Can bytes at this place join the last fragment? @linux include/linux/skbuff.h skb_can_coalesce */
export function skbCanCoalesce(skb: Packet, frame: number, offset: number): boolean {
  const frags = skb.shared?.frags;
  const last = frags && frags.length > 0 ? frags[frags.length - 1] : undefined;
  return last !== undefined && last.frame === frame && last.offset + last.size === offset;
}

/** Drops the first n payload bytes. @linux net/core/skbuff.c pskb_pull */
export function skbPull(k: Kernel, skb: Packet, n: number): void {
  const linear = Math.min(n, skb.tail - skb.data);
  skb.data += linear;
  n -= linear;
  if (n <= 0 || !skb.shared) return;
  const { frags } = skbUnclone(k, skb);
  skb.dataLen -= n;
  let drop = 0;
  while (n > 0) {
    const f = frags[drop]!;
    if (f.size > n) {
      f.offset += n;
      f.size -= n;
      break;
    }
    n -= f.size;
    k.machine.phys.put(f.frame);
    drop++;
  }
  if (drop > 0) frags.splice(0, drop);
}

/** Cuts a packet to its first `length` bytes. @linux net/core/skbuff.c pskb_trim */
export function skbTrim(k: Kernel, skb: Packet, length: number): void {
  let cut = skb.length - length;
  if (cut <= 0) return;
  if (skb.dataLen > 0) {
    const { frags } = skbUnclone(k, skb);
    while (cut > 0 && frags.length > 0) {
      const f = frags[frags.length - 1]!;
      const n = Math.min(cut, f.size);
      f.size -= n;
      skb.dataLen -= n;
      cut -= n;
      if (f.size === 0) {
        k.machine.phys.put(f.frame);
        frags.pop();
      }
    }
  }
  skb.tail -= cut;
}

/** Moves everything after the first `length` payload bytes of a packet with fragments only into another. @linux net/core/skbuff.c skb_split */
export function skbSplit(k: Kernel, skb: Packet, to: Packet, length: number): void {
  const { frags } = skbUnclone(k, skb);
  const out = skbUnclone(k, to);
  let at = 0;
  let keep = 0;
  for (const f of frags) {
    if (at + f.size <= length) {
      at += f.size;
      keep++;
      continue;
    }
    const here = Math.max(0, length - at);
    if (here > 0) {
      k.machine.phys.get(f.frame);
      out.frags.push(new SkbFrag(f.frame, f.offset + here, f.size - here));
      at += f.size;
      f.size = here;
      keep++;
    } else {
      at += f.size;
      out.frags.push(f);
    }
  }
  frags.length = keep;
  to.dataLen += skb.dataLen - length;
  skb.dataLen = length;
}

/** Copies n bytes of a packet's payload from `offset` on into an iterator. @returns bytes copied, fewer on a fault @linux net/core/datagram.c skb_copy_datagram_iter */
export function skbCopyDatagramIter(k: Kernel, skb: Packet, offset: number, to: IovIter, n: number): number {
  let done = 0;
  const linear = skb.tail - skb.data;
  if (offset < linear) {
    const run = Math.min(n, linear - offset);
    done = to.copyTo(k, skb.head, skb.data + offset, run);
    if (done < run) return done;
  }
  if (done === n || !skb.shared) return done;
  let skip = offset + done - linear;
  for (const f of skb.shared.frags) {
    if (skip >= f.size) {
      skip -= f.size;
      continue;
    }
    const run = Math.min(n - done, f.size - skip);
    const copied = to.copyPhysTo(k, f.frame * PAGE_SIZE + f.offset + skip, run);
    done += copied;
    skip = 0;
    if (copied < run || done === n) break;
  }
  return done;
}

/** Copies payload bytes out of a packet into a buffer. @linux net/core/skbuff.c skb_copy_bits */
export function skbCopyBits(k: Kernel, skb: Packet, offset: number, to: Uint8Array, at: number, n: number): void {
  skbPeekBits(k, skb, offset, to, at, n);
  countCopy(k, COPY_KERNEL, n);
}

/** The same for those who only watch: not counted. */
export function skbPeekBits(k: Kernel, skb: Packet, offset: number, to: Uint8Array, at: number, n: number): void {
  const linear = skb.tail - skb.data;
  let done = 0;
  if (offset < linear) {
    done = Math.min(n, linear - offset);
    to.set(skb.head.subarray(skb.data + offset, skb.data + offset + done), at);
  }
  if (done === n || !skb.shared) return;
  let skip = offset + done - linear;
  const { u8 } = k.machine.phys;
  for (const f of skb.shared.frags) {
    if (skip >= f.size) {
      skip -= f.size;
      continue;
    }
    const run = Math.min(n - done, f.size - skip);
    const from = f.frame * PAGE_SIZE + f.offset + skip;
    to.set(u8.subarray(from, from + run), at + done);
    done += run;
    skip = 0;
    if (done === n) break;
  }
}

/** A packet seen from its network header on; it holds no reference of its own. */
export function fromNetworkHeader(skb: Packet): Packet {
  const whole = new Packet(skb.head, skb.networkHeader, skb.tail);
  whole.shared = skb.shared;
  whole.dataLen = skb.dataLen;
  return whole;
}

export const get16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;
export const get32 = (b: Uint8Array, at: number): number => ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
export function set16(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 8;
  b[at + 1] = v;
}
export function set32(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 24;
  b[at + 1] = v >>> 16;
  b[at + 2] = v >>> 8;
  b[at + 3] = v;
}
