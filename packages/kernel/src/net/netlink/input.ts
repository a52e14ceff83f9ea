import type { Kernel } from "../../kernel.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import {
  NETLINK_CAP_ACK,
  NETLINK_SOCK_DIAG,
  NLM_F_ACK,
  NLM_F_CAPPED,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSG_MIN_TYPE,
} from "../../uapi/netlink.ts";
import { rtnetlinkReceive } from "../core/rtnetlink.ts";
import { type ScmCreds, truesize } from "../core/skbuff.ts";
import { sockDiagReceive } from "../ipv4/inetDiag.ts";
import { MessageWriter, type Request } from "./message.ts";
import { NetlinkSkb, type NetlinkSock } from "./sock.ts";

/** How much one read of a dump gives: NLMSG_GOODSIZE's page. */
const DUMP_SIZE = 4096;

/** Puts bytes from a port (0: the kernel) on a socket's queue. */
export function netlinkQueue(k: Kernel, sk: NetlinkSock, data: Uint8Array, portid: number, groups: number, creds: ScmCreds | null): void {
  const skb = new NetlinkSkb(data, truesize(data.length, 0), null);
  skb.portid = portid;
  skb.groups = groups;
  skb.creds = creds;
  sk.receiveQueue.push(skb);
  sk.dataReady(k);
}

/** An error or an acknowledgement. @linux net/netlink/af_netlink.c netlink_ack */
function ack(k: Kernel, sk: NetlinkSock, request: Request, error: number): void {
  const whole = error !== 0 && !sk.settings.has(NETLINK_CAP_ACK);
  const w = new MessageWriter(NLMSG_ERROR, whole ? 0 : NLM_F_CAPPED, request.seq, request.portid);
  w.put32(error);
  const quoted = whole ? request.length : NLMSG_HDRLEN;
  w.put8(...request.bytes.subarray(0, quoted));
  countCopy(k, COPY_KERNEL, quoted);
  netlinkQueue(k, sk, w.finish(), 0, 0, null);
}

/** Queues a dump: as many messages in one datagram as fit, NLMSG_DONE at the end. @linux net/netlink/af_netlink.c netlink_dump */
function queueDump(k: Kernel, sk: NetlinkSock, messages: Uint8Array[], request: Request): void {
  const done = new MessageWriter(NLMSG_DONE, NLM_F_MULTI, request.seq, request.portid).put32(0).finish();
  let pending: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    if (size === 0) return;
    const data = new Uint8Array(size);
    let at = 0;
    for (const m of pending) {
      data.set(m, at);
      at += m.length;
    }
    countCopy(k, COPY_KERNEL, size);
    netlinkQueue(k, sk, data, 0, 0, null);
    pending = [];
    size = 0;
  };
  for (const m of [...messages, done]) {
    if (size + m.length > DUMP_SIZE) flush();
    pending.push(m);
    size += m.length;
  }
  flush();
}

/** The kernel reads what a program sent it: one or more requests. @linux net/netlink/af_netlink.c netlink_rcv_skb */
export function netlinkReceive(k: Kernel, sk: NetlinkSock, data: Uint8Array): void {
  let at = 0;
  while (data.length - at >= NLMSG_HDRLEN) {
    const view = new DataView(data.buffer, data.byteOffset + at, data.length - at);
    const length = view.getUint32(0, true);
    if (length < NLMSG_HDRLEN || length > data.length - at) return;
    const bytes = data.subarray(at, at + length);
    const flags = view.getUint16(6, true);
    const request: Request = { bytes, view, length, type: view.getUint16(4, true), flags, seq: view.getUint32(8, true), portid: sk.portid };
    let error = 0;
    let answered = false;
    if (flags & NLM_F_REQUEST && request.type >= NLMSG_MIN_TYPE) {
      const r = sk.protocol === NETLINK_SOCK_DIAG ? sockDiagReceive(k, request) : rtnetlinkReceive(k, request);
      if (typeof r === "number") error = r;
      else if (Array.isArray(r)) {
        // A dump is ended by its own last message.
        queueDump(k, sk, r, request);
        answered = true;
      } else netlinkQueue(k, sk, r, 0, 0, null);
    }
    if (!answered && (flags & NLM_F_ACK || error !== 0)) ack(k, sk, request, error);
    at += (length + 3) & ~3;
  }
}
