import type { Kernel } from "../../kernel.ts";
import { SHUTDOWN_MASK, SO_KEEPALIVE, SO_PRIORITY, SO_REUSEADDR, SO_REUSEPORT } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import { kfreeSkb, type Packet } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { ehashInsert, ehashRemove, insert, putPort, tcpHashInfo, unhash } from "./inetHashtables.ts";
import { v6Mapped } from "./inetSock.ts";
import { oowRateLimited } from "./tcpAck.ts";
import { setState } from "./tcpData.ts";
import { th } from "./tcpOptions.ts";
import { syncMss, writeQueuePurge } from "./tcpOutput.ts";
import { after, before, type RequestSock, seqAdd, TcpSock, TimewaitSock, tcpHooks } from "./tcpSock.ts";
import { clearTimers, resetKeepaliveTimer } from "./tcpTimers.ts";
import { replyOptions, sendReply, tcpClock, timestampOption } from "./tcpTransmit.ts";

/** The connection is over for the network. @linux net/ipv4/tcp.c tcp_done */
export function tcpDone(k: Kernel, sk: TcpSock): void {
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) count(k, "Tcp.AttemptFails");
  closeState(k, sk);
  clearTimers(k, sk);
  sk.shutdown = SHUTDOWN_MASK;
  if (!sk.dead) sk.stateChange(k);
  else destroySock(k, sk);
}

/** To TCP_CLOSE: out of the tables, its port given back if it was not asked for. @linux net/ipv4/tcp.c tcp_set_state */
export function closeState(k: Kernel, sk: TcpSock): void {
  setState(k, sk, S.TCP_CLOSE);
  unhash(k, sk);
  if (sk.bind && !sk.portLocked) putPort(k, sk);
}

/** Nothing refers to it any more: everything that it holds is freed. @linux net/ipv4/inet_connection_sock.c inet_csk_destroy_sock, tcp_v4_destroy_sock */
export function destroySock(k: Kernel, sk: TcpSock): void {
  unhash(k, sk);
  clearTimers(k, sk);
  writeQueuePurge(k, sk);
  for (const skb of sk.rcvQueue) kfreeSkb(k, skb);
  for (const skb of sk.ofoQueue) kfreeSkb(k, skb);
  for (const skb of sk.backlog) kfreeSkb(k, skb);
  sk.rcvQueue = [];
  sk.ofoQueue = [];
  sk.backlog = [];
  sk.errQueue = [];
  sk.rmemAlloc = 0;
  if (sk.fragFrame !== 0) {
    k.machine.phys.put(sk.fragFrame);
    sk.fragFrame = 0;
  }
  putPort(k, sk);
}

/** Ends a connection of which only ACKs to what comes late are left to send. @linux net/ipv4/tcp_minisocks.c tcp_time_wait */
export function tcpTimeWait(k: Kernel, sk: TcpSock, state: number, timeout: number): void {
  const rto = sk.rto * 3.5;
  const tw = new TimewaitSock(sk);
  tw.substate = state;
  tw.reuse = sk.options.get(SO_REUSEADDR) === 1;
  tw.reuseport = sk.options.get(SO_REUSEPORT) === 1;
  tw.uid = sk.uid;
  tw.rcvNxt = sk.rcvNxt;
  tw.sndNxt = sk.sndNxt;
  tw.rcvWnd = Math.max(0, (sk.rcvWup + sk.rcvWnd - sk.rcvNxt) | 0);
  tw.rcvWscale = sk.rx.rcvWscale;
  tw.tsRecent = sk.rx.tsRecent;
  tw.tsRecentStamp = sk.rx.tsRecentStamp;
  tw.tsOffset = sk.tsOffset;
  tw.tstampOk = sk.rx.tstampOk;
  tw.tos = sk.tos;
  tw.bind?.owners.push(tw);
  // The connection's place in the table becomes the other's.
  unhash(k, sk);
  ehashInsert(k, tw);
  tw.timer.expires = k.time.now() + Math.max(timeout, rto, state === S.TCP_TIME_WAIT ? T.TCP_TIMEWAIT_LEN : 0);
  k.time.addTimer(tw.timer);
  if (sk.rx.tsRecentStamp >= 0) tw.tsRecentStamp = k.time.now();
  count(k, "TcpExt.TW");
  tcpDone(k, sk);
}

/** @linux net/ipv4/inet_timewait_sock.c inet_twsk_kill */
export function twKill(k: Kernel, tw: TimewaitSock): void {
  if (tw.timer.heapIndex >= 0) k.time.cancelTimer(tw.timer);
  ehashRemove(k, tw);
  putPort(k, tw);
}
tcpHooks.timewaitTimer = twKill;

