import { anonInodeGetFile } from "../fs/anonInodes.ts";
import { fdInstall, fput } from "../fs/file.ts";
import { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { capable } from "../kernel/capability.ts";
import { sysctls } from "../kernel/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { memAccountUser } from "../mm/pin.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { CAP_SYS_ADMIN } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EOVERFLOW, EPERM } from "../uapi/errno.ts";
import { O_RDWR } from "../uapi/fcntl.ts";
import * as U from "../uapi/ioUring.ts";
import { ioEventfdUnregister } from "./eventfd.ts";
import { ioUringFops } from "./fops.ts";
import { ioDestroyBuffers } from "./kbuf.ts";
import { ioCreateRegion, ioFreeRegion, ioPinRegion } from "./memmap.ts";
import { ioRingfdRegister } from "./ringfd.ts";
import * as R from "./rings.ts";
import { ioRsrcDataFree } from "./rsrc.ts";
import { ioSqOffloadCreate, ioSqThreadFinish } from "./sqpoll.ts";
import { ioUringAddTask, ioUringDelTctxNode, ioUringTryCancelRequests } from "./tctx.ts";
import { tctxTaskWork } from "./tw.ts";

/** Making and ending rings. */

/** Flags of io_uring_setup that are known. */
export const SETUP_FLAGS = (1 << 19) - 1;
/** What works here. */
export const FEATURES =
  U.IORING_FEAT_SINGLE_MMAP |
  U.IORING_FEAT_NODROP |
  U.IORING_FEAT_SUBMIT_STABLE |
  U.IORING_FEAT_RW_CUR_POS |
  U.IORING_FEAT_CUR_PERSONALITY |
  U.IORING_FEAT_FAST_POLL |
  U.IORING_FEAT_POLL_32BITS |
  U.IORING_FEAT_SQPOLL_NONFIXED |
  U.IORING_FEAT_EXT_ARG |
  U.IORING_FEAT_NATIVE_WORKERS |
  U.IORING_FEAT_RSRC_TAGS |
  U.IORING_FEAT_CQE_SKIP |
  U.IORING_FEAT_LINKED_FILE |
  U.IORING_FEAT_REG_REG_RING |
  U.IORING_FEAT_RECVSEND_BUNDLE |
  U.IORING_FEAT_MIN_TIMEOUT |
  U.IORING_FEAT_RW_ATTR |
  U.IORING_FEAT_NO_IOWAIT;

/** Places in struct io_uring_params. */
export const PARAMS_SIZE = 120;
const P_SQ_ENTRIES = 0;
const P_CQ_ENTRIES = 4;
const P_FLAGS = 8;
const P_SQ_THREAD_CPU = 12;
const P_SQ_THREAD_IDLE = 16;
const P_FEATURES = 20;
const P_WQ_FD = 24;
const P_RESV = 28;
const P_SQ_OFF = 40;
const P_CQ_OFF = 80;
const OFF_USER_ADDR = 32;

/** struct io_uring_params as far as it is read. */
export interface IoUringParams {
  sqEntries: number;
  cqEntries: number;
  flags: number;
  sqThreadCpu: number;
  sqThreadIdle: number;
  wqFd: number;
  sqUserAddr: number;
  cqUserAddr: number;
}

