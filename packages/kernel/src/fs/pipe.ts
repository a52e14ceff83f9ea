import { File, type FileOperations, type Inode, type Mount, SuperBlock } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { PollTable } from "../include/linux/wait.ts";
import { capable } from "../kernel/capability.ts";
import { sendSig } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { allocPage } from "../mm/pageAlloc.ts";
import { copyToUser, putUser32 } from "../mm/usercopy.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_RESOURCE } from "../uapi/capability.ts";
import { EAGAIN, EBADF, EFAULT, EINVAL, ENOMEM, ENOPKG, ENOTTY, EPERM, EPIPE } from "../uapi/errno.ts";
import { O_ACCMODE, O_CLOEXEC, O_DIRECT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../uapi/fcntl.ts";
import { FIONREAD } from "../uapi/ioctls.ts";
import { PIPEFS_MAGIC } from "../uapi/magic.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../uapi/poll.ts";
import { POLL_IN, POLL_OUT, SIGPIPE } from "../uapi/signal.ts";
import { S_IFIFO } from "../uapi/stat.ts";
import { fasyncHelper, killFasync } from "./fasync.ts";
import { fifoOpen } from "./fifo.ts";
import { closeFd, fdInstall, fput } from "./file.ts";
import { newInode, touchAtime, updateMtime } from "./inode.ts";
import { kernMount, pseudoDentry, simpleStatfs } from "./libfs.ts";
import {
  getPipeInfo,
  PIPE_BUF_FLAG_CAN_MERGE,
  PIPE_BUF_FLAG_PACKET,
  PIPE_MAX_SIZE,
  PipeFile,
  PipeInode,
  pipeDropTail,
  pipePush,
  pipeResizeRing,
  putPipeInfo,
} from "./pipeInode.ts";
import { getAnonBdev } from "./super.ts";

const PAGE_SIZE = 4096;
/** O_NOTIFICATION_PIPE */
const O_NOTIFICATION_PIPE = O_EXCL;
/** What pipe2 may be asked for. */
export const PIPE_FLAGS = O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE;
const READABLE = POLLIN | POLLRDNORM;
const WRITABLE = POLLOUT | POLLWRNORM;

const canRead = (file: File): boolean => (file.flags & O_ACCMODE) !== O_WRONLY;
const canWrite = (file: File): boolean => (file.flags & O_ACCMODE) !== O_RDONLY;

/** Somebody may want to know that there is room. */
export function wakeWriters(k: Kernel, pipe: PipeInode): void {
  pipe.wrWait.wakeUp(k, WRITABLE);
  killFasync(k, pipe.fasyncWriters, POLL_OUT);
}

/** Somebody may want to know that there are bytes. */
export function wakeReaders(k: Kernel, pipe: PipeInode): void {
  pipe.rdWait.wakeUp(k, READABLE);
  killFasync(k, pipe.fasyncReaders, POLL_IN);
}

/** @linux fs/pipe.c pipe_read */
function pipeRead(k: Kernel, file: File, to: IovIter): number {
  if (to.count === 0) return 0;
  const pipe = (file.priv as PipeFile).pipe;
  const wasFull = pipe.full;
  // Whoever slept in line passes the wake-up on to the next if something is left.
  let wakeNext = k.current.inBlockedCall;
  let left = to.count;
  let ret = 0;
  while (!pipe.empty) {
    const buf = pipe.buf(pipe.tail);
    let chars = Math.min(buf.len, left);
    const copied = to.copyPhysTo(k, buf.frame * PAGE_SIZE + buf.offset, chars);
    if (copied < chars) {
      if (ret === 0) ret = -EFAULT;
      break;
    }
    ret += chars;
    buf.offset += chars;
    buf.len -= chars;
    if (buf.flags & PIPE_BUF_FLAG_PACKET) {
      left = chars;
      buf.len = 0;
    }
    if (buf.len === 0) pipeDropTail(k, pipe);
    left -= chars;
    if (left === 0) break;
    chars = 0;
  }
  if (ret === 0 && pipe.empty && pipe.writers > 0) {
    if (file.flags & O_NONBLOCK) ret = -EAGAIN;
    else return k.sched.sleepOnExclusive(pipe.rdWait);
  }
  if (pipe.empty) wakeNext = false;
  if (wasFull && !pipe.full) wakeWriters(k, pipe);
  if (wakeNext) pipe.rdWait.wakeUp(k, READABLE);
  if (ret > 0) touchAtime(k, file);
  return ret;
}

/** What a blocked write has put into the pipe so far. */
class PipeWriteProgress {
  done = 0;
}
stateClass(PipeWriteProgress);

/** @linux fs/pipe.c pipe_write */
function pipeWrite(k: Kernel, file: File, from: IovIter): number {
  if (from.count === 0) return 0;
  const pipe = (file.priv as PipeFile).pipe;
  const task = k.current;
  const { phys } = k.machine;
  const progress = task.progress instanceof PipeWriteProgress ? task.progress : null;
  let ret = progress ? progress.done : 0;
  if (ret > 0) from.advance(ret);
  let wakeNext = task.inBlockedCall;
  let error = 0;
  const before = ret;
  const wasEmpty = pipe.empty;
  const chars = from.count & (PAGE_SIZE - 1);
  if (pipe.readers > 0 && ret === 0 && chars !== 0 && !wasEmpty) {
    const buf = pipe.buf(pipe.head - 1);
    const offset = buf.offset + buf.len;
    if (buf.flags & PIPE_BUF_FLAG_CAN_MERGE && offset + chars <= PAGE_SIZE) {
      phys.willWrite(buf.frame);
      const n = from.copyPhysFrom(k, buf.frame * PAGE_SIZE + offset, chars);
      if (n < chars) return -EFAULT;
      buf.len += n;
      ret += n;
    }
  }
  while (from.count > 0) {
    if (pipe.readers === 0) {
      sendSig(k, SIGPIPE, task);
      error = -EPIPE;
      break;
    }
    if (pipe.full) {
      error = -EAGAIN;
      break;
    }
    const frame = allocPage(k);
    if (frame === 0) {
      error = -ENOMEM;
      break;
    }
    const want = Math.min(PAGE_SIZE, from.count);
    const n = from.copyPhysFrom(k, frame * PAGE_SIZE, want);
    if (n < want) {
      phys.put(frame);
      if (n > 0) from.revert(n);
      error = -EFAULT;
      break;
    }
    pipePush(pipe, frame, 0, n, file.flags & O_DIRECT ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_CAN_MERGE);
    ret += n;
  }
  if (error === -EAGAIN && !(file.flags & O_NONBLOCK)) {
    if (ret > before && wasEmpty) wakeReaders(k, pipe);
    const r = k.sched.sleepOnExclusive(pipe.wrWait);
    if (r === BLOCKED) {
      if (ret > 0) {
        const p = progress ?? new PipeWriteProgress();
        p.done = ret;
        task.progress = p;
      }
      return r;
    }
    error = r;
  }
  if (pipe.full) wakeNext = false;
  if ((wasEmpty && ret > before) || pipe.pollUsage) wakeReaders(k, pipe);
  if (wakeNext) pipe.wrWait.wakeUp(k, WRITABLE);
  if (ret > 0) updateMtime(k, file.inode);
  return ret > 0 ? ret : error;
}

/** @linux fs/pipe.c pipe_poll */
function pipePoll(k: Kernel, file: File, table: PollTable | null): number {
  const pf = file.priv as PipeFile;
  const { pipe } = pf;
  pipe.pollUsage = true;
  let mask = 0;
  if (canRead(file)) {
    table?.wait(k, pipe.rdWait);
    if (!pipe.empty) mask |= READABLE;
    if (pipe.writers === 0 && pf.noHangupBefore !== pipe.wCounter) mask |= POLLHUP;
  }
  if (canWrite(file)) {
    table?.wait(k, pipe.wrWait);
    if (!pipe.full) mask |= WRITABLE;
    if (pipe.readers === 0) mask |= POLLERR;
  }
  return mask;
}

/** @linux fs/pipe.c pipe_ioctl */
function pipeIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  return cmd === FIONREAD ? putUser32(k, arg, (file.priv as PipeFile).pipe.bytes) : -ENOTTY;
}

