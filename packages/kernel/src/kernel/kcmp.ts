import { epFindNth, eventpollOf } from "../fs/eventpoll/item.ts";
import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { A, enumNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINVAL, ENOENT, EPERM, ESRCH } from "../uapi/errno.ts";
import { findTask } from "./pid.ts";
import { ptraceMayAccess } from "./ptraceAccess.ts";

const KCMP_FILE = 0;
const KCMP_VM = 1;
const KCMP_FILES = 2;
const KCMP_FS = 3;
const KCMP_SIGHAND = 4;
const KCMP_IO = 5;
const KCMP_SYSVSEM = 6;
const KCMP_EPOLL_TFD = 7;
const kcmpNames = enumNames("KCMP_???", { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_EPOLL_TFD });

/** Identity of objects by the order of first comparison. Outside the kernel's state: only relations show. */
const order = new WeakMap<object, number>();
let nextOrder = 1;
function rank(o: object): number {
  let n = order.get(o);
  if (n === undefined) order.set(o, (n = nextOrder++));
  return n;
}

function compare(a: object | null, b: object | null): number {
  if (a === b) return 0;
  return (a ? rank(a) : 0) < (b ? rank(b) : 0) ? 1 : 2;
}

/** Compares a descriptor of one task with what an epoll of the other watches: {epoll, descriptor, which of that number}. @linux kernel/kcmp.c kcmp_epoll_target */
function compareEpollTarget(k: Kernel, a: Task, b: Task, fd: number, slot: number): number {
  const raw = new Uint8Array(12);
  if (copyFromUser(k, slot, raw, 0, 12) !== 0) return -EFAULT;
  const v = new DataView(raw.buffer);
  const file = a.file(fd);
  const epoll = b.file(v.getUint32(0, true));
  if (!file || !epoll) return -EBADF;
  const ep = eventpollOf(epoll);
  if (!ep) return -EINVAL;
  const target = epFindNth(ep, v.getUint32(4, true), v.getUint32(8, true));
  return target ? compare(file, target.file) : -ENOENT;
}

/** 0 equal, 1 less, 2 greater. @linux kernel/kcmp.c sys_kcmp */
function sysKcmp(k: Kernel, pid1: number, pid2: number, type: number, i1: number, i2: number): number {
  const a: Task | null = findTask(k, pid1);
  const b: Task | null = findTask(k, pid2);
  if (!a || !b) return -ESRCH;
  if (!ptraceMayAccess(k, a) || !ptraceMayAccess(k, b)) return -EPERM;
  switch (type) {
    case KCMP_FILE: {
      const f = a.file(i1);
      const g = b.file(i2);
      return f && g ? compare(f, g) : -EBADF;
    }
    case KCMP_VM:
      return compare(a.mm, b.mm);
    case KCMP_FILES:
      return compare(a.files, b.files);
    case KCMP_FS:
      return compare(a.fs, b.fs);
    case KCMP_SIGHAND:
      return compare(a.sighand, b.sighand);
    // Nobody has an I/O context or a list of semaphores to undo.
    case KCMP_IO:
    case KCMP_SYSVSEM:
      return 0;
    case KCMP_EPOLL_TFD:
      return compareEpollTarget(k, a, b, i1, i2);
    default:
      return -EINVAL;
  }
}

export const kcmpSyscalls: readonly SyscallDef[] = [
  syscall("kcmp", { pid1: A.pid, pid2: A.pid, type: A.enum(kcmpNames), idx1: A.ulong, idx2: A.ulong }, sysKcmp, {
    linux: "kernel/kcmp.c sys_kcmp",
  }),
];
