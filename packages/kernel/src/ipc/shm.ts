import { fput } from "../fs/file.ts";
import { File, type FileOperations } from "../include/linux/fs.ts";
import type { Vma, VmOperations } from "../include/linux/mm_types.ts";
import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import { sysctlValue } from "../kernel/sysctl.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE, pageUp, TASK_SIZE } from "../mm/flags.ts";
import { doMmap, doMunmap } from "../mm/mmap.ts";
import { shmemFileOps, shmemFileSetup } from "../mm/shmem.ts";
import { copyToUser, writeStruct } from "../mm/usercopy.ts";
import { vmaIndex } from "../mm/vma.ts";
import { stateClass, stateTable } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_IPC_LOCK } from "../uapi/capability.ts";
import { EACCES, EFAULT, EINVAL, ENOMEM, ENOSPC, EPERM } from "../uapi/errno.ts";
import * as I from "../uapi/ipc.ts";
import { MAP_FIXED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE } from "../uapi/mman.ts";
import { RLIMIT_MEMLOCK } from "../uapi/resource.ts";
import { setU64 } from "../uapi/struct.ts";
import { ipcNamespace } from "./namespace.ts";
import * as U from "./util.ts";

const SHMMIN = 1;
const SHMMNI = 4096;
/** Default of shmmax and shmall: all but 16 MiB of what can be counted. */
const SHM_UNLIMITED = 2 ** 64 - 2 ** 24;
const SHM_UNLIMITED_TEXT = "18446744073692774399";
const O_RDONLY = 0;
const O_RDWR = 2;

/** A shared memory segment (struct shmid_kernel). */
export class ShmSegment extends U.KernIpcPerm {
  /** The file on tmpfs that holds the pages. */
  file: File;
  size: number;
  nattch = 0;
  atime = 0;
  dtime = 0;
  ctime: number;
  cpid: number;
  lpid = 0;
  constructor(k: Kernel, key: number, flags: number, file: File, size: number) {
    super(k, key, flags);
    this.file = file;
    this.size = size;
    this.ctime = k.time.realtime().sec;
    this.cpid = k.current.tgid;
  }
}

/** An attachment's open file refers to its segment (struct shm_file_data). */
class ShmAttachment {
  readonly segment: ShmSegment;
  constructor(segment: ShmSegment) {
    this.segment = segment;
  }
}
stateClass(ShmSegment, ShmAttachment);

const segmentOf = (vma: Vma): ShmSegment => (vma.file!.priv as ShmAttachment).segment;

/** @linux ipc/shm.c shm_destroy */
function destroy(k: Kernel, segment: ShmSegment): void {
  const ns = ipcNamespace(k);
  ns.shmPages -= pageUp(segment.size) / PAGE_SIZE;
  U.ipcRemoveId(ns.shm, segment);
  fput(k, segment.file);
}

/** The last area is gone of a segment that was marked for it. @linux ipc/shm.c shm_may_destroy */
function destroyIfUnused(k: Kernel, segment: ShmSegment): void {
  if (segment.nattch !== 0 || segment.deleted) return;
  if (segment.mode & I.SHM_DEST || U.ipcSetting(k, "kernel/shm_rmid_forced", 0) !== 0) destroy(k, segment);
}

const shmVmOps: VmOperations = stateTable("shm_vm_ops", {
  /** @linux ipc/shm.c shm_open */
  open(k, vma) {
    const s = segmentOf(vma);
    s.atime = k.time.realtime().sec;
    s.lpid = k.current.tgid;
    s.nattch++;
  },
  /** @linux ipc/shm.c shm_close */
  close(k, vma) {
    const s = segmentOf(vma);
    s.lpid = k.current.tgid;
    s.dtime = k.time.realtime().sec;
    s.nattch--;
    destroyIfUnused(k, s);
  },
});

/** @linux ipc/shm.c shm_file_operations */
const shmFileOps: FileOperations = stateTable("shm_file_operations", {
  mmap(k, file, vma) {
    const r = shmemFileOps.mmap!(k, file, vma);
    if (r === 0) vma.ops = shmVmOps;
    return r;
  },
  fsync: () => 0,
});

