import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser8, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN, CAP_NET_RAW } from "../../uapi/capability.ts";
import { EADDRINUSE, EADDRNOTAVAIL, EAGAIN, EFAULT, EINVAL, ENODEV, ENOPROTOOPT, ENOTCONN, EPERM, EPROTO } from "../../uapi/errno.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET, AF_INET6, MSG_ERRQUEUE, MSG_TRUNC, SOCK_RAW, SOCK_STREAM, SOL_SOCKET } from "../../uapi/socket.ts";
import { devGetByIndex, netDevices } from "../core/dev.ts";
import { PACKET_HOST, type Packet, skbCopyDatagramIter } from "../core/skb.ts";
import { sockRecvTimestamp } from "../core/sockTimestamp.ts";
import type { Message, Socket } from "../socket.ts";
import {
  type InetSock,
  IP_CMSG_ORIGDSTADDR,
  IP_CMSG_PKTINFO,
  IP_CMSG_TOS,
  IP_CMSG_TTL,
  IPV6_CMSG_HOPLIMIT,
  IPV6_CMSG_PKTINFO,
  IPV6_CMSG_TCLASS,
  inetSk,
  isMulticast,
  Membership,
  skErrorReport,
  sockaddrIn,
  v4Of,
  v6Equal,
  v6Mapped,
} from "./inetSock.ts";

const CMSG_HEADER = 16;
const align = (n: number): number => Math.ceil(n / 8) * 8;

/** struct ipcm_cookie: how one packet is to be sent. */
export class IpcmCookie {
  saddr = 0;
  v6Saddr: Uint8Array | null = null;
  oif = 0;
  ttl = -1;
  tos = -1;
  hopLimit = -1;
  tclass = -1;
  protocol = 0;
  gsoSize = 0;
}

/** Walks the control messages of sendmsg. @returns 0 or -EINVAL @linux net/ipv4/ip_sockglue.c ip_cmsg_send, net/ipv6/datagram.c ip6_datagram_send_ctl */
export function ipCmsgSend(k: Kernel, sk: InetSock, control: Uint8Array, c: IpcmCookie): number {
  const v = new DataView(control.buffer, control.byteOffset, control.length);
  for (let at = 0; at + CMSG_HEADER <= control.length; ) {
    const hi = v.getUint32(at + 4, true);
    const length = v.getUint32(at, true);
    if (hi !== 0 || length < CMSG_HEADER || length > control.length - at) return -EINVAL;
    const r = oneCmsg(k, sk, v, v.getInt32(at + 8, true), v.getInt32(at + 12, true), at + CMSG_HEADER, length - CMSG_HEADER, c);
    if (r < 0) return r;
    at += align(length);
  }
  return 0;
}

