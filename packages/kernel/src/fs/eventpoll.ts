import type { File, FileOperations, Inode } from "../include/linux/fs.ts";
import { BLOCKED } from "../include/linux/sched.ts";
import type { PollTable } from "../include/linux/wait.ts";
import { restoreSavedSigmaskUnless, setUserSigmask } from "../kernel/signal.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { stateTable } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EEXIST, EFAULT, EINTR, EINVAL, ENOENT, ENOTTY, EPERM } from "../uapi/errno.ts";
import {
  EPIOCGPARAMS,
  EPIOCSPARAMS,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLRDNORM,
  EPOLLWAKEUP,
  epollCreateNames,
  epollCtlNames,
  epollEventStruct,
} from "../uapi/eventpoll.ts";
import { anonInodeGetFd } from "./anonInodes.ts";
import { EP_PRIVATE_BITS } from "./eventpoll/callback.ts";
import { EXCLUSIVE_OK, epFind, epInsert, epItemPoll, epLoopCheck, epModify, epRemove, eventpollOf } from "./eventpoll/item.ts";
import { type Epitem, Eventpoll, epAddReady, epAddReadyFirst, epDelReady } from "./eventpoll/types.ts";
import { fget } from "./file.ts";
import { noopLlseek } from "./libfs.ts";

/** sizeof(struct epoll_event). */
const EVENT_SIZE = 12;
/** INT_MAX / sizeof(struct epoll_event). */
const EP_MAX_EVENTS = Math.floor(0x7fffffff / EVENT_SIZE);
const event = new Uint8Array(EVENT_SIZE);
const eventView = new DataView(event.buffer);

/** Is any registered file ready? Items found not to be are dropped from the ready list. @linux fs/eventpoll.c __ep_eventpoll_poll */
function epPoll(k: Kernel, file: File, table: PollTable | null): number {
  const ep = file.priv as Eventpoll;
  table?.wait(k, ep.pollWait);
  if (ep.scanning) return ep.ovFirst ? EPOLLIN | EPOLLRDNORM : 0;
  for (let item = ep.rdFirst; item; ) {
    const next: Epitem | null = item.rdNext;
    if (epItemPoll(k, item, null) !== 0) return EPOLLIN | EPOLLRDNORM;
    epDelReady(ep, item);
    item = next;
  }
  return 0;
}

function epRelease(k: Kernel, _inode: Inode, file: File): void {
  const ep = file.priv as Eventpoll;
  for (let item = ep.rbr.first(); item; item = ep.rbr.first()) epRemove(k, ep, item);
  ep.file = null;
}

/** EPIOCSPARAMS and EPIOCGPARAMS. @linux fs/eventpoll.c ep_eventpoll_bp_ioctl */
function epIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  const ep = file.priv as Eventpoll;
  const params = new Uint8Array(8);
  const view = new DataView(params.buffer);
  switch (cmd) {
    case EPIOCSPARAMS: {
      if (copyFromUser(k, arg, params, 0, 8) !== 0) return -EFAULT;
      const prefer = view.getUint8(6);
      if (view.getUint8(7) !== 0 || view.getUint32(0, true) > 0x7fffffff || prefer > 1) return -EINVAL;
      if (view.getUint16(4, true) > 64 && k.current.cred.euid !== 0) return -EPERM;
      ep.busyPollUsecs = view.getUint32(0, true);
      ep.busyPollBudget = view.getUint16(4, true);
      ep.preferBusyPoll = prefer;
      return 0;
    }
    case EPIOCGPARAMS:
      view.setUint32(0, ep.busyPollUsecs, true);
      view.setUint16(4, ep.busyPollBudget, true);
      view.setUint8(6, ep.preferBusyPoll);
      return copyToUser(k, arg, params, 0, 8);
    default:
      return -ENOTTY;
  }
}

