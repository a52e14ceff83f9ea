import { dInstantiate } from "../fs/dcache.ts";
import { fdInstall, fget, fput } from "../fs/file.ts";
import { vfsUnlink } from "../fs/nameChange.ts";
import { forgetNegative, getname, lookupOne } from "../fs/namei.ts";
import { fsnotifyCreate } from "../fs/notify/fsnotify.ts";
import { dentryOpen } from "../fs/open.ts";
import { inodePermission, MAY_EXEC, MAY_READ, MAY_WRITE } from "../fs/permission.ts";
import type { Dentry, File } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import { absoluteDeadline } from "../kernel/time/nanosleep.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import { getTimespec, timespecValid, userTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, putUser32 } from "../mm/usercopy.ts";
import { NetlinkSock } from "../net/netlink/sock.ts";
import { sockfdLookup } from "../net/socket.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EACCES, EAGAIN, EBADF, EBUSY, EEXIST, EFAULT, EINVAL, EMSGSIZE, ENOENT, ETIMEDOUT } from "../uapi/errno.ts";
import { O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, openNames } from "../uapi/fcntl.ts";
import { NSIG, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD } from "../uapi/signal.ts";
import { getS64, setU64, struct } from "../uapi/struct.ts";
import { CLOCK_REALTIME } from "../uapi/time.ts";
import {
  MQ_PRIO_MAX,
  MqNotify,
  type Mqueue,
  MqWaiter,
  mqReceive,
  mqSend,
  mqueueFops,
  mqueueFs,
  mqueueGetInode,
  NOTIFY_COOKIE_LEN,
  removeNotification,
} from "./mqueue.ts";

const mqAttrStruct = struct("mq_attr", [
  ["mq_flags", "s64"],
  ["mq_maxmsg", "s64"],
  ["mq_msgsize", "s64"],
  ["mq_curmsgs", "s64"],
  ["__reserved", ["s64", 4]],
]);
const buffer = new Uint8Array(64);
const view = new DataView(buffer.buffer);

/** Finds a name in the root of the file system of queues. @linux fs/namei.c lookup_one_len */
function lookup(k: Kernel, nameAddr: number): Dentry | number {
  const name = getname(k, nameAddr);
  if (typeof name === "number") return name;
  if (name === "" || name === "." || name === ".." || name.includes("/")) return -EACCES;
  const root = mqueueFs(k).mnt.root;
  const p = inodePermission(k, root.inode!, MAY_EXEC);
  return p < 0 ? p : lookupOne(k, root, name);
}

/** @linux ipc/mqueue.c do_mq_open */
function sysMqOpen(k: Kernel, nameAddr: number, flags: number, mode: number, attrAddr: number): number {
  let attr: { maxMsg: number; msgSize: number } | null = null;
  if (attrAddr !== 0) {
    if (copyFromUser(k, attrAddr, buffer, 0, 64) < 0) return -EFAULT;
    attr = { maxMsg: getS64(view, 8), msgSize: getS64(view, 16) };
  }
  const dentry = lookup(k, nameAddr);
  if (typeof dentry === "number") return dentry;
  const r = prepareOpen(k, dentry, flags, mode, attr);
  if (r < 0) {
    forgetNegative(dentry);
    return r;
  }
  const file = dentryOpen(k, { mnt: mqueueFs(k).mnt, dentry }, flags & ~(O_CREAT | O_EXCL));
  if (typeof file === "number") return file;
  const fd = fdInstall(k, file, true);
  if (fd < 0) fput(k, file);
  return fd;
}

/** Makes the queue, or checks that it may be opened so. 0 or -errno. @linux ipc/mqueue.c prepare_open */
function prepareOpen(k: Kernel, dentry: Dentry, flags: number, mode: number, attr: { maxMsg: number; msgSize: number } | null): number {
  const root = mqueueFs(k).mnt.root.inode!;
  if (!dentry.inode) {
    if (!(flags & O_CREAT)) return -ENOENT;
    const p = inodePermission(k, root, MAY_WRITE | MAY_EXEC);
    if (p < 0) return p;
    const inode = mqueueGetInode(k, root, mode & 0o7777 & ~k.current.fs.umask, attr);
    if (typeof inode === "number") return inode;
    root.size += 20;
    root.mtime = root.ctime = root.atime = currentTime(k);
    dInstantiate(dentry, inode);
    fsnotifyCreate(k, root, dentry);
    return 0;
  }
  if (flags & O_CREAT && flags & O_EXCL) return -EEXIST;
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return inodePermission(k, dentry.inode, MAY_READ);
    case O_WRONLY:
      return inodePermission(k, dentry.inode, MAY_WRITE);
    case O_RDWR:
      return inodePermission(k, dentry.inode, MAY_READ | MAY_WRITE);
    default:
      return -EINVAL;
  }
}

