import { enumNames, flagNames } from "@lstar/kernel/syscall/declare.ts";
import { afterExit } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { resultNotes } from "../result.ts";
import { signalText } from "../signals.ts";
import { enumText, flagsText, hex, pointer, quoteBytes } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { prctlSeccomp } from "./seccomp.ts";
import { timespecText } from "./time.ts";

const cloneFlags = flagNames("CLONE_???", {
  CLONE_NEWTIME: 0x80,
  CLONE_VM: 0x100,
  CLONE_FS: 0x200,
  CLONE_FILES: 0x400,
  CLONE_SIGHAND: 0x800,
  CLONE_PIDFD: 0x1000,
  CLONE_PTRACE: 0x2000,
  CLONE_VFORK: 0x4000,
  CLONE_PARENT: 0x8000,
  CLONE_THREAD: 0x10000,
  CLONE_NEWNS: 0x20000,
  CLONE_SYSVSEM: 0x40000,
  CLONE_SETTLS: 0x80000,
  CLONE_PARENT_SETTID: 0x100000,
  CLONE_CHILD_CLEARTID: 0x200000,
  CLONE_DETACHED: 0x400000,
  CLONE_UNTRACED: 0x800000,
  CLONE_CHILD_SETTID: 0x1000000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
  CLONE_IO: 0x80000000,
});

/** PTRACE_EVENT_* in the upper half of a tracee's wait status. */
const stopEvents: Record<number, string> = {
  1: "FORK",
  2: "VFORK",
  3: "CLONE",
  4: "EXEC",
  5: "VFORK_DONE",
  6: "EXIT",
  7: "SECCOMP",
  128: "STOP",
};

/** "[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]" without the brackets. */
export function waitStatusText(status: number): string {
  const sig = status & 0x7f;
  if ((status & 0xff) === 0x7f) {
    if (status === 0xffff) return "{WIFCONTINUED(s)}";
    const stop = (status >> 8) & 0xff;
    const event = status >>> 16;
    const name = stopEvents[event];
    const tail = event === 0 ? "" : `|${name ? `PTRACE_EVENT_${name}` : `${hex(event)} /* PTRACE_EVENT_??? */`}<<16`;
    return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalText(stop & 0x7f)}${stop & 0x80 ? " | 0x80" : ""}}${tail}`;
  }
  if (sig === 0) return `{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}`;
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalText(sig)}${status & 0x80 ? " && WCOREDUMP(s)" : ""}}`;
}

const waitStatus: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    if (c.ret === 0) return pointer(c.arg(i));
    const s = c.i32(c.arg(i));
    return s === null ? pointer(c.arg(i)) : `[${waitStatusText(s)}]`;
  });
const waitOptions = flagNames("W???", {
  WNOHANG: 1,
  WSTOPPED: 2,
  WEXITED: 4,
  WCONTINUED: 8,
  WNOWAIT: 0x01000000,
  __WNOTHREAD: 0x20000000,
  __WALL: 0x40000000,
  __WCLONE: 0x80000000,
});
const wait4Options = flagNames("W???", {
  WNOHANG: 1,
  WSTOPPED: 2,
  WEXITED: 4,
  WCONTINUED: 8,
  __WNOTHREAD: 0x20000000,
  __WALL: 0x40000000,
  __WCLONE: 0x80000000,
});
const idTypes = ["P_ALL", "P_PID", "P_PGID", "P_PIDFD"];

function environment(c: Call, address: number): string {
  if (address === 0) return "NULL";
  let n = 0;
  for (; ; n++) {
    const p = c.u64(address + 8 * n);
    if (p === null || p === 0) break;
  }
  return `${pointer(address)} /* ${n} ${n === 1 ? "var" : "vars"} */`;
}

