import type { Dentry, DirContext, File, FileOperations, Inode, InodeOperations, Path } from "../../include/linux/fs.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateTable } from "../../state.ts";
import { EACCES, EFAULT, ENOENT, ESRCH } from "../../uapi/errno.ts";
import { O_CLOEXEC, O_PATH } from "../../uapi/fcntl.ts";
import { dInstantiate, dPath } from "../dcache.ts";
import { dirEmitDots, dirLlseek } from "../libfs.ts";
import { genericPermission } from "../permission.ts";
import { latin1Bytes, ProcText, procAlive } from "./file.ts";
import { ProcInfo, procInfo } from "./info.ts";
import { procNewInode } from "./inode.ts";

const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const DT_REG = 8;
const DT_LNK = 10;

/** The open file behind an inode of fd or fdinfo, or null. */
function openFile(k: Kernel, info: ProcInfo): File | null {
  const { task } = info;
  return task && procAlive(k, task) && task.exitState === 0 ? (task.files.fd[info.fd] ?? null) : null;
}

/** The descriptor a name stands for, -1 if it is none. */
function parseFd(name: string): number {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : -1;
}

/** @linux fs/proc/fd.c proc_lookupfd_common */
function lookup(k: Kernel, dir: Inode, dentry: Dentry): number {
  const { task, path } = procInfo(dir);
  const fd = parseFd(dentry.name);
  if (!task || !procAlive(k, task)) return -ESRCH;
  if (fd < 0 || !task.files.fd[fd]) return -ENOENT;
  const links = path === "fd";
  const info = new ProcInfo(links ? "fd" : "fdinfo", "", task);
  info.fd = fd;
  const inode = links
    ? procNewInode(k, dir.sb, S_IFLNK | fdMode(task.files.fd[fd] as File), info, fdLinkOps, {})
    : procNewInode(k, dir.sb, S_IFREG | 0o444, info, fdinfoInodeOps, fdinfoFops);
  if (links) inode.size = 64;
  dInstantiate(dentry, inode);
  return 0;
}

/** The link's permission bits tell how the file is open. @linux fs/proc/fd.c tid_fd_update_inode */
function fdMode(file: File): number {
  if (file.flags & O_PATH) return 0;
  const access = file.flags & 3;
  return (access !== 1 ? 0o500 : 0) | (access !== 0 ? 0o300 : 0);
}

/** The descriptor is still open, and the same way. @linux fs/proc/fd.c tid_fd_revalidate */
export function fdRevalidate(k: Kernel, dentry: Dentry): boolean {
  const inode = dentry.inode as Inode;
  const info = procInfo(inode);
  const file = openFile(k, info);
  if (!file) return false;
  if (info.area === "fd") inode.mode = S_IFLNK | fdMode(file);
  return true;
}

function mayAccess(k: Kernel, info: ProcInfo): boolean {
  return info.task !== null && ptraceMayAccess(k, info.task, true);
}

const fdLinkOps: InodeOperations = stateTable("proc_fd_link_operations", {
  readlink(k: Kernel, inode: Inode): string | number {
    const info = procInfo(inode);
    if (!mayAccess(k, info)) return -EACCES;
    const file = openFile(k, info);
    return file ? dPath(k, file.path) : -ENOENT;
  },
  followLink(k: Kernel, inode: Inode): Path | number {
    const info = procInfo(inode);
    if (!mayAccess(k, info)) return -EACCES;
    const file = openFile(k, info);
    return file ? file.path : -ENOENT;
  },
});

/** @linux fs/proc/fd.c seq_show */
function showFdinfo(k: Kernel, info: ProcInfo): string | number {
  const file = openFile(k, info);
  const { task } = info;
  if (!file || !task) return -ENOENT;
  let flags = file.flags;
  if (task.files.closeOnExec.has(info.fd)) flags |= O_CLOEXEC;
  const head = `pos:\t${file.pos}\nflags:\t0${(flags >>> 0).toString(8)}\nmnt_id:\t${file.path.mnt.id}\nino:\t${file.inode.ino}\n`;
  return head + (file.op.showFdinfo?.(k, file) ?? "");
}

const fdinfoInodeOps: InodeOperations = stateTable("proc_fdinfo_inode_operations", {});
const fdinfoFops: FileOperations = stateTable("proc_fdinfo_file_operations", {
  open: (k: Kernel, inode: Inode) => (mayAccess(k, procInfo(inode)) ? 0 : -EACCES),
  read(k: Kernel, file: File, to: IovIter, pos: number): number {
    let made = file.priv as ProcText | null;
    if (!made || pos === 0) {
      const shown = showFdinfo(k, procInfo(file.inode));
      if (typeof shown === "number") return shown;
      made = new ProcText(latin1Bytes(shown));
      file.priv = made;
    }
    const n = Math.min(to.count, made.bytes.length - pos);
    if (n <= 0) return 0;
    return to.copyTo(k, made.bytes, pos, n) || -EFAULT;
  },
  llseek: dirLlseek,
});

export const fdDirInodeOps: InodeOperations = stateTable("proc_fd_inode_operations", {
  lookup,
  permission(k: Kernel, inode: Inode, mask: number): number {
    const r = genericPermission(k.current.cred, inode, mask);
    // A process may always look at its own.
    return r === 0 || procInfo(inode).task?.tgid === k.current.tgid ? 0 : r;
  },
  getattr(k: Kernel, inode: Inode): number {
    const info = procInfo(inode);
    // Since 6.2 the size of the directory is the number of descriptors.
    if (info.path === "fd" && info.task) inode.size = procAlive(k, info.task) ? info.task.files.fd.filter(Boolean).length : 0;
    return 0;
  },
});

/** Descriptor n is at position n + 2. @linux fs/proc/fd.c proc_readfd_common */
export const fdDirFops: FileOperations = stateTable("proc_fd_operations", {
  iterate(k: Kernel, file: File, ctx: DirContext): number {
    const { task, path } = procInfo(file.inode);
    if (!task || !procAlive(k, task)) return -ENOENT;
    if (!dirEmitDots(k, file, ctx)) return 0;
    const { fd } = task.files;
    for (; ctx.pos - 2 < fd.length; ctx.pos++) {
      const n = ctx.pos - 2;
      if (fd[n] && !ctx.emit(String(n), file.inode.ino * 4096 + n, path === "fd" ? DT_LNK : DT_REG)) return 0;
    }
    return 0;
  },
  llseek: dirLlseek,
});
