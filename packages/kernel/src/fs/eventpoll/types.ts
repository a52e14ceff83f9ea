import type { File } from "../../include/linux/fs.ts";
import { type PollTable, WaitQueueEntry, WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { type RbNode, RbTree } from "../../lib/rbtree.ts";
import { stateClass } from "../../state.ts";
import { epPollCallback } from "./callback.ts";

/**
 * struct epitem: one registered descriptor. It stays in the tree while it is also on the ready list
 * or the overflow list. With it come its node of the tree and its entry on the first wait queue of its
 * file, which Linux has beside it: a machine may have a million of these.
 */
export class Epitem extends WaitQueueEntry implements RbNode {
  // First what an event touches: with many items each line of the cache counts.
  readonly ep: Eventpoll;
  /** Interest: EPOLL* bits with the private ones (ET, ONESHOT, EXCLUSIVE, WAKEUP). */
  events = 0;
  /** Set while the item is taken apart, so that a late callback does nothing. */
  dying = false;
  onReady = false;
  /** Links of the ready list. */
  rdNext: Epitem | null = null;
  rdPrev: Epitem | null = null;
  /** The key: open file description and descriptor number (struct epoll_filefd). */
  readonly file: File;
  readonly fd: number;
  /** epoll_data, opaque, as two 32-bit halves. */
  dataLo = 0;
  dataHi = 0;
  /** Next on the overflow list, valid if onOverflow. */
  onOverflow = false;
  ovNext: Epitem | null = null;
  rbParent: RbNode | null = null;
  rbLeft: RbNode | null = null;
  rbRight: RbNode | null = null;
  rbRed = false;
  /** Next item registered on the same open file (fllink). */
  fileNext: Epitem | null = null;
  /** Entries on further wait queues of the file (struct eppoll_entry). */
  pwq: EppollEntry[] | null = null;
  constructor(ep: Eventpoll, file: File, fd: number) {
    super();
    this.ep = ep;
    this.file = file;
    this.fd = fd;
  }
  wake(k: Kernel, key: number): number {
    return epPollCallback(k, this, key);
  }
}

/** struct eppoll_entry: an epitem's place on one more wait queue of its file. */
export class EppollEntry extends WaitQueueEntry {
  readonly item: Epitem;
  constructor(item: Epitem) {
    super();
    this.item = item;
  }
  wake(k: Kernel, key: number): number {
    return epPollCallback(k, this.item, key);
  }
}

/** Registers an epitem on the wait queues that a file's poll operation names. @linux fs/eventpoll.c ep_ptable_queue_proc */
export class EpollTable implements PollTable {
  readonly item: Epitem;
  constructor(item: Epitem) {
    this.item = item;
  }
  wait(_k: Kernel, queue: WaitQueueHead): void {
    const { item } = this;
    let entry: WaitQueueEntry = item;
    if (item.queue) {
      entry = new EppollEntry(item);
      item.pwq = [...(item.pwq ?? []), entry as EppollEntry];
    }
    // EPOLLEXCLUSIVE, bit 28: of several such waiters a wake-up reaches one.
    if ((item.events & (1 << 28)) !== 0) queue.addExclusive(entry);
    else queue.add(entry);
  }
}

/** What an open file knows of epoll (file.f_ep): its place in the order of keys and its items. */
export class EpollFile {
  readonly serial: number;
  first: Epitem | null = null;
  constructor(serial: number) {
    this.serial = serial;
  }
}

/** struct eventpoll. */
export class Eventpoll {
  /** Interest set, ordered by open file (EpollFile.serial), then descriptor. */
  readonly rbr = new RbTree<Epitem>();
  /** Ready list: first to last in order of becoming ready. */
  rdFirst: Epitem | null = null;
  rdLast: Epitem | null = null;
  /** While events are copied out (scanning), items that become ready go to the overflow list. */
  scanning = false;
  ovFirst: Epitem | null = null;
  /** epoll_wait sleeps here. */
  readonly wq = new WaitQueueHead();
  /** Whoever polls this epoll file: select, poll, an outer epoll. */
  readonly pollWait = new WaitQueueHead();
  /** The open file of this instance. */
  file: File | null = null;
  /** Registered descriptors are counted against this user's max_user_watches. */
  uid = 0;
  /** Busy-poll parameters: accepted and kept. */
  busyPollUsecs = 0;
  busyPollBudget = 0;
  preferBusyPoll = 0;
  /** Marks for the loop check. */
  visited = 0;
  loopDepth = 0;

  get readyCount(): number {
    let n = 0;
    for (let e = this.rdFirst; e; e = e.rdNext) n++;
    return n;
  }
}

/** Appends to the ready list unless already there. @returns false if it was there */
export function epAddReady(ep: Eventpoll, item: Epitem): boolean {
  if (item.onReady) return false;
  item.onReady = true;
  item.rdNext = null;
  item.rdPrev = ep.rdLast;
  if (ep.rdLast) ep.rdLast.rdNext = item;
  else ep.rdFirst = item;
  ep.rdLast = item;
  return true;
}

/** Puts at the head of the ready list unless already on it. */
export function epAddReadyFirst(ep: Eventpoll, item: Epitem): void {
  if (item.onReady) return;
  item.onReady = true;
  item.rdPrev = null;
  item.rdNext = ep.rdFirst;
  if (ep.rdFirst) ep.rdFirst.rdPrev = item;
  else ep.rdLast = item;
  ep.rdFirst = item;
}

/** Takes an item off the ready list if it is on it. */
export function epDelReady(ep: Eventpoll, item: Epitem): void {
  if (!item.onReady) return;
  item.onReady = false;
  if (item.rdPrev) item.rdPrev.rdNext = item.rdNext;
  else ep.rdFirst = item.rdNext;
  if (item.rdNext) item.rdNext.rdPrev = item.rdPrev;
  else ep.rdLast = item.rdPrev;
  item.rdNext = item.rdPrev = null;
}

stateClass(Epitem, EppollEntry, EpollFile, Eventpoll);