/** Clone prints its arguments by name and in another order than the registers have. */
const cloneArguments: Record<number, ArgPrinter> = {
  0: (c) => `child_stack=${pointer(c.arg(1))}`,
  1: (c) => {
    const flags = (c.arg(0) % 2 ** 32) >>> 0;
    const sig = flags & 0xff;
    const bits = (flags & ~0xff) >>> 0;
    const names = bits === 0 ? "" : flagsText(cloneFlags, bits);
    return `flags=${[names, sig || !names ? (sig ? signalText(sig) : "0") : ""].filter(Boolean).join("|")}`;
  },
  2: (c) => {
    const flags = c.arg(0);
    if ((flags & 0x100000) === 0 && (flags & 0x1000) === 0) return "";
    if (!c.exiting) return null;
    const tid = c.failed ? null : c.i32(c.arg(2));
    return `parent_tid=${tid === null ? pointer(c.arg(2)) : `[${tid}]`}`;
  },
  3: (c) => {
    const parts: string[] = [];
    if (c.arg(0) & 0x80000) parts.push(`tls=${pointer(c.arg(4))}`);
    if (c.arg(0) & (0x1000000 | 0x200000)) parts.push(`child_tidptr=${pointer(c.arg(3))}`);
    return parts.join(", ");
  },
  4: () => "",
};

const resources = [
  "RLIMIT_CPU",
  "RLIMIT_FSIZE",
  "RLIMIT_DATA",
  "RLIMIT_STACK",
  "RLIMIT_CORE",
  "RLIMIT_RSS",
  "RLIMIT_NPROC",
  "RLIMIT_NOFILE",
  "RLIMIT_MEMLOCK",
  "RLIMIT_AS",
  "RLIMIT_LOCKS",
  "RLIMIT_SIGPENDING",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
];
const resource: ArgPrinter = (c, i) => resources[c.arg(i)] ?? `${hex(c.arg(i) >>> 0)} /* RLIMIT_??? */`;
function limitValue(n: number): string {
  if (n >= 2 ** 63) return "RLIM64_INFINITY";
  return n > 1024 && n % 1024 === 0 ? `${n / 1024}*1024` : String(n);
}
function rlimit(c: Call, address: number, infinity = "RLIM64_INFINITY"): string {
  if (address === 0) return "NULL";
  const cur = c.u64(address);
  const max = c.u64(address + 8);
  if (cur === null || max === null) return pointer(address);
  return `{rlim_cur=${limitValue(cur)}, rlim_max=${limitValue(max)}}`.replaceAll("RLIM64_INFINITY", infinity);
}

const archPrctl = enumNames("ARCH_???", {
  ARCH_SET_GS: 0x1001,
  ARCH_SET_FS: 0x1002,
  ARCH_GET_FS: 0x1003,
  ARCH_GET_GS: 0x1004,
  ARCH_GET_CPUID: 0x1011,
  ARCH_SET_CPUID: 0x1012,
});
const prctlOptions = enumNames("PR_???", {
  PR_SET_PDEATHSIG: 1,
  PR_GET_PDEATHSIG: 2,
  PR_GET_DUMPABLE: 3,
  PR_SET_DUMPABLE: 4,
  PR_GET_UNALIGN: 5,
  PR_SET_UNALIGN: 6,
  PR_GET_KEEPCAPS: 7,
  PR_SET_KEEPCAPS: 8,
  PR_GET_TIMING: 13,
  PR_SET_TIMING: 14,
  PR_SET_NAME: 15,
  PR_GET_NAME: 16,
  PR_GET_SECCOMP: 21,
  PR_SET_SECCOMP: 22,
  PR_CAPBSET_READ: 23,
  PR_CAPBSET_DROP: 24,
  PR_GET_TSC: 25,
  PR_SET_TSC: 26,
  PR_GET_SECUREBITS: 27,
  PR_SET_SECUREBITS: 28,
  PR_SET_TIMERSLACK: 29,
  PR_GET_TIMERSLACK: 30,
  PR_SET_MM: 35,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_GET_CHILD_SUBREAPER: 37,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_GET_NO_NEW_PRIVS: 39,
  PR_GET_TID_ADDRESS: 40,
  PR_SET_THP_DISABLE: 41,
  PR_GET_THP_DISABLE: 42,
  PR_CAP_AMBIENT: 47,
  PR_GET_SPECULATION_CTRL: 52,
  PR_SET_SPECULATION_CTRL: 53,
  PR_SET_VMA: 0x53564d41,
  PR_SET_PTRACER: 0x59616d61,
});

