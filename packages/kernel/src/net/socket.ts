import { fasyncHelper } from "../fs/fasync.ts";
import { fdInstall, fget, fput } from "../fs/file.ts";
import { newInode } from "../fs/inode.ts";
import { kernMount, pseudoDentry, simpleStatfs } from "../fs/libfs.ts";

import { getAnonBdev } from "../fs/super.ts";
import { File, type FileOperations, type Inode, type Mount, SuperBlock, WaitQueueHead } from "../include/linux/fs.ts";
import type { PollTable } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { stateClass, stateTable } from "../state.ts";
import { EAFNOSUPPORT, EBADF, EINVAL, ENOTSOCK, ENOTTY, ENXIO } from "../uapi/errno.ts";
import { O_NONBLOCK, O_RDWR } from "../uapi/fcntl.ts";
import { AF_MAX, MSG_DONTWAIT, MSG_EOR, SOCK_MAX, SOCK_SEQPACKET } from "../uapi/socket.ts";
import { devIoctl } from "./core/devIoctl.ts";
import type { ScmCookie } from "./core/scm.ts";
import type { Sock } from "./core/sock.ts";

const S_IFSOCK = 0o140000;
const SOCKFS_MAGIC = 0x534f434b;

/** One control message (struct cmsghdr) for the receiver. */
export interface ControlMessage {
  level: number;
  type: number;
  data: Uint8Array;
}

/** What a message is, besides its data. */
export class Message {
  /** Where the data comes from or goes to. */
  iter: IovIter;
  /** The address: of the destination when sending, of the sender when receiving; null = none (asked for). */
  name: Uint8Array | null = null;
  wantsName = false;
  flags: number;
  /** Flags for the receiver (msg_flags). */
  outFlags = 0;
  scm: ScmCookie | null = null;
  /** Control messages as they were sent, for families that read them themselves; those for the receiver. */
  control: Uint8Array | null = null;
  readonly controlOut: ControlMessage[] = [];
  /** Whether the receiver asks for `inq`: how many bytes are left to be read (msg_inq); -1 = the family does not tell. */
  wantsInq = false;
  inq = -1;
  constructor(iter: IovIter, flags: number) {
    this.iter = iter;
    this.flags = flags;
  }
}

/** What a family does for each call: struct proto_ops. Results are numbers as everywhere. */
export interface ProtoOps {
  /** The family reads control messages itself. */
  readonly ownControl?: boolean;
  /** Sends bytes of a frame without copying them; the packet takes a reference of its own. @linux net/socket.c MSG_SPLICE_PAGES */
  sendPage?(k: Kernel, sock: Socket, frame: number, offset: number, size: number, flags: number): number;
  release(k: Kernel, sock: Socket): void;
  bind(k: Kernel, sock: Socket, addr: Uint8Array): number;
  connect(k: Kernel, sock: Socket, addr: Uint8Array, flags: number): number;
  socketpair?(k: Kernel, a: Socket, b: Socket): number;
  accept?(k: Kernel, sock: Socket, fresh: Socket, flags: number): number;
  /** The address as bytes, or -errno. */
  getname(k: Kernel, sock: Socket, peer: boolean): Uint8Array | number;
  poll(k: Kernel, sock: Socket, table: PollTable | null): number;
  ioctl?(k: Kernel, sock: Socket, cmd: number, arg: number): number;
  /** Bytes waiting to be sent (`out`) or to be read, for families whose protocols tell. */
  queued?(sock: Socket, out: boolean): number;
  listen?(k: Kernel, sock: Socket, backlog: number): number;
  shutdown?(k: Kernel, sock: Socket, how: number): number;
  setsockopt?(k: Kernel, sock: Socket, level: number, name: number, addr: number, length: number): number;
  getsockopt?(k: Kernel, sock: Socket, level: number, name: number, addr: number, lengthAddr: number): number;
  sendmsg(k: Kernel, sock: Socket, m: Message): number;
  recvmsg(k: Kernel, sock: Socket, m: Message): number;
}

/** struct socket: what a descriptor of a socket stands for. */
export class Socket {
  readonly type: number;
  ops!: ProtoOps;
  sk!: Sock;
  file: File | null = null;
  readonly wait = new WaitQueueHead();
  fasync: File[] = [];
  constructor(type: number) {
    this.type = type;
  }
}
stateClass(Socket);

/** A protocol family: makes the network's side of a new socket. 0 or -errno. */
export type FamilyCreate = (k: Kernel, sock: Socket, protocol: number) => number;
const families = new Map<number, FamilyCreate>();
/** @linux net/socket.c sock_register */
export function sockRegister(family: number, create: FamilyCreate): void {
  families.set(family, create);
}

