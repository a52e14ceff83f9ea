import type { Kernel } from "../kernel.ts";
import { EBADF, EFAULT, EINVAL, ENOMEM } from "../uapi/errno.ts";
import { PAGE_SIZE, pageUp, TASK_SIZE } from "./flags.ts";
import { isolate } from "./mmap.ts";
import { strncpyFromUser } from "./usercopy.ts";
import { mergeVmas, vmaIndex } from "./vma.ts";

const ANON_VMA_NAME_MAX_LEN = 80;

/** Names an anonymous area for /proc/PID/maps (PR_SET_VMA_ANON_NAME); address 0 takes the name away. @linux mm/madvise.c madvise_set_anon_name */
export function setAnonVmaName(k: Kernel, start: number, length: number, nameAddress: number): number {
  let name: string | null = null;
  if (nameAddress !== 0) {
    const s = strncpyFromUser(k, nameAddress, ANON_VMA_NAME_MAX_LEN);
    if (typeof s === "number") return s === -EFAULT ? -EFAULT : -EINVAL;
    // Printable, and without what would confuse readers of maps.
    if (/[^\x20-\x7e]|[\\`$[\]]/.test(s)) return -EINVAL;
    name = s;
  }
  const mm = k.current.mm;
  if (!mm || start % PAGE_SIZE !== 0) return -EINVAL;
  const end = start + pageUp(length);
  if (end > TASK_SIZE) return -EINVAL;
  let at = start;
  let error = 0;
  const first = vmaIndex(mm, start);
  let i = first;
  while (at < end) {
    const v = mm.vmas[i];
    if (!v || v.start >= end) return error || (at < end ? -ENOMEM : 0);
    if (v.start > at) {
      error = -ENOMEM;
      at = v.start;
    }
    if (v.file) return -EBADF;
    const stop = Math.min(end, v.end);
    i = isolate(k, mm, at, stop);
    mm.vmas[i]!.name = name;
    at = stop;
    i++;
  }
  mergeVmas(k, mm, first, i);
  return error;
}
