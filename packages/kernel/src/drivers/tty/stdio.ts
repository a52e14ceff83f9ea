import { chrdevFops, makedev } from "../../fs/charDev.ts";
import { newInode } from "../../fs/inode.ts";
import { kernMount, noLlseek, pseudoDentry } from "../../fs/libfs.ts";
import { LOOKUP_FOLLOW, pathLookupAt } from "../../fs/namei.ts";
import { dentryOpen, filpOpen } from "../../fs/open.ts";
import { getAnonBdev } from "../../fs/super.ts";
import type { HostStream } from "../../host.ts";
import {
  File,
  type FileOperations,
  type Iattr,
  type Inode,
  type InodeOperations,
  type Mount,
  type Path,
  SuperBlock,
} from "../../include/linux/fs.ts";
import { type PollTable, WaitQueueHead } from "../../include/linux/wait.ts";
import { onHostEvent } from "../../kernel/hostEvents.ts";
import { sendSig } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { countCopy, DMA_IN, DMA_OUT } from "../../trace/copies.ts";
import { AT_FDCWD } from "../../uapi/fcntl.ts";
import { consoleTty } from "./console.ts";
import { procSetTty } from "./jobctrl.ts";
import "./tty.ts";
import { stateClass, stateTable } from "../../state.ts";
import { EAGAIN, EBADF, EFAULT, EPIPE } from "../../uapi/errno.ts";
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../../uapi/eventpoll.ts";
import { SIGPIPE } from "../../uapi/signal.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
const S_IFREG = 0o100000;
const CHUNK = 65536;
const CONSOLE_DEV = makedev(5, 1);
/** How long a writer waits before it offers bytes again to a host that took none. */
const RETRY_NS = 1_000_000;

/** One of the machine's standard streams that is not a terminal. */
class StdioStream {
  index: number;
  /** Input taken from the host that no reader has asked for yet. */
  pending: Uint8Array | null = null;
  offset = 0;
  eof = false;
  wait = new WaitQueueHead();
  constructor(index: number) {
    this.index = index;
  }
}

/** The file system behind standard streams, mounted nowhere, like pipefs. */
class StdioFs {
  mount: Mount;
  streams: StdioStream[] = [0, 1, 2].map((i) => new StdioStream(i));
  constructor(mount: Mount) {
    this.mount = mount;
  }
}

stateClass(StdioStream, StdioFs);

const stdioSuperOps = stateTable("stdio_super_ops", {});
const stdioInodeOps: InodeOperations = stateTable("stdio_inode_ops", {
  /** Truncation (by an open through /proc/self/fd) is for the host to do, and means nothing here. */
  setattr(_k: Kernel, inode: Inode, attr: Iattr): number {
    if (attr.mode !== undefined) inode.mode = (inode.mode & 0o170000) | (attr.mode & 0o7777);
    if (attr.uid !== undefined) inode.uid = attr.uid;
    if (attr.gid !== undefined) inode.gid = attr.gid;
    if (attr.atime) inode.atime = attr.atime;
    if (attr.mtime) inode.mtime = attr.mtime;
    return 0;
  },
});

function stdioFs(k: Kernel): StdioFs {
  let fs = k.subsystems.get("stdio") as StdioFs | undefined;
  if (!fs) {
    const sb = new SuperBlock("pipefs", stdioSuperOps);
    sb.dev = getAnonBdev(k);
    sb.nextIno = 3;
    fs = new StdioFs(kernMount(sb, "pipe:"));
    k.subsystems.set("stdio", fs);
  }
  return fs;
}

function hostStream(k: Kernel, s: StdioStream): HostStream {
  return k.host.stdio[s.index] as HostStream;
}

/** Asks the host for input. @returns true if there is something to read or the end was reached */
function fillInput(k: Kernel, s: StdioStream): boolean {
  if (s.pending || s.eof) return true;
  const got = hostStream(k, s).read(CHUNK);
  if (got === "wait") return false;
  if (got === null) s.eof = true;
  else if (got.length === 0) return false;
  else {
    s.pending = got;
    s.offset = 0;
    countCopy(k, DMA_IN, got.length);
  }
  return true;
}

function stdioRead(k: Kernel, file: File, to: IovIter): number {
  const s = file.inode.info as StdioStream;
  if (to.count === 0) return 0;
  if (s.index !== 0) return -EBADF;
  if (!fillInput(k, s)) {
    if (file.flags & O_NONBLOCK) return -EAGAIN;
    return k.sched.sleepOn(s.wait, EPOLLIN);
  }
  const bytes = s.pending;
  if (!bytes) return 0;
  const n = Math.min(to.count, bytes.length - s.offset);
  const done = to.copyTo(k, bytes, s.offset, n);
  s.offset += done;
  if (s.offset >= bytes.length) s.pending = null;
  return done === 0 ? -EFAULT : done;
}

