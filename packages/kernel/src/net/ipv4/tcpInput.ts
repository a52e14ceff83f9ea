import type { Kernel } from "../../kernel.ts";
import { ECONNREFUSED, ECONNRESET, EPIPE } from "../../uapi/errno.ts";
import { POLL_OUT } from "../../uapi/signal.ts";
import { RCV_SHUTDOWN, SEND_SHUTDOWN, SO_KEEPALIVE } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import { kfreeSkb, type Packet } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { skErrorReport } from "./inetSock.ts";
import { dataSndCheck, oowRateLimited, rttEstimator, sendChallengeAck, sndbufExpand, tcpAck } from "./tcpAck.ts";
import { ackSndCheck, dataQueue, enterQuickack, setState, tcpUrg } from "./tcpData.ts";
import { tcpDone, tcpTimeWait } from "./tcpMinisocks.ts";
import { th } from "./tcpOptions.ts";
import { sendAck, sendDelayedAck, syncMss, writeQueuePurge } from "./tcpOutput.ts";
import { after, before, seqAdd, type TcpSock } from "./tcpSock.ts";
import { resetKeepaliveTimer, resetRetransTimer } from "./tcpTimers.ts";
import { transmitSkb } from "./tcpTransmit.ts";
import { receiveWindow, tcpFullSpace } from "./tcpWindow.ts";

/** Remembers the peer's clock. @linux net/ipv4/tcp_input.c tcp_replace_ts_recent */
function storeTsRecent(k: Kernel, sk: TcpSock): void {
  sk.rx.tsRecent = th.tsval;
  sk.rx.tsRecentStamp = k.time.now();
}

/** Does the time stamp say that the segment is an old one? @linux net/ipv4/tcp_input.c tcp_paws_reject */
const pawsReject = (k: Kernel, sk: TcpSock): boolean =>
  sk.rx.tsRecentStamp >= 0 && ((sk.rx.tsRecent - th.tsval) | 0) > 0 && k.time.now() - sk.rx.tsRecentStamp < 24 * 86400e9;

/** The peer has reset the connection. @linux net/ipv4/tcp_input.c tcp_reset */
export function tcpReset(k: Kernel, sk: TcpSock): void {
  if (sk.state === S.TCP_SYN_SENT) sk.err = ECONNREFUSED;
  else if (sk.state === S.TCP_CLOSE_WAIT) sk.err = EPIPE;
  else if (sk.state === S.TCP_CLOSE) return;
  else sk.err = ECONNRESET;
  writeQueuePurge(k, sk);
  tcpDone(k, sk);
  if (!sk.dead) skErrorReport(k, sk);
}

/** An ACK that tells the peer what is expected. @linux net/ipv4/tcp_input.c tcp_send_dupack */
function sendDupack(k: Kernel, sk: TcpSock, skb: Packet): void {
  if (skb.endSeq !== skb.seq && before(skb.seq, sk.rcvNxt)) enterQuickack(sk, T.TCP_MAX_QUICKACKS);
  sendAck(k, sk);
}

/** Is the segment one that may come now? What is none is dealt with and freed. @linux net/ipv4/tcp_input.c tcp_validate_incoming */
function validateIncoming(k: Kernel, sk: TcpSock, skb: Packet): boolean {
  const rst = (th.flags & T.TCPHDR_RST) !== 0;
  const syn = (th.flags & T.TCPHDR_SYN) !== 0;
  if (th.sawTstamp && sk.rx.tstampOk && pawsReject(k, sk) && !rst) {
    count(k, "TcpExt.PAWSEstab");
    if (syn) sendChallengeAck(k, sk);
    else if (skb.length > 0 || !oowRateLimited(k, sk)) sendDupack(k, sk, skb);
    kfreeSkb(k, skb);
    return false;
  }
  const fits = !before(skb.endSeq, sk.rcvWup) && !after(skb.seq, seqAdd(sk.rcvNxt, receiveWindow(sk)));
  if (!fits) {
    if (!rst) {
      if (syn) sendChallengeAck(k, sk);
      else if (skb.length > 0 || !oowRateLimited(k, sk)) sendDupack(k, sk, skb);
    } else if (th.seq === (sk.rcvNxt - 1) >>> 0 && [S.TCP_CLOSE_WAIT, S.TCP_LAST_ACK, S.TCP_CLOSING].includes(sk.state)) tcpReset(k, sk);
    kfreeSkb(k, skb);
    return false;
  }
  if (rst) {
    const behindFin = th.seq === (sk.rcvNxt - 1) >>> 0 && [S.TCP_CLOSE_WAIT, S.TCP_LAST_ACK, S.TCP_CLOSING].includes(sk.state);
    if (th.seq === sk.rcvNxt || behindFin) tcpReset(k, sk);
    else sendChallengeAck(k, sk);
    kfreeSkb(k, skb);
    return false;
  }
  if (syn) {
    if (
      sk.state === S.TCP_SYN_RECV &&
      sk.socket &&
      th.flags & T.TCPHDR_ACK &&
      seqAdd(th.seq, 1) === skb.endSeq &&
      seqAdd(th.seq, 1) === sk.rcvNxt &&
      th.ackSeq === sk.sndNxt
    )
      return true;
    sendChallengeAck(k, sk);
    kfreeSkb(k, skb);
    return false;
  }
  return true;
}

