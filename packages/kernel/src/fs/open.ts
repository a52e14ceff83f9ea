import { Dentry, File, type FileOperations, type Inode, type Path } from "../include/linux/fs.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { stateTable } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_FOWNER } from "../uapi/capability.ts";
import {
  E2BIG,
  EACCES,
  EAGAIN,
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
  EPERM,
  ETXTBSY,
} from "../uapi/errno.ts";
import {
  __O_TMPFILE,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FASYNC,
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_SYNC,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  openNames,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
} from "../uapi/fcntl.ts";
import { FS_APPEND_FL } from "../uapi/ioctls.ts";
import { isDir, isLnk, isReg, S_IFCHR, S_IFMT } from "../uapi/stat.ts";
import { type StructValue, struct } from "../uapi/struct.ts";
import { notifyChange } from "./attr.ts";
import { dropInode } from "./dcache.ts";
import { fdInstall, fput } from "./file.ts";
import { breakLease } from "./leases.ts";
import { vfsCreate } from "./nameChange.ts";
import {
  enter,
  finishWalk,
  followLink,
  forgetNegative,
  getname,
  LOOKUP_DIRECTORY,
  LOOKUP_FOLLOW,
  lookupOne,
  startWalk,
  type Walk,
  walkParent,
} from "./namei.ts";
import { fsnotifyOpen } from "./notify/fsnotify.ts";
import { inodePermission, MAY_EXEC, MAY_READ, MAY_WRITE, mntWantWrite } from "./permission.ts";
import { mayCreateInSticky } from "./protectedLinks.ts";

/** How to open: flags, mode of a new file, RESOLVE_* restrictions (struct open_how). */
export interface OpenHow {
  flags: number;
  mode: number;
  resolve: number;
}

const MNT_NODEV = 4;
const MNT_NOEXEC = 8;
const VALID_OPEN_FLAGS =
  O_ACCMODE |
  O_CREAT |
  O_EXCL |
  O_NOCTTY |
  O_TRUNC |
  O_APPEND |
  O_NONBLOCK |
  O_SYNC |
  FASYNC |
  O_DIRECT |
  O_LARGEFILE |
  O_DIRECTORY |
  O_NOFOLLOW |
  O_NOATIME |
  O_CLOEXEC |
  O_PATH |
  __O_TMPFILE;

/** What O_PATH goes together with. */
const PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;

/** What the access mode asks of the inode. */
function accMask(flags: number): number {
  const mode = flags & O_ACCMODE;
  let mask = mode === O_RDONLY ? MAY_READ : mode === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  if (flags & O_TRUNC) mask |= MAY_WRITE;
  return mask;
}

