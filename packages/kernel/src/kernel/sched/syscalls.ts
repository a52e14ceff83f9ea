import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser, getUser32, putUser32 } from "../../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { CAP_SYS_NICE } from "../../uapi/capability.ts";
import { E2BIG, EACCES, EFAULT, EINVAL, EPERM, ESRCH } from "../../uapi/errno.ts";
import { PRIO_PGRP, PRIO_PROCESS, PRIO_USER, prioNames, RLIMIT_NICE, RLIMIT_RTPRIO } from "../../uapi/resource.ts";
import {
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_EXT,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
  schedAttrStruct,
  schedParamStruct,
  schedPolicyNames,
} from "../../uapi/sched.ts";
import { timespecStruct } from "../../uapi/time.ts";
import { capable } from "../capability.ts";
import { findProcessGroup, findTask } from "../pid.ts";
import { rlimit } from "../resource.ts";
import { SLICE_NS } from "./weight.ts";

const lookup = (k: Kernel, pid: number): Task | null => (pid === 0 ? k.current : findTask(k, pid));

/** The caller's euid is the target's uid or euid. @linux kernel/sched/syscalls.c check_same_owner */
function sameOwner(k: Kernel, t: Task): boolean {
  const euid = k.current.cred.euid;
  return euid === t.cred.euid || euid === t.cred.uid;
}

/** nice 19…-20 as RLIMIT_NICE counts it, 1…40. */
const niceToRlimit = (nice: number): number => 20 - nice;

/** @linux kernel/sched/syscalls.c set_user_nice */
function setNice(k: Kernel, t: Task, nice: number): void {
  t.nice = Math.max(-20, Math.min(19, nice));
  requeue(k, t, () => {});
}

/** Applies a change that affects the place on the run queue. */
function requeue(k: Kernel, t: Task, change: () => void): void {
  const queued = t.onRq;
  if (queued) k.sched.dequeue(t);
  change();
  if (queued) k.sched.enqueue(t);
  else if (t === k.current) k.sched.needResched = true;
}

/** @linux kernel/sys.c set_one_prio */
function setOnePrio(k: Kernel, t: Task, nice: number, error: number): number {
  const c = k.current.cred;
  if (t.cred.uid !== c.euid && t.cred.euid !== c.euid && !capable(k, CAP_SYS_NICE)) return -EPERM;
  if (nice < t.nice && niceToRlimit(nice) > rlimit(t, RLIMIT_NICE) && !capable(k, CAP_SYS_NICE)) return -EACCES;
  setNice(k, t, nice);
  return error === -ESRCH ? 0 : error;
}

/** The tasks that (which, who) names. */
function prioTargets(k: Kernel, which: number, who: number): Task[] {
  switch (which) {
    case PRIO_PROCESS: {
      const t = lookup(k, who);
      return t ? [t] : [];
    }
    case PRIO_PGRP:
      return findProcessGroup(k, who === 0 ? k.current.signal.pgrp : who).flatMap((l) =>
        l.signal.threads.length > 0 ? l.signal.threads : [l],
      );
    default: {
      const uid = who === 0 ? k.current.cred.uid : who;
      return [...k.pids.values()].filter((t) => t.cred.uid === uid && t !== k.initTask);
    }
  }
}

function sysSetpriority(k: Kernel, which: number, who: number, niceval: number): number {
  if (which > PRIO_USER || which < PRIO_PROCESS) return -EINVAL;
  const nice = Math.max(-20, Math.min(19, niceval));
  let error = -ESRCH;
  for (const t of prioTargets(k, which, who)) error = setOnePrio(k, t, nice, error);
  return error;
}

/** The highest priority among the targets, as 20 - nice. */
function sysGetpriority(k: Kernel, which: number, who: number): number {
  if (which > PRIO_USER || which < PRIO_PROCESS) return -EINVAL;
  let best = -ESRCH;
  for (const t of prioTargets(k, which, who)) best = Math.max(best, niceToRlimit(t.nice));
  return best;
}

const isRt = (policy: number): boolean => policy === SCHED_FIFO || policy === SCHED_RR;
const validPolicy = (p: number): boolean =>
  p === SCHED_NORMAL || p === SCHED_FIFO || p === SCHED_RR || p === SCHED_BATCH || p === SCHED_IDLE;

