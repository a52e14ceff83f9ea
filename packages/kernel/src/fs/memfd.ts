import type { File, FileOperations } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { MemfdInfo, shmemFileSetup } from "../mm/shmem.ts";
import { strncpyFromUser } from "../mm/usercopy.ts";
import { stateTable } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBUSY, EFAULT, EINVAL, ENAMETOOLONG, ENODEV, ENOMEM, EPERM } from "../uapi/errno.ts";
import {
  F_ADD_SEALS,
  F_SEAL_EXEC,
  F_SEAL_FUTURE_WRITE,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  O_ACCMODE,
  O_LARGEFILE,
  O_RDONLY,
  O_RDWR,
} from "../uapi/fcntl.ts";
import { isReg } from "../uapi/stat.ts";
import { fdInstall, fput } from "./file.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_HUGETLB = 4;
const MFD_NOEXEC_SEAL = 8;
const MFD_EXEC = 16;
const MFD_HUGE_SHIFT = 26;
const MFD_HUGE_MASK = 0x3f;
/** NAME_MAX without the prefix "memfd:". */
const MFD_NAME_MAX_LEN = 255 - 6;
const ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC;

/** The only size of huge pages, of which there are none: 2 MiB. */
const HUGE_PAGE_LOG = 21;

/** A file of huge pages can be made but gets no page. @linux fs/hugetlbfs/inode.c hugetlbfs_file_operations */
const hugetlbFileOps: FileOperations = stateTable("hugetlbfs_file_operations", {
  read: () => 0,
  mmap: () => -ENOMEM,
});

/** A file on tmpfs without a name in any directory. @linux mm/memfd.c memfd_create */
function sysMemfdCreate(k: Kernel, nameAddr: number, flags: number): number {
  const plain = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
  if (flags & MFD_HUGETLB) {
    if (flags & ~(plain | MFD_HUGETLB | ((MFD_HUGE_MASK << MFD_HUGE_SHIFT) >>> 0))) return -EINVAL;
  } else if (flags & ~plain) return -EINVAL;
  if (flags & MFD_EXEC && flags & MFD_NOEXEC_SEAL) return -EINVAL;
  const name = strncpyFromUser(k, nameAddr, MFD_NAME_MAX_LEN + 1);
  if (typeof name === "number") return name === -ENAMETOOLONG ? -EINVAL : -EFAULT;
  const sizeLog = (flags >>> MFD_HUGE_SHIFT) & MFD_HUGE_MASK;
  if (flags & MFD_HUGETLB && sizeLog !== 0 && sizeLog !== HUGE_PAGE_LOG) return -ENODEV;
  const noexec = (flags & MFD_NOEXEC_SEAL) !== 0;
  const file = shmemFileSetup(k, `/memfd:${name} (deleted)`, 0, noexec ? 0o666 : 0o777);
  if (typeof file === "number") return file;
  file.flags = O_RDWR | O_LARGEFILE;
  const info = new MemfdInfo();
  info.seals = noexec ? F_SEAL_EXEC : flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
  file.inode.special = info;
  if (flags & MFD_HUGETLB) file.op = hugetlbFileOps;
  const fd = fdInstall(k, file, (flags & MFD_CLOEXEC) !== 0);
  if (fd < 0) fput(k, file);
  return fd;
}

/** F_ADD_SEALS and F_GET_SEALS. @linux mm/memfd.c memfd_fcntl */
export function memfdFcntl(_k: Kernel, file: File, cmd: number, arg: number): number {
  const { inode } = file;
  const info = inode.special instanceof MemfdInfo ? inode.special : null;
  // Plain files on tmpfs are sealed against sealing.
  if (!info && !(inode.sb.type === "tmpfs" && isReg(inode.mode))) return -EINVAL;
  const seals = info ? info.seals : F_SEAL_SEAL;
  if (cmd !== F_ADD_SEALS) return seals;
  if (arg > 0xffffffff) return -EINVAL;
  if ((file.flags & O_ACCMODE) === O_RDONLY) return -EPERM;
  if (arg & ~ALL_SEALS) return -EINVAL;
  if (seals & F_SEAL_SEAL || !info) return -EPERM;
  let add = arg;
  // Who forbids changes of the executable bits of an executable file forbids writing it as well.
  if (add & F_SEAL_EXEC && inode.mode & 0o111) add |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
  if (add & F_SEAL_WRITE && !(seals & F_SEAL_WRITE) && (inode.mapping?.writableMappings ?? 0) > 0) return -EBUSY;
  info.seals = seals | add;
  return 0;
}

const mfdNames = flagNames("MFD_???", { MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_HUGETLB, MFD_NOEXEC_SEAL, MFD_EXEC });

export const memfdSyscalls: SyscallDef[] = [
  syscall("memfd_create", { name: A.string, flags: A.flags(mfdNames, "u32") }, sysMemfdCreate, {
    linux: "mm/memfd.c memfd_create",
    ret: "fd",
  }),
];
