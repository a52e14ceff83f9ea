import type { Kernel } from "../../kernel.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import { allocSkb, CHECKSUM_PARTIAL, kfreeSkb, type Packet, set16, set32, skbClone } from "../core/skb.ts";
import { IPV6_HEADER, ip6RouteOutput, ip6Xmit, route6 } from "../ipv6/ip6Output.ts";
import { IP_HEADER, IPDEFTTL, ipXmit } from "./ipOutput.ts";
import { ipRouteOutput, route } from "./route.ts";
import { after, before, seqAdd, seqSub, type TcpSock } from "./tcpSock.ts";
import { announceWindow } from "./tcpWindow.ts";

/** One segment on its way out: its header and options, and the packets that belong to no connection. */

export const TCP_HEADER = 20;
export const TSTAMP_ALIGNED = 12;
/** SKB_TRUESIZE of a segment's head: what it costs beside its payload. */
export const SKB_OVERHEAD = 1280;
/** Room for the longest headers. */
const HEADROOM = IPV6_HEADER + 60;
const PROTOCOL = 6;

/** TCP's clock for time stamps: ms. @linux include/net/tcp.h tcp_time_stamp_ts */
export const tcpClock = (k: Kernel, offset: number): number => (Math.floor(k.time.now() / 1e6) + offset) >>> 0;

/** The largest segment a route takes. @linux net/ipv4/tcp_output.c __tcp_mtu_to_mss */
export const routeMss = (v6: boolean, mtu: number): number => (v6 ? mtu - 60 : Math.min(mtu, 65535) - 40);

/** Ranges received out of order, that of the last packet first: [start, end, …]. */
export function sackBlocks(sk: TcpSock): number[] {
  const blocks: number[] = [];
  for (const skb of sk.ofoQueue) {
    if (blocks.length > 0 && !before(blocks[blocks.length - 1]!, skb.seq)) {
      if (after(skb.endSeq, blocks[blocks.length - 1]!)) blocks[blocks.length - 1] = skb.endSeq;
    } else blocks.push(skb.seq, skb.endSeq);
  }
  for (let i = 0; i < blocks.length; i += 2) {
    if (i > 0 && !before(sk.lastSack, blocks[i]!) && before(sk.lastSack, blocks[i + 1]!)) {
      const [a, b] = blocks.splice(i, 2);
      blocks.unshift(a!, b!);
    }
  }
  return blocks;
}

/** Writes the options of a SYN. @returns bytes @linux net/ipv4/tcp_output.c tcp_options_write */
function synOptions(
  b: Uint8Array,
  at: number,
  mss: number,
  ts: boolean,
  tsval: number,
  tsecr: number,
  sack: boolean,
  wscale: number,
): number {
  const start = at;
  b[at] = 2;
  b[at + 1] = 4;
  set16(b, at + 2, mss);
  at += 4;
  if (ts) {
    b[at] = sack ? 4 : 1;
    b[at + 1] = sack ? 2 : 1;
    b[at + 2] = 8;
    b[at + 3] = 10;
    set32(b, at + 4, tsval);
    set32(b, at + 8, tsecr);
    at += 12;
  } else if (sack) {
    b[at] = b[at + 1] = 1;
    b[at + 2] = 4;
    b[at + 3] = 2;
    at += 4;
  }
  if (wscale >= 0) {
    b[at] = 1;
    b[at + 1] = 3;
    b[at + 2] = 3;
    b[at + 3] = wscale;
    at += 4;
  }
  return at - start;
}

const scratch = new Uint8Array(40);

/** Writes the options of any other segment. @returns bytes */
function plainOptions(k: Kernel, sk: TcpSock, b: Uint8Array): number {
  let at = 0;
  if (sk.rx.tstampOk) {
    b[0] = b[1] = 1;
    b[2] = 8;
    b[3] = 10;
    set32(b, 4, tcpClock(k, sk.tsOffset));
    set32(b, 8, sk.rx.tsRecent);
    at = 12;
  }
  if (sk.ofoQueue.length > 0 && sk.rx.sackOk) {
    const blocks = sackBlocks(sk);
    const n = Math.min(blocks.length / 2, Math.floor((40 - at - 4) / 8));
    b[at] = b[at + 1] = 1;
    b[at + 2] = 5;
    b[at + 3] = 2 + n * 8;
    at += 4;
    for (let i = 0; i < n * 2; i++, at += 4) set32(b, at, blocks[i]!);
  }
  return at;
}

