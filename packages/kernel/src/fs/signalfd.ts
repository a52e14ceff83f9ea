import type { File, FileOperations } from "../include/linux/fs.ts";
import { BLOCKED, type Task } from "../include/linux/sched.ts";
import type { PollTable } from "../include/linux/wait.ts";
import { dequeueSignal, lowBit } from "../kernel/signal/pending.ts";
import {
  SI_ADDR,
  SI_BAND,
  SI_FD,
  SI_OVERRUN,
  SI_PID,
  SI_STATUS,
  SI_STIME,
  SI_TID,
  SI_UID,
  SI_UTIME,
  SI_VALUE,
  siCode,
  viewOf,
} from "../kernel/signal/siginfo.ts";
import type { Kernel } from "../kernel.ts";
import type { IovIter } from "../lib/iovIter.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EAGAIN, EBADF, EFAULT, EINVAL } from "../uapi/errno.ts";
import { SI_MESGQ, SI_QUEUE, SI_TIMER, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGIO, SIGSEGV, SIGSYS, SIGTRAP } from "../uapi/signal.ts";
import { anonInodeGetFd } from "./anonInodes.ts";
import { noopLlseek } from "./libfs.ts";

const SFD_NONBLOCK = 0o4000;
const SFD_CLOEXEC = 0o2000000;
const sfdNames = flagNames("SFD_???", { SFD_CLOEXEC, SFD_NONBLOCK });
const O_RDWR = 2;
/** sizeof(struct signalfd_siginfo). */
const RECORD = 128;

/** The signals that a signalfd does not take, as a mask of blocked ones. */
export class SignalfdContext {
  lo: number;
  hi: number;
  constructor(lo: number, hi: number) {
    this.lo = lo;
    this.hi = hi;
  }
}
stateClass(SignalfdContext);

/** Who reads gets its own signals, whoever made the descriptor. @linux fs/signalfd.c signalfd_poll */
function signalfdPoll(k: Kernel, file: File, table: PollTable | null): number {
  const ctx = file.priv as SignalfdContext;
  const t = k.current;
  table?.wait(k, t.sighand.signalfdWait);
  return pendingFor(t, ctx) ? 1 : 0;
}

function pendingFor(t: Task, ctx: SignalfdContext): boolean {
  const s = t.signal.sharedPending;
  return (((t.pending.lo | s.lo) & ~ctx.lo) | ((t.pending.hi | s.hi) & ~ctx.hi)) !== 0;
}

const record = new Uint8Array(RECORD);
const out = new DataView(record.buffer);

/** siginfo_t to struct signalfd_siginfo. @linux fs/signalfd.c signalfd_copyinfo */
function fillRecord(info: Uint8Array): void {
  const v = viewOf(info);
  const sig = v.getInt32(0, true);
  const code = siCode(info);
  record.fill(0);
  out.setUint32(0, sig, true);
  out.setInt32(4, v.getInt32(4, true), true);
  out.setInt32(8, code, true);
  const pidUid = (): void => {
    out.setUint32(12, v.getUint32(SI_PID, true), true);
    out.setUint32(16, v.getUint32(SI_UID, true), true);
  };
  const value = (): void => {
    out.setInt32(44, v.getInt32(SI_VALUE, true), true);
    out.setBigUint64(48, v.getBigUint64(SI_VALUE, true), true);
  };
  if (code === SI_TIMER) {
    out.setUint32(24, v.getUint32(SI_TID, true), true);
    out.setUint32(32, v.getUint32(SI_OVERRUN, true), true);
    value();
  } else if (code === SI_QUEUE || code === SI_MESGQ) {
    pidUid();
    value();
  } else if (code > 0 && code < 0x80 && sig === SIGCHLD) {
    pidUid();
    out.setInt32(40, v.getInt32(SI_STATUS, true), true);
    out.setBigUint64(56, v.getBigUint64(SI_UTIME, true), true);
    out.setBigUint64(64, v.getBigUint64(SI_STIME, true), true);
  } else if (code > 0 && code < 0x80 && (sig === SIGILL || sig === SIGFPE || sig === SIGSEGV || sig === SIGBUS || sig === SIGTRAP)) {
    out.setBigUint64(72, v.getBigUint64(SI_ADDR, true), true);
  } else if (code > 0 && code < 0x80 && sig === SIGIO) {
    out.setUint32(28, v.getUint32(SI_BAND, true), true);
    out.setInt32(20, v.getInt32(SI_FD, true), true);
  } else if (code > 0 && code < 0x80 && sig === SIGSYS) {
    out.setBigUint64(88, v.getBigUint64(16, true), true);
    out.setInt32(84, v.getInt32(24, true), true);
    out.setUint32(96, v.getUint32(28, true), true);
  } else pidUid();
}

