import type { Kernel } from "../../kernel.ts";
import * as T from "../../uapi/tcp.ts";
import { kfreeSkb, type Packet, skbPull } from "../core/skb.ts";
import { TCP_SYN_SENT } from "../core/sock.ts";
import { th } from "./tcpOptions.ts";
import {
  currentMss,
  EVER_RETRANS,
  inFlight,
  LOST,
  retransmitSkb,
  SACKED_ACKED,
  SACKED_RETRANS,
  sendAck,
  syncMss,
  writeXmit,
} from "./tcpOutput.ts";
import { after, before, seqSub, type TcpSock } from "./tcpSock.ts";
import { clearRetransTimer, resetProbe0Timer, resetRetransTimer } from "./tcpTimers.ts";
import { tcpClock } from "./tcpTransmit.ts";
import { wndEnd } from "./tcpWindow.ts";

const TCP_CA_OPEN = 0;
const TCP_CA_RECOVERY = 3;
const TCP_CA_LOSS = 4;

/** A new measurement of the round trip, ns. @linux net/ipv4/tcp_input.c tcp_rtt_estimator */
export function rttEstimator(sk: TcpSock, rtt: number): void {
  rtt = Math.max(1, rtt);
  sk.minRtt = sk.minRtt === 0 ? rtt : Math.min(sk.minRtt, rtt);
  if (sk.srtt === 0) {
    sk.srtt = rtt;
    sk.mdev = rtt / 2;
    sk.rttvar = Math.max(2 * rtt, T.TCP_RTO_MIN);
  } else {
    const error = rtt - sk.srtt;
    sk.srtt = Math.max(1, Math.round(sk.srtt + error / 8));
    sk.mdev = Math.round(sk.mdev + (Math.abs(error) - sk.mdev) / 4);
    sk.rttvar = Math.max(4 * sk.mdev, T.TCP_RTO_MIN);
  }
  sk.rto = Math.min(sk.srtt + sk.rttvar, T.TCP_RTO_MAX);
  sk.backoff = 0;
}

/** Reno: slow start, then one segment more per round. @linux net/ipv4/tcp_cong.c tcp_reno_cong_avoid */
function congAvoid(sk: TcpSock, acked: number): void {
  if (!sk.cwndLimited && sk.cwnd >= 2 * sk.rtxQueue.length) return;
  if (sk.cwnd < sk.ssthresh) {
    const cwnd = Math.min(sk.cwnd + acked, sk.ssthresh);
    acked -= cwnd - sk.cwnd;
    sk.cwnd = cwnd;
    if (acked <= 0) return;
  }
  sk.cwndCnt += acked;
  if (sk.cwndCnt >= sk.cwnd) {
    sk.cwndCnt -= sk.cwnd;
    sk.cwnd++;
  }
}

/** Marks what SACK blocks say has arrived. @linux net/ipv4/tcp_input.c tcp_sacktag_write_queue */
function sacktag(sk: TcpSock): boolean {
  let fresh = false;
  for (let i = 0; i + 1 < th.sacks.length; i += 2) {
    const start = th.sacks[i]!;
    const end = th.sacks[i + 1]!;
    if (!before(start, end) || after(end, sk.sndNxt)) continue;
    for (const skb of sk.rtxQueue) {
      if (before(skb.seq, start) || after(skb.endSeq, end) || skb.sacked & SACKED_ACKED) continue;
      if (skb.sacked & SACKED_RETRANS) sk.retransOut--;
      if (skb.sacked & LOST) sk.lostOut--;
      skb.sacked = (skb.sacked & ~(SACKED_RETRANS | LOST)) | SACKED_ACKED;
      sk.sackedOut++;
      sk.delivered++;
      fresh = true;
    }
  }
  return fresh;
}

/** Takes what is acknowledged off the retransmission queue. @returns segments @linux net/ipv4/tcp_input.c tcp_clean_rtx_queue */
function cleanRtxQueue(k: Kernel, sk: TcpSock): number {
  let n = 0;
  let rttFrom = -1;
  let retransmitted = false;
  while (n < sk.rtxQueue.length) {
    const skb = sk.rtxQueue[n]!;
    if (after(skb.endSeq, sk.sndUna)) {
      // A part of it has arrived.
      const part = seqSub(sk.sndUna, skb.seq);
      if (part > 0 && skb.dataLen > part) {
        skbPull(k, skb, part);
        skb.seq = sk.sndUna;
        sk.wmemQueued -= part;
        skb.truesize -= part;
        sk.shrunk = true;
      }
      break;
    }
    if (skb.sacked & EVER_RETRANS) retransmitted = true;
    else if (!(skb.sacked & SACKED_ACKED)) {
      if (rttFrom < 0 || skb.tstamp > rttFrom) rttFrom = skb.tstamp;
    }
    if (skb.sacked & SACKED_ACKED) sk.sackedOut--;
    else sk.delivered++;
    if (skb.sacked & SACKED_RETRANS) sk.retransOut--;
    if (skb.sacked & LOST) sk.lostOut--;
    sk.wmemQueued -= skb.truesize;
    sk.shrunk = true;
    kfreeSkb(k, skb);
    n++;
  }
  if (n === 1 && sk.rtxQueue.length === 1) sk.rtxQueue.length = 0;
  else if (n > 0) sk.rtxQueue.splice(0, n);
  if (n > 0) {
    if (rttFrom >= 0 && !retransmitted) rttEstimator(sk, k.time.now() - rttFrom);
    else if (th.sawTstamp && th.tsecr !== 0 && sk.rx.tstampOk) {
      const ms = ((tcpClock(k, sk.tsOffset) - th.tsecr) | 0) >>> 0;
      if (ms < 1e6) rttEstimator(sk, ms * 1e6);
    }
    sk.retransStamp = 0;
  }
  return n;
}

