import type { File, FileOperations, Inode } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { PollTable } from "../../include/linux/wait.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateClass, stateTable } from "../../state.ts";
import { EACCES, EFAULT, EINVAL, EIO, ENOTTY, ESRCH } from "../../uapi/errno.ts";
import { POLLERR, POLLIN, POLLPRI, POLLRDNORM } from "../../uapi/poll.ts";
import { procEntry, procInfo } from "./info.ts";

const CHUNK = 65536;
const WRITE_MAX = 4096;

/** The text an open file shows: made when it is read from its start (struct seq_file). */
export class ProcText {
  bytes: Uint8Array;
  /** The last change that a poll has told of. */
  event = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

stateClass(ProcText);

/** Bytes of a byte string. */
export function latin1Bytes(s: string): Uint8Array {
  const out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
  return out;
}

/** Is the task still there? A zombie is. */
export function procAlive(k: Kernel, task: Task): boolean {
  return k.pids.get(task.pid) === task;
}

function procOpen(k: Kernel, inode: Inode, file: File): number {
  const info = procInfo(inode);
  const entry = procEntry(info);
  file.priv = null;
  if (entry?.changes) {
    const text = new ProcText(new Uint8Array(0));
    text.event = entry.changes(k, info.task ?? k.current).event;
    file.priv = text;
  }
  if (entry?.inspectOpen && info.task) {
    if (!procAlive(k, info.task)) return -ESRCH;
    if (!ptraceMayAccess(k, info.task, true)) return -EACCES;
  }
  return 0;
}

/** @linux fs/seq_file.c seq_read_iter */
function procRead(k: Kernel, file: File, to: IovIter, pos: number): number {
  const info = procInfo(file.inode);
  const entry = procEntry(info);
  const task = info.task ?? k.current;
  if (!entry) return -EINVAL;
  // Memory was opened, not the process: it just has ended.
  if (entry.readAt) return readAt(k, entry.readAt, task, to, pos);
  if (!entry.show) return -EINVAL;
  if (info.task && !procAlive(k, info.task)) return -ESRCH;
  let made = file.priv as ProcText | null;
  if (!made || pos === 0) {
    if (entry.inspect && info.task && !ptraceMayAccess(k, info.task, true)) return -EACCES;
    const shown = info.area === "tid" && entry.showThread ? entry.showThread(k, task) : entry.show(k, task);
    if (typeof shown === "number") return shown;
    const event = made ? made.event : 0;
    made = new ProcText(latin1Bytes(shown));
    made.event = event;
    file.priv = made;
  }
  const n = Math.min(to.count, made.bytes.length - pos);
  if (n <= 0) return 0;
  const done = to.copyTo(k, made.bytes, pos, n);
  return done === 0 ? -EFAULT : done;
}

function readAt(
  k: Kernel,
  read: (k: Kernel, task: Task, pos: number, length: number) => Uint8Array | number,
  task: Task,
  to: IovIter,
  pos: number,
): number {
  let done = 0;
  while (to.count > 0) {
    const bytes = read(k, task, pos + done, Math.min(to.count, CHUNK));
    if (typeof bytes === "number") return done > 0 ? done : bytes;
    if (bytes.length === 0) break;
    const n = to.copyTo(k, bytes, 0, bytes.length);
    done += n;
    if (n < bytes.length) return done > 0 ? done : -EFAULT;
  }
  return done;
}

function procWrite(k: Kernel, file: File, from: IovIter, pos: number): number {
  const info = procInfo(file.inode);
  const entry = procEntry(info);
  const task = info.task ?? k.current;
  if (!entry) return -EINVAL;
  if (info.task && !entry.writeAt && !procAlive(k, info.task)) return -ESRCH;
  const n = Math.min(from.count, entry.writeAt ? CHUNK : WRITE_MAX);
  const bytes = new Uint8Array(n);
  if (from.copyFrom(k, bytes, 0, n) < n) return -EFAULT;
  if (entry.writeAt) return entry.writeAt(k, task, pos, bytes);
  if (!entry.store) return -EIO;
  const r = entry.store(k, task, String.fromCharCode(...bytes));
  return r < 0 ? r : n;
}

/** @linux fs/seq_file.c seq_lseek */
function procLlseek(_k: Kernel, file: File, offset: number, whence: number): number {
  const pos = whence === 0 ? offset : whence === 1 ? file.pos + offset : -1;
  if (pos < 0) return -EINVAL;
  file.pos = pos;
  return pos;
}

function procIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  const info = procInfo(file.inode);
  return procEntry(info)?.ioctl?.(k, info.task ?? k.current, cmd, arg) ?? -ENOTTY;
}

/** Readable at all times; each change is told of once. @linux fs/proc_namespace.c mounts_poll */
function procPoll(k: Kernel, file: File, table: PollTable | null): number {
  const info = procInfo(file.inode);
  const source = procEntry(info)?.changes?.(k, info.task ?? k.current);
  const text = file.priv as ProcText | null;
  if (!source || !text) return POLLIN | POLLRDNORM;
  table?.wait(k, source.poll);
  if (text.event === source.event) return POLLIN | POLLRDNORM;
  text.event = source.event;
  return POLLIN | POLLRDNORM | POLLERR | POLLPRI;
}

/** Files of processes give no pages, unless they are those about mounts. @linux fs/proc/base.c proc_single_file_operations */
function procRefuseSpliceRead(file: File): number {
  const info = procInfo(file.inode);
  return info.area === "global" || procEntry(info)?.changes ? 0 : -EINVAL;
}

const operations = {
  open: procOpen,
  refuseSpliceRead: procRefuseSpliceRead,
  read: procRead,
  write: procWrite,
  llseek: procLlseek,
  ioctl: procIoctl,
};
/** Files of procfs. */
export const procFileFops: FileOperations = stateTable("proc_reg_file_ops", operations);
/** Those that can be polled. */
export const procPollFops: FileOperations = stateTable("proc_mounts_operations", { ...operations, poll: procPoll });
