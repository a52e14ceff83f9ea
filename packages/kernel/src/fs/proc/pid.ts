import type { Path } from "../../include/linux/fs.ts";
import type { MmStruct } from "../../include/linux/mm_types.ts";
import { TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_UNINTERRUPTIBLE, type Task } from "../../include/linux/sched.ts";
import { auditSetLoginuid } from "../../kernel/audit/netlink.ts";
import { capable } from "../../kernel/capability.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import type { UtsNamespace } from "../../kernel/utsname.ts";
import type { Kernel } from "../../kernel.ts";
import { accessRemoteVm } from "../../mm/remote.ts";
import { CAP_SYS_NICE, CAP_SYS_RESOURCE } from "../../uapi/capability.ts";
import { EACCES, EINVAL, ENOENT, EPERM } from "../../uapi/errno.ts";
import { dPath } from "../dcache.ts";
import { type MountTable, mountTable, showMountinfo, showMounts } from "../namespace.ts";
import { nsPath } from "../nsfs.ts";
import { file, hex, type ProcEntry, procGlobal, procTask, text } from "./entry.ts";

const PAGE = 4096;

/** Text in a process's memory. */
function remoteText(k: Kernel, mm: MmStruct, start: number, end: number): string {
  const bytes = new Uint8Array(Math.max(0, Math.min(end - start, 2 * 1024 * 1024)));
  const n = accessRemoteVm(k, mm, start, bytes, false, true);
  let out = "";
  for (let i = 0; i < n; i += PAGE) out += String.fromCharCode(...bytes.subarray(i, Math.min(n, i + PAGE)));
  return out;
}

/**
 * The arguments; a program that wrote over them (setproctitle) shows what it wrote, up to the first
 * NUL, even beyond into the environment. @linux fs/proc/base.c get_mm_cmdline
 */
function cmdline(k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm || mm.envEnd === 0 || mm.argStart >= mm.argEnd) return "";
  const args = remoteText(k, mm, mm.argStart, mm.argEnd);
  if (args.endsWith("\0") || args.length < mm.argEnd - mm.argStart) return args;
  const all = mm.envStart === mm.argEnd ? args + remoteText(k, mm, mm.envStart, mm.envEnd) : args;
  const nul = all.indexOf("\0", args.length - 1);
  return nul < 0 ? all : all.slice(0, nul);
}

function environ(k: Kernel, task: Task): string {
  const { mm } = task;
  return mm && mm.envEnd !== 0 ? remoteText(k, mm, mm.envStart, mm.envEnd) : "";
}

/** A link to a place, which also is where following it leads. */
function placeLink(place: (task: Task) => Path | null): ProcEntry {
  return {
    mode: 0o777,
    inspect: true,
    link(k, task) {
      const path = place(task);
      return path ? dPath(k, path) : -ENOENT;
    },
    follow: (_k, task) => place(task) ?? -ENOENT,
  };
}

function setComm(k: Kernel, task: Task, value: string): number {
  if (task.signal !== k.current.signal) return -EINVAL;
  const nul = value.indexOf("\0");
  task.comm = (nul < 0 ? value : value.slice(0, nul)).slice(0, 15);
  return 0;
}

const limitNames: readonly [name: string, unit: string][] = [
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", ""],
  ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
];

/** @linux fs/proc/base.c proc_pid_limits */
function limits(_k: Kernel, task: Task): string {
  const value = (n: number): string => (n === Number.POSITIVE_INFINITY ? "unlimited" : String(n)).padEnd(20);
  let out = "Limit                     Soft Limit           Hard Limit           Units     \n";
  limitNames.forEach(([name, unit], i) => {
    const r = task.signal.rlim[i] ?? { cur: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY };
    out += `${name.padEnd(25)} ${value(r.cur)} ${value(r.max)} ${unit === "" ? "\n" : `${unit.padEnd(10)}\n`}`;
  });
  return out;
}

function storeOomScoreAdj(k: Kernel, task: Task, value: string): number {
  const s = value.trim();
  if (!/^-?\d+$/.test(s)) return -EINVAL;
  const n = Number(s);
  if (n < -1000 || n > 1000) return -EINVAL;
  if (n < task.signal.oomScoreAdj && !capable(k, CAP_SYS_RESOURCE)) return -EACCES;
  task.signal.oomScoreAdj = n;
  return 0;
}

/** Share of memory in thousandths, shifted by the adjustment. @linux mm/oom_kill.c oom_badness */
function oomScore(k: Kernel, task: Task): string {
  const { mm } = task;
  const pages = mm ? mm.rssAnon + mm.rssFile + mm.rssShmem : 0;
  const total = k.machine.phys.limitFrames;
  const points = pages + (task.signal.oomScoreAdj * total) / 1000;
  const score = task.signal.oomScoreAdj === -1000 || !mm ? 0 : Math.max(0, Math.floor(((1000 + (points * 1000) / total) * 2) / 3));
  return `${score}\n`;
}

