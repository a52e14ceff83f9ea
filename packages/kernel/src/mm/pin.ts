import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { CAP_IPC_LOCK } from "../uapi/capability.ts";
import { EFAULT, ENOMEM } from "../uapi/errno.ts";
import { RLIMIT_MEMLOCK } from "../uapi/resource.ts";
import { userPage } from "./usercopy.ts";

/** Frames of programs that the kernel has pinned, with how often, and the pages each user has locked. */
class Pins {
  frames = new Map<number, number>();
  locked = new Map<number, number>();
}
stateClass(Pins);

function pins(k: Kernel): Pins {
  let p = k.subsystems.get("pins") as Pins | undefined;
  if (!p) {
    p = new Pins();
    k.subsystems.set("pins", p);
  }
  return p;
}

/** References of a frame that are pins: a page that nobody else has is still written in place. */
export function pinsOf(k: Kernel, frame: number): number {
  const p = k.subsystems.get("pins") as Pins | undefined;
  return p === undefined || p.frames.size === 0 ? 0 : (p.frames.get(frame) ?? 0);
}

/**
 * Keeps the pages of the current task from `start` on where they are, made writable: their frames, or -EFAULT.
 * @linux mm/gup.c pin_user_pages
 */
export function pinUserPages(k: Kernel, start: number, pages: number): number[] | number {
  const { phys } = k.machine;
  const p = pins(k);
  const frames: number[] = [];
  for (let i = 0; i < pages; i++) {
    const pa = userPage(k, start + i * 4096, true);
    if (pa < 0) {
      unpinUserPages(k, frames);
      return -EFAULT;
    }
    const frame = Math.floor(pa / 4096);
    phys.get(frame);
    p.frames.set(frame, (p.frames.get(frame) ?? 0) + 1);
    frames.push(frame);
  }
  return frames;
}

/** @linux mm/gup.c unpin_user_pages */
export function unpinUserPages(k: Kernel, frames: readonly number[]): void {
  const p = pins(k);
  for (const frame of frames) {
    const n = (p.frames.get(frame) ?? 1) - 1;
    if (n === 0) p.frames.delete(frame);
    else p.frames.set(frame, n);
    k.machine.phys.put(frame);
  }
}

/** Counts pages against a user's RLIMIT_MEMLOCK: 0 or -ENOMEM. @linux io_uring/rsrc.c __io_account_mem */
export function accountMem(k: Kernel, uid: number, pages: number): number {
  if (uid < 0 || pages === 0) return 0;
  const { locked } = pins(k);
  const now = (locked.get(uid) ?? 0) + pages;
  if (now > rlimit(k.current, RLIMIT_MEMLOCK) / 4096) return -ENOMEM;
  locked.set(uid, now);
  return 0;
}

/** @linux io_uring/rsrc.h __io_unaccount_mem */
export function unaccountMem(k: Kernel, uid: number, pages: number): void {
  if (uid < 0 || pages === 0) return;
  const { locked } = pins(k);
  const left = (locked.get(uid) ?? 0) - pages;
  if (left > 0) locked.set(uid, left);
  else locked.delete(uid);
}

/** Whom locked memory is counted against: nobody with CAP_IPC_LOCK (-1). */
export function memAccountUser(k: Kernel): number {
  return capable(k, CAP_IPC_LOCK) ? -1 : k.current.cred.uid;
}
