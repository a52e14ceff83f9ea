import type { Kernel } from "../../kernel.ts";
import { csumFold, csumPartial } from "../../lib/checksum.ts";
import * as IN from "../../uapi/in.ts";
import { count } from "../core/netNamespace.ts";
import { allocSkb, get32, kfreeSkb, PACKET_HOST, Packet, set16, skbCopyBits } from "../core/skb.ts";
import { ICMP_HEADER, icmpQuote } from "./icmpQuote.ts";
import { inetAddProtocol, inetProtocol, setIcmpSend } from "./ipInput.ts";
import { IP_HEADER, IPDEFTTL, ipXmit } from "./ipOutput.ts";
import { pingRcv } from "./ping.ts";
import { inetAddrType, ipRouteOutput, RTN_LOCAL, route } from "./route.ts";

/** An error quotes so much of the packet that the whole is at most 576 bytes. */
const QUOTE_MAX = 576 - IP_HEADER - ICMP_HEADER;

/** Types that are errors: nobody is told of an error about them. @linux net/ipv4/icmp.c icmp_pointers */
const isError = (type: number): boolean => type === 3 || type === 4 || type === 5 || type === 11 || type === 12;

/** Tells the sender of a received packet of an error. @linux net/ipv4/icmp.c icmp_send */
export function icmpSend(k: Kernel, skb: Packet, type: number, code: number, info = 0): void {
  const { head, networkHeader: at } = skb;
  if (skb.pktType !== PACKET_HOST) return;
  if (head[at + 9] === IN.IPPROTO_ICMP && isError(head[at + (head[at]! & 15) * 4]!)) return;
  const out = icmpQuote(k, skb, IP_HEADER, QUOTE_MAX, type, code, info);
  // For a packet of this machine's own that could not be sent the answer is its own, too.
  const from = get32(head, at + 16);
  if (ipRouteOutput(k, get32(head, at + 12), inetAddrType(k, from) === RTN_LOCAL ? from : 0, 0) < 0) return;
  count(k, "Icmp.OutMsgs");
  count(k, `Icmp.OutType${type}`);
  if (type === IN.ICMP_DEST_UNREACH) count(k, "Icmp.OutDestUnreachs");
  push(k, out, (head[at + 1]! & 0x1e) | 0xc0);
}

/** Completes an ICMP message and sends it on `route`. */
function push(k: Kernel, out: Packet, tos: number): void {
  set16(out.head, out.data + 2, csumFold(csumPartial(out.head, out.data, out.tail - out.data, 0)));
  ipXmit(k, null, out, route.dev!, route.saddr, route.daddr, IN.IPPROTO_ICMP, tos, IPDEFTTL, false);
}

/** Answers an echo request. @linux net/ipv4/icmp.c icmp_echo */
function icmpEcho(k: Kernel, skb: Packet): void {
  const { head, networkHeader: at } = skb;
  if (skb.pktType !== PACKET_HOST) return;
  const n = skb.length;
  const out = allocSkb(IP_HEADER, n);
  out.tail += n;
  skbCopyBits(k, skb, 0, out.head, out.data, n);
  out.head[out.data] = IN.ICMP_ECHOREPLY;
  set16(out.head, out.data + 2, 0);
  if (ipRouteOutput(k, get32(head, at + 12), get32(head, at + 16), 0) < 0) return;
  count(k, "Icmp.OutMsgs");
  count(k, "Icmp.OutType0");
  count(k, "Icmp.OutEchoReps");
  push(k, out, head[at + 1]!);
}

/** An error about a packet of ours: the protocol it is of is told. @linux net/ipv4/icmp.c icmp_unreach */
function icmpUnreach(k: Kernel, skb: Packet, type: number, code: number, info: number): void {
  const inner = skb.data + ICMP_HEADER;
  const { head } = skb;
  if (skb.tail - inner < IP_HEADER) return;
  const ihl = (head[inner]! & 15) * 4;
  if (ihl < IP_HEADER || skb.tail - inner < ihl + 8) return;
  const about = new Packet(head, inner + ihl, skb.tail);
  about.networkHeader = inner;
  about.protocol = IN.ETH_P_IP;
  about.dev = skb.dev;
  inetProtocol(head[inner + 9]!)?.errHandler?.(k, about, skb, type, code, info);
}

/** An ICMP message came in. @linux net/ipv4/icmp.c icmp_rcv */
function icmpRcv(k: Kernel, skb: Packet): void {
  const { head, data: at } = skb;
  count(k, "Icmp.InMsgs");
  if (skb.tail - at < ICMP_HEADER || (skb.dataLen === 0 && csumFold(csumPartial(head, at, skb.tail - at, 0)) !== 0)) {
    count(k, "Icmp.InErrors");
    kfreeSkb(k, skb);
    return;
  }
  const type = head[at]!;
  count(k, `Icmp.InType${type}`);
  switch (type) {
    case IN.ICMP_ECHO:
      count(k, "Icmp.InEchos");
      icmpEcho(k, skb);
      break;
    case IN.ICMP_ECHOREPLY:
      count(k, "Icmp.InEchoReps");
      pingRcv(k, skb);
      return;
    case IN.ICMP_DEST_UNREACH:
      count(k, "Icmp.InDestUnreachs");
      icmpUnreach(k, skb, type, head[at + 1]!, get32(head, at + 4) & 0xffff);
      break;
  }
  kfreeSkb(k, skb);
}

inetAddProtocol(IN.IPPROTO_ICMP, { handler: icmpRcv });
setIcmpSend((k, skb, type, code) => icmpSend(k, skb, type, code));
