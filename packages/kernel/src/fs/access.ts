import { prepareCreds } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EACCES, EINVAL, EROFS } from "../uapi/errno.ts";
import { AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, accessAtNames } from "../uapi/fcntl.ts";
import { MS_NOEXEC } from "../uapi/mount.ts";
import { isDir, isReg } from "../uapi/stat.ts";
import { attrPath, onPath } from "./attr.ts";
import { inodePermission, MAY_EXEC, MAY_WRITE, mntWantWrite } from "./permission.ts";

/** access by real ids, or effective ones. @linux fs/open.c do_faccessat */
function doFaccessat(k: Kernel, dfd: number, pathAddr: number, mode: number, flags: number): number {
  if (mode & ~7) return -EINVAL;
  if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const { current } = k;
  const saved = current.cred;
  if (!(flags & AT_EACCESS) && (saved.uid !== saved.fsuid || saved.gid !== saved.fsgid || saved.uid !== 0)) {
    const c = prepareCreds(saved);
    c.fsuid = saved.uid;
    c.fsgid = saved.gid;
    c.capEffective = saved.uid === 0 ? saved.capPermitted : [0, 0];
    current.cred = c;
  }
  const r = onPath(attrPath(k, dfd, pathAddr, flags), (path) => {
    const inode = path.dentry.inode!;
    if (mode & MAY_EXEC && isReg(inode.mode) && path.mnt.flags & MS_NOEXEC) return -EACCES;
    const p = inodePermission(k, inode, mode);
    if (p < 0) return p;
    if (mode & MAY_WRITE && (isReg(inode.mode) || isDir(inode.mode)) && mntWantWrite(path.mnt) < 0) return -EROFS;
    return 0;
  });
  current.cred = saved;
  return r;
}

export const accessSyscalls: SyscallDef[] = [
  syscall("access", { pathname: A.path, mode: A.custom("i32") }, (k, p, m) => doFaccessat(k, AT_FDCWD, p, m, 0), {
    linux: "fs/open.c access",
  }),
  syscall("faccessat", { dirfd: A.dirfd, pathname: A.path, mode: A.custom("i32") }, (k, d, p, m) => doFaccessat(k, d, p, m, 0), {
    linux: "fs/open.c faccessat",
  }),
  syscall("faccessat2", { dirfd: A.dirfd, pathname: A.path, mode: A.custom("i32"), flags: A.flags(accessAtNames) }, doFaccessat, {
    linux: "fs/open.c faccessat2",
  }),
];