/** Contradictory flags. @linux fs/open.c build_open_flags */
function checkHow(how: OpenHow): number {
  const { flags } = how;
  if (how.mode !== 0 && !(flags & (O_CREAT | __O_TMPFILE))) how.mode = 0;
  if ((flags & (O_DIRECTORY | O_CREAT)) === (O_DIRECTORY | O_CREAT)) return -EINVAL;
  if (flags & __O_TMPFILE) {
    if ((flags & O_TMPFILE) !== O_TMPFILE) return -EINVAL;
    if (!(accMask(flags) & MAY_WRITE)) return -EINVAL;
  }
  if ((how.resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) === (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) return -EINVAL;
  return 0;
}

/** Opens by name. An open file or -errno (or BLOCKED from a FIFO). @linux fs/namei.c do_filp_open */
export function doFilpOpen(k: Kernel, dfd: number, name: string, how: OpenHow): File | number {
  const bad = checkHow(how);
  if (bad < 0) return bad;
  if (name === "") return -ENOENT;
  let { flags } = how;
  if (flags & O_PATH) flags &= PATH_FLAGS;
  const w = startWalk(k, dfd, name, how.resolve);
  if (typeof w === "number") return w;
  let r = walkParent(k, w, name);
  if (r < 0) return r;
  if (flags & __O_TMPFILE) {
    r = finishWalk(k, w, LOOKUP_DIRECTORY | (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW));
    return r < 0 ? r : openTmpfile(k, w.path, flags, how.mode);
  }
  if (!(flags & O_CREAT)) {
    r = finishWalk(k, w, (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0));
    return r < 0 ? r : doOpen(k, w.path, flags, false);
  }
  return openCreate(k, w, flags, how.mode);
}

/** O_CREAT: the last component may be a link to follow, exist, or be made. @linux fs/namei.c open_last_lookups */
function openCreate(k: Kernel, w: Walk, flags: number, mode: number): File | number {
  for (;;) {
    if (w.jumped || w.last === "" || w.last === "." || w.last === "..") {
      if (flags & O_EXCL) return -EEXIST;
      const r = finishWalk(k, w, 0);
      if (r < 0) return r;
      return isDir(w.path.dentry.inode!.mode) ? -EISDIR : doOpen(k, w.path, flags, false);
    }
    if (w.trailing) return -EISDIR;
    const dentry = lookupOne(k, w.path.dentry, w.last);
    if (typeof dentry === "number") return dentry;
    if (!dentry.inode) {
      const dir = w.path.dentry.inode!;
      const ro = mntWantWrite(w.path.mnt);
      const made = ro < 0 ? ro : vfsCreate(k, dir, dentry, mode & 0o7777);
      if (made < 0) {
        forgetNegative(dentry);
        return made;
      }
      return doOpen(k, { mnt: w.path.mnt, dentry }, flags & ~O_TRUNC, true);
    }
    if (flags & O_EXCL) return -EEXIST;
    if (isLnk(dentry.inode.mode)) {
      if (flags & O_NOFOLLOW) return -ELOOP;
      const r = followLink(k, w, dentry.inode, true);
      if (r < 0) return r;
      continue;
    }
    const parent = w.path.dentry.inode!;
    const e = enter(k, w, dentry);
    if (e < 0) return e;
    const inode = w.path.dentry.inode!;
    if (isDir(inode.mode)) return -EISDIR;
    const allowed = mayCreateInSticky(k, parent, inode);
    if (allowed < 0) return allowed;
    return doOpen(k, w.path, flags, false);
  }
}

/** Permission and sense of opening what was found. @linux fs/namei.c do_open, may_open */
export function doOpen(k: Kernel, path: Path, flags: number, created: boolean): File | number {
  const inode = path.dentry.inode!;
  if (flags & O_PATH) return dentryOpen(k, path, flags);
  if (flags & O_DIRECTORY && !isDir(inode.mode)) return -ENOTDIR;
  const mask = created ? 0 : accMask(flags);
  if (isLnk(inode.mode)) return -ELOOP;
  if (isDir(inode.mode) && mask & MAY_WRITE) return -EISDIR;
  if ((inode.mode & S_IFMT) === S_IFCHR && path.mnt.flags & MNT_NODEV) return -EACCES;
  if (mask !== 0) {
    const p = inodePermission(k, inode, mask);
    if (p < 0) return p;
    if (mask & MAY_WRITE && isReg(inode.mode)) {
      const ro = mntWantWrite(path.mnt);
      if (ro < 0) return ro;
    }
  }
  if (inode.flags & FS_APPEND_FL && (((flags & O_ACCMODE) !== O_RDONLY && !(flags & O_APPEND)) || flags & O_TRUNC)) return -EPERM;
  if (inode.mode && flags & O_NOATIME && k.current.cred.fsuid !== inode.uid && !capable(k, CAP_FOWNER)) return -EPERM;
  const file = dentryOpen(k, path, flags);
  if (typeof file === "number") return file;
  file.created = created;
  if (flags & O_TRUNC && isReg(inode.mode)) {
    const t = inode.writecount < 0 ? -ETXTBSY : notifyChange(k, path, { size: 0, truncate: true, touchSize: true });
    if (t < 0) {
      fput(k, file);
      return t;
    }
  }
  return file;
}

/** Opens a place without asking for permission. @linux fs/open.c dentry_open, do_dentry_open */
export function dentryOpen(k: Kernel, path: Path, flags: number): File | number {
  const inode = path.dentry.inode!;
  const kept = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC);
  const write = !(flags & O_PATH) && (flags & O_ACCMODE) !== O_RDONLY;
  if (write && isReg(inode.mode)) {
    if (inode.writecount < 0) return -ETXTBSY;
  }
  if (inode.locks && !(flags & O_PATH)) {
    const lease = breakLease(k, inode, flags);
    if (lease < 0) return lease;
  }
  const file = new File(inode.fop, inode, path, kept | (flags & O_NOCTTY));
  inode.count++;
  if (flags & O_PATH) {
    file.flags = flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW);
    file.op = pathFops;
    return file;
  }
  if (write) inode.writecount++;
  if (inode.fop.open) {
    const r = inode.fop.open(k, inode, file);
    if (r < 0) {
      if (write) inode.writecount--;
      dropInode(k, inode);
      return r;
    }
  }
  file.flags &= ~O_NOCTTY;
  if (flags & O_DIRECT && !inode.mapping && isReg(inode.mode)) {
    fput(k, file);
    return -EINVAL;
  }
  fsnotifyOpen(k, file);
  return file;
}
/** O_PATH descriptors can do nothing but name their place. @linux fs/open.c empty_fops */
const pathFops: FileOperations = stateTable("empty_fops", {});

