import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, putUser32 } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, ENOPROTOOPT, EPERM } from "../../uapi/errno.ts";
import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_BROADCAST_ERROR,
  NETLINK_CAP_ACK,
  NETLINK_DROP_MEMBERSHIP,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_LIST_MEMBERSHIPS,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
  SOL_NETLINK,
} from "../../uapi/netlink.ts";
import type { Socket } from "../socket.ts";
import { nlkSk } from "./sock.ts";

const SWITCHES = new Set([
  NETLINK_PKTINFO,
  NETLINK_BROADCAST_ERROR,
  NETLINK_NO_ENOBUFS,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
]);
/** Groups of NETLINK_ROUTE (RTNLGRP_MAX); a kernel socket has at least 32. */
export const groupCount = (protocol: number): number => (protocol === 0 ? 36 : 32);

/** @linux net/netlink/af_netlink.c netlink_setsockopt */
export function netlinkSetsockopt(k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number {
  if (level !== SOL_NETLINK) return -ENOPROTOOPT;
  const sk = nlkSk(sock);
  let value = 0;
  if (length >= 4) {
    value = getUser32(k, addr);
    if (value < 0) return -EFAULT;
  }
  if (name === NETLINK_ADD_MEMBERSHIP || name === NETLINK_DROP_MEMBERSHIP) {
    if (value === 0 || value > groupCount(sk.protocol)) return -EINVAL;
    if (name === NETLINK_ADD_MEMBERSHIP) sk.groups.add(value);
    else sk.groups.delete(value);
    return 0;
  }
  if (!SWITCHES.has(name)) return -ENOPROTOOPT;
  if (name === NETLINK_LISTEN_ALL_NSID && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  if (value) sk.settings.add(name);
  else sk.settings.delete(name);
  return 0;
}

/** @linux net/netlink/af_netlink.c netlink_getsockopt */
export function netlinkGetsockopt(k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number {
  if (level !== SOL_NETLINK) return -ENOPROTOOPT;
  const raw = getUser32(k, lengthAddr);
  if (raw < 0) return -EFAULT;
  const room = raw | 0;
  if (room < 0) return -EINVAL;
  const sk = nlkSk(sock);
  if (name === NETLINK_LIST_MEMBERSHIPS) {
    const words = Math.ceil(groupCount(sk.protocol) / 32);
    for (let i = 0; i < words && 4 * (i + 1) <= room; i++) {
      let mask = 0;
      for (const group of sk.groups) if ((group - 1) >>> 5 === i) mask |= 1 << ((group - 1) & 31);
      if (putUser32(k, addr + 4 * i, mask >>> 0) !== 0) return -EFAULT;
    }
    return putUser32(k, lengthAddr, 4 * words);
  }
  if (!SWITCHES.has(name)) return -ENOPROTOOPT;
  if (room < 4) return -EINVAL;
  const r = putUser32(k, lengthAddr, 4);
  return r !== 0 ? r : putUser32(k, addr, sk.settings.has(name) ? 1 : 0);
}
