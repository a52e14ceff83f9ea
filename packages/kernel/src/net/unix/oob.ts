import { killFasyncUrgent, sendSigurg } from "../../fs/fasync.ts";
import type { Kernel } from "../../kernel.ts";
import { EFAULT, EINVAL, EPIPE } from "../../uapi/errno.ts";
import { POLL_PRI } from "../../uapi/signal.ts";
import { MSG_OOB, MSG_PEEK, RCV_SHUTDOWN, SO_OOBINLINE } from "../../uapi/socket.ts";
import { truesize } from "../core/skbuff.ts";
import type { Message } from "../socket.ts";
import { freeSkb, newSkb, type UnixSock } from "./sock.ts";
import { attach, waitForRoom } from "./stream.ts";

const inline = (sk: UnixSock): boolean => sk.options.get(SO_OOBINLINE) === 1;

/**
 * Sends the last byte of an MSG_OOB message: it becomes the receiver's mark; an earlier one turns into ordinary data.
 * @returns 1, -errno or BLOCKED @linux net/unix/af_unix.c queue_oob
 */
export function queueOob(k: Kernel, sk: UnixSock, other: UnixSock, m: Message): number {
  const w = waitForRoom(k, sk, m.flags);
  if (w !== 0) return w;
  const data = new Uint8Array(1);
  const failed = m.iter.copyFrom(k, data, 0, 1) < 1 ? -EFAULT : other.dead || other.shutdown & RCV_SHUTDOWN ? -EPIPE : 0;
  if (failed !== 0) {
    sk.writeSpace(k);
    return failed;
  }
  const skb = newSkb(k, sk, data, truesize(1, 0));
  attach(k, skb, m.scm, true);
  other.oob = skb;
  other.receiveQueue.push(skb);
  if (other.socket?.file && sendSigurg(k, other.socket.file)) killFasyncUrgent(k, other.socket.fasync, POLL_PRI);
  other.dataReady(k);
  return 1;
}

/** recv with MSG_OOB: the marked byte. An emptied buffer stays where the mark was. @linux net/unix/af_unix.c unix_stream_recv_urg */
export function recvUrgent(k: Kernel, sk: UnixSock, m: Message): number {
  const skb = sk.oob;
  if (inline(sk) || !skb) return -EINVAL;
  const take = (m.flags & MSG_PEEK) === 0;
  if (take) sk.oob = null;
  const copied = m.iter.count === 0 ? 0 : m.iter.copyTo(k, skb.data, skb.consumed, 1);
  if (take) skb.consumed = 1;
  if (copied < 1 && m.iter.count > 0) return -EFAULT;
  m.outFlags |= MSG_OOB;
  return 1;
}

/**
 * An ordinary read has come to the buffer at `index`: it stops before the mark, and passes over it (which drops the
 * byte) when it begins there.
 * @returns where to go on, or -1: nothing (more) to be read @linux net/unix/af_unix.c manage_oob
 */
export function manageOob(k: Kernel, sk: UnixSock, index: number, peek: boolean, copied: number): number {
  const queue = sk.receiveQueue;
  let at = index;
  const drop = (): void => {
    const [skb] = queue.splice(at, 1);
    if (skb) freeSkb(k, skb);
  };
  const skb = queue[at]!;
  if (skb.length > 0 && skb !== sk.oob) return at;
  if (skb.length === 0) {
    if (copied > 0 && (!sk.oob || skb === sk.oob)) return -1;
    if (peek) at++;
    else drop();
    if (at >= queue.length) return -1;
  }
  if (queue[at] !== sk.oob) return at;
  if (copied > 0) return -1;
  if (peek) {
    if (!inline(sk)) at++;
  } else {
    sk.oob = null;
    if (!inline(sk)) drop();
  }
  return at < queue.length ? at : -1;
}

/** SIOCATMARK: would the next read begin at the mark? @linux net/unix/af_unix.c unix_ioctl */
export function atMark(sk: UnixSock): boolean {
  const [first, second] = sk.receiveQueue;
  if (!first) return false;
  return first === sk.oob || (first.length === 0 && (!sk.oob || second === sk.oob));
}
