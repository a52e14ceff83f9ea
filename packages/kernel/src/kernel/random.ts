import type { Kernel } from "../kernel.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EFAULT, EINVAL } from "../uapi/errno.ts";

const GRND_NONBLOCK = 1;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const grndNames = flagNames("GRND_???", { GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE });
const CHUNK = 4096;
/** So much is given whole, whatever signals come (getrandom(2)). */
const WHOLE = 256;
const MAX_RW_COUNT = 0x7ffff000;

/** Stores random bytes in user memory. @returns bytes stored, or -EFAULT if none could be */
export function getRandomBytesUser(k: Kernel, address: number, count: number): number {
  const buffer = new Uint8Array(Math.min(count, CHUNK));
  let done = 0;
  while (done < count) {
    const n = Math.min(CHUNK, count - done);
    k.rng.fill(buffer, 0, n);
    if (copyToUser(k, address + done, buffer, 0, n) !== 0) return done > 0 ? done : -EFAULT;
    done += n;
  }
  return done;
}

export const randomSyscalls: readonly SyscallDef[] = [
  syscall(
    "getrandom",
    { ubuf: A.bufOut("ret"), len: A.size, flags: A.flags(grndNames, "u32") },
    (k, address, length, flags) => {
      if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
      if ((flags & (GRND_INSECURE | GRND_RANDOM)) === (GRND_INSECURE | GRND_RANDOM)) return -EINVAL;
      return getRandomBytesUser(k, address, Math.min(length, MAX_RW_COUNT));
    },
    { linux: "drivers/char/random.c sys_getrandom", eintr: (_buf, length) => length > WHOLE, short: { length: "len", whole: WHOLE } },
  ),
];