/** Flags that contradict each other. 0 or -EINVAL. @linux io_uring/io_uring.c io_uring_sanitise_params */
function sanitise(flags: number): number {
  if ((flags & ~SETUP_FLAGS) !== 0) return -EINVAL;
  if (flags & U.IORING_SETUP_REGISTERED_FD_ONLY && !(flags & U.IORING_SETUP_NO_MMAP)) return -EINVAL;
  if (flags & U.IORING_SETUP_SQPOLL && flags & (U.IORING_SETUP_COOP_TASKRUN | U.IORING_SETUP_TASKRUN_FLAG | U.IORING_SETUP_DEFER_TASKRUN)) {
    return -EINVAL;
  }
  if (flags & U.IORING_SETUP_TASKRUN_FLAG && !(flags & (U.IORING_SETUP_COOP_TASKRUN | U.IORING_SETUP_DEFER_TASKRUN))) return -EINVAL;
  if (flags & U.IORING_SETUP_HYBRID_IOPOLL && !(flags & U.IORING_SETUP_IOPOLL)) return -EINVAL;
  if (flags & U.IORING_SETUP_DEFER_TASKRUN && !(flags & U.IORING_SETUP_SINGLE_ISSUER)) return -EINVAL;
  const cqes = U.IORING_SETUP_CQE32 | U.IORING_SETUP_CQE_MIXED;
  return (flags & cqes) === cqes ? -EINVAL : 0;
}

function roundUpPow2(n: number): number {
  let p = 1;
  while (p < n) p *= 2;
  return p;
}

/** Sizes of the rings, into `p`. 0 or -EINVAL. @linux io_uring/io_uring.c io_uring_fill_params */
export function fillEntries(p: { sqEntries: number; cqEntries: number; flags: number }): number {
  let entries = p.sqEntries;
  if (entries === 0) return -EINVAL;
  if (entries > U.IORING_MAX_ENTRIES) {
    if (!(p.flags & U.IORING_SETUP_CLAMP)) return -EINVAL;
    entries = U.IORING_MAX_ENTRIES;
  }
  p.sqEntries = roundUpPow2(entries);
  if (!(p.flags & U.IORING_SETUP_CQSIZE)) {
    p.cqEntries = 2 * p.sqEntries;
    return 0;
  }
  if (p.cqEntries === 0) return -EINVAL;
  if (p.cqEntries > U.IORING_MAX_CQ_ENTRIES) {
    if (!(p.flags & U.IORING_SETUP_CLAMP)) return -EINVAL;
    p.cqEntries = U.IORING_MAX_CQ_ENTRIES;
  }
  p.cqEntries = roundUpPow2(p.cqEntries);
  return p.cqEntries < p.sqEntries ? -EINVAL : 0;
}

/** Sizes in bytes and the place of the SQ array. @returns 0 or -EOVERFLOW @linux io_uring/io_uring.c rings_size */
function ringsSize(ctx: IoRingCtx): number {
  if (ctx.flags & U.IORING_SETUP_CQE_MIXED && ctx.cqEntries < 2) return -EOVERFLOW;
  ctx.sqesSize = ctx.sqEntries * (ctx.flags & U.IORING_SETUP_SQE128 ? 128 : 64);
  let off = R.CQES + ctx.cqEntries * U.CQE_SIZE;
  if (ctx.flags & U.IORING_SETUP_CQE32) off *= 2;
  off = Math.ceil(off / 64) * 64;
  if (!(ctx.flags & U.IORING_SETUP_NO_SQARRAY)) {
    ctx.sqArrayOff = off;
    off += ctx.sqEntries * 4;
  }
  ctx.ringsSize = off;
  return 0;
}

/** @linux io_uring/io_uring.c io_allocate_scq_urings */
function allocateUrings(k: Kernel, ctx: IoRingCtx, p: IoUringParams): number {
  const user = (ctx.flags & U.IORING_SETUP_NO_MMAP) !== 0;
  let r = user ? ioPinRegion(k, ctx, ctx.rings, p.cqUserAddr, ctx.ringsSize) : ioCreateRegion(k, ctx, ctx.rings, ctx.ringsSize);
  if (r < 0) return r;
  r = user ? ioPinRegion(k, ctx, ctx.sqes, p.sqUserAddr, ctx.sqesSize) : ioCreateRegion(k, ctx, ctx.sqes, ctx.sqesSize);
  if (r < 0) {
    ioFreeRegion(k, ctx, ctx.rings);
    return r;
  }
  for (let off = 0; off < R.CQES; off += 4) R.ringWrite(k, ctx, off, 0);
  R.ringWrite(k, ctx, R.SQ_MASK, ctx.sqEntries - 1);
  R.ringWrite(k, ctx, R.CQ_MASK, ctx.cqEntries - 1);
  R.ringWrite(k, ctx, R.SQ_ENTRIES, ctx.sqEntries);
  R.ringWrite(k, ctx, R.CQ_ENTRIES, ctx.cqEntries);
  return 0;
}

