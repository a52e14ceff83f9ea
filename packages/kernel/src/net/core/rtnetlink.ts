import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import { CAP_NET_ADMIN } from "../../uapi/capability.ts";
import { EINVAL, ENETUNREACH, ENODEV, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import {
  IFF_LOOPBACK,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLMSG_HDRLEN,
  RTM_BASE,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETNEIGH,
  RTM_GETROUTE,
  RTM_GETRULE,
  RTM_MAX,
  RTM_NEWLINK,
} from "../../uapi/netlink.ts";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../../uapi/socket.ts";
import { inetFillIfaddr } from "../ipv4/devinet.ts";
import { fibDump, fibRulesDump, inetRtmGetroute, neighDump } from "../ipv4/fib.ts";
import { attributes, MessageWriter, type Request } from "../netlink/message.ts";
import { devGetByIndex, devGetByName, type NetDevice, netDevices } from "./dev.ts";

const IFLA_ADDRESS = 1;
const IFLA_BROADCAST = 2;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_QDISC = 6;
const IFLA_STATS = 7;
const IFLA_TXQLEN = 13;
const IFLA_MAP = 14;
const IFLA_OPERSTATE = 16;
const IFLA_LINKMODE = 17;
const IFLA_STATS64 = 23;
const IFLA_GROUP = 27;
const IFLA_PROMISCUITY = 30;
const IFLA_NUM_TX_QUEUES = 31;
const IFLA_NUM_RX_QUEUES = 32;
const IFLA_CARRIER = 33;
const IFLA_CARRIER_CHANGES = 35;
const IFLA_GSO_MAX_SEGS = 40;
const IFLA_GSO_MAX_SIZE = 41;
/** sizeof(struct ifinfomsg) */
const IFINFOMSG = 16;
const GSO_MAX = 65536;
const IF_OPER_UNKNOWN = 0;
const IF_OPER_UP = 6;

/** struct rtnl_link_stats (width 4, 24 counters) or rtnl_link_stats64 (width 8, 25 counters). */
function statistics(dev: NetDevice, width: number, count: number): Uint8Array {
  const bytes = new Uint8Array(width * count);
  const v = new DataView(bytes.buffer);
  const { rxPackets, txPackets, rxBytes, txBytes, rxErrors, txErrors, rxDropped, multicast } = dev;
  [rxPackets, txPackets, rxBytes, txBytes, rxErrors, txErrors, rxDropped, 0, multicast].forEach((n, i) => {
    v.setUint32(i * width, n >>> 0, true);
    if (width === 8) v.setUint32(i * width + 4, Math.floor(n / 4294967296), true);
  });
  return bytes;
}

/** @linux net/core/rtnetlink.c rtnl_fill_ifinfo */
function fillIfinfo(dev: NetDevice, request: Request, flags: number): Uint8Array {
  const w = new MessageWriter(RTM_NEWLINK, flags, request.seq, request.portid);
  w.put16(0, dev.type).put32(dev.index, dev.flags, 0);
  w.attributeString(IFLA_IFNAME, dev.name).attribute32(IFLA_TXQLEN, dev.txQueueLength);
  const lo = (dev.flags & IFF_LOOPBACK) !== 0;
  w.attribute8(IFLA_OPERSTATE, lo ? IF_OPER_UNKNOWN : IF_OPER_UP).attribute8(IFLA_LINKMODE, 0);
  w.attribute32(IFLA_MTU, dev.mtu).attribute32(IFLA_GROUP, 0).attribute32(IFLA_PROMISCUITY, 0);
  w.attribute32(IFLA_NUM_TX_QUEUES, 1).attribute32(IFLA_GSO_MAX_SEGS, 65535).attribute32(IFLA_GSO_MAX_SIZE, GSO_MAX);
  w.attribute32(IFLA_NUM_RX_QUEUES, 1)
    .attribute8(IFLA_CARRIER, 1)
    .attributeString(IFLA_QDISC, lo ? "noqueue" : "pfifo_fast");
  w.attribute32(IFLA_CARRIER_CHANGES, 0).attribute(IFLA_MAP, new Uint8Array(32));
  w.attribute(IFLA_ADDRESS, dev.hardwareAddress).attribute(IFLA_BROADCAST, dev.broadcast);
  w.attribute(IFLA_STATS64, statistics(dev, 8, 25)).attribute(IFLA_STATS, statistics(dev, 4, 24));
  return w.finish();
}

/** One device, by index or name. @linux net/core/rtnetlink.c rtnl_getlink */
function getLink(k: Kernel, request: Request): Uint8Array | number {
  if (request.length < NLMSG_HDRLEN + IFINFOMSG) return -EINVAL;
  const index = request.view.getInt32(NLMSG_HDRLEN + 4, true);
  if (index < 0) return -EINVAL;
  const name = attributes(request, NLMSG_HDRLEN + IFINFOMSG).get(IFLA_IFNAME);
  if (index === 0 && !name) return -EINVAL;
  const dev = index > 0 ? devGetByIndex(k, index) : devGetByName(k, String.fromCharCode(...name!).replace(/\0.*$/s, ""));
  return dev ? fillIfinfo(dev, request, 0) : -ENODEV;
}

/** The messages of a dump, or -EOPNOTSUPP if nothing of that kind is listed. */
function dump(k: Kernel, request: Request, family: number): Uint8Array[] | number {
  const out: Uint8Array[] = [];
  switch (request.type) {
    case RTM_GETLINK:
      for (const dev of netDevices(k).byIndex.values()) out.push(fillIfinfo(dev, request, NLM_F_MULTI));
      return out;
    case RTM_GETADDR:
      for (const dev of netDevices(k).byIndex.values())
        for (const address of dev.addresses)
          if (family === AF_UNSPEC || family === address.family) out.push(inetFillIfaddr(dev, address, request));
      // As the kernel asks one family after the other.
      return out.sort((a, b) => a[NLMSG_HDRLEN]! - b[NLMSG_HDRLEN]!);
    case RTM_GETROUTE:
    case RTM_GETRULE: {
      const list = request.type === RTM_GETROUTE ? fibDump : fibRulesDump;
      for (const one of [AF_INET, AF_INET6]) if (family === AF_UNSPEC || family === one) out.push(...list(k, request, one));
      return out;
    }
    case RTM_GETNEIGH:
      return neighDump(k, request, family);
    default:
      return -EOPNOTSUPP;
  }
}

/**
 * Answers one request: a message, a list of them (a dump), 0, or -errno. The devices, addresses and routes of the
 * machine are fixed, so whoever may change them learns -EOPNOTSUPP.
 * @linux net/core/rtnetlink.c rtnetlink_rcv_msg
 */
export function rtnetlinkReceive(k: Kernel, request: Request): Uint8Array | Uint8Array[] | number {
  if (request.type > RTM_MAX) return -EOPNOTSUPP;
  if (request.length < NLMSG_HDRLEN + 1) return 0;
  const isGet = ((request.type - RTM_BASE) & 3) === 2;
  if (!isGet && !capable(k, CAP_NET_ADMIN)) return -EPERM;
  if (!isGet) return -EOPNOTSUPP;
  if (request.flags & NLM_F_DUMP) return dump(k, request, request.bytes[NLMSG_HDRLEN]!);
  if (request.type === RTM_GETLINK) return getLink(k, request);
  if (request.type === RTM_GETROUTE) return request.bytes[NLMSG_HDRLEN] === AF_INET ? inetRtmGetroute(k, request) : -ENETUNREACH;
  return -EOPNOTSUPP;
}