function openTmpfile(k: Kernel, path: Path, flags: number, mode: number): File | number {
  const dir = path.dentry.inode!;
  const ro = mntWantWrite(path.mnt);
  if (ro < 0) return ro;
  const p = inodePermission(k, dir, MAY_WRITE | MAY_EXEC);
  if (p < 0) return p;
  if (!dir.op.tmpfile) return -EOPNOTSUPP;
  const inode = dir.op.tmpfile(k, dir, mode & 0o7777 & ~k.current.fs.umask);
  if (typeof inode === "number") return inode;
  inode.linkable = !(flags & O_EXCL);
  const file = dentryOpen(k, { mnt: path.mnt, dentry: unnamed(path.dentry, inode) }, flags);
  if (typeof file === "number") dropInode(k, inode);
  return file;
}

/** A dentry outside its directory; its file alone keeps the inode. @linux fs/dcache.c d_mark_tmpfile */
function unnamed(parent: Dentry, inode: Inode): Dentry {
  const d = new Dentry(`#${inode.ino}`, parent);
  d.unhashed = true;
  d.inode = inode;
  return d;
}

/** Opens from inside the kernel by absolute path. @linux fs/open.c filp_open */
export function filpOpen(k: Kernel, path: string, flags: number, mode: number): File | number {
  return doFilpOpen(k, AT_FDCWD, path, { flags, mode, resolve: 0 });
}