/** The tfd lines of /proc/PID/fdinfo. @linux fs/eventpoll.c ep_show_fdinfo */
function epShowFdinfo(_k: Kernel, file: File): string {
  const ep = file.priv as Eventpoll;
  let out = "";
  for (let i = ep.rbr.first(); i; i = ep.rbr.next(i)) {
    const events = (i.events >>> 0).toString(16).padStart(8);
    const data = (
      i.dataHi === 0 ? (i.dataLo >>> 0).toString(16) : `${(i.dataHi >>> 0).toString(16)}${(i.dataLo >>> 0).toString(16).padStart(8, "0")}`
    ).padStart(16);
    const inode = i.file.inode;
    out += `tfd: ${String(i.fd).padStart(8)} events: ${events} data: ${data}  pos:${i.file.pos} ino:${inode.ino.toString(16)} sdev:${inode.sb.dev.toString(16)}\n`;
  }
  return out;
}

export const eventpollFops: FileOperations = stateTable("eventpoll_fops", {
  poll: epPoll,
  release: epRelease,
  ioctl: epIoctl,
  showFdinfo: epShowFdinfo,
  llseek: noopLlseek,
});

/**
 * Copies ready events to the program and decides each item's further life: one-shot items are
 * disabled, level-triggered ones go back to the ready list's end, edge-triggered ones wait for
 * their next callback.
 * @returns number of events, or -EFAULT if not even one could be stored
 * @linux fs/eventpoll.c ep_send_events
 */
function epSendEvents(k: Kernel, ep: Eventpoll, address: number, maxevents: number): number {
  const t = k.trace;
  // ep_start_scan: the ready list becomes private, callbacks from now on go to the overflow list.
  let item = ep.rdFirst;
  ep.rdFirst = ep.rdLast = null;
  ep.scanning = true;
  let count = 0;
  let result = 0;
  while (item && count < maxevents) {
    const next: Epitem | null = item.rdNext;
    item.onReady = false;
    item.rdNext = item.rdPrev = null;
    if (next) next.rdPrev = null;
    const revents = epItemPoll(k, item, null);
    if (revents === 0) {
      if (t.epollCopy.enabled) t.epollCopy.fire(item, 0, "not-ready");
      item = next;
      continue;
    }
    eventView.setInt32(0, revents, true);
    eventView.setInt32(4, item.dataLo, true);
    eventView.setInt32(8, item.dataHi, true);
    if (copyToUser(k, address + count * EVENT_SIZE, event, 0, EVENT_SIZE) !== 0) {
      item.onReady = true;
      item.rdNext = next;
      if (next) next.rdPrev = item;
      if (count === 0) result = -EFAULT;
      break;
    }
    count++;
    let fate: "level" | "edge" | "oneshot" = "edge";
    if (item.events & EPOLLONESHOT) {
      item.events &= EP_PRIVATE_BITS;
      fate = "oneshot";
    } else if (!(item.events & EPOLLET)) {
      epAddReady(ep, item);
      fate = "level";
    }
    if (t.epollCopy.enabled) t.epollCopy.fire(item, revents, fate);
    item = next;
  }
  epDoneScan(k, ep, item);
  return count > 0 ? count : result;
}

/**
 * Ends a scan: what became ready meanwhile joins the ready list, and what was not reached goes
 * back to its front.
 * @linux fs/eventpoll.c ep_done_scan
 */
function epDoneScan(k: Kernel, ep: Eventpoll, rest: Epitem | null): void {
  // The private remainder is still linked; put it before whatever was appended meanwhile.
  if (rest) {
    let last = rest;
    while (last.rdNext) last = last.rdNext;
    last.rdNext = ep.rdFirst;
    if (ep.rdFirst) ep.rdFirst.rdPrev = last;
    else ep.rdLast = last;
    rest.rdPrev = null;
    ep.rdFirst = rest;
  }
  ep.scanning = false;
  for (let i = ep.ovFirst; i; ) {
    const next: Epitem | null = i.ovNext;
    i.onOverflow = false;
    i.ovNext = null;
    epAddReadyFirst(ep, i);
    i = next;
  }
  ep.ovFirst = null;
  if (ep.rdFirst && ep.wq.active) ep.wq.wakeUp(k);
}

/**
 * Waits for events. `timeout` in ns, Infinity = for ever.
 * @linux fs/eventpoll.c ep_poll
 */
function doEpollWait(k: Kernel, epfd: number, address: number, maxevents: number, timeout: number): number {
  const file = fget(k, epfd);
  if (!file) return -EBADF;
  if (maxevents <= 0 || maxevents > EP_MAX_EVENTS) return -EINVAL;
  if (address + maxevents * EVENT_SIZE > 0x7ffffffff000) return -EFAULT;
  const ep = eventpollOf(file);
  if (!ep) return -EINVAL;
  const result = epWait(k, ep, address, maxevents, timeout);
  if (result !== BLOCKED && k.trace.epollReturn.enabled) k.trace.epollReturn.fire(ep, k.current, result);
  return result;
}

