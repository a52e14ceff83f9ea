import { makedev } from "../../fs/charDev.ts";
import { devptsInstance, devptsKillIndex, devptsNewIndex, devptsPtyKill, devptsPtyNew } from "../../fs/devpts.ts";
import { fdInstall, fput } from "../../fs/file.ts";
import { mountsOf } from "../../fs/namespace.ts";
import { dentryOpen } from "../../fs/open.ts";
import type { File, Inode, SuperBlock } from "../../include/linux/fs.ts";
import { killPgrp } from "../../kernel/signal.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser32, putUser32 } from "../../mm/usercopy.ts";
import { stateTable } from "../../state.ts";
import { COPY_KERNEL, countCopy } from "../../trace/copies.ts";
import { EFAULT, EINVAL, EIO, ENODEV, ENOTTY } from "../../uapi/errno.ts";
import { EPOLLHUP } from "../../uapi/eventpoll.ts";
import { O_CLOEXEC } from "../../uapi/fcntl.ts";
import { SIGWINCH } from "../../uapi/signal.ts";
import {
  B38400,
  CREAD,
  CS8,
  CSIZE,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  EXTPROC,
  HUPCL,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IXON,
  ONLCR,
  OPOST,
  PARENB,
  VSTART,
  VSTOP,
} from "../../uapi/termios.ts";
import {
  TIOCGPKT,
  TIOCGPTLCK,
  TIOCGPTN,
  TIOCGPTPEER,
  TIOCPKT,
  TIOCPKT_DOSTOP,
  TIOCPKT_FLUSHWRITE,
  TIOCPKT_IOCTL,
  TIOCPKT_NOSTOP,
  TIOCSIG,
  TIOCSPTLCK,
} from "../../uapi/ttyIoctl.ts";
import { packetStatus, ttyWakeup } from "./flow.ts";
import { hangupTty } from "./hangup.ts";
import { ttyBufferFlush, ttyReceive } from "./nTty/receive.ts";
import { nTtySetTermios } from "./nTty/termios.ts";
import { Termios, Tty, type TtyOperations, type WinSize } from "./types.ts";

const PTS_MAJOR = 136;
const PTM_MAJOR = 128;
/** Most bytes that wait for the other end. @linux drivers/tty/pty.c pty_common_install, tty_buffer_set_limit */
const LIMIT = 8192;

/** Written here is received there. @linux drivers/tty/pty.c pty_write */
function ptyWrite(k: Kernel, tty: Tty, bytes: Uint8Array, from: number, to: number): number {
  const n = Math.min(to - from, ptyWriteRoom(k, tty));
  if (n > 0 && tty.link) {
    countCopy(k, COPY_KERNEL, n);
    ttyReceive(k, tty.link, bytes.slice(from, from + n));
  }
  return n;
}

/** @linux drivers/tty/pty.c pty_write_room */
function ptyWriteRoom(_k: Kernel, tty: Tty): number {
  return tty.stopped || !tty.link ? 0 : Math.max(0, LIMIT - tty.link.flipUsed);
}

/** @linux drivers/tty/pty.c pty_flush_buffer */
function ptyFlushBuffer(k: Kernel, tty: Tty): void {
  if (!tty.link) return;
  ttyBufferFlush(tty.link);
  packetStatus(k, tty, TIOCPKT_FLUSHWRITE, 0);
  ttyWakeup(k, tty);
}

