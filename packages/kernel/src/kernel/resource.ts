import type { Rlimit, Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_RESOURCE } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM, ESRCH } from "../uapi/errno.ts";
import {
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_MEMLOCK,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_RTPRIO,
  RLIMIT_SIGPENDING,
  RLIMIT_STACK,
  RUSAGE_CHILDREN,
  RUSAGE_SELF,
  RUSAGE_THREAD,
  rlimitNames,
  rlimitStruct,
  rusageStruct,
  rusageWhoNames,
} from "../uapi/resource.ts";
import { setU64 } from "../uapi/struct.ts";
import { capable } from "./capability.ts";
import { findTask } from "./pid.ts";
import { processTimes } from "./time/cpuClock.ts";
import { updateRlimitCpu } from "./time/cpuTimers.ts";

/** Soft limit of a task. @linux include/linux/sched/signal.h task_rlimit */
export function rlimit(task: Task, resource: number): number {
  return task.signal.rlim[resource]?.cur ?? RLIM_INFINITY;
}

/** Limits of the first process, as Debian's init has them. @linux include/asm-generic/resource.h INIT_RLIMITS */
export function initRlimits(): Rlimit[] {
  const r: Rlimit[] = Array.from({ length: RLIM_NLIMITS }, () => ({ cur: RLIM_INFINITY, max: RLIM_INFINITY }));
  const set = (i: number, cur: number, max = cur): void => {
    r[i] = { cur, max };
  };
  set(RLIMIT_STACK, 8 * 1024 * 1024, RLIM_INFINITY);
  set(RLIMIT_CORE, 0, RLIM_INFINITY);
  set(RLIMIT_NPROC, 31365);
  set(RLIMIT_NOFILE, 1024, 1048576);
  set(RLIMIT_MEMLOCK, 8 * 1024 * 1024);
  set(RLIMIT_AS, RLIM_INFINITY);
  set(RLIMIT_SIGPENDING, 31365);
  set(RLIMIT_MSGQUEUE, 819200);
  set(RLIMIT_NICE, 0);
  set(RLIMIT_RTPRIO, 0);
  return r;
}

const bytes16 = new Uint8Array(16);
const view16 = new DataView(bytes16.buffer);

function writeRlimit(k: Kernel, address: number, r: Rlimit): number {
  for (const [at, v] of [
    [0, r.cur],
    [8, r.max],
  ] as const) {
    if (v === RLIM_INFINITY) {
      view16.setInt32(at, -1, true);
      view16.setInt32(at + 4, -1, true);
    } else setU64(view16, at, v);
  }
  return copyToUser(k, address, bytes16, 0, 16);
}

function readRlimit(k: Kernel, address: number): Rlimit | null {
  if (copyFromUser(k, address, bytes16, 0, 16) !== 0) return null;
  const get = (at: number): number => {
    const lo = view16.getUint32(at, true);
    const hi = view16.getUint32(at + 4, true);
    return lo === 0xffffffff && hi === 0xffffffff ? RLIM_INFINITY : hi * 4294967296 + lo;
  };
  return { cur: get(0), max: get(8) };
}

const NR_OPEN = 1048576;

/** Reads and/or sets a limit. `old` is a result object to fill. @linux kernel/sys.c do_prlimit */
function doPrlimit(k: Kernel, task: Task, resource: number, next: Rlimit | null, old: Rlimit): number {
  if (resource >= RLIM_NLIMITS) return -EINVAL;
  const r = task.signal.rlim[resource] as Rlimit;
  if (next) {
    if (next.cur > next.max) return -EINVAL;
    if (resource === RLIMIT_NOFILE && next.max > NR_OPEN) return -EPERM;
    if (next.max > r.max && !capable(k, CAP_SYS_RESOURCE)) return -EPERM;
  }
  old.cur = r.cur;
  old.max = r.max;
  if (next) {
    task.signal.rlim[resource] = next;
    if (resource === RLIMIT_CPU && next.cur !== RLIM_INFINITY) updateRlimitCpu(k, task.signal);
  }
  return 0;
}

/** @linux kernel/sys.c check_prlimit_permission */
function mayPrlimit(k: Kernel, task: Task): boolean {
  if (task.signal === k.current.signal) return true;
  const c = k.current.cred;
  const t = task.cred;
  return (
    (c.uid === t.euid && c.uid === t.suid && c.uid === t.uid && c.gid === t.egid && c.gid === t.sgid && c.gid === t.gid) ||
    capable(k, CAP_SYS_RESOURCE)
  );
}

function sysPrlimit64(k: Kernel, pid: number, resource: number, newAddr: number, oldAddr: number): number {
  let next: Rlimit | null = null;
  if (newAddr !== 0) {
    next = readRlimit(k, newAddr);
    if (!next) return -EFAULT;
  }
  const task = pid === 0 ? k.current : findTask(k, pid);
  if (!task) return -ESRCH;
  if (!mayPrlimit(k, task)) return -EPERM;
  const old: Rlimit = { cur: 0, max: 0 };
  const r = doPrlimit(k, task, resource, next, old);
  if (r < 0) return r;
  return oldAddr !== 0 ? writeRlimit(k, oldAddr, old) : 0;
}

