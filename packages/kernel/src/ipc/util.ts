import { inGroup } from "../fs/permission.ts";
import { capable } from "../kernel/capability.ts";
import { sysctlValue } from "../kernel/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { readStruct } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { CAP_IPC_OWNER, CAP_SYS_ADMIN } from "../uapi/capability.ts";
import { EACCES, EEXIST, EFAULT, EINVAL, ENOENT, ENOSPC, EPERM } from "../uapi/errno.ts";
import { IPC_CREAT, IPC_EXCL, IPC_PRIVATE } from "../uapi/ipc.ts";
import type { StructDef, StructValue } from "../uapi/struct.ts";

/** Bits of an identifier below its sequence number. */
const IPCMNI_SHIFT = 15;
const IPCMNI = 1 << IPCMNI_SHIFT;
const SEQ_MAX = 0xffff;
/** Fewest slots that are gone through before one is used again. */
const MIN_CYCLE = 64;

/** Rights and identity of a segment, a set or a queue (struct kern_ipc_perm). */
export abstract class KernIpcPerm {
  id = 0;
  seq = 0;
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  mode: number;
  /** Removed, while somebody may still wait on it. */
  deleted = false;
  constructor(k: Kernel, key: number, flags: number) {
    const { euid, egid } = k.current.cred;
    this.key = key;
    this.uid = this.cuid = euid;
    this.gid = this.cgid = egid;
    this.mode = flags & 0o777;
  }
}

/** The objects of one kind (struct ipc_ids). */
export class IpcIds<T extends KernIpcPerm> {
  slots = new Map<number, T>();
  keys = new Map<number, T>();
  seq = 0;
  /** Slot used last, and the one to try next. */
  lastSlot = -1;
  next = 0;
  /** Identifier wanted for the next object (*_next_id below /proc/sys/kernel), or -1. */
  nextId = -1;
}
stateClass(IpcIds);

/** Value of a numeric setting below /proc/sys, or its default. */
export function ipcSetting(k: Kernel, path: string, initial: number, word = 0): number {
  const text = sysctlValue(k, path);
  return text === undefined ? initial : Number(text.trim().split(/\s+/)[word]);
}

/** Slots are used in turn; an identifier comes back only after all sequence numbers. @linux ipc/util.c ipc_idr_alloc */
export function ipcAddId<T extends KernIpcPerm>(ids: IpcIds<T>, made: T, limit: number): number {
  if (ids.slots.size >= Math.min(limit, IPCMNI)) return -ENOSPC;
  const cycle = Math.min(IPCMNI, Math.max(Math.floor((ids.slots.size * 3) / 2), MIN_CYCLE));
  let slot: number;
  if (ids.nextId < 0) {
    slot = ids.next < cycle ? ids.next : 0;
    while (ids.slots.has(slot)) slot = slot + 1 < cycle ? slot + 1 : 0;
    ids.next = slot + 1;
    if (slot <= ids.lastSlot) ids.seq = ids.seq >= SEQ_MAX ? 0 : ids.seq + 1;
    ids.lastSlot = slot;
    made.seq = ids.seq;
  } else {
    slot = ids.nextId % IPCMNI;
    while (ids.slots.has(slot)) slot++;
    made.seq = ids.nextId >>> IPCMNI_SHIFT;
    ids.nextId = -1;
  }
  made.id = (made.seq << IPCMNI_SHIFT) + slot;
  ids.slots.set(slot, made);
  if (made.key !== IPC_PRIVATE) ids.keys.set(made.key, made);
  return made.id;
}

/** Takes it away; its key is free at once. @linux ipc/util.c ipc_rmid */
export function ipcRemoveId<T extends KernIpcPerm>(ids: IpcIds<T>, perm: T): void {
  const slot = perm.id % IPCMNI;
  ids.slots.delete(slot);
  if (ids.keys.get(perm.key) === perm) ids.keys.delete(perm.key);
  perm.deleted = true;
}

