import { copyMntNs, type MountTable, mntnsInstall } from "../fs/mntNamespace.ts";
import { NsInfo, nsAllocInum } from "../fs/nsfs.ts";
import type { FsStruct } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_CHROOT } from "../uapi/capability.ts";
import { EBADF, EINVAL, EPERM, EUSERS } from "../uapi/errno.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  cloneNames,
} from "../uapi/sched.ts";
import { capable } from "./capability.ts";
import { pidfdTask } from "./pidfd.ts";
import { UtsNamespace, utsname } from "./utsname.ts";

/** All kinds but those of users. */
export const NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP | CLONE_NEWTIME;
/** Kinds that there can be more than one of, the others are as in a kernel built without them. */
const SUPPORTED = CLONE_NEWNS | CLONE_NEWUTS;

/** May the current task have namespaces of its own? 0 or -errno. */
export function mayUnshare(k: Kernel, flags: number): number {
  if (flags & CLONE_NEWUSER) return -EINVAL;
  if ((flags & NAMESPACES) === 0) return 0;
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  return flags & NAMESPACES & ~SUPPORTED ? -EINVAL : 0;
}

/** Gives a task (with that view of the file system) namespaces of its own, copies of the current task's. @linux kernel/nsproxy.c create_new_namespaces */
export function createNewNamespaces(k: Kernel, task: Task, fs: FsStruct, flags: number): void {
  if (flags & CLONE_NEWNS) task.mntNs = copyMntNs(k, nsAllocInum(k), fs);
  if (flags & CLONE_NEWUTS) {
    const { hostname, domainname } = utsname(k);
    task.utsNs = new UtsNamespace(hostname, domainname, nsAllocInum(k));
  }
}

/** Enters one namespace. 0 or -errno. @linux kernel/nsproxy.c validate_ns */
function install(k: Kernel, type: number, ns: MountTable | UtsNamespace | null): number {
  const task = k.current;
  // One's own user namespace cannot be entered again, to gain what one has given up.
  if (type === CLONE_NEWUSER) return -EINVAL;
  if (type === CLONE_NEWTIME && task.signal.threads.length > 1) return -EUSERS;
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  if (type === CLONE_NEWNS) {
    if (!capable(k, CAP_SYS_CHROOT)) return -EPERM;
    if (task.fs.count !== 1) return -EINVAL;
    mntnsInstall(k, ns as MountTable | null);
  }
  if (type === CLONE_NEWUTS) task.utsNs = ns as UtsNamespace | null;
  return 0;
}

/** Joins the namespace of a file of nsfs, or those of a process. @linux kernel/nsproxy.c setns */
function sysSetns(k: Kernel, fd: number, flags: number): number {
  const file = k.current.file(fd);
  if (!file) return -EBADF;
  const { info } = file.inode;
  if (info instanceof NsInfo) {
    if (flags !== 0 && flags !== info.flag) return -EINVAL;
    return install(k, info.flag, info.ns);
  }
  const task = pidfdTask(k, fd);
  if (!task || flags === 0 || flags & ~(NAMESPACES | CLONE_NEWUSER)) return -EINVAL;
  if (flags & CLONE_NEWUSER) return -EINVAL;
  for (const type of [CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWCGROUP, CLONE_NEWNET, CLONE_NEWTIME, CLONE_NEWNS]) {
    if (!(flags & type)) continue;
    const r = install(k, type, type === CLONE_NEWNS ? task.mntNs : type === CLONE_NEWUTS ? task.utsNs : null);
    if (r < 0) return r;
  }
  return 0;
}

export const nsproxySyscalls: readonly SyscallDef[] = [
  syscall("setns", { fd: A.fd, nstype: A.flags(cloneNames, "i32") }, sysSetns, { linux: "kernel/nsproxy.c setns" }),
];
