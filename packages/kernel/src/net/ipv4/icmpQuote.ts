import type { Kernel } from "../../kernel.ts";
import { allocSkb, fromNetworkHeader, type Packet, set32, skbCopyBits } from "../core/skb.ts";

export const ICMP_HEADER = 8;

/** An ICMP message about a packet, of either family, with up to `most` bytes of it from its network header on. The checksum is missing. */
export function icmpQuote(k: Kernel, skb: Packet, headroom: number, most: number, type: number, code: number, info: number): Packet {
  const whole = fromNetworkHeader(skb);
  const quote = Math.min(whole.length, most);
  const out = allocSkb(headroom, ICMP_HEADER + quote);
  out.tail += ICMP_HEADER + quote;
  out.head[out.data] = type;
  out.head[out.data + 1] = code;
  set32(out.head, out.data + 4, info);
  skbCopyBits(k, whole, 0, out.head, out.data + ICMP_HEADER, quote);
  return out;
}
