import { enumNames, flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/linux/eventpoll.h */
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CLOEXEC = 0o2000000;

export const EPOLLIN = 0x001;
export const EPOLLPRI = 0x002;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLNVAL = 0x020;
export const EPOLLRDNORM = 0x040;
export const EPOLLRDBAND = 0x080;
export const EPOLLWRNORM = 0x100;
export const EPOLLWRBAND = 0x200;
export const EPOLLMSG = 0x400;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 1 << 28;
/** A wake-up comes from a ring of io_uring's, so that rings that poll each other come to an end. */
export const EPOLL_URING_WAKE = 1 << 27;
export const EPOLLWAKEUP = 1 << 29;
export const EPOLLONESHOT = 1 << 30;
export const EPOLLET = 1 << 31;

/** struct epoll_event is packed on x86-64: 12 bytes. */
export const epollEventStruct = struct(
  "epoll_event",
  [
    ["events", "u32"],
    ["data", "x64"],
  ],
  { packed: true },
);

export const epollCtlNames = enumNames("EPOLL_CTL_???", { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD });
export const epollCreateNames = flagNames("EPOLL_???", { EPOLL_CLOEXEC });

/** EPIOCSPARAMS / EPIOCGPARAMS (Linux 6.9): struct epoll_params of 8 bytes. */
export const EPIOCSPARAMS = 0x40088a01;
export const EPIOCGPARAMS = 0x80088a02;