/** Makes the memory of a ring whose entries and flags are set. 0 or -errno. */
export function ioAllocateRings(k: Kernel, ctx: IoRingCtx, p: IoUringParams): number {
  const r = ringsSize(ctx);
  return r < 0 ? r : allocateUrings(k, ctx, p);
}

/** May this task have rings? @linux io_uring/io_uring.c io_uring_allowed */
function ioUringAllowed(k: Kernel): number {
  const { values } = sysctls(k);
  const disabled = Number(values.get("kernel/io_uring_disabled") ?? 0);
  if (disabled === 2) return -EPERM;
  if (disabled === 0 || capable(k, CAP_SYS_ADMIN)) return 0;
  const group = Number(values.get("kernel/io_uring_group") ?? -1);
  const { cred } = k.current;
  return group >= 0 && (cred.egid === group || cred.groups.includes(group)) ? 0 : -EPERM;
}

/** @linux io_uring/io_uring.c io_uring_setup */
export function sysIoUringSetup(k: Kernel, entries: number, address: number): number {
  const allowed = ioUringAllowed(k);
  if (allowed < 0) return allowed;
  const bytes = new Uint8Array(PARAMS_SIZE);
  if (copyFromUser(k, address, bytes, 0, PARAMS_SIZE) !== 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 3; i++) if (view.getUint32(P_RESV + i * 4, true) !== 0) return -EINVAL;
  return ioUringCreate(k, readParams(view, entries), view, bytes, address);
}

/** What a struct io_uring_params asks for. */
export function readParams(view: DataView, entries: number): IoUringParams {
  const u = (off: number): number => view.getUint32(off, true);
  const u64 = (off: number): number => u(off + 4) * 4294967296 + u(off);
  return {
    sqEntries: entries,
    cqEntries: u(P_CQ_ENTRIES),
    flags: u(P_FLAGS) | 0,
    sqThreadCpu: u(P_SQ_THREAD_CPU),
    sqThreadIdle: u(P_SQ_THREAD_IDLE),
    wqFd: u(P_WQ_FD) | 0,
    sqUserAddr: u64(P_SQ_OFF + OFF_USER_ADDR),
    cqUserAddr: u64(P_CQ_OFF + OFF_USER_ADDR),
  };
}

/** @linux io_uring/io_uring.c io_uring_create */
function ioUringCreate(k: Kernel, p: IoUringParams, view: DataView, bytes: Uint8Array, address: number): number {
  let r = sanitise(p.flags);
  if (r === 0) r = fillEntries(p);
  if (r < 0) return r;
  const ctx = new IoRingCtx();
  ctx.flags = p.flags;
  ctx.sqEntries = p.sqEntries;
  ctx.cqEntries = p.cqEntries;
  // One bucket for each request that may be waiting, within limits.
  ctx.cancelTable = new Array<null>(Math.min(256, Math.max(16, p.cqEntries))).fill(null);
  ctx.uid = memAccountUser(k);
  if (p.flags & U.IORING_SETUP_SINGLE_ISSUER && !(p.flags & U.IORING_SETUP_R_DISABLED)) ctx.submitter = k.current;
  r = ioAllocateRings(k, ctx, p);
  if (r < 0) return r;
  r = ioSqOffloadCreate(k, ctx, p);
  if (r === 0) {
    fillOut(ctx, view, p);
    if (copyToUser(k, address, bytes, 0, PARAMS_SIZE) !== 0) r = -EFAULT;
  }
  if (r < 0) {
    ioRingCtxWaitAndKill(k, ctx);
    return r;
  }
  const file = anonInodeGetFile(k, "[io_uring]", ioUringFops, ctx, O_RDWR);
  ioUringAddTask(k.current, ctx);
  r = p.flags & U.IORING_SETUP_REGISTERED_FD_ONLY ? ioRingfdRegister(k, file) : fdInstall(k, file, true);
  if (r < 0) {
    fput(k, file);
    return r;
  }
  if (k.trace.ioUringCreate.enabled) k.trace.ioUringCreate.fire(ctx, r, ctx.sqEntries, ctx.cqEntries, ctx.flags);
  return r;
}