function twSchedule(k: Kernel, tw: TimewaitSock): void {
  tw.timer.expires = k.time.now() + T.TCP_TIMEWAIT_LEN;
  k.time.addTimer(tw.timer);
}

function twAck(k: Kernel, tw: TimewaitSock): void {
  const options = tw.tstampOk ? timestampOption(tcpClock(k, tw.tsOffset), tw.tsRecent) : null;
  const window = Math.floor(tw.rcvWnd / 2 ** tw.rcvWscale);
  sendReply(
    k,
    tw.v6,
    tw.rcvSaddr,
    tw.daddr,
    tw.v6RcvSaddr,
    tw.v6Daddr,
    tw.num,
    tw.dport,
    tw.sndNxt,
    tw.rcvNxt,
    T.TCPHDR_ACK,
    window,
    options,
    tw.tos,
  );
}

export const TW_SUCCESS = 0;
export const TW_RST = 1;
export const TW_SYN = 2;

/** A segment for a connection that has ended. @linux net/ipv4/tcp_minisocks.c tcp_timewait_state_process */
export function timewaitStateProcess(k: Kernel, tw: TimewaitSock, skb: Packet): number {
  const paws = th.sawTstamp && tw.tsRecentStamp >= 0 && ((tw.tsRecent - th.tsval) | 0) > 0;
  const { flags } = th;
  const end = seqAdd(tw.rcvNxt, tw.rcvWnd);
  if (tw.substate === S.TCP_FIN_WAIT2) {
    const inWindow =
      skb.seq === tw.rcvNxt || (after(skb.endSeq, tw.rcvNxt) && before(skb.seq, end)) || (skb.seq === end && skb.seq === skb.endSeq);
    if (paws || !inWindow) {
      if (!(flags & T.TCPHDR_RST) && !oowRateLimited(k, tw)) twAck(k, tw);
      return TW_SUCCESS;
    }
    if (flags & T.TCPHDR_RST) {
      twKill(k, tw);
      return TW_SUCCESS;
    }
    if (flags & T.TCPHDR_SYN && !before(skb.seq, tw.rcvNxt)) return TW_RST;
    if (!(flags & T.TCPHDR_ACK) || !after(skb.endSeq, tw.rcvNxt) || skb.endSeq === skb.seq) return TW_SUCCESS;
    if (!(flags & T.TCPHDR_FIN) || skb.endSeq !== seqAdd(tw.rcvNxt, 1)) {
      // Data for nobody.
      return TW_RST;
    }
    tw.substate = S.TCP_TIME_WAIT;
    tw.rcvNxt = skb.endSeq;
    if (th.sawTstamp) {
      tw.tsRecent = th.tsval;
      tw.tsRecentStamp = k.time.now();
    }
    twSchedule(k, tw);
    twAck(k, tw);
    return TW_SUCCESS;
  }
  if (!paws && skb.seq === tw.rcvNxt && (skb.seq === skb.endSeq || flags & T.TCPHDR_RST)) {
    if (flags & T.TCPHDR_RST) {
      twKill(k, tw);
      return TW_SUCCESS;
    }
    twSchedule(k, tw);
    if (th.sawTstamp) {
      tw.tsRecent = th.tsval;
      tw.tsRecentStamp = k.time.now();
    }
    return TW_SUCCESS;
  }
  const newer = th.sawTstamp && tw.tsRecentStamp >= 0 && ((th.tsval - tw.tsRecent) | 0) > 0;
  if (flags & T.TCPHDR_SYN && !(flags & (T.TCPHDR_RST | T.TCPHDR_ACK)) && !paws && (after(skb.seq, tw.rcvNxt) || newer)) return TW_SYN;
  if (!(flags & T.TCPHDR_RST)) {
    if (paws || flags & T.TCPHDR_ACK) twSchedule(k, tw);
    if (!oowRateLimited(k, tw)) twAck(k, tw);
  }
  return TW_SUCCESS;
}

/** Sends the answer to a SYN. @linux net/ipv4/tcp_ipv4.c tcp_v4_send_synack */
export function sendSynack(k: Kernel, req: RequestSock): void {
  const { rx } = req;
  const options = replyOptions(req.mss, rx.tstampOk, tcpClock(k, req.tsOffset), rx.tsRecent, rx.sackOk, rx.wscaleOk ? rx.rcvWscale : -1);
  req.sentAt = k.time.now();
  sendReply(
    k,
    req.v6,
    req.rcvSaddr,
    req.daddr,
    req.v6RcvSaddr,
    req.v6Daddr,
    req.num,
    req.dport,
    req.sndIsn,
    seqAdd(req.rcvIsn, 1),
    T.TCPHDR_SYN | T.TCPHDR_ACK,
    Math.min(req.rcvWnd, 65535),
    options,
    req.tos,
  );
}

