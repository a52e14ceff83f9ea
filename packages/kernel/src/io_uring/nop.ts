import { IOU_COMPLETE, IOU_ISSUE_SKIP_COMPLETE, type IoKiocb, REQ_F_BIG_CQE, REQ_F_FIXED_FILE } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { EBADF, EFAULT, EINVAL } from "../uapi/errno.ts";
import {
  IORING_NOP_CQE32,
  IORING_NOP_FILE,
  IORING_NOP_FIXED_BUFFER,
  IORING_NOP_FIXED_FILE,
  IORING_NOP_INJECT_RESULT,
  IORING_NOP_TW,
  IORING_OP_NOP,
  IORING_SETUP_CQE_MIXED,
  IORING_SETUP_CQE32,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_LEN,
  SQE_OFF,
  SQE_OP_FLAGS,
} from "../uapi/ioUring.ts";
import { ioReqSetRes, reqSetFail } from "./complete.ts";
import { ioFileGetFixed } from "./filetable.ts";
import { ioFileGetNormal } from "./issue.ts";
import type { IoIssueDef, IoOpList } from "./opdef.ts";
import { sqe16, sqe32, sqeS32 } from "./rings.ts";
import { ioFindBufNode } from "./rsrc.ts";
import { ioReqTaskComplete, ioReqTaskWorkAdd } from "./tw.ts";

const NOP_FLAGS =
  IORING_NOP_INJECT_RESULT | IORING_NOP_FIXED_FILE | IORING_NOP_FIXED_BUFFER | IORING_NOP_FILE | IORING_NOP_TW | IORING_NOP_CQE32;

/** The words that IORING_NOP_CQE32 gives back. */
class IoNop {
  readonly extra: number[];
  constructor(extra: number[]) {
    this.extra = extra;
  }
}
stateClass(IoNop);

/** @linux io_uring/nop.c */
const nop: IoIssueDef = {
  iopoll: true,
  prep(k: Kernel, req: IoKiocb, sqe: number): number {
    const flags = sqe32(k, sqe, SQE_OP_FLAGS);
    req.opFlags = flags;
    req.len = flags & IORING_NOP_INJECT_RESULT ? sqeS32(k, sqe, SQE_LEN) : 0;
    if (flags === 0) return 0;
    if ((flags & ~NOP_FLAGS) !== 0) return -EINVAL;
    req.fd = flags & IORING_NOP_FILE ? sqeS32(k, sqe, SQE_FD) : -1;
    if (flags & IORING_NOP_FIXED_BUFFER) req.bufIndex = sqe16(k, sqe, SQE_BUF_INDEX);
    if (flags & IORING_NOP_CQE32) {
      if (!(req.ctx.flags & (IORING_SETUP_CQE32 | IORING_SETUP_CQE_MIXED))) return -EINVAL;
      req.cmd = new IoNop([SQE_OFF, SQE_OFF + 4, SQE_ADDR, SQE_ADDR + 4].map((off) => sqe32(k, sqe, off)));
    }
    return 0;
  },
  issue(k: Kernel, req: IoKiocb): number {
    const flags = req.opFlags;
    let ret = req.len;
    if (flags & IORING_NOP_FILE) {
      if (flags & IORING_NOP_FIXED_FILE) {
        req.file = ioFileGetFixed(k, req, req.fd);
        req.flags |= REQ_F_FIXED_FILE;
      } else {
        req.flags &= ~REQ_F_FIXED_FILE;
        req.file = ioFileGetNormal(k, req, req.fd);
      }
      if (!req.file) ret = -EBADF;
    }
    if (ret >= 0 && flags & IORING_NOP_FIXED_BUFFER && !ioFindBufNode(req)) ret = -EFAULT;
    if (ret < 0) reqSetFail(req);
    if (req.cmd instanceof IoNop) {
      req.extra = req.cmd.extra;
      req.flags |= REQ_F_BIG_CQE;
    }
    ioReqSetRes(req, ret, 0);
    if (flags & IORING_NOP_TW) {
      req.tw = ioReqTaskComplete;
      ioReqTaskWorkAdd(k, req);
      return IOU_ISSUE_SKIP_COMPLETE;
    }
    return IOU_COMPLETE;
  },
};

export const nopOps: IoOpList = [[IORING_OP_NOP, nop]];
