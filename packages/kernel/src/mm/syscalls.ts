import { capable } from "../kernel/capability.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_IPC_LOCK } from "../uapi/capability.ts";
import { EBADF, EFAULT, EINVAL, ENOMEM, EPERM } from "../uapi/errno.ts";
import {
  MAP_ANONYMOUS,
  MAP_HUGETLB,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  madviseNames,
  mapNames,
  mlock2Names,
  mlockallNames,
  mremapNames,
  msyncNames,
  protNames,
} from "../uapi/mman.ts";
import { RLIMIT_MEMLOCK } from "../uapi/resource.ts";
import { cachestatSyscalls } from "./cachestat.ts";
import { PAGE_SIZE, pageUp, TASK_SIZE, VM_LOCKED, VM_LOCKONFAULT } from "./flags.ts";
import { remapFilePages } from "./fremap.ts";
import { mempolicySyscalls } from "./mempolicy.ts";
import { doBrk, doMmap, doMunmap } from "./mmap.ts";
import { doMremap } from "./mremap.ts";
import { doMseal } from "./mseal.ts";
import { processVmSyscalls } from "./processVmAccess.ts";
import { doMadvise, doMincore, doMlock, doMprotect, doMsync, lockAll } from "./protect.ts";
import { copyToUser } from "./usercopy.ts";

const O_PATH = 0o10000000;

function sysMmap(k: Kernel, addr: number, len: number, prot: number, flags: number, fd: number, off: number): number {
  const mm = k.current.mm!;
  if (off % PAGE_SIZE !== 0) return -EINVAL;
  if (flags & MAP_ANONYMOUS) {
    // No huge pages are reserved, and there is one size of them.
    const sizeLog = (flags >>> 26) & 0x3f;
    if (flags & MAP_HUGETLB) return sizeLog === 0 || sizeLog === 21 ? -ENOMEM : -EINVAL;
    return doMmap(k, mm, addr, len, prot, flags, null, off / PAGE_SIZE);
  }
  const file = k.current.file(fd);
  if (!file || file.flags & O_PATH) return -EBADF;
  if (flags & MAP_HUGETLB) return -EINVAL;
  return doMmap(k, mm, addr, len, prot, flags, file, off / PAGE_SIZE);
}

function sysMincore(k: Kernel, start: number, len: number, vec: number): number {
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if (start + len > TASK_SIZE) return -ENOMEM;
  const pages = pageUp(len) / PAGE_SIZE;
  for (let at = 0; at < pages; at += PAGE_SIZE) {
    const n = Math.min(PAGE_SIZE, pages - at);
    const out = new Uint8Array(n);
    const r = doMincore(k, k.current.mm!, start + at * PAGE_SIZE, n, out);
    if (r < 0) return r;
    if (copyToUser(k, vec + at, out, 0, n) < 0) return -EFAULT;
  }
  return 0;
}

function sysMlockall(k: Kernel, flags: number): number {
  if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags === MCL_ONFAULT) return -EINVAL;
  const limit = rlimit(k.current, RLIMIT_MEMLOCK);
  const privileged = capable(k, CAP_IPC_LOCK);
  if (limit === 0 && !privileged) return -EPERM;
  const mm = k.current.mm!;
  if (flags & MCL_CURRENT && mm.totalVm * PAGE_SIZE > limit && !privileged) return -ENOMEM;
  const lock = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
  if (!(flags & MCL_CURRENT)) {
    mm.defFlags = (mm.defFlags & ~(VM_LOCKED | VM_LOCKONFAULT)) | lock;
    return 0;
  }
  return lockAll(k, mm, lock, flags & MCL_FUTURE ? lock : 0);
}

