import type { Kernel } from "../../kernel.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import { allocSkb, kfreeSkb, type Packet, skbSplit } from "../core/skb.ts";
import { TCP_CLOSE, TCP_SYN_SENT } from "../core/sock.ts";
import { after, before, seqAdd, seqSub, type TcpSock } from "./tcpSock.ts";
import { clearRetransTimer, resetProbe0Timer, resetRetransTimer, sendDelayedAckLater } from "./tcpTimers.ts";
import { routeMss, SKB_OVERHEAD, sackBlocks, TSTAMP_ALIGNED, transmitSkb } from "./tcpTransmit.ts";
import { boundToHalfWindow, initialWindow, tcpFullSpace, wndEnd } from "./tcpWindow.ts";

/** TCPCB_*: bits of Packet.sacked. */
export const SACKED_ACKED = 1;
export const SACKED_RETRANS = 2;
export const LOST = 4;
export const EVER_RETRANS = 0x80;

export const inFlight = (sk: TcpSock): number => sk.rtxQueue.length - sk.sackedOut - sk.lostOut + sk.retransOut;

/** @linux net/ipv4/tcp_output.c tcp_sync_mss */
export function syncMss(sk: TcpSock): void {
  let mss = Math.min(routeMss(sk.v6, sk.pathMtu), sk.rx.mssClamp);
  mss = Math.max(48, mss - (sk.rx.tstampOk ? TSTAMP_ALIGNED : 0));
  sk.mssCache = boundToHalfWindow(sk, mss);
}

/** What a segment may carry just now: less while SACKs are told. @linux net/ipv4/tcp_output.c tcp_current_mss */
export function currentMss(sk: TcpSock): number {
  if (sk.ofoQueue.length === 0 || !sk.rx.sackOk) return sk.mssCache;
  return Math.max(48, sk.mssCache - Math.min(sackBlocks(sk).length / 2, sk.rx.tstampOk ? 3 : 4) * 8 - 4);
}

/** A segment was sent for the first time. @linux net/ipv4/tcp_output.c tcp_event_new_data_sent */
function newDataSent(k: Kernel, sk: TcpSock, skb: Packet): void {
  const prior = sk.rtxQueue.length;
  sk.sndNxt = skb.endSeq;
  sk.writeQueue.shift();
  sk.rtxQueue.push(skb);
  if (prior === 0 || sk.probe0) resetRetransTimer(k, sk);
}

/** @linux net/ipv4/tcp_output.c tcp_nagle_check */
function nagleHolds(sk: TcpSock, skb: Packet, mss: number, nonagle: number): boolean {
  if (nonagle & T.TCP_NAGLE_PUSH) return false;
  if (before(sk.sndUna, sk.sndUp) || skb.tcpFlags & T.TCPHDR_FIN) return false;
  if (skb.dataLen >= mss) return false;
  if (nonagle & T.TCP_NAGLE_CORK) return true;
  return nonagle === 0 && sk.rtxQueue.length > 0 && after(sk.sndSml, sk.sndUna) && !after(sk.sndSml, sk.sndNxt);
}

/** Cuts a segment that is waiting in two. @linux net/ipv4/tcp_output.c tcp_fragment, tso_fragment */
export function fragment(k: Kernel, sk: TcpSock, list: Packet[], index: number, length: number): void {
  const skb = list[index]!;
  const rest = allocSkb(0, 0);
  rest.seq = seqAdd(skb.seq, length);
  rest.endSeq = skb.endSeq;
  skb.endSeq = rest.seq;
  rest.tcpFlags = skb.tcpFlags;
  skb.tcpFlags &= ~(T.TCPHDR_FIN | T.TCPHDR_PSH);
  rest.sacked = skb.sacked;
  rest.tstamp = skb.tstamp;
  rest.eor = skb.eor;
  skb.eor = false;
  skbSplit(k, skb, rest, length);
  skb.truesize = SKB_OVERHEAD + skb.dataLen;
  rest.truesize = SKB_OVERHEAD + rest.dataLen;
  sk.wmemQueued += SKB_OVERHEAD;
  list.splice(index + 1, 0, rest);
}

/** Sends what windows, Nagle's rule and congestion allow. @returns whether nothing is on its way though something waits @linux net/ipv4/tcp_output.c tcp_write_xmit */
export function writeXmit(k: Kernel, sk: TcpSock, mss: number, nonagle: number, pushOne: boolean): boolean {
  sk.cwndLimited = false;
  for (let sent = 0; ; sent++) {
    const skb = sk.writeQueue[0];
    if (!skb) break;
    if (inFlight(sk) >= sk.cwnd) {
      sk.cwndLimited = true;
      break;
    }
    const room = seqSub(wndEnd(sk), skb.seq);
    if (room < Math.min(skb.dataLen, mss)) break;
    if (nagleHolds(sk, skb, mss, sk.writeQueue.length === 1 ? nonagle : T.TCP_NAGLE_PUSH)) break;
    if (skb.dataLen > mss) {
      fragment(k, sk, sk.writeQueue, 0, mss);
      // What remains of it is held to the rules for itself.
    }
    if (skb.dataLen < mss) sk.sndSml = skb.endSeq;
    newDataSent(k, sk, skb);
    if (transmitSkb(k, sk, skb) < 0) break;
    if (pushOne && sent >= 0) break;
  }
  return sk.rtxQueue.length === 0 && sk.writeQueue.length > 0;
}

