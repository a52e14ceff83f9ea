import type { Kernel } from "../../kernel.ts";
import { EPOLL_URING_WAKE, EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLWAKEUP } from "../../uapi/eventpoll.ts";
import { type Epitem, epAddReady } from "./types.ts";

/** Bits of epoll_event.events that are modes, not events (EP_PRIVATE_BITS). */
export const EP_PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
const EPOLLINOUT_BITS = EPOLLIN | EPOLLOUT;

/**
 * A wait queue of a registered file fires: the item joins the ready list (or the overflow list
 * while events are being copied out) and one waiter of the epoll is woken.
 * @returns whether this counts as an exclusive wake-up of the file's queue
 * @linux fs/eventpoll.c ep_poll_callback
 */
export function epPollCallback(k: Kernel, item: Epitem, key: number): number {
  const ep = item.ep;
  const t = k.trace;
  if (t.epollCallback.enabled) t.epollCallback.fire(item, key);
  if (item.dying) return 0;
  let exclusiveWake = 0;
  // Disabled by EPOLLONESHOT: only EPOLL_CTL_MOD brings it back.
  if ((item.events & ~EP_PRIVATE_BITS) !== 0 && !(key !== 0 && (key & item.events) === 0)) {
    if (ep.scanning) {
      if (!item.onOverflow) {
        item.onOverflow = true;
        item.ovNext = ep.ovFirst;
        ep.ovFirst = item;
        if (t.epollOverflow.enabled) t.epollOverflow.fire(item);
      }
    } else if (epAddReady(ep, item)) {
      if (t.epollReady.enabled) t.epollReady.fire(item, key);
    }
    if (ep.wq.active) {
      if ((item.events & EPOLLEXCLUSIVE) !== 0) {
        switch (key & EPOLLINOUT_BITS) {
          case EPOLLIN:
            if (item.events & EPOLLIN) exclusiveWake = 1;
            break;
          case EPOLLOUT:
            if (item.events & EPOLLOUT) exclusiveWake = 1;
            break;
          case 0:
            exclusiveWake = 1;
            break;
        }
      }
      ep.wq.wakeUp(k);
    }
    if (ep.pollWait.active) ep.pollWait.wakeUp(k, EPOLLIN | (key & EPOLL_URING_WAKE));
  }
  return (item.events & EPOLLEXCLUSIVE) !== 0 ? exclusiveWake : 1;
}