const times = { utime: 0, stime: 0 };

function fill(task: Task, self: boolean, children: boolean, threadOnly: boolean): Uint8Array {
  const g = task.signal;
  let utime = 0;
  let stime = 0;
  let minflt = 0;
  let majflt = 0;
  let nvcsw = 0;
  let nivcsw = 0;
  let maxrss = 0;
  if (children) {
    utime = g.cutime;
    stime = g.cstime;
    minflt = g.cminFlt;
    majflt = g.cmajFlt;
    nvcsw = g.cnvcsw;
    nivcsw = g.cnivcsw;
    maxrss = g.cmaxRss;
  }
  if (self) {
    if (threadOnly) {
      times.utime = task.utime;
      times.stime = task.stime;
    } else {
      processTimes(g, times);
      minflt += g.minFlt;
      majflt += g.majFlt;
      nvcsw += g.nvcsw;
      nivcsw += g.nivcsw;
    }
    utime += times.utime;
    stime += times.stime;
    for (const t of threadOnly ? [task] : g.threads.length > 0 ? g.threads : [g.leader]) {
      minflt += t.minFlt;
      majflt += t.majFlt;
      nvcsw += t.nvcsw;
      nivcsw += t.nivcsw;
    }
    maxrss = Math.max(maxrss, g.maxRss, task.mm ? Math.max(task.mm.maxRss, task.mm.rssAnon + task.mm.rssFile + task.mm.rssShmem) : 0);
  }
  const usec = (ns: number): { tv_sec: number; tv_usec: number } => ({
    tv_sec: Math.floor(ns / 1e9),
    tv_usec: Math.floor((ns % 1e9) / 1000),
  });
  return rusageStruct.bytes({
    ru_utime: usec(utime),
    ru_stime: usec(stime),
    ru_maxrss: maxrss * 4,
    ru_minflt: minflt,
    ru_majflt: majflt,
    ru_nvcsw: nvcsw,
    ru_nivcsw: nivcsw,
  });
}

/** A child's own usage and that of its children, as wait4 gives it (RUSAGE_BOTH). */
export function rusageBoth(task: Task): Uint8Array {
  return fill(task, true, true, false);
}

function sysGetrusage(k: Kernel, who: number, address: number): number {
  if (who !== RUSAGE_SELF && who !== RUSAGE_CHILDREN && who !== RUSAGE_THREAD) return -EINVAL;
  const r = fill(k.current, who !== RUSAGE_CHILDREN, who === RUSAGE_CHILDREN, who === RUSAGE_THREAD);
  return copyToUser(k, address, r, 0, r.length);
}

/** In clock ticks of 10 ms. @linux kernel/sys.c do_sys_times */
function sysTimes(k: Kernel, address: number): number {
  if (address !== 0) {
    const b = new Uint8Array(32);
    const v = new DataView(b.buffer);
    const g = k.current.signal;
    processTimes(g, times);
    [times.utime, times.stime, g.cutime, g.cstime].forEach((ns, i) => {
      setU64(v, i * 8, Math.floor(ns / 1e7));
    });
    if (copyToUser(k, address, b, 0, 32) !== 0) return -EFAULT;
  }
  return Math.floor(k.time.now() / 1e7);
}

export const resourceSyscalls: readonly SyscallDef[] = [
  syscall(
    "getrlimit",
    { resource: A.enum(rlimitNames, "u32"), rlim: A.struct(rlimitStruct, "out") },
    (k, resource, address) => {
      const old: Rlimit = { cur: 0, max: 0 };
      return doPrlimit(k, k.current, resource, null, old) || writeRlimit(k, address, old);
    },
    { linux: "kernel/sys.c sys_getrlimit" },
  ),
  syscall(
    "setrlimit",
    { resource: A.enum(rlimitNames, "u32"), rlim: A.struct(rlimitStruct, "in") },
    (k, resource, address) => {
      const next = readRlimit(k, address);
      return next ? doPrlimit(k, k.current, resource, next, { cur: 0, max: 0 }) : -EFAULT;
    },
    { linux: "kernel/sys.c sys_setrlimit" },
  ),
  syscall(
    "prlimit64",
    { pid: A.pid, resource: A.enum(rlimitNames, "u32"), new_rlim: A.struct(rlimitStruct, "in"), old_rlim: A.struct(rlimitStruct, "out") },
    sysPrlimit64,
    { linux: "kernel/sys.c sys_prlimit64" },
  ),
  syscall("getrusage", { who: A.enum(rusageWhoNames), ru: A.struct(rusageStruct, "out") }, sysGetrusage, {
    linux: "kernel/sys.c sys_getrusage",
  }),
  syscall("times", { tbuf: A.ptr }, sysTimes, { linux: "kernel/sys.c do_sys_times" }),
];
