import type { File, FilesStruct, Inode } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EBADF, EDEADLK, EINVAL } from "../uapi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK, LOCK_EX, LOCK_MAND, LOCK_NB, LOCK_SH, LOCK_UN, lockNames, O_PATH } from "../uapi/fcntl.ts";

/** Last offset of a lock that reaches to the end of the file (2^63 - 1, rounded). */
export const OFFSET_MAX = 2 ** 63;

/** struct file_lock: one held lock, or one that is asked for. */
export class FileLock {
  /** POSIX locks belong to a descriptor table, others to an open file. */
  readonly owner: FilesStruct | File;
  /** Process that F_GETLK and /proc/locks show; -1 for locks of an open file. */
  readonly pid: number;
  type: number;
  /** First and last byte. */
  start: number;
  end: number;
  /** For leases that are being broken: the type that is asked for. */
  breakTo: number | null = null;
  constructor(owner: FilesStruct | File, pid: number, type: number, start = 0, end = OFFSET_MAX) {
    this.owner = owner;
    this.pid = pid;
    this.type = type;
    this.start = start;
    this.end = end;
  }
}

/** What inode.locks is (struct file_lock_context). */
export class FileLockContext {
  flock: FileLock[] = [];
  /** Byte-range locks, grouped by owner, within an owner by start. */
  posix: FileLock[] = [];
  leases: FileLock[] = [];
  /** Requests that wait for any of them. */
  wait = new WaitQueueHead();
}

/** A request that sleeps: who waits for whose lock. */
class LockWaiter {
  readonly owner: FilesStruct | File;
  readonly blocker: FilesStruct | File;
  constructor(owner: FilesStruct | File, blocker: FilesStruct | File) {
    this.owner = owner;
    this.blocker = blocker;
  }
}

/** Every sleeping POSIX request, for deadlock detection. */
class LockWaiters {
  list: LockWaiter[] = [];
}
stateClass(FileLock, FileLockContext, LockWaiter, LockWaiters);

function waiters(k: Kernel): LockWaiters {
  let w = k.subsystems.get("lockWaiters") as LockWaiters | undefined;
  if (!w) {
    w = new LockWaiters();
    k.subsystems.set("lockWaiters", w);
  }
  return w;
}

export function locksOf(inode: Inode): FileLockContext {
  return (inode.locks ??= new FileLockContext()) as FileLockContext;
}

const overlap = (a: FileLock, b: FileLock): boolean => a.end >= b.start && b.end >= a.start;
const typesConflict = (a: FileLock, b: FileLock): boolean => a.type === F_WRLCK || b.type === F_WRLCK;

/** The first lock in the way of a byte-range request, or null. @linux fs/locks.c posix_locks_conflict */
export function posixConflict(ctx: FileLockContext, request: FileLock): FileLock | null {
  for (const l of ctx.posix) if (l.owner !== request.owner && typesConflict(l, request) && overlap(l, request)) return l;
  return null;
}

/** Someone may be able to go on. Sleepers are served in the order they came. */
function locksWake(k: Kernel, ctx: FileLockContext): void {
  if (ctx.wait.active) ctx.wait.wakeUpAll(k);
}

/** Enters a byte-range request that nobody else is in the way of: replaces, splits and joins the owner's locks. @linux fs/locks.c posix_lock_inode */
function posixApply(k: Kernel, ctx: FileLockContext, request: FileLock): void {
  const { owner } = request;
  const own: FileLock[] = [];
  const result: FileLock[] = [];
  let place = -1;
  for (const l of ctx.posix) {
    if (l.owner !== owner) {
      result.push(l);
      continue;
    }
    if (place < 0) place = result.length;
    if (l.type === request.type) {
      if (l.end + 1 < request.start || request.end + 1 < l.start) own.push(l);
      else {
        request.start = Math.min(request.start, l.start);
        request.end = Math.max(request.end, l.end);
      }
      continue;
    }
    if (!overlap(l, request)) {
      own.push(l);
      continue;
    }
    if (l.start < request.start) own.push(new FileLock(owner, l.pid, l.type, l.start, request.start - 1));
    if (l.end > request.end) own.push(new FileLock(owner, l.pid, l.type, request.end + 1, l.end));
  }
  if (request.type !== F_UNLCK) own.push(request);
  own.sort((a, b) => a.start - b.start);
  result.splice(place < 0 ? result.length : place, 0, ...own);
  ctx.posix = result;
  locksWake(k, ctx);
}

