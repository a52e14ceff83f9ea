import { dPath } from "@lstar/kernel/fs/dcache.ts";
import { Eventpoll } from "@lstar/kernel/fs/eventpoll/types.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import { IoRingCtx } from "@lstar/kernel/include/linux/ioUringTypes.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { WaitQueueHead } from "@lstar/kernel/include/linux/wait.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { stateTableName } from "@lstar/kernel/state.ts";

/** A wait queue that belongs to an open file, and the member that holds it. */
export interface FileQueue {
  readonly queue: WaitQueueHead;
  /** Member and type as Linux names them: "rd_wait". */
  readonly member: string;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** The wait queues behind an open file: of its driver's state, and one step further. */
export function fileQueues(file: File): FileQueue[] {
  const found: FileQueue[] = [];
  const seen = new Set<object>();
  const look = (holder: object | null, depth: number): void => {
    if (!holder || seen.has(holder)) return;
    seen.add(holder);
    for (const [member, value] of Object.entries(holder)) {
      if (value instanceof WaitQueueHead) {
        if (!found.some((q) => q.queue === value)) found.push({ queue: value, member: snake(member) });
      } else if (depth > 0 && STEPS.has(member) && typeof value === "object") look(value as object | null, depth - 1);
    }
  };
  look(file.priv, 2);
  look(file.inode.special, 2);
  look(file.inode.info, 2);
  return found;
}

/** Members that lead from an open file's state to the object with the queues. */
const STEPS = new Set(["pipe", "sk", "tty", "link", "ctx", "wait"]);

/** What an open file is, in a word: pipe, socket, eventpoll, eventfd, tty, file, directory … */
export function fileKind(file: File): string {
  if (file.priv instanceof Eventpoll) return "eventpoll";
  if (file.priv instanceof IoRingCtx) return "io_uring";
  const type = file.inode.mode & 0o170000;
  if (type === 0o010000) return "pipe";
  if (type === 0o140000) return "socket";
  if (type === 0o040000) return "directory";
  const ops = stateTableName(file.op) ?? "";
  if (/^eventfd/.test(ops)) return "eventfd";
  if (/^timerfd/.test(ops)) return "timerfd";
  if (/^signalfd/.test(ops)) return "signalfd";
  if (/^pidfd/.test(ops)) return "pidfd";
  if (/tty|console/.test(ops)) return "tty";
  if (type === 0o020000) return "device";
  return "file";
}

export function filePath(k: Kernel, file: File): string {
  return dPath(k, file.path);
}

/** A name for the queue that a task sleeps on: what it belongs to and the member. */
export function queueName(k: Kernel, task: Task, queue: WaitQueueHead): string {
  const { fd } = task.files;
  for (let n = 0; n < fd.length; n++) {
    const file = fd[n];
    if (!file) continue;
    const hit = fileQueues(file).find((q) => q.queue === queue);
    if (hit) return `${fileKind(file)}.${hit.member} (fd ${n}, ${filePath(k, file)})`;
  }
  for (const held of task.heldFiles ?? []) {
    const hit = fileQueues(held.file).find((q) => q.queue === queue);
    if (hit) return `${fileKind(held.file)}.${hit.member}`;
  }
  if (queue === task.signal.waitChildExit) return "signal.wait_chldexit";
  if (queue === task.sighand.signalfdWait) return "sighand.signalfd_wqh";
  for (const other of k.pids.values()) {
    if (queue === other.pidfdWait) return `pid ${other.pid}.wait_pidfd`;
    if (queue === other.vforkDone) return `vfork_done of ${other.pid}`;
  }
  return "wait queue";
}

const FUTEX = 202;
const FUTEX_WAITV = 449;

/** Names of all queues that a task sleeps on; what it waits for without a queue, else. */
export function sleepsOn(k: Kernel, task: Task): string[] {
  const names: string[] = [];
  for (const w of task.waits) if (w.queue) names.push(queueName(k, task, w.queue));
  if (names.length > 0) return names;
  if (task.syscallNr === FUTEX || task.syscallNr === FUTEX_WAITV) return ["futex"];
  if (Number.isFinite(task.deadline)) return ["hrtimer"];
  return task.state !== 0 && task.exitState === 0 ? ["signal"] : [];
}