function epWait(k: Kernel, ep: Eventpoll, address: number, maxevents: number, timeout: number): number {
  if (timeout > 0 && timeout !== Number.POSITIVE_INFINITY) k.sched.setDeadline(k.time.now() + timeout);
  if (ep.rdFirst || ep.ovFirst) {
    const n = epSendEvents(k, ep, address, maxevents);
    if (n !== 0) return n;
  }
  if (timeout === 0 || k.sched.deadlinePassed()) return 0;
  const r = k.sched.sleepOnExclusive(ep.wq);
  if (r !== BLOCKED) return -EINTR;
  if (k.trace.epollSleep.enabled) k.trace.epollSleep.fire(ep, k.current);
  return BLOCKED;
}

/**
 * Copies events that are there, without waiting: how many, 0 = none, or -EINVAL, -EFAULT.
 * @linux fs/eventpoll.c epoll_sendevents
 */
export function epollSendevents(k: Kernel, file: File, address: number, maxevents: number): number {
  if (maxevents <= 0 || maxevents > EP_MAX_EVENTS) return -EINVAL;
  if (address + maxevents * EVENT_SIZE > 0x7ffffffff000) return -EFAULT;
  const ep = eventpollOf(file);
  if (!ep) return -EINVAL;
  return ep.rdFirst || ep.ovFirst ? epSendEvents(k, ep, address, maxevents) : 0;
}

function doEpollCreate(k: Kernel, flags: number): number {
  if (flags & ~EPOLL_CLOEXEC) return -EINVAL;
  const ep = new Eventpoll();
  ep.uid = k.current.cred.euid;
  const fd = anonInodeGetFd(k, "[eventpoll]", eventpollFops, ep, 2 | (flags & EPOLL_CLOEXEC));
  if (fd >= 0) ep.file = k.current.file(fd);
  return fd;
}

function sysEpollCtl(k: Kernel, epfd: number, op: number, fd: number, address: number): number {
  const wanted = readEpollEvent(k, op, address);
  return typeof wanted === "number" ? wanted : doEpollCtl(k, epfd, op, fd, wanted);
}

/** struct epoll_event: what is waited for, and what is given back with it. */
export interface EpollEvent {
  events: number;
  dataLo: number;
  dataHi: number;
}

/** The event of an epoll_ctl that takes one, or -EFAULT. @linux fs/eventpoll.c sys_epoll_ctl */
export function readEpollEvent(k: Kernel, op: number, address: number): EpollEvent | number {
  if (op === EPOLL_CTL_DEL) return { events: 0, dataLo: 0, dataHi: 0 };
  if (copyFromUser(k, address, event, 0, EVENT_SIZE) !== 0) return -EFAULT;
  return { events: eventView.getInt32(0, true), dataLo: eventView.getInt32(4, true), dataHi: eventView.getInt32(8, true) };
}

/** @linux fs/eventpoll.c do_epoll_ctl */
export function doEpollCtl(k: Kernel, epfd: number, op: number, fd: number, wanted: EpollEvent): number {
  const { dataLo, dataHi } = wanted;
  let { events } = wanted;
  const file = fget(k, epfd);
  if (!file) return -EBADF;
  const target = fget(k, fd);
  if (!target) return -EBADF;
  if (!target.op.poll) return -EPERM;
  events &= ~EPOLLWAKEUP;
  const ep = eventpollOf(file);
  if (file === target || !ep) return -EINVAL;
  const inner = eventpollOf(target);
  if (op !== EPOLL_CTL_DEL && events & EPOLLEXCLUSIVE) {
    if (op === EPOLL_CTL_MOD) return -EINVAL;
    if (op === EPOLL_CTL_ADD && (inner || events & ~EXCLUSIVE_OK)) return -EINVAL;
  }
  const fullCheck = op === EPOLL_CTL_ADD && (file.ep !== null || inner !== null);
  if (fullCheck && inner) {
    const loop = epLoopCheck(k, ep, inner);
    if (loop < 0) return loop;
  }
  const item = epFind(ep, target, fd);
  switch (op) {
    case EPOLL_CTL_ADD:
      return item ? -EEXIST : epInsert(k, ep, target, fd, events | EPOLLERR | EPOLLHUP, dataLo, dataHi, fullCheck);
    case EPOLL_CTL_DEL:
      if (!item) return -ENOENT;
      epRemove(k, ep, item);
      return 0;
    case EPOLL_CTL_MOD:
      if (!item) return -ENOENT;
      if (item.events & EPOLLEXCLUSIVE) return -EINVAL;
      epModify(k, ep, item, events | EPOLLERR | EPOLLHUP, dataLo, dataHi);
      return 0;
    default:
      return -EINVAL;
  }
}