/** `policy` -1 keeps the present one. @linux kernel/sched/syscalls.c __sched_setscheduler */
function setScheduler(k: Kernel, t: Task, policyArg: number, priority: number, nice: number | null, resetArg: boolean | null): number {
  let policy = policyArg;
  let reset = resetArg;
  if (policy < 0) {
    policy = t.policy;
    reset = reset ?? t.resetOnFork;
  } else {
    if (reset === null) {
      reset = (policy & SCHED_RESET_ON_FORK) !== 0;
      policy &= ~SCHED_RESET_ON_FORK;
    }
    if (!validPolicy(policy)) return -EINVAL;
  }
  if (priority > 99 || priority < 0) return -EINVAL;
  if (isRt(policy) !== (priority !== 0)) return -EINVAL;
  if (!capable(k, CAP_SYS_NICE)) {
    if (nice !== null && !isRt(policy) && nice < t.nice && niceToRlimit(nice) > rlimit(t, RLIMIT_NICE)) return -EPERM;
    if (isRt(policy)) {
      const limit = rlimit(t, RLIMIT_RTPRIO);
      if (policy !== t.policy && limit === 0) return -EPERM;
      if (priority > t.rtPriority && priority > limit) return -EPERM;
    }
    if (t.policy === SCHED_IDLE && policy !== SCHED_IDLE && niceToRlimit(t.nice) > rlimit(t, RLIMIT_NICE)) return -EPERM;
    if (!sameOwner(k, t)) return -EPERM;
    if (t.resetOnFork && !reset) return -EPERM;
  }
  requeue(k, t, () => {
    t.resetOnFork = reset === true;
    t.policy = policy;
    t.rtPriority = priority;
    if (nice !== null && !isRt(policy)) t.nice = nice;
    t.vruntime = Math.max(t.vruntime, k.sched.minVruntime);
  });
  return 0;
}

function doSetscheduler(k: Kernel, pid: number, policy: number, param: number): number {
  if (param === 0 || pid < 0) return -EINVAL;
  const word = getUser32(k, param);
  if (word < 0) return -EFAULT;
  const t = lookup(k, pid);
  return t ? setScheduler(k, t, policy, word | 0, null, null) : -ESRCH;
}

const SCHED_FLAG_RESET_ON_FORK = 1;
const SCHED_FLAG_KEEP_POLICY = 8;
const SCHED_FLAG_KEEP_PARAMS = 0x10;
const SCHED_FLAG_ALL = 0x7f;
const ATTR_SIZE_VER0 = 48;

function sysSchedSetattr(k: Kernel, pid: number, address: number, flags: number): number {
  if (address === 0 || pid < 0 || flags !== 0) return -EINVAL;
  const sizeWord = getUser32(k, address);
  if (sizeWord < 0) return -EFAULT;
  const size = sizeWord === 0 ? ATTR_SIZE_VER0 : sizeWord;
  const tooBig = (): number => {
    putUser32(k, address, schedAttrStruct.size);
    return -E2BIG;
  };
  if (size < ATTR_SIZE_VER0 || size > 4096) return tooBig();
  const bytes = new Uint8Array(Math.max(size, schedAttrStruct.size));
  if (copyFromUser(k, address, bytes, 0, size) !== 0) return -EFAULT;
  for (let i = schedAttrStruct.size; i < size; i++) if (bytes[i] !== 0) return tooBig();
  const a = schedAttrStruct.parse(bytes) as { [name: string]: number };
  const attrFlags = a["sched_flags"] as number;
  const t = lookup(k, pid);
  if ((a["sched_policy"] as number) > 0x7fffffff) return -EINVAL;
  if (!t) return -ESRCH;
  if (attrFlags > SCHED_FLAG_ALL) return -EINVAL;
  let policy = attrFlags & SCHED_FLAG_KEEP_POLICY ? -1 : (a["sched_policy"] as number);
  let nice: number | null = Math.max(-20, Math.min(19, a["sched_nice"] as number));
  let priority = a["sched_priority"] as number;
  if (attrFlags & SCHED_FLAG_KEEP_PARAMS) {
    nice = null;
    priority = t.rtPriority;
  }
  if (policy === SCHED_DEADLINE) return -EPERM;
  if (policy < 0) policy = t.policy;
  return setScheduler(k, t, policy, priority, nice, (attrFlags & SCHED_FLAG_RESET_ON_FORK) !== 0);
}

function sysSchedGetattr(k: Kernel, pid: number, address: number, size: number, flags: number): number {
  if (address === 0 || pid < 0 || size > 4096 || size < ATTR_SIZE_VER0 || flags !== 0) return -EINVAL;
  const t = lookup(k, pid);
  if (!t) return -ESRCH;
  const n = Math.min(size, schedAttrStruct.size);
  const bytes = schedAttrStruct.bytes({
    size: n,
    sched_policy: t.policy,
    sched_flags: t.resetOnFork ? SCHED_FLAG_RESET_ON_FORK : 0,
    sched_nice: isRt(t.policy) ? 0 : t.nice,
    sched_priority: t.rtPriority,
    sched_runtime: isRt(t.policy) ? 0 : SLICE_NS,
    sched_util_max: 1024,
  });
  return copyToUser(k, address, bytes, 0, n);
}

/** One processor: any mask that contains it will do. @linux kernel/sched/syscalls.c sys_sched_setaffinity */
function sysSchedSetaffinity(k: Kernel, pid: number, length: number, address: number): number {
  const mask = new Uint8Array(1);
  const n = Math.min(length, 1);
  if (n > 0 && copyFromUser(k, address, mask, 0, n) !== 0) return -EFAULT;
  const t = lookup(k, pid);
  if (!t) return -ESRCH;
  if (!sameOwner(k, t) && !capable(k, CAP_SYS_NICE)) return -EPERM;
  return (mask[0] as number) & 1 ? 0 : -EINVAL;
}

