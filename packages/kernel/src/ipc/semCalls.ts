import { BLOCKED } from "../include/linux/sched.ts";
import { readTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, writeStruct } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { E2BIG, EACCES, EAGAIN, EFAULT, EFBIG, EINTR, EINVAL, ENOSPC, ERANGE, ERESTARTSYS } from "../uapi/errno.ts";
import * as I from "../uapi/ipc.ts";
import { ipcNamespace } from "./namespace.ts";
import {
  clearUndo,
  countWaiting,
  findUndo,
  freeSemArray,
  leavePending,
  performAtomicSemop,
  SemArray,
  type SemBuf,
  SemWaiter,
  updateQueue,
} from "./sem.ts";
import * as U from "./util.ts";

/** The four numbers of /proc/sys/kernel/sem: per set, in all, operations per call, sets. */
const SEMMSL = 32000;
const SEMMNS = 1024000000;
const SEMOPM = 500;
const SEMMNI = 32000;

const limit = (k: Kernel, word: number): number => U.ipcSetting(k, "kernel/sem", [SEMMSL, SEMMNS, SEMOPM, SEMMNI][word]!, word);

function semaphores(k: Kernel): number {
  let n = 0;
  for (const a of ipcNamespace(k).sem.slots.values()) n += a.values.length;
  return n;
}

const semOps: U.IpcOps<SemArray> = {
  /** @linux ipc/sem.c newary */
  create(k, key, flags, count) {
    if (count === 0) return -EINVAL;
    if (semaphores(k) + count > limit(k, 1)) return -ENOSPC;
    return U.ipcAddId(ipcNamespace(k).sem, new SemArray(k, key, flags, count), limit(k, 3));
  },
  check: (found, count) => (count > found.values.length ? -EINVAL : 0),
};

function sysSemget(k: Kernel, key: number, count: number, flags: number): number {
  if (count < 0 || count > limit(k, 0)) return -EINVAL;
  return U.ipcGet(k, ipcNamespace(k).sem, semOps, key, flags, count);
}

/** Reads the operations; a negated errno if they cannot be. */
function readOps(k: Kernel, address: number, count: number): SemBuf[] | number {
  const bytes = new Uint8Array(count * 6);
  if (copyFromUser(k, address, bytes, 0, bytes.length) < 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, i) => ({
    num: view.getUint16(i * 6, true),
    op: view.getInt16(i * 6 + 2, true),
    flags: view.getInt16(i * 6 + 4, true),
  }));
}

/** @linux ipc/sem.c __do_semtimedop */
function semtimedop(k: Kernel, id: number, address: number, count: number, timeout: number): number {
  const waiting = k.current.progress;
  if (waiting instanceof SemWaiter) {
    if (waiting.status <= 0) return waiting.status;
    return wait(k, waiting);
  }
  if (count < 1 || id < 0) return -EINVAL;
  if (count > limit(k, 2)) return -E2BIG;
  const ops = readOps(k, address, count);
  if (typeof ops === "number") return ops;
  let ns = Number.POSITIVE_INFINITY;
  if (timeout !== 0) {
    ns = readTimespec(k, timeout);
    if (ns < 0) return ns;
  }
  const array = U.ipcObtain(ipcNamespace(k).sem, id);
  if (typeof array === "number") return array;
  if (ops.some((o) => o.num >= array.values.length)) return -EFBIG;
  const alter = ops.some((o) => o.op !== 0);
  if (!U.ipcPermitted(k, array, alter ? 0o222 : 0o444)) return -EACCES;
  const undo = ops.some((o) => o.flags & I.SEM_UNDO) ? findUndo(k, array) : null;
  const q = new SemWaiter(array, ops, k.current.tgid, undo);
  const r = performAtomicSemop(q);
  if (r === 0) {
    array.otime = k.time.realtime().sec;
    if (alter) updateQueue(k, array);
    return 0;
  }
  if (r < 0) return r;
  if (timeout !== 0) k.sched.setDeadline(k.time.now() + ns);
  array.pending.push(q);
  k.current.progress = q;
  return wait(k, q);
}

function wait(k: Kernel, q: SemWaiter): number {
  const late = k.sched.deadlinePassed();
  const r = late ? -EAGAIN : k.sched.sleepOn(q.wait);
  if (r === BLOCKED) return r;
  leavePending(q);
  return r === -ERESTARTSYS ? -EINTR : r;
}

function sysSemop(k: Kernel, id: number, address: number, count: number): number {
  return semtimedop(k, id, address, count, 0);
}

function sysSemtimedop(k: Kernel, id: number, address: number, count: number, timeout: number): number {
  return semtimedop(k, id, address, count, timeout);
}

/** @linux ipc/sem.c semctl_info */
function semInfo(k: Kernel, cmd: number, buf: number): number {
  const ns = ipcNamespace(k);
  const opm = limit(k, 2);
  const mns = limit(k, 1);
  const info = cmd === I.SEM_INFO;
  const fields = [mns, limit(k, 3), mns, mns, limit(k, 0), opm, opm, info ? ns.sem.slots.size : 20, I.SEMVMX, info ? semaphores(k) : 32767];
  const bytes = new Uint8Array(Int32Array.from(fields).buffer);
  return copyToUser(k, buf, bytes, 0, 40) < 0 ? -EFAULT : U.ipcMaxSlot(ns.sem);
}

