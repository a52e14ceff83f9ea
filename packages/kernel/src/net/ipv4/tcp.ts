import { BLOCKED } from "../../include/linux/sched.ts";
import type { PollTable } from "../../include/linux/wait.ts";
import { sysctlValue } from "../../kernel/sysctl.ts";
import type { Kernel } from "../../kernel.ts";
import { putUser32 } from "../../mm/usercopy.ts";
import { stateClass } from "../../state.ts";
import * as E from "../../uapi/errno.ts";
import { O_NONBLOCK } from "../../uapi/fcntl.ts";
import { IPPROTO_TCP } from "../../uapi/in.ts";
import * as P from "../../uapi/poll.ts";
import { AF_UNSPEC, RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, SIOCATMARK, SO_OOBINLINE, SOCK_STREAM } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { kfreeSkb } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { sockWait } from "../core/sock.ts";
import { localBhDisable, localBhEnable } from "../core/softnet.ts";
import type { Socket } from "../socket.ts";
import { inetRegisterProtosw, type Proto, resetSaddr } from "./afInet.ts";
import { cskGetPort, hashListener, putPort, tcpHashInfo, unhash } from "./inetHashtables.ts";
import { flushBacklog, IN6ADDR_ANY, lockSock, releaseSock, skErrorReport } from "./inetSock.ts";
import { destination, familyOf } from "./sockaddr.ts";
import { epollinReady, purgeOfo, setState } from "./tcpData.ts";
import { tcpV4Connect } from "./tcpIpv4.ts";
import { closeState, destroySock, dropRequest, tcpTimeWait } from "./tcpMinisocks.ts";
import { sendActiveReset, sendFin, writeQueuePurge } from "./tcpOutput.ts";
import { tcpRecvmsg } from "./tcpRecv.ts";
import { tcpSendmsg, tcpSendPage } from "./tcpSend.ts";
import { RequestSock, seqAdd, seqSub, TcpOptionsReceived, TcpSock, tcpHooks } from "./tcpSock.ts";
import { tcpGetsockopt, tcpSetsockopt } from "./tcpSockopt.ts";
import { clearTimers, resetKeepaliveTimer } from "./tcpTimers.ts";
import { winFromSpace } from "./tcpWindow.ts";
import "./tcpTimer.ts";

const tcpSk = (sock: Socket): TcpSock => sock.sk as TcpSock;

/** A connect() waits for its answer. */
class TcpConnectProgress {}
stateClass(TcpConnectProgress);

/** @linux net/ipv4/tcp.c tcp_poll */
function tcpPoll(k: Kernel, sock: Socket, table: PollTable | null): number {
  const sk = tcpSk(sock);
  table?.wait(k, sock.wait);
  if (sk.state === S.TCP_LISTEN) return sk.acceptQueue.length > 0 ? P.POLLIN | P.POLLRDNORM : 0;
  let mask = 0;
  if (sk.shutdown === SHUTDOWN_MASK || sk.state === S.TCP_CLOSE) mask |= P.POLLHUP;
  if (sk.shutdown & RCV_SHUTDOWN) mask |= P.POLLIN | P.POLLRDNORM | P.POLLRDHUP;
  if (sk.state !== S.TCP_SYN_SENT && sk.state !== S.TCP_SYN_RECV) {
    const inline = sk.options.get(SO_OOBINLINE) === 1;
    const extra = sk.urgData && sk.urgSeq === sk.copiedSeq && !inline ? 1 : 0;
    if (epollinReady(sk, sk.rcvlowat + extra) && seqSub(sk.rcvNxt, sk.copiedSeq) > extra - 1) mask |= P.POLLIN | P.POLLRDNORM;
    if (!(sk.shutdown & SEND_SHUTDOWN)) {
      if (sk.streamWriteable) mask |= P.POLLOUT | P.POLLWRNORM;
      else sk.nospace = true;
    } else mask |= P.POLLOUT | P.POLLWRNORM;
    if (sk.urgData & T.TCP_URG_VALID) mask |= P.POLLPRI;
  }
  if (sk.err !== 0 || sk.errQueue.length > 0) mask |= P.POLLERR;
  return mask;
}

/** SO_RCVLOWAT was raised or lowered. @linux net/ipv4/tcp.c tcp_set_rcvlowat */
tcpHooks.setRcvlowat = (k, sk) => {
  sk.rcvlowat = Math.min(sk.rcvlowat, (sk.rcvbufLocked ? sk.rcvbuf : T.TCP_RMEM[2]) >> 1);
  if (epollinReady(sk, sk.rcvlowat)) sk.dataReady(k);
  if (sk.rcvbufLocked) return;
  const space = Math.floor((sk.rcvlowat * 256) / sk.scalingRatio);
  if (space > sk.rcvbuf && space < 1e9) {
    sk.rcvbuf = Math.min(space, T.TCP_RMEM[2]);
    sk.windowClamp = winFromSpace(sk, sk.rcvbuf);
  }
};

