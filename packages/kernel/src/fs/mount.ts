import { type Dentry, type File, Mount, type Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { strncpyFromUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_CHROOT } from "../uapi/capability.ts";
import { EAGAIN, EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, EPERM } from "../uapi/errno.ts";
import { AT_FDCWD, O_ACCMODE, O_RDONLY } from "../uapi/fcntl.ts";
import {
  ATIME_FLAGS,
  MNT_DETACH,
  MNT_EXPIRE,
  MNT_FLAGS,
  MNT_FORCE,
  MS_BIND,
  MS_MGC_VAL,
  MS_MOVE,
  MS_PROPAGATION,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  MS_STRICTATIME,
  mountNames,
  UMOUNT_NOFOLLOW,
  umountNames,
} from "../uapi/mount.ts";
import { isDir, isReg } from "../uapi/stat.ts";
import { isSubdir } from "./dcache.ts";
import { forgetMounts } from "./mntNamespace.ts";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, PATH_MAX, pathLookupAt, userPathAt } from "./namei.ts";
import {
  atimeFlags,
  attachMount,
  checkMnt,
  followDown,
  isMounted,
  mountAt,
  mountNamespaces,
  mountTable,
  refreshMountpoint,
  touchMounts,
} from "./namespace.ts";
import { fsnotifyUnmount } from "./notify/fsnotify.ts";
import { NsInfo } from "./nsfs.ts";
import { inodePermission, MAY_EXEC } from "./permission.ts";
import { ProcInfo } from "./proc/info.ts";
import { shutdownDetached } from "./shutdownSuper.ts";
import { getFilesystem } from "./super.ts";

