import type { Kernel } from "../../kernel.ts";
import * as E from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET6 } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { count, net } from "../core/netNamespace.ts";
import { CHECKSUM_UNNECESSARY, get32, kfreeSkb, PACKET_HOST, type Packet, skbPull } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { inet6AddProtocol } from "../ipv6/ip6Input.ts";
import { ip6RouteOutput, pseudoSum6, route6 } from "../ipv6/ip6Output.ts";
import { icmpErrConvert } from "./icmpErrors.ts";
import { ehashInsert, hashConnect, lookupEstablished4, lookupEstablished6, lookupListener, replacedTimewait } from "./inetHashtables.ts";
import { IN6ADDR_ANY, LOOPBACK4_IPV6, skErrorReport, v6IsAny, v6IsMulticast, v6Mapped } from "./inetSock.ts";
import { inetAddProtocol } from "./ipInput.ts";
import { checksumOk, pseudoSum } from "./ipOutput.ts";
import { ipRouteOutput, RTN_BROADCAST, RTN_MULTICAST, route } from "./route.ts";
import type { SockAddress } from "./sockaddr.ts";
import { rcvEstablished, rcvStateProcess } from "./tcpInput.ts";
import {
  checkReq,
  closeState,
  dropRequest,
  REQ_RESET,
  sendSynack,
  TW_RST,
  TW_SYN,
  tcpDone,
  timewaitStateProcess,
  twKill,
} from "./tcpMinisocks.ts";
import { tcpParse, th } from "./tcpOptions.ts";
import { tcpConnect } from "./tcpOutput.ts";
import { RequestSock, seqAdd, type TcpSock, tcpHooks } from "./tcpSock.ts";
import { routeMss, sendReply } from "./tcpTransmit.ts";
import { initialWindow, tcpFullSpace } from "./tcpWindow.ts";

/** An initial sequence number: it grows with time, from a secret start for each pair of ends. @linux net/core/secure_seq.c secure_tcp_seq */
function secureSeq(k: Kernel, a: number, b: number, ports: number): number {
  let x = Math.imul(a ^ net(k).secret, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35);
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  x ^= x >>> 12;
  return (x + Math.floor(k.time.now() / 64)) >>> 0;
}
function tsOffset(k: Kernel, a: number, b: number): number {
  let x = Math.imul(a ^ net(k).secret, 0x297a2d39) ^ Math.imul(b, 0x1b56c4e9);
  x ^= x >>> 14;
  return Math.imul(x, 0x5f356495) >>> 0;
}
const fold = (v6: Uint8Array): number => get32(v6, 0) ^ get32(v6, 4) ^ get32(v6, 8) ^ get32(v6, 12);

/** Answers a segment that nobody wants. @linux net/ipv4/tcp_ipv4.c tcp_v4_send_reset */
function sendReset(k: Kernel, skb: Packet): void {
  if (th.flags & T.TCPHDR_RST || skb.pktType !== PACKET_HOST) return;
  const { head, networkHeader: n } = skb;
  const v6 = skb.protocol === IN.ETH_P_IPV6;
  const withAck = (th.flags & T.TCPHDR_ACK) !== 0;
  const seq = withAck ? th.ackSeq : 0;
  const ack = withAck ? 0 : skb.endSeq;
  const flags = T.TCPHDR_RST | (withAck ? 0 : T.TCPHDR_ACK);
  if (v6) {
    const from = head.slice(n + 24, n + 40);
    sendReply(k, true, 0, 0, from, head.slice(n + 8, n + 24), th.dest, th.source, seq, ack, flags, 0, null, 0);
  } else
    sendReply(
      k,
      false,
      get32(head, n + 16),
      get32(head, n + 12),
      IN6ADDR_ANY,
      IN6ADDR_ANY,
      th.dest,
      th.source,
      seq,
      ack,
      flags,
      0,
      null,
      head[n + 1]!,
    );
}