/** What the program is told. */
export function fillOut(ctx: IoRingCtx, view: DataView, p: IoUringParams): void {
  const set = (off: number, v: number): void => view.setUint32(off, v, true);
  set(P_SQ_ENTRIES, ctx.sqEntries);
  set(P_CQ_ENTRIES, ctx.cqEntries);
  set(P_FLAGS, p.flags);
  set(P_FEATURES, FEATURES);
  const sq = [R.SQ_HEAD, R.SQ_TAIL, R.SQ_MASK, R.SQ_ENTRIES, R.SQ_FLAGS, R.SQ_DROPPED, Math.max(0, ctx.sqArrayOff), 0];
  const cq = [R.CQ_HEAD, R.CQ_TAIL, R.CQ_MASK, R.CQ_ENTRIES, R.CQ_OVERFLOW, R.CQES, R.CQ_FLAGS, 0];
  for (let i = 0; i < sq.length; i++) {
    set(P_SQ_OFF + i * 4, sq[i] as number);
    set(P_CQ_OFF + i * 4, cq[i] as number);
  }
  if (p.flags & U.IORING_SETUP_NO_MMAP) return;
  for (const at of [P_SQ_OFF, P_CQ_OFF]) for (const o of [0, 4]) set(at + OFF_USER_ADDR + o, 0);
}

/** The open file is gone: all requests end, and then the ring. @linux io_uring/io_uring.c io_ring_ctx_wait_and_kill */
export function ioRingCtxWaitAndKill(k: Kernel, ctx: IoRingCtx): void {
  ctx.dying = true;
  ctx.overflow = [];
  ctx.personalities.clear();
  for (let round = 0; round < 100 && ctx.nrReqs > 0; round++) {
    const any = ioUringTryCancelRequests(k, ctx, null);
    for (const req of ctx.localWork.splice(0)) {
      req.twQueued = false;
      req.tw?.run(k, req, true);
    }
    if (k.current.ioUring && k.current.ioUring.work.length > 0) tctxTaskWork(k, k.current);
    else if (!any) break;
  }
  if (ctx.nrReqs === 0) ioRingCtxPut(k, ctx);
}

/** The last request of a ring that is dying has ended. @linux io_uring/io_uring.c io_ring_ctx_free */
export function ioRingCtxPut(k: Kernel, ctx: IoRingCtx): void {
  if (ctx.freed) return;
  ctx.freed = true;
  ioSqThreadFinish(k, ctx);
  if (ctx.bufs) ioRsrcDataFree(k, ctx, ctx.bufs);
  if (ctx.files) ioRsrcDataFree(k, ctx, ctx.files);
  ctx.bufs = ctx.files = null;
  ioEventfdUnregister(k, ctx);
  ioDestroyBuffers(k, ctx);
  if (ctx.paramRegion) ioFreeRegion(k, ctx, ctx.paramRegion);
  for (const task of ctx.tasks) ioUringDelTctxNode(k, task, ctx);
  ctx.tasks.clear();
  ioFreeRegion(k, ctx, ctx.sqes);
  ioFreeRegion(k, ctx, ctx.rings);
}
