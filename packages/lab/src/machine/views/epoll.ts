import type { Eventpoll } from "@lstar/kernel/fs/eventpoll/types.ts";
import { Epitem, EppollEntry } from "@lstar/kernel/fs/eventpoll/types.ts";
import { type Task, TaskWait } from "@lstar/kernel/include/linux/sched.ts";
import type { WaitQueueHead } from "@lstar/kernel/include/linux/wait.ts";
import { IoPoll } from "@lstar/kernel/io_uring/poll.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { uringOpName } from "@lstar/trace/uring/names.ts";
import type { EpollItemView, EpollView, WaitQueueView } from "../../protocol.ts";
import { fileKind, filePath, fileQueues } from "../queueNames.ts";
import { buffered, eventpollOf, type Identities } from "./files.ts";

const MAX_ITEMS = 2000;
const MAX_QUEUES = 200;
const BITS: readonly (readonly [string, number])[] = [
  ["EPOLLIN", 1],
  ["EPOLLPRI", 2],
  ["EPOLLOUT", 4],
  ["EPOLLERR", 8],
  ["EPOLLHUP", 0x10],
  ["EPOLLRDHUP", 0x2000],
  ["EPOLLEXCLUSIVE", 1 << 28],
  ["EPOLLWAKEUP", 1 << 29],
  ["EPOLLONESHOT", 1 << 30],
  ["EPOLLET", 1 << 31],
];

/** Poll bits by name. */
export function pollBits(bits: number): string {
  return (
    BITS.filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name)
      .join("|") || "0"
  );
}

export interface EpollItemDetails extends EpollItemView {
  readonly kind: string;
  readonly path: string;
  readonly buffered: number;
  readonly capacity: number;
}

export interface EpollDetails extends EpollView {
  readonly items: readonly EpollItemDetails[];
  /** Events are being copied out: what becomes ready meanwhile goes to the overflow list. */
  readonly scanning: boolean;
}

/** All epoll instances that tasks have open: the tree with its colours, the lists, the sleepers. */
export function epollsView(k: Kernel, tasks: readonly Task[], ids: Identities): EpollDetails[] {
  const out: EpollDetails[] = [];
  const seen = new Set<Eventpoll>();
  for (const task of tasks) {
    task.files.fd.forEach((file, fd) => {
      const ep = file ? eventpollOf(file) : null;
      if (!file || !ep || seen.has(ep)) return;
      seen.add(ep);
      out.push({ file: ids.of(file), owner: task.tgid, fd, scanning: ep.scanning, waiters: sleepers(ep.wq), ...contents(k, ep, ids) });
    });
  }
  return out;
}

function contents(
  k: Kernel,
  ep: Eventpoll,
  ids: Identities,
): { root: number; items: EpollItemDetails[]; readyList: number[]; overflowList: number[] } {
  const order: Epitem[] = [];
  for (let item = ep.rbr.first(); item && order.length < MAX_ITEMS; item = ep.rbr.next(item)) order.push(item);
  const index = new Map(order.map((item, i) => [item as object, i]));
  const at = (node: object | null): number => (node ? (index.get(node) ?? -1) : -1);
  const readyList: number[] = [];
  for (let item = ep.rdFirst; item && readyList.length < MAX_ITEMS; item = item.rdNext) readyList.push(at(item));
  const overflowList: number[] = [];
  for (let item = ep.ovFirst; item && overflowList.length < MAX_ITEMS; item = item.ovNext) overflowList.push(at(item));
  return {
    root: at(ep.rbr.root),
    readyList,
    overflowList,
    items: order.map((item) => {
      const { bytes, capacity } = buffered(item.file);
      return {
        fd: item.fd,
        file: ids.of(item.file),
        events: pollBits(item.events),
        data: (item.dataHi >>> 0 ? (item.dataHi >>> 0).toString(16) : "") + (item.dataLo >>> 0).toString(16),
        ready: item.onReady,
        red: item.rbRed,
        left: at(item.rbLeft),
        right: at(item.rbRight),
        kind: fileKind(item.file),
        path: filePath(k, item.file),
        buffered: bytes,
        capacity,
      };
    }),
  };
}

function sleepers(queue: WaitQueueHead): number[] {
  const pids: number[] = [];
  for (let e = queue.first; e; e = e.next) if (e instanceof TaskWait) pids.push(e.task.pid);
  return pids;
}

/** The wait queues of open files that somebody waits on. */
export function waitQueuesView(k: Kernel, tasks: readonly Task[], ids: Identities): WaitQueueView[] {
  const out: WaitQueueView[] = [];
  const seen = new Set<WaitQueueHead>();
  const add = (name: string, file: number, queue: WaitQueueHead): void => {
    if (seen.has(queue) || !queue.active || out.length >= MAX_QUEUES) return;
    seen.add(queue);
    const entries: { what: string; pid: number }[] = [];
    for (let e = queue.first; e && entries.length < 100; e = e.next) {
      if (e instanceof TaskWait) entries.push({ what: "task", pid: e.task.pid });
      else if (e instanceof Epitem) entries.push({ what: `epitem of fd ${e.fd}`, pid: 0 });
      else if (e instanceof EppollEntry) entries.push({ what: `epitem of fd ${e.item.fd}`, pid: 0 });
      else if (e instanceof IoPoll) entries.push({ what: `io_uring ${uringOpName(e.req.opcode)} ${e.req.userLo >>> 0}`, pid: 0 });
      else entries.push({ what: e.constructor.name, pid: 0 });
    }
    out.push({ name, file, entries });
  };
  for (const task of tasks) {
    for (const file of task.files.fd) {
      if (!file) continue;
      for (const q of fileQueues(file)) add(`${fileKind(file)}.${q.member} ${filePath(k, file)}`, ids.of(file), q.queue);
    }
    add(`wait_chldexit of ${task.tgid}`, 0, task.signal.waitChildExit);
  }
  return out;
}
