import type { File } from "../include/linux/fs.ts";
import { IoRestriction, type IoRingCtx } from "../include/linux/ioUringTypes.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { EACCES, EBADFD, EBUSY, EEXIST, EFAULT, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import * as U from "../uapi/ioUring.ts";
import { ioRegisterCloneBuffers } from "./cloneBuffers.ts";
import { ioUringFile } from "./enter.ts";
import { ioEventfdRegister, ioEventfdUnregister } from "./eventfd.ts";
import { ioRegisterPbufRing, ioRegisterPbufStatus, ioUnregisterPbufRing } from "./kbufOps.ts";
import { ioRegisterMemRegion } from "./memRegion.ts";
import { ioUringSyncMsgRing } from "./msgRing.ts";
import { ioIssueDefs } from "./opdef.ts";
import { ioQuery } from "./query.ts";
import * as M from "./registerMore.ts";
import { ioRegisterResizeRings } from "./resize.ts";
import { ioRingfdRegisterMany, ioRingfdUnregister } from "./ringfd.ts";
import * as R from "./rsrcRegister.ts";
import { ioSqThreadStart } from "./sqpoll.ts";
import { ioUringAddTask } from "./tctx.ts";

/** io_uring_register (io_uring/register.c). */

const MAX_RESTRICTIONS = 63;

/** Which operations there are. @linux io_uring/register.c io_probe */
function ioProbe(k: Kernel, arg: number, nr: number): number {
  const n = Math.min(nr, U.IORING_OP_LAST);
  const bytes = new Uint8Array(16 + n * 8);
  if (copyFromUser(k, arg, bytes, 0, bytes.length) !== 0) return -EFAULT;
  if (bytes.some((b) => b !== 0)) return -EINVAL;
  bytes[0] = U.IORING_OP_LAST - 1;
  for (let i = 0; i < n; i++) {
    bytes[16 + i * 8] = i;
    if (ioIssueDefs[i]) bytes[16 + i * 8 + 2] = 1;
  }
  bytes[1] = n;
  return copyToUser(k, arg, bytes, 0, bytes.length) !== 0 ? -EFAULT : 0;
}

/** @linux io_uring/register.c io_register_personality */
function registerPersonality(k: Kernel, ctx: IoRingCtx): number {
  if (ctx.personalities.size >= 65535) return -EBUSY;
  let id = ctx.nextPersonality;
  while (ctx.personalities.has(id)) id = (id % 65535) + 1;
  ctx.nextPersonality = (id % 65535) + 1;
  ctx.personalities.set(id, k.current.cred);
  return id;
}

