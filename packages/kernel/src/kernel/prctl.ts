import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, putUser32, putUser64, strncpyFromUser } from "../mm/usercopy.ts";
import { setAnonVmaName } from "../mm/vmaName.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_LAST_CAP, CAP_SETPCAP, CAP_SYS_RESOURCE, SECBIT_KEEP_CAPS, SECBIT_NO_CAP_AMBIENT_RAISE } from "../uapi/capability.ts";
import { EFAULT, EINVAL, ENODEV, ENXIO, EPERM } from "../uapi/errno.ts";
import * as P from "../uapi/prctl.ts";
import { setU64 } from "../uapi/struct.ts";
import { CAP_EMPTY, capable, capBit, capDrop, capOr, capRaised, commitCreds, prepareCreds } from "./capability.ts";
import { prctlSetSeccomp } from "./seccomp.ts";

const TASK_COMM_LEN = 16;
const PR_TSC_ENABLE = 1;
const PR_TSC_SIGSEGV = 2;
const PR_MCE_KILL_DEFAULT = 2;
const SECURE_ALL_BITS = 0x55 | 0xaa;
const SECURE_ALL_LOCKS = 0xaa;

/** @linux kernel/sys.c sys_prctl */
function sysPrctl(k: Kernel, option: number, arg2: number, arg3: number, arg4: number, arg5: number): number {
  const task = k.current;
  const cred = task.cred;
  switch (option) {
    case P.PR_SET_PDEATHSIG:
      if (arg2 > 64) return -EINVAL;
      task.pdeathSignal = arg2;
      return 0;
    case P.PR_GET_PDEATHSIG:
      return putUser32(k, arg2, task.pdeathSignal);
    case P.PR_GET_DUMPABLE:
      return task.mm?.dumpable ?? 0;
    case P.PR_SET_DUMPABLE:
      if (arg2 !== 0 && arg2 !== 1) return -EINVAL;
      if (task.mm) task.mm.dumpable = arg2;
      return 0;
    case P.PR_GET_KEEPCAPS:
      return cred.securebits & SECBIT_KEEP_CAPS ? 1 : 0;
    case P.PR_SET_KEEPCAPS: {
      if (arg2 > 1) return -EINVAL;
      if (cred.securebits & (SECBIT_KEEP_CAPS << 1)) return -EPERM;
      const c = prepareCreds(cred);
      c.securebits = arg2 ? c.securebits | SECBIT_KEEP_CAPS : c.securebits & ~SECBIT_KEEP_CAPS;
      commitCreds(task, c);
      return 0;
    }
    case P.PR_GET_TIMING:
      return 0;
    case P.PR_SET_TIMING:
      return arg2 !== 0 ? -EINVAL : 0;
    case P.PR_SET_NAME: {
      const bytes = new Uint8Array(TASK_COMM_LEN);
      const name = strncpyFromUser(k, arg2, TASK_COMM_LEN - 1);
      if (typeof name === "string") {
        task.comm = name;
        return 0;
      }
      // Longer names are cut.
      if (copyFromUser(k, arg2, bytes, 0, TASK_COMM_LEN - 1) !== 0) return -EFAULT;
      task.comm = String.fromCharCode(...bytes.subarray(0, TASK_COMM_LEN - 1));
      return 0;
    }
    case P.PR_GET_NAME: {
      const bytes = new Uint8Array(TASK_COMM_LEN);
      for (let i = 0; i < task.comm.length && i < TASK_COMM_LEN - 1; i++) bytes[i] = task.comm.charCodeAt(i);
      return copyToUser(k, arg2, bytes, 0, TASK_COMM_LEN);
    }
    case P.PR_GET_SECCOMP:
      return task.seccompMode;
    case P.PR_SET_SECCOMP:
      return prctlSetSeccomp(k, arg2, arg3);
    case P.PR_CAPBSET_READ:
      return arg2 > CAP_LAST_CAP ? -EINVAL : capRaised(cred.capBounding, arg2) ? 1 : 0;
    case P.PR_CAPBSET_DROP: {
      if (!capable(k, CAP_SETPCAP)) return -EPERM;
      if (arg2 > CAP_LAST_CAP) return -EINVAL;
      const c = prepareCreds(cred);
      c.capBounding = capDrop(c.capBounding, capBit(arg2));
      commitCreds(task, c);
      return 0;
    }
    case P.PR_GET_TSC:
      return putUser32(k, arg2, task.tscFault ? PR_TSC_SIGSEGV : PR_TSC_ENABLE);
    case P.PR_SET_TSC:
      if (arg2 !== PR_TSC_ENABLE && arg2 !== PR_TSC_SIGSEGV) return -EINVAL;
      task.tscFault = k.machine.tscFault = arg2 === PR_TSC_SIGSEGV;
      return 0;
    case P.PR_GET_SECUREBITS:
      return cred.securebits;
    case P.PR_SET_SECUREBITS:
      return setSecurebits(k, arg2);
    case P.PR_GET_TIMERSLACK:
      return task.timerSlack;
    case P.PR_SET_TIMERSLACK:
      task.timerSlack = arg2 <= 0 || arg2 > Number.MAX_SAFE_INTEGER ? task.defaultTimerSlack : arg2;
      return 0;
    case P.PR_TASK_PERF_EVENTS_DISABLE:
    case P.PR_TASK_PERF_EVENTS_ENABLE:
      return 0;
    case P.PR_MCE_KILL:
      if (arg4 || arg5) return -EINVAL;
      return arg2 <= 1 ? 0 : -EINVAL;
    case P.PR_MCE_KILL_GET:
      return arg2 || arg3 || arg4 || arg5 ? -EINVAL : PR_MCE_KILL_DEFAULT;
    case P.PR_SET_MM:
      return capable(k, CAP_SYS_RESOURCE) ? -EINVAL : -EPERM;
    case P.PR_SET_CHILD_SUBREAPER:
      task.signal.isChildSubreaper = arg2 !== 0;
      if (arg2 !== 0) markDescendants(k);
      return 0;
    case P.PR_GET_CHILD_SUBREAPER:
      return putUser32(k, arg2, task.signal.isChildSubreaper ? 1 : 0);
    case P.PR_SET_NO_NEW_PRIVS:
      if (arg2 !== 1 || arg3 || arg4 || arg5) return -EINVAL;
      task.noNewPrivs = true;
      return 0;
    case P.PR_GET_NO_NEW_PRIVS:
      return arg2 || arg3 || arg4 || arg5 ? -EINVAL : task.noNewPrivs ? 1 : 0;
    case P.PR_GET_TID_ADDRESS:
      return putUser64(k, arg2, task.clearChildTid);
    case P.PR_SET_THP_DISABLE:
      if (arg3 || arg4 || arg5) return -EINVAL;
      task.thpDisable = arg2 !== 0;
      return 0;
    case P.PR_GET_THP_DISABLE:
      return arg2 || arg3 || arg4 || arg5 ? -EINVAL : task.thpDisable ? 1 : 0;
    case P.PR_CAP_AMBIENT:
      return capAmbient(k, arg2, arg3, arg4, arg5);
    case P.PR_GET_SPECULATION_CTRL:
      if (arg3 || arg4 || arg5) return -EINVAL;
      // 0: this processor is not affected.
      return arg2 <= 2 ? 0 : -ENODEV;
    case P.PR_SET_SPECULATION_CTRL:
      if (arg4 || arg5) return -EINVAL;
      return arg2 <= 2 ? -ENXIO : -ENODEV;
    case P.PR_SET_IO_FLUSHER:
    case P.PR_GET_IO_FLUSHER:
      if (!capable(k, CAP_SYS_RESOURCE)) return -EPERM;
      return arg3 || arg4 || arg5 || (option === P.PR_SET_IO_FLUSHER ? arg2 > 1 : arg2) ? -EINVAL : 0;
    case P.PR_SET_MDWE:
      if (arg3 || arg4 || arg5 || arg2 > 3) return -EINVAL;
      if (task.mdwe !== 0 && task.mdwe !== arg2) return -EPERM;
      task.mdwe = arg2;
      return 0;
    case P.PR_GET_MDWE:
      return arg2 || arg3 || arg4 || arg5 ? -EINVAL : task.mdwe;
    case P.PR_SET_VMA:
      return arg2 === P.PR_SET_VMA_ANON_NAME ? setAnonVmaName(k, arg3, arg4, arg5) : -EINVAL;
    case P.PR_GET_AUXV: {
      if (arg4 || arg5) return -EINVAL;
      const auxv = task.mm?.auxv ?? [];
      const bytes = new Uint8Array(auxv.length * 8);
      const view = new DataView(bytes.buffer);
      auxv.forEach((n, i) => {
        setU64(view, i * 8, n);
      });
      return copyToUser(k, arg2, bytes, 0, Math.min(arg3, bytes.length)) !== 0 ? -EFAULT : bytes.length;
    }
    default:
      return -EINVAL;
  }
}

