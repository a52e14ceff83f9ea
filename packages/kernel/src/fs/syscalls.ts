import type { SyscallDef } from "../syscall/declare.ts";
import { attrSyscalls } from "./attr.ts";
import { eventpollSyscalls } from "./eventpoll.ts";
import { fcntlSyscalls } from "./fcntl.ts";
import { fileSyscalls } from "./file.ts";
import { ioctlSyscalls } from "./ioctl.ts";
import { locksSyscalls } from "./locks.ts";
import { namespaceSyscalls } from "./namespace.ts";
import { nameSyscalls } from "./nameSyscalls.ts";
import { openSyscalls } from "./open.ts";
import { pipeSyscalls } from "./pipe.ts";
import { readdirSyscalls } from "./readdir.ts";
import { readWriteSyscalls } from "./readWrite.ts";
import { selectSyscalls } from "./select.ts";
import { signalfdSyscalls } from "./signalfd.ts";
import { statSyscalls } from "./stat.ts";
import { timerfdSyscalls } from "./timerfd.ts";

/** System calls of fs/. */
export const fsSyscalls: readonly SyscallDef[] = [
  ...readWriteSyscalls,
  ...openSyscalls,
  ...fileSyscalls,
  ...statSyscalls,
  ...readdirSyscalls,
  ...nameSyscalls,
  ...attrSyscalls,
  ...namespaceSyscalls,
  ...pipeSyscalls,
  ...fcntlSyscalls,
  ...locksSyscalls,
  ...selectSyscalls,
  ...ioctlSyscalls,
  ...eventpollSyscalls,
  ...signalfdSyscalls,
  ...timerfdSyscalls,
];
