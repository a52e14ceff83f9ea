import { sendSigurg } from "../../fs/fasync.ts";
import type { Kernel } from "../../kernel.ts";
import { POLLIN, POLLPRI, POLLRDBAND, POLLRDNORM } from "../../uapi/poll.ts";
import { POLL_HUP, POLL_IN } from "../../uapi/signal.ts";
import { RCV_SHUTDOWN, SHUTDOWN_MASK, SO_OOBINLINE } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import { kfreeSkb, MAX_SKB_FRAGS, type Packet, SkbFrag, skbCopyBits, skbUnclone } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { tcpTimeWait } from "./tcpMinisocks.ts";
import { th } from "./tcpOptions.ts";
import { sendAck, sendDelayedAck } from "./tcpOutput.ts";
import { after, before, seqAdd, seqSub, type TcpSock } from "./tcpSock.ts";
import { SKB_OVERHEAD } from "./tcpTransmit.ts";
import { receiveWindow, selectWindow, tcpSpace, winFromSpace } from "./tcpWindow.ts";

/** Is there as much to read as SO_RCVLOWAT wants? @linux net/ipv4/tcp.c tcp_epollin_ready */
export function epollinReady(sk: TcpSock, target: number): boolean {
  const available = seqSub(sk.rcvNxt, sk.copiedSeq);
  if (available <= 0) return false;
  return available >= target || receiveWindow(sk) <= sk.rcvMss || sk.rmemAlloc > sk.rcvbuf - (sk.rcvbuf >> 3);
}

/** @linux net/ipv4/tcp_input.c tcp_data_ready */
export function dataReady(k: Kernel, sk: TcpSock): void {
  if (epollinReady(sk, sk.rcvlowat) || sk.done) sk.dataReady(k);
}

/** @linux net/ipv4/tcp_input.c tcp_incr_quickack */
function incrQuickack(sk: TcpSock, most: number): void {
  const quick = Math.max(2, Math.floor(sk.rcvWnd / (2 * sk.rcvMss)));
  if (Math.min(quick, most) > sk.quick) sk.quick = Math.min(quick, most);
}
/** @linux net/ipv4/tcp_input.c tcp_enter_quickack_mode */
export function enterQuickack(sk: TcpSock, most: number): void {
  incrQuickack(sk, most);
  sk.pingpong = 0;
  sk.ato = T.TCP_ATO_MIN;
}

/** @linux net/ipv4/tcp_input.c tcp_measure_rcv_mss */
function measureRcvMss(sk: TcpSock, skb: Packet): void {
  const n = skb.length;
  if (n >= sk.rcvMss) {
    if (n !== sk.rcvMss) {
      sk.scalingRatio = Math.max(1, Math.min(255, Math.floor((n * 256) / skb.truesize)));
      sk.windowClamp = Math.max(sk.windowClamp, winFromSpace(sk, sk.rcvbuf));
    }
    sk.rcvMss = Math.min(n, sk.advmss);
    if (th.flags & T.TCPHDR_PSH) sk.ackPending |= T.ICSK_ACK_PUSHED;
  } else {
    if (th.flags & T.TCPHDR_PSH && n > 0) {
      if (sk.ackPending & T.ICSK_ACK_PUSHED) sk.ackPending |= T.ICSK_ACK_PUSHED2;
      sk.ackPending |= T.ICSK_ACK_PUSHED;
    }
  }
}

/** Lets the window grow as long as packets are not mostly overhead. @linux net/ipv4/tcp_input.c tcp_grow_window */
function growWindow(sk: TcpSock, skb: Packet): void {
  const room = Math.min(sk.windowClamp, tcpSpace(sk)) - sk.rcvSsthresh;
  if (room <= 0) return;
  let more = 0;
  if (winFromSpace(sk, skb.truesize) <= skb.length) more = 2 * sk.advmss;
  else {
    let truesize = winFromSpace(sk, skb.truesize) >> 1;
    let window = winFromSpace(sk, T.TCP_RMEM[2]) >> 1;
    while (sk.rcvSsthresh <= window) {
      if (truesize <= skb.length) {
        more = 2 * sk.rcvMss;
        break;
      }
      truesize >>= 1;
      window >>= 1;
    }
  }
  if (more === 0) return;
  sk.rcvSsthresh += Math.min(room, Math.max(more, 2 * skb.length));
  sk.quick |= 1;
}

