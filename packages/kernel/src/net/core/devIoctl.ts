import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, ENODEV, ENOTTY, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { devGetByIndex, devGetByName, type NetDevice, netDevices } from "./dev.ts";

const SIOCGIFNAME = 0x8910;
const SIOCGIFCONF = 0x8912;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFMETRIC = 0x891d;
const SIOCGIFMTU = 0x8921;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const SIOCGIFTXQLEN = 0x8942;
const SIOCGIFMAP = 0x8970;
/** What changes a device: flags, metric, MTU, hardware address, queue length, name, map. */
const SETTERS = new Set([0x8914, 0x891e, 0x8922, 0x8923, 0x8924, 0x8937, 0x8943, 0x8971]);
const GETTERS = new Set([SIOCGIFFLAGS, SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN, SIOCGIFMAP]);

const IFNAMSIZ = 16;
/** sizeof(struct ifreq) */
const IFREQ = 40;

/** The interfaces' IPv4 addresses as an array of struct ifreq. @linux net/core/dev_ioctl.c dev_ifconf */
function devIfconf(k: Kernel, arg: number): number {
  const head = new Uint8Array(16);
  if (copyFromUser(k, arg, head, 0, 16) !== 0) return -EFAULT;
  const v = new DataView(head.buffer);
  const room = v.getInt32(0, true);
  const to = v.getUint32(12, true) * 4294967296 + v.getUint32(8, true);
  let used = 0;
  for (const dev of netDevices(k).byIndex.values()) {
    for (const address of dev.addresses) {
      if (address.family !== AF_INET) continue;
      if (to !== 0) {
        if (room - used < IFREQ) break;
        const one = new Uint8Array(IFREQ);
        writeName(one, dev);
        one[IFNAMSIZ] = AF_INET;
        one.set(address.bytes, IFNAMSIZ + 4);
        if (copyToUser(k, to + used, one, 0, IFREQ) !== 0) return -EFAULT;
      }
      used += IFREQ;
    }
  }
  v.setInt32(0, used, true);
  return copyToUser(k, arg, head, 0, 4) !== 0 ? -EFAULT : 0;
}

function writeName(ifreq: Uint8Array, dev: NetDevice): void {
  ifreq.fill(0, 0, IFNAMSIZ);
  for (let i = 0; i < dev.name.length; i++) ifreq[i] = dev.name.charCodeAt(i);
}

/** The device that a struct ifreq names. */
export function ifreqName(ifreq: Uint8Array): string {
  let name = "";
  for (let i = 0; i < IFNAMSIZ - 1 && ifreq[i] !== 0; i++) name += String.fromCharCode(ifreq[i]!);
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(0, colon);
}

/** Fills the answer to a question about one device. @linux net/core/dev_ioctl.c dev_ifsioc_locked */
function answer(dev: NetDevice, cmd: number, ifreq: Uint8Array): void {
  const v = new DataView(ifreq.buffer);
  switch (cmd) {
    case SIOCGIFFLAGS:
      v.setUint16(IFNAMSIZ, dev.flags & 0xffff, true);
      break;
    case SIOCGIFMETRIC:
      v.setInt32(IFNAMSIZ, 0, true);
      break;
    case SIOCGIFMTU:
      v.setInt32(IFNAMSIZ, dev.mtu, true);
      break;
    case SIOCGIFHWADDR:
      v.setUint16(IFNAMSIZ, dev.type, true);
      ifreq.fill(0, IFNAMSIZ + 2, IFNAMSIZ + 16);
      ifreq.set(dev.hardwareAddress, IFNAMSIZ + 2);
      break;
    case SIOCGIFINDEX:
      v.setInt32(IFNAMSIZ, dev.index, true);
      break;
    case SIOCGIFTXQLEN:
      v.setInt32(IFNAMSIZ, dev.txQueueLength, true);
      break;
    case SIOCGIFMAP:
      ifreq.fill(0, IFNAMSIZ, IFREQ);
  }
}

/**
 * What every socket answers about devices, whatever its family: 0, -ENODEV, -EFAULT; -ENOTTY for a command that is none.
 * Nothing about a device can be changed: -EPERM without CAP_NET_ADMIN, else -EOPNOTSUPP.
 * @linux net/core/dev_ioctl.c dev_ioctl
 */
export function devIoctl(k: Kernel, cmd: number, arg: number): number {
  if (cmd === SIOCGIFCONF) return devIfconf(k, arg);
  const setter = SETTERS.has(cmd);
  if (!setter && cmd !== SIOCGIFNAME && !GETTERS.has(cmd)) return -ENOTTY;
  const ifreq = new Uint8Array(IFREQ);
  if (copyFromUser(k, arg, ifreq, 0, IFREQ) !== 0) return -EFAULT;
  if (setter && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  if (cmd === SIOCGIFNAME) {
    const dev = devGetByIndex(k, new DataView(ifreq.buffer).getInt32(IFNAMSIZ, true));
    if (!dev) return -ENODEV;
    writeName(ifreq, dev);
  } else {
    const name = ifreqName(ifreq);
    const dev = devGetByName(k, name);
    if (!dev) return -ENODEV;
    if (setter) return -EOPNOTSUPP;
    answer(dev, cmd, ifreq);
  }
  return copyToUser(k, arg, ifreq, 0, IFREQ) !== 0 ? -EFAULT : 0;
}
