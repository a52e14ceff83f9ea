import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { AF_NETLINK } from "../../uapi/socket.ts";
import { SkBuff } from "../core/skbuff.ts";
import { Sock } from "../core/sock.ts";
import type { Socket } from "../socket.ts";

/** struct netlink_sock. */
export class NetlinkSock extends Sock {
  override readonly protocol: number;
  /** The port; 0 = not bound. */
  portid = 0;
  dstPortid = 0;
  /** Mask of the first 32 groups of the connected destination. */
  dstGroups = 0;
  /** Groups joined, by number (from 1). */
  groups = new Set<number>();
  /** SOL_NETLINK options that are on. */
  settings = new Set<number>();
  constructor(type: number, protocol: number) {
    super(AF_NETLINK, type);
    this.protocol = protocol;
  }
  /** Bytes that wait to be read (sk_rmem_alloc). */
  get waiting(): number {
    return this.receiveQueue.reduce((n, skb) => n + skb.truesize, 0);
  }
}

/** A message on a netlink queue with its sender: NETLINK_CB. */
export class NetlinkSkb extends SkBuff {
  portid = 0;
  groups = 0;
}

/** All bound netlink sockets: nl_table. */
export class NetlinkTable {
  bound = new Map<string, NetlinkSock>();
  sockets = new Set<NetlinkSock>();
  /** The next port for a process that has its own number in use; downward. */
  rover = -4097;
}
stateClass(NetlinkSock, NetlinkSkb, NetlinkTable);

export function netlinkTable(k: Kernel): NetlinkTable {
  let table = k.subsystems.get("netlink") as NetlinkTable | undefined;
  if (!table) {
    table = new NetlinkTable();
    k.subsystems.set("netlink", table);
  }
  return table;
}

export const nlkSk = (sock: Socket): NetlinkSock => sock.sk as NetlinkSock;
export const portKey = (protocol: number, portid: number): string => `${protocol}:${portid}`;

/** /proc/net/netlink. @linux net/netlink/af_netlink.c netlink_native_seq_show */
export function netlinkTableText(k: Kernel): string {
  let out = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
  for (const sk of netlinkTable(k).sockets) {
    let mask = 0;
    for (const group of sk.groups) if (group <= 32) mask |= 1 << (group - 1);
    const groups = (mask >>> 0).toString(16).padStart(8, "0");
    const column = (n: number): string => String(n).padEnd(8);
    const ino = sk.socket?.file?.inode.ino ?? 0;
    out += `${"0".repeat(16)} ${String(sk.protocol).padEnd(3)} ${String(sk.portid >>> 0).padEnd(10)} ${groups} ${column(sk.waiting)} ${column(0)} ${String(0).padEnd(5)} ${column(2)} ${column(0)} ${column(ino)}\n`;
  }
  return out;
}
