import { EXIT_DEAD, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser, getUser64 } from "../mm/usercopy.ts";
import { EFAULT, EINVAL, ENOTTY, ESRCH } from "../uapi/errno.ts";

/** PIDFD_GET_INFO without its size: type 0xff, number 11, read and written. */
const GET_INFO = 0xc000ff0b;
const SIZE_BITS = 0x3fff0000;
/** struct pidfd_info: as it first was, and now. */
const SIZE_VER0 = 64;
const SIZE = 72;

const PIDFD_INFO_PID = 1;
const PIDFD_INFO_CREDS = 2;
const PIDFD_INFO_EXIT = 8;
const PIDFD_INFO_COREDUMP = 16;

/** PIDFD_COREDUMP_* by what PR_GET_DUMPABLE says: no dump, the user's, root's. */
const COREDUMP = [2, 4, 8] as const;

const bytes = new Uint8Array(SIZE);
const view = new DataView(bytes.buffer);

/** Who a process is, or how it ended once it has been reaped. @linux fs/pidfs.c pidfd_info */
function pidfdInfo(k: Kernel, task: Task, size: number, arg: number): number {
  if (arg === 0 || size < SIZE_VER0) return -EINVAL;
  const asked = getUser64(k, arg);
  if (asked < 0) return -EFAULT;
  bytes.fill(0);
  let mask = asked & PIDFD_INFO_COREDUMP;
  if (task.exitState === EXIT_DEAD) {
    if (!(asked & PIDFD_INFO_EXIT)) return -ESRCH;
    mask |= PIDFD_INFO_EXIT;
    view.setInt32(60, task.exitCode, true);
  } else {
    if (asked & PIDFD_INFO_COREDUMP && task.mm) view.setUint32(64, COREDUMP[task.mm.dumpable as 0 | 1 | 2], true);
    const { cred } = task;
    const ids = [cred.uid, cred.gid, cred.euid, cred.egid, cred.suid, cred.sgid, cred.fsuid, cred.fsgid];
    [task.pid, task.tgid, task.realParent.tgid, ...ids].forEach((n, i) => {
      view.setUint32(16 + 4 * i, n, true);
    });
    mask |= PIDFD_INFO_PID | PIDFD_INFO_CREDS;
  }
  view.setUint32(0, mask, true);
  return copyToUser(k, arg, bytes, 0, Math.min(size, SIZE));
}

/** @linux fs/pidfs.c pidfd_ioctl */
export function pidfdIoctl(k: Kernel, task: Task, cmd: number, arg: number): number {
  if ((cmd & ~SIZE_BITS) >>> 0 === GET_INFO) return pidfdInfo(k, task, (cmd & SIZE_BITS) >>> 16, arg);
  return -ENOTTY;
}
