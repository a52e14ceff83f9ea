import { registerChrdev } from "../../fs/charDev.ts";
import type { File, FileOperations, Inode } from "../../include/linux/fs.ts";
import type { PollTable } from "../../include/linux/wait.ts";
import { capable } from "../../kernel/capability.ts";
import { currentTime } from "../../kernel/time/timekeeping.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateTable } from "../../state.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EBUSY, EIO, ENXIO } from "../../uapi/errno.ts";
import { O_NOCTTY } from "../../uapi/fcntl.ts";
import { consoleTty } from "./console.ts";
import { ttyIoctl } from "./ioctl.ts";
import { controllingTty, ttyOpenProcSetTty } from "./jobctrl.ts";
import { nTtyPoll, nTtyRead, nTtyWrite } from "./nTty/readWrite.ts";
import { ptmxOpen } from "./pty.ts";
import { ttyRelease } from "./release.ts";
import type { Tty } from "./types.ts";

/** @linux drivers/tty/tty_io.c tty_read */
function ttyRead(k: Kernel, file: File, to: IovIter): number {
  const tty = file.priv as Tty;
  if (tty.ioError && tty.ops.name === "pty_slave") return -EIO;
  const r = nTtyRead(k, tty, file, to);
  if (r > 0) file.inode.atime = coarse(k, file.inode.atime);
  return r;
}

/** Times of a terminal are kept to eight seconds only: they would tell when somebody types. @linux drivers/tty/tty_io.c tty_update_time */
function coarse(k: Kernel, old: { sec: number; nsec: number }): { sec: number; nsec: number } {
  const now = currentTime(k);
  return (now.sec ^ old.sec) & ~7 ? { sec: now.sec, nsec: 0 } : old;
}

/** @linux drivers/tty/tty_io.c tty_write */
function ttyWrite(k: Kernel, file: File, from: IovIter): number {
  const tty = file.priv as Tty;
  if (tty.ioError && tty.ops.name === "pty_slave") return -EIO;
  const r = nTtyWrite(k, tty, file, from);
  if (r > 0) file.inode.mtime = coarse(k, file.inode.mtime);
  return r;
}

function ttyPoll(k: Kernel, file: File, table: PollTable | null): number {
  return nTtyPoll(k, file.priv as Tty, table);
}

/** The caller now has this terminal open. @linux drivers/tty/tty_io.c tty_open */
export function ttyAttach(k: Kernel, tty: Tty, file: File, noCtty: boolean): number {
  if (tty.exclusive && !capable(k, CAP_SYS_ADMIN)) return -EBUSY;
  tty.count++;
  tty.files.add(file);
  file.priv = tty;
  const r = tty.ops.open?.(k, tty, file) ?? 0;
  if (r < 0) {
    tty.files.delete(file);
    tty.count--;
    return r;
  }
  if (!noCtty && !(file.flags & O_NOCTTY)) ttyOpenProcSetTty(k, file, tty);
  return 0;
}

/** /dev/tty: the caller's controlling terminal. @linux drivers/tty/tty_io.c tty_open_current_tty */
function currentTtyOpen(k: Kernel, _inode: Inode, file: File): number {
  const tty = controllingTty(k.current);
  return tty ? ttyAttach(k, tty, file, true) : -ENXIO;
}

function consoleOpen(k: Kernel, _inode: Inode, file: File): number {
  return ttyAttach(k, consoleTty(k), file, true);
}

function serialOpen(k: Kernel, _inode: Inode, file: File): number {
  return ttyAttach(k, consoleTty(k), file, false);
}

/** A slave: its node knows the terminal, as long as the master is there. @linux drivers/tty/pty.c pts_unix98_lookup */
function ptsOpen(k: Kernel, inode: Inode, file: File): number {
  const tty = inode.special as Tty | null;
  return tty ? ttyAttach(k, tty, file, false) : -EIO;
}

function masterOpen(k: Kernel, inode: Inode, file: File): number {
  const master = ptmxOpen(k, inode);
  return typeof master === "number" ? master : ttyAttach(k, master, file, true);
}

const io: FileOperations = {
  read: ttyRead,
  write: ttyWrite,
  poll: ttyPoll,
  ioctl: ttyIoctl,
  release: ttyRelease,
};

registerChrdev(5, 0, "/dev/tty", stateTable("current_tty_fops", { ...io, open: currentTtyOpen }));
registerChrdev(5, 1, "/dev/console", stateTable("console_fops", { ...io, open: consoleOpen }));
registerChrdev(5, 2, "/dev/ptmx", stateTable("ptmx_fops", { ...io, open: masterOpen }));
registerChrdev(4, 64, "ttyS", stateTable("serial_fops", { ...io, open: serialOpen }));
registerChrdev(136, -1, "pts", stateTable("pts_fops", { ...io, open: ptsOpen }));