/** Gives a finished segment its IP header and sends it. @linux net/ipv4/ip_output.c ip_queue_xmit, net/ipv6/inet6_connection_sock.c inet6_csk_xmit */
function queueXmit(k: Kernel, sk: TcpSock, out: Packet): number {
  out.ipSummed = CHECKSUM_PARTIAL;
  sk.segsOut++;
  count(k, "Tcp.OutSegs");
  if (sk.v6) {
    const r = ip6RouteOutput(k, sk.v6Daddr, sk.v6Saddr, sk.boundDevIf);
    if (r < 0) {
      kfreeSkb(k, out);
      return r;
    }
    return ip6Xmit(k, out, route6.dev!, route6.saddr, route6.daddr, PROTOCOL, sk.tclass, sk.hopLimit < 0 ? 64 : sk.hopLimit);
  }
  const r = ipRouteOutput(k, sk.daddr, sk.saddr, sk.boundDevIf);
  if (r < 0) {
    kfreeSkb(k, out);
    return r;
  }
  const df = (sk.ipOptions.get(10) ?? 1) !== 0;
  return ipXmit(k, sk, out, route.dev!, route.saddr, route.daddr, PROTOCOL, sk.tos, sk.ttl < 0 ? IPDEFTTL : sk.ttl, df);
}

/** Sends a copy of a segment with the header of this moment. @linux net/ipv4/tcp_output.c __tcp_transmit_skb */
export function transmitSkb(k: Kernel, sk: TcpSock, skb: Packet): number {
  const syn = (skb.tcpFlags & T.TCPHDR_SYN) !== 0;
  const options = syn
    ? synOptions(
        scratch,
        0,
        sk.advmss,
        sk.rx.tstampOk,
        tcpClock(k, sk.tsOffset),
        sk.rx.tsRecent,
        sk.rx.sackOk,
        sk.rx.wscaleOk ? sk.rx.rcvWscale : -1,
      )
    : plainOptions(k, sk, scratch);
  const size = TCP_HEADER + options;
  // No larger than it has to be: V8 has small arrays much cheaper.
  const room = (sk.v6 ? IPV6_HEADER : IP_HEADER) + size;
  const out = skbClone(k, skb, room);
  out.data = out.tail = room;
  out.data -= size;
  const { head, data: at } = out;
  for (let i = 0; i < options; i++) head[at + TCP_HEADER + i] = scratch[i]!;
  set16(head, at, sk.sport);
  set16(head, at + 2, sk.dport);
  set32(head, at + 4, skb.seq);
  let flags = skb.tcpFlags;
  set32(head, at + 8, flags & T.TCPHDR_ACK ? sk.rcvNxt : 0);
  head[at + 12] = size << 2;
  set16(head, at + 14, syn ? Math.min(sk.rcvWnd, 65535) : announceWindow(sk));
  if (before(sk.sndUna, sk.sndUp) && before(skb.seq, sk.sndUp)) {
    const distance = seqSub(sk.sndUp, skb.seq);
    if (distance < 0x10000) {
      set16(head, at + 18, distance);
      flags |= T.TCPHDR_URG;
    } else if (after(seqAdd(skb.seq, 0xffff), sk.sndNxt)) {
      set16(head, at + 18, 0xffff);
      flags |= T.TCPHDR_URG;
    }
  }
  head[at + 13] = flags;
  if (flags & T.TCPHDR_ACK) ackSent(k, sk);
  if (skb.dataLen > 0) {
    dataSent(k, sk);
    sk.dataSegsOut++;
    sk.bytesSent += skb.dataLen;
  }
  skb.tstamp = k.time.now();
  return queueXmit(k, sk, out);
}

