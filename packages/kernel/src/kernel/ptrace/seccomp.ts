import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EACCES, EFAULT, EINVAL, ENOENT } from "../../uapi/errno.ts";
import { SECCOMP_FILTER_FLAG_LOG, SECCOMP_MODE_DISABLED, SECCOMP_MODE_FILTER } from "../../uapi/seccomp.ts";
import { capable } from "../capability.ts";
import type { SeccompFilter } from "../seccomp/filter.ts";

/** struct seccomp_metadata { u64 filter_off; u64 flags; } */
const METADATA_SIZE = 16;

/** The tracee's filter number `off`, the oldest being 0, or a negated errno. @linux kernel/seccomp.c get_nth_filter */
function nthFilter(task: Task, off: number): SeccompFilter | number {
  if (task.seccompMode !== SECCOMP_MODE_FILTER) return -EINVAL;
  let back = task.seccompFilterCount - 1 - off;
  if (back < 0) return -ENOENT;
  let f = task.seccompFilter;
  for (; f && back > 0; back--) f = f.prev;
  return f ?? -ENOENT;
}

function mayLook(k: Kernel): boolean {
  return capable(k, CAP_SYS_ADMIN) && k.current.seccompMode === SECCOMP_MODE_DISABLED;
}

/** @returns instructions it has, which are copied if there is a place for them @linux kernel/seccomp.c seccomp_get_filter */
export function seccompGetFilter(k: Kernel, task: Task, off: number, data: number): number {
  if (!mayLook(k)) return -EACCES;
  const f = nthFilter(task, off);
  if (typeof f === "number") return f;
  const { orig } = f.prog;
  if (data !== 0 && copyToUser(k, data, orig, 0, orig.length) !== 0) return -EFAULT;
  return orig.length / 8;
}

/** @linux kernel/seccomp.c seccomp_get_metadata */
export function seccompGetMetadata(k: Kernel, task: Task, size: number, data: number): number {
  if (!mayLook(k)) return -EACCES;
  const n = Math.min(size, METADATA_SIZE);
  const bytes = new Uint8Array(METADATA_SIZE);
  const v = new DataView(bytes.buffer);
  if (size < 8) return -EINVAL;
  if (copyFromUser(k, data, bytes, 0, 8) !== 0) return -EFAULT;
  const f = nthFilter(task, v.getUint32(0, true) + v.getUint32(4, true) * 4294967296);
  if (typeof f === "number") return f;
  if (f.log) v.setUint32(8, SECCOMP_FILTER_FLAG_LOG, true);
  return copyToUser(k, data, bytes, 0, n) !== 0 ? -EFAULT : n;
}