const shmOps: U.IpcOps<ShmSegment> = {
  /** @linux ipc/shm.c newseg */
  create(k, key, flags, size) {
    const ns = ipcNamespace(k);
    if (size < SHMMIN || size > U.ipcSetting(k, "kernel/shmmax", SHM_UNLIMITED)) return -EINVAL;
    const pages = pageUp(size) / PAGE_SIZE;
    if (size > 2 ** 63) return -ENOSPC;
    if (ns.shmPages + pages > U.ipcSetting(k, "kernel/shmall", SHM_UNLIMITED)) return -ENOSPC;
    // There are no huge pages.
    if (flags & I.SHM_HUGETLB) return capable(k, CAP_IPC_LOCK) ? -ENOMEM : -EPERM;
    if (!(flags & I.SHM_NORESERVE) && pages > k.machine.phys.limitFrames) return -ENOMEM;
    const name = `/SYSV${(key >>> 0).toString(16).padStart(8, "0")} (deleted)`;
    const file = shmemFileSetup(k, name, size);
    if (typeof file === "number") return file;
    const segment = new ShmSegment(k, key, flags, file, size);
    const id = U.ipcAddId(ns.shm, segment, U.ipcSetting(k, "kernel/shmmni", SHMMNI));
    if (id < 0) {
      fput(k, file);
      return id;
    }
    file.inode.ino = id;
    ns.shmPages += pages;
    return id;
  },
  check: (found, size) => (found.size < size ? -EINVAL : 0),
};

function sysShmget(k: Kernel, key: number, size: number, flags: number): number {
  return U.ipcGet(k, ipcNamespace(k).shm, shmOps, key, flags, size);
}

/** @linux ipc/shm.c do_shmat */
function sysShmat(k: Kernel, id: number, addr: number, flags: number): number {
  const mm = k.current.mm!;
  let map = MAP_SHARED;
  if (addr !== 0) {
    if (addr % PAGE_SIZE !== 0) {
      if (!(flags & I.SHM_RND)) return -EINVAL;
      addr -= addr % PAGE_SIZE;
      if (addr === 0 && flags & I.SHM_REMAP) return -EINVAL;
    }
    map |= MAP_FIXED;
  } else if (flags & I.SHM_REMAP) return -EINVAL;
  let prot = PROT_READ;
  let rights = 0o444;
  if (!(flags & I.SHM_RDONLY)) {
    prot |= PROT_WRITE;
    rights |= 0o222;
  }
  if (flags & I.SHM_EXEC) {
    prot |= PROT_EXEC;
    rights |= 0o111;
  }
  const segment = U.ipcObtain(ipcNamespace(k).shm, id);
  if (typeof segment === "number") return segment;
  if (!U.ipcPermitted(k, segment, rights)) return -EACCES;
  const { inode, path } = segment.file;
  if (addr !== 0 && !(flags & I.SHM_REMAP)) {
    const next = mm.vmas[vmaIndex(mm, addr)];
    if (addr + segment.size > TASK_SIZE) return -ENOMEM;
    if (next && next.start < addr + segment.size) return -EINVAL;
  }
  const readOnly = (flags & I.SHM_RDONLY) !== 0;
  const file = new File(shmFileOps, inode, path, readOnly ? O_RDONLY : O_RDWR);
  inode.count++;
  if (!readOnly) inode.writecount++;
  file.priv = new ShmAttachment(segment);
  segment.nattch++;
  const at = doMmap(k, mm, addr, segment.size, prot, map, file, 0);
  segment.nattch--;
  fput(k, file);
  destroyIfUnused(k, segment);
  return at;
}

/** Unmaps all that is left of the attachment that began at `addr`. @linux ipc/shm.c ksys_shmdt */
function sysShmdt(k: Kernel, addr: number): number {
  if (addr % PAGE_SIZE !== 0) return -EINVAL;
  const mm = k.current.mm!;
  let file: File | null = null;
  let end = addr;
  for (let i = vmaIndex(mm, addr); i < mm.vmas.length; ) {
    const v = mm.vmas[i]!;
    if (file && v.end > end) break;
    const mine = v.ops === shmVmOps && v.start - addr === v.pgoff * PAGE_SIZE;
    if (!mine || (file && v.file !== file)) {
      i++;
      continue;
    }
    if (!file) {
      file = v.file!;
      end = addr + pageUp(segmentOf(v).size);
    }
    const r = doMunmap(k, mm, v.start, v.end - v.start);
    if (r < 0) return r;
    i = vmaIndex(mm, addr);
  }
  return file ? 0 : -EINVAL;
}

function shmValue(s: ShmSegment): ReturnType<typeof U.ipcPermValue> {
  return {
    ...{ shm_perm: U.ipcPermValue(s), shm_segsz: s.size, shm_atime: s.atime, shm_dtime: s.dtime, shm_ctime: s.ctime },
    ...{ shm_cpid: s.cpid, shm_lpid: s.lpid, shm_nattch: s.nattch, __unused4: 0, __unused5: 0 },
  };
}

const info = new Uint8Array(72);
const infoView = new DataView(info.buffer);