/** Marks the head of the queue as lost and whatever precedes three segments that arrived. */
function markLost(sk: TcpSock): void {
  let arrived = sk.sackedOut;
  for (let i = 0; i < sk.rtxQueue.length; i++) {
    const skb = sk.rtxQueue[i]!;
    if (skb.sacked & SACKED_ACKED) {
      arrived--;
      continue;
    }
    if (i > 0 && arrived < 3) break;
    if (!(skb.sacked & (LOST | SACKED_RETRANS))) {
      skb.sacked |= LOST;
      sk.lostOut++;
    }
  }
}

/** Sends again what is taken for lost, as far as the window of congestion allows. @linux net/ipv4/tcp_output.c tcp_xmit_retransmit_queue */
export function xmitRetransmitQueue(k: Kernel, sk: TcpSock): void {
  for (let i = 0; i < sk.rtxQueue.length; i++) {
    const skb = sk.rtxQueue[i]!;
    if (!(skb.sacked & LOST) || skb.sacked & (SACKED_ACKED | SACKED_RETRANS)) continue;
    if (inFlight(sk) >= sk.cwnd) return;
    if (retransmitSkb(k, sk, skb) < 0) return;
    if (i === 0) resetRetransTimer(k, sk);
  }
}

/** What duplicate and partial ACKs tell of losses. @linux net/ipv4/tcp_input.c tcp_fastretrans_alert */
function fastretransAlert(k: Kernel, sk: TcpSock, acked: number, duplicate: boolean): void {
  if (sk.caState >= TCP_CA_RECOVERY && !before(sk.sndUna, sk.highSeq)) {
    if (sk.caState === TCP_CA_RECOVERY) sk.cwnd = Math.max(2, Math.min(sk.cwnd, sk.ssthresh));
    sk.caState = TCP_CA_OPEN;
    sk.dupAcks = 0;
  }
  if (acked > 0 && sk.caState === TCP_CA_OPEN) sk.dupAcks = 0;
  if (duplicate) sk.dupAcks++;
  const enough = sk.rx.sackOk ? sk.sackedOut >= 3 : sk.dupAcks >= 3;
  if (sk.caState === TCP_CA_OPEN) {
    if (!enough || sk.rtxQueue.length === 0) return;
    sk.caState = TCP_CA_RECOVERY;
    sk.highSeq = sk.sndNxt;
    sk.ssthresh = Math.max(2, sk.cwnd >> 1);
    sk.cwnd = Math.max(2, sk.ssthresh);
    sk.cwndCnt = 0;
    markLost(sk);
  } else if (sk.caState === TCP_CA_RECOVERY) {
    if (acked > 0 && sk.rtxQueue[0] && !(sk.rtxQueue[0].sacked & (LOST | SACKED_RETRANS))) {
      sk.rtxQueue[0].sacked |= LOST;
      sk.lostOut++;
    }
    if (sk.rx.sackOk) markLost(sk);
  }
  xmitRetransmitQueue(k, sk);
}

/** The window is open again, or must be asked for. @linux net/ipv4/tcp_input.c tcp_ack_probe */
function ackProbe(k: Kernel, sk: TcpSock): void {
  const head = sk.writeQueue[0];
  if (!head) return;
  if (!after(head.endSeq, wndEnd(sk))) {
    sk.backoff = 0;
    sk.probesStamp = 0;
    if (sk.probe0) clearRetransTimer(k, sk);
  } else resetProbe0Timer(k, sk);
}

/** An ACK to what should not have come, at most two in a second. @linux net/ipv4/tcp_input.c tcp_send_challenge_ack */
export function sendChallengeAck(k: Kernel, sk: TcpSock): void {
  if (oowRateLimited(k, sk)) return;
  sendAck(k, sk);
}

/** Segments that do not fit are answered twice in a second at most, lest two ends answer each other for ever. @linux net/ipv4/tcp_input.c __tcp_oow_rate_limited */
export function oowRateLimited(k: Kernel, sk: { lastOowAck: number }): boolean {
  const now = k.time.now() + 1;
  if (sk.lastOowAck !== 0 && now - sk.lastOowAck < 500e6) return true;
  sk.lastOowAck = now;
  return false;
}