/** Data has come: how ACKs are to be sent from now on. @linux net/ipv4/tcp_input.c tcp_event_data_recv */
function eventDataRecv(k: Kernel, sk: TcpSock, skb: Packet): void {
  sk.ackPending |= T.ICSK_ACK_SCHED;
  measureRcvMss(sk, skb);
  const now = k.time.now();
  if (sk.ato === 0) {
    incrQuickack(sk, T.TCP_MAX_QUICKACKS);
    sk.ato = T.TCP_ATO_MIN;
  } else {
    const m = now - sk.lrcvtime;
    if (m <= T.TCP_ATO_MIN / 2) sk.ato = sk.ato / 2 + T.TCP_ATO_MIN / 2;
    else if (m < sk.ato) sk.ato = Math.min(sk.ato / 2 + m, sk.rto);
    else if (m > sk.rto) incrQuickack(sk, T.TCP_MAX_QUICKACKS);
  }
  sk.lrcvtime = now;
  if (skb.length >= 128) growWindow(sk, skb);
}

/** Puts a packet's payload to the end of the one before. @returns whether it could @linux net/ipv4/tcp_input.c tcp_try_coalesce */
function tryCoalesce(k: Kernel, sk: TcpSock, to: Packet | undefined, skb: Packet): boolean {
  if (!to || skb.seq !== to.endSeq || skb.tail > skb.data || !skb.shared || to.tcpFlags & T.TCPHDR_FIN) return false;
  const from = skb.shared.frags;
  const have = to.shared?.frags.length ?? 0;
  const last = have > 0 ? to.shared!.frags[have - 1]! : null;
  const first = from[0]!;
  const joins = last !== null && last.frame === first.frame && last.offset + last.size === first.offset;
  if (have + from.length - (joins ? 1 : 0) > MAX_SKB_FRAGS) return false;
  const { frags } = skbUnclone(k, to);
  const { phys } = k.machine;
  for (const f of from) {
    const l = frags[frags.length - 1];
    if (l && l.frame === f.frame && l.offset + l.size === f.offset) l.size += f.size;
    else {
      phys.get(f.frame);
      frags.push(new SkbFrag(f.frame, f.offset, f.size));
    }
  }
  const delta = Math.max(0, skb.truesize - SKB_OVERHEAD);
  to.dataLen += skb.dataLen;
  to.endSeq = skb.endSeq;
  to.tcpFlags |= skb.tcpFlags;
  to.tstamp = skb.tstamp;
  to.truesize += delta;
  sk.rmemAlloc += delta;
  kfreeSkb(k, skb);
  return true;
}

/** @linux net/ipv4/tcp_input.c tcp_queue_rcv */
function queueRcv(k: Kernel, sk: TcpSock, skb: Packet): void {
  sk.bytesReceived += Math.max(0, seqSub(skb.endSeq, sk.rcvNxt));
  sk.rcvNxt = skb.endSeq;
  if (tryCoalesce(k, sk, sk.rcvQueue[sk.rcvQueue.length - 1], skb)) return;
  sk.rmemAlloc += skb.truesize;
  sk.rcvQueue.push(skb);
}

/** The peer will send no more. @linux net/ipv4/tcp_input.c tcp_fin */
function fin(k: Kernel, sk: TcpSock): void {
  sk.ackPending |= T.ICSK_ACK_SCHED;
  sk.shutdown |= RCV_SHUTDOWN;
  sk.done = true;
  switch (sk.state) {
    case S.TCP_SYN_RECV:
    case S.TCP_ESTABLISHED:
      setState(k, sk, S.TCP_CLOSE_WAIT);
      sk.pingpong = Math.max(sk.pingpong, 1);
      break;
    case S.TCP_FIN_WAIT1:
      // Both closed at the same time.
      sendAck(k, sk);
      setState(k, sk, S.TCP_CLOSING);
      break;
    case S.TCP_FIN_WAIT2:
      sendAck(k, sk);
      tcpTimeWait(k, sk, S.TCP_TIME_WAIT, 0);
      break;
  }
  purgeOfo(k, sk);
  if (!sk.dead) {
    sk.stateChange(k);
    const whole = sk.shutdown === SHUTDOWN_MASK || sk.state === S.TCP_CLOSE;
    sk.wakeAsync(k, whole ? POLL_HUP : POLL_IN);
  }
}