function oneCmsg(k: Kernel, sk: InetSock, v: DataView, level: number, type: number, at: number, n: number, c: IpcmCookie): number {
  if (level === SOL_SOCKET) {
    // Descriptors and credentials are not looked at; a mark has no use here.
    if (type === SCM_RIGHTS || type === SCM_CREDENTIALS) return 0;
    if (type === SO_MARK) return n !== 4 ? -EINVAL : capable(k, CAP_NET_RAW) || capable(k, CAP_NET_ADMIN) ? 0 : -EPERM;
    return -EINVAL;
  }
  if (level === IN.SOL_UDP) {
    if (type !== IN.UDP_SEGMENT || sk.protocol !== IN.IPPROTO_UDP) return -EINVAL;
    if (n !== 2) return -EINVAL;
    c.gsoSize = v.getUint16(at, true);
    return 0;
  }
  if (level === IN.SOL_IP && sk.family === AF_INET) {
    switch (type) {
      case IN.IP_PKTINFO: {
        if (n !== 12) return -EINVAL;
        const index = v.getInt32(at, true);
        if (index !== 0) c.oif = index;
        c.saddr = v.getUint32(at + 4, false);
        return 0;
      }
      case IN.IP_TTL: {
        if (n !== 4) return -EINVAL;
        const ttl = v.getInt32(at, true);
        if (ttl < 1 || ttl > 255) return -EINVAL;
        c.ttl = ttl;
        return 0;
      }
      case IN.IP_TOS: {
        const tos = n === 4 ? v.getInt32(at, true) : n === 1 ? v.getUint8(at) : -1;
        if (tos < 0 || tos > 255) return -EINVAL;
        c.tos = tos;
        return 0;
      }
      case IN.IP_PROTOCOL:
        if (n !== 4) return -EINVAL;
        c.protocol = v.getInt32(at, true);
        return c.protocol < 1 || c.protocol > 255 ? -EINVAL : 0;
      default:
        return -EINVAL;
    }
  }
  if (level === IN.SOL_IPV6 && sk.family === AF_INET6) {
    switch (type) {
      case IN.IPV6_2292PKTINFO:
      case IN.IPV6_PKTINFO: {
        if (n < 20) return -EINVAL;
        c.oif = v.getInt32(at + 16, true);
        const address = new Uint8Array(v.buffer, v.byteOffset + at, 16).slice();
        if (address.some((b) => b !== 0)) c.v6Saddr = address;
        return 0;
      }
      case IN.IPV6_HOPLIMIT:
        if (n !== 4) return -EINVAL;
        c.hopLimit = v.getInt32(at, true);
        return c.hopLimit < -1 || c.hopLimit > 255 ? -EINVAL : 0;
      case IN.IPV6_TCLASS:
        if (n !== 4) return -EINVAL;
        c.tclass = v.getInt32(at, true);
        return c.tclass < -1 || c.tclass > 255 ? -EINVAL : 0;
      default:
        return -EINVAL;
    }
  }
  return 0;
}
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;
const SO_MARK = 36;

