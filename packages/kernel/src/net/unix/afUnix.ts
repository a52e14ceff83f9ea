import type { PollTable } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { putUser32 } from "../../mm/usercopy.ts";
import { stateTable } from "../../state.ts";
import { EINVAL, ENOTTY, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from "../../uapi/errno.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import {
  AF_UNIX,
  RCV_SHUTDOWN,
  SHUTDOWN_MASK,
  SIOCATMARK,
  SIOCINQ,
  SIOCOUTQ,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../../uapi/socket.ts";
import { TCP_CLOSE, TCP_LISTEN } from "../core/sock.ts";
import { type ProtoOps, type Socket, sockRegister } from "../socket.ts";
import {
  newUnixSock,
  unixAccept,
  unixBind,
  unixDgramConnect,
  unixGetname,
  unixListen,
  unixRelease,
  unixShutdown,
  unixSk,
  unixSocketpair,
  unixStreamConnect,
} from "./connect.ts";
import { unixDgramRecvmsg, unixDgramSendmsg, unixSeqpacketRecvmsg, unixSeqpacketSendmsg } from "./dgram.ts";
import { atMark } from "./oob.ts";
import { unixStreamRecvmsg, unixStreamSendmsg, unixStreamSendPage } from "./stream.ts";

const READABLE = POLLIN | POLLRDNORM;
const WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND;

/** @linux net/unix/af_unix.c unix_poll */
function unixPoll(k: Kernel, sock: Socket, table: PollTable | null): number {
  const sk = unixSk(sock);
  table?.wait(k, sock.wait);
  let mask = 0;
  if (sk.err) mask |= POLLERR;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= POLLHUP;
  if (sk.shutdown & RCV_SHUTDOWN) mask |= POLLRDHUP | READABLE;
  if (sk.receiveQueue.length > 0) mask |= READABLE;
  if (sk.oob) mask |= POLLPRI;
  if (sk.state === TCP_CLOSE) mask |= POLLHUP;
  if (sk.state !== TCP_LISTEN && sk.writable) mask |= WRITABLE;
  return mask;
}

/** @linux net/unix/af_unix.c unix_dgram_poll */
function unixDgramPoll(k: Kernel, sock: Socket, table: PollTable | null): number {
  const sk = unixSk(sock);
  table?.wait(k, sock.wait);
  let mask = 0;
  if (sk.err) mask |= POLLERR;
  if (sk.shutdown & RCV_SHUTDOWN) mask |= POLLRDHUP | READABLE;
  if (sk.shutdown === SHUTDOWN_MASK) mask |= POLLHUP;
  if (sk.receiveQueue.length > 0) mask |= READABLE;
  if (sk.type === SOCK_SEQPACKET && sk.state === TCP_CLOSE) mask |= POLLHUP;
  if (sk.state === TCP_LISTEN || !sk.writable) return mask;
  const other = sk.peer;
  if (other && other.peer !== sk) {
    table?.wait(k, other.peerWait);
    if (other.full) return mask;
  }
  return mask | WRITABLE;
}

/** @linux net/unix/af_unix.c unix_ioctl */
function unixIoctl(k: Kernel, sock: Socket, cmd: number, arg: number): number {
  const sk = unixSk(sock);
  switch (cmd) {
    case SIOCOUTQ:
      return putUser32(k, arg, sk.wmemAlloc);
    case SIOCINQ: {
      if (sk.state === TCP_LISTEN) return -EINVAL;
      const queue = sk.type === SOCK_DGRAM ? sk.receiveQueue.slice(0, 1) : sk.receiveQueue;
      return putUser32(
        k,
        arg,
        queue.reduce((n, skb) => n + skb.length, 0),
      );
    }
    case SIOCATMARK:
      if (sk.type !== SOCK_STREAM) return -EOPNOTSUPP;
      return putUser32(k, arg, atMark(sk) ? 1 : 0);
    default:
      return -ENOTTY;
  }
}

const common = {
  release: unixRelease,
  bind: unixBind,
  socketpair: unixSocketpair,
  getname: unixGetname,
  ioctl: unixIoctl,
  shutdown: unixShutdown,
};
const streamOps: ProtoOps = stateTable("unix_stream_ops", {
  ...common,
  connect: unixStreamConnect,
  accept: unixAccept,
  poll: unixPoll,
  listen: unixListen,
  sendmsg: unixStreamSendmsg,
  sendPage: unixStreamSendPage,
  recvmsg: unixStreamRecvmsg,
});
const dgramOps: ProtoOps = stateTable("unix_dgram_ops", {
  ...common,
  connect: unixDgramConnect,
  poll: unixDgramPoll,
  sendmsg: unixDgramSendmsg,
  recvmsg: unixDgramRecvmsg,
});
const seqpacketOps: ProtoOps = stateTable("unix_seqpacket_ops", {
  ...common,
  connect: unixStreamConnect,
  accept: unixAccept,
  poll: unixDgramPoll,
  listen: unixListen,
  sendmsg: unixSeqpacketSendmsg,
  recvmsg: unixSeqpacketRecvmsg,
});

/** @linux net/unix/af_unix.c unix_create */
sockRegister(AF_UNIX, (k, sock, protocol) => {
  if (protocol !== 0 && protocol !== AF_UNIX) return -EPROTONOSUPPORT;
  let type = sock.type;
  if (type === SOCK_STREAM) sock.ops = streamOps;
  else if (type === SOCK_SEQPACKET) sock.ops = seqpacketOps;
  else if (type === SOCK_DGRAM || type === SOCK_RAW) {
    // A raw one is a datagram socket here.
    type = SOCK_DGRAM;
    sock.ops = dgramOps;
  } else return -ESOCKTNOSUPPORT;
  const sk = newUnixSock(k, type);
  sock.sk = sk;
  sk.socket = sock;
  return 0;
});
