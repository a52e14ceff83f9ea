import { EXIT_DEAD } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, putUser64 } from "../../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { EFAULT, EINVAL, ENOSYS, EPERM, ESRCH } from "../../uapi/errno.ts";
import {
  FUTEX_BITSET_MATCH_ANY,
  FUTEX_CLOCK_REALTIME,
  FUTEX_CMD_MASK,
  FUTEX_CMP_REQUEUE,
  FUTEX_CMP_REQUEUE_PI,
  FUTEX_LOCK_PI,
  FUTEX_LOCK_PI2,
  FUTEX_PRIVATE_FLAG,
  FUTEX_REQUEUE,
  FUTEX_TRYLOCK_PI,
  FUTEX_UNLOCK_PI,
  FUTEX_WAIT,
  FUTEX_WAIT_BITSET,
  FUTEX_WAIT_REQUEUE_PI,
  FUTEX_WAKE,
  FUTEX_WAKE_BITSET,
  FUTEX_WAKE_OP,
  FUTEX2_PRIVATE,
  futex2Names,
  futexNames,
  futexWaitvStruct,
  robustListHeadStruct,
} from "../../uapi/futex.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME, clockNames, timespecStruct } from "../../uapi/time.ts";
import { findTask } from "../pid.ts";
import { ptraceMayAccess } from "../ptraceAccess.ts";
import { absoluteDeadline } from "../time/nanosleep.ts";
import { readTimespec, userTimespec } from "../time/userTime.ts";
import { FutexWaiter } from "./core.ts";
import { futexCmpRequeuePi, futexLockPi, futexUnlockPi, futexWaitRequeuePi } from "./pi.ts";
import { futex2Deadline, futex2FlagsValid, sysFutexWaitv } from "./waitv.ts";
import { futexRequeue, futexWait, futexWake, futexWakeOp } from "./waitwake.ts";

/** Commands whose fourth argument is a timeout. */
const hasTimeout = (cmd: number): boolean =>
  cmd === FUTEX_WAIT || cmd === FUTEX_LOCK_PI || cmd === FUTEX_LOCK_PI2 || cmd === FUTEX_WAIT_BITSET || cmd === FUTEX_WAIT_REQUEUE_PI;

/** ns since boot at which the wait ends, Infinity, or a negated errno. @linux kernel/futex/syscalls.c futex_init_timeout */
function deadlineOf(k: Kernel, cmd: number, op: number, utime: number): number {
  if (utime === 0) return Number.POSITIVE_INFINITY;
  // A retried call keeps the deadline of its first try.
  if (k.current.progress instanceof FutexWaiter) return k.current.deadline;
  const ns = readTimespec(k, utime);
  if (ns < 0) return ns;
  if (cmd === FUTEX_WAIT) return k.time.now() + ns;
  const realtime = cmd === FUTEX_LOCK_PI || (op & FUTEX_CLOCK_REALTIME) !== 0;
  return Math.max(0, absoluteDeadline(k, realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, userTimespec));
}

