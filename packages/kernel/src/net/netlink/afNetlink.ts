import type { PollTable } from "../../include/linux/wait.ts";
import { auditReceive } from "../../kernel/audit/netlink.ts";
import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import {
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  EFAULT,
  EINVAL,
  EMSGSIZE,
  ENODATA,
  ENOTTY,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from "../../uapi/errno.ts";
import { MAX_LINKS, NETLINK_AUDIT, NETLINK_KOBJECT_UEVENT, NETLINK_ROUTE, NETLINK_SOCK_DIAG } from "../../uapi/netlink.ts";
import { POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { AF_NETLINK, AF_UNSPEC, MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, SOCK_RAW } from "../../uapi/socket.ts";
import { ScmCookie, scmDestroy } from "../core/scm.ts";
import { ScmCreds } from "../core/skbuff.ts";
import { sockWait, TCP_CLOSE, TCP_ESTABLISHED } from "../core/sock.ts";
import { type Message, type ProtoOps, type Socket, sockRegister } from "../socket.ts";
import { netlinkQueue, netlinkReceive } from "./input.ts";
import { type NetlinkSkb, NetlinkSock, netlinkTable, nlkSk, portKey } from "./sock.ts";
import { groupCount, netlinkGetsockopt, netlinkSetsockopt } from "./sockopt.ts";

/** sizeof(struct sockaddr_nl) */
const SOCKADDR_NL = 12;

interface Address {
  family: number;
  portid: number;
  groups: number;
}

/** An address, or -EINVAL if it is too short. */
function parse(bytes: Uint8Array): Address | number {
  if (bytes.length < SOCKADDR_NL) return -EINVAL;
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { family: v.getUint16(0, true), portid: v.getInt32(4, true), groups: v.getUint32(8, true) };
}

function addressOf(portid: number, groups: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_NL);
  const v = new DataView(bytes.buffer);
  v.setUint16(0, AF_NETLINK, true);
  v.setInt32(4, portid, true);
  v.setUint32(8, groups >>> 0, true);
  return bytes;
}

/** @linux net/netlink/af_netlink.c netlink_insert */
function insert(k: Kernel, sk: NetlinkSock, portid: number): number {
  const { bound } = netlinkTable(k);
  const key = portKey(sk.protocol, portid);
  if (bound.has(key)) return -EADDRINUSE;
  bound.set(key, sk);
  sk.portid = portid;
  return 0;
}

/** The process's number if it is free, else a negative one. @linux net/netlink/af_netlink.c netlink_autobind */
function autobind(k: Kernel, sk: NetlinkSock): void {
  if (sk.portid !== 0) return;
  const table = netlinkTable(k);
  let portid = k.current.tgid;
  while (insert(k, sk, portid) !== 0) portid = table.rover--;
}

/** @linux net/netlink/af_netlink.c netlink_bind */
function bind(k: Kernel, sock: Socket, bytes: Uint8Array): number {
  const sk = nlkSk(sock);
  const addr = parse(bytes);
  if (typeof addr === "number") return addr;
  if (addr.family !== AF_NETLINK) return -EINVAL;
  if (sk.portid !== 0 && addr.portid !== sk.portid) return -EINVAL;
  if (sk.portid === 0) {
    if (addr.portid === 0) autobind(k, sk);
    else {
      const r = insert(k, sk, addr.portid);
      if (r < 0) return r;
    }
  }
  for (let i = 0; i < 32; i++) {
    if ((addr.groups >>> i) & 1 && i < groupCount(sk.protocol)) sk.groups.add(i + 1);
    else sk.groups.delete(i + 1);
  }
  return 0;
}

/** @linux net/netlink/af_netlink.c netlink_connect */
function connect(k: Kernel, sock: Socket, bytes: Uint8Array): number {
  const sk = nlkSk(sock);
  if (bytes.length < 2) return -EINVAL;
  const family = bytes[0]! | (bytes[1]! << 8);
  if (family === AF_UNSPEC) {
    sk.state = TCP_CLOSE;
    sk.dstPortid = 0;
    sk.dstGroups = 0;
    return 0;
  }
  if (family !== AF_NETLINK) return -EINVAL;
  const addr = parse(bytes);
  if (typeof addr === "number") return addr;
  if ((addr.groups !== 0 || addr.portid !== 0) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  autobind(k, sk);
  sk.state = TCP_ESTABLISHED;
  sk.dstPortid = addr.portid;
  sk.dstGroups = addr.groups;
  return 0;
}

/** @linux net/netlink/af_netlink.c netlink_getname */
function getname(_k: Kernel, sock: Socket, peer: boolean): Uint8Array {
  const sk = nlkSk(sock);
  if (peer) return addressOf(sk.dstPortid, sk.dstGroups);
  let groups = 0;
  for (const group of sk.groups) if (group <= 32) groups |= 1 << (group - 1);
  return addressOf(sk.portid, groups);
}

/** @linux net/netlink/af_netlink.c netlink_sendmsg */
function sendmsg(k: Kernel, sock: Socket, m: Message): number {
  const r = send(k, nlkSk(sock), m);
  if (m.scm) scmDestroy(k, m.scm);
  return r;
}

function send(k: Kernel, sk: NetlinkSock, m: Message): number {
  if (m.flags & MSG_OOB) return -EOPNOTSUPP;
  const size = m.iter.count;
  if (size === 0) return -ENODATA;
  let portid = sk.dstPortid;
  let groups = sk.dstGroups;
  if (m.name !== null && m.name.length > 0) {
    const addr = parse(m.name);
    if (typeof addr === "number") return addr;
    if (addr.family !== AF_NETLINK) return -EINVAL;
    portid = addr.portid;
    groups = addr.groups;
    if ((portid !== 0 || groups !== 0) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  }
  autobind(k, sk);
  if (size > sk.sndbuf - 32) return -EMSGSIZE;
  const table = netlinkTable(k);
  const other = portid === 0 ? null : table.bound.get(portKey(sk.protocol, portid));
  if (other === undefined) return -ECONNREFUSED;
  if (other && other.waiting > other.rcvbuf && other.socket) {
    if (m.flags & MSG_DONTWAIT) return -EAGAIN;
    return sockWait(k, other.socket.wait, POLLOUT | POLLWRNORM | POLLWRBAND, sk.sndtimeo, false);
  }
  const data = new Uint8Array(size);
  if (m.iter.copyFrom(k, data, 0, size) < size) return -EFAULT;
  const creds = m.scm?.creds ?? new ScmCreds(k.current.tgid, k.current.cred.uid, k.current.cred.gid);
  // Only the lowest group of an address counts.
  const group = groups === 0 ? 0 : 32 - Math.clz32(groups & -groups);
  if (group !== 0) {
    for (const one of table.sockets)
      if (one !== sk && one.protocol === sk.protocol && one.portid !== portid && one.groups.has(group))
        netlinkQueue(k, one, data, sk.portid, 1 << (group - 1), creds);
  }
  if (other) netlinkQueue(k, other, data, sk.portid, 0, creds);
  else if (sk.protocol === NETLINK_AUDIT) auditReceive(k, sk, data);
  else if (sk.protocol === NETLINK_ROUTE || sk.protocol === NETLINK_SOCK_DIAG) netlinkReceive(k, sk, data);
  else if (group === 0) return -ECONNREFUSED;
  return size;
}

/** @linux net/netlink/af_netlink.c netlink_recvmsg */
function recvmsg(k: Kernel, sock: Socket, m: Message): number {
  const sk = nlkSk(sock);
  if (m.flags & MSG_OOB) return -EOPNOTSUPP;
  const e = sk.takeError();
  if (e < 0) return e;
  const skb = sk.receiveQueue[0] as NetlinkSkb | undefined;
  if (!skb) return m.flags & MSG_DONTWAIT ? -EAGAIN : sockWait(k, sock.wait, POLLIN | POLLERR, sk.rcvtimeo, true);
  const n = Math.min(skb.length, m.iter.count);
  if (n < skb.length) m.outFlags |= MSG_TRUNC;
  if (m.iter.copyTo(k, skb.data, 0, n) < n) return -EFAULT;
  if (m.wantsName) m.name = addressOf(skb.portid, skb.groups);
  const scm = new ScmCookie();
  // The kernel's own messages come from process 0 and from root.
  scm.creds = skb.creds ?? new ScmCreds(0, 0, 0);
  m.scm = scm;
  if (!(m.flags & MSG_PEEK)) {
    sk.receiveQueue.shift();
    sock.wait.wakeUp(k, POLLOUT | POLLWRNORM | POLLWRBAND);
  }
  return m.flags & MSG_TRUNC ? skb.length : n;
}

/** @linux net/core/datagram.c datagram_poll */
function poll(k: Kernel, sock: Socket, table: PollTable | null): number {
  const sk = nlkSk(sock);
  table?.wait(k, sock.wait);
  let mask = POLLOUT | POLLWRNORM | POLLWRBAND;
  if (sk.err) mask |= POLLERR;
  if (sk.receiveQueue.length > 0) mask |= POLLIN | POLLRDNORM;
  return mask;
}

/** @linux net/netlink/af_netlink.c netlink_release */
function release(k: Kernel, sock: Socket): void {
  const sk = nlkSk(sock);
  const table = netlinkTable(k);
  if (sk.portid !== 0) table.bound.delete(portKey(sk.protocol, sk.portid));
  table.sockets.delete(sk);
  sk.receiveQueue = [];
  sock.wait.wakeUpAll(k);
  sk.socket = null;
  sk.dead = true;
}

/** @linux net/netlink/af_netlink.c netlink_ops */
const netlinkOps: ProtoOps = stateTable("netlink_ops", {
  release,
  bind,
  connect,
  getname,
  poll,
  ioctl: (): number => -ENOTTY,
  setsockopt: netlinkSetsockopt,
  getsockopt: netlinkGetsockopt,
  sendmsg,
  recvmsg,
});

/** Routing, events of devices and the list of sockets are there; the other protocols are not. @linux net/netlink/af_netlink.c netlink_create */
sockRegister(AF_NETLINK, (k, sock, protocol) => {
  if (sock.type !== SOCK_RAW && sock.type !== SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  if (protocol < 0 || protocol >= MAX_LINKS) return -EPROTONOSUPPORT;
  if (protocol !== NETLINK_ROUTE && protocol !== NETLINK_KOBJECT_UEVENT && protocol !== NETLINK_SOCK_DIAG && protocol !== NETLINK_AUDIT)
    return -EPROTONOSUPPORT;
  sock.ops = netlinkOps;
  const sk = new NetlinkSock(sock.type, protocol);
  sock.sk = sk;
  sk.socket = sock;
  netlinkTable(k).sockets.add(sk);
  return 0;
});
