import type { Kernel } from "../../kernel.ts";
import { NLM_F_MULTI, RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RTM_NEWROUTE, RTM_NEWRULE } from "../../uapi/netlink.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { netDevices } from "../core/dev.ts";
import { MessageWriter, type Request } from "../netlink/message.ts";

const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const RTA_PREF = 20;
const ICMPV6_ROUTER_PREF_MEDIUM = 0;
const RTN_LOCAL = 2;
const RTN_BROADCAST = 3;
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
function prefixEnd(bytes: readonly number[], length: number, ones: boolean): number[] {
  return bytes.map((b, i) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, length - 8 * i))) & 0xff;
    return ones ? b | (~mask & 0xff) : b & mask;
  });
}

/** The routes that a device's addresses bring with them. @linux net/ipv4/fib_frontend.c inet_dump_fib */
export function fibDump(k: Kernel, request: Request, family: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const dev of netDevices(k).byIndex.values()) {
    for (const { bytes, prefixLength, family: own } of dev.addresses) {
      if (own !== family) continue;
      const route = (type: number, scope: number, to: readonly number[], length: number): void => {
        const w = new MessageWriter(RTM_NEWROUTE, NLM_F_MULTI, request.seq, request.portid);
        w.put8(family, length, 0, 0, RT_TABLE_LOCAL, RTPROT_KERNEL, scope, type).put32(0);
        w.attribute32(RTA_TABLE, RT_TABLE_LOCAL).attribute(RTA_DST, to);
        if (family === AF_INET) w.attribute(RTA_PREFSRC, bytes);
        else w.attribute32(RTA_PRIORITY, 0).attribute8(RTA_PREF, ICMPV6_ROUTER_PREF_MEDIUM);
        out.push(w.attribute32(RTA_OIF, dev.index).finish());
      };
      const width = 8 * bytes.length;
      if (family === AF_INET) {
        route(RTN_LOCAL, RT_SCOPE_HOST, prefixEnd(bytes, prefixLength, false), prefixLength);
        route(RTN_LOCAL, RT_SCOPE_HOST, bytes, width);
        route(RTN_BROADCAST, RT_SCOPE_LINK, prefixEnd(bytes, prefixLength, true), width);
      } else route(RTN_LOCAL, RT_SCOPE_UNIVERSE, bytes, width);
    }
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