/** @linux kernel/futex/syscalls.c do_futex */
function sysFutex(k: Kernel, uaddr: number, op: number, val: number, utime: number, uaddr2: number, val3: number): number {
  const cmd = op & FUTEX_CMD_MASK;
  const shared = (op & FUTEX_PRIVATE_FLAG) === 0;
  let deadline = Number.POSITIVE_INFINITY;
  if (hasTimeout(cmd)) {
    deadline = deadlineOf(k, cmd, op, utime);
    if (deadline < 0) return deadline;
  }
  if (op & FUTEX_CLOCK_REALTIME && cmd !== FUTEX_WAIT_BITSET && cmd !== FUTEX_WAIT_REQUEUE_PI && cmd !== FUTEX_LOCK_PI2) return -ENOSYS;
  // The requeueing commands have a count in the timeout's place.
  const val2 = utime | 0;
  switch (cmd) {
    case FUTEX_WAIT:
      return futexWait(k, uaddr, val, FUTEX_BITSET_MATCH_ANY, shared, deadline);
    case FUTEX_WAIT_BITSET:
      return futexWait(k, uaddr, val, val3, shared, deadline);
    case FUTEX_WAKE:
      return futexWake(k, uaddr, shared, val | 0, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
      return futexWake(k, uaddr, shared, val | 0, val3);
    case FUTEX_REQUEUE:
      return futexRequeue(k, uaddr, shared, uaddr2, shared, val | 0, val2, null);
    case FUTEX_CMP_REQUEUE:
      return futexRequeue(k, uaddr, shared, uaddr2, shared, val | 0, val2, val3);
    case FUTEX_WAKE_OP:
      return futexWakeOp(k, uaddr, shared, uaddr2, val | 0, val2, val3);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return futexLockPi(k, uaddr, shared, deadline, false);
    case FUTEX_UNLOCK_PI:
      return futexUnlockPi(k, uaddr, shared);
    case FUTEX_TRYLOCK_PI:
      return futexLockPi(k, uaddr, shared, Number.POSITIVE_INFINITY, true);
    case FUTEX_WAIT_REQUEUE_PI:
      return futexWaitRequeuePi(k, uaddr, shared, val, deadline, FUTEX_BITSET_MATCH_ANY, uaddr2);
    case FUTEX_CMP_REQUEUE_PI:
      return futexCmpRequeuePi(k, uaddr, shared, uaddr2, val | 0, val2, val3);
    default:
      return -ENOSYS;
  }
}

function sysFutexWait(k: Kernel, uaddr: number, val: number, mask: number, flags: number, timeout: number, clock: number): number {
  if (!futex2FlagsValid(flags)) return -EINVAL;
  if (val > 0xffffffff || mask > 0xffffffff) return -EINVAL;
  const deadline = k.current.progress instanceof FutexWaiter ? k.current.deadline : futex2Deadline(k, timeout, clock);
  return deadline < 0 ? deadline : futexWait(k, uaddr, val, mask, !(flags & FUTEX2_PRIVATE), deadline);
}

function sysFutexWake(k: Kernel, uaddr: number, mask: number, nr: number, flags: number): number {
  if (!futex2FlagsValid(flags)) return -EINVAL;
  if (mask > 0xffffffff) return -EINVAL;
  // Unlike FUTEX_WAKE, none means none.
  if (nr === 0) return 0;
  return futexWake(k, uaddr, !(flags & FUTEX2_PRIVATE), nr, mask);
}

function sysFutexRequeue(k: Kernel, waiters: number, flags: number, nrWake: number, nrRequeue: number): number {
  if (flags !== 0 || waiters === 0) return -EINVAL;
  const b = new Uint8Array(48);
  if (copyFromUser(k, waiters, b, 0, 48) !== 0) return -EFAULT;
  const a = futexWaitvStruct.parse(b, 0) as { [n: string]: number };
  const c = futexWaitvStruct.parse(b, 24) as { [n: string]: number };
  for (const w of [a, c]) if (!futex2FlagsValid(w["flags"]!) || w["__reserved"] !== 0 || w["val"]! > 0xffffffff) return -EINVAL;
  const shared = (w: { [n: string]: number }): boolean => !(w["flags"]! & FUTEX2_PRIVATE);
  return futexRequeue(k, a["uaddr"]!, shared(a), c["uaddr"]!, shared(c), nrWake, nrRequeue, a["val"]!);
}

function sysSetRobustList(k: Kernel, head: number, length: number): number {
  if (length !== robustListHeadStruct.size) return -EINVAL;
  k.current.robustList = head;
  return 0;
}

function sysGetRobustList(k: Kernel, pid: number, head: number, length: number): number {
  const task = pid === 0 ? k.current : findTask(k, pid);
  if (!task || task.exitState === EXIT_DEAD) return -ESRCH;
  if (!ptraceMayAccess(k, task)) return -EPERM;
  if (putUser64(k, length, robustListHeadStruct.size) !== 0) return -EFAULT;
  return putUser64(k, head, task.robustList) !== 0 ? -EFAULT : 0;
}

const timeIn = A.struct(timespecStruct, "in");
const f2flags = A.flags(futex2Names, "u32");

/** Those that give EINTR; waiting for a PI lock is begun again instead. */
const isPlainWait = (cmd: number): boolean => cmd === FUTEX_WAIT || cmd === FUTEX_WAIT_BITSET;

export const futexSyscalls: readonly SyscallDef[] = [
  syscall("futex", { uaddr: A.ptr, op: A.enum(futexNames), val: A.uint, utime: A.custom("s64"), uaddr2: A.ptr, val3: A.uint }, sysFutex, {
    linux: "kernel/futex/syscalls.c do_futex",
    eintr: (_word, op) => isPlainWait(op & FUTEX_CMD_MASK),
  }),
  syscall("set_robust_list", { head: A.ptr, len: A.size }, sysSetRobustList, { linux: "kernel/futex/syscalls.c sys_set_robust_list" }),
  syscall("get_robust_list", { pid: A.pid, head_ptr: A.ptr, len_ptr: A.ptr }, sysGetRobustList, {
    linux: "kernel/futex/syscalls.c sys_get_robust_list",
  }),
  syscall(
    "futex_waitv",
    {
      waiters: A.structs(futexWaitvStruct, "nr_futexes", "in"),
      nr_futexes: A.uint,
      flags: A.uint,
      timeout: timeIn,
      clockid: A.enum(clockNames),
    },
    sysFutexWaitv,
    { linux: "kernel/futex/syscalls.c sys_futex_waitv", eintr: "always" },
  ),
  syscall("futex_wake", { uaddr: A.ptr, mask: A.hex, nr: A.int, flags: f2flags }, sysFutexWake, {
    linux: "kernel/futex/syscalls.c sys_futex_wake",
  }),
  syscall(
    "futex_wait",
    { uaddr: A.ptr, val: A.ulong, mask: A.hex, flags: f2flags, timeout: timeIn, clockid: A.enum(clockNames) },
    sysFutexWait,
    {
      linux: "kernel/futex/syscalls.c sys_futex_wait",
    },
  ),
  syscall("futex_requeue", { waiters: A.ptr, flags: A.uint, nr_wake: A.int, nr_requeue: A.int }, sysFutexRequeue, {
    linux: "kernel/futex/syscalls.c sys_futex_requeue",
  }),
];
