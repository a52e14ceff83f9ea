import { netlinkTableText } from "../../net/netlink/sock.ts";
import { unixTable } from "../../net/unix/proc.ts";
import { procTask, text } from "./entry.ts";

const INET_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const INET6_HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

/** A line as seq_file pads it. @linux net/ipv4/tcp_ipv4.c tcp4_seq_show */
function padded(line: string, width: number): string {
  return `${line.padEnd(width)}\n`;
}

/** The network of a machine that has the loopback device alone and no connections. */
procTask({
  "net/dev": text(
    "Inter-|   Receive                                                |  Transmit\n" +
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
      "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n",
  ),
  "net/route": text(padded("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 127)),
  "net/ipv6_route": text(""),
  "net/if_inet6": text("00000000000000000000000000000001 01 80 10 80       lo\n"),
  "net/arp": text("IP address       HW type     Flags       HW address            Mask     Device\n"),
  "net/tcp": text(padded(INET_HEAD, 149)),
  "net/tcp6": text(`${INET6_HEAD}\n`),
  "net/udp": text(padded(` ${INET_HEAD} ref pointer drops`, 127)),
  "net/udp6": text(`${INET6_HEAD} ref pointer drops\n`),
  "net/raw": text(`${INET_HEAD} ref pointer drops\n`),
  "net/raw6": text(`${INET6_HEAD} ref pointer drops\n`),
  "net/unix": { mode: 0o444, show: (k) => unixTable(k) },
  "net/packet": text("sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"),
  "net/netlink": { mode: 0o444, show: (k) => netlinkTableText(k) },
  "net/protocols": text(
    "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n",
  ),
  "net/wireless": text(
    "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n",
  ),
  "net/sockstat": text(
    "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n",
  ),
});
