import type { Kernel } from "../../kernel.ts";
import { netDevices } from "../../net/core/dev.ts";
import { net } from "../../net/core/netNamespace.ts";
import { datagramTable, netstatTable, RAW_HEAD, snmpTable, sockstatTable, tcpTable, UDP_HEAD } from "../../net/ipv4/procNet.ts";
import { netlinkTableText } from "../../net/netlink/sock.ts";
import { unixTable } from "../../net/unix/proc.ts";
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
    out += `${d.name.padStart(6)}: ${n(d.rxBytes, 7)} ${n(d.rxPackets, 7)}    0    0    0     0          0         0 ${n(d.txBytes, 8)} ${n(d.txPackets, 7)}    0    0    0     0       0          0\n`;
  return out;
}

const live = (show: (k: Kernel) => string): ProcEntry => ({ mode: 0o444, show });

/** The network of a machine that has the loopback device alone. */
procTask({
  "net/dev": live(devTable),
  "net/route": text(padded("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 127)),
  "net/ipv6_route": text(""),
  "net/if_inet6": text("00000000000000000000000000000001 01 80 10 80       lo\n"),
  "net/arp": text("IP address       HW type     Flags       HW address            Mask     Device\n"),
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
