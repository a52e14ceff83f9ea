import { dInstantiate, dMakeRoot } from "../fs/dcache.ts";
import { inodeInitOwner, newInode } from "../fs/inode.ts";
import { dcacheReaddir, dirLlseek, simpleLookup, simpleStatfs } from "../fs/libfs.ts";
import { getAnonBdev, registerFilesystem } from "../fs/super.ts";
import {
  type File,
  type FileOperations,
  type Inode,
  type InodeOperations,
  Mount,
  SuperBlock,
  type SuperOperations,
} from "../include/linux/fs.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import { capable } from "../kernel/capability.ts";
import { findTask } from "../kernel/pid.ts";
import { rlimit } from "../kernel/resource.ts";
import { groupSendSigInfo } from "../kernel/signal/send.ts";
import { newSiginfo, SI_PID, SI_UID, SI_VALUE, viewOf } from "../kernel/signal/siginfo.ts";
import { currentTime } from "../kernel/time/timekeeping.ts";
import type { Kernel } from "../kernel.ts";
import { shmemInodeOps } from "../mm/shmem.ts";
import { netlinkQueue } from "../net/netlink/input.ts";
import type { NetlinkSock } from "../net/netlink/sock.ts";
import { stateClass, stateTable } from "../state.ts";
import { CAP_SYS_RESOURCE } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EMFILE, ENOSPC, EOVERFLOW } from "../uapi/errno.ts";
import { MQUEUE_MAGIC } from "../uapi/magic.ts";
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../uapi/poll.ts";
import { RLIMIT_MSGQUEUE } from "../uapi/resource.ts";
import { SI_MESGQ, SIGEV_SIGNAL } from "../uapi/signal.ts";
import { S_IFDIR, S_IFREG } from "../uapi/stat.ts";
import { ipcSetting } from "./util.ts";

const DIRENT_SIZE = 20;
/** What stat says of a queue: about the length of the text that reading gives. */
const FILENT_SIZE = 80;
const HARD_MSGMAX = 65536;
const HARD_MSGSIZEMAX = 16777216;
export const MQ_PRIO_MAX = 32768;
/** Bytes that Linux counts for a message, and for each priority in use. */
const MSG_SIZE = 48;
const TREE_NODE_SIZE = 48;

export interface MqMessage {
  priority: number;
  data: Uint8Array;
}

/** A task that waits to receive or to send; its partner sees to the message. */
export class MqWaiter {
  readonly queue: Mqueue;
  /** To be sent, or received. */
  message: MqMessage | null;
  done = false;
  wait = new WaitQueueHead();
  constructor(queue: Mqueue, message: MqMessage | null) {
    this.queue = queue;
    this.message = message;
  }
}

/** Bytes that a SIGEV_THREAD notification sends through a netlink socket, and what the last of them says. */
export const NOTIFY_COOKIE_LEN = 32;
const NOTIFY_WOKENUP = 1;
const NOTIFY_REMOVED = 2;

/** Who is to be told of a message in an empty queue. */
export class MqNotify {
  readonly tgid: number;
  readonly kind: number;
  readonly sig: number;
  readonly valueLo: number;
  readonly valueHi: number;
  readonly uid: number;
  /** SIGEV_THREAD: the socket that is written to, and the cookie that is written. */
  readonly sock: NetlinkSock | null;
  readonly cookie: Uint8Array | null;
  constructor(
    tgid: number,
    kind: number,
    sig: number,
    valueLo: number,
    valueHi: number,
    uid: number,
    sock: NetlinkSock | null,
    cookie: Uint8Array | null,
  ) {
    this.tgid = tgid;
    this.kind = kind;
    this.sig = sig;
    this.valueLo = valueLo;
    this.valueHi = valueHi;
    this.uid = uid;
    this.sock = sock;
    this.cookie = cookie;
  }
}

/** A queue (struct mqueue_inode_info). */
export class Mqueue {
  readonly maxMsg: number;
  readonly msgSize: number;
  readonly uid: number;
  /** What the queue counts for its owner's RLIMIT_MSGQUEUE. */
  readonly bytes: number;
  /** Highest priority first, then first come first. */
  messages: MqMessage[] = [];
  used = 0;
  receivers: MqWaiter[] = [];
  senders: MqWaiter[] = [];
  notify: MqNotify | null = null;
  poll = new WaitQueueHead();
  constructor(maxMsg: number, msgSize: number, uid: number, bytes: number) {
    this.maxMsg = maxMsg;
    this.msgSize = msgSize;
    this.uid = uid;
    this.bytes = bytes;
  }
}

/** The one file system of all queues. */
class MqueueFs {
  readonly mnt: Mount;
  queues = 0;
  bytesOf = new Map<number, number>();
  constructor(mnt: Mount) {
    this.mnt = mnt;
  }
}
stateClass(MqWaiter, MqNotify, Mqueue, MqueueFs);

