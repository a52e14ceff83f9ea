import type { File } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { EINVAL, ELOOP, ENOSPC } from "../../uapi/errno.ts";
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN } from "../../uapi/eventpoll.ts";
import { EP_PRIVATE_BITS } from "./callback.ts";
import {
  type Epitem,
  Epitem as EpitemClass,
  EpollFile,
  EpollTable,
  type Eventpoll,
  Eventpoll as EventpollClass,
  epAddReady,
  epDelReady,
} from "./types.ts";

/** Deepest chain of epoll files that watch each other (EP_MAX_NESTS). */
const EP_MAX_NESTS = 4;
/** Most paths of each length from an epoll file to a watched one (path_limits). */
const PATH_LIMITS = [1000, 500, 100, 50, 10];

/** Order of the interest set: open file, then descriptor. @linux fs/eventpoll.c ep_cmp_ffd */
export function epCompare(a: Epitem, b: Epitem): number {
  const order = (a.file.ep as EpollFile).serial - (b.file.ep as EpollFile).serial;
  return order !== 0 ? order : a.fd - b.fd;
}

/** The item of a descriptor, or null. @linux fs/eventpoll.c ep_find */
export function epFind(ep: Eventpoll, file: File, fd: number): Epitem | null {
  const head = file.ep as EpollFile | null;
  if (!head) return null;
  return ep.rbr.find((n) => head.serial - (n.file.ep as EpollFile).serial || fd - n.fd);
}

/** Of the items registered under a descriptor's number, the one with this index. @linux fs/eventpoll.c ep_find_tfd */
export function epFindNth(ep: Eventpoll, fd: number, index: number): Epitem | null {
  let left = index;
  for (let i = ep.rbr.first(); i; i = ep.rbr.next(i)) if (i.fd === fd && left-- === 0) return i;
  return null;
}

/** Present events of an item's file among those of interest. @linux fs/eventpoll.c ep_item_poll */
export function epItemPoll(k: Kernel, item: Epitem, table: EpollTable | null): number {
  const poll = item.file.op.poll;
  return (poll ? poll(k, item.file, table) : 0) & item.events;
}

/** Users' counts of registered descriptors, against fs.epoll.max_user_watches. */
export class EpollUsers {
  readonly watches = new Map<number, number>();
  maxUserWatches = 3_900_000;
  nextSerial = 1;
  /** Stamp of the current loop check. */
  loopStamp = 0;
}

stateClass(EpollUsers);

function users(k: Kernel): EpollUsers {
  let u = k.subsystems.get("epoll") as EpollUsers | undefined;
  if (!u) {
    u = new EpollUsers();
    k.subsystems.set("epoll", u);
  }
  return u;
}

/** Registers a descriptor. @returns 0 or -ENOSPC, -EINVAL @linux fs/eventpoll.c ep_insert */
export function epInsert(
  k: Kernel,
  ep: Eventpoll,
  file: File,
  fd: number,
  events: number,
  dataLo: number,
  dataHi: number,
  fullCheck: boolean,
): number {
  const u = users(k);
  const count = u.watches.get(ep.uid) ?? 0;
  if (count >= u.maxUserWatches) return -ENOSPC;
  const head = (file.ep ??= new EpollFile(u.nextSerial++)) as EpollFile;
  const item = new EpitemClass(ep, file, fd);
  item.events = events;
  item.dataLo = dataLo;
  item.dataHi = dataHi;
  item.fileNext = head.first;
  head.first = item;
  u.watches.set(ep.uid, count + 1);
  ep.rbr.insert(item, epCompare);
  if (fullCheck && reversePathCheck(file)) {
    epRemove(k, ep, item);
    return -EINVAL;
  }
  const table = new EpollTable(item);
  const revents = epItemPoll(k, item, table);
  const t = k.trace;
  if (t.epollInsert.enabled) t.epollInsert.fire(item);
  if (revents !== 0 && epAddReady(ep, item)) {
    if (t.epollReady.enabled) t.epollReady.fire(item, revents);
    if (ep.wq.active) ep.wq.wakeUp(k);
    if (ep.pollWait.active) ep.pollWait.wakeUp(k, EPOLLIN);
  }
  return 0;
}