/** @linux net/ipv4/tcp_output.c tcp_event_ack_sent */
function ackSent(k: Kernel, sk: TcpSock): void {
  if (sk.quick > 0) {
    sk.quick--;
    if (sk.quick === 0) sk.ato = T.TCP_ATO_MIN;
  }
  sk.ackPending = 0;
  if (sk.delackTimer.heapIndex >= 0) k.time.cancelTimer(sk.delackTimer);
}

/** @linux net/ipv4/tcp_output.c tcp_event_data_sent */
function dataSent(k: Kernel, sk: TcpSock): void {
  const now = k.time.now();
  // After a pause the path may have changed: begin anew.
  if (sk.rtxQueue.length === 0 && sk.lsndtime > 0) restartAfterIdle(sk, now);
  sk.lsndtime = now;
  // An answer within the time an ACK may wait: the ACK can go with the next answer as well.
  if (now - sk.lrcvtime < sk.ato) sk.pingpong = Math.min(255, sk.pingpong + 1);
}

/** @linux net/ipv4/tcp_output.c tcp_cwnd_restart */
function restartAfterIdle(sk: TcpSock, now: number): void {
  let idle = now - sk.lsndtime;
  if (idle <= sk.rto) return;
  const restart = Math.min(T.TCP_INIT_CWND, sk.cwnd);
  let cwnd = sk.cwnd;
  while ((idle -= sk.rto) > 0 && cwnd > restart) cwnd >>= 1;
  sk.ssthresh = Math.max(sk.ssthresh, (sk.cwnd >> 1) + (sk.cwnd >> 2));
  sk.cwnd = Math.max(cwnd, restart);
}

/**
 * Sends a segment that belongs to no connection in full: a SYN's answer, a reset, an ACK from TIME_WAIT.
 * Addresses and ports are those of the packet that it answers.
 * @linux net/ipv4/ip_output.c ip_send_unicast_reply
 */
export function sendReply(
  k: Kernel,
  v6: boolean,
  saddr: number,
  daddr: number,
  saddr6: Uint8Array,
  daddr6: Uint8Array,
  sport: number,
  dport: number,
  seq: number,
  ack: number,
  flags: number,
  window: number,
  options: Uint8Array | null,
  tos: number,
): void {
  const n = options ? options.length : 0;
  const out = allocSkb(HEADROOM, 0);
  out.data -= TCP_HEADER + n;
  const { head, data: at } = out;
  if (options) head.set(options, at + TCP_HEADER);
  set16(head, at, sport);
  set16(head, at + 2, dport);
  set32(head, at + 4, seq);
  set32(head, at + 8, ack);
  head[at + 12] = (TCP_HEADER + n) << 2;
  head[at + 13] = flags;
  set16(head, at + 14, window);
  out.ipSummed = CHECKSUM_PARTIAL;
  out.truesize = SKB_OVERHEAD;
  count(k, "Tcp.OutSegs");
  if (flags & T.TCPHDR_RST) count(k, "Tcp.OutRsts");
  if (v6) {
    if (ip6RouteOutput(k, daddr6, saddr6, 0) >= 0) ip6Xmit(k, out, route6.dev!, route6.saddr, route6.daddr, PROTOCOL, tos, 64);
  } else if (ipRouteOutput(k, daddr, saddr, 0) >= 0) {
    ipXmit(k, null, out, route.dev!, route.saddr, route.daddr, PROTOCOL, tos, IPDEFTTL, true);
  }
}

/** The options of a SYN's answer, or a time stamp alone. */
export function replyOptions(mss: number, ts: boolean, tsval: number, tsecr: number, sack: boolean, wscale: number): Uint8Array {
  const n = synOptions(scratch, 0, mss, ts, tsval, tsecr, sack, wscale);
  return scratch.slice(0, n);
}
export function timestampOption(tsval: number, tsecr: number): Uint8Array {
  const b = new Uint8Array(12);
  b[0] = b[1] = 1;
  b[2] = 8;
  b[3] = 10;
  set32(b, 4, tsval);
  set32(b, 8, tsecr);
  return b;
}
