import { allocFd, fdPut, fput } from "../fs/file.ts";
import type { File } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { getUser16, getUser32, getUser64, writeStruct } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBUSY, EFAULT, EINVAL, EOPNOTSUPP } from "../uapi/errno.ts";
import * as S from "../uapi/seccomp.ts";
import { type SeccompFilter, seccompAssignMode, seccompAttachFilter, seccompPrepareFilter, seccompSyncThreads } from "./seccomp/filter.ts";
import { initListener } from "./seccomp/notify.ts";
import "./seccomp/settings.ts";

/** A mode is set once and for all; more filters may come. @linux kernel/seccomp.c seccomp_may_assign_mode */
function mayAssignMode(k: Kernel, mode: number): boolean {
  const now = k.current.seccompMode;
  return now === S.SECCOMP_MODE_DISABLED || now === mode;
}

/** @linux kernel/seccomp.c seccomp_set_mode_strict */
function setModeStrict(k: Kernel): number {
  if (!mayAssignMode(k, S.SECCOMP_MODE_STRICT)) return -EINVAL;
  const task = k.current;
  // No clock for those who must not tell anything by timing.
  task.tscFault = k.machine.tscFault = true;
  seccompAssignMode(task, S.SECCOMP_MODE_STRICT);
  return 0;
}

/** Of a task's filters one may have a listener. @linux kernel/seccomp.c has_duplicate_listener */
function hasListener(k: Kernel): boolean {
  for (let f: SeccompFilter | null = k.current.seccompFilter; f; f = f.prev) if (f.notif) return true;
  return false;
}

/** @returns 0, a descriptor with NEW_LISTENER, a thread's number with TSYNC, or a negated errno @linux kernel/seccomp.c seccomp_set_mode_filter */
function setModeFilter(k: Kernel, flags: number, uprog: number): number {
  if (flags & ~S.SECCOMP_FILTER_FLAG_MASK) return -EINVAL;
  const tsync = (flags & S.SECCOMP_FILTER_FLAG_TSYNC) !== 0;
  const listens = (flags & S.SECCOMP_FILTER_FLAG_NEW_LISTENER) !== 0;
  // A thread's number and a descriptor could not be told apart.
  if (tsync && listens && !(flags & S.SECCOMP_FILTER_FLAG_TSYNC_ESRCH)) return -EINVAL;
  if (flags & S.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV && !listens) return -EINVAL;
  const len = getUser16(k, uprog);
  const address = getUser64(k, uprog + 8);
  if (len < 0 || address < 0) return -EFAULT;
  const filter = seccompPrepareFilter(k, len, address);
  if (typeof filter === "number") return filter;
  let fd = 0;
  let file: File | null = null;
  if (listens) {
    fd = allocFd(k, 0);
    if (fd < 0) return fd;
    file = initListener(k, filter);
  }
  let r = 0;
  if (!mayAssignMode(k, S.SECCOMP_MODE_FILTER)) r = -EINVAL;
  else if (listens && hasListener(k)) r = -EBUSY;
  else r = seccompAttachFilter(k.current, flags, filter);
  if (r !== 0) {
    if (file) fput(k, file);
    return r;
  }
  if (tsync) seccompSyncThreads(k, k.current);
  seccompAssignMode(k.current, S.SECCOMP_MODE_FILTER);
  if (file) fdPut(k, fd, file, true);
  return fd;
}

/** @linux kernel/seccomp.c do_seccomp */
function doSeccomp(k: Kernel, op: number, flags: number, uargs: number): number {
  switch (op) {
    case S.SECCOMP_SET_MODE_STRICT:
      return flags !== 0 || uargs !== 0 ? -EINVAL : setModeStrict(k);
    case S.SECCOMP_SET_MODE_FILTER:
      return setModeFilter(k, flags, uargs);
    case S.SECCOMP_GET_ACTION_AVAIL: {
      if (flags !== 0) return -EINVAL;
      const action = getUser32(k, uargs);
      if (action < 0) return -EFAULT;
      return S.seccompActions.some(([, a]) => a === (action | 0)) ? 0 : -EOPNOTSUPP;
    }
    case S.SECCOMP_GET_NOTIF_SIZES:
      if (flags !== 0) return -EINVAL;
      return writeStruct(k, uargs, S.seccompNotifSizesStruct, {
        seccomp_notif: S.SECCOMP_NOTIF_SIZE,
        seccomp_notif_resp: S.SECCOMP_NOTIF_RESP_SIZE,
        seccomp_data: S.SECCOMP_DATA_SIZE,
      });
    default:
      return -EINVAL;
  }
}

/** @linux kernel/seccomp.c prctl_set_seccomp */
export function prctlSetSeccomp(k: Kernel, mode: number, filter: number): number {
  if (mode === S.SECCOMP_MODE_STRICT) return doSeccomp(k, S.SECCOMP_SET_MODE_STRICT, 0, 0);
  return mode === S.SECCOMP_MODE_FILTER ? doSeccomp(k, S.SECCOMP_SET_MODE_FILTER, 0, filter) : -EINVAL;
}

export const seccompSyscalls: readonly SyscallDef[] = [
  syscall(
    "seccomp",
    { op: A.enum(S.seccompOpNames, "u32"), flags: A.flags(S.seccompFilterFlagNames, "u32"), uargs: A.custom() },
    doSeccomp,
    {
      linux: "kernel/seccomp.c do_seccomp",
    },
  ),
];
