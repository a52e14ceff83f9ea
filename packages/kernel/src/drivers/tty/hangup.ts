import type { File, FileOperations, Inode } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { EIO, ENOTTY } from "../../uapi/errno.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from "../../uapi/eventpoll.ts";
import { TIOCSPGRP } from "../../uapi/ttyIoctl.ts";
import { sessionClearTty, signalSessionLeader } from "./jobctrl.ts";
import { resetBufferFlags, ttyBufferFlush } from "./nTty/receive.ts";
import { ttyRelease } from "./release.ts";
import type { Tty } from "./types.ts";

/** What an open terminal becomes when its line is gone. @linux drivers/tty/tty_io.c hung_up_tty_fops */
export const hungUpTtyFops: FileOperations = stateTable("hung_up_tty_fops", {
  read: () => 0,
  write: () => -EIO,
  poll: () => EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM,
  ioctl: (_k: Kernel, _file: File, cmd: number) => (cmd === TIOCSPGRP ? -ENOTTY : -EIO),
  release: (k: Kernel, inode: Inode, file: File) => ttyRelease(k, inode, file),
});

/**
 * The line is gone: open files see its end, the session is told and loses its terminal.
 * @linux drivers/tty/tty_io.c __tty_hangup
 */
export function hangupTty(k: Kernel, tty: Tty, exitSession = false): void {
  for (const file of tty.files) file.op = hungUpTtyFops;
  signalSessionLeader(k, tty, exitSession);
  ttyBufferFlush(tty);
  resetBufferFlags(tty);
  tty.ld.echo.length = 0;
  tty.readWait.wakeUpAll(k, EPOLLIN | EPOLLRDNORM | EPOLLHUP);
  tty.writeWait.wakeUpAll(k, EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
  sessionClearTty(k, tty.session);
  tty.session = 0;
  tty.pgrp = 0;
  tty.stopped = tty.tcoStopped = false;
}
