import type { IoKiocb } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { IORING_CQE_F_NOTIF, IORING_OP_NOP } from "../uapi/ioUring.ts";
import { ioReqSetRes } from "./complete.ts";
import { ioAllocReq } from "./request.ts";
import { ioReqTaskComplete, ioReqTaskWorkAdd } from "./tw.ts";

/** The second CQE of a send without copying: the program may use its buffer again (io_uring/notif.c). */

/** cqe->res of a notification: data were copied all the same. */
export const IORING_NOTIF_USAGE_ZC_COPIED = 1 << 31;

/** A notification for a request: it is a request of its own, with the same user_data. @linux io_uring/notif.c io_alloc_notif */
export function ioAllocNotif(k: Kernel, req: IoKiocb): IoKiocb {
  const notif = ioAllocReq(k, req.ctx);
  notif.opcode = IORING_OP_NOP;
  notif.userLo = req.userLo;
  notif.userHi = req.userHi;
  ioReqSetRes(notif, 0, IORING_CQE_F_NOTIF);
  return notif;
}

/**
 * The send needs its buffer no more. `report`: tell whether bytes were copied. They were, when the call put them into its packets, as
 * Linux says of everything that goes over the loopback device.
 * @linux io_uring/notif.c io_notif_flush, io_notif_tw_complete
 */
export function ioNotifFlush(k: Kernel, notif: IoKiocb, report: boolean): void {
  if (report) notif.res = IORING_NOTIF_USAGE_ZC_COPIED;
  notif.tw = ioReqTaskComplete;
  ioReqTaskWorkAdd(k, notif);
}