/** @linux fs/pipe.c pipe_fasync */
function pipeFasync(_k: Kernel, file: File, on: boolean): number {
  const { pipe } = file.priv as PipeFile;
  if (canRead(file)) fasyncHelper(file, on, pipe.fasyncReaders);
  if (canWrite(file)) fasyncHelper(file, on, pipe.fasyncWriters);
  return 0;
}

/** @linux fs/pipe.c pipe_release */
function pipeRelease(k: Kernel, inode: Inode, file: File): void {
  const { pipe } = file.priv as PipeFile;
  pipeFasync(k, file, false);
  if (canRead(file)) pipe.readers--;
  if (canWrite(file)) pipe.writers--;
  if ((pipe.readers === 0) !== (pipe.writers === 0)) {
    // Without saying what: who waits asks the pipe.
    pipe.rdWait.wakeUpAll(k);
    pipe.wrWait.wakeUpAll(k);
    killFasync(k, pipe.fasyncReaders, POLL_IN);
    killFasync(k, pipe.fasyncWriters, POLL_OUT);
  }
  putPipeInfo(k, inode, pipe);
}

/** Pipes and named pipes alike. @linux fs/pipe.c pipefifo_fops */
export const pipefifoFops: FileOperations = stateTable("pipefifo_fops", {
  open: fifoOpen,
  read: pipeRead,
  write: pipeWrite,
  poll: pipePoll,
  ioctl: pipeIoctl,
  fasync: pipeFasync,
  release: pipeRelease,
});
export const fifoFops = pipefifoFops;

