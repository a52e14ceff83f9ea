import type { MountTable } from "../../fs/namespace.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import type { AddressSpace } from "../../mm/pageCache.ts";
import { stateClass } from "../../state.ts";
import type { Vma } from "./mm_types.ts";
import type { PollTable } from "./wait.ts";
import { WaitQueueHead } from "./wait.ts";

/** Seconds since the epoch and nanoseconds (struct timespec64). */
export interface Timespec {
  sec: number;
  nsec: number;
}

/**
 * Result convention of every operation below: a non-negative number, or a negative errno, or
 * BLOCKED (see kernel/sched/core) when the current task was put to sleep and the call is to be retried.
 */
export interface FileOperations {
  read?(k: Kernel, file: File, to: IovIter, pos: number): number;
  write?(k: Kernel, file: File, from: IovIter, pos: number): number;
  /** Where it is there, what can be written to cannot be spliced to: the error. */
  refuseSplice?(): number;
  /** Where it is there, what can be read cannot be spliced from: the error, or 0. */
  refuseSpliceRead?(file: File): number;
  llseek?(k: Kernel, file: File, offset: number, whence: number): number;
  iterate?(k: Kernel, file: File, ctx: DirContext): number;
  /** Present readiness (POLL* bits); registers on the file's wait queues through `table` unless null. */
  poll?(k: Kernel, file: File, table: PollTable | null): number;
  /** `arg` is the raw argument as a number (pointer or integer). -ENOTTY if unknown. */
  ioctl?(k: Kernel, file: File, cmd: number, arg: number): number;
  /** A command of io_uring's that the file takes without arguments. @linux include/linux/fs.h uring_cmd */
  uringCmd?(): number;
  mmap?(k: Kernel, file: File, vma: Vma): number;
  open?(k: Kernel, inode: Inode, file: File): number;
  /** Called at each close of a descriptor. */
  flush?(k: Kernel, file: File): number;
  /** Called when the last reference to the open file goes. */
  release?(k: Kernel, inode: Inode, file: File): void;
  fsync?(k: Kernel, file: File, datasync: boolean): number;
  /** O_ASYNC was switched on or off for the file. 0 or -errno; absent: the file sends no SIGIO. */
  fasync?(k: Kernel, file: File, on: boolean): number;
  fallocate?(k: Kernel, file: File, mode: number, offset: number, length: number): number;
  /** Extra lines of /proc/PID/fdinfo/N. */
  showFdinfo?(k: Kernel, file: File): string;
}

/** Receives directory entries; `emit` returns false when the buffer is full. */
export interface DirContext {
  /** Position to start at; the callee advances it (0 = ".", 1 = ".."). */
  pos: number;
  emit(name: Uint8Array | string, ino: number, type: number): boolean;
}

export interface InodeOperations {
  /** Fills a negative dentry: sets dentry.inode if the name exists. 0 or -errno (a missing name is 0 with inode null). */
  lookup?(k: Kernel, dir: Inode, dentry: Dentry): number;
  create?(k: Kernel, dir: Inode, dentry: Dentry, mode: number): number;
  link?(k: Kernel, target: Inode, dir: Inode, dentry: Dentry): number;
  unlink?(k: Kernel, dir: Inode, dentry: Dentry): number;
  symlink?(k: Kernel, dir: Inode, dentry: Dentry, target: string): number;
  mkdir?(k: Kernel, dir: Inode, dentry: Dentry, mode: number): number;
  rmdir?(k: Kernel, dir: Inode, dentry: Dentry): number;
  mknod?(k: Kernel, dir: Inode, dentry: Dentry, mode: number, rdev: number): number;
  rename?(k: Kernel, oldDir: Inode, oldDentry: Dentry, newDir: Inode, newDentry: Dentry, flags: number): number;
  /** Target of a symbolic link, or -errno. */
  readlink?(k: Kernel, inode: Inode): string | number;
  /** Magic links (/proc/PID/fd/N, exe, cwd, root): the place itself instead of a text to walk. */
  followLink?(k: Kernel, inode: Inode): Path | number;
  permission?(k: Kernel, inode: Inode, mask: number): number;
  setattr?(k: Kernel, inode: Inode, attr: Iattr): number;
  /** Refreshes what stat shows, for inodes whose attributes live elsewhere (proc, host). */
  getattr?(k: Kernel, inode: Inode): number;
  tmpfile?(k: Kernel, dir: Inode, mode: number): Inode | number;
  getxattr?(k: Kernel, inode: Inode, name: string): Uint8Array | number;
  setxattr?(k: Kernel, inode: Inode, name: string, value: Uint8Array, flags: number): number;
  removexattr?(k: Kernel, inode: Inode, name: string): number;
  listxattr?(k: Kernel, inode: Inode): string[] | number;
}

/** Attributes to change: the fields that are present (struct iattr). */
export interface Iattr {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  atime?: Timespec;
  mtime?: Timespec;
  ctime?: Timespec;
}

export interface SuperOperations {
  statfs?(k: Kernel, sb: SuperBlock, out: StatfsInfo): number;
  /** The last link and the last reference are gone. */
  evictInode?(k: Kernel, inode: Inode): void;
  dRevalidate?(k: Kernel, dentry: Dentry): boolean;
}

export interface StatfsInfo {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  namelen: number;
}

