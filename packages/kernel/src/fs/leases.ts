import type { File, Inode } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_LEASE } from "../uapi/capability.ts";
import { EACCES, EAGAIN, EINVAL } from "../uapi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK, O_ACCMODE, O_NONBLOCK, O_RDONLY } from "../uapi/fcntl.ts";
import { POLL_MSG } from "../uapi/signal.ts";
import { isReg } from "../uapi/stat.ts";
import { sendSigio } from "./fasync.ts";
import { FileLock, type FileLockContext, locksOf } from "./locks.ts";

/** Leases: their holder is told before somebody else opens the file. */

/** /proc/sys/fs/lease-break-time in ns. */
const LEASE_BREAK_TIME = 45e9;

/** F_RDLCK, F_WRLCK or F_UNLCK. @linux fs/locks.c fcntl_getlease */
export function fcntlGetlease(_k: Kernel, file: File): number {
  const ctx = file.inode.locks as FileLockContext | null;
  return ctx?.leases.find((l) => l.owner === file)?.type ?? F_UNLCK;
}

/** @linux fs/locks.c fcntl_setlease */
export function fcntlSetlease(k: Kernel, file: File, type: number): number {
  const { inode } = file;
  if (type === F_UNLCK) {
    const ctx = inode.locks as FileLockContext | null;
    const i = ctx ? ctx.leases.findIndex((l) => l.owner === file) : -1;
    if (!ctx || i < 0) return -EAGAIN;
    ctx.leases.splice(i, 1);
    ctx.wait.wakeUpAll(k);
    return 0;
  }
  if (type !== F_RDLCK && type !== F_WRLCK) return -EINVAL;
  if (k.current.cred.fsuid !== inode.uid && !capable(k, CAP_LEASE)) return -EACCES;
  if (!isReg(inode.mode)) return -EINVAL;
  const ctx = locksOf(inode);
  const own = ctx.leases.find((l) => l.owner === file);
  if (type === F_RDLCK && ((file.flags & O_ACCMODE) !== O_RDONLY || inode.writecount > 0)) return -EAGAIN;
  // A write lease needs the file to oneself.
  const mine = 1 + (file.path.dentry.unhashed ? 0 : inode.nlink > 0 ? 1 : 0);
  if (type === F_WRLCK && inode.count > mine) return -EAGAIN;
  if (ctx.leases.some((l) => l !== own && (type === F_WRLCK || l.type === F_WRLCK))) return -EAGAIN;
  if (own) {
    own.type = type;
    ctx.wait.wakeUpAll(k);
  } else ctx.leases.push(new FileLock(file, k.current.tgid, type));
  if (file.ownerPid === 0) {
    file.ownerPid = k.current.tgid;
    file.ownerType = 1;
  }
  return 0;
}

/**
 * Before an open or truncation: holders of leases in the way get a signal and some time to give them
 * up. 0, -EAGAIN with O_NONBLOCK, or BLOCKED. @linux fs/locks.c __break_lease
 */
export function breakLease(k: Kernel, inode: Inode, flags: number): number {
  const ctx = inode.locks as FileLockContext | null;
  if (!ctx || ctx.leases.length === 0) return 0;
  const write = (flags & O_ACCMODE) !== O_RDONLY;
  const inTheWay = (l: FileLock): boolean => write || l.type === F_WRLCK;
  if (!ctx.leases.some(inTheWay)) return 0;
  if (k.sched.deadlinePassed()) {
    if (write) ctx.leases = ctx.leases.filter((l) => !inTheWay(l));
    else for (const l of ctx.leases) l.type = F_RDLCK;
    return 0;
  }
  if (!k.current.inBlockedCall) {
    for (const l of ctx.leases) {
      const file = l.owner as File;
      if (inTheWay(l)) sendSigio(k, file, POLL_MSG);
    }
  }
  if (flags & O_NONBLOCK) return -EAGAIN;
  k.sched.setDeadline(k.time.now() + LEASE_BREAK_TIME);
  return k.sched.sleepOn(ctx.wait);
}