const millis = (timeout: number): number => (timeout < 0 ? Number.POSITIVE_INFINITY : timeout * 1e6);

/** Puts the signal mask back, unless a handler is to run with the temporary one. */
function unmask(k: Kernel, r: number): number {
  if (r !== BLOCKED) restoreSavedSigmaskUnless(k, r === -EINTR);
  return r;
}

function sysEpollPwait(k: Kernel, epfd: number, events: number, maxevents: number, timeout: number, mask: number, size: number): number {
  const r = setUserSigmask(k, mask, size);
  return r !== 0 ? r : unmask(k, doEpollWait(k, epfd, events, maxevents, millis(timeout)));
}

function sysEpollPwait2(k: Kernel, epfd: number, events: number, maxevents: number, timeout: number, mask: number, size: number): number {
  let ns = Number.POSITIVE_INFINITY;
  if (timeout !== 0) {
    const ts = new Uint8Array(16);
    if (copyFromUser(k, timeout, ts, 0, 16) !== 0) return -EFAULT;
    const v = new DataView(ts.buffer);
    const sec = v.getUint32(0, true) + v.getInt32(4, true) * 2 ** 32;
    const nsec = v.getUint32(8, true) + v.getInt32(12, true) * 2 ** 32;
    if (sec < 0 || nsec < 0 || nsec > 999_999_999) return -EINVAL;
    ns = sec * 1e9 + nsec;
  }
  const r = setUserSigmask(k, mask, size);
  return r !== 0 ? r : unmask(k, doEpollWait(k, epfd, events, maxevents, ns));
}

const eventsOut = A.structs(epollEventStruct, "ret", "out");

export const eventpollSyscalls: SyscallDef[] = [
  syscall("epoll_create", { size: A.int }, (k, size) => (size <= 0 ? -EINVAL : doEpollCreate(k, 0)), {
    linux: "fs/eventpoll.c do_epoll_create",
    ret: "fd",
  }),
  syscall("epoll_create1", { flags: A.flags(epollCreateNames) }, doEpollCreate, { linux: "fs/eventpoll.c do_epoll_create", ret: "fd" }),
  syscall("epoll_ctl", { epfd: A.fd, op: A.enum(epollCtlNames), fd: A.fd, event: A.struct(epollEventStruct) }, sysEpollCtl, {
    linux: "fs/eventpoll.c do_epoll_ctl",
  }),
  syscall(
    "epoll_wait",
    { epfd: A.fd, events: eventsOut, maxevents: A.int, timeout: A.int },
    (k, epfd, events, maxevents, timeout) => doEpollWait(k, epfd, events, maxevents, millis(timeout)),
    { linux: "fs/eventpoll.c do_epoll_wait", eintr: (_fd, _events, _n, timeout) => timeout !== 0 },
  ),
  syscall(
    "epoll_pwait",
    { epfd: A.fd, events: eventsOut, maxevents: A.int, timeout: A.int, sigmask: A.sigset(), sigsetsize: A.size },
    sysEpollPwait,
    { linux: "fs/eventpoll.c do_epoll_pwait", eintr: (_fd, _events, _n, timeout) => timeout !== 0 },
  ),
  syscall(
    "epoll_pwait2",
    { epfd: A.fd, events: eventsOut, maxevents: A.int, timeout: A.ptr, sigmask: A.sigset(), sigsetsize: A.size },
    sysEpollPwait2,
    { linux: "fs/eventpoll.c do_epoll_pwait", eintr: "always" },
  ),
];