const PR_SET_SECCOMP = 22;

const prctlSecond: ArgPrinter = (c, i) => {
  if (c.arg(0) === PR_SET_SECCOMP) return prctlSeccomp(c, i);
  const v = c.arg(i);
  switch (c.arg(0)) {
    case 1:
      return signalText(v);
    case 15:
      return c.string(v, 15);
    case 16: {
      if (!c.exiting) return null;
      return c.failed ? pointer(v) : c.string(v, 16);
    }
    case 3:
    case 7:
    case 14:
    case 21:
    case 27:
    case 30:
    case 40:
      return c.arg(0) === 40 ? pointer(v) : "";
    case 4:
      return ["SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"][v] ?? String(v);
    case 2:
    case 37:
      if (!c.exiting) return null;
      return c.failed ? pointer(v) : `[${c.arg(0) === 2 ? signalText(c.i32(v) ?? 0) : c.i32(v)}]`;
    case 8:
    case 36:
    case 29:
    case 38:
      return String(v);
    case 0x53564d41:
      return v === 0 ? "PR_SET_VMA_ANON_NAME" : hex(v);
    default:
      return hex(v);
  }
};
const prctlRest: ArgPrinter = (c, i) => {
  if (c.arg(0) === PR_SET_SECCOMP) return prctlSeccomp(c, i);
  const option = c.arg(0);
  if ([38, 39, 41, 42, 47].includes(option) || (option === 0x53564d41 && i < 5)) {
    if (option === 0x53564d41 && i === 4) return c.arg(i) === 0 ? "NULL" : c.string(c.arg(i), 80);
    return option === 38 || option === 39 ? String(c.arg(i)) : hex(c.arg(i));
  }
  if ([1, 2, 3, 4, 7, 8, 14, 15, 16, 21, 23, 24, 25, 27, 28, 29, 30, 36, 37, 40].includes(option)) return "";
  return hex(c.arg(i));
};