/** Deals with the acknowledgement in `th`. @returns 1, 0 for an old one, -1 for one of what was never sent @linux net/ipv4/tcp_input.c tcp_ack */
export function tcpAck(k: Kernel, sk: TcpSock, skb: Packet): number {
  const prior = sk.sndUna;
  const ack = th.ackSeq;
  if (before(ack, prior)) {
    if (before(ack, (prior - sk.maxWindow) >>> 0)) {
      sendChallengeAck(k, sk);
      return -1;
    }
    if (th.sacks.length > 0 && sk.rx.sackOk && sacktag(sk)) fastretransAlert(k, sk, 0, false);
    return 0;
  }
  if (after(ack, sk.sndNxt)) return -1;
  const advanced = after(ack, prior);
  if (advanced) sk.retransmits = 0;
  const priorPackets = sk.rtxQueue.length;
  const nwin = th.window * 2 ** (th.flags & T.TCPHDR_SYN ? 0 : sk.rx.sndWscale);
  const windowChanged = nwin !== sk.sndWnd;
  if (advanced || after(th.seq, sk.sndWl1) || (th.seq === sk.sndWl1 && (nwin > sk.sndWnd || nwin === 0))) {
    sk.sndWl1 = th.seq;
    if (windowChanged) {
      sk.sndWnd = nwin;
      if (nwin > sk.maxWindow) {
        sk.maxWindow = nwin;
        syncMss(sk);
      }
    }
  }
  sk.bytesAcked += seqSub(ack, prior);
  sk.sndUna = ack;
  const sacked = th.sacks.length > 0 && sk.rx.sackOk ? sacktag(sk) : false;
  sk.softErr = 0;
  sk.probesOut = 0;
  sk.rcvTstamp = k.time.now();
  if (priorPackets === 0) {
    ackProbe(k, sk);
    return 1;
  }
  const acked = cleanRtxQueue(k, sk);
  // A plain copy of the ACK before, while something is on its way: that has been passed by another segment.
  const duplicate = !advanced && skb.length === 0 && !windowChanged && sk.rtxQueue.length > 0 && !(th.flags & T.TCPHDR_SYN);
  if (duplicate || sacked || sk.caState !== TCP_CA_OPEN) fastretransAlert(k, sk, acked, duplicate);
  else sk.dupAcks = 0;
  if (acked > 0 && (sk.caState === TCP_CA_OPEN || sk.caState === TCP_CA_LOSS)) congAvoid(sk, acked);
  if (acked > 0) {
    if (sk.rtxQueue.length === 0) clearRetransTimer(k, sk);
    else resetRetransTimer(k, sk);
  }
  if (sk.caState === TCP_CA_LOSS) xmitRetransmitQueue(k, sk);
  return 1;
}

/** After an ACK: what may be sent now, and who may write now. @linux net/ipv4/tcp_input.c tcp_data_snd_check */
export function dataSndCheck(k: Kernel, sk: TcpSock): void {
  if (sk.writeQueue.length > 0 && sk.state !== TCP_SYN_SENT) {
    const idle = writeXmit(k, sk, currentMss(sk), sk.nonagle, false);
    if (idle && sk.retransTimer.heapIndex < 0) resetProbe0Timer(k, sk);
  }
  checkSpace(k, sk);
}

/** @linux net/ipv4/tcp_input.c tcp_check_space */
export function checkSpace(k: Kernel, sk: TcpSock): void {
  if (!sk.shrunk) return;
  sk.shrunk = false;
  if (!sk.nospace || !sk.socket) return;
  sndbufExpand(sk);
  sk.writeSpace(k);
}

/** Room for twice what may be on its way. @linux net/ipv4/tcp_input.c tcp_sndbuf_expand */
export function sndbufExpand(sk: TcpSock): void {
  if (sk.sndbufLocked) return;
  const perMss = 2 ** Math.ceil(Math.log2(Math.max(sk.rx.mssClamp === 65535 ? 0 : sk.rx.mssClamp, sk.mssCache) + 320 + 320)) + 256;
  const segments = Math.max(T.TCP_INIT_CWND, sk.cwnd, 4);
  const room = 2 * segments * perMss;
  if (sk.sndbuf < room) sk.sndbuf = Math.min(room, T.TCP_WMEM[2]);
}

/** The retransmission timer ran out: everything that is on its way is taken for lost. @linux net/ipv4/tcp_input.c tcp_enter_loss */
export function enterLoss(sk: TcpSock): void {
  if (sk.caState !== TCP_CA_LOSS || !after(sk.highSeq, sk.sndUna)) {
    sk.ssthresh = Math.max(2, sk.cwnd >> 1);
    sk.priorCwnd = sk.cwnd;
  }
  sk.cwnd = Math.max(1, 1);
  sk.cwndCnt = 0;
  sk.lostOut = sk.retransOut = 0;
  for (const skb of sk.rtxQueue) {
    skb.sacked &= ~(LOST | SACKED_RETRANS);
    if (skb.sacked & SACKED_ACKED) continue;
    skb.sacked |= LOST;
    sk.lostOut++;
  }
  sk.caState = TCP_CA_LOSS;
  sk.highSeq = sk.sndNxt;
}