/** The file system of unnamed pipes, mounted nowhere. */
class PipeFs {
  mount: Mount;
  constructor(mount: Mount) {
    this.mount = mount;
  }
}
stateClass(PipeFs);

const pipefsOps = stateTable("pipefs_ops", {
  statfs: (k: Kernel, sb: SuperBlock, out: Parameters<typeof simpleStatfs>[2]): number => {
    out.type = PIPEFS_MAGIC;
    return simpleStatfs(k, sb, out);
  },
});
const pipeInodeOps = stateTable("pipe_inode_ops", {});

function pipefs(k: Kernel): Mount {
  let fs = k.subsystems.get("pipefs") as PipeFs | undefined;
  if (!fs) {
    const sb = new SuperBlock("pipefs", pipefsOps);
    sb.dev = getAnonBdev(k);
    fs = new PipeFs(kernMount(sb, "pipefs"));
    k.subsystems.set("pipefs", fs);
  }
  return fs.mount;
}

/** Both ends of a new pipe: [read end, write end]. @linux fs/pipe.c create_pipe_files */
export function createPipeFiles(k: Kernel, flags: number): [File, File] {
  const mount = pipefs(k);
  const pipe = new PipeInode();
  pipe.readers = pipe.writers = 1;
  pipe.files = 2;
  const inode = newInode(k, mount.sb, S_IFIFO | 0o600, pipeInodeOps, pipefifoFops);
  inode.uid = k.current.cred.fsuid;
  inode.gid = k.current.cred.fsgid;
  inode.special = pipe;
  const path = { mnt: mount, dentry: pseudoDentry(`pipe:[${inode.ino}]`, inode) };
  inode.count++;
  const read = new File(pipefifoFops, inode, path, O_RDONLY | (flags & O_NONBLOCK));
  const write = new File(pipefifoFops, inode, path, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
  read.priv = new PipeFile(pipe);
  write.priv = new PipeFile(pipe);
  return [read, write];
}

const pair = new Int32Array(2);
const pairBytes = new Uint8Array(pair.buffer);

/** @linux fs/pipe.c do_pipe2 */
function doPipe2(k: Kernel, address: number, flags: number): number {
  if (flags & ~PIPE_FLAGS) return -EINVAL;
  if (flags & O_NOTIFICATION_PIPE) return -ENOPKG;
  const [read, write] = createPipeFiles(k, flags);
  const cloexec = (flags & O_CLOEXEC) !== 0;
  const fd0 = fdInstall(k, read, cloexec);
  if (fd0 < 0) {
    fput(k, read);
    fput(k, write);
    return fd0;
  }
  const fd1 = fdInstall(k, write, cloexec);
  if (fd1 < 0) {
    closeFd(k, fd0);
    fput(k, write);
    return fd1;
  }
  pair[0] = fd0;
  pair[1] = fd1;
  if (copyToUser(k, address, pairBytes, 0, 8) !== 0) {
    closeFd(k, fd0);
    closeFd(k, fd1);
    return -EFAULT;
  }
  return 0;
}

/** F_SETPIPE_SZ and F_GETPIPE_SZ: bytes, or -errno. @linux fs/pipe.c pipe_fcntl */
export function pipeFcntl(k: Kernel, file: File, set: boolean, arg: number): number {
  const pipe = getPipeInfo(file);
  if (!pipe) return -EBADF;
  if (!set) return pipe.ringSize * PAGE_SIZE;
  if (arg > 0x80000000) return -EINVAL;
  let size = PAGE_SIZE;
  while (size < arg) size *= 2;
  const slots = size / PAGE_SIZE;
  if (slots > pipe.ringSize && size > PIPE_MAX_SIZE && !capable(k, CAP_SYS_RESOURCE)) return -EPERM;
  // kcalloc of the ring fails beyond what one allocation may have.
  if (slots > 0x10000) return -ENOMEM;
  const wasFull = pipe.full;
  const r = pipeResizeRing(pipe, slots);
  if (r < 0) return r;
  if (wasFull && !pipe.full) pipe.wrWait.wakeUp(k, 0);
  return size;
}

const pipe2Names = flagNames("O_???", { O_NONBLOCK, O_DIRECT, O_CLOEXEC, O_NOTIFICATION_PIPE });

export const pipeSyscalls: SyscallDef[] = [
  syscall("pipe", { pipefd: A.intPtr("out") }, (k, address) => doPipe2(k, address, 0), { linux: "fs/pipe.c do_pipe2" }),
  syscall("pipe2", { pipefd: A.intPtr("out"), flags: A.flags(pipe2Names) }, doPipe2, { linux: "fs/pipe.c do_pipe2" }),
];