/** State of a system call: its number and arguments, or where the program runs. @linux fs/proc/base.c proc_pid_syscall */
function syscallState(k: Kernel, task: Task): string | number {
  if (task === k.current || task.state === TASK_RUNNING) return "running\n";
  const { ctx } = task;
  const reg = (n: number): string => `0x${hex(ctx.get(n))}`;
  if (task.syscallNr < 0) return `-1 ${reg(4)} 0x${hex(ctx.rip)}\n`;
  return `${task.syscallNr} ${[7, 6, 2, 10, 8, 9].map(reg).join(" ")} ${reg(4)} 0x${hex(ctx.rip)}\n`;
}

/** Only sleepers have a place in the kernel. */
function sleeping(k: Kernel, task: Task): boolean {
  return task !== k.current && (task.state === TASK_INTERRUPTIBLE || task.state === TASK_UNINTERRUPTIBLE);
}

/** The name of the wait function, which is 0 to those who may not look. @linux fs/proc/base.c proc_pid_wchan */
function wchan(k: Kernel, task: Task): string {
  if (!ptraceMayAccess(k, task, true) || !sleeping(k, task)) return "0";
  return task.deadline !== Number.POSITIVE_INFINITY && task.waits.length === 0 ? "hrtimer_nanosleep" : "schedule";
}

/** mount statistics. @linux fs/proc_namespace.c show_vfsstat */
function mountstats(k: Kernel, task: Task): string {
  const places = showMounts(k, task)
    .split("\n")
    .filter((l) => l !== "");
  return places
    .map((line) => {
      const [source, at, type] = line.split(" ");
      return `device ${source} mounted on ${at} with fstype ${type}\n`;
    })
    .join("");
}

/** Namespaces: links with made-up numbers, as the initial ones have. @linux include/linux/proc_ns.h */
const namespaces: readonly [name: string, shown: string, number: number][] = [
  ["cgroup", "cgroup", 4026531835],
  ["ipc", "ipc", 4026531839],
  ["mnt", "mnt", 4026531841],
  ["net", "net", 4026531840],
  ["pid", "pid", 4026531836],
  ["pid_for_children", "pid", 4026531836],
  ["time", "time", 4026531834],
  ["time_for_children", "time", 4026531834],
  ["user", "user", 4026531837],
  ["uts", "uts", 4026531838],
];

/** The task's namespace of a kind, null if it is the first. */
const ownNamespace = (type: string, task: Task): MountTable | UtsNamespace | null =>
  type === "mnt" ? task.mntNs : type === "uts" ? task.utsNs : null;

const idMap: ProcEntry = { mode: 0o644, show: () => "         0          0 4294967295\n", store: () => -EPERM };

/** struct Elf64_auxv_t pairs, the null pair at the end included. */
function auxv(_k: Kernel, task: Task): string {
  let out = "";
  for (const n of task.mm?.auxv ?? []) {
    for (let i = 0, v = n; i < 8; i++, v = Math.floor(v / 256)) out += String.fromCharCode(v % 256);
  }
  return out;
}

/** Scheduler statistics: times in ms with six digits. @linux kernel/sched/debug.c proc_sched_show_task */
function sched(_k: Kernel, task: Task): string {
  const ms = (ns: number): string => `${Math.floor(ns / 1e6)}.${String(Math.floor(ns % 1e6)).padStart(6, "0")}`;
  const line = (name: string, value: string): string => `${name.padEnd(45)}:${value.padStart(21)}\n`;
  const prio = task.policy === 1 || task.policy === 2 ? 99 - task.rtPriority : 120 + task.nice;
  return (
    `${task.comm} (${task.pid}, #threads: ${task.signal.threads.length})\n${"-".repeat(67)}\n` +
    line("se.exec_start", ms(task.startTime)) +
    line("se.vruntime", ms(task.vruntime)) +
    line("se.sum_exec_runtime", ms(task.utime + task.stime)) +
    line("nr_switches", String(task.nvcsw + task.nivcsw)) +
    line("nr_voluntary_switches", String(task.nvcsw)) +
    line("nr_involuntary_switches", String(task.nivcsw)) +
    line("policy", String(task.policy)) +
    line("prio", String(prio))
  );
}

function storeTimerslack(k: Kernel, task: Task, value: string): number {
  if (task !== k.current && !capable(k, CAP_SYS_NICE)) return -EPERM;
  if (!/^\d+\s*$/.test(value)) return -EINVAL;
  task.timerSlack = Number(value) || task.defaultTimerSlack;
  return 0;
}