/** @linux ipc/mqueue.c mq_unlink */
function sysMqUnlink(k: Kernel, nameAddr: number): number {
  const dentry = lookup(k, nameAddr);
  if (typeof dentry === "number") return dentry;
  if (!dentry.inode) {
    forgetNegative(dentry);
    return -ENOENT;
  }
  return vfsUnlink(k, mqueueFs(k).mnt.root.inode!, dentry);
}

/** Reads the time a call may wait until, in ns since boot; Infinity without one. */
function deadline(k: Kernel, address: number): number {
  if (address === 0) return Number.POSITIVE_INFINITY;
  if (getTimespec(k, address) < 0) return -EFAULT;
  return timespecValid(userTimespec) ? Math.max(0, absoluteDeadline(k, CLOCK_REALTIME, userTimespec)) : -EINVAL;
}

function queueFile(k: Kernel, fd: number, refused: number): File | number {
  const file = fget(k, fd);
  return file && file.op === mqueueFops && (file.flags & O_ACCMODE) !== refused ? file : -EBADF;
}

/** Waits for a partner; when time or a signal ends that, the task leaves the line. @linux ipc/mqueue.c wq_sleep */
function sleep(k: Kernel, w: MqWaiter, line: MqWaiter[]): number {
  const r = k.sched.deadlinePassed() ? -ETIMEDOUT : k.sched.sleepOn(w.wait);
  if (r === BLOCKED) return r;
  const i = line.indexOf(w);
  if (i >= 0) line.splice(i, 1);
  return r;
}

function touch(k: Kernel, file: File): void {
  const { inode } = file;
  inode.atime = inode.mtime = inode.ctime = currentTime(k);
}

/** @linux ipc/mqueue.c do_mq_timedsend */
function sysMqTimedsend(k: Kernel, fd: number, address: number, size: number, priority: number, timeout: number): number {
  const waiting = k.current.progress;
  if (waiting instanceof MqWaiter) return waiting.done ? 0 : sleep(k, waiting, waiting.queue.senders);
  const until = deadline(k, timeout);
  if (until < 0) return until;
  if (priority >= MQ_PRIO_MAX) return -EINVAL;
  const file = queueFile(k, fd, O_RDONLY);
  if (typeof file === "number") return file;
  const q = file.inode.info as Mqueue;
  if (size > q.msgSize) return -EMSGSIZE;
  const data = new Uint8Array(size);
  if (copyFromUser(k, address, data, 0, size) < 0) return -EFAULT;
  if (q.messages.length < q.maxMsg) {
    mqSend(k, q, { priority, data });
    touch(k, file);
    return 0;
  }
  if (file.flags & O_NONBLOCK) return -EAGAIN;
  return enqueue(k, new MqWaiter(q, { priority, data }), q.senders, until);
}

function enqueue(k: Kernel, w: MqWaiter, line: MqWaiter[], until: number): number {
  if (until !== Number.POSITIVE_INFINITY) k.sched.setDeadline(until, true);
  line.push(w);
  const r = sleep(k, w, line);
  if (r === BLOCKED) k.current.progress = w;
  return r;
}

/** @linux ipc/mqueue.c do_mq_timedreceive */
function sysMqTimedreceive(k: Kernel, fd: number, address: number, size: number, priority: number, timeout: number): number {
  const waiting = k.current.progress;
  if (waiting instanceof MqWaiter)
    return waiting.done ? deliver(k, waiting, address, priority) : sleep(k, waiting, waiting.queue.receivers);
  const until = deadline(k, timeout);
  if (until < 0) return until;
  const file = queueFile(k, fd, O_WRONLY);
  if (typeof file === "number") return file;
  const q = file.inode.info as Mqueue;
  if (size < q.msgSize) return -EMSGSIZE;
  if (q.messages.length > 0) {
    const w = new MqWaiter(q, mqReceive(k, q));
    touch(k, file);
    return deliver(k, w, address, priority);
  }
  if (file.flags & O_NONBLOCK) return -EAGAIN;
  return enqueue(k, new MqWaiter(q, null), q.receivers, until);
}

function deliver(k: Kernel, w: MqWaiter, address: number, priority: number): number {
  const m = w.message!;
  if (priority !== 0 && putUser32(k, priority, m.priority) < 0) return -EFAULT;
  return copyToUser(k, address, m.data, 0, m.data.length) < 0 ? -EFAULT : m.data.length;
}

/** The netlink socket behind a descriptor: -EBADF, -ENOTSOCK, -EINVAL. @linux net/netlink/af_netlink.c netlink_getsockbyfd */
function netlinkGetsockbyfd(k: Kernel, fd: number): NetlinkSock | number {
  const sock = sockfdLookup(k, fd);
  if (typeof sock === "number") return sock;
  return sock.sk instanceof NetlinkSock ? sock.sk : -EINVAL;
}

