import type { File, FileOperations, Inode } from "../../include/linux/fs.ts";
import { type PollTable, WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { putUser32 } from "../../mm/usercopy.ts";
import { stateClass, stateTable } from "../../state.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { EAGAIN, EBADF, EEXIST, EFAULT, EINVAL, EMFILE, ENOSPC, ENOTTY } from "../../uapi/errno.ts";
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from "../../uapi/fcntl.ts";
import {
  IN_ALL_EVENTS,
  IN_CLOEXEC,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_MOVE_SELF,
  IN_NONBLOCK,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
  inotifyInitNames,
  inotifyNames,
} from "../../uapi/inotify.ts";
import { FIONREAD } from "../../uapi/ioctls.ts";
import { POLLIN, POLLRDNORM } from "../../uapi/poll.ts";
import { POLL_IN } from "../../uapi/signal.ts";
import { anonInodeGetFd } from "../anonInodes.ts";
import { fasyncHelper, killFasync } from "../fasync.ts";
import { noopLlseek } from "../libfs.ts";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, userPathAt } from "../namei.ts";
import { inodePermission, MAY_READ } from "../permission.ts";
import { FS_DN_RENAME, FsnotifyMark, type FsnotifyMarks, fsnotifyAddMark, fsnotifyDetachMark } from "./fsnotify.ts";

/** sizeof(struct inotify_event) */
const EVENT_SIZE = 16;
/** Bits that make a request meaningful (ALL_INOTIFY_BITS). */
const ALL_BITS =
  IN_ALL_EVENTS |
  IN_UNMOUNT |
  IN_Q_OVERFLOW |
  IN_IGNORED |
  IN_ONLYDIR |
  IN_DONT_FOLLOW |
  IN_EXCL_UNLINK |
  IN_MASK_ADD |
  IN_MASK_CREATE |
  IN_ISDIR |
  IN_ONESHOT;

/** struct inotify_event_info */
class InotifyEvent {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
  constructor(wd: number, mask: number, cookie: number, name: string) {
    this.wd = wd;
    this.mask = mask;
    this.cookie = cookie;
    this.name = name;
  }
}

/** Name field: with its NUL, in multiples of the header's size. */
const nameLength = (name: string): number => (name === "" ? 0 : Math.ceil((name.length + 1) / EVENT_SIZE) * EVENT_SIZE);

/** State of an inotify descriptor (struct fsnotify_group). */
export class InotifyGroup {
  queue: InotifyEvent[] = [];
  maxEvents: number;
  /** The overflow event is in the queue. */
  overflowed = false;
  readonly wait = new WaitQueueHead();
  marks = new Map<number, InotifyMark>();
  nextWd = 1;
  readonly uid: number;
  fasync: File[] = [];
  constructor(maxEvents: number, uid: number) {
    this.maxEvents = maxEvents;
    this.uid = uid;
  }
}

/** One watch. */
export class InotifyMark extends FsnotifyMark {
  readonly group: InotifyGroup;
  readonly wd: number;
  oneshot = false;
  constructor(inode: Inode, group: InotifyGroup, wd: number) {
    super(inode);
    this.group = group;
    this.wd = wd;
  }
  /** @linux fs/notify/inotify/inotify_fsnotify.c inotify_handle_inode_event */
  handle(k: Kernel, mask: number, cookie: number, name: string): void {
    // IN_ISDIR never came with events of the watched thing's own name.
    const m = (mask & (IN_MOVE_SELF | IN_DELETE_SELF) ? mask & ~IN_ISDIR : mask) & ~FS_DN_RENAME;
    addEvent(k, this.group, new InotifyEvent(this.wd, m, cookie, name));
    if (this.oneshot) destroyMark(k, this);
  }
  inodeGone(k: Kernel): void {
    destroyMark(k, this);
  }
}

/** Limits of /proc/sys/fs/inotify and who uses how much. */
export class InotifyLimits {
  maxQueuedEvents = 16384;
  maxUserInstances = 128;
  maxUserWatches = 65536;
  instances = new Map<number, number>();
  watches = new Map<number, number>();
}
stateClass(InotifyEvent, InotifyGroup, InotifyMark, InotifyLimits);

export function inotifyLimits(k: Kernel): InotifyLimits {
  let l = k.subsystems.get("inotify") as InotifyLimits | undefined;
  if (!l) {
    l = new InotifyLimits();
    k.subsystems.set("inotify", l);
  }
  return l;
}