export const mmSyscalls: SyscallDef[] = [
  ...processVmSyscalls,
  ...mempolicySyscalls,
  ...cachestatSyscalls,
  syscall(
    "remap_file_pages",
    { addr: A.ptr, size: A.size, prot: A.flags(protNames, "u64"), pgoff: A.ulong, flags: A.flags(mapNames, "u64") },
    remapFilePages,
    { linux: "mm/mmap.c remap_file_pages" },
  ),
  syscall("mseal", { start: A.ptr, len: A.size, flags: A.ulong }, doMseal, { linux: "mm/mseal.c do_mseal" }),
  syscall("mmap", { addr: A.ptr, length: A.size, prot: A.flags(protNames), flags: A.flags(mapNames), fd: A.fd, offset: A.hex }, sysMmap, {
    linux: "arch/x86/kernel/sys_x86_64.c mmap",
    ret: "hex",
  }),
  syscall("munmap", { addr: A.ptr, length: A.size }, (k, addr, len) => doMunmap(k, k.current.mm!, addr, len), {
    linux: "mm/mmap.c munmap",
  }),
  syscall("brk", { brk: A.ptr }, (k, brk) => doBrk(k, k.current.mm!, brk), { linux: "mm/mmap.c brk", ret: "hex" }),
  syscall(
    "mprotect",
    { addr: A.ptr, length: A.size, prot: A.flags(protNames) },
    (k, addr, len, prot) => doMprotect(k, k.current.mm!, addr, len, prot),
    { linux: "mm/mprotect.c mprotect" },
  ),
  syscall(
    "mremap",
    { old_address: A.ptr, old_size: A.size, new_size: A.size, flags: A.flags(mremapNames), new_address: A.ptr },
    (k, addr, oldLen, newLen, flags, to) => doMremap(k, k.current.mm!, addr, oldLen, newLen, flags, to),
    { linux: "mm/mremap.c mremap", ret: "hex" },
  ),
  syscall(
    "madvise",
    { addr: A.ptr, length: A.size, advice: A.enum(madviseNames) },
    (k, addr, len, advice) => doMadvise(k, k.current.mm!, addr, len, advice),
    { linux: "mm/madvise.c madvise" },
  ),
  syscall(
    "msync",
    { addr: A.ptr, length: A.size, flags: A.flags(msyncNames) },
    (k, addr, len, flags) => doMsync(k, k.current.mm!, addr, len, flags),
    { linux: "mm/msync.c msync" },
  ),
  syscall("mincore", { addr: A.ptr, length: A.size, vec: A.ptr }, sysMincore, { linux: "mm/mincore.c mincore" }),
  syscall("mlock", { addr: A.ptr, length: A.size }, (k, addr, len) => doMlock(k, k.current.mm!, addr, len, VM_LOCKED), {
    linux: "mm/mlock.c mlock",
  }),
  syscall(
    "mlock2",
    { addr: A.ptr, length: A.size, flags: A.flags(mlock2Names) },
    (k, addr, len, flags) =>
      flags & ~MLOCK_ONFAULT ? -EINVAL : doMlock(k, k.current.mm!, addr, len, VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0)),
    { linux: "mm/mlock.c mlock2" },
  ),
  syscall("munlock", { addr: A.ptr, length: A.size }, (k, addr, len) => doMlock(k, k.current.mm!, addr, len, 0), {
    linux: "mm/mlock.c munlock",
  }),
  syscall("mlockall", { flags: A.flags(mlockallNames) }, sysMlockall, { linux: "mm/mlock.c mlockall" }),
  syscall("munlockall", {}, (k) => lockAll(k, k.current.mm!, 0, 0), { linux: "mm/mlock.c munlockall" }),
  syscall(
    "pkey_mprotect",
    { addr: A.ptr, length: A.size, prot: A.flags(protNames), pkey: A.int },
    (k, addr, len, prot, pkey) => (pkey === -1 ? doMprotect(k, k.current.mm!, addr, len, prot) : -EINVAL),
    { linux: "mm/mprotect.c pkey_mprotect" },
  ),
  syscall("pkey_alloc", { flags: A.ulong, access_rights: A.ulong }, () => -EINVAL, { linux: "mm/mprotect.c pkey_alloc" }),
  syscall("pkey_free", { pkey: A.int }, () => -EINVAL, { linux: "mm/mprotect.c pkey_free" }),
];