/** @linux net/ipv4/inet_connection_sock.c inet_csk_reqsk_queue_drop */
export function dropRequest(k: Kernel, req: RequestSock): void {
  if (req.timer.heapIndex >= 0) k.time.cancelTimer(req.timer);
  ehashRemove(k, req);
  req.listener.reqCount--;
}

/** The answer to a SYN was not acknowledged in time. @linux net/ipv4/inet_connection_sock.c reqsk_timer_handler */
function synackTimer(k: Kernel, req: RequestSock): void {
  const { listener } = req;
  if (listener.state !== S.TCP_LISTEN) {
    dropRequest(k, req);
    return;
  }
  const most = listener.synRetries > 0 && listener.tcpOptions.has(T.TCP_SYNCNT) ? listener.synRetries : T.TCP_SYNACK_RETRIES;
  const defer = listener.deferAccept;
  const expire = defer === 0 ? req.numTimeout >= most : req.numTimeout >= most && (!req.acked || req.numTimeout >= defer);
  const resend = defer === 0 || !req.acked || req.numTimeout >= defer - 1;
  if (expire) {
    dropRequest(k, req);
    return;
  }
  if (resend) {
    sendSynack(k, req);
    count(k, "Tcp.RetransSegs");
  }
  req.numTimeout++;
  req.timer.expires = k.time.now() + Math.min(T.TCP_TIMEOUT_INIT * 2 ** req.numTimeout, T.TCP_RTO_MAX);
  k.time.addTimer(req.timer);
}
tcpHooks.synackTimer = synackTimer;

/** The socket of a connection that a listener has got. @linux net/ipv4/tcp_minisocks.c tcp_create_openreq_child */
function createOpenreqChild(k: Kernel, listener: TcpSock, req: RequestSock): TcpSock {
  const sk = new TcpSock(listener.family, listener.type, listener.protocol);
  sk.dport = req.dport;
  sk.num = sk.sport = req.num;
  sk.rcvSaddr = sk.saddr = req.rcvSaddr;
  sk.daddr = req.daddr;
  if (listener.family === 10) {
    sk.mapped = !req.v6;
    sk.v6RcvSaddr = sk.v6Saddr = req.v6 ? req.v6RcvSaddr : v6Mapped(req.rcvSaddr);
    sk.v6Daddr = req.v6 ? req.v6Daddr : v6Mapped(req.daddr);
  }
  sk.v6only = listener.v6only;
  sk.boundDevIf = listener.boundDevIf;
  sk.uid = listener.uid;
  sk.id = k.rng.u32() & 0xffff;
  sk.tos = listener.tos;
  sk.ttl = listener.ttl;
  sk.tclass = listener.tclass;
  sk.hopLimit = listener.hopLimit;
  sk.recverr = listener.recverr;
  sk.cmsgFlags = listener.cmsgFlags;
  sk.ipOptions = new Map(listener.ipOptions);
  sk.ip6Options = new Map(listener.ip6Options);
  sk.tcpOptions = new Map(listener.tcpOptions);
  sk.options = new Map(listener.options);
  sk.options.delete(SO_PRIORITY);
  sk.linger = listener.linger;
  sk.rcvlowat = listener.rcvlowat;
  sk.rcvtimeo = listener.rcvtimeo;
  sk.sndtimeo = listener.sndtimeo;
  sk.sndbuf = listener.sndbuf;
  sk.rcvbuf = listener.rcvbuf;
  sk.sndbufLocked = listener.sndbufLocked;
  sk.rcvbufLocked = listener.rcvbufLocked;
  sk.nonagle = listener.nonagle & ~T.TCP_NAGLE_PUSH;
  sk.pathMtu = req.pathMtu;
  sk.userMss = listener.userMss;
  sk.userTimeout = listener.userTimeout;
  sk.linger2 = listener.linger2;
  sk.synRetries = listener.synRetries;
  sk.keepaliveTime = listener.keepaliveTime;
  sk.keepaliveIntvl = listener.keepaliveIntvl;
  sk.keepaliveProbes = listener.keepaliveProbes;
  sk.notsentLowat = listener.notsentLowat;
  sk.peekOffset = listener.peekOffset;
  sk.rx = req.rx;
  sk.tsOffset = req.tsOffset;
  sk.advmss = req.mss - (req.rx.tstampOk ? 12 : 0);
  sk.rcvNxt = sk.rcvWup = sk.copiedSeq = seqAdd(req.rcvIsn, 1);
  sk.sndUna = sk.sndNxt = sk.sndSml = sk.sndUp = sk.writeSeq = sk.pushedSeq = seqAdd(req.sndIsn, 1);
  sk.rcvWnd = req.rcvWnd;
  sk.windowClamp = req.windowClamp;
  sk.rcvSsthresh = req.rcvWnd;
  sk.sndWnd = sk.maxWindow = th.window * 2 ** req.rx.sndWscale;
  sk.sndWl1 = req.rcvIsn;
  sk.retransStamp = req.numTimeout === 0 ? req.sentAt : 0;
  syncMss(sk);
  sk.state = S.TCP_SYN_RECV;
  sk.listener = null;
  sk.lrcvtime = k.time.now();
  // The port is the listener's; so is the right to it.
  if (listener.bind) {
    listener.bind.owners.push(sk);
    sk.bind = listener.bind;
  }
  insert(k, sk);
  count(k, "Tcp.PassiveOpens");
  if (sk.options.get(SO_KEEPALIVE) === 1) resetKeepaliveTimer(k, sk, sk.keepaliveTime);
  return sk;
}