/** Takes note of a time stamp that came in order. */
function updateTsRecent(k: Kernel, sk: TcpSock): void {
  if (!th.sawTstamp || !sk.rx.tstampOk) return;
  if (!after(th.seq, sk.rcvWup)) storeTsRecent(k, sk);
}

/** A segment for an established connection. @linux net/ipv4/tcp_input.c tcp_rcv_established */
export function rcvEstablished(k: Kernel, sk: TcpSock, skb: Packet): void {
  if (!(th.flags & (T.TCPHDR_ACK | T.TCPHDR_RST | T.TCPHDR_SYN))) {
    kfreeSkb(k, skb);
    return;
  }
  if (!validateIncoming(k, sk, skb)) return;
  if (tcpAck(k, sk, skb) < 0) {
    kfreeSkb(k, skb);
    return;
  }
  updateTsRecent(k, sk);
  if (th.flags & T.TCPHDR_URG || sk.urgData === T.TCP_URG_NOTYET) tcpUrg(k, sk, skb);
  const hadData = skb.seq !== skb.endSeq;
  dataQueue(k, sk, skb);
  dataSndCheck(k, sk);
  if (hadData || sk.ackPending & T.ICSK_ACK_NOW) ackSndCheck(k, sk);
}

/** The measures of a connection that is complete. @linux net/ipv4/tcp_input.c tcp_init_transfer */
function initTransfer(k: Kernel, sk: TcpSock): void {
  sndbufExpand(sk);
  sk.rcvqSpace = Math.min(sk.rcvWnd, T.TCP_INIT_CWND * sk.advmss);
  sk.rcvqSeq = sk.copiedSeq;
  sk.rcvqTime = k.time.now();
  sk.windowClamp = Math.min(sk.windowClamp, Math.max(tcpFullSpace(sk), sk.rcvWnd));
  if (sk.windowClamp === 0) sk.windowClamp = tcpFullSpace(sk);
  sk.rcvSsthresh = Math.min(sk.rcvSsthresh, sk.windowClamp);
}

/** @linux net/ipv4/tcp_input.c tcp_initialize_rcv_mss */
function initializeRcvMss(sk: TcpSock): void {
  let hint = Math.min(sk.advmss, sk.mssCache);
  hint = Math.min(hint, Math.floor(sk.rcvWnd / 2));
  sk.rcvMss = Math.max(Math.min(hint, T.TCP_MSS_DEFAULT), 88);
}

/** What an answer to our SYN says. @linux net/ipv4/tcp_input.c tcp_finish_connect */
function finishConnect(k: Kernel, sk: TcpSock): void {
  setState(k, sk, S.TCP_ESTABLISHED);
  sk.lrcvtime = k.time.now();
  sk.rcvTstamp = k.time.now();
  initTransfer(k, sk);
  sk.lsndtime = k.time.now();
  if (sk.options.get(SO_KEEPALIVE) === 1) resetKeepaliveTimer(k, sk, sk.keepaliveTime);
}

function takeSynOptions(k: Kernel, sk: TcpSock): void {
  const { rx } = sk;
  rx.mssClamp = Math.min(th.mss > 0 ? th.mss : T.TCP_MSS_DEFAULT, sk.userMss > 0 ? sk.userMss : 65535);
  if (th.wscale < 0) {
    rx.wscaleOk = false;
    rx.sndWscale = rx.rcvWscale = 0;
    sk.windowClamp = Math.min(sk.windowClamp, 65535);
  } else rx.sndWscale = th.wscale;
  rx.sackOk = th.sackPermitted;
  rx.tstampOk = th.sawTstamp;
  if (th.sawTstamp) {
    sk.advmss -= 12;
    storeTsRecent(k, sk);
  }
}