/** A SYN for a listener. @linux net/ipv4/tcp_input.c tcp_conn_request */
function connRequest(k: Kernel, sk: TcpSock, skb: Packet, isn: number): void {
  const { head, networkHeader: n } = skb;
  const v6 = skb.protocol === IN.ETH_P_IPV6;
  if (skb.pktType !== PACKET_HOST) return;
  if (sk.reqCount > sk.maxAckBacklog || sk.acceptQueue.length > sk.maxAckBacklog) {
    count(k, "TcpExt.ListenOverflows");
    count(k, "TcpExt.ListenDrops");
    return;
  }
  const daddr6 = v6 ? head.slice(n + 24, n + 40) : IN6ADDR_ANY;
  const saddr6 = v6 ? head.slice(n + 8, n + 24) : IN6ADDR_ANY;
  const daddr = v6 ? LOOPBACK4_IPV6 : get32(head, n + 16);
  const saddr = v6 ? 0 : get32(head, n + 12);
  const req = new RequestSock(sk, th.dest, th.source, v6, daddr, saddr, daddr6, saddr6);
  const { rx } = req;
  rx.mssClamp = Math.min(th.mss > 0 ? th.mss : T.TCP_MSS_DEFAULT, sk.userMss > 0 ? sk.userMss : 65535);
  rx.tstampOk = th.sawTstamp;
  rx.sackOk = th.sackPermitted;
  rx.wscaleOk = th.wscale >= 0;
  rx.sndWscale = Math.max(0, th.wscale);
  if (th.sawTstamp) {
    rx.tsRecent = th.tsval;
    rx.tsRecentStamp = k.time.now();
  }
  req.rcvIsn = th.seq;
  if (skb.dev) req.pathMtu = skb.dev.mtu;
  req.mss = Math.min(routeMss(v6, req.pathMtu), sk.userMss > 0 ? sk.userMss : 65535);
  const a = v6 ? fold(daddr6) : daddr;
  const b = v6 ? fold(saddr6) : saddr;
  req.sndIsn = isn !== 0 ? isn : secureSeq(k, a, b, (th.dest << 16) | th.source);
  req.tsOffset = tsOffset(k, a, b);
  const w = initialWindow(tcpFullSpace(sk), req.mss - (rx.tstampOk ? 12 : 0), sk.windowClamp, rx.wscaleOk);
  req.rcvWnd = w.rcvWnd;
  req.windowClamp = w.clamp;
  rx.rcvWscale = w.wscale;
  req.tos = v6 ? sk.tclass : sk.tos;
  sk.reqCount++;
  ehashInsert(k, req);
  req.timer.expires = k.time.now() + T.TCP_TIMEOUT_INIT;
  k.time.addTimer(req.timer);
  sendSynack(k, req);
}

/** A segment for a listener. @returns true if a reset is due */
function rcvListen(k: Kernel, sk: TcpSock, skb: Packet, isn: number): boolean {
  if (th.flags & T.TCPHDR_ACK) return true;
  if (th.flags & T.TCPHDR_RST || !(th.flags & T.TCPHDR_SYN) || th.flags & T.TCPHDR_FIN) return false;
  connRequest(k, sk, skb, isn);
  return false;
}

/** A segment for a socket, whose header is in `th`. @linux net/ipv4/tcp_ipv4.c tcp_v4_do_rcv */
function doRcv(k: Kernel, sk: TcpSock, skb: Packet): void {
  sk.segsIn++;
  if (skb.length > 0) sk.dataSegsIn++;
  if (sk.state === S.TCP_ESTABLISHED) {
    rcvEstablished(k, sk, skb);
    return;
  }
  if (sk.state === S.TCP_LISTEN) {
    if (rcvListen(k, sk, skb, 0)) sendReset(k, skb);
    kfreeSkb(k, skb);
    return;
  }
  if (rcvStateProcess(k, sk, skb) !== 0) {
    sendReset(k, skb);
    kfreeSkb(k, skb);
  }
}
tcpHooks.doRcv = (k, sk, skb) => {
  tcpParse(skb);
  doRcv(k, sk, skb);
};

/** To the socket, or to its backlog while a call has it. */
function toSocket(k: Kernel, sk: TcpSock, skb: Packet): void {
  if (!sk.owned) {
    doRcv(k, sk, skb);
    return;
  }
  if (sk.backlogLen + skb.truesize > sk.rcvbuf + sk.sndbuf + 65536) {
    count(k, "TcpExt.TCPBacklogDrop");
    sk.drops++;
    kfreeSkb(k, skb);
    return;
  }
  sk.backlog.push(skb);
  sk.backlogLen += skb.truesize;
}

