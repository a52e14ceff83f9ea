import { BLOCKED } from "../../include/linux/sched.ts";
import { sendSig } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import { allocPage } from "../../mm/pageAlloc.ts";
import { stateClass } from "../../state.ts";
import { EAGAIN, EFAULT, EINVAL, ENOBUFS, ENOTCONN, EPIPE } from "../../uapi/errno.ts";
import { SIGPIPE } from "../../uapi/signal.ts";
import { MSG_DONTWAIT, MSG_EOR, MSG_FASTOPEN, MSG_MORE, MSG_NOSIGNAL, MSG_OOB, SEND_SHUTDOWN } from "../../uapi/socket.ts";
import * as T from "../../uapi/tcp.ts";
import { allocSkb, kfreeSkb, MAX_SKB_FRAGS, type Packet, skbAppendFrag, skbCanCoalesce } from "../core/skb.ts";
import * as S from "../core/sock.ts";
import { sockWait } from "../core/sock.ts";
import type { Message, Socket } from "../socket.ts";
import { flushBacklog, lockSock, releaseSock } from "./inetSock.ts";
import { IpcmCookie, ipCmsgSend } from "./ipSockglue.ts";
import { currentMss, pushOne, pushPendingFrames } from "./tcpOutput.ts";
import { after, seqAdd, type TcpSock } from "./tcpSock.ts";
import { SKB_OVERHEAD } from "./tcpTransmit.ts";
import { zerocopyDone } from "./zerocopy.ts";

const PAGE_SIZE = 4096;

/** How far a write that had to wait has come. */
class TcpSendProgress {
  done = 0;
}
stateClass(TcpSendProgress);

/** @linux include/net/tcp.h forced_push */
const forcedPush = (sk: TcpSock): boolean => after(sk.writeSeq, seqAdd(sk.pushedSeq, sk.maxWindow >> 1));

/** @linux net/ipv4/tcp.c tcp_mark_push */
function markPush(sk: TcpSock, skb: Packet): void {
  skb.tcpFlags |= T.TCPHDR_PSH;
  sk.pushedSeq = sk.writeSeq;
}

/** Sends what was queued, unless more is announced. @linux net/ipv4/tcp.c tcp_push */
function tcpPush(k: Kernel, sk: TcpSock, flags: number, mss: number, nonagle: number): void {
  const skb = sk.writeQueue[sk.writeQueue.length - 1];
  if (!skb) return;
  if (!(flags & MSG_MORE) || forcedPush(sk)) markPush(sk, skb);
  if (flags & MSG_OOB) sk.sndUp = sk.writeSeq;
  pushPendingFrames(k, sk, mss, flags & MSG_MORE ? T.TCP_NAGLE_CORK : nonagle);
}

/** A new segment at the end of the queue. @linux net/ipv4/tcp.c tcp_skb_entail */
function newSegment(sk: TcpSock): Packet {
  const skb = allocSkb(0, 0);
  skb.seq = skb.endSeq = sk.writeSeq;
  skb.tcpFlags = T.TCPHDR_ACK;
  skb.truesize = SKB_OVERHEAD;
  sk.writeQueue.push(skb);
  sk.wmemQueued += SKB_OVERHEAD;
  if (sk.nonagle & T.TCP_NAGLE_PUSH) sk.nonagle &= ~T.TCP_NAGLE_PUSH;
  return skb;
}

/** Room for one byte at least in the frame that small writes share. @linux net/core/sock.c sk_page_frag_refill */
function fragRefill(k: Kernel, sk: TcpSock): boolean {
  const { phys } = k.machine;
  if (sk.fragFrame !== 0) {
    if (sk.fragOffset < PAGE_SIZE) return true;
    if (phys.refs(sk.fragFrame) === 1) {
      sk.fragOffset = 0;
      return true;
    }
    phys.put(sk.fragFrame);
  }
  sk.fragFrame = allocPage(k);
  sk.fragOffset = 0;
  return sk.fragFrame !== 0;
}