/** GETALL and SETALL. @linux ipc/sem.c semctl_main */
function allValues(k: Kernel, array: SemArray, cmd: number, address: number): number {
  const n = array.values.length;
  const bytes = new Uint8Array(n * 2);
  const view = new DataView(bytes.buffer);
  if (cmd === I.GETALL) {
    array.values.forEach((v, i) => {
      view.setUint16(i * 2, v, true);
    });
    return copyToUser(k, address, bytes, 0, bytes.length) < 0 ? -EFAULT : 0;
  }
  if (copyFromUser(k, address, bytes, 0, bytes.length) < 0) return -EFAULT;
  for (let i = 0; i < n; i++) if (view.getUint16(i * 2, true) > I.SEMVMX) return -ERANGE;
  for (let i = 0; i < n; i++) {
    array.values[i] = view.getUint16(i * 2, true);
    array.pids[i] = k.current.tgid;
  }
  clearUndo(k, array, -1);
  array.ctime = k.time.realtime().sec;
  updateQueue(k, array);
  return 0;
}

/** @linux ipc/sem.c semctl_setval */
function setValue(k: Kernel, array: SemArray, num: number, value: number): number {
  if (num < 0 || num >= array.values.length) return -EINVAL;
  if (!U.ipcPermitted(k, array, 0o222)) return -EACCES;
  array.values[num] = value;
  array.pids[num] = k.current.tgid;
  clearUndo(k, array, num);
  array.ctime = k.time.realtime().sec;
  updateQueue(k, array);
  return 0;
}

/** IPC_SET and IPC_RMID. @linux ipc/sem.c semctl_down */
function change(k: Kernel, id: number, cmd: number, buf: number): number {
  const value = cmd === I.IPC_SET ? U.readIpcSet(k, buf, I.semidStruct) : 0;
  if (typeof value === "number" && value < 0) return value;
  const array = U.ipcObtain(ipcNamespace(k).sem, id);
  if (typeof array === "number") return array;
  const bad = U.ipcOwner(k, array);
  if (bad < 0) return bad;
  if (typeof value === "number") {
    freeSemArray(k, array);
    return 0;
  }
  const r = U.ipcUpdatePerm(array, value.sem_perm as ReturnType<typeof U.ipcPermValue>);
  if (r === 0) array.ctime = k.time.realtime().sec;
  return r;
}

/** @linux ipc/sem.c ksys_semctl */
function sysSemctl(k: Kernel, id: number, num: number, cmd: number, arg: number): number {
  if (id < 0) return -EINVAL;
  const { sem } = ipcNamespace(k);
  switch (cmd) {
    case I.IPC_INFO:
    case I.SEM_INFO:
      return semInfo(k, cmd, arg);
    case I.IPC_SET:
    case I.IPC_RMID:
      return change(k, id, cmd, arg);
    case I.IPC_STAT:
    case I.SEM_STAT:
    case I.SEM_STAT_ANY: {
      const a = cmd === I.IPC_STAT ? U.ipcObtain(sem, id) : U.ipcObtainSlot(sem, id);
      if (typeof a === "number") return a;
      if (cmd !== I.SEM_STAT_ANY && !U.ipcPermitted(k, a, 0o444)) return -EACCES;
      const value = {
        ...{ sem_perm: U.ipcPermValue(a), sem_otime: a.otime, __unused1: 0, sem_ctime: a.ctime, __unused2: 0 },
        ...{ sem_nsems: a.values.length, __unused3: 0, __unused4: 0 },
      };
      if (writeStruct(k, arg, I.semidStruct, value) < 0) return -EFAULT;
      return cmd === I.IPC_STAT ? 0 : a.id;
    }
    case I.SETVAL: {
      const a = U.ipcObtain(sem, id);
      const value = (arg % 0x100000000) | 0;
      if (value > I.SEMVMX || value < 0) return -ERANGE;
      return typeof a === "number" ? a : setValue(k, a, num, value);
    }
    case I.GETALL:
    case I.SETALL:
    case I.GETPID:
    case I.GETVAL:
    case I.GETNCNT:
    case I.GETZCNT: {
      const a = U.ipcObtain(sem, id);
      if (typeof a === "number") return a;
      if (!U.ipcPermitted(k, a, cmd === I.SETALL ? 0o222 : 0o444)) return -EACCES;
      if (cmd === I.GETALL || cmd === I.SETALL) return allValues(k, a, cmd, arg);
      if (num < 0 || num >= a.values.length) return -EINVAL;
      if (cmd === I.GETVAL) return a.values[num]!;
      if (cmd === I.GETPID) return a.pids[num]!;
      return countWaiting(a, num, cmd === I.GETZCNT);
    }
    default:
      return -EINVAL;
  }
}

const opsArg = A.structs(I.sembufStruct, "nsops");

export const semSyscalls: readonly SyscallDef[] = [
  syscall("semget", { key: A.int, nsems: A.int, semflg: A.flags(I.semGetNames) }, sysSemget, { linux: "ipc/sem.c ksys_semget" }),
  syscall("semop", { semid: A.int, sops: opsArg, nsops: A.uint }, sysSemop, { linux: "ipc/sem.c do_semtimedop", eintr: "always" }),
  syscall("semtimedop", { semid: A.int, sops: opsArg, nsops: A.uint, timeout: A.ptr }, sysSemtimedop, {
    linux: "ipc/sem.c ksys_semtimedop",
    eintr: "always",
  }),
  syscall("semctl", { semid: A.int, semnum: A.int, cmd: A.enum(I.semCtlNames), arg: A.ptr }, sysSemctl, { linux: "ipc/sem.c ksys_semctl" }),
];