/** @linux fs/namespace.c do_mount, path_mount */
function sysMount(k: Kernel, sourceAddr: number, targetAddr: number, typeAddr: number, flags: number, dataAddr: number): number {
  const text = (addr: number): string | number => (addr === 0 ? "" : strncpyFromUser(k, addr, PATH_MAX));
  const type = text(typeAddr);
  if (typeof type === "number") return type;
  const source = text(sourceAddr);
  if (typeof source === "number") return source;
  const data = flags & (MS_BIND | MS_MOVE | MS_PROPAGATION) && !(flags & MS_REMOUNT) ? "" : text(dataAddr);
  if (typeof data === "number") return data;
  const path = userPathAt(k, AT_FDCWD, targetAddr, LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  // The magic number of old programs.
  if ((flags & 0xffff0000) >>> 0 === MS_MGC_VAL) flags &= 0xffff;
  if (flags & MS_REMOUNT) return remount(k, path, flags);
  if (flags & MS_BIND) return bindMount(k, source, path, (flags & MS_REC) !== 0);
  if (flags & MS_PROPAGATION) return setPropagation(path, flags);
  if (flags & MS_MOVE) return moveMount(k, source, path);
  return newMount(k, type, source, path, flags, data);
}

/** What stands for a descriptor or a mapped file in /proc may not be mounted on. @linux include/linux/dcache.h cant_mount */
function cantMount({ dentry }: Path): boolean {
  const info = dentry.inode?.info;
  return info instanceof ProcInfo && ["fd", "fdinfo", "map"].includes(info.area);
}

function newMount(k: Kernel, type: string, source: string, path: Path, flags: number, data: string): number {
  if (type === "") return -EINVAL;
  const fs = getFilesystem(type);
  if (!fs) return -ENODEV;
  const sb = fs.mount(k, source, flags, data);
  if (typeof sb === "number") return sb;
  if (cantMount(path)) return -ENOENT;
  if (!checkMnt(k, path.mnt)) return -EINVAL;
  if (!isDir(path.dentry.inode!.mode)) return -ENOTDIR;
  const first = !isMounted(k, sb);
  if (first) sb.flags |= flags & MS_RDONLY;
  mountAt(k, sb, path, source === "" ? "none" : source, flags);
  return 0;
}

/** Is a file of the mount or file system open for writing? @linux fs/namespace.c mnt_hold_writers */
function isWritten(k: Kernel, within: (f: File) => boolean): boolean {
  for (const t of k.pids.values())
    for (const f of t.files.fd) if (f && (f.flags & O_ACCMODE) !== O_RDONLY && isReg(f.inode.mode) && within(f)) return true;
  return false;
}

/** New flags for a mount, and for its file system unless MS_BIND is given. @linux fs/namespace.c do_remount, do_reconfigure_mnt */
function remount(k: Kernel, path: Path, flags: number): number {
  const { mnt } = path;
  if (path.dentry !== mnt.root || !checkMnt(k, mnt)) return -EINVAL;
  if (flags & MS_RDONLY && isWritten(k, flags & MS_BIND ? (f) => f.path.mnt === mnt : (f) => f.inode.sb === mnt.sb)) return -EBUSY;
  // Without a word about access times, their handling stays.
  const atime = flags & (ATIME_FLAGS | MS_STRICTATIME) ? atimeFlags(flags) : mnt.flags & ATIME_FLAGS;
  mnt.flags = (flags & MNT_FLAGS & ~ATIME_FLAGS) | atime;
  if (!(flags & MS_BIND)) mnt.sb.flags = (mnt.sb.flags & ~MS_RDONLY) | (flags & MS_RDONLY);
  return 0;
}

/** All mounts are private; to ask for another type changes nothing. @linux fs/namespace.c do_change_type */
function setPropagation(path: Path, flags: number): number {
  const type = flags & MS_PROPAGATION;
  if ((type & (type - 1)) !== 0) return -EINVAL;
  return path.dentry === path.mnt.root ? 0 : -EINVAL;
}

/** @linux fs/namespace.c do_loopback */
function bindMount(k: Kernel, source: string, path: Path, recursive: boolean): number {
  if (source === "") return -EINVAL;
  const from = pathLookupAt(k, AT_FDCWD, source, LOOKUP_FOLLOW);
  if (typeof from === "number") return from;
  if (cantMount(path)) return -ENOENT;
  if (!checkMnt(k, path.mnt) || !(checkMnt(k, from.mnt) || from.dentry.inode!.info instanceof NsInfo)) return -EINVAL;
  if (isDir(from.dentry.inode!.mode) !== isDir(path.dentry.inode!.mode)) return -ENOTDIR;
  const all = mountNamespaces(k);
  const below = recursive ? mountTable(k).mounts.slice() : [];
  const top = new Mount(all.nextId++, from.mnt.sb, from.dentry, path.mnt, path.dentry, from.mnt.source);
  copyFlags(attachMount(k, top, 0), from.mnt);
  // What is mounted below the source comes along, each in the copy of its parent.
  const copies = new Map<Mount, Mount>([[from.mnt, top]]);
  for (const m of below) {
    const parent = copies.get(m.parent);
    if (!parent || m.parent === m || m === top) continue;
    if (m.parent === from.mnt && !isSubdir(m.mountpoint, from.dentry)) continue;
    const copy = new Mount(all.nextId++, m.sb, m.root, parent, m.mountpoint, m.source);
    copyFlags(attachMount(k, copy, 0), m);
    copies.set(m, copy);
  }
  return 0;
}

function copyFlags(to: Mount, from: Mount): void {
  to.flags = from.flags;
}

/** Is `m` the mount `top` or mounted somewhere in it? */
function isBelow(m: Mount, top: Mount): boolean {
  for (let p = m; ; p = p.parent) {
    if (p === top) return true;
    if (p.parent === p) return false;
  }
}

/** @linux fs/namespace.c do_move_mount */
function moveMount(k: Kernel, source: string, path: Path): number {
  if (source === "") return -EINVAL;
  const from = pathLookupAt(k, AT_FDCWD, source, LOOKUP_FOLLOW);
  if (typeof from === "number") return from;
  const m = from.mnt;
  if (from.dentry !== m.root || m.parent === m || !checkMnt(k, m) || !checkMnt(k, path.mnt)) return -EINVAL;
  if (isDir(from.dentry.inode!.mode) !== isDir(path.dentry.inode!.mode)) return -EINVAL;
  if (isBelow(path.mnt, m)) return -ELOOP;
  const old = m.mountpoint;
  place(k, m, path);
  refreshMountpoint(k, old);
  return 0;
}

/** A mount comes to lie on a place, above all others there. */
function place(k: Kernel, m: Mount, at: { mnt: Mount; dentry: Dentry }): void {
  const t = mountTable(k);
  m.parent = at.mnt;
  m.mountpoint = at.dentry;
  at.dentry.mounted = true;
  t.mounts = [...t.mounts.filter((x) => x !== m), m];
  touchMounts(k, t);
}

/** Is some task's root, directory, open or mapped file in the mount? @linux fs/pnode.c propagate_mount_busy */
function isBusy(k: Kernel, m: Mount): boolean {
  for (const t of k.pids.values()) {
    if (t.fs.root.mnt === m || t.fs.pwd.mnt === m) return true;
    for (const f of t.files.fd) if (f && f.path.mnt === m) return true;
    if (!t.mm) continue;
    if (t.mm.exeFile?.path.mnt === m) return true;
    for (const v of t.mm.vmas) if (v.file && v.file.path.mnt === m) return true;
  }
  return m.ns?.mounts.some((x) => x !== m && x.parent === m) ?? false;
}

/** @linux fs/namespace.c ksys_umount, do_umount */
function sysUmount(k: Kernel, nameAddr: number, flags: number): number {
  if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) return -EINVAL;
  const found = userPathAt(k, AT_FDCWD, nameAddr, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
  if (typeof found === "number") return found;
  const { mnt: m, dentry } = followDown(k, found);
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  if (dentry !== m.root || !checkMnt(k, m)) return -EINVAL;
  if (flags & MNT_EXPIRE) {
    if (m === k.current.fs.root.mnt || flags & (MNT_FORCE | MNT_DETACH)) return -EINVAL;
    if (isBusy(k, m)) return -EBUSY;
    const known = m.expiring;
    m.expiring = true;
    if (!known) return -EAGAIN;
  }
  if (m.parent === m) return flags & MNT_DETACH ? -EINVAL : -EBUSY;
  if (!(flags & MNT_DETACH) && isBusy(k, m)) return -EBUSY;
  const t = mountTable(k);
  const gone = t.mounts.filter((x) => isBelow(x, m));
  forgetMounts(k, t, gone);
  // Watchers hear of the end of a file system that nothing shows or uses any more.
  for (const x of gone) if (!x.sb.litter && !isBusy(k, x) && !isMounted(k, x.sb)) fsnotifyUnmount(k, x.sb);
  return 0;
}

/** @linux fs/open.c chroot */
function sysChroot(k: Kernel, addr: number): number {
  const path = userPathAt(k, AT_FDCWD, addr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof path === "number") return path;
  const p = inodePermission(k, path.dentry.inode!, MAY_EXEC);
  if (p < 0) return p;
  if (!capable(k, CAP_SYS_CHROOT)) return -EPERM;
  k.current.fs.root = path;
  shutdownDetached(k);
  return 0;
}

/** Is a place at or below another, through mounts? @linux fs/namespace.c is_path_reachable */
function reachable(path: Path, root: Path): boolean {
  let { mnt, dentry } = path;
  while (mnt !== root.mnt && mnt.parent !== mnt) {
    dentry = mnt.mountpoint;
    mnt = mnt.parent;
  }
  return mnt === root.mnt && isSubdir(dentry, root.dentry);
}

/** @linux fs/namespace.c path_pivot_root */
function sysPivotRoot(k: Kernel, newAddr: number, putAddr: number): number {
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  const to = userPathAt(k, AT_FDCWD, newAddr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof to === "number") return to;
  const put = userPathAt(k, AT_FDCWD, putAddr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof put === "number") return put;
  const { root } = k.current.fs;
  if (!checkMnt(k, root.mnt) || !checkMnt(k, to.mnt)) return -EINVAL;
  if (to.dentry.unhashed) return -ENOENT;
  if (to.mnt === root.mnt || put.mnt === root.mnt) return -EBUSY;
  if (root.dentry !== root.mnt.root || to.dentry !== to.mnt.root || to.mnt.parent === to.mnt) return -EINVAL;
  if (!reachable(put, to) || !reachable(to, root)) return -EINVAL;
  const old = root.mnt;
  const point = to.mnt.mountpoint;
  // The new root takes the old one's place, which is the top of the tree or a mount point of it.
  if (old.parent === old) {
    to.mnt.parent = to.mnt;
    to.mnt.mountpoint = to.mnt.root;
  } else place(k, to.mnt, { mnt: old.parent, dentry: old.mountpoint });
  place(k, old, put);
  refreshMountpoint(k, point);
  for (const t of k.pids.values()) {
    if (t.fs.root.mnt === old && t.fs.root.dentry === root.dentry) t.fs.root = to;
    if (t.fs.pwd.mnt === old && t.fs.pwd.dentry === root.dentry) t.fs.pwd = to;
  }
  return 0;
}

export const mountSyscalls: SyscallDef[] = [
  syscall(
    "mount",
    { source: A.path, target: A.path, filesystemtype: A.string, mountflags: A.flags(mountNames, "u64"), data: A.ptr },
    sysMount,
    {
      linux: "fs/namespace.c mount",
    },
  ),
  syscall("umount2", { target: A.path, flags: A.flags(umountNames) }, sysUmount, { linux: "fs/namespace.c umount" }),
  syscall("chroot", { path: A.path }, sysChroot, { linux: "fs/open.c chroot" }),
  syscall("pivot_root", { new_root: A.path, put_old: A.path }, sysPivotRoot, { linux: "fs/namespace.c pivot_root" }),
];