/** Appends bytes to a segment and the counters. */
function grow(sk: TcpSock, skb: Packet, n: number): void {
  sk.writeSeq = seqAdd(sk.writeSeq, n);
  skb.endSeq = seqAdd(skb.endSeq, n);
  skb.truesize += n;
  sk.wmemQueued += n;
}

/** Where the source's bytes come from: copied from the caller, or a frame that is shared. */
export interface SendSource {
  m: Message | null;
  frame: number;
  offset: number;
  size: number;
}

/** @linux net/core/stream.c sk_stream_error */
function streamError(k: Kernel, sk: TcpSock, flags: number, e: number): number {
  if (e !== -EPIPE) return e;
  const pending = sk.takeError();
  const r = pending < 0 ? pending : -EPIPE;
  if (r === -EPIPE && !(flags & MSG_NOSIGNAL)) sendSig(k, SIGPIPE, k.current);
  return r;
}

/** Waits until the connection is there. 0, -errno or BLOCKED. @linux net/core/stream.c sk_stream_wait_connect */
function waitConnect(k: Kernel, sk: TcpSock, flags: number): number {
  for (;;) {
    const e = sk.takeError();
    if (e < 0) return e;
    if (sk.state === S.TCP_ESTABLISHED || sk.state === S.TCP_CLOSE_WAIT) return 0;
    if (sk.state !== S.TCP_SYN_SENT && sk.state !== S.TCP_SYN_RECV) return -EPIPE;
    if (flags & MSG_DONTWAIT) return -EAGAIN;
    if (sk.backlog.length > 0) {
      flushBacklog(k, sk);
      continue;
    }
    return sockWait(k, sk.queue!, 0, sk.sndtimeo, false);
  }
}

/** Appends what the call brings and sends what may go. Bytes, -errno or BLOCKED. @linux net/ipv4/tcp.c tcp_sendmsg_locked */
function sendLocked(k: Kernel, sk: TcpSock, src: SendSource, flags: number): number {
  const task = k.current;
  const progress = task.progress instanceof TcpSendProgress ? task.progress : null;
  const { m } = src;
  let copied = progress?.done ?? 0;
  let left = m ? m.iter.count : src.size;
  if (copied > 0) {
    m?.iter.advance(copied);
    left -= copied;
  }
  if (sk.state !== S.TCP_ESTABLISHED && sk.state !== S.TCP_CLOSE_WAIT) {
    const w = waitConnect(k, sk, flags);
    if (w !== 0) return w === BLOCKED ? w : copied > 0 ? copied : streamError(k, sk, flags, w);
  }
  let mss = currentMss(sk);
  let error = sk.err !== 0 || sk.shutdown & SEND_SHUTDOWN ? -EPIPE : 0;
  while (error === 0 && left > 0) {
    let skb = sk.writeQueue[sk.writeQueue.length - 1];
    let room = skb && !skb.eor && !(skb.tcpFlags & T.TCPHDR_FIN) ? mss - skb.dataLen : 0;
    if (room <= 0) {
      if (!sk.memoryFree) {
        const w = waitMemory(k, sk, flags, copied, mss);
        if (w === 0) {
          mss = currentMss(sk);
          continue;
        }
        if (w === BLOCKED) {
          if (copied > 0) {
            const p = progress ?? new TcpSendProgress();
            p.done = copied;
            task.progress = p;
          }
          return w;
        }
        error = w;
        break;
      }
      skb = newSegment(sk);
      room = mss;
    }
    const s = skb!;
    let n = Math.min(room, left);
    let frame = src.frame;
    let offset = src.offset + copied;
    if (m) {
      if (!fragRefill(k, sk)) {
        error = -ENOBUFS;
        break;
      }
      frame = sk.fragFrame;
      offset = sk.fragOffset;
      n = Math.min(n, PAGE_SIZE - offset);
    }
    if (!skbCanCoalesce(s, frame, offset) && (s.shared?.frags.length ?? 0) >= MAX_SKB_FRAGS) {
      markPush(sk, s);
      s.eor = true;
      continue;
    }
    if (m) {
      // The frame may be in a snapshot, with what earlier writes have put there.
      k.machine.phys.willWrite(frame);
      const got = m.iter.copyPhysFrom(k, frame * PAGE_SIZE + offset, n);
      if (got < n) {
        // What came of a piece that cannot be read whole is not sent.
        n = 0;
        error = -EFAULT;
      }
      sk.fragOffset += n;
    }
    if (n > 0) {
      k.machine.phys.get(frame);
      skbAppendFrag(k, s, frame, offset, n);
      if (copied === 0) s.tcpFlags &= ~T.TCPHDR_PSH;
      grow(sk, s, n);
      copied += n;
      left -= n;
    }
    if (error !== 0) break;
    if (left === 0) {
      if (flags & MSG_EOR) s.eor = true;
      break;
    }
    if (s.dataLen < mss || flags & MSG_OOB) continue;
    if (forcedPush(sk)) {
      markPush(sk, s);
      pushPendingFrames(k, sk, mss, T.TCP_NAGLE_PUSH);
    } else if (s === sk.writeQueue[0]) pushOne(k, sk, mss);
  }
  removeEmpty(k, sk);
  if (copied > 0) tcpPush(k, sk, flags, mss, sk.nonagle);
  if (copied > 0) return copied;
  if (error === 0) return 0;
  return streamError(k, sk, flags, error);
}