/** The object of an identifier, or -EINVAL. @linux ipc/util.c ipc_obtain_object_check */
export function ipcObtain<T extends KernIpcPerm>(ids: IpcIds<T>, id: number): T | number {
  const perm = id < 0 ? undefined : ids.slots.get(id % IPCMNI);
  return perm && perm.id === id ? perm : -EINVAL;
}

/** The object in a slot, for the *_STAT calls that go through all. @linux ipc/util.c ipc_obtain_object_idr */
export function ipcObtainSlot<T extends KernIpcPerm>(ids: IpcIds<T>, index: number): T | number {
  return ids.slots.get(((index % IPCMNI) + IPCMNI) % IPCMNI) ?? -EINVAL;
}

/** Highest slot in use, 0 without any. @linux ipc/util.h ipc_get_maxidx */
export function ipcMaxSlot<T extends KernIpcPerm>(ids: IpcIds<T>): number {
  return Math.max(0, ...ids.slots.keys());
}

/** May the caller do what `flag` says (permission bits in any of the three places)? @linux ipc/util.c ipcperms */
export function ipcPermitted(k: Kernel, perm: KernIpcPerm, flag: number): boolean {
  const { cred } = k.current;
  const wanted = (flag >> 6) | (flag >> 3) | flag;
  let granted = perm.mode;
  if (cred.euid === perm.cuid || cred.euid === perm.uid) granted >>= 6;
  else if (inGroup(cred, perm.cgid) || inGroup(cred, perm.gid)) granted >>= 3;
  return (wanted & ~granted & 7) === 0 || capable(k, CAP_IPC_OWNER);
}

/** What one kind of object does to be made and found. */
export interface IpcOps<T extends KernIpcPerm> {
  create(k: Kernel, key: number, flags: number, size: number): number;
  check(found: T, size: number): number;
}

/** The common part of shmget, semget and msgget. An identifier or -errno. @linux ipc/util.c ipcget */
export function ipcGet<T extends KernIpcPerm>(k: Kernel, ids: IpcIds<T>, ops: IpcOps<T>, key: number, flags: number, size: number): number {
  if (key === IPC_PRIVATE) return ops.create(k, key, flags, size);
  const found = ids.keys.get(key);
  if (!found) return flags & IPC_CREAT ? ops.create(k, key, flags, size) : -ENOENT;
  if (flags & IPC_CREAT && flags & IPC_EXCL) return -EEXIST;
  const bad = ops.check(found, size);
  if (bad < 0) return bad;
  return ipcPermitted(k, found, flags) ? found.id : -EACCES;
}

/** IPC_SET and IPC_RMID are for owners. 0 or -EPERM. @linux ipc/util.c ipcctl_obtain_check */
export function ipcOwner(k: Kernel, perm: KernIpcPerm): number {
  const { euid } = k.current.cred;
  return euid === perm.cuid || euid === perm.uid || capable(k, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

/** The struct ipc64_perm of an object. @linux ipc/util.c kernel_to_ipc64_perm */
export function ipcPermValue(perm: KernIpcPerm): StructValue {
  const { key, uid, gid, cuid, cgid, mode, seq } = perm;
  return { key, uid, gid, cuid, cgid, mode, seq, __unused1: 0, __unused2: 0 };
}

/** Reads the argument of IPC_SET, whose first member is the permissions. */
export function readIpcSet(k: Kernel, address: number, def: StructDef): StructValue | number {
  const value = readStruct(k, address, def);
  return typeof value === "number" ? -EFAULT : value;
}

/** Takes over owner and mode. @linux ipc/util.c ipc_update_perm */
export function ipcUpdatePerm(perm: KernIpcPerm, value: StructValue): number {
  const { uid, gid, mode } = value as Record<"uid" | "gid" | "mode", number>;
  if (uid === 0xffffffff || gid === 0xffffffff) return -EINVAL;
  perm.uid = uid;
  perm.gid = gid;
  perm.mode = (perm.mode & ~0o777) | (mode & 0o777);
  return 0;
}