/** All processes below the caller now look for a subreaper when they are orphaned. @linux kernel/sys.c propagate_has_child_subreaper */
function markDescendants(k: Kernel): void {
  const visit = (children: readonly (typeof k.current)[]): void => {
    for (const c of children) {
      if (c.signal.hasChildSubreaper) continue;
      c.signal.hasChildSubreaper = true;
      for (const t of c.signal.threads) visit(t.children);
    }
  };
  for (const t of k.current.signal.threads) visit(t.children);
}

/** @linux security/commoncap.c cap_task_prctl PR_SET_SECUREBITS */
function setSecurebits(k: Kernel, bits: number): number {
  const old = k.current.cred.securebits;
  const changesLocked = ((old & SECURE_ALL_LOCKS) >> 1) & (old ^ bits);
  if (changesLocked || old & SECURE_ALL_LOCKS & ~bits || bits & ~SECURE_ALL_BITS || bits > 0xff || !capable(k, CAP_SETPCAP)) return -EPERM;
  const c = prepareCreds(k.current.cred);
  c.securebits = bits;
  commitCreds(k.current, c);
  return 0;
}

/** @linux security/commoncap.c cap_task_prctl PR_CAP_AMBIENT */
function capAmbient(k: Kernel, op: number, cap: number, arg4: number, arg5: number): number {
  const cred = k.current.cred;
  if (op === P.PR_CAP_AMBIENT_CLEAR_ALL) {
    if (cap || arg4 || arg5) return -EINVAL;
    const c = prepareCreds(cred);
    c.capAmbient = CAP_EMPTY;
    commitCreds(k.current, c);
    return 0;
  }
  if (cap > CAP_LAST_CAP || arg4 || arg5) return -EINVAL;
  if (op === P.PR_CAP_AMBIENT_IS_SET) return capRaised(cred.capAmbient, cap) ? 1 : 0;
  if (op !== P.PR_CAP_AMBIENT_RAISE && op !== P.PR_CAP_AMBIENT_LOWER) return -EINVAL;
  if (
    op === P.PR_CAP_AMBIENT_RAISE &&
    (!capRaised(cred.capPermitted, cap) || !capRaised(cred.capInheritable, cap) || cred.securebits & SECBIT_NO_CAP_AMBIENT_RAISE)
  ) {
    return -EPERM;
  }
  const c = prepareCreds(cred);
  c.capAmbient = op === P.PR_CAP_AMBIENT_RAISE ? capOr(c.capAmbient, capBit(cap)) : capDrop(c.capAmbient, capBit(cap));
  commitCreds(k.current, c);
  return 0;
}

export const prctlSyscalls: readonly SyscallDef[] = [
  syscall(
    "prctl",
    { option: { ...A.enum(P.prctlNames), kind: "custom" }, arg2: A.custom(), arg3: A.custom(), arg4: A.custom(), arg5: A.custom() },
    sysPrctl,
    {
      linux: "kernel/sys.c sys_prctl",
    },
  ),
];