const futexOps = [
  "FUTEX_WAIT",
  "FUTEX_WAKE",
  "FUTEX_FD",
  "FUTEX_REQUEUE",
  "FUTEX_CMP_REQUEUE",
  "FUTEX_WAKE_OP",
  "FUTEX_LOCK_PI",
  "FUTEX_UNLOCK_PI",
  "FUTEX_TRYLOCK_PI",
  "FUTEX_WAIT_BITSET",
  "FUTEX_WAKE_BITSET",
  "FUTEX_WAIT_REQUEUE_PI",
  "FUTEX_CMP_REQUEUE_PI",
  "FUTEX_LOCK_PI2",
];
const futexOp: ArgPrinter = (c, i) => {
  const op = c.arg(i);
  const name = futexOps[op & 127] ?? `${hex(op & 127)} /* FUTEX_??? */`;
  return `${name}${op & 128 ? "_PRIVATE" : ""}${op & 256 ? "|FUTEX_CLOCK_REALTIME" : ""}`;
};
const bitset = (v: number): string => (v >>> 0 === 0xffffffff ? "FUTEX_BITSET_MATCH_ANY" : hex(v >>> 0));
const wakeOps = ["FUTEX_OP_SET", "FUTEX_OP_ADD", "FUTEX_OP_OR", "FUTEX_OP_ANDN", "FUTEX_OP_XOR"];
const wakeCmps = ["FUTEX_OP_CMP_EQ", "FUTEX_OP_CMP_NE", "FUTEX_OP_CMP_LT", "FUTEX_OP_CMP_LE", "FUTEX_OP_CMP_GT", "FUTEX_OP_CMP_GE"];
function wakeOp(v: number): string {
  const op = (v >>> 28) & 15;
  const shift = op & 8 ? "FUTEX_OP_OPARG_SHIFT<<28|" : "";
  const opText = wakeOps[op & 7] ?? hex(op & 7);
  const cmp = wakeCmps[(v >>> 24) & 15] ?? hex((v >>> 24) & 15);
  return `${shift}${opText}<<28|${hex((v >> 12) & 0xfff)}<<12|${cmp}<<24|${hex(v & 0xfff)}`;
}
const futexArguments: Record<number, ArgPrinter> = {
  1: futexOp,
  2: (c) => {
    const op = c.arg(1) & 127;
    return op === 6 || op === 7 || op === 8 || op === 13
      ? ""
      : String(op === 1 || op === 10 || op === 3 || op === 5 ? c.arg(2) | 0 : c.arg(2) >>> 0);
  },
  3: (c) => {
    switch (c.arg(1) & 127) {
      case 0:
      case 6:
      case 9:
      case 11:
      case 13:
        return timespecText(c, c.arg(3));
      case 3:
      case 4:
      case 5:
      case 12:
        return String(c.arg(3) | 0);
      default:
        return "";
    }
  },
  4: (c) => {
    switch (c.arg(1) & 127) {
      case 3:
      case 4:
      case 5:
      case 11:
      case 12:
        return pointer(c.arg(4));
      case 9:
        return "NULL";
      case 10:
        return "";
      default:
        return "";
    }
  },
  5: (c) => {
    switch (c.arg(1) & 127) {
      case 4:
      case 12:
        return String(c.arg(5) >>> 0);
      case 5:
        return `${wakeOp(c.arg(5))}`;
      case 9:
      case 10:
        return bitset(c.arg(5));
      default:
        return "";
    }
  },
};
resultNotes.set("futex", () => null);

const cpuMask: ArgPrinter = (c, i) => {
  if (c.def.name === "sched_getaffinity" && !c.exiting) return null;
  const at = c.arg(i);
  if (c.exiting && c.ret! < 0) return pointer(at);
  return cpuMaskText(c, at, c.def.name === "sched_getaffinity" ? Math.max(0, c.ret ?? 0) : c.arg(1));
};

/** The processors in a mask of so many bytes: [0 1 5]. */
export function cpuMaskText(c: Call, at: number, size: number): string {
  const bytes = at === 0 ? null : c.memory(at, Math.min(size, 128));
  if (!bytes || bytes.length === 0) return pointer(at);
  const cpus: number[] = [];
  bytes.forEach((b, n) => {
    for (let bit = 0; bit < 8; bit++) if ((b >> bit) & 1) cpus.push(n * 8 + bit);
  });
  return `[${cpus.join(" ")}]`;
}

const policies = ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];
const policy: ArgPrinter = (c, i) => policies[c.arg(i) & ~0x40000000] ?? hex(c.arg(i) >>> 0);
const schedParam: ArgPrinter = (c, i) => {
  if (c.def.name === "sched_getparam" && !c.exiting) return null;
  const v = c.exiting && c.ret! < 0 ? null : c.i32(c.arg(i));
  return v === null ? pointer(c.arg(i)) : `[${v}]`;
};
resultNotes.set("sched_getscheduler", (c) => policies[c.ret!] ?? null);

const utsname: ArgPrinter = (c, i) =>
  afterExit(c, c.arg(i), () => {
    const b = c.memory(c.arg(i), 390);
    if (b.length < 390) return pointer(c.arg(i));
    const field = (n: number): string => {
      const f = b.subarray(n * 65, n * 65 + 65);
      return quoteBytes(f.subarray(0, Math.max(0, f.indexOf(0))));
    };
    return c.options.verbose
      ? `{sysname=${field(0)}, nodename=${field(1)}, release=${field(2)}, version=${field(3)}, machine=${field(4)}, domainname=${field(5)}}`
      : `{sysname=${field(0)}, nodename=${field(1)}, ...}`;
  });