/** @linux net/ipv4/tcp.c tcp_ioctl SIOCINQ, SIOCOUTQ */
function tcpQueued(sk: TcpSock, out: boolean): number {
  if (sk.state === S.TCP_LISTEN) return -E.EINVAL;
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) return 0;
  if (out) return (sk.writeSeq - sk.sndUna) >>> 0;
  const inline = sk.options.get(SO_OOBINLINE) === 1;
  const urgentAhead = sk.urgData && seqSub(sk.urgSeq, sk.copiedSeq) >= 0 && seqSub(sk.rcvNxt, sk.urgSeq) > 0;
  let n = seqSub(sk.rcvNxt, sk.copiedSeq);
  if (!inline && urgentAhead) n = seqSub(sk.urgSeq, sk.copiedSeq);
  else if (n > 0 && sk.done) n--;
  return Math.max(0, n);
}

/** @linux net/ipv4/tcp.c tcp_ioctl */
function tcpIoctl(k: Kernel, sk: TcpSock, cmd: number, arg: number): number {
  switch (cmd) {
    case SIOCATMARK:
      return putUser32(k, arg, sk.urgData && sk.urgSeq === sk.copiedSeq ? 1 : 0);
    case SIOCOUTQNSD:
      if (sk.state === S.TCP_LISTEN) return -E.EINVAL;
      return putUser32(k, arg, sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV ? 0 : (sk.writeSeq - sk.sndNxt) >>> 0);
    default:
      return -E.ENOTTY;
  }
}
const SIOCOUTQNSD = 0x894b;

const CLOSED = 0;
const CONNECTING = 1;
const CONNECTED = 2;
/** What the socket is to its file (SS_*). */
function phase(sk: TcpSock): number {
  if (sk.state === S.TCP_CLOSE) return sk.connecting ? CONNECTING : CLOSED;
  return sk.connecting ? CONNECTING : CONNECTED;
}

/** @linux net/ipv4/af_inet.c __inet_stream_connect */
function streamConnect(k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number {
  const sk = tcpSk(sock);
  if (addr.length < 2) return -E.EINVAL;
  lockSock(sk);
  const r = connectLocked(k, sk, addr, flags);
  releaseSock(k, sk);
  return r;
}

function connectLocked(k: Kernel, sk: TcpSock, addr: Uint8Array, flags: number): number {
  const task = k.current;
  if (familyOf(addr) === AF_UNSPEC) {
    tcpDisconnect(k, sk);
    sk.connecting = false;
    return 0;
  }
  let error: number;
  if (sk.state === S.TCP_LISTEN) return -E.EISCONN;
  switch (phase(sk)) {
    case CONNECTED:
      return -E.EISCONN;
    case CONNECTING:
      error = task.progress instanceof TcpConnectProgress ? -E.EINPROGRESS : -E.EALREADY;
      break;
    default: {
      const a = destination(sk, addr, "stream");
      if (typeof a === "number") return a;
      if (a === null) return -E.EINVAL;
      const r = tcpV4Connect(k, sk, a);
      if (r < 0) return r;
      sk.connecting = true;
      error = -E.EINPROGRESS;
    }
  }
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) {
    if (flags & O_NONBLOCK) return error;
    // The answer may be here already, as the other end is on this machine.
    flushBacklog(k, sk);
  }
  const now = sk.state as number;
  if (now === S.TCP_SYN_SENT || now === S.TCP_SYN_RECV) {
    const w = sockWait(k, sk.queue!, 0, sk.sndtimeo, false);
    if (w === BLOCKED) {
      if (error === -E.EINPROGRESS) task.progress = new TcpConnectProgress();
      return w;
    }
    return w === -E.EAGAIN ? error : w;
  }
  sk.connecting = false;
  if (sk.state === S.TCP_CLOSE) {
    const e = sk.takeError();
    const r = e < 0 ? e : -E.ECONNABORTED;
    tcpDisconnect(k, sk);
    sk.err = 0;
    return r;
  }
  return 0;
}

