import type { File, FileOperations } from "../../include/linux/fs.ts";
import { capable } from "../../kernel/capability.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { putUser32 } from "../../mm/usercopy.ts";
import { stateTable } from "../../state.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../../uapi/errno.ts";

const CHUNK = 4096;
/** Bits of entropy once the generator is seeded (POOL_READY_BITS). */
export const ENTROPY_BITS = 256;

const RNDGETENTCNT = 0x80045200;
const RNDADDTOENTCNT = 0x40045201;
const RNDADDENTROPY = 0x40085203;
const RNDZAPENTCNT = 0x5204;
const RNDCLEARPOOL = 0x5206;
const RNDRESEEDCRNG = 0x5207;

/** @linux drivers/char/random.c get_random_bytes_user */
function randomRead(k: Kernel, _file: File, to: IovIter): number {
  if (to.count === 0) return 0;
  const buffer = new Uint8Array(Math.min(CHUNK, to.count));
  let done = 0;
  while (to.count > 0) {
    const n = Math.min(CHUNK, to.count);
    k.rng.fill(buffer, 0, n);
    const copied = to.copyTo(k, buffer, 0, n);
    done += copied;
    if (copied < n) break;
  }
  return done > 0 ? done : -EFAULT;
}

/** What programs add is taken, but never stirred in: the generator's bytes depend on the seed alone. @linux drivers/char/random.c write_pool_user */
function randomWrite(k: Kernel, _file: File, from: IovIter): number {
  if (from.count === 0) return 0;
  const buffer = new Uint8Array(Math.min(CHUNK, from.count));
  let done = 0;
  while (from.count > 0) {
    const n = Math.min(CHUNK, from.count);
    const copied = from.copyFrom(k, buffer, 0, n);
    done += copied;
    if (copied < n) break;
  }
  return done > 0 ? done : -EFAULT;
}

/** @linux drivers/char/random.c random_ioctl */
function randomIoctl(k: Kernel, _file: File, cmd: number, arg: number): number {
  switch (cmd >>> 0) {
    case RNDGETENTCNT:
      return putUser32(k, arg, ENTROPY_BITS);
    case RNDADDTOENTCNT:
    case RNDADDENTROPY:
    case RNDZAPENTCNT:
    case RNDCLEARPOOL:
    case RNDRESEEDCRNG:
      return capable(k, CAP_SYS_ADMIN) ? 0 : -EPERM;
    default:
      return -EINVAL;
  }
}

/** There always are bytes (EPOLLIN | EPOLLRDNORM). @linux drivers/char/random.c random_poll */
function randomPoll(): number {
  return 0x41;
}

/** There is no position to move. @linux fs/read_write.c noop_llseek */
function noopLlseek(): number {
  return 0;
}

export const randomFops: FileOperations = stateTable("random_fops", {
  llseek: noopLlseek,
  read: randomRead,
  write: randomWrite,
  poll: randomPoll,
  ioctl: randomIoctl,
});
export const urandomFops: FileOperations = stateTable("urandom_fops", {
  llseek: noopLlseek,
  read: randomRead,
  write: randomWrite,
  ioctl: randomIoctl,
});
