import type { Dentry, Inode, Path, SuperBlock } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, putUser32, putUser64 } from "../mm/usercopy.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_DAC_READ_SEARCH } from "../uapi/capability.ts";
import { EBADF, EFAULT, EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE } from "../uapi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW, O_CLOEXEC, O_CREAT, O_LARGEFILE, O_PATH, openNames } from "../uapi/fcntl.ts";
import { fdInstall, fgetRaw, fput } from "./file.ts";
import { LOOKUP_EMPTY, LOOKUP_FOLLOW, userPathAt } from "./namei.ts";
import { doOpen } from "./open.ts";

const AT_HANDLE_MNT_ID_UNIQUE = 1;
const AT_HANDLE_CONNECTABLE = 2;
const AT_HANDLE_FID = 0x200;
const MAX_HANDLE_SZ = 128;
/** The handle's bytes: generation, then the inode number in 64 bits (as tmpfs has them), under this type. */
const FILEID_INO32_GEN = 1;
const FILEID_INO64_GEN = 0x81;
const FILEID_IS_CONNECTABLE = 0x10000;
const FILEID_USER_FLAGS = 0xffff0000;
const HANDLE_BYTES = 12;
/** File systems whose files cannot be found again by number alone. */
const notExported = new Set(["proc", "sysfs", "devpts", "mqueue", "pipefs", "sockfs", "anon_inodefs", "nsfs", "cgroup2"]);

const buffer = new Uint8Array(8 + MAX_HANDLE_SZ);
const view = new DataView(buffer.buffer);

/** A file's handle: enough to open it again without a path. @linux fs/fhandle.c do_sys_name_to_handle */
function sysNameToHandleAt(k: Kernel, dfd: number, path: number, handle: number, mntId: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_FID | AT_HANDLE_MNT_ID_UNIQUE | AT_HANDLE_CONNECTABLE)) return -EINVAL;
  if (flags & AT_HANDLE_FID && flags & AT_HANDLE_CONNECTABLE) return -EINVAL;
  const lookup = (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
  const place = userPathAt(k, dfd, path, lookup);
  if (typeof place === "number") return place;
  const { inode } = place.dentry;
  const found = !notExported.has(place.mnt.sb.type);
  if (!found && !(flags & AT_HANDLE_FID)) return -EOPNOTSUPP;
  if (copyFromUser(k, handle, buffer, 0, 8) < 0) return -EFAULT;
  const room = view.getUint32(0, true);
  if (room > MAX_HANDLE_SZ) return -EINVAL;
  const fits = room >= HANDLE_BYTES;
  view.setUint32(0, HANDLE_BYTES, true);
  view.setInt32(4, found ? FILEID_INO32_GEN | (flags & AT_HANDLE_CONNECTABLE ? FILEID_IS_CONNECTABLE : 0) : FILEID_INO64_GEN, true);
  view.setUint32(8, generation(inode!), true);
  view.setUint32(12, inode!.ino % 0x100000000, true);
  view.setUint32(16, Math.floor(inode!.ino / 0x100000000), true);
  const { id } = place.mnt;
  const put = flags & AT_HANDLE_MNT_ID_UNIQUE ? putUser64(k, mntId, id) : putUser32(k, mntId, id);
  if (put < 0) return -EFAULT;
  if (copyToUser(k, handle, buffer, 0, fits ? 8 + HANDLE_BYTES : 8) < 0) return -EFAULT;
  return fits ? 0 : -EOVERFLOW;
}

/** Tells inodes apart that had the same number one after the other. */
function generation(inode: Inode): number {
  return (inode.btime.sec * 1000003 + inode.btime.nsec) >>> 0;
}

/** The dentry of an inode number among those in memory, where each was once that had its handle taken. */
function findInode(sb: SuperBlock, ino: number, gen: number): Dentry | null {
  const todo: Dentry[] = [sb.root!];
  for (let d = todo.pop(); d; d = todo.pop()) {
    if (d.inode?.ino === ino && generation(d.inode) === gen) return d;
    if (d.children) for (const child of d.children.values()) todo.push(child);
  }
  return null;
}

/** The place whose mount a handle is looked for in. @linux fs/fhandle.c get_path_anchor */
function anchor(k: Kernel, fd: number): Path | number {
  if (fd === AT_FDCWD) return k.current.fs.pwd;
  const file = fgetRaw(k, fd);
  return file ? file.path : -EBADF;
}

/** @linux fs/fhandle.c do_handle_open */
function sysOpenByHandleAt(k: Kernel, mountFd: number, handle: number, flags: number): number {
  if (copyFromUser(k, handle, buffer, 0, 8) < 0) return -EFAULT;
  const size = view.getUint32(0, true);
  if (size > MAX_HANDLE_SZ || size === 0) return -EINVAL;
  const type = view.getInt32(4, true);
  if (type < 0 || type & FILEID_USER_FLAGS & ~FILEID_IS_CONNECTABLE) return -EINVAL;
  const root = anchor(k, mountFd);
  if (typeof root === "number") return root;
  if (!capable(k, CAP_DAC_READ_SEARCH)) return -EPERM;
  if (copyFromUser(k, handle, buffer, 0, 8 + size) < 0) return -EFAULT;
  const { sb } = root.mnt;
  if (notExported.has(sb.type) || (type & 0xffff) !== FILEID_INO32_GEN || size < HANDLE_BYTES) return -ESTALE;
  const ino = view.getUint32(12, true) + view.getUint32(16, true) * 0x100000000;
  const dentry = findInode(sb, ino, view.getUint32(8, true));
  if (!dentry) return -ESTALE;
  if (flags & O_CREAT) return -EINVAL;
  const file = doOpen(k, { mnt: root.mnt, dentry }, flags & O_PATH ? flags : flags | O_LARGEFILE, false);
  if (typeof file === "number") return file;
  const fd = fdInstall(k, file, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) fput(k, file);
  return fd;
}

const handleNames = flagNames("AT_???", {
  ...{ AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, AT_HANDLE_FID, AT_HANDLE_MNT_ID_UNIQUE, AT_HANDLE_CONNECTABLE },
});

export const fhandleSyscalls: readonly SyscallDef[] = [
  syscall(
    "name_to_handle_at",
    { dfd: A.dirfd, name: A.path, handle: A.ptr, mnt_id: A.ptr, flag: A.flags(handleNames) },
    sysNameToHandleAt,
    { linux: "fs/fhandle.c name_to_handle_at" },
  ),
  syscall("open_by_handle_at", { mountdirfd: A.fd, handle: A.ptr, flags: A.flags(openNames) }, sysOpenByHandleAt, {
    linux: "fs/fhandle.c do_handle_open",
    ret: "fd",
  }),
];