/** Results of checkReq beside the child. */
export const REQ_DROP = 0;
export const REQ_RESET = 1;

/** A segment for a connection that is being made. @returns the socket if it is complete now, REQ_DROP, or REQ_RESET if the packet is none of its @linux net/ipv4/tcp_minisocks.c tcp_check_req */
export function checkReq(k: Kernel, req: RequestSock, skb: Packet): TcpSock | number {
  const { flags } = th;
  const { listener, rx } = req;
  const paws = th.sawTstamp && rx.tsRecentStamp >= 0 && rx.tstampOk && ((rx.tsRecent - th.tsval) | 0) > 0;
  if (skb.seq === req.rcvIsn && flags === T.TCPHDR_SYN && !paws) {
    // The SYN again: so is the answer.
    if (!oowRateLimited(k, req)) sendSynack(k, req);
    return REQ_DROP;
  }
  if (flags & T.TCPHDR_ACK && th.ackSeq !== seqAdd(req.sndIsn, 1)) return REQ_RESET;
  const rcvNxt = seqAdd(req.rcvIsn, 1);
  const end = seqAdd(rcvNxt, req.rcvWnd);
  const inWindow = skb.seq === rcvNxt || (after(skb.endSeq, rcvNxt) && before(skb.seq, end)) || (skb.seq === end && skb.seq === skb.endSeq);
  if (paws || !inWindow) {
    if (!(flags & T.TCPHDR_RST) && !oowRateLimited(k, req)) {
      const options = rx.tstampOk ? timestampOption(tcpClock(k, req.tsOffset), rx.tsRecent) : null;
      const window = Math.floor(req.rcvWnd / 2 ** rx.rcvWscale);
      sendReply(
        k,
        req.v6,
        req.rcvSaddr,
        req.daddr,
        req.v6RcvSaddr,
        req.v6Daddr,
        req.num,
        req.dport,
        seqAdd(req.sndIsn, 1),
        rcvNxt,
        T.TCPHDR_ACK,
        window,
        options,
        req.tos,
      );
    }
    return REQ_DROP;
  }
  if (th.sawTstamp && !after(skb.seq, rcvNxt)) rx.tsRecent = th.tsval;
  if (flags & (T.TCPHDR_RST | T.TCPHDR_SYN)) {
    if (flags & T.TCPHDR_SYN) return REQ_RESET;
    dropRequest(k, req);
    count(k, "Tcp.AttemptFails");
    return REQ_DROP;
  }
  if (!(flags & T.TCPHDR_ACK)) return REQ_DROP;
  if (req.numTimeout < listener.deferAccept && skb.endSeq === rcvNxt) {
    req.acked = true;
    return REQ_DROP;
  }
  if (listener.acceptQueue.length > listener.maxAckBacklog) {
    count(k, "TcpExt.ListenOverflows");
    count(k, "TcpExt.ListenDrops");
    req.acked = true;
    return REQ_DROP;
  }
  dropRequest(k, req);
  const child = createOpenreqChild(k, listener, req);
  listener.acceptQueue.push(child);
  return child;
}

/** How many connections programs have closed but the network has not. @linux net/ipv4/tcp.c tcp_orphan_count */
export const orphanCount = (k: Kernel): number => tcpHashInfo(k).orphans;