export function purgeOfo(k: Kernel, sk: TcpSock): void {
  for (const skb of sk.ofoQueue) {
    sk.rmemAlloc -= skb.truesize;
    kfreeSkb(k, skb);
  }
  if (sk.ofoQueue.length > 0) sk.ofoQueue = [];
}

/** Changes the state, with the counters that hang on it. @linux net/ipv4/tcp.c tcp_set_state */
export function setState(k: Kernel, sk: TcpSock, state: number): void {
  const old = sk.state;
  if (state === S.TCP_ESTABLISHED && old !== state) count(k, "Tcp.CurrEstab");
  if (state === S.TCP_CLOSE) {
    if (old === S.TCP_CLOSE_WAIT || old === S.TCP_ESTABLISHED) count(k, "Tcp.EstabResets");
  }
  const was = old === S.TCP_ESTABLISHED || old === S.TCP_CLOSE_WAIT;
  const is = state === S.TCP_ESTABLISHED || state === S.TCP_CLOSE_WAIT;
  if (was && !is) count(k, "Tcp.CurrEstab", -1);
  sk.state = state;
}

/** What was received too early and is due now joins the rest. @linux net/ipv4/tcp_input.c tcp_ofo_queue */
function ofoQueue(k: Kernel, sk: TcpSock): void {
  while (sk.ofoQueue.length > 0) {
    const skb = sk.ofoQueue[0]!;
    if (after(skb.seq, sk.rcvNxt)) break;
    sk.ofoQueue.shift();
    sk.rmemAlloc -= skb.truesize;
    if (!after(skb.endSeq, sk.rcvNxt)) {
      kfreeSkb(k, skb);
      continue;
    }
    const last = (skb.tcpFlags & T.TCPHDR_FIN) !== 0;
    queueRcv(k, sk, skb);
    if (last) {
      fin(k, sk);
      break;
    }
  }
}

/** Keeps a packet that came too early. @linux net/ipv4/tcp_input.c tcp_data_queue_ofo */
function dataQueueOfo(k: Kernel, sk: TcpSock, skb: Packet): void {
  sk.ackPending |= T.ICSK_ACK_SCHED;
  if (sk.rmemAlloc + skb.truesize > sk.rcvbuf * 2) {
    sk.drops++;
    kfreeSkb(k, skb);
    return;
  }
  sk.lastSack = skb.seq;
  let i = sk.ofoQueue.length;
  while (i > 0 && before(skb.seq, sk.ofoQueue[i - 1]!.seq)) i--;
  const previous = sk.ofoQueue[i - 1];
  if (previous && !after(skb.endSeq, previous.endSeq)) {
    kfreeSkb(k, skb);
    return;
  }
  sk.ofoQueue.splice(i, 0, skb);
  sk.rmemAlloc += skb.truesize;
  while (sk.ofoQueue[i + 1] && !after(sk.ofoQueue[i + 1]!.endSeq, skb.endSeq)) {
    const [gone] = sk.ofoQueue.splice(i + 1, 1);
    sk.rmemAlloc -= gone!.truesize;
    kfreeSkb(k, gone!);
  }
}

