import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";

/**
 * An entry on a wait queue (struct wait_queue_entry). Subclasses say what a wake-up does: a
 * sleeping task becomes runnable, an epitem moves to its ready list, an io_uring request is
 * completed. An entry is on at most one queue.
 */
export abstract class WaitQueueEntry {
  queue: WaitQueueHead | null = null;
  prev: WaitQueueEntry | null = null;
  next: WaitQueueEntry | null = null;
  /** WQ_FLAG_EXCLUSIVE: a wake-up stops after it has woken as many of these as asked. */
  exclusive = false;
  /**
   * Called by a wake-up with the poll mask of the event (0 = unspecific).
   * @returns 1 if it woke somebody (counts for exclusive entries), 0 if not.
   */
  abstract wake(k: Kernel, key: number): number;
}

/** struct wait_queue_head: doubly linked, O(1) removal. Non-exclusive entries first. */
export class WaitQueueHead {
  first: WaitQueueEntry | null = null;
  last: WaitQueueEntry | null = null;
  /** Where a wake-up that is under way goes on. */
  private cursor: WaitQueueEntry | null = null;

  /** @linux kernel/sched/wait.c waitqueue_active */
  get active(): boolean {
    return this.first !== null;
  }

  /** Adds at the head. @linux kernel/sched/wait.c add_wait_queue */
  add(e: WaitQueueEntry): void {
    e.queue = this;
    e.prev = null;
    e.next = this.first;
    if (this.first) this.first.prev = e;
    else this.last = e;
    this.first = e;
  }

  /** Adds at the tail and marks exclusive. @linux kernel/sched/wait.c add_wait_queue_exclusive */
  addExclusive(e: WaitQueueEntry): void {
    e.exclusive = true;
    e.queue = this;
    e.next = null;
    e.prev = this.last;
    if (this.last) this.last.next = e;
    else this.first = e;
    this.last = e;
  }

  /** Removes an entry that is on this queue. @linux kernel/sched/wait.c remove_wait_queue */
  remove(e: WaitQueueEntry): void {
    if (this.cursor === e) this.cursor = e.next;
    if (e.prev) e.prev.next = e.next;
    else this.first = e.next;
    if (e.next) e.next.prev = e.prev;
    else this.last = e.prev;
    e.queue = e.prev = e.next = null;
  }

  /**
   * Wakes all non-exclusive entries and up to `nrExclusive` exclusive ones (0 = all).
   * @linux kernel/sched/wait.c __wake_up_common
   */
  wakeUp(k: Kernel, key = 0, nrExclusive = 1): void {
    const outer = this.cursor;
    let e = this.first;
    while (e) {
      // Who is woken may take others off the queue: all that it waits with, when it is a task.
      this.cursor = e.next;
      const exclusive = e.exclusive;
      if (e.wake(k, key) > 0 && exclusive && --nrExclusive === 0) break;
      e = this.cursor;
    }
    this.cursor = outer !== null && outer.queue === this ? outer : null;
  }

  /** Wakes everybody. @linux include/linux/wait.h wake_up_all */
  wakeUpAll(k: Kernel, key = 0): void {
    this.wakeUp(k, key, 0);
  }
}

/**
 * What `poll` file operations register waiters through (poll_table). `null` where only the present
 * mask is asked for.
 */
export interface PollTable {
  /** Registers on one more wait queue of the file. @linux include/linux/poll.h poll_wait */
  wait(k: Kernel, queue: WaitQueueHead): void;
}

stateClass(WaitQueueHead);
