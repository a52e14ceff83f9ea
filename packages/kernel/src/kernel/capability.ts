import { Cred, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MAC_OVERRIDE,
  CAP_MKNOD,
  CAP_SETPCAP,
  LINUX_CAPABILITY_VERSION_1,
  LINUX_CAPABILITY_VERSION_2,
  LINUX_CAPABILITY_VERSION_3,
  SECBIT_KEEP_CAPS,
  SECBIT_NO_SETUID_FIXUP,
} from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import { findTask } from "./pid.ts";

export type CapSet = [number, number];
export const CAP_FULL: CapSet = [0xffffffff, 0x1ff];
export const CAP_EMPTY: CapSet = [0, 0];

export function capRaised(set: CapSet, cap: number): boolean {
  return cap < 32 ? ((set[0] >>> cap) & 1) !== 0 : ((set[1] >>> (cap - 32)) & 1) !== 0;
}
export const capAnd = (a: CapSet, b: CapSet): CapSet => [(a[0] & b[0]) >>> 0, (a[1] & b[1]) >>> 0];
export const capOr = (a: CapSet, b: CapSet): CapSet => [(a[0] | b[0]) >>> 0, (a[1] | b[1]) >>> 0];
export const capDrop = (a: CapSet, b: CapSet): CapSet => [(a[0] & ~b[0]) >>> 0, (a[1] & ~b[1]) >>> 0];
/** Is every capability of `a` in `b`? */
export const capSubset = (a: CapSet, b: CapSet): boolean => (a[0] & ~b[0]) === 0 && (a[1] & ~b[1]) === 0;
export const capBit = (cap: number): CapSet => (cap < 32 ? [(1 << cap) >>> 0, 0] : [0, 1 << (cap - 32)]);

/** The file-system capabilities, which follow fsuid. */
const FS_SET: CapSet = capsOf(
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_LINUX_IMMUTABLE,
  CAP_MKNOD,
  CAP_MAC_OVERRIDE,
);

function capsOf(...caps: number[]): CapSet {
  return caps.reduce<CapSet>((set, cap) => capOr(set, capBit(cap)), CAP_EMPTY);
}

/** May the current task do what CAP_* protects? @linux kernel/capability.c capable */
export function capable(k: Kernel, cap: number): boolean {
  return capRaised(k.current.cred.capEffective, cap);
}

export function taskCapable(task: Task, cap: number): boolean {
  return capRaised(task.cred.capEffective, cap);
}

/** A copy to change and install. @linux kernel/cred.c prepare_creds */
export function prepareCreds(old: Cred): Cred {
  return Object.assign(new Cred(), old);
}

/** Installs new credentials. A change of identity makes the process undumpable. @linux kernel/cred.c commit_creds */
export function commitCreds(task: Task, cred: Cred): void {
  const old = task.cred;
  if (
    old.euid !== cred.euid ||
    old.egid !== cred.egid ||
    old.fsuid !== cred.fsuid ||
    old.fsgid !== cred.fsgid ||
    !capSubset(cred.capPermitted, old.capPermitted)
  ) {
    if (task.mm) task.mm.dumpable = 0;
    task.pdeathSignal = 0;
  }
  task.cred = cred;
  task.realCred = cred;
}

/** What a change of uids does to capabilities. @linux security/commoncap.c cap_emulate_setxuid */
export function capEmulateSetxuid(cred: Cred, old: Cred): void {
  if (cred.securebits & SECBIT_NO_SETUID_FIXUP) return;
  const wasRoot = old.uid === 0 || old.euid === 0 || old.suid === 0;
  const isRoot = cred.uid === 0 || cred.euid === 0 || cred.suid === 0;
  if (wasRoot && !isRoot) {
    if (!(cred.securebits & SECBIT_KEEP_CAPS)) {
      cred.capPermitted = CAP_EMPTY;
      cred.capEffective = CAP_EMPTY;
    }
    cred.capAmbient = CAP_EMPTY;
  }
  if (old.euid === 0 && cred.euid !== 0) cred.capEffective = CAP_EMPTY;
  if (old.euid !== 0 && cred.euid === 0) cred.capEffective = cred.capPermitted;
}