/** A segment that nothing came into. @linux net/ipv4/tcp.c tcp_remove_empty_skb */
function removeEmpty(k: Kernel, sk: TcpSock): void {
  const skb = sk.writeQueue[sk.writeQueue.length - 1];
  if (!skb || skb.dataLen > 0 || skb.tcpFlags & T.TCPHDR_FIN) return;
  sk.writeQueue.pop();
  sk.wmemQueued -= skb.truesize;
  kfreeSkb(k, skb);
}

/** The send buffer is full: 0 when that has changed. @linux net/core/stream.c sk_stream_wait_memory */
function waitMemory(k: Kernel, sk: TcpSock, flags: number, copied: number, mss: number): number {
  sk.nospace = true;
  if (copied > 0) tcpPush(k, sk, flags & ~MSG_MORE, mss, T.TCP_NAGLE_PUSH);
  for (;;) {
    if (sk.err !== 0 || sk.shutdown & SEND_SHUTDOWN) return -EPIPE;
    if (sk.memoryFree) return 0;
    if (sk.backlog.length > 0) {
      flushBacklog(k, sk);
      continue;
    }
    if (flags & MSG_DONTWAIT) return -EAGAIN;
    return sockWait(k, sk.queue!, 0, sk.sndtimeo, false);
  }
}

/** @linux net/ipv4/tcp.c tcp_sendmsg */
export function tcpSendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = sock.sk as TcpSock;
  if (m.control) {
    const r = ipCmsgSend(k, sk, m.control, new IpcmCookie());
    if (r < 0) return -EINVAL;
  }
  if (m.flags & MSG_FASTOPEN && sk.state === S.TCP_CLOSE) return -ENOTCONN;
  lockSock(sk);
  const r = sendLocked(k, sk, { m, frame: 0, offset: 0, size: 0 }, m.flags);
  releaseSock(k, sk);
  if (r > 0) zerocopyDone(k, sk, m.flags);
  return r;
}

/** Sends bytes of a frame as they are, by reference. @linux net/ipv4/tcp.c tcp_sendmsg_locked MSG_SPLICE_PAGES */
export function tcpSendPage(k: Kernel, sock: Socket, frame: number, offset: number, size: number, flags: number): number {
  const sk = sock.sk as TcpSock;
  lockSock(sk);
  const r = sendLocked(k, sk, { m: null, frame, offset, size }, flags);
  releaseSock(k, sk);
  return r;
}