const rusage: ArgPrinter = (c, i) =>
  afterExit(
    c,
    c.arg(i),
    () => `{ru_utime=${timespecText(c, c.arg(i), "tv_usec")}, ru_stime=${timespecText(c, c.arg(i) + 16, "tv_usec")}, ...}`,
  );
const usageWho: ArgPrinter = (c, i) =>
  ({ "0": "RUSAGE_SELF", "-1": "RUSAGE_CHILDREN", "1": "RUSAGE_THREAD" })[String(c.arg(i))] ?? `${hex(c.arg(i) >>> 0)} /* RUSAGE_??? */`;
const priorityWhich: ArgPrinter = (c, i) => ["PRIO_PROCESS", "PRIO_PGRP", "PRIO_USER"][c.arg(i)] ?? `${hex(c.arg(i) >>> 0)} /* PRIO_??? */`;
const groupList: ArgPrinter = (c, i) => {
  const out = c.def.name === "getgroups";
  if (out && !c.exiting) return null;
  const n = out ? (c.ret ?? 0) : c.arg(0);
  if (c.arg(i) === 0) return "NULL";
  if (out && (n < 0 || c.arg(0) === 0)) return pointer(c.arg(i));
  const list: string[] = [];
  for (let g = 0; g < Math.min(n, 32); g++) list.push(String(c.u32(c.arg(i) + 4 * g) ?? "?"));
  return `[${list.join(", ")}]`;
};

export const processPrinters: PrinterTable = {
  execve: { 2: (c) => environment(c, c.arg(2)) },
  execveat: { 3: (c) => environment(c, c.arg(3)) },
  clone: cloneArguments,
  wait4: {
    1: waitStatus,
    2: (c) => flagsText(wait4Options, c.arg(2)),
    3: (c) => (c.arg(3) === 0 ? "NULL" : c.exiting && c.ret! > 0 ? rusage(c, 3) : c.exiting ? pointer(c.arg(3)) : null),
  },
  waitid: { 0: (c) => idTypes[c.arg(0)] ?? hex(c.arg(0)), 3: (c) => flagsText(waitOptions, c.arg(3)) },
  prlimit64: { 1: resource, 2: (c) => rlimit(c, c.arg(2)), 3: (c) => afterExit(c, c.arg(3), () => rlimit(c, c.arg(3))) },
  getrlimit: { 0: resource, 1: (c) => afterExit(c, c.arg(1), () => rlimit(c, c.arg(1), "RLIM64_INFINITY")) },
  setrlimit: { 0: resource, 1: (c) => rlimit(c, c.arg(1), "RLIM64_INFINITY") },
  arch_prctl: {
    0: (c) => enumText(archPrctl, c.arg(0)),
    1: (c) =>
      (c.arg(0) & 0xfff) >= 3 && c.arg(0) < 0x1005 ? afterExit(c, c.arg(1), () => `[${pointer(c.u64(c.arg(1)) ?? 0)}]`) : hex(c.arg(1)),
  },
  prctl: { 0: (c) => enumText(prctlOptions, c.arg(0)), 1: prctlSecond, 2: prctlRest, 3: prctlRest, 4: prctlRest },
  futex: futexArguments,
  sched_getaffinity: { 2: cpuMask },
  sched_setaffinity: { 2: cpuMask },
  sched_setscheduler: { 1: policy, 2: schedParam },
  sched_getparam: { 1: schedParam },
  sched_setparam: { 1: schedParam },
  sched_get_priority_max: { 0: policy },
  sched_get_priority_min: { 0: policy },
  getpriority: { 0: priorityWhich },
  setpriority: { 0: priorityWhich },
  uname: { 0: utsname },
  getrusage: { 0: usageWho, 1: rusage },
  getgroups: { 1: groupList },
  setgroups: { 1: groupList },
  rseq: { 1: (c) => hex(c.arg(1)), 2: (c) => hex(c.arg(2)), 3: (c) => hex(c.arg(3)) },
};