/** setfsuid's effect on the file-system capabilities. @linux security/commoncap.c cap_task_fix_setuid */
export function capFixFsuid(cred: Cred, old: Cred): void {
  if (cred.securebits & SECBIT_NO_SETUID_FIXUP) return;
  if (old.fsuid === 0 && cred.fsuid !== 0) cred.capEffective = capDrop(cred.capEffective, FS_SET);
  if (old.fsuid !== 0 && cred.fsuid === 0) cred.capEffective = capOr(cred.capEffective, capAnd(cred.capPermitted, FS_SET));
}

/** Number of 32-bit words of the version at `header`, or a negated errno; an unknown one is answered with the preferred. @linux kernel/capability.c cap_validate_magic */
function validateMagic(k: Kernel, header: number): number {
  const version = getUser32(k, header);
  if (version < 0) return -EFAULT;
  switch (version) {
    case LINUX_CAPABILITY_VERSION_1:
      return 1;
    case LINUX_CAPABILITY_VERSION_2:
    case LINUX_CAPABILITY_VERSION_3:
      return 2;
    default:
      return putUser32(k, header, LINUX_CAPABILITY_VERSION_3) !== 0 ? -EFAULT : -EINVAL;
  }
}

const data = new Uint8Array(24);
const view = new DataView(data.buffer);

/** @linux kernel/capability.c sys_capget */
function sysCapget(k: Kernel, header: number, dataptr: number): number {
  const words = validateMagic(k, header);
  if (words < 0) return dataptr === 0 && words === -EINVAL ? 0 : words;
  const pidWord = getUser32(k, header + 4);
  if (pidWord < 0) return -EFAULT;
  const pid = pidWord | 0;
  if (pid < 0) return -EINVAL;
  const task = pid === 0 ? k.current : findTask(k, pid);
  if (!task) return -ESRCH;
  if (dataptr === 0) return 0;
  const c = task.cred;
  for (let i = 0; i < 2; i++) {
    view.setUint32(i * 12, c.capEffective[i] as number, true);
    view.setUint32(i * 12 + 4, c.capPermitted[i] as number, true);
    view.setUint32(i * 12 + 8, c.capInheritable[i] as number, true);
  }
  return copyToUser(k, dataptr, data, 0, words * 12);
}

/** @linux kernel/capability.c sys_capset, security/commoncap.c cap_capset */
function sysCapset(k: Kernel, header: number, dataptr: number): number {
  const words = validateMagic(k, header);
  if (words < 0) return words;
  const pidWord = getUser32(k, header + 4);
  if (pidWord < 0) return -EFAULT;
  const pid = pidWord | 0;
  if (pid !== 0 && pid !== k.current.pid) return -EPERM;
  data.fill(0);
  if (copyFromUser(k, dataptr, data, 0, words * 12) !== 0) return -EFAULT;
  const set = (at: number): CapSet => capAnd([view.getUint32(at, true), view.getUint32(at + 12, true)], CAP_FULL);
  const effective = set(0);
  const permitted = set(4);
  const inheritable = set(8);
  const old = k.current.cred;
  if (!capable(k, CAP_SETPCAP) && !capSubset(inheritable, capOr(old.capInheritable, old.capPermitted))) return -EPERM;
  if (!capSubset(inheritable, capOr(old.capInheritable, old.capBounding))) return -EPERM;
  if (!capSubset(permitted, old.capPermitted)) return -EPERM;
  if (!capSubset(effective, permitted)) return -EPERM;
  const cred = prepareCreds(old);
  cred.capEffective = effective;
  cred.capPermitted = permitted;
  cred.capInheritable = inheritable;
  cred.capAmbient = capAnd(cred.capAmbient, capAnd(permitted, inheritable));
  commitCreds(k.current, cred);
  return 0;
}

export const capabilitySyscalls: readonly SyscallDef[] = [
  syscall("capget", { header: A.ptr, dataptr: A.ptr }, sysCapget, { linux: "kernel/capability.c sys_capget" }),
  syscall("capset", { header: A.ptr, data: A.ptr }, sysCapset, { linux: "kernel/capability.c sys_capset" }),
];
