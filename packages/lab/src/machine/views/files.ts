import { EventfdCtx } from "@lstar/kernel/fs/eventfd.ts";
import { Eventpoll } from "@lstar/kernel/fs/eventpoll/types.ts";
import { getPipeInfo } from "@lstar/kernel/fs/pipeInode.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { Socket } from "@lstar/kernel/net/socket.ts";
import { stateTableName } from "@lstar/kernel/state.ts";
import type { FdView } from "../../protocol.ts";
import { fileKind, filePath } from "../queueNames.ts";

/** Numbers for objects of one state, so that the same file gets the same number wherever it is seen. */
export class Identities {
  readonly #numbers = new Map<object, number>();
  of(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#numbers.set(object, this.#numbers.size + 1);
    return this.#numbers.size;
  }
}

const MAX_FDS = 256;
const O_APPEND = 0o2000;
const O_NONBLOCK = 0o4000;

/** What the lab tells of a descriptor beyond the page's own needs. */
export interface FdDetails extends FdView {
  /** Name of the file operations, as in Linux: pipefifo_fops. */
  readonly fops: string;
  readonly inode: number;
  /** References to the open file. */
  readonly count: number;
}

function flagsText(flags: number): string {
  const access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDWR"][flags & 3] as string;
  return access + (flags & O_APPEND ? "|O_APPEND" : "") + (flags & O_NONBLOCK ? "|O_NONBLOCK" : "");
}

/** Bytes that wait to be read, and how many there is room for in all; -1 where that means nothing. */
export function buffered(file: File): { bytes: number; capacity: number } {
  const pipe = getPipeInfo(file);
  if (pipe) return { bytes: pipe.bytes, capacity: pipe.ringSize * 4096 };
  const { priv } = file;
  if (priv instanceof Socket && priv.sk) {
    const bytes = priv.sk.receiveQueue.reduce((n, skb) => n + ("length" in skb ? Number(skb.length) : 0), 0);
    return { bytes, capacity: priv.sk.rcvbuf };
  }
  if (priv instanceof EventfdCtx) return { bytes: priv.zero ? 0 : 8, capacity: 8 };
  return { bytes: -1, capacity: -1 };
}

/** The descriptor table of a task. */
export function fdsView(k: Kernel, task: Task, ids: Identities): FdDetails[] {
  const out: FdDetails[] = [];
  const { fd, closeOnExec } = task.files;
  for (let n = 0; n < fd.length && out.length < MAX_FDS; n++) {
    const file = fd[n];
    if (!file) continue;
    const { bytes, capacity } = buffered(file);
    out.push({
      fd: n,
      file: ids.of(file),
      kind: fileKind(file),
      path: filePath(k, file),
      flags: flagsText(file.flags),
      position: file.pos,
      closeOnExec: closeOnExec.has(n),
      buffered: bytes,
      capacity,
      fops: stateTableName(file.op) ?? "",
      inode: ids.of(file.inode),
      count: file.count,
    });
  }
  return out;
}

/** Page cache by file, the files that tasks have open or mapped. */
export function pageCacheView(k: Kernel, tasks: readonly Task[]): { path: string; pages: number; dirty: number }[] {
  const seen = new Map<object, { path: string; pages: number; dirty: number }>();
  const look = (file: File | null): void => {
    const { mapping } = file?.inode ?? { mapping: null };
    if (!file || !mapping || seen.has(mapping) || mapping.pages.size === 0) return;
    seen.set(mapping, { path: filePath(k, file), pages: mapping.pages.size, dirty: mapping.dirty?.size ?? 0 });
  };
  for (const task of tasks) {
    for (const file of task.files.fd) look(file ?? null);
    for (const vma of task.mm?.vmas ?? []) look(vma.file);
  }
  return [...seen.values()].slice(0, 100);
}

/** The eventpoll behind a file, or null. */
export function eventpollOf(file: File): Eventpoll | null {
  return file.priv instanceof Eventpoll ? file.priv : null;
}
