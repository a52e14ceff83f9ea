import type { Kernel } from "../../kernel.ts";
import { ETIMEDOUT } from "../../uapi/errno.ts";
import { SO_KEEPALIVE } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { count } from "../core/netNamespace.ts";
import * as S from "../core/sock.ts";
import { skErrorReport } from "./inetSock.ts";
import { enterLoss, xmitRetransmitQueue } from "./tcpAck.ts";
import { tcpDone, tcpTimeWait } from "./tcpMinisocks.ts";
import { retransmitSkb, sendAck, sendActiveReset, writeQueuePurge, writeWakeup } from "./tcpOutput.ts";
import { type TcpSock, tcpHooks } from "./tcpSock.ts";
import { probe0When, resetKeepaliveTimer, resetProbe0Timer, resetRetransTimer } from "./tcpTimers.ts";

/** Gives up: the program learns of ETIMEDOUT or what was known before. @linux net/ipv4/tcp_timer.c tcp_write_err */
function writeErr(k: Kernel, sk: TcpSock): void {
  sk.err = sk.softErr || ETIMEDOUT;
  writeQueuePurge(k, sk);
  tcpDone(k, sk);
  if (!sk.dead) skErrorReport(k, sk);
  count(k, "TcpExt.TCPAbortOnTimeout");
}

/** Has it gone on for as long as so many retransmissions take? @linux net/ipv4/tcp_timer.c retransmits_timed_out */
function timedOut(k: Kernel, sk: TcpSock, boundary: number, timeout: number): boolean {
  if (sk.retransmits === 0) return false;
  let limit = timeout;
  if (limit === 0) {
    const base = T.TCP_RTO_MIN;
    const thresh = Math.floor(Math.log2(T.TCP_RTO_MAX / base));
    limit = boundary <= thresh ? (2 * 2 ** boundary - 1) * base : (2 * 2 ** thresh - 1) * base + (boundary - thresh) * T.TCP_RTO_MAX;
  }
  const start = sk.retransStamp || k.time.now();
  return k.time.now() - start >= limit;
}

/** @linux net/ipv4/tcp_timer.c tcp_write_timeout */
function writeTimeout(k: Kernel, sk: TcpSock): boolean {
  let expired: boolean;
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) {
    const most = sk.synRetries + (sk.state === S.TCP_SYN_SENT ? T.TCP_SYN_LINEAR_TIMEOUTS : 0);
    expired = sk.retransmits >= most;
    if (sk.state === S.TCP_SYN_SENT && sk.tcpOptions.has(T.TCP_SYNCNT)) expired = sk.retransmits >= sk.synRetries;
    if (sk.userTimeout > 0 && sk.retransmits > 0) expired ||= k.time.now() - sk.retransStamp >= sk.userTimeout;
  } else if (sk.dead) expired = sk.retransmits >= T.TCP_ORPHAN_RETRIES;
  else expired = timedOut(k, sk, T.TCP_RETRIES2, sk.userTimeout);
  if (expired) writeErr(k, sk);
  return expired;
}

/** Nothing was acknowledged in time: the first segment is sent again. @linux net/ipv4/tcp_timer.c tcp_retransmit_timer */
function retransmit(k: Kernel, sk: TcpSock): void {
  const head = sk.rtxQueue[0];
  if (!head) return;
  if (sk.sndWnd === 0 && !sk.dead && sk.state !== S.TCP_SYN_SENT && sk.state !== S.TCP_SYN_RECV) {
    // The window was closed behind what is on its way.
    if (k.time.now() - sk.rcvTstamp > T.TCP_RTO_MAX) {
      writeErr(k, sk);
      return;
    }
    enterLoss(sk);
    retransmitSkb(k, sk, head);
    sk.retransmits++;
    sk.rto = Math.min(sk.rto * 2, T.TCP_RTO_MAX);
    resetRetransTimer(k, sk);
    return;
  }
  if (writeTimeout(k, sk)) return;
  if (sk.retransmits === 0) count(k, "TcpExt.TCPTimeouts");
  if (sk.state !== S.TCP_SYN_SENT && sk.state !== S.TCP_SYN_RECV) enterLoss(sk);
  sk.retransmits++;
  if (sk.state === S.TCP_SYN_SENT || sk.state === S.TCP_SYN_RECV) {
    if (sk.retransStamp === 0) sk.retransStamp = k.time.now();
    retransmitSkb(k, sk, head);
    // The first few at equal distances.
    if (sk.state !== S.TCP_SYN_SENT || sk.retransmits > T.TCP_SYN_LINEAR_TIMEOUTS) {
      sk.backoff++;
      sk.rto = Math.min(sk.rto * 2, T.TCP_RTO_MAX);
    }
    resetRetransTimer(k, sk);
    return;
  }
  xmitRetransmitQueue(k, sk);
  sk.backoff++;
  sk.rto = Math.min(sk.rto * 2, T.TCP_RTO_MAX);
  if (sk.userTimeout > 0 && sk.retransStamp > 0) {
    const left = sk.userTimeout - (k.time.now() - sk.retransStamp);
    resetRetransTimer(k, sk, Math.max(1e6, Math.min(sk.rto, left)));
  } else resetRetransTimer(k, sk);
}

