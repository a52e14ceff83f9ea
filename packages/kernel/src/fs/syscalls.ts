import type { SyscallDef } from "../syscall/declare.ts";
import { accessSyscalls } from "./access.ts";
import { aioSyscalls } from "./aio.ts";
import { attrSyscalls } from "./attr.ts";
import { eventfdSyscalls } from "./eventfd.ts";
import { eventpollSyscalls } from "./eventpoll.ts";
import { fcntlSyscalls } from "./fcntl.ts";
import { fhandleSyscalls } from "./fhandle.ts";
import { fileSyscalls } from "./file.ts";
import { ioctlSyscalls } from "./ioctl.ts";
import { locksSyscalls } from "./locks.ts";
import { memfdSyscalls } from "./memfd.ts";
import { mountSyscalls } from "./mount.ts";
import { nameSyscalls } from "./nameSyscalls.ts";
import { inotifySyscalls } from "./notify/inotify.ts";
import { openSyscalls } from "./open.ts";
import { pipeSyscalls } from "./pipe.ts";
import { readdirSyscalls } from "./readdir.ts";
import { readWriteSyscalls } from "./readWrite.ts";
import { selectSyscalls } from "./select.ts";
import { sendfileSyscalls } from "./sendfile.ts";
import { signalfdSyscalls } from "./signalfd.ts";
import { spliceSyscalls } from "./splice.ts";
import { statSyscalls } from "./stat.ts";
import { statfsSyscalls } from "./statfs.ts";
import { syncSyscalls } from "./sync.ts";
import { timerfdSyscalls } from "./timerfd.ts";
import { truncateSyscalls } from "./truncate.ts";
import { utimesSyscalls } from "./utimes.ts";
import { xattrSyscalls } from "./xattr.ts";

/** System calls of fs/. */
export const fsSyscalls: readonly SyscallDef[] = [
  ...readWriteSyscalls,
  ...openSyscalls,
  ...fileSyscalls,
  ...statSyscalls,
  ...readdirSyscalls,
  ...nameSyscalls,
  ...attrSyscalls,
  ...utimesSyscalls,
  ...truncateSyscalls,
  ...accessSyscalls,
  ...mountSyscalls,
  ...pipeSyscalls,
  ...fcntlSyscalls,
  ...locksSyscalls,
  ...selectSyscalls,
  ...ioctlSyscalls,
  ...eventpollSyscalls,
  ...signalfdSyscalls,
  ...timerfdSyscalls,
  ...eventfdSyscalls,
  ...aioSyscalls,
  ...inotifySyscalls,
  ...memfdSyscalls,
  ...sendfileSyscalls,
  ...spliceSyscalls,
  ...statfsSyscalls,
  ...syncSyscalls,
  ...xattrSyscalls,
  ...fhandleSyscalls,
];