/** @linux ipc/mqueue.c mqueue_super_ops */
const mqueueSuperOps: SuperOperations = stateTable("mqueue_super_ops", {
  statfs(k, sb, out) {
    const r = simpleStatfs(k, sb, out);
    out.type = MQUEUE_MAGIC;
    return r;
  },
  evictInode(k, inode) {
    const q = inode.info;
    if (!(q instanceof Mqueue)) return;
    const fs = mqueueFs(k);
    fs.queues--;
    fs.bytesOf.set(q.uid, (fs.bytesOf.get(q.uid) ?? 0) - q.bytes);
  },
});

const mqueueDirOps: FileOperations = stateTable("mqueue_dir_operations", { iterate: dcacheReaddir, llseek: dirLlseek, fsync: () => 0 });

const mqueueInodeOps: InodeOperations = stateTable("mqueue_inode_operations", {
  setattr: (k, inode, attr) => shmemInodeOps.setattr!(k, inode, attr),
});

const mqueueDirInodeOps: InodeOperations = stateTable("mqueue_dir_inode_operations", {
  lookup: simpleLookup,
  create: (k, dir, dentry, mode) => {
    const inode = mqueueGetInode(k, dir, mode, null);
    if (typeof inode === "number") return inode;
    dir.size += DIRENT_SIZE;
    dir.mtime = dir.ctime = dir.atime = currentTime(k);
    dInstantiate(dentry, inode);
    return 0;
  },
  unlink(k, dir, dentry) {
    dir.mtime = dir.ctime = dir.atime = currentTime(k);
    dir.size -= DIRENT_SIZE;
    dentry.inode!.nlink--;
    return 0;
  },
  setattr: (k, inode, attr) => shmemInodeOps.setattr!(k, inode, attr),
});

export function mqueueFs(k: Kernel): MqueueFs {
  let fs = k.subsystems.get("mqueue") as MqueueFs | undefined;
  if (!fs) {
    const sb = new SuperBlock("mqueue", mqueueSuperOps);
    sb.dev = getAnonBdev(k);
    const root = newInode(k, sb, S_IFDIR | 0o1777, mqueueDirInodeOps, mqueueDirOps);
    root.nlink = 2;
    root.size = 2 * DIRENT_SIZE;
    sb.root = dMakeRoot(root);
    fs = new MqueueFs(new Mount(0, sb, sb.root, null, null, "mqueue"));
    k.subsystems.set("mqueue", fs);
  }
  return fs;
}

registerFilesystem("mqueue", { nodev: true, mount: (k) => mqueueFs(k).mnt.sb });

/** @linux ipc/mqueue.c mq_attr_ok */
function checkAttr(k: Kernel, maxMsg: number, msgSize: number): number {
  if (maxMsg <= 0 || msgSize <= 0) return -EINVAL;
  const free = capable(k, CAP_SYS_RESOURCE);
  const most = free ? HARD_MSGMAX : ipcSetting(k, "fs/mqueue/msg_max", 10);
  const longest = free ? HARD_MSGSIZEMAX : ipcSetting(k, "fs/mqueue/msgsize_max", 8192);
  if (maxMsg > most || msgSize > longest) return -EINVAL;
  return maxMsg * (msgSize + MSG_SIZE + TREE_NODE_SIZE) >= 2 ** 64 ? -EOVERFLOW : 0;
}

/** A new queue; without limits of its own it gets the defaults. @linux ipc/mqueue.c mqueue_get_inode */
export function mqueueGetInode(k: Kernel, dir: Inode, mode: number, attr: { maxMsg: number; msgSize: number } | null): Inode | number {
  const fs = mqueueFs(k);
  if (fs.queues >= ipcSetting(k, "fs/mqueue/queues_max", 256) && !capable(k, CAP_SYS_RESOURCE)) return -ENOSPC;
  const byDefault = (name: string, max: string, value: number): number =>
    Math.min(ipcSetting(k, `fs/mqueue/${max}`, value), ipcSetting(k, `fs/mqueue/${name}`, value));
  const maxMsg = attr ? attr.maxMsg : byDefault("msg_default", "msg_max", 10);
  const msgSize = attr ? attr.msgSize : byDefault("msgsize_default", "msgsize_max", 8192);
  const bad = checkAttr(k, maxMsg, msgSize);
  if (bad < 0) return bad;
  const { uid } = k.current.cred;
  const bytes = maxMsg * MSG_SIZE + Math.min(maxMsg, MQ_PRIO_MAX) * TREE_NODE_SIZE + maxMsg * msgSize;
  const used = fs.bytesOf.get(uid) ?? 0;
  if (used + bytes > rlimit(k.current, RLIMIT_MSGQUEUE)) return -EMFILE;
  fs.bytesOf.set(uid, used + bytes);
  fs.queues++;
  const inode = newInode(k, dir.sb, S_IFREG | (mode & 0o7777), mqueueInodeOps, mqueueFops);
  inodeInitOwner(k, inode, dir);
  inode.size = FILENT_SIZE;
  inode.info = new Mqueue(maxMsg, msgSize, uid, bytes);
  return inode;
}