/** @linux net/ipv4/af_inet.c inet_listen */
function listen(k: Kernel, sock: Socket, backlog: number): number {
  const sk = tcpSk(sock);
  if (sk.connecting || (sk.state !== S.TCP_CLOSE && sk.state !== S.TCP_LISTEN)) return -E.EINVAL;
  sk.maxAckBacklog = backlog < 0 ? 4096 : backlog;
  if (sk.state === S.TCP_LISTEN) return 0;
  sk.acceptQueue = [];
  sk.reqCount = 0;
  setState(k, sk, S.TCP_LISTEN);
  // Another one may listen there by now.
  if (cskGetPort(k, sk, sk.num) !== 0) {
    setState(k, sk, S.TCP_CLOSE);
    return -E.EADDRINUSE;
  }
  sk.sport = sk.num;
  hashListener(k, sk);
  return 0;
}

/** @linux net/ipv4/inet_connection_sock.c inet_csk_accept */
function accept(k: Kernel, sock: Socket, fresh: Socket, flags: number): number {
  const sk = tcpSk(sock);
  if (sk.state !== S.TCP_LISTEN) return -E.EINVAL;
  const child = sk.acceptQueue.shift();
  if (!child) {
    if (flags & O_NONBLOCK) return -E.EAGAIN;
    return sockWait(k, sock.wait, 0, sk.rcvtimeo, true);
  }
  fresh.sk = child;
  child.socket = fresh;
  child.uid = k.current.cred.fsuid;
  return 0;
}

/** A listener stops: connections that wait to be accepted are reset. @linux net/ipv4/inet_connection_sock.c inet_csk_listen_stop */
function listenStop(k: Kernel, sk: TcpSock): void {
  for (const list of [...tcpHashInfo(k).ehash.values()])
    for (const e of [...list]) if (e instanceof RequestSock && e.listener === sk) dropRequest(k, e);
  localBhDisable(k);
  for (const child of sk.acceptQueue.splice(0)) {
    child.dead = true;
    if (needReset(child.state)) sendActiveReset(k, child);
    closeState(k, child);
    destroySock(k, child);
  }
  localBhEnable(k);
}

/** @linux net/ipv4/tcp.c tcp_need_reset */
const needReset = (state: number): boolean =>
  state === S.TCP_ESTABLISHED ||
  state === S.TCP_CLOSE_WAIT ||
  state === S.TCP_FIN_WAIT1 ||
  state === S.TCP_FIN_WAIT2 ||
  state === S.TCP_SYN_RECV;

/** Ends a connection at once; the socket can be used for another. @linux net/ipv4/tcp.c tcp_disconnect */
export function tcpDisconnect(k: Kernel, sk: TcpSock): number {
  const old = sk.state;
  if (old !== S.TCP_CLOSE) {
    if (old === S.TCP_LISTEN) {
      unhash(k, sk);
      setState(k, sk, S.TCP_CLOSE);
      listenStop(k, sk);
      if (!sk.portLocked) putPort(k, sk);
    } else if (needReset(old) || (sk.sndNxt !== sk.writeSeq && (old === S.TCP_CLOSING || old === S.TCP_LAST_ACK))) {
      sendActiveReset(k, sk);
      sk.err = E.ECONNRESET;
    } else if (old === S.TCP_SYN_SENT) sk.err = E.ECONNRESET;
    if (old !== S.TCP_LISTEN) closeState(k, sk);
  }
  clearTimers(k, sk);
  for (const skb of sk.rcvQueue) kfreeSkb(k, skb);
  sk.rcvQueue = [];
  purgeOfo(k, sk);
  sk.rmemAlloc = 0;
  writeQueuePurge(k, sk);
  sk.dport = 0;
  sk.daddr = 0;
  sk.v6Daddr = IN6ADDR_ANY;
  sk.mapped = false;
  if (!sk.addrLocked) resetSaddr(sk);
  sk.shutdown = 0;
  sk.done = false;
  sk.srtt = sk.mdev = sk.rttvar = 0;
  sk.rto = T.TCP_TIMEOUT_INIT;
  sk.writeSeq = seqAdd(sk.writeSeq, sk.maxWindow + 2);
  sk.backoff = 0;
  sk.probesOut = 0;
  sk.cwnd = T.TCP_INIT_CWND;
  sk.ssthresh = 0x7fffffff;
  sk.cwndCnt = 0;
  sk.caState = 0;
  sk.retransmits = 0;
  sk.totalRetrans = 0;
  sk.quick = sk.pingpong = 0;
  sk.lrcvtime = 0;
  sk.urgData = 0;
  sk.rcvNxt = sk.copiedSeq = sk.rcvWup = 0;
  sk.rx = new TcpOptionsReceived();
  sk.windowClamp = 0;
  skErrorReport(k, sk);
  return 0;
}