function count(map: Map<number, number>, uid: number, by: number): number {
  const n = (map.get(uid) ?? 0) + by;
  if (n > 0) map.set(uid, n);
  else map.delete(uid);
  return n;
}

/** Queues an event unless the last one says the same already. @linux fs/notify/notification.c fsnotify_insert_event */
function addEvent(k: Kernel, group: InotifyGroup, event: InotifyEvent): void {
  const { queue } = group;
  if (queue.length >= group.maxEvents) {
    if (group.overflowed) return;
    group.overflowed = true;
    queue.push(new InotifyEvent(-1, IN_Q_OVERFLOW, 0, ""));
  } else {
    const last = queue[queue.length - 1];
    if (last && !(last.mask & IN_IGNORED) && last.mask === event.mask && last.wd === event.wd && last.name === event.name) return;
    queue.push(event);
  }
  group.wait.wakeUp(k, POLLIN | POLLRDNORM);
  killFasync(k, group.fasync, POLL_IN);
}

/** The watch ends; IN_IGNORED says so. @linux fs/notify/inotify/inotify_user.c inotify_ignored_and_remove_idr */
function destroyMark(k: Kernel, mark: InotifyMark): void {
  const { group } = mark;
  if (!group.marks.delete(mark.wd)) return;
  fsnotifyDetachMark(mark);
  count(inotifyLimits(k).watches, group.uid, -1);
  addEvent(k, group, new InotifyEvent(mark.wd, IN_IGNORED, 0, ""));
}

/** @linux fs/notify/inotify/inotify_user.c inotify_read */
function inotifyRead(k: Kernel, file: File, to: IovIter): number {
  const group = file.priv as InotifyGroup;
  let done = 0;
  for (;;) {
    const e = group.queue[0];
    if (!e) {
      if (done > 0) return done;
      if (file.flags & O_NONBLOCK) return -EAGAIN;
      return k.sched.sleepOn(group.wait);
    }
    const nameLen = nameLength(e.name);
    if (EVENT_SIZE + nameLen > to.count) return done > 0 ? done : -EINVAL;
    group.queue.shift();
    if (e.wd === -1) group.overflowed = false;
    const bytes = new Uint8Array(EVENT_SIZE + nameLen);
    const v = new DataView(bytes.buffer);
    v.setInt32(0, e.wd, true);
    v.setInt32(4, e.mask, true);
    v.setInt32(8, e.cookie, true);
    v.setInt32(12, nameLen, true);
    for (let i = 0; i < e.name.length; i++) bytes[EVENT_SIZE + i] = e.name.charCodeAt(i);
    if (to.copyTo(k, bytes, 0, bytes.length) < bytes.length) return -EFAULT;
    done += bytes.length;
    if (to.count === 0) return done;
  }
}

function inotifyPoll(k: Kernel, file: File, table: PollTable | null): number {
  const group = file.priv as InotifyGroup;
  table?.wait(k, group.wait);
  return group.queue.length > 0 ? POLLIN | POLLRDNORM : 0;
}

function inotifyIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  if (cmd !== FIONREAD) return -ENOTTY;
  let n = 0;
  for (const e of (file.priv as InotifyGroup).queue) n += EVENT_SIZE + nameLength(e.name);
  return putUser32(k, arg, n);
}

function inotifyFasync(_k: Kernel, file: File, on: boolean): number {
  fasyncHelper(file, on, (file.priv as InotifyGroup).fasync);
  return 0;
}

/** @linux fs/notify/inotify/inotify_user.c inotify_release */
function inotifyRelease(k: Kernel, _inode: Inode, file: File): void {
  const group = file.priv as InotifyGroup;
  const limits = inotifyLimits(k);
  for (const mark of group.marks.values()) {
    fsnotifyDetachMark(mark);
    count(limits.watches, group.uid, -1);
  }
  group.marks.clear();
  group.queue = [];
  count(limits.instances, group.uid, -1);
}

/** @linux fs/notify/fdinfo.c inotify_fdinfo */
function inotifyShowFdinfo(_k: Kernel, file: File): string {
  let out = "";
  for (const m of (file.priv as InotifyGroup).marks.values()) {
    const mask = (m.mask & IN_ALL_EVENTS) | (m.exclUnlink ? IN_EXCL_UNLINK : 0) | (m.oneshot ? IN_ONESHOT : 0);
    out += `inotify wd:${m.wd.toString(16)} ino:${m.inode.ino.toString(16)} sdev:${m.inode.sb.dev.toString(16)} mask:${(mask >>> 0).toString(16)} ignored_mask:0 \n`;
  }
  return out;
}