/** Takes a registered descriptor out. @linux fs/eventpoll.c ep_remove */
export function epRemove(k: Kernel, ep: Eventpoll, item: Epitem): void {
  if (k.trace.epollRemove.enabled) k.trace.epollRemove.fire(item);
  item.dying = true;
  item.queue?.remove(item);
  if (item.pwq) for (const e of item.pwq) e.queue?.remove(e);
  item.pwq = null;
  const head = item.file.ep as EpollFile;
  if (head.first === item) head.first = item.fileNext;
  else
    for (let i = head.first; i; i = i.fileNext)
      if (i.fileNext === item) {
        i.fileNext = item.fileNext;
        break;
      }
  ep.rbr.erase(item);
  epDelReady(ep, item);
  if (item.onOverflow) {
    if (ep.ovFirst === item) ep.ovFirst = item.ovNext;
    else
      for (let i = ep.ovFirst; i; i = i.ovNext)
        if (i.ovNext === item) {
          i.ovNext = item.ovNext;
          break;
        }
    item.onOverflow = false;
  }
  const u = users(k);
  const count = (u.watches.get(ep.uid) ?? 1) - 1;
  if (count > 0) u.watches.set(ep.uid, count);
  else u.watches.delete(ep.uid);
}

/** Changes what an item is watched for; it is ready at once if one of the events holds now. @linux fs/eventpoll.c ep_modify */
export function epModify(k: Kernel, ep: Eventpoll, item: Epitem, events: number, dataLo: number, dataHi: number): void {
  const before = item.events;
  item.events = events;
  item.dataLo = dataLo;
  item.dataHi = dataHi;
  if (k.trace.epollModify.enabled) k.trace.epollModify.fire(item, before);
  const revents = epItemPoll(k, item, null);
  if (revents !== 0 && epAddReady(ep, item)) {
    if (k.trace.epollReady.enabled) k.trace.epollReady.fire(item, revents);
    if (ep.wq.active) ep.wq.wakeUp(k);
    if (ep.pollWait.active) ep.pollWait.wakeUp(k, EPOLLIN);
  }
}

/** The open file goes away: all its items do. @linux fs/eventpoll.c eventpoll_release_file */
export function eventpollReleaseFile(k: Kernel, file: File): void {
  const head = file.ep as EpollFile | null;
  while (head?.first) epRemove(k, head.first.ep, head.first);
}

/** The eventpoll behind an open file, or null. */
export function eventpollOf(file: File): Eventpoll | null {
  return file.priv instanceof EventpollClass ? file.priv : null;
}

/**
 * Would watching `to` from `ep` make a loop, or a chain that is too deep?
 * @returns 0 or -ELOOP
 * @linux fs/eventpoll.c ep_loop_check
 */
export function epLoopCheck(k: Kernel, ep: Eventpoll, to: Eventpoll): number {
  const stamp = ++users(k).loopStamp;
  const depthBelow = (e: Eventpoll, depth: number): number => {
    if (e.visited === stamp) return e.loopDepth;
    e.visited = stamp;
    let deepest = 0;
    for (let n = e.rbr.first(); n; n = e.rbr.next(n)) {
      const inner = eventpollOf(n.file);
      if (!inner) continue;
      if (inner === ep || depth > EP_MAX_NESTS) deepest = EP_MAX_NESTS + 1;
      else deepest = Math.max(deepest, depthBelow(inner, depth + 1) + 1);
      if (deepest > EP_MAX_NESTS) break;
    }
    e.loopDepth = deepest;
    return deepest;
  };
  if (to === ep) return -ELOOP;
  const below = depthBelow(to, 0);
  if (below > EP_MAX_NESTS) return -ELOOP;
  const above = depthAbove(ep, 0);
  return below + 1 + above > EP_MAX_NESTS ? -ELOOP : 0;
}

/** Longest chain of epoll files that watch this one. @linux fs/eventpoll.c ep_get_upwards_depth_proc */
function depthAbove(ep: Eventpoll, depth: number): number {
  let deepest = 0;
  if (depth > EP_MAX_NESTS) return depth;
  for (let i = (ep.file?.ep as EpollFile | null)?.first ?? null; i; i = i.fileNext)
    deepest = Math.max(deepest, depthAbove(i.ep, depth + 1) + 1);
  return deepest;
}

/** Counts the wake-up paths that end at a file. @returns true if there are too many @linux fs/eventpoll.c reverse_path_check */
function reversePathCheck(file: File): boolean {
  const counts = [0, 0, 0, 0, 0];
  const walk = (f: File, depth: number): boolean => {
    if (depth > EP_MAX_NESTS) return true;
    for (let i = (f.ep as EpollFile | null)?.first ?? null; i; i = i.fileNext) {
      const outer = i.ep.file;
      if (!outer) continue;
      const more = (outer.ep as EpollFile | null)?.first ?? null;
      if (more) {
        if (walk(outer, depth + 1)) return true;
      } else if (depth > 0 && ++counts[depth]! > PATH_LIMITS[depth]!) return true;
    }
    return false;
  };
  return walk(file, 0);
}

/** EPOLLEXCLUSIVE goes with these only (EPOLLEXCLUSIVE_OK_BITS). */
export const EXCLUSIVE_OK = ~0 & (0x1 | 0x4 | 0x8 | 0x10 | (1 << 29) | EPOLLET | EPOLLEXCLUSIVE);
export { EP_PRIVATE_BITS };