/** A TCP packet came in: `skb.data` is at its header. @linux net/ipv4/tcp_ipv4.c tcp_v4_rcv, net/ipv6/tcp_ipv6.c tcp_v6_rcv */
function tcpRcv(k: Kernel, skb: Packet): void {
  count(k, "Tcp.InSegs");
  const { head, networkHeader: n } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  if (skb.pktType !== PACKET_HOST || !tcpParse(skb)) {
    count(k, "Tcp.InErrs");
    kfreeSkb(k, skb);
    return;
  }
  if (skb.ipSummed !== CHECKSUM_UNNECESSARY) {
    const size = skb.tail - skb.data;
    const pseudo = v4 ? pseudoSum(get32(head, n + 12), get32(head, n + 16), 6, size) : pseudoSum6(head, n, 6, size);
    if (skb.dataLen > 0 || !checksumOk(head, skb.data, size, pseudo)) {
      count(k, "Tcp.InCsumErrors");
      count(k, "Tcp.InErrs");
      kfreeSkb(k, skb);
      return;
    }
  }
  skbPull(k, skb, th.size);
  skb.seq = th.seq;
  skb.tcpFlags = th.flags;
  skb.endSeq = seqAdd(th.seq, skb.length + (th.flags & T.TCPHDR_SYN ? 1 : 0) + (th.flags & T.TCPHDR_FIN ? 1 : 0));
  skb.tstamp = k.time.now();
  if (skb.truesize === 0) skb.truesize = skb.length + 1280;
  const daddr6 = v4 ? null : head.subarray(n + 24, n + 40);
  const found = v4
    ? lookupEstablished4(k, get32(head, n + 12), th.source, get32(head, n + 16), th.dest)
    : lookupEstablished6(k, head.subarray(n + 8, n + 24), th.source, daddr6!, th.dest);
  if (found !== null) {
    if (found.kind === "sock") {
      toSocket(k, found, skb);
      return;
    }
    if (found.kind === "request") {
      forRequest(k, found, skb);
      return;
    }
    const r = timewaitStateProcess(k, found, skb);
    if (r === TW_SYN) {
      const listener = lookupListener(k, v4 ? get32(head, n + 16) : 0, daddr6, th.dest, th.source, skb.dev?.index ?? 0);
      if (listener) {
        const isn = seqAdd(found.sndNxt, 65535 + 2) || 1;
        twKill(k, found);
        rcvListen(k, listener, skb, isn);
      }
    } else if (r === TW_RST) {
      sendReset(k, skb);
      twKill(k, found);
    }
    kfreeSkb(k, skb);
    return;
  }
  const listener = lookupListener(k, v4 ? get32(head, n + 16) : 0, daddr6, th.dest, th.source, skb.dev?.index ?? 0);
  if (listener) {
    toSocket(k, listener, skb);
    return;
  }
  sendReset(k, skb);
  kfreeSkb(k, skb);
}

/** The last step of a connection's making, or something in between. */
function forRequest(k: Kernel, req: RequestSock, skb: Packet): void {
  const { listener } = req;
  if (listener.state !== S.TCP_LISTEN) {
    dropRequest(k, req);
    sendReset(k, skb);
    kfreeSkb(k, skb);
    return;
  }
  const r = checkReq(k, req, skb);
  if (typeof r === "number") {
    if (r === REQ_RESET) sendReset(k, skb);
    kfreeSkb(k, skb);
    return;
  }
  if (rcvStateProcess(k, r, skb) !== 0) sendReset(k, skb);
  if (r.state !== S.TCP_SYN_RECV) listener.dataReady(k);
}

/**
 * Begins a connection to an address: source and port are chosen, the SYN is sent. 0 or -errno.
 * @linux net/ipv4/tcp_ipv4.c tcp_v4_connect, net/ipv6/tcp_ipv6.c tcp_v6_connect
 */