export const inotifyFops: FileOperations = stateTable("inotify_fops", {
  read: inotifyRead,
  refuseSpliceRead: (): number => -EINVAL,
  poll: inotifyPoll,
  ioctl: inotifyIoctl,
  fasync: inotifyFasync,
  release: inotifyRelease,
  showFdinfo: inotifyShowFdinfo,
  llseek: noopLlseek,
});

function doInotifyInit(k: Kernel, flags: number): number {
  if (flags & ~(IN_CLOEXEC | IN_NONBLOCK)) return -EINVAL;
  const limits = inotifyLimits(k);
  const { euid } = k.current.cred;
  if (count(limits.instances, euid, 1) > limits.maxUserInstances) {
    count(limits.instances, euid, -1);
    return -EMFILE;
  }
  return anonInodeGetFd(k, "inotify", inotifyFops, new InotifyGroup(limits.maxQueuedEvents, euid), O_RDONLY | flags);
}

/** @linux fs/notify/inotify/inotify_user.c inotify_add_watch */
function sysInotifyAddWatch(k: Kernel, fd: number, pathname: number, mask: number): number {
  if ((mask & ALL_BITS) === 0) return -EINVAL;
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  if (mask & IN_MASK_ADD && mask & IN_MASK_CREATE) return -EINVAL;
  if (file.op !== inotifyFops) return -EINVAL;
  const path = userPathAt(k, AT_FDCWD, pathname, (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) | (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0));
  if (typeof path === "number") return path;
  const inode = path.dentry.inode as Inode;
  const p = inodePermission(k, inode, MAY_READ);
  if (p < 0) return p;
  const group = file.priv as InotifyGroup;
  const events = (mask & IN_ALL_EVENTS) | IN_UNMOUNT;
  const known = (inode.notify as FsnotifyMarks | null)?.marks.find((m) => m instanceof InotifyMark && m.group === group) as
    | InotifyMark
    | undefined;
  if (known) {
    if (mask & IN_MASK_CREATE) return -EEXIST;
    if (!(mask & IN_MASK_ADD)) {
      known.mask = 0;
      known.exclUnlink = known.oneshot = false;
    }
    setMask(known, mask, events);
    return known.wd;
  }
  const limits = inotifyLimits(k);
  if ((limits.watches.get(group.uid) ?? 0) >= limits.maxUserWatches) return -ENOSPC;
  count(limits.watches, group.uid, 1);
  const mark = new InotifyMark(inode, group, group.nextWd++);
  setMask(mark, mask, events);
  group.marks.set(mark.wd, mark);
  fsnotifyAddMark(mark);
  return mark.wd;
}

function setMask(mark: InotifyMark, mask: number, events: number): void {
  mark.mask |= events;
  if (mask & IN_EXCL_UNLINK) mark.exclUnlink = true;
  if (mask & IN_ONESHOT) mark.oneshot = true;
}

/** @linux fs/notify/inotify/inotify_user.c inotify_rm_watch */
function sysInotifyRmWatch(k: Kernel, fd: number, wd: number): number {
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  if (file.op !== inotifyFops) return -EINVAL;
  const mark = (file.priv as InotifyGroup).marks.get(wd);
  if (!mark) return -EINVAL;
  destroyMark(k, mark);
  return 0;
}

export const inotifySyscalls: SyscallDef[] = [
  syscall("inotify_init", {}, (k) => doInotifyInit(k, 0), { linux: "fs/notify/inotify/inotify_user.c do_inotify_init", ret: "fd" }),
  syscall("inotify_init1", { flags: A.flags(inotifyInitNames) }, doInotifyInit, {
    linux: "fs/notify/inotify/inotify_user.c do_inotify_init",
    ret: "fd",
  }),
  syscall("inotify_add_watch", { fd: A.fd, pathname: A.path, mask: A.flags(inotifyNames, "u32") }, sysInotifyAddWatch, {
    linux: "fs/notify/inotify/inotify_user.c inotify_add_watch",
  }),
  syscall("inotify_rm_watch", { fd: A.fd, wd: A.int }, sysInotifyRmWatch, { linux: "fs/notify/inotify/inotify_user.c inotify_rm_watch" }),
];
