import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { EFAULT, EINVAL, ERANGE } from "../../uapi/errno.ts";
import {
  PTRACE_EVENT_SECCOMP,
  PTRACE_EVENTMSG_SYSCALL_ENTRY,
  PTRACE_EVENTMSG_SYSCALL_EXIT,
  PTRACE_SYSCALL_INFO_ENTRY,
  PTRACE_SYSCALL_INFO_EXIT,
  PTRACE_SYSCALL_INFO_NONE,
  PTRACE_SYSCALL_INFO_SECCOMP,
} from "../../uapi/ptrace.ts";
import { AUDIT_ARCH_X86_64 } from "../../uapi/seccomp.ts";
import { SIGTRAP } from "../../uapi/signal.ts";
import { siCode } from "../signal/siginfo.ts";

/** struct ptrace_syscall_info, and how much of it each kind of stop fills. */
const SIZE = 88;
const SIZE_NONE = 24;
const SIZE_ENTRY = 80;
const SIZE_EXIT = 33;
const SIZE_SECCOMP = 84;
const ARG_REGS = [7, 6, 2, 10, 8, 9] as const;
const MAX_ERRNO = 4095;

/** What kind of stop it is in. @linux kernel/ptrace.c ptrace_get_syscall_info_op */
function operation(task: Task): number {
  const info = task.lastSiginfo;
  if (!info) return PTRACE_SYSCALL_INFO_NONE;
  switch (siCode(info)) {
    case SIGTRAP | 0x80:
      if (task.ptraceMessage === PTRACE_EVENTMSG_SYSCALL_ENTRY) return PTRACE_SYSCALL_INFO_ENTRY;
      return task.ptraceMessage === PTRACE_EVENTMSG_SYSCALL_EXIT ? PTRACE_SYSCALL_INFO_EXIT : PTRACE_SYSCALL_INFO_NONE;
    case SIGTRAP | (PTRACE_EVENT_SECCOMP << 8):
      return PTRACE_SYSCALL_INFO_SECCOMP;
    default:
      return PTRACE_SYSCALL_INFO_NONE;
  }
}

const bytes = new Uint8Array(SIZE);
const v = new DataView(bytes.buffer);

/** All about a stop at a system call. @returns bytes there are @linux kernel/ptrace.c ptrace_get_syscall_info */
export function ptraceGetSyscallInfo(k: Kernel, task: Task, userSize: number, data: number): number {
  const { ctx } = task;
  bytes.fill(0);
  const op = operation(task);
  bytes[0] = op;
  v.setUint32(4, AUDIT_ARCH_X86_64, true);
  v.setInt32(8, ctx.ripLo, true);
  v.setInt32(12, ctx.ripHi, true);
  v.setInt32(16, ctx.getLo(4), true);
  v.setInt32(20, ctx.getHi(4), true);
  let size = SIZE_NONE;
  if (op === PTRACE_SYSCALL_INFO_ENTRY || op === PTRACE_SYSCALL_INFO_SECCOMP) {
    v.setInt32(24, task.syscallNr, true);
    v.setInt32(28, task.syscallNr >> 31, true);
    ARG_REGS.forEach((reg, i) => {
      v.setInt32(32 + 8 * i, ctx.getLo(reg), true);
      v.setInt32(36 + 8 * i, ctx.getHi(reg), true);
    });
    size = SIZE_ENTRY;
    if (op === PTRACE_SYSCALL_INFO_SECCOMP) {
      v.setUint32(80, task.ptraceMessage, true);
      size = SIZE_SECCOMP;
    }
  } else if (op === PTRACE_SYSCALL_INFO_EXIT) {
    const lo = ctx.getLo(0);
    const hi = ctx.getHi(0);
    v.setInt32(24, lo, true);
    v.setInt32(28, hi, true);
    if (hi === -1 && lo < 0 && lo >= -MAX_ERRNO) bytes[32] = 1;
    size = SIZE_EXIT;
  }
  return copyToUser(k, data, bytes, 0, Math.min(size, userSize)) !== 0 ? -EFAULT : size;
}

/** Changes the call, or its result, that the task is stopped at. @linux kernel/ptrace.c ptrace_set_syscall_info */
export function ptraceSetSyscallInfo(k: Kernel, task: Task, userSize: number, data: number): number {
  if (userSize < SIZE) return -EINVAL;
  const info = new Uint8Array(SIZE);
  if (copyFromUser(k, data, info, 0, SIZE) !== 0) return -EFAULT;
  const u = new DataView(info.buffer);
  // Reserved bytes and flags.
  if (info[1] !== 0 || u.getUint16(2, true) !== 0) return -EINVAL;
  const op = info[0] as number;
  if (operation(task) !== op) return -EINVAL;
  const { ctx } = task;
  switch (op) {
    case PTRACE_SYSCALL_INFO_ENTRY:
    case PTRACE_SYSCALL_INFO_SECCOMP: {
      if (op === PTRACE_SYSCALL_INFO_SECCOMP && u.getUint32(84, true) !== 0) return -EINVAL;
      const nr = u.getInt32(24, true);
      if (u.getInt32(28, true) !== nr >> 31) return -ERANGE;
      task.syscallNr = nr;
      if (nr !== -1) {
        ARG_REGS.forEach((reg, i) => {
          ctx.setParts(reg, u.getInt32(32 + 8 * i, true), u.getInt32(36 + 8 * i, true));
        });
      }
      return 0;
    }
    case PTRACE_SYSCALL_INFO_EXIT:
      if (info[32] === 1) {
        const error = u.getInt32(24, true);
        if (u.getInt32(28, true) !== error >> 31) return -ERANGE;
        ctx.set(0, error);
      } else ctx.setParts(0, u.getInt32(24, true), u.getInt32(28, true));
      return 0;
    default:
      return -EINVAL;
  }
}
