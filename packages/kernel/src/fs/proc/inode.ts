import type { Dentry, Iattr, Inode, InodeOperations, Path, SuperBlock } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import { currentTime } from "../../kernel/time/timekeeping.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { EACCES, EINVAL, ENOENT, EPERM, ESRCH } from "../../uapi/errno.ts";
import { dInstantiate } from "../dcache.ts";
import { newInode } from "../inode.ts";
import { genericPermission } from "../permission.ts";
import { procAlive, procFileFops, procPollFops } from "./file.ts";
import { type ProcInfo, procEntry, procInfo } from "./info.ts";

const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** An inode of the process belongs to whom it runs as, unless it may not be dumped. @linux fs/proc/base.c task_dump_owner */
export function procOwner(inode: Inode, task: Task): void {
  const everybodys = (inode.mode & 0o177777) === 0o040555;
  const dumpable = !task.mm || task.mm.dumpable === 1;
  inode.uid = everybodys || dumpable ? task.cred.euid : 0;
  inode.gid = everybodys || dumpable ? task.cred.egid : 0;
}

/** Attributes as they are now. */
function getattr(k: Kernel, inode: Inode): number {
  const { task } = procInfo(inode);
  if (task && procAlive(k, task)) procOwner(inode, task);
  return 0;
}

function setattr(k: Kernel, inode: Inode, attr: Iattr): number {
  // Modes of a process's files are not to be changed; truncation by O_TRUNC is fine.
  if (attr.mode !== undefined && procInfo(inode).task) return -EPERM;
  if (attr.mode !== undefined) inode.mode = (inode.mode & 0o170000) | (attr.mode & 0o7777);
  if (attr.uid !== undefined) inode.uid = attr.uid;
  if (attr.gid !== undefined) inode.gid = attr.gid;
  inode.ctime = currentTime(k);
  return 0;
}

/** Files below /proc/sys can be written by root only if they are writable at all, whatever the capabilities. @linux fs/proc/proc_sysctl.c sysctl_perm */
function permission(k: Kernel, inode: Inode, mask: number): number {
  const info = procInfo(inode);
  if (info.area === "global" && info.path.startsWith("sys/")) {
    const { cred } = k.current;
    let { mode } = inode;
    if (cred.euid === 0) mode >>= 6;
    else if (cred.egid === 0 || cred.groups.includes(0)) mode >>= 3;
    return (mask & ~mode & 7) === 0 ? 0 : -EACCES;
  }
  return genericPermission(k.current.cred, inode, mask);
}

function readlink(k: Kernel, inode: Inode): string | number {
  const info = procInfo(inode);
  const entry = procEntry(info);
  if (!entry?.link) return -EINVAL;
  if (!info.task) return entry.link(k, k.current);
  if (!procAlive(k, info.task)) return -ESRCH;
  if (entry.inspect && !ptraceMayAccess(k, info.task, true)) return -EACCES;
  return entry.link(k, info.task);
}

/** @linux fs/proc/base.c proc_pid_get_link */
function followLink(k: Kernel, inode: Inode): Path | number {
  const info = procInfo(inode);
  const entry = procEntry(info);
  if (!info.task || !entry?.follow) return -ENOENT;
  if (!procAlive(k, info.task)) return -ESRCH;
  if (entry.inspect && !ptraceMayAccess(k, info.task, true)) return -EACCES;
  return entry.follow(k, info.task);
}

export const procFileInodeOps: InodeOperations = stateTable("proc_file_inode_operations", { getattr, setattr, permission });
const procLinkInodeOps: InodeOperations = stateTable("proc_link_inode_operations", { getattr, setattr, readlink });
const procMagicInodeOps: InodeOperations = stateTable("proc_pid_link_inode_operations", { getattr, setattr, readlink, followLink });

/** A new inode of procfs, owned by the process it is about. */
export function procNewInode(k: Kernel, sb: SuperBlock, mode: number, info: ProcInfo, op: InodeOperations, fop: Inode["fop"]): Inode {
  const inode = newInode(k, sb, mode, op, fop);
  inode.info = info;
  if (info.task) procOwner(inode, info.task);
  return inode;
}

/** Makes the dentry positive with the file or link that `info` names. @returns 0, also if there is no such entry */
export function procInstantiate(k: Kernel, dentry: Dentry, sb: SuperBlock, info: ProcInfo): number {
  const entry = procEntry(info);
  if (!entry) return 0;
  const inode = entry.link
    ? procNewInode(k, sb, S_IFLNK | 0o777, info, entry.follow ? procMagicInodeOps : procLinkInodeOps, {})
    : procNewInode(k, sb, S_IFREG | entry.mode, info, procFileInodeOps, entry.changes ? procPollFops : procFileFops);
  dInstantiate(dentry, inode);
  return 0;
}