/** @linux ipc/mqueue.c do_mq_notify */
function sysMqNotify(k: Kernel, fd: number, address: number): number {
  let request: MqNotify | null = null;
  if (address !== 0) {
    if (copyFromUser(k, address, buffer, 0, 64) < 0) return -EFAULT;
    const kind = view.getInt32(12, true);
    const sig = view.getInt32(8, true);
    if (kind !== SIGEV_NONE && kind !== SIGEV_SIGNAL && kind !== SIGEV_THREAD) return -EINVAL;
    if (kind === SIGEV_SIGNAL && (sig < 0 || sig > NSIG)) return -EINVAL;
    const { current } = k;
    const lo = view.getInt32(0, true);
    const hi = view.getInt32(4, true);
    let sock: NetlinkSock | null = null;
    let cookie: Uint8Array | null = null;
    if (kind === SIGEV_THREAD) {
      cookie = new Uint8Array(NOTIFY_COOKIE_LEN);
      if (copyFromUser(k, view.getUint32(4, true) * 4294967296 + view.getUint32(0, true), cookie, 0, NOTIFY_COOKIE_LEN) < 0) return -EFAULT;
      const found = netlinkGetsockbyfd(k, sig);
      if (typeof found === "number") return found;
      sock = found;
    }
    request = new MqNotify(current.tgid, kind, sig, lo, hi, current.cred.uid, sock, cookie);
  }
  const file = fget(k, fd);
  if (!file || file.op !== mqueueFops) return -EBADF;
  const q = file.inode.info as Mqueue;
  if (!request) {
    if (q.notify?.tgid === k.current.tgid) {
      removeNotification(k, q);
      file.inode.atime = file.inode.ctime = currentTime(k);
    }
    return 0;
  }
  if (q.notify) return -EBUSY;
  q.notify = request;
  file.inode.atime = file.inode.ctime = currentTime(k);
  return 0;
}

/** @linux ipc/mqueue.c do_mq_getsetattr */
function sysMqGetsetattr(k: Kernel, fd: number, newAddr: number, oldAddr: number): number {
  let flags = -1;
  if (newAddr !== 0) {
    if (copyFromUser(k, newAddr, buffer, 0, 64) < 0) return -EFAULT;
    flags = getS64(view, 0);
    if (flags !== 0 && flags !== O_NONBLOCK) return -EINVAL;
  }
  const file = fget(k, fd);
  if (!file || file.op !== mqueueFops) return -EBADF;
  const q = file.inode.info as Mqueue;
  buffer.fill(0);
  setU64(view, 0, file.flags & O_NONBLOCK);
  setU64(view, 8, q.maxMsg);
  setU64(view, 16, q.msgSize);
  setU64(view, 24, q.messages.length);
  if (flags >= 0) {
    file.flags = (file.flags & ~O_NONBLOCK) | flags;
    file.inode.atime = file.inode.ctime = currentTime(k);
  }
  return oldAddr !== 0 && copyToUser(k, oldAddr, buffer, 0, 64) < 0 ? -EFAULT : 0;
}

export const mqueueSyscalls: readonly SyscallDef[] = [
  syscall("mq_open", { name: A.path, oflag: A.flags(openNames), mode: A.mode, attr: A.struct(mqAttrStruct, "in") }, sysMqOpen, {
    linux: "ipc/mqueue.c do_mq_open",
    ret: "fd",
  }),
  syscall("mq_unlink", { name: A.path }, sysMqUnlink, { linux: "ipc/mqueue.c mq_unlink" }),
  syscall(
    "mq_timedsend",
    { mqdes: A.fd, msg_ptr: A.bufIn("msg_len"), msg_len: A.size, msg_prio: A.uint, abs_timeout: A.ptr },
    sysMqTimedsend,
    { linux: "ipc/mqueue.c do_mq_timedsend", eintr: "slow" },
  ),
  syscall(
    "mq_timedreceive",
    { mqdes: A.fd, msg_ptr: A.bufOut("ret"), msg_len: A.size, msg_prio: A.intPtr("out"), abs_timeout: A.ptr },
    sysMqTimedreceive,
    { linux: "ipc/mqueue.c do_mq_timedreceive", eintr: "slow" },
  ),
  syscall("mq_notify", { mqdes: A.fd, notification: A.ptr }, sysMqNotify, { linux: "ipc/mqueue.c do_mq_notify" }),
  syscall("mq_getsetattr", { mqdes: A.fd, mqstat: A.struct(mqAttrStruct, "in"), omqstat: A.struct(mqAttrStruct, "out") }, sysMqGetsetattr, {
    linux: "ipc/mqueue.c do_mq_getsetattr",
  }),
];
