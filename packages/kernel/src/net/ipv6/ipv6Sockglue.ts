import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { EADDRINUSE, EADDRNOTAVAIL, EFAULT, EINVAL, ENODEV, ENOPROTOOPT, ENOTCONN } from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET, AF_INET6, SOCK_STREAM } from "../../uapi/socket.ts";
import { devGetByIndex } from "../core/dev.ts";
import { TCP_ESTABLISHED } from "../core/sock.ts";
import {
  type InetSock,
  IPV6_CMSG_HOPLIMIT,
  IPV6_CMSG_PKTINFO,
  IPV6_CMSG_TCLASS,
  inetSk,
  Membership,
  v6Equal,
  v6IsAny,
  v6IsMulticast,
} from "../ipv4/inetSock.ts";
import type { Socket } from "../socket.ts";

const CMSG_BITS: Readonly<Record<number, number>> = {
  [IN.IPV6_RECVPKTINFO]: IPV6_CMSG_PKTINFO,
  [IN.IPV6_RECVHOPLIMIT]: IPV6_CMSG_HOPLIMIT,
  [IN.IPV6_RECVTCLASS]: IPV6_CMSG_TCLASS,
};
/** On or off and only kept: RECVRTHDR, RECVHOPOPTS, RECVDSTOPTS, FREEBIND and kin. */
const FLAGS = new Set([54, 56, 58, 59, 60, 61, IN.IPV6_DONTFRAG, 70, 72, 74, 75, IN.IPV6_FREEBIND]);

/** IPV6_ADD_MEMBERSHIP and IPV6_DROP_MEMBERSHIP: struct ipv6_mreq. */
function mreqMembership(k: Kernel, sk: InetSock, join: boolean, addr: number, length: number): number {
  if (length < 20) return -EINVAL;
  const b = new Uint8Array(20);
  if (copyFromUser(k, addr, b, 0, 20) !== 0) return -EFAULT;
  return membership(k, sk, join, b.slice(0, 16), new DataView(b.buffer).getInt32(16, true));
}

/** The same by struct group_req. @linux net/ipv6/ipv6_sockglue.c ipv6_mcast_join_leave */
function groupMembership(k: Kernel, sk: InetSock, join: boolean, addr: number, length: number): number {
  if (length < IN.GROUP_REQ_SIZE) return -EINVAL;
  const b = new Uint8Array(IN.GROUP_REQ_SIZE);
  if (copyFromUser(k, addr, b, 0, b.length) !== 0) return -EFAULT;
  const view = new DataView(b.buffer);
  if (view.getUint16(IN.GROUP_REQ_GROUP, true) !== AF_INET6) return -EADDRNOTAVAIL;
  return membership(k, sk, join, b.slice(IN.GROUP_REQ_GROUP + 8, IN.GROUP_REQ_GROUP + 24), view.getInt32(0, true));
}

/** Joins or leaves a group. @linux net/ipv6/mcast.c ipv6_sock_mc_join */
function membership(k: Kernel, sk: InetSock, join: boolean, group: Uint8Array, index: number): number {
  if (!v6IsMulticast(group)) return -EINVAL;
  const at = sk.memberships.findIndex((m) => m.group.length === 16 && v6Equal(m.group, group) && (index === 0 || m.ifindex === index));
  if (!join) {
    if (at < 0) return -EADDRNOTAVAIL;
    sk.memberships.splice(at, 1);
    return 0;
  }
  if (at >= 0) return -EADDRINUSE;
  if (index === 0 || !devGetByIndex(k, index)) return -ENODEV;
  sk.memberships.push(new Membership(group, index));
  return 0;
}

/** Makes a socket that is connected to an IPv4 address one of AF_INET. @linux net/ipv6/ipv6_sockglue.c do_ipv6_setsockopt IPV6_ADDRFORM */
function addrform(sk: InetSock, family: number): number {
  if (family !== AF_INET) return -EINVAL;
  if (sk.protocol !== IN.IPPROTO_TCP && sk.protocol !== IN.IPPROTO_UDP) return -ENOPROTOOPT;
  if (sk.state !== TCP_ESTABLISHED) return -ENOTCONN;
  if (sk.v6only || !sk.mapped) return -EADDRNOTAVAIL;
  sk.family = AF_INET;
  sk.mapped = false;
  return 0;
}

