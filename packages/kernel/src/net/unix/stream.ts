import { getFile } from "../../fs/file.ts";
import { BLOCKED } from "../../include/linux/sched.ts";
import { sendSig } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { EAGAIN, EFAULT, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPIPE } from "../../uapi/errno.ts";
import { SIGPIPE } from "../../uapi/signal.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_WAITALL, RCV_SHUTDOWN, SEND_SHUTDOWN } from "../../uapi/socket.ts";
import { currentCreds, ScmCookie, scmDestroy } from "../core/scm.ts";
import { SkbFrag } from "../core/skb.ts";
import { type ScmCreds, SKB_MAX_HEAD, type SkBuff, streamFragments, truesize } from "../core/skbuff.ts";
import { sockWait, TCP_ESTABLISHED } from "../core/sock.ts";
import type { Message, Socket } from "../socket.ts";
import { addressBytes } from "./address.ts";
import { unixSk } from "./connect.ts";
import { manageOob, queueOob, recvUrgent } from "./oob.ts";
import { freeSkb, newSkb, type UnixSock, unixInflight } from "./sock.ts";

const PAGE_SIZE = 4096;
/** One message of a stream takes at most this much beside its head. */
const UNIX_SKB_FRAGS_SZ = 32768;

/** How far a call that had to wait has come. */
export class StreamProgress {
  done = 0;
  /** Received with the bytes so far. */
  scm: ScmCookie | null = null;
  creds: ScmCreds | null = null;
}
stateClass(StreamProgress);

/** Attaches what came with sendmsg to a message. @linux net/unix/af_unix.c unix_scm_to_skb */
export function attach(k: Kernel, skb: SkBuff, scm: ScmCookie | null, withFiles: boolean): void {
  skb.creds = scm?.creds ?? currentCreds(k);
  if (!withFiles || !scm) return;
  skb.files = scm.files;
  scm.files = [];
  unixInflight(k, skb, 1);
}

/** @linux net/unix/af_unix.c unix_stream_sendmsg */
export function unixStreamSendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = unixSk(sock);
  const task = k.current;
  const progress = task.progress instanceof StreamProgress ? task.progress : null;
  let sent = progress?.done ?? 0;
  // Descriptors went with the first bytes.
  if (sent > 0 && m.scm) scmDestroy(k, m.scm);
  const r = sendStream(k, sk, m, sent, (n) => {
    sent = n;
  });
  if (r === BLOCKED) {
    if (m.scm) scmDestroy(k, m.scm);
    if (sent > 0) {
      const p = progress ?? new StreamProgress();
      p.done = sent;
      task.progress = p;
    }
    return r;
  }
  if (m.scm) scmDestroy(k, m.scm);
  if (r === -EPIPE && sent === 0 && !(m.flags & MSG_NOSIGNAL)) sendSig(k, SIGPIPE, task);
  return sent > 0 ? sent : r;
}

function sendStream(k: Kernel, sk: UnixSock, m: Message, already: number, report: (sent: number) => void): number {
  const urgent = m.flags & MSG_OOB ? 1 : 0;
  if (urgent && m.iter.count === 0) return -EOPNOTSUPP;
  if (m.name && m.name.length > 0) return sk.state === TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
  const other = sk.peer;
  if (!other) return -ENOTCONN;
  if (sk.shutdown & SEND_SHUTDOWN) return -EPIPE;
  const { iter } = m;
  let sent = already;
  if (sent > 0) iter.advance(sent);
  while (iter.count > urgent) {
    const size = Math.min(iter.count - urgent, Math.floor(sk.sndbuf / 2) - 64, SKB_MAX_HEAD + UNIX_SKB_FRAGS_SZ);
    const w = waitForRoom(k, sk, m.flags);
    if (w !== 0) return w;
    const data = new Uint8Array(size);
    const failed = iter.copyFrom(k, data, 0, size) < size ? -EFAULT : other.dead || other.shutdown & RCV_SHUTDOWN ? -EPIPE : 0;
    if (failed !== 0) {
      // The buffer that was made for it goes: that is news to those who wait for room.
      sk.writeSpace(k);
      return failed;
    }
    const skb = newSkb(k, sk, data, truesize(size, streamFragments(size)));
    attach(k, skb, m.scm, true);
    other.receiveQueue.push(skb);
    other.dataReady(k);
    sent += size;
    report(sent);
  }
  if (!urgent) return 0;
  const r = queueOob(k, sk, other, m);
  if (r > 0) report(sent + r);
  return r > 0 ? 0 : r;
}

const nothing = new Uint8Array(0);

/** Sends bytes of a frame as they are, by reference. Bytes, -errno or BLOCKED. @linux net/unix/af_unix.c unix_stream_sendmsg MSG_SPLICE_PAGES */
export function unixStreamSendPage(k: Kernel, sock: Socket, frame: number, offset: number, size: number, flags: number): number {
  const sk = unixSk(sock);
  const other = sk.peer;
  if (!other) return -ENOTCONN;
  let e = sk.shutdown & SEND_SHUTDOWN ? -EPIPE : waitForRoom(k, sk, flags);
  if (e === 0 && (other.dead || other.shutdown & RCV_SHUTDOWN)) e = -EPIPE;
  if (e === -EPIPE && !(flags & MSG_NOSIGNAL)) sendSig(k, SIGPIPE, k.current);
  if (e !== 0) return e;
  const skb = newSkb(k, sk, nothing, truesize(size, size));
  skb.page = new SkbFrag(frame, offset, size);
  k.machine.phys.get(frame);
  attach(k, skb, null, false);
  other.receiveQueue.push(skb);
  other.dataReady(k);
  return size;
}

