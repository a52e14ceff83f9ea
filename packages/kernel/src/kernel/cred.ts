import type { Kernel } from "../kernel.ts";
import { putUser32 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SETGID, CAP_SETUID } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../uapi/errno.ts";
import { capable, capEmulateSetxuid, capFixFsuid, commitCreds, prepareCreds } from "./capability.ts";

/** (uid_t)-1: leave unchanged, and never valid as an id. */
const NONE = 0xffffffff;

/** @linux kernel/sys.c __sys_setuid */
function sysSetuid(k: Kernel, uid: number): number {
  if (uid === NONE) return -EINVAL;
  const old = k.current.cred;
  const cred = prepareCreds(old);
  if (capable(k, CAP_SETUID)) cred.uid = cred.suid = uid;
  else if (uid !== old.uid && uid !== cred.suid) return -EPERM;
  cred.fsuid = cred.euid = uid;
  capEmulateSetxuid(cred, old);
  commitCreds(k.current, cred);
  return 0;
}

/** @linux kernel/sys.c __sys_setreuid */
function sysSetreuid(k: Kernel, ruid: number, euid: number): number {
  const old = k.current.cred;
  const cred = prepareCreds(old);
  const privileged = capable(k, CAP_SETUID);
  if (ruid !== NONE) {
    if (ruid !== old.uid && ruid !== old.euid && !privileged) return -EPERM;
    cred.uid = ruid;
  }
  if (euid !== NONE) {
    if (euid !== old.uid && euid !== old.euid && euid !== old.suid && !privileged) return -EPERM;
    cred.euid = euid;
  }
  if (ruid !== NONE || (euid !== NONE && euid !== old.uid)) cred.suid = cred.euid;
  cred.fsuid = cred.euid;
  capEmulateSetxuid(cred, old);
  commitCreds(k.current, cred);
  return 0;
}

/** @linux kernel/sys.c __sys_setresuid */
function sysSetresuid(k: Kernel, ruid: number, euid: number, suid: number): number {
  const old = k.current.cred;
  const mayBe = (id: number): boolean => id === NONE || id === old.uid || id === old.euid || id === old.suid;
  if (!(mayBe(ruid) && mayBe(euid) && mayBe(suid)) && !capable(k, CAP_SETUID)) return -EPERM;
  const cred = prepareCreds(old);
  if (ruid !== NONE) cred.uid = ruid;
  if (euid !== NONE) cred.euid = euid;
  if (suid !== NONE) cred.suid = suid;
  cred.fsuid = cred.euid;
  capEmulateSetxuid(cred, old);
  commitCreds(k.current, cred);
  return 0;
}

/** Returns the old fsuid whether or not it changed. @linux kernel/sys.c __sys_setfsuid */
function sysSetfsuid(k: Kernel, uid: number): number {
  const old = k.current.cred;
  if (uid === NONE) return old.fsuid;
  if ((uid === old.uid || uid === old.euid || uid === old.suid || uid === old.fsuid || capable(k, CAP_SETUID)) && uid !== old.fsuid) {
    const cred = prepareCreds(old);
    cred.fsuid = uid;
    capFixFsuid(cred, old);
    commitCreds(k.current, cred);
  }
  return old.fsuid;
}

/** @linux kernel/sys.c __sys_setgid */
function sysSetgid(k: Kernel, gid: number): number {
  if (gid === NONE) return -EINVAL;
  const old = k.current.cred;
  const cred = prepareCreds(old);
  if (capable(k, CAP_SETGID)) cred.gid = cred.sgid = gid;
  else if (gid !== old.gid && gid !== old.sgid) return -EPERM;
  cred.egid = cred.fsgid = gid;
  commitCreds(k.current, cred);
  return 0;
}

/** @linux kernel/sys.c __sys_setregid */
function sysSetregid(k: Kernel, rgid: number, egid: number): number {
  const old = k.current.cred;
  const cred = prepareCreds(old);
  const privileged = capable(k, CAP_SETGID);
  if (rgid !== NONE) {
    if (rgid !== old.gid && rgid !== old.egid && !privileged) return -EPERM;
    cred.gid = rgid;
  }
  if (egid !== NONE) {
    if (egid !== old.gid && egid !== old.egid && egid !== old.sgid && !privileged) return -EPERM;
    cred.egid = egid;
  }
  if (rgid !== NONE || (egid !== NONE && egid !== old.gid)) cred.sgid = cred.egid;
  cred.fsgid = cred.egid;
  commitCreds(k.current, cred);
  return 0;
}