/** Opens a program for execution and denies writing to it: give that back with `inode.writecount++`. @linux fs/exec.c do_open_execat */
export function openExec(k: Kernel, dfd: number, name: string, flags: number): File | number {
  let path: Path;
  if (name === "" && flags & AT_EMPTY_PATH) {
    const file = k.current.file(dfd);
    if (!file) return -EBADF;
    path = file.path;
  } else {
    if (name === "") return -ENOENT;
    const w = startWalk(k, dfd, name);
    if (typeof w === "number") return w;
    let r = walkParent(k, w, name);
    if (r < 0) return r;
    r = finishWalk(k, w, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
    if (r < 0) return r;
    path = w.path;
  }
  const inode = path.dentry.inode!;
  if (isLnk(inode.mode)) return -ELOOP;
  if (!isReg(inode.mode) || path.mnt.flags & MNT_NOEXEC) return -EACCES;
  const p = inodePermission(k, inode, MAY_EXEC);
  if (p < 0) return p;
  if (inode.writecount > 0) return -ETXTBSY;
  const file = dentryOpen(k, path, O_RDONLY);
  if (typeof file === "number") return file;
  inode.writecount--;
  return file;
}

/** @linux fs/open.c do_sys_openat2 */
export function doSysOpen(k: Kernel, dfd: number, pathAddr: number, how: OpenHow): number {
  const bad = checkHow(how);
  if (bad < 0) return bad;
  const name = getname(k, pathAddr);
  if (typeof name === "number") return name;
  const file = doFilpOpen(k, dfd, name, how);
  if (typeof file === "number") return file;
  const fd = fdInstall(k, file, (how.flags & O_CLOEXEC) !== 0);
  if (fd < 0) fput(k, file);
  return fd;
}

/** What open and openat make of their flags and mode. @linux fs/open.c build_open_how */
export function classic(flags: number, mode: number): OpenHow {
  const f = flags & (flags & O_PATH ? PATH_FLAGS : VALID_OPEN_FLAGS);
  return { flags: f | O_LARGEFILE, mode: f & (O_CREAT | __O_TMPFILE) ? mode & 0o7777 : 0, resolve: 0 };
}

export const openHowStruct = struct("open_how", [
  ["flags", "u64"],
  ["mode", "u64"],
  ["resolve", "u64"],
]);

function sysOpenat2(k: Kernel, dfd: number, pathAddr: number, howAddr: number, size: number): number {
  const how = readOpenHow(k, howAddr, size);
  if (typeof how === "number") return how;
  const bad = validOpenHow(how);
  return bad < 0 ? bad : doSysOpen(k, dfd, pathAddr, { ...how, flags: how.flags | O_LARGEFILE });
}

/** A struct open_how of the program's: -E2BIG, -EFAULT, -EINVAL. @linux fs/open.c sys_openat2 */
export function readOpenHow(k: Kernel, howAddr: number, size: number): OpenHow | number {
  if (size < 24) return -EINVAL;
  if (size > 4096) return -E2BIG;
  const raw = new Uint8Array(size);
  if (copyFromUser(k, howAddr, raw, 0, size) < 0) return -EFAULT;
  for (let i = 24; i < size; i++) if (raw[i] !== 0) return -E2BIG;
  const v: StructValue = openHowStruct.read(new DataView(raw.buffer), 0);
  return { flags: Number(v.flags), mode: Number(v.mode), resolve: Number(v.resolve) };
}

/** Is what openat2 was asked possible? 0, -EINVAL or -EAGAIN. @linux fs/open.c build_open_flags */
export function validOpenHow(how: OpenHow): number {
  const { flags, mode, resolve } = how;
  if (flags > 0xffffffff || flags & ~VALID_OPEN_FLAGS) return -EINVAL;
  if (resolve > 0x3f) return -EINVAL;
  if (flags & O_PATH && flags & ~PATH_FLAGS) return -EINVAL;
  if (mode !== 0 && !(flags & (O_CREAT | __O_TMPFILE))) return -EINVAL;
  if (mode > 0o7777) return -EINVAL;
  return resolve & RESOLVE_CACHED && flags & (O_TRUNC | O_CREAT | __O_TMPFILE) ? -EAGAIN : 0;
}

export const openSyscalls: SyscallDef[] = [
  syscall(
    "open",
    { pathname: A.path, flags: A.flags(openNames), mode: A.mode },
    (k, path, flags, mode) => doSysOpen(k, AT_FDCWD, path, classic(flags, mode)),
    {
      linux: "fs/open.c open",
      ret: "fd",
    },
  ),
  syscall(
    "openat",
    { dirfd: A.dirfd, pathname: A.path, flags: A.flags(openNames), mode: A.mode },
    (k, dfd, path, flags, mode) => doSysOpen(k, dfd, path, classic(flags, mode)),
    { linux: "fs/open.c openat", ret: "fd" },
  ),
  syscall("openat2", { dirfd: A.dirfd, pathname: A.path, how: A.struct(openHowStruct), size: A.size }, sysOpenat2, {
    linux: "fs/open.c openat2",
    ret: "fd",
  }),
  syscall(
    "creat",
    { pathname: A.path, mode: A.mode },
    (k, path, mode) => doSysOpen(k, AT_FDCWD, path, classic(O_CREAT | O_WRONLY | O_TRUNC, mode)),
    {
      linux: "fs/open.c creat",
      ret: "fd",
    },
  ),
];
