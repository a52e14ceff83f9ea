import type { Kernel } from "../../kernel.ts";
import { TCP_ESTABLISHED, TCP_LISTEN } from "../core/sock.ts";
import { unixState } from "./sock.ts";

/** SO_ACCEPTCON, as the table shows a listener. */
const ACCEPTCON = 0x10000;
const SS_UNCONNECTED = 1;
const SS_CONNECTED = 3;
const SS_CONNECTING = 2;

/** /proc/net/unix. @linux net/unix/af_unix.c unix_seq_show */
export function unixTable(k: Kernel): string {
  let out = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  const hex = (n: number, width: number): string => n.toString(16).toUpperCase().padStart(width, "0");
  for (const sk of unixState(k).sockets) {
    const state = sk.socket ? (sk.state === TCP_ESTABLISHED ? SS_CONNECTED : SS_UNCONNECTED) : SS_CONNECTING;
    const name = sk.address === null ? "" : ` ${sk.address[0] === "\0" ? sk.address.replaceAll("\0", "@") : sk.address.slice(0, -1)}`;
    const ino = sk.socket?.file?.inode.ino ?? 0;
    out += `${"0".repeat(16)}: ${hex(2 + (sk.peer ? 1 : 0), 8)} ${hex(0, 8)} ${hex(sk.state === TCP_LISTEN ? ACCEPTCON : 0, 8)} ${hex(sk.type, 4)} ${hex(state, 2)} ${String(ino).padStart(5)}${name}\n`;
  }
  return out;
}
