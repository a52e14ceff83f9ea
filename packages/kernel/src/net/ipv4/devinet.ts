import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EADDRNOTAVAIL, EFAULT, ENODEV, ENOTTY, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import { IFF_BROADCAST, IFF_LOOPBACK, NLM_F_MULTI, RTM_NEWADDR } from "../../uapi/netlink.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { devGetByName, type InterfaceAddress, type NetDevice } from "../core/dev.ts";
import { ifreqName } from "../core/devIoctl.ts";
import { MessageWriter, type Request } from "../netlink/message.ts";
import { prefixEnd } from "./fib.ts";

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_BROADCAST = 4;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_PERMANENT = 0x80;
/** IFAPROT_KERNEL_LO: the kernel gave the address to the loopback device. */
const IFAPROT_KERNEL_LO = 1;

/** An address of a device, of either family. @linux net/ipv4/devinet.c inet_fill_ifaddr */
export function inetFillIfaddr(dev: NetDevice, address: InterfaceAddress, request: Request): Uint8Array {
  const w = new MessageWriter(RTM_NEWADDR, NLM_F_MULTI, request.seq, request.portid);
  w.put8(address.family, address.prefixLength, IFA_F_PERMANENT, address.scope).put32(dev.index);
  w.attribute(IFA_ADDRESS, address.bytes);
  if (address.family === AF_INET) {
    w.attribute(IFA_LOCAL, address.bytes);
    if (dev.flags & IFF_BROADCAST) w.attribute(IFA_BROADCAST, prefixEnd(address.bytes, address.prefixLength, true));
    w.attributeString(IFA_LABEL, dev.name);
  }
  w.attribute32(IFA_FLAGS, IFA_F_PERMANENT);
  // Valid and preferred for ever, made and changed at boot.
  w.attribute(IFA_CACHEINFO, [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (dev.flags & IFF_LOOPBACK) w.attribute8(IFA_PROTO, IFAPROT_KERNEL_LO);
  return w.finish();
}

const SIOCGIFADDR = 0x8915;
const SIOCGIFDSTADDR = 0x8917;
const SIOCGIFBRDADDR = 0x8919;
const SIOCGIFNETMASK = 0x891b;
/** What sets an address, or one of those that hang on it. */
const SETTERS = new Set([0x8916, 0x8918, 0x891a, 0x891c]);
const IFNAMSIZ = 16;
/** sizeof(struct ifreq) */
const IFREQ = 40;

/** The address that a command asks for; null if the command is none of these. */
function addressOf(dev: NetDevice, address: InterfaceAddress, cmd: number): number[] | null {
  switch (cmd) {
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
      return address.bytes;
    case SIOCGIFBRDADDR:
      return dev.flags & IFF_BROADCAST ? prefixEnd(address.bytes, address.prefixLength, true) : [0, 0, 0, 0];
    case SIOCGIFNETMASK:
      return prefixEnd([255, 255, 255, 255], address.prefixLength, false);
  }
  return null;
}

/**
 * The IPv4 addresses of a device, for sockets of AF_INET: 0, -ENODEV, -EADDRNOTAVAIL, -EFAULT; -ENOTTY for another command.
 * They cannot be changed: -EPERM without CAP_NET_ADMIN, else -EOPNOTSUPP.
 * @linux net/ipv4/devinet.c devinet_ioctl
 */
export function devinetIoctl(k: Kernel, cmd: number, arg: number): number {
  const setter = SETTERS.has(cmd);
  if (!setter && (cmd < SIOCGIFADDR || cmd > SIOCGIFNETMASK || (cmd & 1) === 0)) return -ENOTTY;
  const ifreq = new Uint8Array(IFREQ);
  if (copyFromUser(k, arg, ifreq, 0, IFREQ) !== 0) return -EFAULT;
  if (setter && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  const dev = devGetByName(k, ifreqName(ifreq));
  if (!dev) return -ENODEV;
  if (setter) return -EOPNOTSUPP;
  const address = dev.addresses.find((a) => a.family === AF_INET);
  if (!address) return -EADDRNOTAVAIL;
  ifreq.fill(0, IFNAMSIZ, IFNAMSIZ + 16);
  ifreq[IFNAMSIZ] = AF_INET;
  ifreq.set(addressOf(dev, address, cmd) ?? [], IFNAMSIZ + 4);
  return copyToUser(k, arg, ifreq, 0, IFREQ) !== 0 ? -EFAULT : 0;
}