/** A segment while our SYN is not answered. @returns 1 if a reset is due @linux net/ipv4/tcp_input.c tcp_rcv_synsent_state_process */
function rcvSynsent(k: Kernel, sk: TcpSock, skb: Packet): number {
  const { flags } = th;
  if (flags & T.TCPHDR_ACK) {
    if (!after(th.ackSeq, sk.sndUna) || after(th.ackSeq, sk.sndNxt)) {
      if (sk.retransmits === 0) resetRetransTimer(k, sk, T.TCP_TIMEOUT_INIT);
      return flags & T.TCPHDR_RST ? 0 : 1;
    }
    if (flags & T.TCPHDR_RST) {
      tcpReset(k, sk);
      return 0;
    }
    if (!(flags & T.TCPHDR_SYN)) return 0;
    sk.sndWl1 = th.seq;
    const sentAt = sk.rtxQueue[0]?.tstamp ?? k.time.now();
    const once = sk.totalRetrans === 0;
    takeSynOptions(k, sk);
    tcpAck(k, sk, skb);
    if (once) rttEstimator(sk, k.time.now() - sentAt);
    sk.rcvNxt = seqAdd(th.seq, 1);
    sk.rcvWup = sk.rcvNxt;
    sk.sndWnd = th.window;
    sk.maxWindow = Math.max(sk.maxWindow, sk.sndWnd);
    syncMss(sk);
    initializeRcvMss(sk);
    sk.copiedSeq = sk.rcvNxt;
    finishConnect(k, sk);
    if (!sk.dead) {
      sk.stateChange(k);
      sk.wakeAsync(k, POLL_OUT);
    }
    if (sk.writeQueue.length > 0 || sk.deferAccept > 0 || sk.pingpong >= 1) {
      // Data are expected to be sent soon: the ACK goes with them.
      sk.ackPending |= T.ICSK_ACK_SCHED;
      enterQuickack(sk, T.TCP_MAX_QUICKACKS);
      sendDelayedAck(k, sk);
      return 0;
    }
    sendAck(k, sk);
    return -1;
  }
  if (flags & T.TCPHDR_RST) return 0;
  if (!(flags & T.TCPHDR_SYN)) return 0;
  // Both ends began at the same time.
  setState(k, sk, S.TCP_SYN_RECV);
  takeSynOptions(k, sk);
  sk.rcvNxt = seqAdd(th.seq, 1);
  sk.copiedSeq = sk.rcvNxt;
  sk.rcvWup = sk.rcvNxt;
  sk.sndWnd = th.window;
  sk.sndWl1 = th.seq;
  sk.maxWindow = sk.sndWnd;
  syncMss(sk);
  initializeRcvMss(sk);
  // The SYN is sent again, as an answer this time.
  const mine = sk.rtxQueue[0];
  if (mine) {
    mine.tcpFlags |= T.TCPHDR_ACK;
    transmitSkb(k, sk, mine);
  }
  return 0;
}

/** Does the segment at hand hold data that a socket whose program has left cannot take? */
const newData = (sk: TcpSock, skb: Packet): boolean =>
  skb.endSeq !== skb.seq && after((skb.endSeq - (th.flags & T.TCPHDR_FIN ? 1 : 0)) >>> 0, sk.rcvNxt);