/** SHM_LOCK and SHM_UNLOCK. @linux ipc/shm.c shmctl_do_lock */
function lock(k: Kernel, s: ShmSegment, on: boolean): number {
  const { euid } = k.current.cred;
  if (!capable(k, CAP_IPC_LOCK)) {
    if (euid !== s.uid && euid !== s.cuid) return -EPERM;
    if (on && rlimit(k.current, RLIMIT_MEMLOCK) === 0) return -EPERM;
  }
  if (on) s.mode |= I.SHM_LOCKED;
  else s.mode &= ~I.SHM_LOCKED;
  return 0;
}

/** @linux ipc/shm.c ksys_shmctl */
function sysShmctl(k: Kernel, id: number, cmd: number, buf: number): number {
  if (cmd < 0 || id < 0) return -EINVAL;
  const ns = ipcNamespace(k);
  switch (cmd) {
    case I.IPC_INFO: {
      info.fill(0);
      const mni = U.ipcSetting(k, "kernel/shmmni", SHMMNI);
      infoView.setBigUint64(0, BigInt(sysctlValue(k, "kernel/shmmax") ?? SHM_UNLIMITED_TEXT), true);
      setU64(infoView, 8, SHMMIN);
      setU64(infoView, 16, mni);
      setU64(infoView, 24, mni);
      infoView.setBigUint64(32, BigInt(sysctlValue(k, "kernel/shmall") ?? SHM_UNLIMITED_TEXT), true);
      return copyToUser(k, buf, info, 0, 72) < 0 ? -EFAULT : U.ipcMaxSlot(ns.shm);
    }
    case I.SHM_INFO: {
      info.fill(0);
      let resident = 0;
      for (const s of ns.shm.slots.values()) resident += s.file.inode.mapping!.pages.size;
      setU64(infoView, 0, ns.shm.slots.size);
      setU64(infoView, 8, ns.shmPages);
      setU64(infoView, 16, resident);
      return copyToUser(k, buf, info, 0, 48) < 0 ? -EFAULT : U.ipcMaxSlot(ns.shm);
    }
    case I.IPC_STAT:
    case I.SHM_STAT:
    case I.SHM_STAT_ANY: {
      const s = cmd === I.IPC_STAT ? U.ipcObtain(ns.shm, id) : U.ipcObtainSlot(ns.shm, id);
      if (typeof s === "number") return s;
      if (cmd !== I.SHM_STAT_ANY && !U.ipcPermitted(k, s, 0o444)) return -EACCES;
      if (writeStruct(k, buf, I.shmidStruct, shmValue(s)) < 0) return -EFAULT;
      return cmd === I.IPC_STAT ? 0 : s.id;
    }
    case I.IPC_SET:
    case I.IPC_RMID: {
      const value = cmd === I.IPC_SET ? U.readIpcSet(k, buf, I.shmidStruct) : 0;
      if (typeof value === "number" && value < 0) return value;
      const s = U.ipcObtain(ns.shm, id);
      if (typeof s === "number") return s;
      const bad = U.ipcOwner(k, s);
      if (bad < 0) return bad;
      if (typeof value !== "number") {
        const r = U.ipcUpdatePerm(s, value.shm_perm as ReturnType<typeof U.ipcPermValue>);
        if (r === 0) s.ctime = k.time.realtime().sec;
        return r;
      }
      if (s.nattch === 0) destroy(k, s);
      else {
        // Nobody finds it by its key any more.
        s.mode |= I.SHM_DEST;
        if (ns.shm.keys.get(s.key) === s) ns.shm.keys.delete(s.key);
        s.key = I.IPC_PRIVATE;
      }
      return 0;
    }
    case I.SHM_LOCK:
    case I.SHM_UNLOCK: {
      const s = U.ipcObtain(ns.shm, id);
      return typeof s === "number" ? s : lock(k, s, cmd === I.SHM_LOCK);
    }
    default:
      return -EINVAL;
  }
}

export const shmSyscalls: readonly SyscallDef[] = [
  syscall("shmget", { key: A.int, size: A.size, shmflg: A.flags(I.shmGetNames) }, sysShmget, { linux: "ipc/shm.c ksys_shmget" }),
  syscall("shmat", { shmid: A.int, shmaddr: A.ptr, shmflg: A.flags(I.shmAtNames) }, sysShmat, { linux: "ipc/shm.c do_shmat", ret: "hex" }),
  syscall("shmdt", { shmaddr: A.ptr }, sysShmdt, { linux: "ipc/shm.c ksys_shmdt" }),
  syscall("shmctl", { shmid: A.int, cmd: A.enum(I.shmCtlNames), buf: A.ptr }, sysShmctl, { linux: "ipc/shm.c ksys_shmctl" }),
];