/** The next state of a connection that this side closes, and whether a FIN is due. @linux net/ipv4/tcp.c tcp_close_state */
function closeStateFin(k: Kernel, sk: TcpSock): boolean {
  switch (sk.state) {
    case S.TCP_ESTABLISHED:
    case S.TCP_SYN_RECV:
      setState(k, sk, S.TCP_FIN_WAIT1);
      return true;
    case S.TCP_CLOSE_WAIT:
      setState(k, sk, S.TCP_LAST_ACK);
      return true;
    case S.TCP_SYN_SENT:
      closeState(k, sk);
      return false;
    default:
      return false;
  }
}

/** @linux net/ipv4/tcp.c tcp_shutdown */
function tcpShutdown(k: Kernel, sk: TcpSock, how: number): void {
  if (!(how & SEND_SHUTDOWN)) return;
  if ([S.TCP_ESTABLISHED, S.TCP_SYN_SENT, S.TCP_CLOSE_WAIT].includes(sk.state) && closeStateFin(k, sk)) sendFin(k, sk);
}

/** The program is done with the socket. @linux net/ipv4/tcp.c __tcp_close */
function tcpClose(k: Kernel, sk: TcpSock): void {
  lockSock(sk);
  sk.shutdown = SHUTDOWN_MASK;
  sk.socket?.wait.wakeUpAll(k);
  if (sk.state === S.TCP_LISTEN) {
    unhash(k, sk);
    setState(k, sk, S.TCP_CLOSE);
    listenStop(k, sk);
  } else {
    let unread = 0;
    for (const skb of sk.rcvQueue) {
      unread += seqSub(skb.endSeq, sk.copiedSeq) > 0 ? Math.max(0, seqSub(skb.endSeq, skb.seq) - (skb.tcpFlags & T.TCPHDR_FIN ? 1 : 0)) : 0;
      kfreeSkb(k, skb);
    }
    sk.rcvQueue = [];
    sk.rmemAlloc = 0;
    if (sk.state !== S.TCP_CLOSE) {
      if (unread > 0) {
        // What was received is thrown away: the peer has to know.
        sendActiveReset(k, sk);
        closeState(k, sk);
      } else if (sk.linger === 0) tcpDisconnect(k, sk);
      else if (closeStateFin(k, sk)) sendFin(k, sk);
    }
  }
  sk.dead = true;
  sk.socket = null;
  releaseSock(k, sk);
  if (sk.state === S.TCP_FIN_WAIT2) {
    if (sk.linger2 < 0) {
      sendActiveReset(k, sk);
      closeState(k, sk);
    } else if (sk.linger2 > T.TCP_TIMEWAIT_LEN) resetKeepaliveTimer(k, sk, sk.linger2 - T.TCP_TIMEWAIT_LEN);
    else {
      tcpTimeWait(k, sk, S.TCP_FIN_WAIT2, sk.linger2);
      return;
    }
  }
  if (sk.state === S.TCP_CLOSE) destroySock(k, sk);
}

export const tcpProto: Proto = {
  name: "tcp",
  getPort: (k, sk, port) => cskGetPort(k, sk as TcpSock, port),
  connect: streamConnect,
  disconnect: (k, sk) => tcpDisconnect(k, sk as TcpSock),
  close: (k, sk) => tcpClose(k, sk as TcpSock),
  sendmsg: tcpSendmsg,
  recvmsg: tcpRecvmsg,
  poll: tcpPoll,
  queued: (sk, out) => tcpQueued(sk as TcpSock, out),
  ioctl: (k, sk, cmd, arg) => tcpIoctl(k, sk as TcpSock, cmd, arg),
  shutdown: (k, sk, how) => tcpShutdown(k, sk as TcpSock, how),
  setsockopt: tcpSetsockopt,
  getsockopt: tcpGetsockopt,
};

/** A number of /proc/sys/net/ipv4. */
const setting = (k: Kernel, name: string, initial: number): number => Number(sysctlValue(k, `net/ipv4/${name}`) ?? initial);

inetRegisterProtosw({
  type: SOCK_STREAM,
  protocol: IPPROTO_TCP,
  proto: tcpProto,
  create(k, family, type, protocol) {
    const sk = new TcpSock(family, type, protocol);
    sk.keepaliveTime = setting(k, "tcp_keepalive_time", 7200) * 1e9;
    sk.keepaliveIntvl = setting(k, "tcp_keepalive_intvl", 75) * 1e9;
    sk.keepaliveProbes = setting(k, "tcp_keepalive_probes", 9);
    sk.linger2 = setting(k, "tcp_fin_timeout", 60) * 1e9;
    sk.synRetries = setting(k, "tcp_syn_retries", 6);
    return sk;
  },
  ops: { connect: streamConnect, listen, accept, sendPage: tcpSendPage },
});