/** @linux net/ipv4/tcp_output.c __tcp_push_pending_frames */
export function pushPendingFrames(k: Kernel, sk: TcpSock, mss: number, nonagle: number): void {
  if (sk.state === TCP_CLOSE || sk.writeQueue.length === 0) return;
  if (writeXmit(k, sk, mss, nonagle, false)) checkProbeTimer(k, sk);
}

/** @linux include/net/tcp.h tcp_check_probe_timer */
export function checkProbeTimer(k: Kernel, sk: TcpSock): void {
  if (sk.rtxQueue.length === 0 && sk.retransTimer.heapIndex < 0) resetProbe0Timer(k, sk);
}

/** @linux net/ipv4/tcp_output.c tcp_push_one */
export function pushOne(k: Kernel, sk: TcpSock, mss: number): void {
  writeXmit(k, sk, mss, T.TCP_NAGLE_PUSH, true);
}

/** A segment without payload, with a header of its own. */
function bare(sk: TcpSock, seq: number, flags: number): Packet {
  void sk;
  const skb = allocSkb(0, 0);
  skb.seq = seq;
  skb.endSeq = flags & (T.TCPHDR_SYN | T.TCPHDR_FIN) ? seqAdd(seq, 1) : seq;
  skb.tcpFlags = flags;
  skb.truesize = SKB_OVERHEAD;
  return skb;
}

/** @linux net/ipv4/tcp_output.c tcp_acceptable_seq */
function acceptableSeq(sk: TcpSock): number {
  const end = wndEnd(sk);
  return !before(end, sk.sndNxt) ? sk.sndNxt : end;
}

/** @linux net/ipv4/tcp_output.c __tcp_send_ack */
export function sendAck(k: Kernel, sk: TcpSock): void {
  if (sk.state === TCP_CLOSE) return;
  transmitSkb(k, sk, bare(sk, acceptableSeq(sk), T.TCPHDR_ACK));
}

/** Sends an ACK within the time it may take. @linux net/ipv4/tcp_output.c tcp_send_delayed_ack */
export function sendDelayedAck(k: Kernel, sk: TcpSock): void {
  let { ato } = sk;
  if (ato > T.TCP_DELACK_MIN) {
    let max = 500e6;
    if (sk.pingpong >= 1 || sk.ackPending & T.ICSK_ACK_PUSHED) max = T.TCP_DELACK_MAX;
    if (sk.srtt > 0) max = Math.min(max, Math.max(sk.srtt, T.TCP_DELACK_MIN));
    ato = Math.min(ato, max);
  }
  ato = Math.max(1e6, Math.min(ato, T.TCP_DELACK_MAX));
  const now = k.time.now();
  let at = now + ato;
  if (sk.ackPending & T.ICSK_ACK_TIMER && sk.delackTimer.heapIndex >= 0) {
    if (sk.delackTimer.expires <= now + ato / 4) {
      sendAck(k, sk);
      return;
    }
    at = Math.min(at, sk.delackTimer.expires);
  }
  sk.ackPending |= T.ICSK_ACK_SCHED | T.ICSK_ACK_TIMER;
  sendDelayedAckLater(k, sk, at);
}

/** Queues the FIN, and sends it if it may go. @linux net/ipv4/tcp_output.c tcp_send_fin */
export function sendFin(k: Kernel, sk: TcpSock): void {
  const tail = sk.writeQueue[sk.writeQueue.length - 1];
  if (tail) {
    tail.tcpFlags |= T.TCPHDR_FIN;
    tail.endSeq = seqAdd(tail.endSeq, 1);
  } else {
    const skb = bare(sk, sk.writeSeq, T.TCPHDR_ACK | T.TCPHDR_FIN);
    sk.writeQueue.push(skb);
    sk.wmemQueued += skb.truesize;
  }
  sk.writeSeq = seqAdd(sk.writeSeq, 1);
  pushPendingFrames(k, sk, currentMss(sk), T.TCP_NAGLE_OFF);
}

/** @linux net/ipv4/tcp_output.c tcp_send_active_reset */
export function sendActiveReset(k: Kernel, sk: TcpSock): void {
  count(k, "Tcp.OutRsts");
  transmitSkb(k, sk, bare(sk, acceptableSeq(sk), T.TCPHDR_ACK | T.TCPHDR_RST));
}

