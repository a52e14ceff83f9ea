import type { File, FileOperations } from "../include/linux/fs.ts";
import type { IoRingCtx } from "../include/linux/ioUringTypes.ts";
import type { PollTable } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateTable } from "../state.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../uapi/poll.ts";
import { ioUringShowFdinfo } from "./fdinfo.ts";
import { ioUringMmap } from "./memmap.ts";
import { ioCqringEventsUser, ringRead, SQ_TAIL } from "./rings.ts";
import { ioRingCtxWaitAndKill } from "./setup.ts";

/** @linux io_uring/io_uring.c io_uring_poll */
function ioUringPoll(k: Kernel, file: File, table: PollTable | null): number {
  const ctx = file.priv as IoRingCtx;
  table?.wait(k, ctx.pollWait);
  let mask = 0;
  if ((ringRead(k, ctx, SQ_TAIL) - ctx.cachedSqHead) >>> 0 !== ctx.sqEntries) mask |= POLLOUT | POLLWRNORM;
  if (ioCqringEventsUser(k, ctx) > 0 || ctx.overflow.length > 0 || ctx.localWork.length > 0) mask |= POLLIN | POLLRDNORM;
  return mask;
}

export const ioUringFops: FileOperations = stateTable("io_uring_fops", {
  release: (k: Kernel, _inode: unknown, file: File): void => ioRingCtxWaitAndKill(k, file.priv as IoRingCtx),
  mmap: ioUringMmap,
  poll: ioUringPoll,
  showFdinfo: ioUringShowFdinfo,
});

/** Is it a ring? @linux io_uring/io_uring.c io_is_uring_fops */
export function isUringFile(file: File): boolean {
  return file.op === ioUringFops;
}