function int32(...values: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Control messages that a received packet gives. @linux net/ipv4/ip_sockglue.c ip_cmsg_recv_offset, net/ipv6/datagram.c ip6_datagram_recv_ctl */
export function ipCmsgRecv(k: Kernel, sk: InetSock, skb: Packet, m: Message): void {
  sockRecvTimestamp(k, sk, skb, m);
  const flags = sk.cmsgFlags;
  if (flags === 0) return;
  const { head, networkHeader: at } = skb;
  const v4 = skb.protocol === IN.ETH_P_IP;
  if (v4 && sk.family === AF_INET) {
    if (flags & IP_CMSG_PKTINFO) {
      const data = new Uint8Array(12);
      new DataView(data.buffer).setInt32(0, skb.dev?.index ?? 0, true);
      // ipi_spec_dst is the address to answer from.
      data.set(skb.pktType === PACKET_HOST ? head.subarray(at + 16, at + 20) : [127, 0, 0, 1], 4);
      data.set(head.subarray(at + 16, at + 20), 8);
      m.controlOut.push({ level: IN.SOL_IP, type: IN.IP_PKTINFO, data });
    }
    if (flags & IP_CMSG_TTL) m.controlOut.push({ level: IN.SOL_IP, type: IN.IP_TTL, data: int32(head[at + 8]!) });
    if (flags & IP_CMSG_TOS) m.controlOut.push({ level: IN.SOL_IP, type: IN.IP_TOS, data: new Uint8Array([head[at + 1]!]) });
    if (flags & IP_CMSG_ORIGDSTADDR) {
      const port = (head[skb.transportHeader + 2]! << 8) | head[skb.transportHeader + 3]!;
      m.controlOut.push({ level: IN.SOL_IP, type: IN.IP_RECVORIGDSTADDR, data: sockaddrIn(v4Of(head, at + 16), port) });
    }
    return;
  }
  if (sk.family !== AF_INET6) return;
  if (flags & IPV6_CMSG_PKTINFO) {
    const data = new Uint8Array(20);
    data.set(v4 ? v6Mapped(v4Of(head, at + 16)) : head.subarray(at + 24, at + 40));
    new DataView(data.buffer).setInt32(16, skb.dev?.index ?? 0, true);
    m.controlOut.push({ level: IN.SOL_IPV6, type: IN.IPV6_PKTINFO, data });
  }
  if (flags & IPV6_CMSG_HOPLIMIT && !v4) m.controlOut.push({ level: IN.SOL_IPV6, type: IN.IPV6_HOPLIMIT, data: int32(head[at + 7]!) });
  if (flags & IPV6_CMSG_TCLASS && !v4) {
    const tclass = ((head[at]! & 15) << 4) | (head[at + 1]! >> 4);
    m.controlOut.push({ level: IN.SOL_IPV6, type: IN.IPV6_TCLASS, data: int32(tclass) });
  }
}

const isIcmp = (origin: number): boolean => origin === IN.SO_EE_ORIGIN_ICMP || origin === IN.SO_EE_ORIGIN_ICMP6;

/** An entry of the error queue as a message: the packet's data, whom it was for, and struct sock_extended_err. @linux net/ipv4/ip_sockglue.c ip_recv_error */
export function ipRecvError(k: Kernel, sk: InetSock, m: Message): number {
  const skb = sk.errQueue.shift();
  if (!skb) return -EAGAIN;
  const e = skb.error!;
  const n = Math.min(skb.length, m.iter.count);
  if (n < skb.length) m.outFlags |= MSG_TRUNC;
  const copied = skbCopyDatagramIter(k, skb, 0, m.iter, n);
  if (copied < n) return -EFAULT;
  sockRecvTimestamp(k, sk, skb, m);
  if (m.wantsName && e.name.length > 0) m.name = e.name;
  const data = new Uint8Array(16 + e.offender.length);
  const v = new DataView(data.buffer);
  v.setUint32(0, e.errno, true);
  data[4] = e.origin;
  data[5] = e.type;
  data[6] = e.code;
  v.setUint32(8, e.info, true);
  v.setUint32(12, e.data, true);
  data.set(e.offender, 16);
  const v6 = sk.family === AF_INET6;
  m.controlOut.push({ level: v6 ? IN.SOL_IPV6 : IN.SOL_IP, type: v6 ? IN.IPV6_RECVERR : IN.IP_RECVERR, data });
  m.outFlags |= MSG_ERRQUEUE;
  // The next error becomes the pending one.
  const next = sk.errQueue[0]?.error;
  if (next && isIcmp(next.origin)) {
    sk.err = next.errno;
    skErrorReport(k, sk);
  } else if (e.origin !== IN.SO_EE_ORIGIN_ZEROCOPY) sk.err = 0;
  return copied;
}

/** Options that are on or off and only kept; the value is 0 or 1. */
const FLAGS = new Set([
  IN.IP_RECVOPTS,
  IN.IP_RETOPTS,
  IN.IP_FREEBIND,
  IN.IP_BIND_ADDRESS_NO_PORT,
  IN.IP_RECVERR_RFC4884,
  IN.IP_ROUTER_ALERT,
  IN.IP_TRANSPARENT,
]);
const CMSG_BITS: Readonly<Record<number, number>> = {
  [IN.IP_PKTINFO]: IP_CMSG_PKTINFO,
  [IN.IP_RECVTTL]: IP_CMSG_TTL,
  [IN.IP_RECVTOS]: IP_CMSG_TOS,
  [IN.IP_RECVORIGDSTADDR]: IP_CMSG_ORIGDSTADDR,
};

/** An option's number: an int, or a byte if there is no room for one. -1 on a fault is told by `bad`. */
function optionValue(k: Kernel, addr: number, length: number): number | null {
  if (length >= 4) {
    const raw = getUser32(k, addr);
    return raw < 0 ? null : raw | 0;
  }
  if (length >= 1) {
    const raw = getUser8(k, addr);
    return raw < 0 ? null : raw;
  }
  return 0;
}

/** @linux net/ipv4/ip_sockglue.c do_ip_setsockopt */
export function ipSetsockopt(k: Kernel, sock: Socket, name: number, addr: number, length: number): number {
  const sk = inetSk(sock);
  switch (name) {
    case IN.IP_ADD_MEMBERSHIP:
    case IN.IP_DROP_MEMBERSHIP:
      return mreqMembership(k, sk, name === IN.IP_ADD_MEMBERSHIP, addr, length);
    case IN.MCAST_JOIN_GROUP:
    case IN.MCAST_LEAVE_GROUP:
      return groupMembership(k, sk, name === IN.MCAST_JOIN_GROUP, addr, length);
    case IN.IP_MULTICAST_IF:
      return multicastIf(k, sk, addr, length);
    case IN.IP_OPTIONS:
      return length === 0 ? 0 : -EINVAL;
  }
  const value = optionValue(k, addr, length);
  if (value === null) return -EFAULT;
  const bit = CMSG_BITS[name];
  if (bit !== undefined) {
    sk.cmsgFlags = value ? sk.cmsgFlags | bit : sk.cmsgFlags & ~bit;
    return 0;
  }
  if (FLAGS.has(name)) {
    if (length < 1 && (name === IN.IP_FREEBIND || name === IN.IP_TRANSPARENT)) return -EINVAL;
    if (name === IN.IP_TRANSPARENT && value !== 0 && !capable(k, CAP_NET_RAW) && !capable(k, CAP_NET_ADMIN)) return -EPERM;
    if (name === IN.IP_ROUTER_ALERT) return -EINVAL;
    sk.ipOptions.set(name, value !== 0 ? 1 : 0);
    return 0;
  }
  switch (name) {
    case IN.IP_TOS:
      sk.tos = sock.type === SOCK_STREAM ? (value & ~3 & 0xff) | (sk.tos & 3) : value & 0xff;
      return 0;
    case IN.IP_TTL:
      if (length < 1) return -EINVAL;
      if (value !== -1 && (value < 1 || value > 255)) return -EINVAL;
      sk.ttl = value;
      return 0;
    case IN.IP_MULTICAST_TTL:
      if (sock.type === SOCK_STREAM || length < 1) return -EINVAL;
      if (value < -1 || value > 255) return -EINVAL;
      sk.mcTtl = value === -1 ? 1 : value;
      return 0;
    case IN.IP_MULTICAST_LOOP:
      if (length < 1) return -EINVAL;
      sk.mcLoop = value ? 1 : 0;
      return 0;
    case IN.IP_MULTICAST_ALL:
      if (length < 1 || (value !== 0 && value !== 1)) return -EINVAL;
      sk.mcAll = value;
      return 0;
    case IN.IP_HDRINCL:
      if (sock.type !== SOCK_RAW) return -ENOPROTOOPT;
      sk.hdrincl = value !== 0;
      return 0;
    case IN.IP_NODEFRAG:
      if (sock.type !== SOCK_RAW) return -ENOPROTOOPT;
      sk.ipOptions.set(name, value ? 1 : 0);
      return 0;
    case IN.IP_RECVERR:
      sk.recverr = value !== 0;
      if (!value) sk.errQueue = [];
      return 0;
    case IN.IP_MTU_DISCOVER:
      if (value < 0 || value > 5) return -EINVAL;
      sk.ipOptions.set(name, value);
      return 0;
    case IN.IP_MINTTL:
      if (length < 1 || value < 0 || value > 255) return -EINVAL;
      sk.ipOptions.set(name, value);
      return 0;
    case IN.IP_RECVFRAGSIZE:
      if (sock.type !== SOCK_RAW && sock.type !== 2) return -EINVAL;
      sk.ipOptions.set(name, value ? 1 : 0);
      return 0;
    case IN.IP_UNICAST_IF: {
      if (length !== 4) return -EINVAL;
      const index = (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
      if (index !== 0 && !devGetByIndex(k, index)) return -EADDRNOTAVAIL;
      sk.ipOptions.set(name, value);
      return 0;
    }
    case IN.IP_LOCAL_PORT_RANGE: {
      if (length !== 4) return -EINVAL;
      const lo = value & 0xffff;
      const hi = value >>> 16;
      if (lo !== 0 && hi !== 0 && lo > hi) return -EINVAL;
      sk.ipOptions.set(name, value);
      return 0;
    }
    default:
      return name === 5 || (name >= 41 && name <= 48) || (name >= 64 && name <= 65) ? -EINVAL : -ENOPROTOOPT;
  }
}

/** @linux net/ipv4/ip_sockglue.c do_ip_getsockopt */
export function ipGetsockopt(k: Kernel, sock: Socket, name: number, addr: number, lengthAddr: number): number {
  const sk = inetSk(sock);
  const raw = getUser32(k, lengthAddr);
  if (raw < 0) return -EFAULT;
  const room = raw | 0;
  if (room < 0) return -EINVAL;
  if (name === IN.IP_OPTIONS) return putUser32(k, lengthAddr, 0);
  if (name === IN.IP_MULTICAST_IF) {
    const b = sockaddrIn(sk.mcAddr, 0).subarray(4, 8);
    const n = Math.min(room, 4);
    return copyToUser(k, addr, b, 0, n) !== 0 || putUser32(k, lengthAddr, n) !== 0 ? -EFAULT : 0;
  }
  const value = ipOption(sock, sk, name);
  if (value === null) return -ENOPROTOOPT;
  if (value === NOT_CONNECTED) return -ENOTCONN;
  return putOption(k, addr, lengthAddr, room, value);
}
const NOT_CONNECTED = -1000;

/** An option's value: as a byte if there is no room for an int and it fits. */
function putOption(k: Kernel, addr: number, lengthAddr: number, room: number, value: number): number {
  if (room < 4 && room > 0 && value >= 0 && value <= 255) {
    if (putUser32(k, lengthAddr, 1) !== 0) return -EFAULT;
    return copyToUser(k, addr, new Uint8Array([value]), 0, 1) !== 0 ? -EFAULT : 0;
  }
  const n = Math.min(room, 4);
  if (putUser32(k, lengthAddr, n) !== 0) return -EFAULT;
  return copyToUser(k, addr, int32(value), 0, n) !== 0 ? -EFAULT : 0;
}

function ipOption(sock: Socket, sk: InetSock, name: number): number | null {
  const bit = CMSG_BITS[name];
  if (bit !== undefined) return sk.cmsgFlags & bit ? 1 : 0;
  switch (name) {
    case IN.IP_TOS:
      return sk.tos;
    case IN.IP_TTL:
      return sk.ttl < 0 ? 64 : sk.ttl;
    case IN.IP_MULTICAST_TTL:
      return sk.mcTtl;
    case IN.IP_MULTICAST_LOOP:
      return sk.mcLoop;
    case IN.IP_MULTICAST_ALL:
      return sk.mcAll;
    case IN.IP_HDRINCL:
      return sk.hdrincl ? 1 : 0;
    case IN.IP_RECVERR:
      return sk.recverr ? 1 : 0;
    case IN.IP_MTU_DISCOVER:
      return sk.ipOptions.get(name) ?? 1;
    case IN.IP_MTU:
      return sk.daddr === 0 && sk.dport === 0 ? NOT_CONNECTED : 65535;
    case IN.IP_PROTOCOL:
      return sock.type === SOCK_RAW ? sk.protocol : 0;
    case IN.IP_RECVOPTS:
    case IN.IP_RETOPTS:
    case IN.IP_FREEBIND:
    case IN.IP_BIND_ADDRESS_NO_PORT:
    case IN.IP_RECVERR_RFC4884:
    case IN.IP_TRANSPARENT:
    case IN.IP_MINTTL:
    case IN.IP_NODEFRAG:
    case IN.IP_RECVFRAGSIZE:
    case IN.IP_UNICAST_IF:
    case IN.IP_LOCAL_PORT_RANGE:
    case IN.IP_ROUTER_ALERT:
      return sk.ipOptions.get(name) ?? 0;
    default:
      return null;
  }
}

/** The device that a struct ip_mreqn or ip_mreq names, or null. */
function mreqDevice(k: Kernel, address: number, index: number): number | null {
  if (index !== 0) return devGetByIndex(k, index)?.index ?? null;
  if (address === 0) return null;
  for (const dev of netDevices(k).byIndex.values())
    for (const a of dev.addresses) if (a.family === AF_INET && v4Of(Uint8Array.from(a.bytes), 0) === address) return dev.index;
  return null;
}

/** IP_ADD_MEMBERSHIP and IP_DROP_MEMBERSHIP: struct ip_mreq or ip_mreqn. */
function mreqMembership(k: Kernel, sk: InetSock, join: boolean, addr: number, length: number): number {
  if (sk.type === SOCK_STREAM) return -EPROTO;
  if (length < 8) return -EINVAL;
  const b = new Uint8Array(12);
  if (copyFromUser(k, addr, b, 0, length >= 12 ? 12 : 8) !== 0) return -EFAULT;
  return membership(k, sk, join, b.slice(0, 4), v4Of(b, 4), new DataView(b.buffer).getInt32(8, true));
}

/** The same by struct group_req. @linux net/ipv4/ip_sockglue.c do_mcast_group_source, ip_mcast_join_leave */
function groupMembership(k: Kernel, sk: InetSock, join: boolean, addr: number, length: number): number {
  if (length < IN.GROUP_REQ_SIZE) return -EINVAL;
  const b = new Uint8Array(IN.GROUP_REQ_SIZE);
  if (copyFromUser(k, addr, b, 0, b.length) !== 0) return -EFAULT;
  const view = new DataView(b.buffer);
  if (view.getUint16(IN.GROUP_REQ_GROUP, true) !== AF_INET) return -EINVAL;
  return membership(k, sk, join, b.slice(IN.GROUP_REQ_GROUP + 4, IN.GROUP_REQ_GROUP + 8), 0, view.getInt32(0, true));
}

/** `named`: an address of the device, or 0. @linux net/ipv4/igmp.c ip_mc_join_group, ip_mc_leave_group */
function membership(k: Kernel, sk: InetSock, join: boolean, g: Uint8Array, named: number, index: number): number {
  const group = v4Of(g, 0);
  if (!isMulticast(group)) return join ? -EINVAL : -EADDRNOTAVAIL;
  const device = mreqDevice(k, named, index);
  const at = sk.memberships.findIndex(
    (m) => m.group.length === 4 && v4Of(m.group, 0) === group && ((index === 0 && named === 0) || m.ifindex === device),
  );
  if (join) {
    if (device === null) return -ENODEV;
    if (at >= 0) return -EADDRINUSE;
    if (sk.memberships.length >= MAX_MEMBERSHIPS) return -ENOBUFS;
    sk.memberships.push(new Membership(g, device));
    return 0;
  }
  if (at < 0) return index !== 0 && device === null ? -ENODEV : -EADDRNOTAVAIL;
  sk.memberships.splice(at, 1);
  return 0;
}
/** net.ipv4.igmp_max_memberships */
const MAX_MEMBERSHIPS = 20;
const ENOBUFS = 105;

function multicastIf(k: Kernel, sk: InetSock, addr: number, length: number): number {
  if (sk.type === SOCK_STREAM) return -EINVAL;
  if (length < 4) return -EINVAL;
  const b = new Uint8Array(12);
  if (copyFromUser(k, addr, b, 0, length >= 12 ? 12 : length >= 8 ? 8 : 4) !== 0) return -EFAULT;
  const address = length >= 8 ? v4Of(b, 4) : v4Of(b, 0);
  const index = new DataView(b.buffer).getInt32(8, true);
  if (index === 0 && address === 0) {
    sk.mcIndex = 0;
    sk.mcAddr = 0;
    return 0;
  }
  const device = mreqDevice(k, address, index);
  if (device === null) return -EADDRNOTAVAIL;
  sk.mcIndex = device;
  sk.mcAddr = address;
  return 0;
}

/** Has the socket joined the group a packet is for? @linux net/ipv4/igmp.c ip_mc_sf_allow */
export function mcAllowed(sk: InetSock, group: Uint8Array, ifindex: number): boolean {
  for (const m of sk.memberships) {
    if (m.group.length !== group.length || m.ifindex !== ifindex) continue;
    if (group.length === 4 ? v4Of(m.group, 0) === v4Of(group, 0) : v6Equal(m.group, group)) return true;
  }
  return false;
}