/** The peer's window is closed: asks whether it is still. @linux net/ipv4/tcp_timer.c tcp_probe_timer, tcp_output.c tcp_send_probe0 */
function probe(k: Kernel, sk: TcpSock): void {
  if (sk.rtxQueue.length > 0 || sk.writeQueue.length === 0) {
    sk.probesOut = 0;
    sk.probesStamp = 0;
    return;
  }
  if (sk.probesStamp === 0) sk.probesStamp = k.time.now();
  else if (sk.userTimeout > 0 && k.time.now() - sk.probesStamp >= sk.userTimeout) {
    writeErr(k, sk);
    return;
  }
  const most = sk.dead ? T.TCP_ORPHAN_RETRIES : T.TCP_RETRIES2;
  if (sk.probesOut >= most) {
    writeErr(k, sk);
    return;
  }
  const r = writeWakeup(k, sk);
  if (sk.rtxQueue.length > 0 || sk.writeQueue.length === 0) {
    sk.probesOut = 0;
    sk.backoff = 0;
    sk.probesStamp = 0;
    if (sk.rtxQueue.length > 0) resetRetransTimer(k, sk);
    return;
  }
  sk.probesOut++;
  if (r <= 0 && sk.backoff < T.TCP_RETRIES2) sk.backoff++;
  resetProbe0Timer(k, sk, probe0When(sk));
}

tcpHooks.retransmitTimer = (k, sk) => {
  if (sk.state === S.TCP_CLOSE || sk.state === S.TCP_LISTEN) return;
  if (sk.probe0) {
    sk.probe0 = false;
    probe(k, sk);
  } else retransmit(k, sk);
};

/** The ACK has waited long enough. @linux net/ipv4/tcp_timer.c tcp_delack_timer_handler */
tcpHooks.delackTimer = (k, sk) => {
  if (sk.state === S.TCP_CLOSE || sk.state === S.TCP_LISTEN || !(sk.ackPending & T.ICSK_ACK_TIMER)) return;
  sk.ackPending &= ~T.ICSK_ACK_TIMER;
  if (!(sk.ackPending & T.ICSK_ACK_SCHED)) return;
  if (sk.pingpong < 1) sk.ato = Math.min(sk.ato * 2, sk.rto);
  else {
    // No answer came that could have taken the ACK along.
    sk.pingpong = 0;
    sk.ato = T.TCP_ATO_MIN;
  }
  sendAck(k, sk);
};

/** Is the peer still there? Also ends FIN_WAIT2 of a socket whose program has left. @linux net/ipv4/tcp_timer.c tcp_keepalive_timer */
tcpHooks.keepaliveTimer = (k, sk) => {
  if (sk.state === S.TCP_LISTEN) return;
  if (sk.state === S.TCP_FIN_WAIT2 && sk.dead) {
    if (sk.linger2 >= 0) {
      const left = sk.linger2 - T.TCP_TIMEWAIT_LEN;
      if (left > 0) {
        tcpTimeWait(k, sk, S.TCP_FIN_WAIT2, left);
        return;
      }
    }
    sendActiveReset(k, sk);
    tcpDone(k, sk);
    return;
  }
  if (sk.options.get(SO_KEEPALIVE) !== 1 || sk.state === S.TCP_CLOSE || sk.state === S.TCP_SYN_SENT) return;
  let wait = sk.keepaliveTime;
  if (sk.rtxQueue.length === 0 && sk.writeQueue.length === 0) {
    const idle = k.time.now() - Math.max(sk.lrcvtime, sk.rcvTstamp);
    if (idle >= wait) {
      const over = sk.userTimeout > 0 ? idle >= sk.userTimeout && sk.probesOut > 0 : sk.probesOut >= sk.keepaliveProbes;
      if (over) {
        sendActiveReset(k, sk);
        writeErr(k, sk);
        return;
      }
      if (writeWakeup(k, sk) <= 0) {
        sk.probesOut++;
        wait = sk.keepaliveIntvl;
      } else wait = 500e6;
    } else wait -= idle;
  }
  resetKeepaliveTimer(k, sk, wait);
};

/** SO_KEEPALIVE was switched. @linux net/ipv4/tcp_timer.c tcp_set_keepalive */
tcpHooks.setKeepalive = (k, sk, on) => {
  if (sk.state === S.TCP_CLOSE || sk.state === S.TCP_LISTEN) return;
  const was = sk.keepaliveTimer.heapIndex >= 0;
  if (on && !was) resetKeepaliveTimer(k, sk, sk.keepaliveTime);
  else if (!on && was) k.time.cancelTimer(sk.keepaliveTimer);
};