/** A segment in any state but the established, listening and TIME_WAIT. @returns 1 if a reset is due @linux net/ipv4/tcp_input.c tcp_rcv_state_process */
export function rcvStateProcess(k: Kernel, sk: TcpSock, skb: Packet): number {
  if (sk.state === S.TCP_CLOSE) {
    kfreeSkb(k, skb);
    return 0;
  }
  if (sk.state === S.TCP_SYN_SENT) {
    const r = rcvSynsent(k, sk, skb);
    if (r > 0) return r;
    const state = sk.state as number;
    if (state === S.TCP_ESTABLISHED && skb.length > 0) {
      // Data may come with it.
      skb.seq = seqAdd(th.seq, 1);
      dataQueue(k, sk, skb);
    } else kfreeSkb(k, skb);
    if (state === S.TCP_ESTABLISHED) dataSndCheck(k, sk);
    return 0;
  }
  if (!(th.flags & (T.TCPHDR_ACK | T.TCPHDR_RST | T.TCPHDR_SYN))) {
    kfreeSkb(k, skb);
    return 0;
  }
  if (!validateIncoming(k, sk, skb)) return 0;
  if (tcpAck(k, sk, skb) <= 0) {
    if (sk.state === S.TCP_SYN_RECV) return 1;
    sendChallengeAck(k, sk);
    kfreeSkb(k, skb);
    return 0;
  }
  switch (sk.state) {
    case S.TCP_SYN_RECV:
      if (sk.srtt === 0) rttEstimator(sk, Math.max(1, k.time.now() - sk.retransStamp));
      sk.retransStamp = 0;
      initTransfer(k, sk);
      sk.copiedSeq = sk.rcvNxt;
      sk.rcvqSeq = sk.copiedSeq;
      setState(k, sk, S.TCP_ESTABLISHED);
      if (!sk.dead) sk.stateChange(k);
      if (sk.socket) sk.wakeAsync(k, POLL_OUT);
      sk.sndUna = th.ackSeq;
      sk.sndWnd = th.window * 2 ** (th.flags & T.TCPHDR_SYN ? 0 : sk.rx.sndWscale);
      sk.sndWl1 = th.seq;
      sk.maxWindow = Math.max(sk.maxWindow, sk.sndWnd);
      syncMss(sk);
      initializeRcvMss(sk);
      sk.lsndtime = k.time.now();
      if (sk.shutdown & SEND_SHUTDOWN && sk.writeQueue.length === 0 && sk.sndNxt !== sk.writeSeq) setState(k, sk, S.TCP_FIN_WAIT1);
      break;
    case S.TCP_FIN_WAIT1: {
      if (sk.sndUna !== sk.writeSeq) break;
      setState(k, sk, S.TCP_FIN_WAIT2);
      sk.shutdown |= SEND_SHUTDOWN;
      if (!sk.dead) {
        sk.stateChange(k);
        break;
      }
      if (sk.linger2 < 0) {
        tcpDone(k, sk);
        kfreeSkb(k, skb);
        return 1;
      }
      if (newData(sk, skb)) {
        tcpDone(k, sk);
        return 1;
      }
      if (sk.linger2 > T.TCP_TIMEWAIT_LEN) resetKeepaliveTimer(k, sk, sk.linger2 - T.TCP_TIMEWAIT_LEN);
      else if (th.flags & T.TCPHDR_FIN) resetKeepaliveTimer(k, sk, sk.linger2);
      else {
        tcpTimeWait(k, sk, S.TCP_FIN_WAIT2, sk.linger2);
        kfreeSkb(k, skb);
        return 0;
      }
      break;
    }
    case S.TCP_CLOSING:
      if (sk.sndUna === sk.writeSeq) {
        tcpTimeWait(k, sk, S.TCP_TIME_WAIT, 0);
        kfreeSkb(k, skb);
        return 0;
      }
      break;
    case S.TCP_LAST_ACK:
      if (sk.sndUna === sk.writeSeq) {
        tcpDone(k, sk);
        kfreeSkb(k, skb);
        return 0;
      }
      break;
  }
  updateTsRecent(k, sk);
  if (th.flags & T.TCPHDR_URG || sk.urgData === T.TCP_URG_NOTYET) tcpUrg(k, sk, skb);
  const had = skb.seq !== skb.endSeq;
  switch (sk.state) {
    case S.TCP_CLOSE_WAIT:
    case S.TCP_CLOSING:
    case S.TCP_LAST_ACK:
      if (!before(skb.seq, sk.rcvNxt)) {
        kfreeSkb(k, skb);
        break;
      }
      dataQueue(k, sk, skb);
      break;
    case S.TCP_FIN_WAIT1:
    case S.TCP_FIN_WAIT2:
      // The program is gone and will read nothing: the peer has to know.
      if (sk.shutdown & RCV_SHUTDOWN && newData(sk, skb)) {
        tcpReset(k, sk);
        return 1;
      }
      dataQueue(k, sk, skb);
      break;
    case S.TCP_ESTABLISHED:
      dataQueue(k, sk, skb);
      break;
    default:
      kfreeSkb(k, skb);
  }
  if (sk.state !== S.TCP_CLOSE) {
    dataSndCheck(k, sk);
    if (had || sk.ackPending & T.ICSK_ACK_NOW) ackSndCheck(k, sk);
  }
  return 0;
}