function sysSchedGetaffinity(k: Kernel, pid: number, length: number, address: number): number {
  if (length * 8 < 1 || length & 7) return -EINVAL;
  if (!lookup(k, pid)) return -ESRCH;
  const mask = new Uint8Array(8);
  mask[0] = 1;
  return copyToUser(k, address, mask, 0, 8) !== 0 ? -EFAULT : 8;
}

function sysRrGetInterval(k: Kernel, pid: number, address: number): number {
  if (pid < 0) return -EINVAL;
  const t = lookup(k, pid);
  if (!t) return -ESRCH;
  const ns = t.policy === SCHED_FIFO ? 0 : t.policy === SCHED_RR ? 100_000_000 : SLICE_NS;
  const bytes = timespecStruct.bytes({ tv_sec: 0, tv_nsec: ns });
  return copyToUser(k, address, bytes, 0, bytes.length);
}

const policyArg = A.enum(schedPolicyNames);
const paramIn = A.struct(schedParamStruct, "in");
const paramOut = A.struct(schedParamStruct, "out");
const limitOf =
  (rt: number) =>
  (_k: Kernel, policy: number): number =>
    isRt(policy) ? rt : validPolicy(policy) || policy === SCHED_DEADLINE || policy === SCHED_EXT ? 0 : -EINVAL;

export const schedSyscalls: readonly SyscallDef[] = [
  syscall(
    "sched_yield",
    {},
    (k) => {
      k.sched.yieldTask();
      return 0;
    },
    { linux: "kernel/sched/syscalls.c do_sched_yield" },
  ),
  syscall("setpriority", { which: A.enum(prioNames), who: A.int, niceval: A.int }, sysSetpriority, {
    linux: "kernel/sys.c sys_setpriority",
  }),
  syscall("getpriority", { which: A.enum(prioNames), who: A.int }, sysGetpriority, { linux: "kernel/sys.c sys_getpriority" }),
  syscall("sched_setparam", { pid: A.pid, param: paramIn }, (k, pid, param) => doSetscheduler(k, pid, -1, param), {
    linux: "kernel/sched/syscalls.c sys_sched_setparam",
  }),
  syscall(
    "sched_getparam",
    { pid: A.pid, param: paramOut },
    (k, pid, param) => {
      if (param === 0 || pid < 0) return -EINVAL;
      const t = lookup(k, pid);
      return t ? putUser32(k, param, t.rtPriority) : -ESRCH;
    },
    { linux: "kernel/sched/syscalls.c sys_sched_getparam" },
  ),
  syscall(
    "sched_setscheduler",
    { pid: A.pid, policy: policyArg, param: paramIn },
    (k, pid, policy, param) => (policy < 0 ? -EINVAL : doSetscheduler(k, pid, policy, param)),
    { linux: "kernel/sched/syscalls.c sys_sched_setscheduler" },
  ),
  syscall(
    "sched_getscheduler",
    { pid: A.pid },
    (k, pid) => {
      if (pid < 0) return -EINVAL;
      const t = lookup(k, pid);
      return t ? t.policy | (t.resetOnFork ? SCHED_RESET_ON_FORK : 0) : -ESRCH;
    },
    { linux: "kernel/sched/syscalls.c sys_sched_getscheduler" },
  ),
  syscall("sched_get_priority_max", { policy: policyArg }, limitOf(99), { linux: "kernel/sched/syscalls.c sys_sched_get_priority_max" }),
  syscall("sched_get_priority_min", { policy: policyArg }, limitOf(1), { linux: "kernel/sched/syscalls.c sys_sched_get_priority_min" }),
  syscall("sched_rr_get_interval", { pid: A.pid, interval: A.struct(timespecStruct, "out") }, sysRrGetInterval, {
    linux: "kernel/sched/syscalls.c sys_sched_rr_get_interval",
  }),
  syscall("sched_setaffinity", { pid: A.pid, len: A.uint, user_mask_ptr: A.ptr }, sysSchedSetaffinity, {
    linux: "kernel/sched/syscalls.c sys_sched_setaffinity",
  }),
  syscall("sched_getaffinity", { pid: A.pid, len: A.uint, user_mask_ptr: A.ptr }, sysSchedGetaffinity, {
    linux: "kernel/sched/syscalls.c sys_sched_getaffinity",
  }),
  syscall("sched_setattr", { pid: A.pid, uattr: A.struct(schedAttrStruct, "in"), flags: A.uint }, sysSchedSetattr, {
    linux: "kernel/sched/syscalls.c sys_sched_setattr",
  }),
  syscall("sched_getattr", { pid: A.pid, uattr: A.struct(schedAttrStruct, "out"), usize: A.uint, flags: A.uint }, sysSchedGetattr, {
    linux: "kernel/sched/syscalls.c sys_sched_getattr",
  }),
];
