import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SETGID } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../uapi/errno.ts";
import { capable, commitCreds, prepareCreds } from "./capability.ts";

const NGROUPS_MAX = 65536;

/** Is the current task in the group, by fsgid or as a supplementary one? @linux kernel/groups.c in_group_p */
export function inGroup(k: Kernel, gid: number): boolean {
  const c = k.current.cred;
  return c.fsgid === gid || c.groups.includes(gid);
}

/** @linux kernel/groups.c in_egroup_p */
export function inEgroup(k: Kernel, gid: number): boolean {
  const c = k.current.cred;
  return c.egid === gid || c.groups.includes(gid);
}

/** @linux kernel/groups.c sys_getgroups */
function sysGetgroups(k: Kernel, size: number, list: number): number {
  if (size < 0) return -EINVAL;
  const groups = k.current.cred.groups;
  if (size === 0) return groups.length;
  if (groups.length > size) return -EINVAL;
  const bytes = new Uint8Array(Uint32Array.from(groups).buffer);
  return copyToUser(k, list, bytes, 0, bytes.length) !== 0 ? -EFAULT : groups.length;
}

/** @linux kernel/groups.c sys_setgroups */
function sysSetgroups(k: Kernel, size: number, list: number): number {
  if (!capable(k, CAP_SETGID)) return -EPERM;
  if (size >>> 0 > NGROUPS_MAX) return -EINVAL;
  const groups = new Uint32Array(size);
  if (size > 0 && copyFromUser(k, list, new Uint8Array(groups.buffer), 0, size * 4) !== 0) return -EFAULT;
  if (groups.includes(0xffffffff)) return -EINVAL;
  const cred = prepareCreds(k.current.cred);
  // Kept sorted, as getgroups shows it.
  cred.groups = Array.from(groups).sort((a, b) => a - b);
  commitCreds(k.current, cred);
  return 0;
}

export const groupSyscalls: readonly SyscallDef[] = [
  syscall("getgroups", { gidsetsize: A.int, grouplist: A.ptr }, sysGetgroups, { linux: "kernel/groups.c sys_getgroups" }),
  syscall("setgroups", { gidsetsize: A.int, grouplist: A.ptr }, sysSetgroups, { linux: "kernel/groups.c sys_setgroups" }),
];