procTask({
  cmdline: file(cmdline),
  comm: { mode: 0o644, show: (_k, task) => `${task.comm}\n`, store: setComm },
  environ: { mode: 0o400, show: environ, inspectOpen: true },
  auxv: { mode: 0o400, show: auxv, inspectOpen: true },
  exe: placeLink((task) => task.mm?.exeFile?.path ?? null),
  cwd: placeLink((task) => (task.exitState === 0 ? task.fs.pwd : null)),
  root: placeLink((task) => (task.exitState === 0 ? task.fs.root : null)),
  mounts: { mode: 0o444, show: showMounts, changes: mountTable },
  mountinfo: { mode: 0o444, show: showMountinfo, changes: mountTable },
  mountstats: { mode: 0o400, show: mountstats, changes: mountTable, tgidOnly: true },
  limits: file(limits),
  io: {
    mode: 0o400,
    inspect: true,
    show: () => "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
  },
  cgroup: text("0::/\n"),
  cpuset: text("/\n"),
  oom_score: file(oomScore),
  oom_adj: { mode: 0o644, show: (_k, task) => `${Math.trunc((task.signal.oomScoreAdj * 17) / 1000)}\n` },
  oom_score_adj: { mode: 0o644, show: (_k, task) => `${task.signal.oomScoreAdj}\n`, store: storeOomScoreAdj },
  loginuid: {
    mode: 0o644,
    show: (_k, task) => String(task.loginuid),
    /** @linux fs/proc/base.c proc_loginuid_write */
    store(k, task, value) {
      if (task !== k.current) return -EPERM;
      if (!/^\d+\s*$/.test(value) || Number(value) > 0xffffffff) return -EINVAL;
      return auditSetLoginuid(k, Number(value));
    },
  },
  sessionid: file((_k, task) => String(task.sessionid)),
  personality: { mode: 0o400, inspect: true, show: (_k, task) => `${hex(task.personality >>> 0, 8)}\n` },
  syscall: { mode: 0o400, inspect: true, show: syscallState },
  stack: { mode: 0o400, inspect: true, show: () => "" },
  wchan: file(wchan),
  uid_map: idMap,
  gid_map: idMap,
  projid_map: idMap,
  setgroups: { mode: 0o644, show: () => "allow\n", store: () => -EPERM, tgidOnly: true },
  sched: { mode: 0o644, show: sched, store: () => 0 },
  schedstat: file((_k, task) => `${task.utime + task.stime} 0 ${task.nvcsw + task.nivcsw}\n`),
  autogroup: { mode: 0o644, show: () => "/autogroup-1 nice 0\n", store: () => 0, tgidOnly: true },
  coredump_filter: {
    mode: 0o644,
    show: () => "00000033\n",
    store: (_k, _t, v) => (/^(0x)?[0-9a-fA-F]+\s*$/.test(v) ? 0 : -EINVAL),
    tgidOnly: true,
  },
  clear_refs: { mode: 0o200, store: (_k, _t, v) => (/^[1-5]\s*$/.test(v) ? 0 : -EINVAL) },
  timerslack_ns: { mode: 0o666, show: (_k, task) => `${task.timerSlack}\n`, store: storeTimerslack, tgidOnly: true },
  timens_offsets: {
    mode: 0o644,
    show: () => "monotonic           0         0\nboottime            0         0\n",
    store: () => -EPERM,
    tgidOnly: true,
  },
  timers: { mode: 0o444, show: () => "", tgidOnly: true },
  arch_status: text(""),
  children: { mode: 0o444, show: (_k, task) => task.children.map((c) => `${c.tgid} `).join(""), tidOnly: true },
  "attr/current": { mode: 0o666, show: () => -EINVAL, store: () => -EINVAL },
  "attr/exec": { mode: 0o666, show: () => -EINVAL, store: () => -EINVAL },
  "attr/fscreate": { mode: 0o666, show: () => -EINVAL, store: () => -EINVAL },
  "attr/keycreate": { mode: 0o666, show: () => -EINVAL, store: () => -EINVAL },
  "attr/prev": { mode: 0o444, show: () => -EINVAL },
  "attr/sockcreate": { mode: 0o666, show: () => -EINVAL, store: () => -EINVAL },
});

procTask(
  Object.fromEntries(
    namespaces.map(([name, shown, n]) => [
      `ns/${name}`,
      {
        mode: 0o777,
        inspect: true,
        link: (_k: Kernel, task: Task) => `${shown}:[${ownNamespace(shown, task)?.inum ?? n}]`,
        follow: (k: Kernel, task: Task) => nsPath(k, shown, n, ownNamespace(shown, task)),
      },
    ]),
  ),
);

procGlobal({
  self: { mode: 0o777, link: (k) => String(k.current.tgid) },
  "thread-self": { mode: 0o777, link: (k) => `${k.current.tgid}/task/${k.current.pid}` },
  mounts: { mode: 0o777, link: () => "self/mounts" },
  net: { mode: 0o777, link: () => "self/net" },
});