export function tcpV4Connect(k: Kernel, sk: TcpSock, a: SockAddress): number {
  if (a.v6 === null) {
    if (sk.family === AF_INET6 && sk.v6only) return -E.ENETUNREACH;
    const from = sk.saddr === LOOPBACK4_IPV6 ? 0 : sk.saddr;
    const r = ipRouteOutput(k, a.v4, from, sk.boundDevIf);
    if (r < 0) return r;
    if (route.type === RTN_MULTICAST || route.type === RTN_BROADCAST) return -E.ENETUNREACH;
    if (sk.saddr === 0 || sk.saddr === LOOPBACK4_IPV6) sk.saddr = route.saddr;
    if (sk.rcvSaddr === 0 || sk.rcvSaddr === LOOPBACK4_IPV6) sk.rcvSaddr = route.saddr;
    sk.daddr = route.daddr;
    sk.pathMtu = route.dev!.mtu;
    if (sk.family === AF_INET6) {
      sk.mapped = true;
      sk.v6Daddr = v6Mapped(sk.daddr);
      if (v6IsAny(sk.v6Saddr)) sk.v6Saddr = v6Mapped(sk.saddr);
      if (v6IsAny(sk.v6RcvSaddr)) sk.v6RcvSaddr = v6Mapped(sk.rcvSaddr);
    }
  } else {
    if (v6IsMulticast(a.v6)) return -E.ENETUNREACH;
    const r = ip6RouteOutput(k, a.v6, sk.v6Saddr, sk.boundDevIf || a.scope);
    if (r < 0) return r;
    sk.mapped = false;
    sk.v6Daddr = route6.daddr;
    sk.pathMtu = route6.dev!.mtu;
    if (v6IsAny(sk.v6Saddr)) sk.v6Saddr = route6.saddr;
    if (v6IsAny(sk.v6RcvSaddr)) sk.v6RcvSaddr = route6.saddr;
    sk.rcvSaddr = sk.saddr = LOOPBACK4_IPV6;
  }
  sk.dport = a.port;
  sk.rx.tsRecentStamp = -1;
  sk.writeSeq = 0;
  sk.state = S.TCP_SYN_SENT;
  const h = hashConnect(k, sk, (tw) => twKill(k, tw));
  if (h < 0) {
    closeState(k, sk);
    if (!sk.addrLocked) {
      sk.rcvSaddr = sk.saddr = 0;
      sk.v6RcvSaddr = sk.v6Saddr = IN6ADDR_ANY;
    }
    sk.dport = 0;
    return h;
  }
  const x = sk.v6 ? fold(sk.v6Saddr) : sk.saddr;
  const y = sk.v6 ? fold(sk.v6Daddr) : sk.daddr;
  sk.writeSeq = secureSeq(k, x, y, (sk.num << 16) | sk.dport);
  sk.tsOffset = tsOffset(k, x, y);
  const tw = replacedTimewait;
  if (tw) {
    sk.writeSeq = seqAdd(tw.sndNxt, 65535 + 2);
    sk.rx.tsRecent = tw.tsRecent;
    sk.rx.tsRecentStamp = tw.tsRecentStamp;
  }
  if (sk.writeSeq === 0) sk.writeSeq = 1;
  return tcpConnect(k, sk);
}

/** An ICMP error about a segment of ours. @linux net/ipv4/tcp_ipv4.c tcp_v4_err */
function tcpErr(k: Kernel, skb: Packet, _outer: Packet, type: number, code: number): void {
  const { head, data: at, networkHeader: n } = skb;
  if (skb.tail - at < 8) return;
  const v6 = skb.protocol === IN.ETH_P_IPV6;
  const sport = (head[at]! << 8) | head[at + 1]!;
  const dport = (head[at + 2]! << 8) | head[at + 3]!;
  const sk = v6
    ? lookupEstablished6(k, head.subarray(n + 24, n + 40), dport, head.subarray(n + 8, n + 24), sport)
    : lookupEstablished4(k, get32(head, n + 16), dport, get32(head, n + 12), sport);
  if (sk?.kind !== "sock") return;
  const c = icmpErrConvert(v6, type, code);
  if (!c) return;
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) {
    sk.err = c.errno;
    tcpDone(k, sk);
    skErrorReport(k, sk);
  } else sk.softErr = c.errno;
}

inetAddProtocol(6, { handler: tcpRcv, errHandler: tcpErr });
inet6AddProtocol(6, { handler: tcpRcv, errHandler: tcpErr });
