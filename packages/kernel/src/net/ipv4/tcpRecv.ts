import { BLOCKED } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { EAGAIN, EFAULT, EINTR, EINVAL, ENOTCONN, ERESTARTSYS } from "../../uapi/errno.ts";
import { SOL_TCP } from "../../uapi/in.ts";
import {
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  RCV_SHUTDOWN,
  SO_OOBINLINE,
  SO_TIMESTAMP,
  SO_TIMESTAMPNS,
} from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { kfreeSkb, type Packet, skbCopyDatagramIter } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { sockWait } from "../core/sock.ts";
import { sockRecvTimestamp } from "../core/sockTimestamp.ts";
import type { Message, Socket } from "../socket.ts";
import { flushBacklog, lockSock, releaseSock } from "./inetSock.ts";
import { ipRecvError } from "./ipSockglue.ts";
import { sendAck } from "./tcpOutput.ts";
import { after, before, seqAdd, seqSub, type TcpSock } from "./tcpSock.ts";
import { receiveWindow, selectWindow, spaceFromWin, winFromSpace } from "./tcpWindow.ts";

/** How far a read that had to wait has come. */
class TcpRecvProgress {
  done = 0;
}
stateClass(TcpRecvProgress);

/** The urgent byte. @linux net/ipv4/tcp.c tcp_recv_urg */
function recvUrg(k: Kernel, sk: TcpSock, m: Message): number {
  if (sk.options.get(SO_OOBINLINE) === 1 || !sk.urgData || sk.urgData === T.TCP_URG_READ) return -EINVAL;
  if (sk.state === S.TCP_CLOSE && !sk.done) return -ENOTCONN;
  if (sk.urgData & T.TCP_URG_VALID) {
    const c = sk.urgData & 0xff;
    if (!(m.flags & MSG_PEEK)) sk.urgData = T.TCP_URG_READ;
    m.outFlags |= MSG_OOB;
    if (m.iter.count === 0) {
      m.outFlags |= MSG_TRUNC;
      return 0;
    }
    if (!(m.flags & MSG_TRUNC) && m.iter.copyTo(k, new Uint8Array([c]), 0, 1) !== 1) return -EFAULT;
    return 1;
  }
  if (sk.state === S.TCP_CLOSE || sk.shutdown & RCV_SHUTDOWN) return 0;
  return -EAGAIN;
}

/** After reading: tells the peer of a window that has grown. @linux net/ipv4/tcp.c __tcp_cleanup_rbuf */
export function cleanupRbuf(k: Kernel, sk: TcpSock, copied: number): void {
  if (sk.state === S.TCP_LISTEN || sk.state === S.TCP_CLOSE) return;
  let ack = false;
  if (sk.ackPending & T.ICSK_ACK_SCHED) {
    if (
      seqSub(sk.rcvNxt, sk.rcvWup) > sk.rcvMss ||
      (copied > 0 && (sk.ackPending & T.ICSK_ACK_PUSHED2 || (sk.ackPending & T.ICSK_ACK_PUSHED && sk.pingpong < 1)) && sk.rmemAlloc === 0)
    )
      ack = true;
  }
  if (copied > 0 && !ack && !(sk.shutdown & RCV_SHUTDOWN)) {
    const now = receiveWindow(sk);
    if (2 * now <= sk.windowClamp) {
      const fresh = selectWindow(sk);
      if (fresh > 0 && fresh >= 2 * now) ack = true;
    }
  }
  if (ack) sendAck(k, sk);
}

