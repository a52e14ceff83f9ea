import type { Kernel } from "../kernel.ts";
import { EINVAL, ENOMEM } from "../uapi/errno.ts";
import { PAGE_SIZE, pageAlign64, VM_SEALED } from "./flags.ts";
import { isolate } from "./mmap.ts";
import { mergeVmas, vmaIndex } from "./vma.ts";

/** Forbids all later changes of a range; nothing is sealed if it has a hole. @linux mm/mseal.c do_mseal */
export function doMseal(k: Kernel, start: number, len: number, flags: number): number {
  if (flags !== 0 || start % PAGE_SIZE !== 0) return -EINVAL;
  const length = pageAlign64(len);
  if (len !== 0 && length === 0) return -EINVAL;
  const end = start + length;
  if (end > 2 ** 64) return -EINVAL;
  if (end === start) return 0;
  const mm = k.current.mm!;
  for (let at = start, i = vmaIndex(mm, start); at < end; i++) {
    const v = mm.vmas[i];
    if (!v || v.start > at) return -ENOMEM;
    at = v.end;
  }
  const first = isolate(k, mm, start, end);
  let i = first;
  for (; i < mm.vmas.length && mm.vmas[i]!.start < end; i++) mm.vmas[i]!.flags |= VM_SEALED;
  mergeVmas(k, mm, first, i);
  return 0;
}
