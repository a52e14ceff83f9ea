import type { Kernel } from "../../kernel.ts";
import { netDevices, v4Number } from "../../net/core/dev.ts";
import { net } from "../../net/core/netNamespace.ts";
import { NUD_FAILED, neighbours } from "../../net/ipv4/arp.ts";
import { datagramTable, netstatTable, RAW_HEAD, snmpTable, sockstatTable, tcpTable, UDP_HEAD } from "../../net/ipv4/procNet.ts";
import { netlinkTableText } from "../../net/netlink/sock.ts";
import { unixTable } from "../../net/unix/proc.ts";
import { IFF_LOOPBACK } from "../../uapi/netlink.ts";
import { AF_INET } from "../../uapi/socket.ts";
import { type ProcEntry, procTask, text } from "./entry.ts";

/** A line as seq_file pads it. */
function padded(line: string, width: number): string {
  return `${line.padEnd(width)}\n`;
}

/** /proc/net/dev. @linux net/core/net-procfs.c dev_seq_show */
function devTable(k: Kernel): string {
  let out =
    "Inter-|   Receive                                                |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";
  const n = (value: number, width: number): string => String(value).padStart(width);
  for (const d of netDevices(k).byIndex.values())
    out += `${d.name.padStart(6)}: ${n(d.rxBytes, 7)} ${n(d.rxPackets, 7)} ${n(d.rxErrors, 4)} ${n(d.rxDropped, 4)}    0     0          0 ${n(d.multicast, 9)} ${n(d.txBytes, 8)} ${n(d.txPackets, 7)} ${n(d.txErrors, 4)}    0    0     0       0          0\n`;
  return out;
}

/** A number as the machine's word for its bytes in network order reads. */
function word(v4: number): string {
  const swapped = ((v4 << 24) | ((v4 & 0xff00) << 8) | ((v4 >>> 8) & 0xff00) | (v4 >>> 24)) >>> 0;
  return swapped.toString(16).toUpperCase().padStart(8, "0");
}
const dotted = (v4: number): string => [v4 >>> 24, (v4 >>> 16) & 255, (v4 >>> 8) & 255, v4 & 255].join(".");

/** /proc/net/route: the main table. @linux net/ipv4/fib_trie.c fib_route_seq_show */
function routeTable(k: Kernel): string {
  let out = padded("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 127);
  const line = (dev: string, to: number, gateway: number, flags: string, mask: number): string =>
    padded(`${dev}\t${word(to)}\t${word(gateway)}\t${flags}\t0\t0\t0\t${word(mask)}\t0\t0\t0`, 127);
  for (const d of netDevices(k).byIndex.values()) {
    if (d.flags & IFF_LOOPBACK) continue;
    if (d.gateway !== 0) out += line(d.name, 0, d.gateway, "0003", 0);
    for (const a of d.addresses) {
      if (a.family !== AF_INET) continue;
      const mask = a.prefixLength === 0 ? 0 : (0xffffffff << (32 - a.prefixLength)) >>> 0;
      out += line(d.name, (v4Number(a.bytes) & mask) >>> 0, 0, "0001", mask);
    }
  }
  return out;
}

/** /proc/net/arp. @linux net/ipv4/arp.c arp_format_neigh_entry */
function arpTable(k: Kernel): string {
  let out = "IP address       HW type     Flags       HW address            Mask     Device\n";
  for (const n of neighbours(k).values()) {
    const known = n.mac !== null && n.state !== NUD_FAILED;
    const mac = known ? Array.from(n.mac!, (b) => b.toString(16).padStart(2, "0")).join(":") : "00:00:00:00:00:00";
    out += `${dotted(n.address).padEnd(16)} 0x1         0x${known ? 2 : 0}         ${mac.padEnd(17)}     *        ${n.dev.name}\n`;
  }
  return out;
}

const live = (show: (k: Kernel) => string): ProcEntry => ({ mode: 0o444, show });

/** The network. */
procTask({
  "net/dev": live(devTable),
  "net/route": live(routeTable),
  "net/ipv6_route": text(""),
  "net/if_inet6": text("00000000000000000000000000000001 01 80 10 80       lo\n"),
  "net/arp": live(arpTable),
  "net/tcp": live((k) => tcpTable(k, false)),
  "net/tcp6": live((k) => tcpTable(k, true)),
  "net/udp": live((k) => datagramTable(k, net(k).udp, false, UDP_HEAD, 127)),
  "net/udp6": live((k) => datagramTable(k, net(k).udp, true, UDP_HEAD, 127)),
  "net/raw": live((k) => datagramTable(k, net(k).raw, false, RAW_HEAD, RAW_HEAD.length)),
  "net/raw6": live((k) => datagramTable(k, net(k).raw6, true, RAW_HEAD, RAW_HEAD.length)),
  "net/icmp": live((k) => datagramTable(k, net(k).ping, false, RAW_HEAD, 127)),
  "net/icmp6": live((k) => datagramTable(k, net(k).ping, true, RAW_HEAD, 127)),
  "net/snmp": live(snmpTable),
  "net/netstat": live(netstatTable),
  "net/sockstat": live((k) => sockstatTable(k, false)),
  "net/sockstat6": live((k) => sockstatTable(k, true)),
  "net/unix": { mode: 0o444, show: (k) => unixTable(k) },
  "net/packet": text("sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"),
  "net/netlink": { mode: 0o444, show: (k) => netlinkTableText(k) },
  "net/protocols": text(
    "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n",
  ),
  "net/wireless": text(
    "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n",
  ),
});
