import type { Kernel } from "../../kernel.ts";
import { EINVAL } from "../../uapi/errno.ts";
import {
  IFF_LOOPBACK,
  NLM_F_MULTI,
  NLMSG_HDRLEN,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from "../../uapi/netlink.ts";
import { AF_INET, AF_UNSPEC } from "../../uapi/socket.ts";
import { netDevices, v4Number } from "../core/dev.ts";
import { attributes, MessageWriter, type Request } from "../netlink/message.ts";
import { NUD_FAILED, NUD_INCOMPLETE, neighbourState, neighbours } from "./arp.ts";
import { ipRouteOutput, nextHop, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, route } from "./route.ts";

/** sizeof(struct rtmsg) */
const RTMSG = 12;
const RTM_F_CLONED = 0x200;
const RTCF_BROADCAST = 0x10000000;
const RTCF_MULTICAST = 0x20000000;
const RTCF_LOCAL = 0x80000000;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_CACHEINFO = 12;
const RTA_UID = 25;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_CACHEINFO = 3;
const NDA_PROBES = 4;
const RTPROT_BOOT = 3;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const RTA_PREF = 20;
const ICMPV6_ROUTER_PREF_MEDIUM = 0;
const RTPROT_KERNEL = 2;
const RT_TABLE_DEFAULT = 253;
const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;
const FRA_PRIORITY = 6;
const FRA_SUPPRESS_PREFIXLEN = 14;
const FRA_TABLE = 15;
const FRA_PROTOCOL = 21;
const FR_ACT_TO_TBL = 1;
const NO_LIMIT = 0xffffffff;

/** The first or last address of a prefix. */
export function prefixEnd(bytes: readonly number[], length: number, ones: boolean): number[] {
  return bytes.map((b, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff;
    return ones ? b | (~mask & 0xff) : b & mask;
  });
}

/** The routes that a device's addresses bring with them. @linux net/ipv4/fib_frontend.c inet_dump_fib */
export function fibDump(k: Kernel, request: Request, family: number): Uint8Array[] {
  const main: Uint8Array[] = [];
  const local: { to: readonly number[]; message: Uint8Array }[] = [];
  for (const dev of netDevices(k).byIndex.values()) {
    if (family === AF_INET && dev.gateway !== 0) {
      const w = new MessageWriter(RTM_NEWROUTE, NLM_F_MULTI, request.seq, request.portid);
      w.put8(family, 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST).put32(0);
      w.attribute32(RTA_TABLE, RT_TABLE_MAIN).attribute(RTA_GATEWAY, v4Bytes(dev.gateway));
      main.push(w.attribute32(RTA_OIF, dev.index).finish());
    }
    for (const { bytes, prefixLength, family: own } of dev.addresses) {
      if (own !== family) continue;
      const route = (type: number, scope: number, to: readonly number[], length: number, table = RT_TABLE_LOCAL): void => {
        const w = new MessageWriter(RTM_NEWROUTE, NLM_F_MULTI, request.seq, request.portid);
        w.put8(family, length, 0, 0, table, RTPROT_KERNEL, scope, type).put32(0);
        w.attribute32(RTA_TABLE, table).attribute(RTA_DST, to);
        if (family === AF_INET) w.attribute(RTA_PREFSRC, bytes);
        else w.attribute32(RTA_PRIORITY, 0).attribute8(RTA_PREF, ICMPV6_ROUTER_PREF_MEDIUM);
        const message = w.attribute32(RTA_OIF, dev.index).finish();
        if (table === RT_TABLE_MAIN) main.push(message);
        else local.push({ to, message });
      };
      const width = 8 * bytes.length;
      if (family === AF_INET) {
        const network = prefixEnd(bytes, prefixLength, false);
        if (dev.flags & IFF_LOOPBACK) route(RTN_LOCAL, RT_SCOPE_HOST, network, prefixLength);
        else route(RTN_UNICAST, RT_SCOPE_LINK, network, prefixLength, RT_TABLE_MAIN);
        route(RTN_LOCAL, RT_SCOPE_HOST, bytes, width);
        route(RTN_BROADCAST, RT_SCOPE_LINK, prefixEnd(bytes, prefixLength, true), width);
      } else route(RTN_LOCAL, RT_SCOPE_UNIVERSE, bytes, width);
    }
  }
  // A table is a trie: by address, shorter prefixes first.
  if (family === AF_INET) local.sort((a, b) => v4Number(a.to) - v4Number(b.to));
  return [...main, ...local.map((l) => l.message)];
}

const v4Bytes = (v: number): number[] => [v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255];

/** The route to one address (RTM_GETROUTE without NLM_F_DUMP), or -errno. @linux net/ipv4/route.c inet_rtm_getroute */
export function inetRtmGetroute(k: Kernel, request: Request): Uint8Array | number {
  const asked = attributes(request, NLMSG_HDRLEN + RTMSG);
  const dst = asked.get(RTA_DST);
  const src = asked.get(RTA_SRC);
  const oif = asked.get(RTA_OIF);
  if ((dst && dst.length < 4) || (src && src.length < 4) || (oif && oif.length < 4)) return -EINVAL;
  const r = ipRouteOutput(k, dst ? v4Number([...dst]) : 0, src ? v4Number([...src]) : 0, oif ? oif[0]! | (oif[1]! << 8) : 0);
  if (r < 0) return r;
  const dev = route.dev!;
  const w = new MessageWriter(RTM_NEWROUTE, 0, request.seq, request.portid);
  const flags = route.type === RTN_BROADCAST ? RTCF_BROADCAST | RTCF_LOCAL : route.type === RTN_MULTICAST ? RTCF_MULTICAST : 0;
  const lo = dev.flags & IFF_LOOPBACK ? RTCF_LOCAL : 0;
  w.put8(AF_INET, 32, src ? 32 : 0, 0, RT_TABLE_MAIN, 0, 0, route.type).put32(RTM_F_CLONED | flags | lo);
  w.attribute32(RTA_TABLE, RT_TABLE_MAIN).attribute(RTA_DST, v4Bytes(route.daddr));
  if (src) w.attribute(RTA_SRC, v4Bytes(route.saddr));
  w.attribute32(RTA_OIF, dev.index);
  if (!src) w.attribute(RTA_PREFSRC, v4Bytes(route.saddr));
  const next = nextHop(dev, route.daddr);
  if (next !== route.daddr) w.attribute(RTA_GATEWAY, v4Bytes(next));
  return w.attribute32(RTA_UID, k.current.cred.euid).attribute(RTA_CACHEINFO, new Uint8Array(32)).finish();
}

/** The neighbour table. @linux net/core/neighbour.c neigh_fill_info */
export function neighDump(k: Kernel, request: Request, family: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  if (family !== AF_UNSPEC && family !== AF_INET) return out;
  const now = k.time.now();
  const clock = (t: number): number => Math.max(0, Math.floor((now - t) / 1e7));
  for (const n of neighbours(k).values()) {
    const w = new MessageWriter(RTM_NEWNEIGH, NLM_F_MULTI, request.seq, request.portid);
    w.put8(AF_INET, 0, 0, 0).put32(n.dev.index).put8(neighbourState(k, n), 0, 0, RTN_UNICAST);
    w.attribute(NDA_DST, v4Bytes(n.address));
    if (n.mac && n.state !== NUD_FAILED && n.state !== NUD_INCOMPLETE) w.attribute(NDA_LLADDR, n.mac);
    w.attribute32(NDA_PROBES, n.probes);
    const info = new DataView(new ArrayBuffer(16));
    [n.confirmed, n.used, n.updated].forEach((t, i) => {
      info.setUint32(4 * i, clock(t), true);
    });
    info.setUint32(12, 1, true);
    out.push(w.attribute(NDA_CACHEINFO, new Uint8Array(info.buffer)).finish());
  }
  return out;
}

/** The rules every machine begins with. @linux net/core/fib_rules.c fib_nl_dumprule */
export function fibRulesDump(_k: Kernel, request: Request, family: number): Uint8Array[] {
  const rules: [priority: number, table: number][] = [
    [0, RT_TABLE_LOCAL],
    [32766, RT_TABLE_MAIN],
  ];
  if (family === AF_INET) rules.push([32767, RT_TABLE_DEFAULT]);
  return rules.map(([priority, table]) => {
    const w = new MessageWriter(RTM_NEWRULE, NLM_F_MULTI, request.seq, request.portid);
    w.put8(family, 0, 0, 0, table, 0, 0, FR_ACT_TO_TBL).put32(0);
    w.attribute32(FRA_TABLE, table).attribute32(FRA_SUPPRESS_PREFIXLEN, NO_LIMIT).attribute8(FRA_PROTOCOL, RTPROT_KERNEL);
    if (priority !== 0) w.attribute32(FRA_PRIORITY, priority);
    return w.finish();
  });
}