/** @linux io_uring/register.c io_register_restrictions */
function registerRestrictions(k: Kernel, ctx: IoRingCtx, arg: number, nr: number): number {
  if (!(ctx.flags & U.IORING_SETUP_R_DISABLED)) return -EBADFD;
  if (ctx.restrictions) return -EBUSY;
  if (arg === 0 || nr > MAX_RESTRICTIONS) return -EINVAL;
  const bytes = new Uint8Array(nr * 16);
  if (copyFromUser(k, arg, bytes, 0, bytes.length) !== 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  const r = new IoRestriction();
  for (let i = 0; i < nr; i++) {
    const value = bytes[i * 16 + 2] as number;
    switch (view.getUint16(i * 16, true)) {
      case U.IORING_RESTRICTION_REGISTER_OP:
        if (value >= U.IORING_REGISTER_LAST) return -EINVAL;
        r.registerOps.add(value);
        break;
      case U.IORING_RESTRICTION_SQE_OP:
        if (value >= U.IORING_OP_LAST) return -EINVAL;
        r.sqeOps.add(value);
        break;
      case U.IORING_RESTRICTION_SQE_FLAGS_ALLOWED:
        r.sqeFlagsAllowed = value;
        break;
      case U.IORING_RESTRICTION_SQE_FLAGS_REQUIRED:
        r.sqeFlagsRequired = value;
        break;
      default:
        return -EINVAL;
    }
  }
  ctx.restrictions = r;
  return 0;
}

/** @linux io_uring/register.c io_register_enable_rings */
function enableRings(k: Kernel, ctx: IoRingCtx): number {
  if (!(ctx.flags & U.IORING_SETUP_R_DISABLED)) return -EBADFD;
  if (ctx.flags & U.IORING_SETUP_SINGLE_ISSUER && !ctx.submitter) {
    ctx.submitter = k.current;
    ioUringAddTask(k.current, ctx);
  }
  if (ctx.restrictions) ctx.restricted = true;
  ctx.flags &= ~U.IORING_SETUP_R_DISABLED;
  ioSqThreadStart(k, ctx);
  return 0;
}

/** @linux io_uring/register.c __io_uring_register */
function register(k: Kernel, ctx: IoRingCtx, opcode: number, arg: number, nr: number): number {
  if (ctx.submitter && ctx.submitter !== k.current) return -EEXIST;
  if (ctx.restricted && !ctx.restrictions?.registerOps.has(opcode)) return -EACCES;
  switch (opcode) {
    case U.IORING_REGISTER_BUFFERS:
      return arg === 0 ? -EFAULT : R.ioSqeBuffersRegister(k, ctx, arg, nr, 0);
    case U.IORING_UNREGISTER_BUFFERS:
      return arg !== 0 || nr !== 0 ? -EINVAL : R.ioSqeBuffersUnregister(k, ctx);
    case U.IORING_REGISTER_FILES:
      return arg === 0 ? -EFAULT : R.ioSqeFilesRegister(k, ctx, arg, nr, 0);
    case U.IORING_UNREGISTER_FILES:
      return arg !== 0 || nr !== 0 ? -EINVAL : R.ioSqeFilesUnregister(k, ctx);
    case U.IORING_REGISTER_FILES_UPDATE:
      return R.ioRegisterFilesUpdate(k, ctx, arg, nr);
    case U.IORING_REGISTER_EVENTFD:
      return nr !== 1 ? -EINVAL : ioEventfdRegister(k, ctx, arg, false);
    case U.IORING_REGISTER_EVENTFD_ASYNC:
      return nr !== 1 ? -EINVAL : ioEventfdRegister(k, ctx, arg, true);
    case U.IORING_UNREGISTER_EVENTFD:
      return arg !== 0 || nr !== 0 ? -EINVAL : ioEventfdUnregister(k, ctx);
    case U.IORING_REGISTER_PROBE:
      return arg === 0 || nr > 256 ? -EINVAL : ioProbe(k, arg, nr);
    case U.IORING_REGISTER_PERSONALITY:
      return arg !== 0 || nr !== 0 ? -EINVAL : registerPersonality(k, ctx);
    case U.IORING_UNREGISTER_PERSONALITY:
      return arg !== 0 ? -EINVAL : ctx.personalities.delete(nr) ? 0 : -EINVAL;
    case U.IORING_REGISTER_ENABLE_RINGS:
      return arg !== 0 || nr !== 0 ? -EINVAL : enableRings(k, ctx);
    case U.IORING_REGISTER_RESTRICTIONS:
      return registerRestrictions(k, ctx, arg, nr);
    case U.IORING_REGISTER_FILES2:
      return R.ioRegisterRsrc(k, ctx, arg, nr, R.IORING_RSRC_FILE);
    case U.IORING_REGISTER_FILES_UPDATE2:
      return R.ioRegisterRsrcUpdate(k, ctx, arg, nr, R.IORING_RSRC_FILE);
    case U.IORING_REGISTER_BUFFERS2:
      return R.ioRegisterRsrc(k, ctx, arg, nr, R.IORING_RSRC_BUFFER);
    case U.IORING_REGISTER_BUFFERS_UPDATE:
      return R.ioRegisterRsrcUpdate(k, ctx, arg, nr, R.IORING_RSRC_BUFFER);
    case U.IORING_REGISTER_RING_FDS:
      return ioRingfdRegisterMany(k, arg, nr);
    case U.IORING_UNREGISTER_RING_FDS:
      return ioRingfdUnregister(k, arg, nr);
    case U.IORING_REGISTER_FILE_ALLOC_RANGE:
      return arg === 0 || nr !== 0 ? -EINVAL : R.ioRegisterFileAllocRange(k, ctx, arg);
    case U.IORING_REGISTER_SYNC_CANCEL:
      return arg === 0 || nr !== 1 ? -EINVAL : M.ioSyncCancel(k, ctx, arg);
    case U.IORING_REGISTER_IOWQ_AFF:
      return arg === 0 || nr === 0 ? -EINVAL : M.ioRegisterIowqAff(k, ctx, arg, nr);
    case U.IORING_UNREGISTER_IOWQ_AFF:
      return arg !== 0 || nr !== 0 ? -EINVAL : 0;
    case U.IORING_REGISTER_IOWQ_MAX_WORKERS:
      return arg === 0 || nr !== 2 ? -EINVAL : M.ioRegisterIowqMaxWorkers(k, ctx, arg);
    case U.IORING_REGISTER_CLOCK:
      return arg === 0 || nr !== 0 ? -EINVAL : M.ioRegisterClock(k, ctx, arg);
    case U.IORING_REGISTER_PBUF_RING:
      return arg === 0 || nr !== 1 ? -EINVAL : ioRegisterPbufRing(k, ctx, arg);
    case U.IORING_UNREGISTER_PBUF_RING:
      return arg === 0 || nr !== 1 ? -EINVAL : ioUnregisterPbufRing(k, ctx, arg);
    case U.IORING_REGISTER_CLONE_BUFFERS:
      return arg === 0 || nr !== 1 ? -EINVAL : ioRegisterCloneBuffers(k, ctx, arg);
    case U.IORING_REGISTER_RESIZE_RINGS:
      return arg === 0 || nr !== 1 ? -EINVAL : ioRegisterResizeRings(k, ctx, arg);
    case U.IORING_REGISTER_MEM_REGION:
      return arg === 0 || nr !== 1 ? -EINVAL : ioRegisterMemRegion(k, ctx, arg);
    case U.IORING_REGISTER_QUERY:
      return ioQuery(k, arg, nr);
    // No device has queues to poll or to receive into a program's memory from.
    case U.IORING_REGISTER_NAPI:
    case U.IORING_UNREGISTER_NAPI:
    case U.IORING_REGISTER_ZCRX_IFQ:
      return arg === 0 || nr !== 1 ? -EINVAL : -EOPNOTSUPP;
    case U.IORING_REGISTER_PBUF_STATUS:
      return arg === 0 || nr !== 1 ? -EINVAL : ioRegisterPbufStatus(k, ctx, arg);
    default:
      return -EINVAL;
  }
}

/** @linux io_uring/register.c io_uring_register */
export function sysIoUringRegister(k: Kernel, fd: number, opcode: number, arg: number, nr: number): number {
  const registered = (opcode & U.IORING_REGISTER_USE_REGISTERED_RING) !== 0;
  const op = (opcode & ~U.IORING_REGISTER_USE_REGISTERED_RING) >>> 0;
  if (op >= U.IORING_REGISTER_LAST) return -EINVAL;
  // A few things can be asked without a ring.
  if ((fd | 0) === -1 && !registered) {
    if (op === U.IORING_REGISTER_QUERY) return ioQuery(k, arg, nr);
    return op === U.IORING_REGISTER_SEND_MSG_RING ? ioUringSyncMsgRing(k, arg, nr) : -EINVAL;
  }
  const file = ioUringFile(k, fd, registered);
  if (typeof file === "number") return file;
  const ctx = (file as File).priv as IoRingCtx;
  const ret = register(k, ctx, op, arg, nr);
  if (ret !== BLOCKED && k.trace.ioUringRegister.enabled) {
    k.trace.ioUringRegister.fire(ctx, op, ctx.files?.nodes.length ?? 0, ctx.bufs?.nodes.length ?? 0, ret);
  }
  return ret;
}
