import { getFile } from "../../fs/file.ts";
import { BLOCKED } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { EAGAIN, ECONNREFUSED, EFAULT, EMSGSIZE, ENOTCONN, EOPNOTSUPP, EPERM, EPIPE } from "../../uapi/errno.ts";
import { POLLERR, POLLIN, POLLOUT, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, RCV_SHUTDOWN, SOCK_SEQPACKET } from "../../uapi/socket.ts";
import { ScmCookie, scmDestroy } from "../core/scm.ts";
import { datagramFragments, truesize } from "../core/skbuff.ts";
import { sockWait, TCP_CLOSE, TCP_ESTABLISHED } from "../core/sock.ts";
import type { Message, Socket } from "../socket.ts";
import { addressBytes, autobind, findOther, parseAddress } from "./address.ts";
import { dgramDisconnected, unixSk } from "./connect.ts";
import { freeSkb, newSkb, type UnixSock, unixInflight } from "./sock.ts";
import { attach, waitForRoom } from "./stream.ts";

/** @linux net/unix/af_unix.c unix_dgram_sendmsg */
export function unixDgramSendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = unixSk(sock);
  const r = sendDatagram(k, sk, m);
  if (m.scm) scmDestroy(k, m.scm);
  return r;
}

function sendDatagram(k: Kernel, sk: UnixSock, m: Message): number {
  if (m.flags & MSG_OOB) return -EOPNOTSUPP;
  const size = m.iter.count;
  const name = m.name !== null && m.name.length > 0 ? parseAddress(m.name) : null;
  if (typeof name === "number") return name;
  if (sk.passcred && sk.address === null) autobind(k, sk);
  if (size > sk.sndbuf - 32) return -EMSGSIZE;
  const w = waitForRoom(k, sk, m.flags);
  if (w !== 0) return w;
  const data = new Uint8Array(size);
  const r = m.iter.copyFrom(k, data, 0, size) < size ? -EFAULT : deliver(k, sk, m, name, data);
  // The buffer that was made for it goes: that is news to those who wait for room.
  if (r < 0 && r !== BLOCKED) sk.writeSpace(k);
  return r;
}

/** Finds the receiver, which only matters now, and queues the message. */
function deliver(k: Kernel, sk: UnixSock, m: Message, name: string | null, data: Uint8Array): number {
  const other = name === null ? sk.peer : findOther(k, name, sk.type);
  if (other === null) return -ENOTCONN;
  if (typeof other === "number") return other;
  // A peer that talks to somebody else does not listen.
  if (other.peer && other.peer !== sk) return -EPERM;
  if (other.dead) {
    if (sk.type === SOCK_SEQPACKET) return -EPIPE;
    if (sk.peer === other) {
      sk.peer = null;
      sk.state = TCP_CLOSE;
      dgramDisconnected(k, sk, other);
    }
    return -ECONNREFUSED;
  }
  if (other.shutdown & RCV_SHUTDOWN) return -EPIPE;
  if (other !== sk && other.peer !== sk && other.full) {
    if (m.flags & MSG_DONTWAIT) return -EAGAIN;
    return sockWait(k, other.peerWait, 0, sk.sndtimeo, true);
  }
  const skb = newSkb(k, sk, data, truesize(data.length, datagramFragments(data.length)));
  attach(k, skb, m.scm, true);
  other.receiveQueue.push(skb);
  other.dataReady(k);
  return data.length;
}

/** @linux net/unix/af_unix.c unix_seqpacket_sendmsg */
export function unixSeqpacketSendmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = unixSk(sock);
  const e = sk.takeError();
  if (e < 0 || sk.state !== TCP_ESTABLISHED) {
    if (m.scm) scmDestroy(k, m.scm);
    return e < 0 ? e : -ENOTCONN;
  }
  m.name = null;
  return unixDgramSendmsg(k, sock, m);
}

/** @linux net/unix/af_unix.c unix_seqpacket_recvmsg */
export function unixSeqpacketRecvmsg(k: Kernel, sock: Socket, m: Message): number {
  return unixSk(sock).state === TCP_ESTABLISHED ? unixDgramRecvmsg(k, sock, m) : -ENOTCONN;
}

/** @linux net/unix/af_unix.c __unix_dgram_recvmsg */
export function unixDgramRecvmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = unixSk(sock);
  if (m.flags & MSG_OOB) return -EOPNOTSUPP;
  const e = sk.takeError();
  if (e < 0) return e;
  const peek = (m.flags & MSG_PEEK) !== 0;
  let index = 0;
  let skip = 0;
  if (peek && sk.peekOffset >= 0) {
    skip = sk.peekOffset;
    while (index < sk.receiveQueue.length && skip >= sk.receiveQueue[index]!.length && skip > 0) {
      skip -= sk.receiveQueue[index]!.length;
      index++;
    }
  }
  const skb = sk.receiveQueue[index];
  if (!skb) {
    const over = (sk.shutdown & RCV_SHUTDOWN) !== 0;
    if (m.flags & MSG_DONTWAIT) return over && sk.type === SOCK_SEQPACKET ? 0 : -EAGAIN;
    if (over) return 0;
    return sockWait(k, sock.wait, POLLIN | POLLERR, sk.rcvtimeo, true);
  }
  if (m.wantsName) m.name = addressBytes(skb.owner as UnixSock | null);
  const left = skb.length - skip;
  const n = Math.min(left, m.iter.count);
  if (n < left) m.outFlags |= MSG_TRUNC;
  if (m.iter.copyTo(k, skb.data, skip, n) < n) return -EFAULT;
  const scm = new ScmCookie();
  scm.creds = skb.creds;
  m.scm = scm;
  if (peek) {
    if (sk.peekOffset >= 0) sk.peekOffset += n;
    scm.files = skb.files.map(getFile);
  } else {
    if (sk.peekOffset >= 0) sk.peekOffset = Math.max(0, sk.peekOffset - skb.length);
    sk.receiveQueue.splice(index, 1);
    unixInflight(k, skb, -1);
    scm.files = skb.files;
    skb.files = [];
    freeSkb(k, skb);
    sk.peerWait.wakeUp(k, POLLOUT | POLLWRNORM | POLLWRBAND);
  }
  return m.flags & MSG_TRUNC ? left : n;
}