/** struct super_block: one mounted instance of a file system. */
export class SuperBlock {
  /** Device number (makedev layout of struct stat). */
  dev = 0;
  /** "tmpfs", "proc", … as /proc/mounts shows. */
  type: string;
  op: SuperOperations;
  flags = 0;
  root: Dentry | null = null;
  nextIno = 1;
  /** Nothing but mounts holds it: it goes with its last one (kill_litter_super). */
  litter = false;
  /** State of the file-system type (registered class or plain data). */
  info: object | null = null;
  constructor(type: string, op: SuperOperations) {
    this.type = type;
    this.op = op;
  }
}

/** struct inode. */
export class Inode {
  sb: SuperBlock;
  ino: number;
  /** Type and permission bits (S_IF* | 07777). */
  mode: number;
  uid = 0;
  gid = 0;
  nlink = 1;
  rdev = 0;
  size = 0;
  /** 512-byte units. */
  blocks = 0;
  atime: Timespec = { sec: 0, nsec: 0 };
  mtime: Timespec = { sec: 0, nsec: 0 };
  ctime: Timespec = { sec: 0, nsec: 0 };
  btime: Timespec = { sec: 0, nsec: 0 };
  op: InodeOperations;
  fop: FileOperations;
  /** Page cache, for regular files. */
  mapping: AddressSpace | null = null;
  /** Open files and mapped areas that hold it, besides dentries. */
  count = 0;
  /** Open for writing (> 0), or being executed (< 0): ETXTBSY. */
  writecount = 0;
  /** Made with O_TMPFILE and without O_EXCL: linkat may still give it a name (I_LINKABLE). */
  linkable = false;
  /** fcntl/OFD/flock locks, see fs/locks. */
  locks: object | null = null;
  /** Watches, see fs/notify. */
  notify: object | null = null;
  /** Named pipe, device or socket state behind a special inode. */
  special: object | null = null;
  /** State of the file-system type. */
  info: object | null = null;
  xattrs: Map<string, Uint8Array> | null = null;
  /** FS_IMMUTABLE_FL, FS_APPEND_FL, FS_NODUMP_FL, FS_NOATIME_FL (chattr). */
  flags = 0;
  /** RWH_WRITE_LIFE_* of F_SET_RW_HINT. */
  writeHint = 0;
  constructor(sb: SuperBlock, ino: number, mode: number, op: InodeOperations, fop: FileOperations) {
    this.sb = sb;
    this.ino = ino;
    this.mode = mode;
    this.op = op;
    this.fop = fop;
  }
}

/** struct dentry: a name in a directory; `inode` null = negative. Names are byte strings kept one char per byte (latin1), so any file name survives. */
export class Dentry {
  name: string;
  parent: Dentry;
  inode: Inode | null = null;
  children: Map<string, Dentry> | null = null;
  /** Unlinked while still in use: " (deleted)". */
  unhashed = false;
  /** Mounts stacked on this dentry, if any (see fs/namespace). */
  mounted = false;
  constructor(name: string, parent: Dentry | null) {
    this.name = name;
    this.parent = parent ?? this;
  }
}

/** struct vfsmount/mount. */
export class Mount {
  id: number;
  sb: SuperBlock;
  /** Root of what is mounted. */
  root: Dentry;
  parent: Mount;
  mountpoint: Dentry;
  /** MS_* flags of this mount (MS_RDONLY, MS_NOSUID …). */
  flags = 0;
  /** The namespace that it is mounted in; null for the kernel's own, and before it is mounted. */
  ns: MountTable | null = null;
  /** umount2 with MNT_EXPIRE has asked once. */
  expiring = false;
  /** Device or source name as /proc/mounts shows. */
  source: string;
  constructor(id: number, sb: SuperBlock, root: Dentry, parent: Mount | null, mountpoint: Dentry | null, source: string) {
    this.id = id;
    this.sb = sb;
    this.root = root;
    this.parent = parent ?? this;
    this.mountpoint = mountpoint ?? root;
    this.source = source;
  }
}

/** struct path. */
export interface Path {
  mnt: Mount;
  dentry: Dentry;
}

/** struct file: an open file description. */
export class File {
  op: FileOperations;
  inode: Inode;
  path: Path;
  /** O_* status flags (access mode, O_APPEND, O_NONBLOCK, O_DIRECT, O_PATH …). */
  flags: number;
  pos = 0;
  /** This open made the file (FMODE_CREATED). */
  created = false;
  /** References: descriptors, mappings, in-flight messages. */
  count = 1;
  /** Per-open state of the driver. */
  priv: object | null = null;
  /** fasync/F_SETOWN: pid (negative = group) and signal. */
  ownerPid = 0;
  ownerType = 0;
  ownerSig = 0;
  /** epitems registered on this file (f_ep), see fs/eventpoll. */
  ep: object | null = null;
  constructor(op: FileOperations, inode: Inode, path: Path, flags: number) {
    this.op = op;
    this.inode = inode;
    this.path = path;
    this.flags = flags;
  }
}

/** struct files_struct: descriptor table, shared with CLONE_FILES. */
export class FilesStruct {
  count = 1;
  fd: (File | null)[] = [];
  closeOnExec = new Set<number>();
  /** No free descriptor below this. */
  nextFd = 0;
}

/** struct fs_struct: root, working directory and umask, shared with CLONE_FS. */
export class FsStruct {
  count = 1;
  root: Path;
  pwd: Path;
  umask = 0o022;
  constructor(root: Path, pwd: Path) {
    this.root = root;
    this.pwd = pwd;
  }
}

export { WaitQueueHead };

stateClass(SuperBlock, Inode, Dentry, Mount, File, FilesStruct, FsStruct);
