import type { File, Inode } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import { sysctlValue } from "../kernel/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_LEASE } from "../uapi/capability.ts";
import { EACCES, EAGAIN, EINVAL } from "../uapi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK, O_ACCMODE, O_NONBLOCK, O_RDONLY } from "../uapi/fcntl.ts";
import { POLL_MSG } from "../uapi/signal.ts";
import { isReg } from "../uapi/stat.ts";
import { sendSigio } from "./fasync.ts";
import { FileLock, type FileLockContext, locksOf } from "./locks.ts";

/** Leases: their holder is told before somebody else opens the file. */

/** /proc/sys/fs/lease-break-time, in ns. */
function breakTime(k: Kernel): number {
  return Number(sysctlValue(k, "fs/lease-break-time") ?? 45) * 1e9;
}

/** F_RDLCK, F_WRLCK or F_UNLCK; while it is being broken, what is left after that. @linux fs/locks.c fcntl_getlease */
export function fcntlGetlease(_k: Kernel, file: File): number {
  const ctx = file.inode.locks as FileLockContext | null;
  const own = ctx?.leases.find((l) => l.owner === file);
  return own ? (own.breakTo ?? own.type) : F_UNLCK;
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
  // Whoever waits to write counts as having the file open already.
  if (type === F_RDLCK && own?.breakTo === F_UNLCK && ctx.wait.active) return -EAGAIN;
  if (type === F_RDLCK && ((file.flags & O_ACCMODE) !== O_RDONLY || inode.writecount > 0)) return -EAGAIN;
  // A write lease needs the file to oneself.
  const mine = 1 + (file.path.dentry.unhashed ? 0 : inode.nlink > 0 ? 1 : 0);
  if (type === F_WRLCK && inode.count > mine) return -EAGAIN;
  if (ctx.leases.some((l) => l !== own && (type === F_WRLCK || l.type === F_WRLCK))) return -EAGAIN;
  if (own) {
    own.type = type;
    if (own.breakTo === F_RDLCK && type === F_RDLCK) own.breakTo = null;
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
    else
      for (const l of ctx.leases) {
        l.type = F_RDLCK;
        if (l.breakTo === F_RDLCK) l.breakTo = null;
      }
    return 0;
  }
  if (!k.current.inBlockedCall) {
    for (const l of ctx.leases) {
      const file = l.owner as File;
      if (!inTheWay(l)) continue;
      if (write) l.breakTo = F_UNLCK;
      else l.breakTo ??= F_RDLCK;
      sendSigio(k, file, POLL_MSG);
    }
  }
  if (flags & O_NONBLOCK) return -EAGAIN;
  k.sched.setDeadline(k.time.now() + breakTime(k));
  return k.sched.sleepOn(ctx.wait);
}