/** Sends the cookie, its last byte saying why; nobody is there to read it once the socket is closed. @linux ipc/mqueue.c set_cookie */
function sendCookie(k: Kernel, n: MqNotify, why: number): void {
  if (!n.sock || !n.cookie || n.sock.dead) return;
  n.cookie[NOTIFY_COOKIE_LEN - 1] = why;
  netlinkQueue(k, n.sock, n.cookie, 0, 0, null);
}

/** @linux ipc/mqueue.c remove_notification */
export function removeNotification(k: Kernel, q: Mqueue): void {
  if (q.notify) sendCookie(k, q.notify, NOTIFY_REMOVED);
  q.notify = null;
  q.poll.wakeUpAll(k);
}

/** @linux ipc/mqueue.c mqueue_file_operations */
export const mqueueFops: FileOperations = stateTable("mqueue_file_operations", {
  refuseSpliceRead: (): number => -EINVAL,
  read(k, file, to, pos) {
    const q = file.inode.info as Mqueue;
    const n = q.notify;
    const sig = n?.kind === SIGEV_SIGNAL ? n.sig : 0;
    const field = (v: number, width: number): string => String(v).padEnd(width);
    const text = `QSIZE:${field(q.used, 10)} NOTIFY:${field(n?.kind ?? 0, 5)} SIGNO:${field(sig, 5)} NOTIFY_PID:${field(n?.tgid ?? 0, 6)}\n`;
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    if (pos >= bytes.length) return 0;
    const want = Math.min(to.count, bytes.length - pos);
    const got = to.copyTo(k, bytes, pos, want);
    file.inode.atime = file.inode.ctime = currentTime(k);
    return got === 0 && want > 0 ? -EFAULT : got;
  },
  poll(k, file, table) {
    const q = file.inode.info as Mqueue;
    table?.wait(k, q.poll);
    return (q.messages.length > 0 ? POLLIN | POLLRDNORM : 0) | (q.messages.length < q.maxMsg ? POLLOUT | POLLWRNORM : 0);
  },
  flush(k: Kernel, file: File) {
    const q = file.inode.info as Mqueue;
    if (q.notify?.tgid === k.current.tgid) removeNotification(k, q);
    return 0;
  },
});

/** @linux ipc/mqueue.c msg_insert */
function insert(q: Mqueue, message: MqMessage): void {
  let i = q.messages.length;
  while (i > 0 && q.messages[i - 1]!.priority < message.priority) i--;
  q.messages.splice(i, 0, message);
  q.used += message.data.length;
}

/** A message came to an empty queue that nobody waits at: whoever asked is told, once. @linux ipc/mqueue.c __do_notify */
function doNotify(k: Kernel, q: Mqueue): void {
  const n = q.notify;
  if (n && q.messages.length === 1) {
    const target = findTask(k, n.tgid);
    if (n.kind === SIGEV_SIGNAL && n.sig !== 0 && target) {
      const info = newSiginfo(n.sig, SI_MESGQ);
      const v = viewOf(info);
      v.setInt32(SI_PID, k.current.tgid, true);
      v.setUint32(SI_UID, k.current.cred.uid, true);
      v.setInt32(SI_VALUE, n.valueLo, true);
      v.setInt32(SI_VALUE + 4, n.valueHi, true);
      groupSendSigInfo(k, n.sig, info, target);
    }
    sendCookie(k, n, NOTIFY_WOKENUP);
    q.notify = null;
  }
  q.poll.wakeUpAll(k);
}

function finish(k: Kernel, w: MqWaiter): void {
  w.done = true;
  w.wait.wakeUpAll(k);
}

/** Puts a message into a queue that has room, or into the hands of one who waits. */
export function mqSend(k: Kernel, q: Mqueue, message: MqMessage): void {
  const receiver = q.receivers.shift();
  if (receiver) {
    receiver.message = message;
    finish(k, receiver);
    return;
  }
  insert(q, message);
  doNotify(k, q);
}

/** Takes the first message of a queue that has one; a sender that waited gets its room. @linux ipc/mqueue.c pipelined_receive */
export function mqReceive(k: Kernel, q: Mqueue): MqMessage {
  const message = q.messages.shift()!;
  q.used -= message.data.length;
  const sender = q.senders.shift();
  if (sender) {
    insert(q, sender.message!);
    finish(k, sender);
  } else q.poll.wakeUpAll(k);
  return message;
}
