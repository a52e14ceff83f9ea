import type { Kernel } from "../../kernel.ts";
import { ETH_P_IP } from "../../uapi/in.ts";
import * as T from "../../uapi/tcp.ts";
import { devGetByName } from "../core/dev.ts";
import { allocSkb, CHECKSUM_UNNECESSARY, set16, set32 } from "../core/skb.ts";
import { localBhDisable, localBhEnable, netifRx } from "../core/softnet.ts";
import { tcpHashInfo } from "./inetHashtables.ts";
import { IP_HEADER, ipSendCheck } from "./ipOutput.ts";
import { inetAddrType, RTN_UNICAST } from "./route.ts";
import { TcpSock } from "./tcpSock.ts";

const TCP_HEADER = 20;
const ETH_HEADER = 14;

/** Connections with somebody outside of the machine. */
function remote(k: Kernel): TcpSock[] {
  const out: TcpSock[] = [];
  for (const list of tcpHashInfo(k).ehash.values())
    for (const e of list) if (e instanceof TcpSock && !e.v6 && inetAddrType(k, e.daddr) === RTN_UNICAST) out.push(e);
  return out;
}

/** Bytes and ends of connections that programs have closed, and that are yet to be sent or acknowledged: what a machine owes when its program has ended. */
export function tcpOwed(k: Kernel): number {
  let n = 0;
  for (const sk of remote(k))
    if (sk.dead && (sk.writeQueue.length > 0 || sk.rtxQueue.length > 0)) n += 1 + ((sk.writeSeq - sk.sndUna) >>> 0);
  return n;
}

/** The other ends of all connections with the outside are gone: each gets a reset, as from there. Call it between slices. */
export function tcpResetRemote(k: Kernel): void {
  const dev = devGetByName(k, "eth0");
  if (!dev) return;
  localBhDisable(k);
  for (const sk of remote(k)) {
    const skb = allocSkb(ETH_HEADER, IP_HEADER + TCP_HEADER);
    const { head, data: at } = skb;
    skb.tail = at + IP_HEADER + TCP_HEADER;
    head.set(dev.hardwareAddress);
    set16(head, 12, ETH_P_IP);
    head[at] = 0x45;
    set16(head, at + 2, IP_HEADER + TCP_HEADER);
    head[at + 8] = 64;
    head[at + 9] = 6;
    set32(head, at + 12, sk.daddr);
    set32(head, at + 16, sk.saddr);
    ipSendCheck(head, at);
    const t = at + IP_HEADER;
    set16(head, t, sk.dport);
    set16(head, t + 2, sk.sport);
    set32(head, t + 4, sk.rcvNxt);
    set32(head, t + 8, sk.sndNxt);
    head[t + 12] = 5 << 4;
    head[t + 13] = T.TCPHDR_RST | T.TCPHDR_ACK;
    skb.linkHeader = head.subarray(0, ETH_HEADER);
    skb.networkHeader = at;
    skb.protocol = ETH_P_IP;
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    skb.dev = dev;
    netifRx(k, skb);
  }
  localBhEnable(k);
}