/** Begins a connection: parameters, and the SYN. @linux net/ipv4/tcp_output.c tcp_connect */
export function tcpConnect(k: Kernel, sk: TcpSock): number {
  const { rx } = sk;
  rx.tstampOk = rx.sackOk = rx.wscaleOk = true;
  rx.sndWscale = 0;
  if (sk.userMss > 0) rx.mssClamp = sk.userMss;
  else rx.mssClamp = 65535;
  sk.maxWindow = 0;
  syncMss(sk);
  const mss = routeMss(sk.v6, sk.pathMtu);
  sk.advmss = sk.userMss > 0 ? Math.min(mss, sk.userMss) : mss;
  const w = initialWindow(tcpFullSpace(sk), sk.advmss - (rx.tsRecentStamp >= 0 ? TSTAMP_ALIGNED : 0), sk.windowClamp, true);
  sk.rcvWnd = w.rcvWnd;
  sk.windowClamp = w.clamp;
  rx.rcvWscale = w.wscale;
  sk.rcvSsthresh = sk.rcvWnd;
  sk.err = 0;
  sk.done = false;
  sk.sndWnd = 0;
  sk.sndWl1 = 0;
  sk.writeSeq = sk.writeSeq || 1;
  sk.sndUna = sk.sndSml = sk.sndUp = sk.sndNxt = sk.writeSeq;
  sk.rcvNxt = 0;
  sk.rcvWup = 0;
  sk.copiedSeq = 0;
  sk.rto = T.TCP_TIMEOUT_INIT;
  sk.retransmits = 0;
  sk.retransStamp = k.time.now();
  const skb = bare(sk, sk.writeSeq, T.TCPHDR_SYN);
  sk.writeSeq = seqAdd(sk.writeSeq, 1);
  skb.tstamp = k.time.now();
  sk.rtxQueue.push(skb);
  sk.wmemQueued += skb.truesize;
  sk.sndNxt = sk.pushedSeq = sk.writeSeq;
  count(k, "Tcp.ActiveOpens");
  // The timer first: the answer may come before the call returns.
  resetRetransTimer(k, sk);
  transmitSkb(k, sk, skb);
  return 0;
}

/** Sends a segment of the retransmission queue again. 0 or -errno. @linux net/ipv4/tcp_output.c __tcp_retransmit_skb */
export function retransmitSkb(k: Kernel, sk: TcpSock, skb: Packet): number {
  const index = sk.rtxQueue.indexOf(skb);
  const room = seqSub(wndEnd(sk), skb.seq);
  // A window that has been taken back: only the first segment goes, as a probe.
  if (room <= 0 && index !== 0 && sk.state !== TCP_SYN_SENT) return -11;
  const mss = currentMss(sk);
  if (skb.dataLen > mss) fragment(k, sk, sk.rtxQueue, index, mss);
  count(k, "Tcp.RetransSegs");
  sk.totalRetrans++;
  sk.bytesRetrans += skb.dataLen;
  if (!(skb.sacked & SACKED_RETRANS)) {
    skb.sacked |= SACKED_RETRANS | EVER_RETRANS;
    sk.retransOut++;
  }
  if (sk.retransStamp === 0) sk.retransStamp = k.time.now();
  return transmitSkb(k, sk, skb);
}

/** Sends one probe into a window that is closed, or the head if it fits by now. 0 sent, >0 nothing to do, <0 failed. @linux net/ipv4/tcp_output.c tcp_write_wakeup */
export function writeWakeup(k: Kernel, sk: TcpSock): number {
  if (sk.state === TCP_CLOSE) return -1;
  const skb = sk.writeQueue[0];
  const end = wndEnd(sk);
  if (skb && before(skb.seq, end)) {
    const mss = currentMss(sk);
    const room = seqSub(end, skb.seq);
    if (before(sk.pushedSeq, skb.endSeq)) sk.pushedSeq = skb.endSeq;
    if (room < seqSub(skb.endSeq, skb.seq) || skb.dataLen > mss) {
      skb.tcpFlags |= T.TCPHDR_PSH;
      fragment(k, sk, sk.writeQueue, 0, Math.min(room, mss, skb.dataLen));
    }
    skb.tcpFlags |= T.TCPHDR_PSH;
    newDataSent(k, sk, skb);
    return transmitSkb(k, sk, skb);
  }
  if (before(seqAdd(sk.sndUna, 1), sk.sndUp)) transmitSkb(k, sk, bare(sk, sk.sndUna, T.TCPHDR_ACK));
  // A sequence number that has been acknowledged: the answer tells the window.
  return transmitSkb(k, sk, bare(sk, (sk.sndUna - 1) >>> 0, T.TCPHDR_ACK));
}

/** Frees what waits to be sent or acknowledged. @linux net/ipv4/tcp.c tcp_write_queue_purge */
export function writeQueuePurge(k: Kernel, sk: TcpSock): void {
  for (const skb of sk.rtxQueue) kfreeSkb(k, skb);
  for (const skb of sk.writeQueue) kfreeSkb(k, skb);
  sk.rtxQueue = [];
  sk.writeQueue = [];
  sk.wmemQueued = 0;
  sk.sackedOut = sk.lostOut = sk.retransOut = 0;
  clearRetransTimer(k, sk);
}
