import { dropInode } from "../../fs/dcache.ts";
import type { Kernel } from "../../kernel.ts";
import { EAGAIN, ECONNABORTED, ECONNREFUSED, ECONNRESET, EINVAL, EISCONN, ENOTCONN, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import { O_NONBLOCK } from "../../uapi/fcntl.ts";
import { POLLERR, POLLIN, POLLOUT, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { POLL_HUP, POLL_IN } from "../../uapi/signal.ts";
import { AF_UNSPEC, RCV_SHUTDOWN, SEND_SHUTDOWN, SHUT_RDWR, SHUTDOWN_MASK, SOCK_SEQPACKET, SOCK_STREAM } from "../../uapi/socket.ts";
import { currentCreds } from "../core/scm.ts";
import { SkBuff, truesize } from "../core/skbuff.ts";
import { type Sock, sockWait, TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN } from "../core/sock.ts";
import type { Socket } from "../socket.ts";
import { abstractKey, addressBytes, autobind, bindAddress, findOther, parseAddress } from "./address.ts";
import { unixGc } from "./garbage.ts";
import { freeSkb, UnixSock, unixState } from "./sock.ts";

const connected = (type: number): boolean => type === SOCK_STREAM || type === SOCK_SEQPACKET;
/** net.unix.max_dgram_qlen */
const MAX_DGRAM_QLEN = 10;
export const unixSk = (sock: Socket): UnixSock => sock.sk as UnixSock;

/** @linux net/unix/af_unix.c unix_create1 */
export function newUnixSock(k: Kernel, type: number): UnixSock {
  const sk = new UnixSock(type);
  sk.maxAckBacklog = MAX_DGRAM_QLEN;
  unixState(k).sockets.add(sk);
  return sk;
}

function setPeerCreds(k: Kernel, sk: Sock): void {
  sk.peerCreds = currentCreds(k);
  sk.peerCreds.uid = k.current.cred.euid;
  sk.peerCreds.gid = k.current.cred.egid;
  sk.peerGroups = [...k.current.cred.groups];
}

export function unixBind(k: Kernel, sock: Socket, addr: Uint8Array): number {
  return bindAddress(k, unixSk(sock), addr);
}

/** @linux net/unix/af_unix.c unix_listen */
export function unixListen(k: Kernel, sock: Socket, backlog: number): number {
  const sk = unixSk(sock);
  if (!connected(sk.type)) return -EOPNOTSUPP;
  if (sk.address === null) return -EINVAL;
  if (sk.state !== TCP_CLOSE && sk.state !== TCP_LISTEN) return -EINVAL;
  if (backlog > sk.maxAckBacklog) sk.peerWait.wakeUpAll(k);
  sk.maxAckBacklog = backlog;
  sk.state = TCP_LISTEN;
  setPeerCreds(k, sk);
  return 0;
}

/** @linux net/unix/af_unix.c unix_socketpair */
export function unixSocketpair(k: Kernel, a: Socket, b: Socket): number {
  const x = unixSk(a);
  const y = unixSk(b);
  x.peer = y;
  y.peer = x;
  setPeerCreds(k, x);
  setPeerCreds(k, y);
  x.state = y.state = TCP_ESTABLISHED;
  return 0;
}

/** @linux net/unix/af_unix.c unix_stream_connect */
export function unixStreamConnect(k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number {
  const sk = unixSk(sock);
  const name = parseAddress(addr);
  if (typeof name === "number") return name;
  if (sk.passcred && sk.address === null) {
    const r = autobind(k, sk);
    if (r < 0) return r;
  }
  const other = findOther(k, name, sk.type);
  if (typeof other === "number") return other;
  if (other.state !== TCP_LISTEN || other.shutdown & RCV_SHUTDOWN) return -ECONNREFUSED;
  if (other.full) {
    if (flags & O_NONBLOCK) return -EAGAIN;
    return sockWait(k, other.peerWait, 0, sk.sndtimeo, true);
  }
  if (sk.state === TCP_ESTABLISHED) return -EISCONN;
  if (sk.state !== TCP_CLOSE) return -EINVAL;
  const fresh = newUnixSock(k, sk.type);
  fresh.peer = sk;
  fresh.state = TCP_ESTABLISHED;
  setPeerCreds(k, fresh);
  fresh.address = other.address;
  fresh.path = other.path;
  if (fresh.path) fresh.path.dentry.inode!.count++;
  fresh.passcred = other.passcred;
  sk.peerCreds = other.peerCreds;
  sk.peerGroups = other.peerGroups;
  sk.peer = fresh;
  sk.state = TCP_ESTABLISHED;
  const skb = new SkBuff(new Uint8Array(0), truesize(1, 0), null);
  skb.connection = fresh;
  other.receiveQueue.push(skb);
  other.dataReady(k);
  return 0;
}

/** @linux net/unix/af_unix.c unix_dgram_connect */
export function unixDgramConnect(k: Kernel, sock: Socket, addr: Uint8Array): number {
  const sk = unixSk(sock);
  if (addr.length < 2) return -EINVAL;
  let other: UnixSock | null = null;
  if ((addr[0]! | (addr[1]! << 8)) !== AF_UNSPEC) {
    const name = parseAddress(addr);
    if (typeof name === "number") return name;
    if (sk.passcred && sk.address === null) {
      const r = autobind(k, sk);
      if (r < 0) return r;
    }
    const found = findOther(k, name, sk.type);
    if (typeof found === "number") return found;
    if (found.peer && found.peer !== sk) return -EPERM;
    other = found;
  }
  const old = sk.peer;
  sk.peer = other;
  sk.state = other ? TCP_ESTABLISHED : TCP_CLOSE;
  if (other && other.peer === sk) other.state = TCP_ESTABLISHED;
  if (old && old !== other) dgramDisconnected(k, sk, old);
  return 0;
}

/** What was received from another peer is lost. @linux net/unix/af_unix.c unix_dgram_disconnected */
export function dgramDisconnected(k: Kernel, sk: UnixSock, other: UnixSock): void {
  if (sk.receiveQueue.length > 0) {
    for (const skb of sk.receiveQueue.splice(0)) freeSkb(k, skb);
    sk.peerWait.wakeUpAll(k);
    if (!other.dead && other.peer === sk) {
      other.err = ECONNRESET;
      errorReport(k, other);
    }
  }
  if (other.peer !== sk) other.state = TCP_CLOSE;
}

/** @linux net/core/sock.c sock_def_error_report */
function errorReport(k: Kernel, sk: UnixSock): void {
  sk.queue?.wakeUp(k, POLLERR);
}

/** @linux net/unix/af_unix.c unix_accept */
export function unixAccept(k: Kernel, sock: Socket, fresh: Socket, flags: number): number {
  const sk = unixSk(sock);
  if (!connected(sk.type)) return -EOPNOTSUPP;
  if (sk.state !== TCP_LISTEN) return -EINVAL;
  const skb = sk.receiveQueue.shift();
  if (!skb) {
    const e = sk.takeError();
    if (e < 0) return e;
    if (sk.shutdown & RCV_SHUTDOWN) return -EINVAL;
    if (flags & O_NONBLOCK) return -EAGAIN;
    return sockWait(k, sock.wait, POLLIN | POLLERR, sk.rcvtimeo, true);
  }
  const child = skb.connection as UnixSock | null;
  if (!child) return -ECONNABORTED;
  sk.peerWait.wakeUp(k);
  fresh.sk = child;
  child.socket = fresh;
  return 0;
}

/** @linux net/unix/af_unix.c unix_getname */
export function unixGetname(_k: Kernel, sock: Socket, peer: boolean): Uint8Array | number {
  const sk = unixSk(sock);
  if (!peer) return addressBytes(sk);
  return sk.peer ? addressBytes(sk.peer) : -ENOTCONN;
}

/** @linux net/unix/af_unix.c unix_shutdown */
export function unixShutdown(k: Kernel, sock: Socket, how: number): number {
  if (how < 0 || how > SHUT_RDWR) return -EINVAL;
  const mode = how + 1;
  const sk = unixSk(sock);
  sk.shutdown |= mode;
  const other = sk.peer;
  sk.stateChange(k);
  if (other && connected(sk.type)) {
    const peerMode = (mode & RCV_SHUTDOWN ? SEND_SHUTDOWN : 0) | (mode & SEND_SHUTDOWN ? RCV_SHUTDOWN : 0);
    other.shutdown |= peerMode;
    other.stateChange(k);
    if (peerMode === SHUTDOWN_MASK) other.wakeAsync(k, POLL_HUP);
    else if (peerMode & RCV_SHUTDOWN) other.wakeAsync(k, POLL_IN);
  }
  return 0;
}

/** @linux net/unix/af_unix.c unix_release */
export function unixRelease(k: Kernel, sock: Socket): void {
  const sk = sock.sk as UnixSock | null;
  if (!sk) return;
  releaseSock(k, sk, false);
  sk.socket = null;
}

/** @linux net/unix/af_unix.c unix_release_sock */
function releaseSock(k: Kernel, sk: UnixSock, embryo: boolean): void {
  const state = unixState(k);
  state.sockets.delete(sk);
  if (sk.address?.[0] === "\0" && state.abstract.get(abstractKey(sk.address, sk.type)) === sk)
    state.abstract.delete(abstractKey(sk.address, sk.type));
  const wasListening = sk.state === TCP_LISTEN;
  const { path, peer } = sk;
  sk.path = null;
  sk.dead = true;
  sk.shutdown = SHUTDOWN_MASK;
  sk.state = TCP_CLOSE;
  sk.peer = null;
  sk.peerWait.wakeUpAll(k, POLLOUT | POLLWRNORM | POLLWRBAND);
  if (peer && connected(sk.type)) {
    peer.shutdown = SHUTDOWN_MASK;
    const first = sk.receiveQueue[0];
    // One message without bytes at the front does not count as unread.
    if ((first && (first.length > 0 || first.connection || sk.receiveQueue.length > 1)) || embryo) peer.err = ECONNRESET;
    peer.stateChange(k);
    peer.wakeAsync(k, POLL_HUP);
  }
  sk.oob = null;
  for (const skb of sk.receiveQueue.splice(0)) {
    if (wasListening && skb.connection) releaseSock(k, skb.connection as UnixSock, true);
    freeSkb(k, skb);
  }
  if (path) {
    const inode = path.dentry.inode ?? null;
    if (inode?.special === sk) inode.special = null;
    if (inode) dropInode(k, inode);
  }
  if (state.inflight.size > 0) unixGc(k);
}