/** @linux kernel/sys.c __sys_setresgid */
function sysSetresgid(k: Kernel, rgid: number, egid: number, sgid: number): number {
  const old = k.current.cred;
  const mayBe = (id: number): boolean => id === NONE || id === old.gid || id === old.egid || id === old.sgid;
  if (!(mayBe(rgid) && mayBe(egid) && mayBe(sgid)) && !capable(k, CAP_SETGID)) return -EPERM;
  const cred = prepareCreds(old);
  if (rgid !== NONE) cred.gid = rgid;
  if (egid !== NONE) cred.egid = egid;
  if (sgid !== NONE) cred.sgid = sgid;
  cred.fsgid = cred.egid;
  commitCreds(k.current, cred);
  return 0;
}

/** @linux kernel/sys.c __sys_setfsgid */
function sysSetfsgid(k: Kernel, gid: number): number {
  const old = k.current.cred;
  if (gid === NONE) return old.fsgid;
  if ((gid === old.gid || gid === old.egid || gid === old.sgid || gid === old.fsgid || capable(k, CAP_SETGID)) && gid !== old.fsgid) {
    const cred = prepareCreds(old);
    cred.fsgid = gid;
    commitCreds(k.current, cred);
  }
  return old.fsgid;
}

function put3(k: Kernel, a: number, b: number, c: number, x: number, y: number, z: number): number {
  return putUser32(k, a, x) !== 0 || putUser32(k, b, y) !== 0 || putUser32(k, c, z) !== 0 ? -EFAULT : 0;
}

export const credSyscalls: readonly SyscallDef[] = [
  syscall("getuid", {}, (k) => k.current.cred.uid, { linux: "kernel/sys.c sys_getuid" }),
  syscall("geteuid", {}, (k) => k.current.cred.euid, { linux: "kernel/sys.c sys_geteuid" }),
  syscall("getgid", {}, (k) => k.current.cred.gid, { linux: "kernel/sys.c sys_getgid" }),
  syscall("getegid", {}, (k) => k.current.cred.egid, { linux: "kernel/sys.c sys_getegid" }),
  syscall("setuid", { uid: A.uid }, sysSetuid, { linux: "kernel/sys.c __sys_setuid" }),
  syscall("setreuid", { ruid: A.uid, euid: A.uid }, sysSetreuid, { linux: "kernel/sys.c __sys_setreuid" }),
  syscall("setresuid", { ruid: A.uid, euid: A.uid, suid: A.uid }, sysSetresuid, { linux: "kernel/sys.c __sys_setresuid" }),
  syscall(
    "getresuid",
    { ruid: A.intPtr("out"), euid: A.intPtr("out"), suid: A.intPtr("out") },
    (k, a, b, c) => put3(k, a, b, c, k.current.cred.uid, k.current.cred.euid, k.current.cred.suid),
    { linux: "kernel/sys.c sys_getresuid" },
  ),
  syscall("setfsuid", { uid: A.uid }, sysSetfsuid, { linux: "kernel/sys.c __sys_setfsuid" }),
  syscall("setgid", { gid: A.uid }, sysSetgid, { linux: "kernel/sys.c __sys_setgid" }),
  syscall("setregid", { rgid: A.uid, egid: A.uid }, sysSetregid, { linux: "kernel/sys.c __sys_setregid" }),
  syscall("setresgid", { rgid: A.uid, egid: A.uid, sgid: A.uid }, sysSetresgid, { linux: "kernel/sys.c __sys_setresgid" }),
  syscall(
    "getresgid",
    { rgid: A.intPtr("out"), egid: A.intPtr("out"), sgid: A.intPtr("out") },
    (k, a, b, c) => put3(k, a, b, c, k.current.cred.gid, k.current.cred.egid, k.current.cred.sgid),
    { linux: "kernel/sys.c sys_getresgid" },
  ),
  syscall("setfsgid", { gid: A.uid }, sysSetfsgid, { linux: "kernel/sys.c __sys_setfsgid" }),
];