/** @linux fs/signalfd.c signalfd_read_iter */
function signalfdRead(k: Kernel, file: File, to: IovIter, _pos: number): number {
  const ctx = file.priv as SignalfdContext;
  let room = Math.floor(to.count / RECORD);
  if (room === 0) return -EINVAL;
  let done = 0;
  for (; room > 0; room--) {
    const info = dequeueSignal(k, k.current, ctx.lo, ctx.hi);
    if (!info) break;
    fillRecord(info);
    if (to.copyTo(k, record, 0, RECORD) < RECORD) return done > 0 ? done : -EFAULT;
    done += RECORD;
  }
  if (done > 0) return done;
  if (file.flags & SFD_NONBLOCK) return -EAGAIN;
  const r = k.sched.sleepOn(k.current.sighand.signalfdWait);
  return r === BLOCKED ? BLOCKED : r;
}

/** sigmask: what it takes. @linux fs/signalfd.c signalfd_show_fdinfo */
function signalfdShowFdinfo(_k: Kernel, file: File): string {
  const ctx = file.priv as SignalfdContext;
  const hex = (n: number): string => (~n >>> 0).toString(16).padStart(8, "0");
  return `sigmask:\t${hex(ctx.hi)}${hex(ctx.lo)}\n`;
}

export const signalfdFops: FileOperations = stateTable("signalfd_fops", {
  llseek: noopLlseek,
  poll: signalfdPoll,
  read: signalfdRead,
  refuseSpliceRead: (): number => -EINVAL,
  showFdinfo: signalfdShowFdinfo,
});

const mask = new Uint8Array(8);
const maskView = new DataView(mask.buffer);

/** Makes a signalfd (fd -1) or changes one's mask. @linux fs/signalfd.c do_signalfd4 */
function signalfd4(k: Kernel, fd: number, address: number, size: number, flags: number): number {
  if (size !== 8) return -EINVAL;
  if (copyFromUser(k, address, mask, 0, 8) !== 0) return -EFAULT;
  if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) return -EINVAL;
  const lo = ~(maskView.getInt32(0, true) & ~(lowBit(9) | lowBit(19)));
  const hi = ~maskView.getInt32(4, true);
  if (fd === -1) return anonInodeGetFd(k, "[signalfd]", signalfdFops, new SignalfdContext(lo, hi), O_RDWR | flags);
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  if (file.op !== signalfdFops) return -EINVAL;
  const ctx = file.priv as SignalfdContext;
  ctx.lo = lo;
  ctx.hi = hi;
  k.current.sighand.signalfdWait.wakeUpAll(k);
  return fd;
}

export const signalfdSyscalls: readonly SyscallDef[] = [
  syscall(
    "signalfd",
    { ufd: A.fd, user_mask: A.sigset("in"), sizemask: A.size },
    (k, fd, address, size) => signalfd4(k, fd, address, size, 0),
    {
      linux: "fs/signalfd.c sys_signalfd",
      ret: "fd",
    },
  ),
  syscall("signalfd4", { ufd: A.fd, user_mask: A.sigset("in"), sizemask: A.size, flags: A.flags(sfdNames) }, signalfd4, {
    linux: "fs/signalfd.c do_signalfd4",
    ret: "fd",
  }),
];