/** @linux drivers/tty/pty.c pty_set_termios */
function ptySetTermios(k: Kernel, tty: Tty, old: Termios): void {
  const t = tty.termios;
  const flow = (m: Termios): boolean => (m.iflag & IXON) !== 0 && m.cc[VSTOP] === 19 && m.cc[VSTART] === 17;
  const changed = flow(old) !== flow(t);
  const extproc = ((old.lflag | t.lflag) & EXTPROC) !== 0;
  if (changed || extproc) {
    const flowBits = TIOCPKT_DOSTOP | TIOCPKT_NOSTOP;
    const set = (changed ? (flow(t) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP) : 0) | (extproc ? TIOCPKT_IOCTL : 0);
    packetStatus(k, tty, set, changed ? flowBits : 0);
  }
  t.cflag = (t.cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
}

/** Both ends have one size. @linux drivers/tty/pty.c pty_resize */
function ptyResize(k: Kernel, tty: Tty, size: WinSize): void {
  const w = tty.winsize;
  if (w.rows === size.rows && w.cols === size.cols && w.xpixel === size.xpixel && w.ypixel === size.ypixel) return;
  if (tty.pgrp !== 0) killPgrp(k, tty.pgrp, SIGWINCH);
  if (tty.link && tty.link.pgrp !== 0 && tty.link.pgrp !== tty.pgrp) killPgrp(k, tty.link.pgrp, SIGWINCH);
  tty.winsize = size;
  if (tty.link) tty.link.winsize = { ...size };
}

/** @linux drivers/tty/pty.c pty_open */
function ptyOpen(_k: Kernel, tty: Tty): number {
  const { link } = tty;
  if (!link) return -EIO;
  if (tty.ops === ptySlaveOps) {
    if (tty.otherClosed || link.ptyLock || link.count === 0) return -EIO;
    link.otherClosed = false;
  }
  tty.ioError = false;
  return 0;
}

/** @linux drivers/tty/pty.c pty_close */
function ptyClose(k: Kernel, tty: Tty): void {
  const { link } = tty;
  if (tty.count > 1 || !link) return;
  tty.packet = false;
  tty.readWait.wakeUpAll(k, EPOLLHUP);
  tty.writeWait.wakeUpAll(k, EPOLLHUP);
  link.otherClosed = true;
  link.readWait.wakeUpAll(k, EPOLLHUP);
  link.writeWait.wakeUpAll(k, EPOLLHUP);
  if (tty.ops === ptyMasterOps) {
    tty.otherClosed = true;
    if (link.node) {
      devptsPtyKill(k, link.node);
      if (link.node.inode) link.node.inode.special = null;
    }
    hangupTty(k, link);
  }
  const slave = tty.ops === ptySlaveOps ? tty : link;
  const master = slave.link;
  const left = (tty === slave ? 0 : slave.count) + (tty === master ? 0 : (master?.count ?? 0));
  if (left === 0 && slave.devpts) {
    devptsKillIndex(slave.devpts as SuperBlock, slave.index);
    slave.devpts = null;
  }
}

/** The master's own requests. @linux drivers/tty/pty.c pty_unix98_ioctl */
function masterIoctl(k: Kernel, tty: Tty, file: File, cmd: number, arg: number): number {
  switch (cmd) {
    case TIOCSPTLCK: {
      const v = getUser32(k, arg);
      if (v < 0) return -EFAULT;
      tty.ptyLock = v !== 0;
      return 0;
    }
    case TIOCGPTLCK:
      return putUser32(k, arg, tty.ptyLock ? 1 : 0);
    case TIOCPKT: {
      const v = getUser32(k, arg);
      if (v < 0) return -EFAULT;
      if (v !== 0 && !tty.packet && tty.link) tty.link.pktStatus = 0;
      tty.packet = v !== 0;
      return 0;
    }
    case TIOCGPKT:
      return putUser32(k, arg, tty.packet ? 1 : 0);
    case TIOCGPTN:
      return putUser32(k, arg, tty.index);
    case TIOCGPTPEER:
      return openPeer(k, tty, file, arg);
    case TIOCSIG: {
      if (arg < 1 || arg > 64) return -EINVAL;
      const pgrp = tty.link?.pgrp ?? 0;
      if (pgrp !== 0) killPgrp(k, pgrp, arg);
      return 0;
    }
  }
  return -ENOTTY;
}

/** Opens the slave without a name. @linux drivers/tty/pty.c ptm_open_peer */
function openPeer(k: Kernel, master: Tty, _file: File, flags: number): number {
  const slave = master.link;
  const node = slave?.node;
  const mnt = node?.inode ? mountsOf(k).find((m) => m.sb === node.inode?.sb) : undefined;
  if (!node || !mnt) return -ENODEV;
  const file = dentryOpen(k, { mnt, dentry: node }, flags & ~O_CLOEXEC);
  if (typeof file === "number") return file;
  const fd = fdInstall(k, file, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) fput(k, file);
  return fd;
}

const shared = {
  isPty: true,
  write: ptyWrite,
  writeRoom: ptyWriteRoom,
  charsInBuffer: () => 0,
  flushBuffer: ptyFlushBuffer,
  resize: ptyResize,
  open: ptyOpen,
  close: ptyClose,
};

const ptyMasterOps: TtyOperations = stateTable("ptm_unix98_ops", { ...shared, name: "pty_master", ioctl: masterIoctl });
const ptySlaveOps: TtyOperations = stateTable("pty_unix98_ops", { ...shared, name: "pty_slave", setTermios: ptySetTermios });

/** The modes a terminal starts with. @linux drivers/tty/tty_io.c tty_std_termios */
export function stdTermios(): Termios {
  return new Termios(
    ICRNL | IXON,
    OPOST | ONLCR,
    B38400 | CS8 | CREAD | HUPCL,
    ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
  );
}

/** Makes a pair for an open of ptmx. @returns the master, or a negated errno @linux drivers/tty/pty.c ptmx_open */
export function ptmxOpen(k: Kernel, inode: Inode): Tty | number {
  const sb = devptsInstance(k, inode);
  if (!sb) return -ENODEV;
  const index = devptsNewIndex(sb);
  if (index < 0) return index;
  const raw = new Termios(0, 0, B38400 | CS8 | CREAD, 0);
  const cooked = stdTermios();
  cooked.cflag = B38400 | CS8 | CREAD;
  const master = new Tty(ptyMasterOps, "ptmx", index, makedev(PTM_MAJOR, index), raw);
  const slave = new Tty(ptySlaveOps, `pts/${index}`, index, makedev(PTS_MAJOR, index), cooked);
  master.link = slave;
  slave.link = master;
  master.ptyLock = true;
  slave.devpts = sb;
  nTtySetTermios(k, master, null);
  nTtySetTermios(k, slave, null);
  slave.node = devptsPtyNew(k, sb, index, slave);
  return master;
}
