import type { Kernel } from "../../kernel.ts";
import { SO_RXQ_OVFL, SO_TIMESTAMP, SO_TIMESTAMPNS, SOL_SOCKET } from "../../uapi/socket.ts";
import type { Message } from "../socket.ts";
import type { Packet } from "./skb.ts";
import type { Sock } from "./sock.ts";

/** SO_TIMESTAMP and SO_TIMESTAMPNS: when the packet came; SO_RXQ_OVFL: how many were lost. @linux net/socket.c sock_recv_cmsgs */
export function sockRecvTimestamp(k: Kernel, sk: Sock & { drops?: number }, skb: Packet, m: Message): void {
  const micros = sk.options.get(SO_TIMESTAMP) === 1;
  const nanos = sk.options.get(SO_TIMESTAMPNS) === 1;
  if (micros || nanos) {
    const data = new Uint8Array(16);
    const v = new DataView(data.buffer);
    const since = skb.tstamp;
    const ns = k.time.base.nsec + since;
    const sec = k.time.base.sec + Math.floor(ns / 1e9);
    v.setUint32(0, sec >>> 0, true);
    v.setUint32(4, Math.floor(sec / 4294967296), true);
    v.setUint32(8, nanos ? ns % 1e9 : Math.floor((ns % 1e9) / 1000), true);
    m.controlOut.push({ level: SOL_SOCKET, type: nanos ? SO_TIMESTAMPNS : SO_TIMESTAMP, data });
  }
  if (sk.options.get(SO_RXQ_OVFL) === 1 && sk.drops) {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, sk.drops, true);
    m.controlOut.push({ level: SOL_SOCKET, type: SO_RXQ_OVFL, data });
  }
}