/** Would `owner` wait for somebody who, over others, waits for it? @linux fs/locks.c posix_locks_deadlock */
function deadlock(k: Kernel, owner: FilesStruct | File, blocker: FilesStruct | File): boolean {
  let at = blocker;
  for (let i = 0; i <= 10; i++) {
    const next = waiters(k).list.find((w) => w.owner === at);
    if (!next) return false;
    if (next.blocker === owner) return true;
    at = next.blocker;
  }
  return false;
}

/**
 * Sets or clears a byte-range lock. `detect`: look for deadlocks (not for locks of open files).
 * @returns 0, -EAGAIN, -EDEADLK, -ERESTARTSYS or BLOCKED
 */
export function posixLockFile(k: Kernel, inode: Inode, request: FileLock, wait: boolean, detect: boolean): number {
  const ctx = locksOf(inode);
  const task = k.current;
  if (task.progress instanceof LockWaiter) {
    const { list } = waiters(k);
    const i = list.indexOf(task.progress);
    if (i >= 0) list.splice(i, 1);
    task.progress = null;
  }
  if (request.type !== F_UNLCK) {
    const conflict = posixConflict(ctx, request);
    if (conflict) {
      if (!wait) return -EAGAIN;
      if (detect && deadlock(k, request.owner, conflict.owner)) return -EDEADLK;
      const r = k.sched.sleepOnExclusive(ctx.wait);
      if (r === BLOCKED && detect) {
        const w = new LockWaiter(request.owner, conflict.owner);
        waiters(k).list.push(w);
        task.progress = w;
      }
      return r;
    }
  }
  posixApply(k, ctx, request);
  return 0;
}

/** A descriptor of the file was closed: the process loses all its POSIX locks on it. @linux fs/locks.c locks_remove_posix */
export function locksRemovePosix(k: Kernel, file: File, files: FilesStruct): void {
  const ctx = file.inode.locks as FileLockContext | null;
  if (!ctx || ctx.posix.length === 0) return;
  const left = ctx.posix.filter((l) => l.owner !== files);
  if (left.length === ctx.posix.length) return;
  ctx.posix = left;
  locksWake(k, ctx);
}

/** The open file goes: so do its locks and leases. @linux fs/locks.c locks_remove_file */
export function locksRemoveFile(k: Kernel, file: File): void {
  const ctx = file.inode.locks as FileLockContext | null;
  if (!ctx) return;
  const mine = (l: FileLock): boolean => l.owner === file;
  if (!ctx.flock.some(mine) && !ctx.posix.some(mine) && !ctx.leases.some(mine)) return;
  ctx.flock = ctx.flock.filter((l) => !mine(l));
  ctx.posix = ctx.posix.filter((l) => !mine(l));
  ctx.leases = ctx.leases.filter((l) => !mine(l));
  locksWake(k, ctx);
}

/** @linux fs/locks.c flock_lock_inode */
function flockLock(k: Kernel, file: File, type: number, wait: boolean): number {
  const ctx = locksOf(file.inode);
  const i = ctx.flock.findIndex((l) => l.owner === file);
  if (i >= 0) {
    if (ctx.flock[i]!.type === type) return 0;
    // A conversion gives the old lock up first, even if the new one then has to wait.
    ctx.flock.splice(i, 1);
    locksWake(k, ctx);
  }
  if (type === F_UNLCK) return 0;
  const request = new FileLock(file, k.current.tgid, type);
  if (ctx.flock.some((l) => typesConflict(l, request))) return wait ? k.sched.sleepOnExclusive(ctx.wait) : -EAGAIN;
  ctx.flock.push(request);
  return 0;
}

/** @linux fs/locks.c flock */
function sysFlock(k: Kernel, fd: number, cmd: number): number {
  // Mandatory share modes are no longer enforced: accepted, without effect.
  if (cmd & LOCK_MAND) return 0;
  let type: number;
  switch (cmd & ~LOCK_NB) {
    case LOCK_SH:
      type = F_RDLCK;
      break;
    case LOCK_EX:
      type = F_WRLCK;
      break;
    case LOCK_UN:
      type = F_UNLCK;
      break;
    default:
      return -EINVAL;
  }
  const file = k.current.file(fd);
  if (!file || file.flags & O_PATH) return -EBADF;
  return flockLock(k, file, type, !(cmd & LOCK_NB));
}

export const locksSyscalls: SyscallDef[] = [
  syscall("flock", { fd: A.fd, cmd: A.flags(lockNames) }, sysFlock, {
    linux: "fs/locks.c flock",
    eintr: (_fd, cmd) => (cmd & LOCK_NB) === 0,
  }),
];