/** Lets the receive buffer grow with what is read in a round trip. @linux net/ipv4/tcp_input.c tcp_rcv_space_adjust */
function rcvSpaceAdjust(k: Kernel, sk: TcpSock): void {
  const now = k.time.now();
  if (now - sk.rcvqTime < sk.srtt || sk.srtt === 0) return;
  const copied = seqSub(sk.copiedSeq, sk.rcvqSeq);
  if (copied > sk.rcvqSpace) {
    if (!sk.rcvbufLocked) {
      let window = copied * 2 + 16 * sk.advmss;
      window += 2 * Math.floor((window * (copied - sk.rcvqSpace)) / Math.max(1, sk.rcvqSpace));
      const rcvbuf = Math.min(spaceFromWin(sk, window), T.TCP_RMEM[2]);
      if (rcvbuf > sk.rcvbuf) {
        sk.rcvbuf = rcvbuf;
        sk.windowClamp = winFromSpace(sk, rcvbuf);
      }
    }
    sk.rcvqSpace = copied;
  }
  sk.rcvqSeq = sk.copiedSeq;
  sk.rcvqTime = now;
}

/** A packet of which everything has been read. @linux net/ipv4/tcp.c tcp_eat_recv_skb */
function eat(k: Kernel, sk: TcpSock, index: number): void {
  const skb = index === 0 ? sk.rcvQueue.shift()! : sk.rcvQueue.splice(index, 1)[0]!;
  sk.rmemAlloc -= skb.truesize;
  kfreeSkb(k, skb);
}

/** The packet that has the byte `seq`, or behind which nothing more is; null if there is none yet. */
function findSkb(sk: TcpSock, seq: number, found: { index: number }): Packet | null {
  for (let i = 0; i < sk.rcvQueue.length; i++) {
    const skb = sk.rcvQueue[i]!;
    if (before(seq, skb.seq)) return null;
    const offset = seqSub(seq, skb.seq) - (skb.tcpFlags & T.TCPHDR_SYN ? 1 : 0);
    if (offset < skb.length || skb.tcpFlags & T.TCPHDR_FIN) {
      found.index = i;
      return skb;
    }
  }
  return null;
}
const found = { index: 0 };

