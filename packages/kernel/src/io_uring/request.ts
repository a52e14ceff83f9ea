import { fput } from "../fs/file.ts";
import {
  IoKiocb,
  type IoRingCtx,
  REQ_F_ARM_LTIMEOUT,
  REQ_F_CQE_SKIP,
  REQ_F_FAIL,
  REQ_F_FIXED_FILE,
  REQ_F_HARDLINK,
  REQ_F_LINK,
  REQ_F_LINK_TIMEOUT,
  REQ_F_NEED_CLEANUP,
  REQ_F_SKIP_LINK_CQES,
} from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { ECANCELED } from "../uapi/errno.ts";
import { IORING_OP_LINK_TIMEOUT } from "../uapi/ioUring.ts";
import { ioHashDel } from "./cancelTable.ts";
import { ioIssueDefs } from "./opdef.ts";
import { ioPutRsrcNode } from "./rsrc.ts";
import { ioRingCtxPut } from "./setup.ts";
import { ioDisarmLinkedTimeout } from "./timeout.ts";
import { ioReqQueueTwComplete, ioReqTaskQueue } from "./tw.ts";

/** Requests kept for the next ones. */
const CACHED = 128;

/** A request of the current task, or of whoever it is done for. @linux io_uring/io_uring.h io_alloc_req */
export function ioAllocReq(k: Kernel, ctx: IoRingCtx, task = k.current): IoKiocb {
  const req = ctx.free.pop() ?? new IoKiocb(ctx);
  req.task = task;
  if (task.ioUring) task.ioUring.inflight++;
  req.prev = ctx.last;
  if (ctx.last) ctx.last.next = req;
  else ctx.first = req;
  ctx.last = req;
  ctx.nrReqs++;
  return req;
}

/** The request is over: gives back all that it holds. @linux io_uring/io_uring.c io_free_req */
export function ioFreeReq(k: Kernel, req: IoKiocb): void {
  const { ctx } = req;
  if (req.flags & REQ_F_NEED_CLEANUP) ioIssueDefs[req.opcode]?.cleanup?.(k, req);
  if (req.hashed) ioHashDel(ctx, req);
  if (req.file) {
    if (!(req.flags & REQ_F_FIXED_FILE)) fput(k, req.file);
    req.file = null;
  }
  if (req.fileNode) {
    ioPutRsrcNode(k, ctx, req.fileNode);
    req.fileNode = null;
  }
  if (req.bufNode) {
    ioPutRsrcNode(k, ctx, req.bufNode);
    req.bufNode = null;
  }
  if (req.prev) req.prev.next = req.next;
  else ctx.first = req.next;
  if (req.next) req.next.prev = req.prev;
  else ctx.last = req.prev;
  req.prev = req.next = null;
  ctx.nrReqs--;
  const tctx = req.task?.ioUring;
  if (tctx) {
    tctx.inflight--;
    if (tctx.inCancel && tctx.wait.active) tctx.wait.wakeUpAll(k);
  }
  req.generation++;
  req.flags = 0;
  req.task = null;
  req.creds = null;
  req.link = null;
  req.cmd = req.asyncData = req.apoll = req.bufList = req.kbuf = req.progress = null;
  req.extra = null;
  req.tw = null;
  req.twQueued = false;
  req.worker = null;
  req.res = req.cflags = req.done = req.pollRetries = req.cancelSeq = 0;
  req.bufIndex = 0;
  if (ctx.free.length < CACHED && !ctx.dying) ctx.free.push(req);
  if (ctx.dying && ctx.nrReqs === 0) ioRingCtxPut(k, ctx);
}

/** Requests of a chain. */
export function ioLinkedNr(req: IoKiocb): number {
  let n = 0;
  for (let r: IoKiocb | null = req; r; r = r.link) n++;
  return n;
}

/** The rest of the chain ends without having been done. @linux io_uring/io_uring.c io_fail_links */
function ioFailLinks(k: Kernel, req: IoKiocb): void {
  let link = req.link;
  const ignore = (req.flags & REQ_F_SKIP_LINK_CQES) !== 0;
  req.link = null;
  while (link) {
    const res = link.flags & REQ_F_FAIL ? link.res : -ECANCELED;
    const next: IoKiocb | null = link.link;
    link.link = null;
    if (k.trace.ioUringFailLink.enabled) k.trace.ioUringFailLink.fire(req.ctx, req, link);
    if (ignore) link.flags |= REQ_F_CQE_SKIP;
    else link.flags &= ~REQ_F_CQE_SKIP;
    ioReqQueueTwComplete(k, link, res);
    link = next;
  }
}

/** Takes the timeout that follows out of the chain. @linux io_uring/timeout.c io_remove_next_linked */
function removeNextLinked(req: IoKiocb): void {
  const next = req.link as IoKiocb;
  req.link = next.link;
  next.link = null;
}

/** The request is complete: the next of its chain is tried, or all of them fail. @linux io_uring/io_uring.h io_queue_next, io_req_find_next */
export function ioQueueNext(k: Kernel, req: IoKiocb): void {
  if (!(req.flags & (REQ_F_LINK | REQ_F_HARDLINK))) return;
  if (req.flags & (REQ_F_ARM_LTIMEOUT | REQ_F_LINK_TIMEOUT | REQ_F_FAIL)) {
    if (req.flags & REQ_F_ARM_LTIMEOUT) {
      const { link } = req;
      req.flags &= ~REQ_F_ARM_LTIMEOUT;
      if (link && link.opcode === IORING_OP_LINK_TIMEOUT) {
        removeNextLinked(req);
        ioReqQueueTwComplete(k, link, -ECANCELED);
      }
    } else if (req.flags & REQ_F_LINK_TIMEOUT) {
      const link = ioDisarmLinkedTimeout(k, req);
      if (link) ioReqQueueTwComplete(k, link, -ECANCELED);
    }
    if (req.flags & REQ_F_FAIL && !(req.flags & REQ_F_HARDLINK)) ioFailLinks(k, req);
  }
  const next = req.link;
  req.link = null;
  if (next) ioReqTaskQueue(k, next);
}
