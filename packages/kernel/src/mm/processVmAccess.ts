import { findTask } from "../kernel/pid.ts";
import { ptraceMayAccess } from "../kernel/ptraceAccess.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import { getU64 } from "../uapi/struct.ts";
import { accessRemoteVm } from "./remote.ts";
import { copyFromUser } from "./usercopy.ts";
import { importIovec } from "./userIov.ts";

const UIO_MAXIOV = 1024;
const CHUNK = 65536;

/** Copies between the caller's segments and those of another process, until one side ends or a page cannot be had. @linux mm/process_vm_access.c process_vm_rw */
function processVmRw(
  k: Kernel,
  pid: number,
  localAddr: number,
  localCount: number,
  remoteAddr: number,
  remoteCount: number,
  flags: number,
  write: boolean,
): number {
  if (flags !== 0) return -EINVAL;
  const local = importIovec(k, localAddr, localCount, !write);
  if (typeof local === "number") return local;
  if (local.count === 0) return 0;
  if (remoteCount < 0 || remoteCount > UIO_MAXIOV) return -EINVAL;
  const raw = new Uint8Array(remoteCount * 16);
  if (copyFromUser(k, remoteAddr, raw, 0, raw.length) < 0) return -EFAULT;
  const view = new DataView(raw.buffer);
  const task = findTask(k, pid);
  if (!task) return -ESRCH;
  if (!ptraceMayAccess(k, task)) return -EPERM;
  const { mm } = task;
  if (!mm) return -ESRCH;
  let done = 0;
  for (let i = 0; i < remoteCount && local.count > 0; i++) {
    let at = getU64(view, i * 16);
    let left = getU64(view, i * 16 + 8);
    while (left > 0 && local.count > 0) {
      const want = Math.min(left, local.count, CHUNK);
      const bytes = new Uint8Array(want);
      let n: number;
      if (write) {
        const got = local.copyFrom(k, bytes, 0, want);
        n = got === 0 ? 0 : accessRemoteVm(k, mm, at, bytes.subarray(0, got), true);
        if (n < got) local.revert(got - n);
      } else {
        const got = accessRemoteVm(k, mm, at, bytes, false);
        n = got === 0 ? 0 : local.copyTo(k, bytes, 0, got);
      }
      done += n;
      if (n < want) return done > 0 ? done : -EFAULT;
      at += n;
      left -= n;
    }
  }
  return done;
}

const args = { pid: A.pid, lvec: A.ptr, liovcnt: A.ulong, rvec: A.ptr, riovcnt: A.ulong, flags: A.ulong };

export const processVmSyscalls: readonly SyscallDef[] = [
  syscall("process_vm_readv", args, (k, pid, l, ln, r, rn, flags) => processVmRw(k, pid, l, ln, r, rn, flags, false), {
    linux: "mm/process_vm_access.c process_vm_readv",
  }),
  syscall("process_vm_writev", args, (k, pid, l, ln, r, rn, flags) => processVmRw(k, pid, l, ln, r, rn, flags, true), {
    linux: "mm/process_vm_access.c process_vm_writev",
  }),
];
