import type { Kernel } from "../../kernel.ts";
import * as IN from "../../uapi/in.ts";
import { AF_INET6, SO_ZEROCOPY } from "../../uapi/socket.ts";
import { allocSkb, SockError } from "../core/skb.ts";
import { type InetSock, skErrorReport } from "./inetSock.ts";

const MSG_ZEROCOPY = 0x4000000;

/**
 * MSG_ZEROCOPY. Packets here never refer to memory that a program may write to, so the bytes are copied as in any send; the notification
 * says so, as it does on Linux over the loopback device. The program may use its buffer again at once.
 */

/** Tells of a send that is over: on the error queue, joined to the notification before it if that has not been taken yet. @linux net/core/skbuff.c __msg_zerocopy_callback */
export function zerocopyDone(k: Kernel, sk: InetSock, flags: number): void {
  if (!(flags & MSG_ZEROCOPY) || sk.options.get(SO_ZEROCOPY) !== 1) return;
  const id = sk.zerocopyKey++ >>> 0;
  const last = sk.errQueue[sk.errQueue.length - 1]?.error;
  if (last && last.origin === IN.SO_EE_ORIGIN_ZEROCOPY && last.data + 1 === id) last.data = id;
  else {
    const skb = allocSkb(0, 0);
    const offender = new Uint8Array(sk.family === AF_INET6 ? 28 : 16);
    skb.error = new SockError(0, IN.SO_EE_ORIGIN_ZEROCOPY, 0, IN.SO_EE_CODE_ZEROCOPY_COPIED, id, new Uint8Array(0), offender);
    skb.error.data = id;
    sk.errQueue.push(skb);
  }
  skErrorReport(k, sk);
}
