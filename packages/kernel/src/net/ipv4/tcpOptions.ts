import { get16, get32, type Packet } from "../core/skb.ts";

/** The header of the segment that is being dealt with; valid until the next tcpParse. */
export const th = {
  source: 0,
  dest: 0,
  seq: 0,
  ackSeq: 0,
  flags: 0,
  window: 0,
  urg: 0,
  size: 0,
  sawTstamp: false,
  tsval: 0,
  tsecr: 0,
  /** 0 = not told. */
  mss: 0,
  /** -1 = not told. */
  wscale: -1,
  sackPermitted: false,
  /** Start and end of each block told. */
  sacks: [] as number[],
};

/** Reads the header at a segment's transport header into `th`. @returns false if it is malformed @linux net/ipv4/tcp_input.c tcp_parse_options */
export function tcpParse(skb: Packet): boolean {
  const { head, transportHeader: at } = skb;
  if (skb.tail - at < 20) return false;
  th.source = get16(head, at);
  th.dest = get16(head, at + 2);
  th.seq = get32(head, at + 4);
  th.ackSeq = get32(head, at + 8);
  th.size = (head[at + 12]! >> 4) * 4;
  th.flags = head[at + 13]!;
  th.window = get16(head, at + 14);
  th.urg = get16(head, at + 18);
  th.sawTstamp = false;
  th.tsval = th.tsecr = 0;
  th.mss = 0;
  th.wscale = -1;
  th.sackPermitted = false;
  if (th.sacks.length > 0) th.sacks = [];
  if (th.size < 20 || th.size > skb.tail - at) return false;
  const end = at + th.size;
  for (let p = at + 20; p < end; ) {
    const kind = head[p]!;
    if (kind === 0) break;
    if (kind === 1) {
      p++;
      continue;
    }
    const n = p + 1 < end ? head[p + 1]! : 0;
    if (n < 2 || p + n > end) break;
    if (kind === 2 && n === 4) th.mss = get16(head, p + 2);
    else if (kind === 3 && n === 3) th.wscale = Math.min(14, head[p + 2]!);
    else if (kind === 4 && n === 2) th.sackPermitted = true;
    else if (kind === 8 && n === 10) {
      th.sawTstamp = true;
      th.tsval = get32(head, p + 2);
      th.tsecr = get32(head, p + 6);
    } else if (kind === 5 && n >= 10 && (n - 2) % 8 === 0) for (let q = p + 2; q < p + n; q += 4) th.sacks.push(get32(head, q));
    p += n;
  }
  return true;
}