/** @linux net/socket.c __sock_create */
export function sockCreate(k: Kernel, family: number, type: number, protocol: number): Socket | number {
  if (family < 0 || family >= AF_MAX) return -EAFNOSUPPORT;
  if (type < 0 || type >= SOCK_MAX) return -EINVAL;
  const create = families.get(family);
  if (!create) return -EAFNOSUPPORT;
  const sock = new Socket(type);
  const r = create(k, sock, protocol);
  return r < 0 ? r : sock;
}

class SockFs {
  mount: Mount;
  constructor(mount: Mount) {
    this.mount = mount;
  }
}
stateClass(SockFs);

const sockfsOps = stateTable("sockfs_ops", {
  statfs: (k: Kernel, sb: SuperBlock, out: Parameters<typeof simpleStatfs>[2]): number => {
    out.type = SOCKFS_MAGIC;
    return simpleStatfs(k, sb, out);
  },
});
const sockfsInodeOps = stateTable("sockfs_inode_ops", {});

function sockfs(k: Kernel): Mount {
  let fs = k.subsystems.get("sockfs") as SockFs | undefined;
  if (!fs) {
    const sb = new SuperBlock("sockfs", sockfsOps);
    sb.dev = getAnonBdev(k);
    fs = new SockFs(kernMount(sb, "sockfs"));
    k.subsystems.set("sockfs", fs);
  }
  return fs.mount;
}

/** The open file of a socket. @linux net/socket.c sock_alloc_file */
export function sockAllocFile(k: Kernel, sock: Socket, flags: number): File {
  const mount = sockfs(k);
  const inode = newInode(k, mount.sb, S_IFSOCK | 0o777, sockfsInodeOps, socketFileOps);
  inode.uid = k.current.cred.fsuid;
  inode.gid = k.current.cred.fsgid;
  const file = new File(
    socketFileOps,
    inode,
    { mnt: mount, dentry: pseudoDentry(`socket:[${inode.ino}]`, inode) },
    O_RDWR | (flags & O_NONBLOCK),
  );
  file.priv = sock;
  sock.file = file;
  return file;
}

/** A descriptor for a socket, or -EMFILE (the socket is gone then). @linux net/socket.c sock_map_fd */
export function sockMapFd(k: Kernel, sock: Socket, flags: number, cloexec: boolean): number {
  const file = sockAllocFile(k, sock, flags);
  const fd = fdInstall(k, file, cloexec);
  if (fd < 0) fput(k, file);
  return fd;
}

/** The socket behind a descriptor: -EBADF, -ENOTSOCK. @linux net/socket.c sockfd_lookup_light */
export function sockfdLookup(k: Kernel, fd: number): Socket | number {
  const file = fget(k, fd);
  if (!file) return -EBADF;
  return file.op === socketFileOps ? (file.priv as Socket) : -ENOTSOCK;
}

/** The socket of an open file, or null. */
export function sockFromFile(file: File): Socket | null {
  return file.op === socketFileOps ? (file.priv as Socket) : null;
}

function socketRead(k: Kernel, file: File, to: IovIter): number {
  const sock = file.priv as Socket;
  if (to.count === 0) return 0;
  return sock.ops.recvmsg(k, sock, new Message(to, file.flags & O_NONBLOCK ? MSG_DONTWAIT : 0));
}

function socketWrite(k: Kernel, file: File, from: IovIter): number {
  const sock = file.priv as Socket;
  const flags = (file.flags & O_NONBLOCK ? MSG_DONTWAIT : 0) | (sock.type === SOCK_SEQPACKET ? MSG_EOR : 0);
  return sock.ops.sendmsg(k, sock, new Message(from, flags));
}

/** @linux net/socket.c sock_do_ioctl */
function socketIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  const sock = file.priv as Socket;
  const r = sock.ops.ioctl ? sock.ops.ioctl(k, sock, cmd, arg) : -ENOTTY;
  return r === -ENOTTY ? devIoctl(k, cmd, arg) : r;
}

/** @linux net/socket.c socket_file_ops */
export const socketFileOps: FileOperations = stateTable("socket_file_ops", {
  /** By way of /proc/PID/fd. @linux net/socket.c sock_no_open */
  open: (): number => -ENXIO,
  read: socketRead,
  write: socketWrite,
  poll: (k: Kernel, file: File, table: PollTable | null): number => {
    const sock = file.priv as Socket;
    return sock.ops.poll(k, sock, table);
  },
  ioctl: socketIoctl,
  fasync: (_k: Kernel, file: File, on: boolean): number => {
    fasyncHelper(file, on, (file.priv as Socket).fasync);
    return 0;
  },
  release: (k: Kernel, _inode: Inode, file: File): void => {
    const sock = file.priv as Socket | null;
    if (!sock) return;
    fasyncHelper(file, false, sock.fasync);
    sock.ops.release(k, sock);
    sock.file = null;
  },
});