/** A segment with data or FIN in a state where they may come. @linux net/ipv4/tcp_input.c tcp_data_queue */
export function dataQueue(k: Kernel, sk: TcpSock, skb: Packet): void {
  if (skb.seq === skb.endSeq) {
    kfreeSkb(k, skb);
    return;
  }
  let good = skb.seq === sk.rcvNxt;
  if (good && receiveWindow(sk) === 0 && skb.length > 0) {
    count(k, "TcpExt.TCPZeroWindowDrop");
    good = false;
    outOfWindow(k, sk, skb);
    return;
  }
  if (!good) {
    if (!after(skb.endSeq, sk.rcvNxt)) {
      outOfWindow(k, sk, skb);
      return;
    }
    if (!before(skb.seq, seqAdd(sk.rcvNxt, receiveWindow(sk)))) {
      outOfWindow(k, sk, skb);
      return;
    }
    if (!before(skb.seq, sk.rcvNxt)) {
      dataQueueOfo(k, sk, skb);
      return;
    }
    // The beginning is known already.
    if (receiveWindow(sk) === 0) {
      outOfWindow(k, sk, skb);
      return;
    }
  }
  if (sk.rmemAlloc > sk.rcvbuf && sk.rcvQueue.length > 0 && sk.rmemAlloc + skb.truesize > sk.rcvbuf * 2) {
    // More overhead than the buffer has room for: the peer will send it again.
    count(k, "TcpExt.TCPRcvQDrop");
    sk.drops++;
    sk.ackPending |= T.ICSK_ACK_NOW | T.ICSK_ACK_SCHED;
    kfreeSkb(k, skb);
    return;
  }
  const last = (skb.tcpFlags & T.TCPHDR_FIN) !== 0;
  if (skb.length > 0) eventDataRecv(k, sk, skb);
  queueRcv(k, sk, skb);
  if (last) fin(k, sk);
  if (sk.ofoQueue.length > 0) {
    ofoQueue(k, sk);
    if (sk.ofoQueue.length === 0) sk.ackPending |= T.ICSK_ACK_NOW;
  }
  if (!sk.dead) dataReady(k, sk);
}

function outOfWindow(k: Kernel, sk: TcpSock, skb: Packet): void {
  enterQuickack(sk, T.TCP_MAX_QUICKACKS);
  sk.ackPending |= T.ICSK_ACK_SCHED;
  kfreeSkb(k, skb);
}

/** Sends an ACK now, later, or not at all. @linux net/ipv4/tcp_input.c __tcp_ack_snd_check */
export function ackSndCheck(k: Kernel, sk: TcpSock): void {
  if (!(sk.ackPending & (T.ICSK_ACK_SCHED | T.ICSK_ACK_NOW))) return;
  const full = seqSub(sk.rcvNxt, sk.rcvWup) > sk.rcvMss && (seqSub(sk.rcvNxt, sk.copiedSeq) < sk.rcvlowat || selectWindow(sk) >= sk.rcvWnd);
  const quick = sk.quick > 0 && sk.pingpong < 1;
  if (full || quick || sk.ackPending & T.ICSK_ACK_NOW || sk.ofoQueue.length > 0) sendAck(k, sk);
  else sendDelayedAck(k, sk);
}

/** A new urgent pointer. @linux net/ipv4/tcp_input.c tcp_check_urg */
function checkUrg(k: Kernel, sk: TcpSock): void {
  const ptr = seqAdd(th.seq, th.urg - (th.urg > 0 ? 1 : 0));
  if (after(sk.copiedSeq, ptr)) return;
  if (before(ptr, sk.rcvNxt)) return;
  if (sk.urgData && !after(ptr, sk.urgSeq)) return;
  if (sk.socket?.file && sendSigurg(k, sk.socket.file)) sk.wakeAsync(k, POLL_PRI);
  // The byte before, if it was urgent and nobody took it, becomes an ordinary one: it is skipped no more.
  if (sk.urgSeq === sk.copiedSeq && sk.urgData && sk.options.get(SO_OOBINLINE) !== 1 && sk.copiedSeq !== sk.rcvNxt) {
    sk.copiedSeq = seqAdd(sk.copiedSeq, 1);
    const first = sk.rcvQueue[0];
    if (first && !before(sk.copiedSeq, first.endSeq)) {
      sk.rcvQueue.shift();
      sk.rmemAlloc -= first.truesize;
      kfreeSkb(k, first);
    }
  }
  sk.urgData = T.TCP_URG_NOTYET;
  sk.urgSeq = ptr;
}
const POLL_PRI = 5;

const urgent = new Uint8Array(1);

/** @linux net/ipv4/tcp_input.c tcp_urg */
export function tcpUrg(k: Kernel, sk: TcpSock, skb: Packet): void {
  if (th.flags & T.TCPHDR_URG) checkUrg(k, sk);
  if (sk.urgData !== T.TCP_URG_NOTYET) return;
  const at = seqSub(sk.urgSeq, skb.seq) - (th.flags & T.TCPHDR_SYN ? 1 : 0);
  if (at < 0 || at >= skb.length) return;
  skbCopyBits(k, skb, at, urgent, 0, 1);
  sk.urgData = T.TCP_URG_VALID | urgent[0]!;
  if (!sk.dead) sk.queue?.wakeUp(k, POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND);
}