/** 0 when the send buffer has room. @linux net/core/sock.c sock_alloc_send_pskb */
export function waitForRoom(k: Kernel, sk: UnixSock, flags: number): number {
  const e = sk.takeError();
  if (e < 0) return e;
  if (sk.shutdown & SEND_SHUTDOWN) return -EPIPE;
  if (sk.wmemAlloc < sk.sndbuf) return 0;
  if (flags & MSG_DONTWAIT) return -EAGAIN;
  return sockWait(k, sk.queue!, 0, sk.sndtimeo, false);
}

const sameCreds = (a: ScmCreds | null, b: ScmCreds | null): boolean => a?.pid === b?.pid && a?.uid === b?.uid && a?.gid === b?.gid;

/** @linux net/unix/af_unix.c unix_stream_read_generic */
export function unixStreamRecvmsg(k: Kernel, sock: Socket, m: Message): number {
  const r = streamRecv(k, sock, m);
  if (m.wantsInq && r >= 0) {
    m.inq = 0;
    for (const skb of unixSk(sock).receiveQueue) m.inq += skb.length;
  }
  return r;
}

function streamRecv(k: Kernel, sock: Socket, m: Message): number {
  const sk = unixSk(sock);
  const task = k.current;
  if (sk.state !== TCP_ESTABLISHED) return -EINVAL;
  if (m.flags & MSG_OOB) return recvUrgent(k, sk, m);
  const progress = task.progress instanceof StreamProgress ? task.progress : null;
  let copied = progress?.done ?? 0;
  const scm = progress?.scm ?? new ScmCookie();
  let first = progress?.creds ?? null;
  if (copied > 0) m.iter.advance(copied);
  const peek = (m.flags & MSG_PEEK) !== 0;
  const wanted = copied + m.iter.count;
  const target = m.flags & MSG_WAITALL ? wanted : Math.min(sk.rcvlowat, wanted) || 1;
  let index = 0;
  let skip = peek && sk.peekOffset >= 0 ? sk.peekOffset : 0;
  let error = 0;
  while (m.iter.count > 0 || (wanted === 0 && copied === 0)) {
    if (sk.receiveQueue[index]) {
      index = manageOob(k, sk, index, peek, copied);
      if (index < 0 && copied > 0) break;
    }
    const skb = index < 0 ? undefined : sk.receiveQueue[index];
    if (skb && skip >= skb.length && skb.length > 0 && peek) {
      skip -= skb.length;
      index++;
      continue;
    }
    if (!skb) {
      if (copied >= target) break;
      error = sk.takeError();
      if (error < 0 || sk.shutdown & RCV_SHUTDOWN) break;
      error = -EAGAIN;
      if (m.flags & MSG_DONTWAIT) break;
      error = sockWait(k, sock.wait, 0, sk.rcvtimeo, false);
      if (error !== BLOCKED) break;
      if (copied > 0) {
        const p = progress ?? new StreamProgress();
        p.done = copied;
        p.scm = scm;
        p.creds = first;
        task.progress = p;
      }
      return BLOCKED;
    }
    if (first) {
      // Never glue messages of different senders together.
      if ((sk.passcred || sk.passpidfd) && !sameCreds(first, skb.creds)) break;
    } else {
      first = skb.creds;
      scm.creds = skb.creds;
      if (m.wantsName) m.name = addressBytes(skb.owner as UnixSock | null);
    }
    const chunk = Math.min(skb.length - skip, m.iter.count);
    const from = skb.consumed + skip;
    const { page } = skb;
    const n = page ? m.iter.copyPhysTo(k, page.frame * PAGE_SIZE + page.offset + from, chunk) : m.iter.copyTo(k, skb.data, from, chunk);
    if (n < chunk) {
      if (copied === 0) error = -EFAULT;
      break;
    }
    copied += chunk;
    if (peek) {
      if (sk.peekOffset >= 0) sk.peekOffset += chunk;
      if (skb.files.length > 0) {
        scm.files = skb.files.map(getFile);
        break;
      }
      skip = 0;
      index++;
      if (wanted === 0) break;
      continue;
    }
    skb.consumed += chunk;
    if (sk.peekOffset >= 0) sk.peekOffset = Math.max(0, sk.peekOffset - chunk);
    const carried = skb.files.length > 0;
    if (carried) {
      unixInflight(k, skb, -1);
      scm.files.push(...skb.files);
      skb.files = [];
    }
    if (skb.length > 0) break;
    sk.receiveQueue.shift();
    freeSkb(k, skb);
    if (carried || wanted === 0) break;
  }
  m.scm = scm;
  return copied > 0 ? copied : error;
}
