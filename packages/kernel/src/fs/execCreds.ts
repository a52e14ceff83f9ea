import type { Cred, Task } from "../include/linux/sched.ts";
import { CAP_EMPTY, CAP_FULL, capAnd, capOr, capRaised, capSubset } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { CAP_SYS_PTRACE, SECBIT_KEEP_CAPS } from "../uapi/capability.ts";
import type { Binprm } from "./exec.ts";

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;
const MNT_NOSUID = 2;
const SECURE_NOROOT = 1;
/** Parts of a personality that a change of identity takes away. @linux include/uapi/linux/personality.h PER_CLEAR_ON_SETID */
const PER_CLEAR_ON_SETID = 0x0400000 | 0x0040000 | 0x0200000 | 0x0100000;

/** Who the new program runs as: setuid and setgid bits, then capabilities. @linux fs/exec.c bprm_creds_from_file */
export function bprmCredsFromFile(k: Kernel, prm: Binprm): void {
  const { inode, path } = prm.file;
  const { cred } = prm;
  const old = k.current.cred;
  if (!(path.mnt.flags & MNT_NOSUID) && !k.current.noNewPrivs) {
    if (inode.mode & S_ISUID) {
      prm.perClear |= PER_CLEAR_ON_SETID;
      cred.euid = inode.uid;
    }
    if ((inode.mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) {
      prm.perClear |= PER_CLEAR_ON_SETID;
      cred.egid = inode.gid;
    }
  }
  cred.suid = cred.fsuid = cred.euid;
  cred.sgid = cred.fsgid = cred.egid;
  const grows = cred.euid !== old.euid || cred.egid !== old.egid;
  if (grows && !ptracerCapable(k.current)) {
    // A tracer without privileges must not get a program that has them.
    cred.euid = cred.suid = cred.fsuid = cred.uid;
    cred.egid = cred.sgid = cred.fsgid = cred.gid;
  }
  const setid = cred.euid !== old.euid || cred.egid !== old.egid;
  capabilities(cred, setid);
  cred.securebits &= ~SECBIT_KEEP_CAPS;
  // The libraries must distrust the environment.
  const grown = cred.uid !== 0 && !capSubset(cred.capPermitted, cred.capAmbient);
  prm.secure = setid || grown;
}

/** @linux kernel/ptrace.c ptracer_capable */
function ptracerCapable(task: Task): boolean {
  return task.ptracerCred === null || capRaised(task.ptracerCred.capEffective, CAP_SYS_PTRACE);
}

/** Capabilities after exec; files have none of their own here. @linux security/commoncap.c cap_bprm_creds_from_file */
function capabilities(cred: Cred, setid: boolean): void {
  if (setid) cred.capAmbient = CAP_EMPTY;
  cred.capPermitted = cred.capAmbient;
  cred.capEffective = cred.capAmbient;
  if (cred.securebits & SECURE_NOROOT || (cred.euid !== 0 && cred.uid !== 0)) return;
  // Root has what it may inherit and what the bounding set allows.
  cred.capPermitted = capOr(capAnd(cred.capBounding, CAP_FULL), cred.capInheritable);
  if (cred.euid === 0) cred.capEffective = cred.capPermitted;
}