function stdioWrite(k: Kernel, file: File, from: IovIter): number {
  const s = file.inode.info as StdioStream;
  if (from.count === 0) return 0;
  if (s.index === 0) return -EBADF;
  const buffer = new Uint8Array(Math.min(from.count, CHUNK));
  let done = 0;
  while (from.count > 0) {
    const n = from.copyFrom(k, buffer, 0, Math.min(CHUNK, from.count));
    if (n === 0) return done > 0 ? done : -EFAULT;
    const taken = hostStream(k, s).write(n === buffer.length ? buffer : buffer.subarray(0, n));
    if (taken < 0) {
      if (taken === -EPIPE) sendSig(k, SIGPIPE, k.current);
      return done > 0 ? done : taken;
    }
    done += taken;
    countCopy(k, DMA_OUT, taken);
    if (taken < n) {
      from.revert(n - taken);
      break;
    }
  }
  if (done > 0) return done;
  if (file.flags & O_NONBLOCK) return -EAGAIN;
  k.sched.setDeadline(k.time.now() + RETRY_NS);
  return k.sched.sleepUntilDeadline();
}

function stdioPoll(k: Kernel, file: File, table: PollTable | null): number {
  const s = file.inode.info as StdioStream;
  table?.wait(k, s.wait);
  if (s.index !== 0) return EPOLLOUT | EPOLLWRNORM;
  return fillInput(k, s) ? EPOLLIN | EPOLLRDNORM : 0;
}

export const stdioFops: FileOperations = stateTable("stdio_fops", {
  read: stdioRead,
  write: stdioWrite,
  poll: stdioPoll,
  llseek: noLlseek,
});

/**
 * Opens standard stream 0, 1 or 2 for the first program: the console if the host says it is a
 * terminal, /dev/null if it is nothing, else a pipe or a regular file that passes bytes on to the host.
 */
export function openStdio(k: Kernel, index: number): File | number {
  const kind = k.host.stdio[index as 0 | 1 | 2].kind;
  if (kind === "null") {
    const file = filpOpen(k, "/dev/null", O_RDWR, 0);
    if (typeof file !== "number") return file;
  }
  const fs = stdioFs(k);
  const { sb } = fs.mount;
  if (kind === "tty") return openConsole(k, fs);
  const regular = kind === "file";
  const inode = newInode(k, sb, regular ? S_IFREG | 0o644 : S_IFIFO | 0o600, stdioInodeOps, stdioFops);
  inode.uid = k.current.cred.fsuid;
  inode.gid = k.current.cred.fsgid;
  const dentry = pseudoDentry(`${regular ? "file" : "pipe"}:[${inode.ino}]`, inode);
  const path: Path = { mnt: fs.mount, dentry };
  inode.info = fs.streams[index] as StdioStream;
  return new File(stdioFops, inode, path, index === 0 ? O_RDONLY : O_WRONLY);
}

/** The console, which becomes the controlling terminal of the first program. */
function openConsole(k: Kernel, fs: StdioFs): File | number {
  // Whoever starts on a terminal owns it, as after a login.
  const place = pathLookupAt(k, AT_FDCWD, "/dev/console", LOOKUP_FOLLOW);
  if (typeof place !== "number" && place.dentry.inode?.rdev === CONSOLE_DEV) place.dentry.inode.uid = k.current.cred.fsuid;
  let file = filpOpen(k, "/dev/console", O_RDWR, 0);
  if (typeof file === "number") {
    // A root without /dev: the console has no name there.
    const inode = newInode(k, fs.mount.sb, S_IFCHR | 0o600, stdioInodeOps, chrdevFops);
    inode.rdev = CONSOLE_DEV;
    file = dentryOpen(k, { mnt: fs.mount, dentry: pseudoDentry("/dev/console", inode) }, O_RDWR);
  }
  if (typeof file !== "number") {
    const tty = consoleTty(k);
    if (tty.session === 0 && k.current.signal.leaderOfSession) procSetTty(k.current, tty);
  }
  return file;
}

/** The host has input (or the end of it): whoever waits for it looks again. */
export function stdioInput(k: Kernel): void {
  stdioFs(k).streams[0]?.wait.wakeUpAll(k, EPOLLIN | EPOLLRDNORM);
}

onHostEvent("stdin", stdioInput);