/** @linux net/ipv4/tcp.c tcp_recvmsg_locked */
function recvLocked(k: Kernel, sk: TcpSock, m: Message): number {
  if (sk.state === S.TCP_LISTEN) return -ENOTCONN;
  if (m.flags & MSG_OOB) return recvUrg(k, sk, m);
  const task = k.current;
  const peek = (m.flags & MSG_PEEK) !== 0;
  const progress = !peek && task.progress instanceof TcpRecvProgress ? task.progress : null;
  let copied = progress?.done ?? 0;
  let left = m.iter.count - copied;
  const target = m.flags & MSG_WAITALL ? m.iter.count : Math.min(sk.rcvlowat, m.iter.count) || 1;
  if (copied > 0 && !(m.flags & MSG_TRUNC)) m.iter.advance(copied);
  let peekSeq = seqAdd(sk.copiedSeq, peek && sk.peekOffset > 0 ? sk.peekOffset : 0);
  const inline = sk.options.get(SO_OOBINLINE) === 1;
  const stamps = sk.options.get(SO_TIMESTAMP) === 1 || sk.options.get(SO_TIMESTAMPNS) === 1;
  let error = 0;
  // A read of no bytes waits for data, too.
  let looked = false;
  while (left > 0 || (!looked && m.iter.count === 0 && copied === 0)) {
    const seq = peek ? peekSeq : sk.copiedSeq;
    if (sk.urgData && sk.urgSeq === seq) {
      if (copied > 0) break;
      if (task.sigPendingFlag) {
        error = m.flags & MSG_DONTWAIT ? -EAGAIN : sk.rcvtimeo === Number.POSITIVE_INFINITY ? -ERESTARTSYS : -EINTR;
        break;
      }
    }
    const skb = findSkb(sk, seq, found);
    if (skb === null) {
      if (copied >= target && sk.backlog.length === 0) break;
      if (copied > 0) {
        if (sk.err !== 0 || sk.state === S.TCP_CLOSE || sk.shutdown & RCV_SHUTDOWN || m.flags & MSG_DONTWAIT || task.sigPendingFlag) break;
      } else {
        if (sk.done) break;
        error = sk.takeError();
        if (error < 0 || sk.shutdown & RCV_SHUTDOWN) break;
        if (sk.state === S.TCP_CLOSE) {
          error = -ENOTCONN;
          break;
        }
        if (m.flags & MSG_DONTWAIT) {
          error = -EAGAIN;
          break;
        }
      }
      if (sk.backlog.length > 0) {
        flushBacklog(k, sk);
        continue;
      }
      if (copied >= target) break;
      cleanupRbuf(k, sk, copied);
      if (sk.backlog.length > 0) continue;
      error = sockWait(k, sk.queue!, 0, sk.rcvtimeo, false);
      if (error === BLOCKED) {
        if (copied > 0 && !peek) {
          const p = progress ?? new TcpRecvProgress();
          p.done = copied;
          task.progress = p;
        }
        return BLOCKED;
      }
      break;
    }
    looked = true;
    const { index } = found;
    let offset = seqSub(seq, skb.seq) - (skb.tcpFlags & T.TCPHDR_SYN ? 1 : 0);
    let hole = 0;
    if (offset < skb.length) {
      let used = Math.min(skb.length - offset, left);
      if (sk.urgData) {
        const at = seqSub(sk.urgSeq, seq);
        if (at >= 0 && at < used) {
          if (at > 0) used = at;
          else if (!inline) {
            // The urgent byte is no part of the stream.
            hole = 1;
            offset++;
            used--;
          }
        }
      }
      if (used > 0) {
        if (!(m.flags & MSG_TRUNC) && skbCopyDatagramIter(k, skb, offset, m.iter, used) < used) {
          if (copied === 0) error = -EFAULT;
          break;
        }
        if (stamps) {
          m.controlOut.length = 0;
          sockRecvTimestamp(k, sk, skb, m);
        }
      }
      copied += used;
      left -= used;
      if (peek) peekSeq = seqAdd(peekSeq, used + hole);
      else {
        sk.copiedSeq = seqAdd(sk.copiedSeq, used + hole);
        rcvSpaceAdjust(k, sk);
      }
      if (sk.peekOffset >= 0) sk.peekOffset = peek ? sk.peekOffset + used : Math.max(0, sk.peekOffset - used);
      if (sk.urgData && after(sk.copiedSeq, sk.urgSeq) && !peek) sk.urgData = 0;
      if (used + offset < skb.length) continue;
      if (skb.tcpFlags & T.TCPHDR_FIN) {
        finReached(k, sk, peek, index);
        break;
      }
      if (!peek) eat(k, sk, index);
      continue;
    }
    finReached(k, sk, peek, index);
    break;
  }
  if (!peek || copied > 0) cleanupRbuf(k, sk, copied);
  return copied > 0 ? copied : error;
}

/** The end of the stream has been read. */
function finReached(k: Kernel, sk: TcpSock, peek: boolean, index: number): void {
  if (peek) return;
  sk.copiedSeq = seqAdd(sk.copiedSeq, 1);
  eat(k, sk, index);
}

/** Bytes to be read; one at least behind the end of the stream, so that the reader comes to it. @linux net/ipv4/tcp.c tcp_inq_hint */
function inqHint(sk: TcpSock): number {
  const inq = Math.max(0, seqSub(sk.rcvNxt, sk.copiedSeq));
  return inq === 0 && sk.done ? 1 : inq;
}

/** @linux net/ipv4/tcp.c tcp_recvmsg */
export function tcpRecvmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = sock.sk as TcpSock;
  if (m.flags & MSG_ERRQUEUE) return ipRecvError(k, sk, m);
  lockSock(sk);
  const r = recvLocked(k, sk, m);
  releaseSock(k, sk);
  if (r >= 0 && sk.tcpOptions.get(T.TCP_INQ) === 1) {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setInt32(0, inqHint(sk), true);
    m.controlOut.push({ level: SOL_TCP, type: T.TCP_INQ, data });
  }
  if (r >= 0 && m.wantsInq) m.inq = inqHint(sk);
  return r;
}
