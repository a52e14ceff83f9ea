import { dPath } from "../fs/dcache.ts";
import type { File } from "../include/linux/fs.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import {
  IORING_CQE_F_32,
  IORING_SETUP_CQE32,
  IORING_SETUP_SQE128,
  ioUringOpNames,
  SQE_ADDR,
  SQE_BUF_INDEX,
  SQE_FD,
  SQE_FLAGS,
  SQE_OFF,
  SQE_OP_FLAGS,
  SQE_OPCODE,
  SQE_USER_DATA,
} from "../uapi/ioUring.ts";
import { CQ_HEAD, CQ_TAIL, CQES, regionAddr, ringRead, SQ_HEAD, SQ_TAIL, sqe8, sqe16, sqe32, sqeS32 } from "./rings.ts";
import { sqPollInfo } from "./sqpoll.ts";

const u64 = (lo: number, hi: number): string => ((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)).toString();

/** SQEs that wait to be taken. */
function sqeLines(k: Kernel, ctx: IoRingCtx, head: number, tail: number): string {
  let text = "";
  const n = Math.min((tail - head) >>> 0, ctx.sqEntries);
  for (let i = 0; i < n; i++) {
    const entry = (head + i) >>> 0;
    let index = entry & (ctx.sqEntries - 1);
    if (ctx.sqArrayOff >= 0) index = k.machine.phys.u32[regionAddr(ctx.rings, ctx.sqArrayOff + index * 4) >>> 2] as number;
    if (index >= ctx.sqEntries) continue;
    const big = (ctx.flags & IORING_SETUP_SQE128) !== 0;
    const s = regionAddr(ctx.sqes, index * (big ? 128 : 64));
    const name = ioUringOpNames[sqe8(k, s, SQE_OPCODE)] ?? "INVALID";
    text += `${String(index).padStart(5)}: opcode:${name}, fd:${sqeS32(k, s, SQE_FD)}, flags:${sqe8(k, s, SQE_FLAGS).toString(16)}, `;
    text += `off:${u64(sqe32(k, s, SQE_OFF), sqe32(k, s, SQE_OFF + 4))}, addr:0x${BigInt(u64(sqe32(k, s, SQE_ADDR), sqe32(k, s, SQE_ADDR + 4))).toString(16)}, `;
    text += `rw_flags:0x${sqe32(k, s, SQE_OP_FLAGS).toString(16)}, buf_index:${sqe16(k, s, SQE_BUF_INDEX)} user_data:${u64(sqe32(k, s, SQE_USER_DATA), sqe32(k, s, SQE_USER_DATA + 4))}`;
    if (big) {
      for (let w = 0; w < 8; w++) text += `, e${w}:0x${BigInt(u64(sqe32(k, s, 64 + w * 8), sqe32(k, s, 68 + w * 8))).toString(16)}`;
    }
    text += "\n";
  }
  return text;
}

/** CQEs that the program has not taken. Linux counts in units of 16 bytes here, so that of a ring of larger ones it shows the first half; so do we. */
function cqeLines(k: Kernel, ctx: IoRingCtx, head: number, tail: number): string {
  let text = "";
  const n = Math.min((tail - head) >>> 0, ctx.cqEntries);
  for (let i = 0; i < n; i++) {
    const index = ((head + i) >>> 0) & (ctx.cqEntries - 1);
    const c = regionAddr(ctx.rings, CQES + index * 16);
    const flags = sqe32(k, c, 12);
    text += `${String(index).padStart(5)}: user_data:${u64(sqe32(k, c, 0), sqe32(k, c, 4))}, res:${sqeS32(k, c, 8)}, flag:${flags.toString(16)}`;
    if (ctx.flags & IORING_SETUP_CQE32 || flags & IORING_CQE_F_32) {
      i++;
      // The last slot has nothing behind it that would be its own.
      const e = index + 1 < ctx.cqEntries || ctx.flags & IORING_SETUP_CQE32 ? regionAddr(ctx.rings, CQES + (index + 1) * 16) : c;
      text += `, extra1:${u64(sqe32(k, e, 0), sqe32(k, e, 4))}, extra2:${u64(sqe32(k, e, 8), sqe32(k, e, 12))}`;
    }
    text += "\n";
  }
  return text;
}

/** @linux io_uring/fdinfo.c io_uring_show_fdinfo */
export function ioUringShowFdinfo(k: Kernel, file: File): string {
  const ctx = file.priv as IoRingCtx;
  const head = (r: number): number => ringRead(k, ctx, r);
  const sqHead = head(SQ_HEAD);
  const sqTail = head(SQ_TAIL);
  const cqHead = head(CQ_HEAD);
  const cqTail = head(CQ_TAIL);
  let text = `SqMask:\t0x${(ctx.sqEntries - 1).toString(16)}\nSqHead:\t${sqHead}\nSqTail:\t${sqTail}\nCachedSqHead:\t${ctx.cachedSqHead}\n`;
  text += `CqMask:\t0x${(ctx.cqEntries - 1).toString(16)}\nCqHead:\t${cqHead}\nCqTail:\t${cqTail}\nCachedCqTail:\t${ctx.cachedCqTail}\n`;
  text += `SQEs:\t${(sqTail - sqHead) >>> 0}\n${sqeLines(k, ctx, sqHead, sqTail)}`;
  text += `CQEs:\t${(cqTail - cqHead) >>> 0}\n${cqeLines(k, ctx, cqHead, cqTail)}`;
  const sq = sqPollInfo(ctx);
  text += `SqThread:\t${sq.pid}\nSqThreadCpu:\t${sq.cpu}\nSqTotalTime:\t${sq.total}\nSqWorkTime:\t${sq.work}\n`;
  text += `UserFiles:\t${ctx.files?.nodes.length ?? 0}\n`;
  ctx.files?.nodes.forEach((node, i) => {
    if (node?.file) text += `${String(i).padStart(5)}: ${dPath(k, node.file.path)}\n`;
  });
  text += `UserBufs:\t${ctx.bufs?.nodes.length ?? 0}\n`;
  ctx.bufs?.nodes.forEach((node, i) => {
    if (node?.buf) text += `${String(i).padStart(5)}: 0x${node.buf.ubuf.toString(16)}/${node.buf.len}\n`;
    else text += `${String(i).padStart(5)}: <none>\n`;
  });
  text += "PollList:\n";
  for (const bucket of ctx.cancelTable)
    for (let r = bucket; r; r = r.hashNext) text += `  op=${r.opcode}, task_works=${r.twQueued ? 1 : 0}\n`;
  text += "CqOverflowList:\n";
  for (const o of ctx.overflow) text += `  user_data=${u64(o.lo, o.hi)}, res=${o.res}, flags=${(o.flags >>> 0).toString(16)}\n`;
  return `${text}NAPI:\tdisabled\n`;
}