/** @linux net/ipv6/ipv6_sockglue.c do_ipv6_setsockopt */
export function ipv6Setsockopt(k: Kernel, sock: Socket, name: number, addr: number, length: number): number {
  const sk = inetSk(sock);
  if (name === IN.IPV6_ADD_MEMBERSHIP || name === IN.IPV6_DROP_MEMBERSHIP)
    return sk.type === SOCK_STREAM ? -EINVAL : mreqMembership(k, sk, name === IN.IPV6_ADD_MEMBERSHIP, addr, length);
  if (name === IN.MCAST_JOIN_GROUP || name === IN.MCAST_LEAVE_GROUP)
    return groupMembership(k, sk, name === IN.MCAST_JOIN_GROUP, addr, length);
  if ((name === IN.IPV6_MULTICAST_HOPS || name === IN.IPV6_MULTICAST_IF) && sk.type === SOCK_STREAM) return -ENOPROTOOPT;
  let value = 0;
  if (length >= 4) {
    const raw = getUser32(k, addr);
    if (raw < 0) return -EFAULT;
    value = raw | 0;
  }
  if (length < 4) return -EINVAL;
  const bit = CMSG_BITS[name];
  if (bit !== undefined) {
    sk.cmsgFlags = value ? sk.cmsgFlags | bit : sk.cmsgFlags & ~bit;
    return 0;
  }
  if (FLAGS.has(name)) {
    sk.ip6Options.set(name, value !== 0 ? 1 : 0);
    return 0;
  }
  switch (name) {
    case IN.IPV6_ADDRFORM:
      return addrform(sk, value);
    case IN.IPV6_V6ONLY:
      if (sk.num !== 0) return -EINVAL;
      sk.v6only = value !== 0;
      return 0;
    case IN.IPV6_UNICAST_HOPS:
      if (value > 255 || value < -1) return -EINVAL;
      sk.hopLimit = value;
      return 0;
    case IN.IPV6_MULTICAST_HOPS:
      if (value > 255 || value < -1) return -EINVAL;
      sk.mcastHops = value === -1 ? 1 : value;
      return 0;
    case IN.IPV6_MULTICAST_LOOP:
      if (value !== 0 && value !== 1) return -EINVAL;
      sk.mcLoop = value;
      return 0;
    case IN.IPV6_MULTICAST_IF:
      if (value !== 0 && !devGetByIndex(k, value)) return -ENODEV;
      sk.mcIndex = value;
      return 0;
    case IN.IPV6_MULTICAST_ALL:
      sk.mcAll = value ? 1 : 0;
      return 0;
    case IN.IPV6_TCLASS:
      if (value < -1 || value > 255) return -EINVAL;
      sk.tclass = value === -1 ? 0 : value;
      // A stream's bits for congestion are its own.
      if (sk.type === SOCK_STREAM) sk.tclass &= ~3;
      return 0;
    case IN.IPV6_RECVERR:
      sk.recverr6 = value !== 0;
      if (!value) sk.errQueue = [];
      return 0;
    case IN.IPV6_MTU_DISCOVER:
      if (value < 0 || value > 5) return -EINVAL;
      sk.ip6Options.set(name, value);
      return 0;
    case IN.IPV6_MTU:
      if (value !== 0 && value < 1280) return -EINVAL;
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

/** @linux net/ipv6/ipv6_sockglue.c do_ipv6_getsockopt */
export function ipv6Getsockopt(k: Kernel, sock: Socket, name: number, addr: number, lengthAddr: number): number {
  const sk = inetSk(sock);
  const raw = getUser32(k, lengthAddr);
  if (raw < 0) return -EFAULT;
  const room = raw | 0;
  const value = ipv6Option(sk, name);
  if (value === null) return -ENOPROTOOPT;
  if (value === NOT_CONNECTED) return -ENOTCONN;
  if (room < 0) return -EINVAL;
  const n = Math.min(room, 4);
  if (putUser32(k, lengthAddr, n) !== 0) return -EFAULT;
  return copyToUser(k, addr, new Uint8Array(Int32Array.of(value).buffer), 0, n) !== 0 ? -EFAULT : 0;
}
const NOT_CONNECTED = -1000;

function ipv6Option(sk: InetSock, name: number): number | null {
  const bit = CMSG_BITS[name];
  if (bit !== undefined) return sk.cmsgFlags & bit ? 1 : 0;
  if (FLAGS.has(name)) return sk.ip6Options.get(name) ?? 0;
  switch (name) {
    case IN.IPV6_V6ONLY:
      return sk.v6only ? 1 : 0;
    case IN.IPV6_UNICAST_HOPS:
      return sk.hopLimit < 0 ? 64 : sk.hopLimit;
    case IN.IPV6_MULTICAST_HOPS:
      return sk.mcastHops;
    case IN.IPV6_MULTICAST_LOOP:
      return sk.mcLoop;
    case IN.IPV6_MULTICAST_IF:
      return sk.mcIndex;
    case IN.IPV6_MULTICAST_ALL:
      return sk.mcAll;
    case IN.IPV6_TCLASS:
      return sk.tclass;
    case IN.IPV6_RECVERR:
      return sk.recverr6 ? 1 : 0;
    case IN.IPV6_MTU_DISCOVER:
      return sk.ip6Options.get(name) ?? 1;
    case IN.IPV6_MTU:
      return v6IsAny(sk.v6Daddr) ? NOT_CONNECTED : 65536;
    case IN.IPV6_ADDRFORM:
      return sk.family;
    default:
      return null;
  }
}
