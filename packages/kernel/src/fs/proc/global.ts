import { TASK_RUNNING, TASK_UNINTERRUPTIBLE } from "../../include/linux/sched.ts";
import { tasksOf } from "../../kernel/pid.ts";
import { UTS } from "../../kernel/sys.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE } from "../../mm/flags.ts";
import { meminfo } from "../../mm/vmstat.ts";
import { chrdevNames } from "../charDev.ts";
import { filesystems } from "../super.ts";
import "./cpuinfo.ts";
import "./locks.ts";
import { file, kb, procGlobal, text, ticks } from "./entry.ts";

/** What Linux was told to reserve and cannot give to programs is none here. */
function showMeminfo(k: Kernel): string {
  const m = meminfo(k);
  const file = m.cached - m.shmem;
  const limit = Math.floor(m.total / 2);
  const lines: [string, number][] = [
    ["MemTotal", m.total],
    ["MemFree", m.free],
    ["MemAvailable", m.available],
    ["Buffers", 0],
    ["Cached", m.cached],
    ["SwapCached", 0],
    ["Active", m.anon + file],
    ["Inactive", m.shmem],
    ["Active(anon)", m.anon],
    ["Inactive(anon)", m.shmem],
    ["Active(file)", file],
    ["Inactive(file)", 0],
    ["Unevictable", 0],
    ["Mlocked", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", m.anon],
    ["Mapped", m.mapped],
    ["Shmem", m.shmem],
    ["KReclaimable", 0],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
    ["KernelStack", k.pids.size * 16384],
    ["PageTables", m.pageTables],
    ["SecPageTables", 0],
    ["NFS_Unstable", 0],
    ["Bounce", 0],
    ["WritebackTmp", 0],
    ["CommitLimit", limit],
    ["Committed_AS", m.anon + m.shmem],
    ["VmallocTotal", 34359738367 * 1024],
    ["VmallocUsed", 0],
    ["VmallocChunk", 0],
    ["Percpu", 0],
    ["AnonHugePages", 0],
    ["ShmemHugePages", 0],
    ["ShmemPmdMapped", 0],
    ["FileHugePages", 0],
    ["FilePmdMapped", 0],
  ];
  const pages = "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n";
  const tail = `Hugepagesize:   ${kb(2097152)}\nHugetlb:        ${kb(0)}\nDirectMap4k:    ${kb(m.total)}\nDirectMap2M:    ${kb(0)}\n`;
  return lines.map(([name, n]) => `${`${name}:`.padEnd(16)}${kb(n)}\n`).join("") + pages + tail;
}

interface Times {
  user: number;
  nice: number;
  system: number;
  idle: number;
}

/** Processor time since boot in ns: that of all processes and of the children they waited for. */
function cpuTimes(k: Kernel): Times {
  let user = 0;
  let nice = 0;
  let system = 0;
  for (const t of tasksOf(k)) {
    if (t.nice > 0) nice += t.utime;
    else user += t.utime;
    system += t.stime;
    if (t !== t.signal.leader) continue;
    user += t.signal.utime + t.signal.cutime;
    system += t.signal.stime + t.signal.cstime;
  }
  return { user, nice, system, idle: Math.max(0, k.time.now() - user - nice - system) };
}

/** @linux fs/proc/stat.c show_stat */
function stat(k: Kernel): string {
  const t = cpuTimes(k);
  const numbers = `${ticks(t.user)} ${ticks(t.nice)} ${ticks(t.system)} ${ticks(t.idle)} 0 0 0 0 0 0\n`;
  let running = 0;
  let blocked = 0;
  for (const task of tasksOf(k)) {
    if (task.exitState !== 0) continue;
    if (task.state === TASK_RUNNING) running++;
    else if (task.state === TASK_UNINTERRUPTIBLE) blocked++;
  }
  const boot = k.time.realtime().sec - Math.floor(k.time.now() / 1e9);
  return (
    `cpu  ${numbers}cpu0 ${numbers}intr 0\nctxt ${k.sched.switches}\nbtime ${boot}\nprocesses ${k.sched.forks}\n` +
    `procs_running ${running}\nprocs_blocked ${blocked}\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`
  );
}

function seconds(ns: number): string {
  const hundredths = ticks(ns);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** Load in fixed point with eleven fraction bits. @linux fs/proc/loadavg.c loadavg_proc_show */
function loadavg(k: Kernel): string {
  k.sched.updateLoad();
  const { one, five, fifteen } = k.sched.loadavg;
  const show = (n: number): string => {
    const rounded = n + 10;
    return `${Math.floor(rounded / 2048)}.${String(Math.floor(((rounded % 2048) * 100) / 2048)).padStart(2, "0")}`;
  };
  const running = [...tasksOf(k)].filter((t) => t.state === TASK_RUNNING && t.exitState === 0).length;
  return `${show(one)} ${show(five)} ${show(fifteen)} ${running}/${k.pids.size} ${k.lastPid}\n`;
}

function devices(): string {
  const lines = chrdevNames().map(([nr, name]) => `${String(nr).padStart(3)} ${name}\n`);
  return `Character devices:\n${lines.join("")}\nBlock devices:\n`;
}

function showFilesystems(): string {
  return [...filesystems()].map(([name, type]) => `${type.nodev === false ? "" : "nodev"}\t${name}\n`).join("");
}

/** Counters that are kept; others that programs look for are 0. @linux mm/vmstat.c vmstat_show */
function vmstat(k: Kernel): string {
  const m = meminfo(k);
  let faults = 0;
  for (const t of tasksOf(k)) faults += t.minFlt;
  const pages = (bytes: number): number => Math.floor(bytes / PAGE_SIZE);
  const lines: [string, number][] = [
    ["nr_free_pages", pages(m.free)],
    ["nr_inactive_anon", pages(m.shmem)],
    ["nr_active_anon", pages(m.anon)],
    ["nr_inactive_file", 0],
    ["nr_active_file", pages(m.cached - m.shmem)],
    ["nr_unevictable", 0],
    ["nr_mlock", 0],
    ["nr_anon_pages", pages(m.anon)],
    ["nr_mapped", pages(m.mapped)],
    ["nr_file_pages", pages(m.cached)],
    ["nr_dirty", 0],
    ["nr_writeback", 0],
    ["nr_shmem", pages(m.shmem)],
    ["nr_page_table_pages", pages(m.pageTables)],
    ["nr_kernel_stack", k.pids.size * 16],
    ["pgpgin", 0],
    ["pgpgout", 0],
    ["pswpin", 0],
    ["pswpout", 0],
    ["pgfault", faults],
    ["pgmajfault", 0],
    ["oom_kill", 0],
  ];
  return lines.map(([name, n]) => `${name} ${n}\n`).join("");
}

const versionText = `${UTS.sysname} version ${UTS.release} (lstar@lstar) (lstar) ${UTS.version}\n`;

procGlobal({
  meminfo: file(showMeminfo),
  stat: file(stat),
  uptime: file((k) => `${seconds(k.time.now())} ${seconds(cpuTimes(k).idle)}\n`),
  loadavg: file(loadavg),
  version: text(versionText),
  cmdline: text("\n"),
  filesystems: file(showFilesystems),
  devices: file(devices),
  vmstat: file(vmstat),
  interrupts: text("           CPU0       \n"),
  softirqs: text("                    CPU0       \n"),
  partitions: text("major minor  #blocks  name\n\n"),
  diskstats: text(""),
  swaps: text("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
  modules: text(""),
  misc: text(""),
  cgroups: text("#subsys_name\thierarchy\tnum_cgroups\tenabled\n"),
  execdomains: text("0-0\tLinux           \t[kernel]\n"),
  consoles: text("ttyS0                -W- (EC   a)    4:64\n"),
  kallsyms: text(""),
  crypto: text(""),
  buddyinfo: file((k) => `Node 0, zone    DMA32 ${String(k.machine.phys.limitFrames - k.machine.phys.usedFrames).padStart(6)} \n`),
  zoneinfo: file((k) => {
    const { limitFrames, usedFrames } = k.machine.phys;
    return `Node 0, zone    DMA32\n  pages free     ${limitFrames - usedFrames}\n        spanned  ${limitFrames}\n        present  ${limitFrames}\n        managed  ${limitFrames}\n`;
  }),
  "tty/drivers": text(
    "/dev/tty             /dev/tty        5       0 system:/dev/tty\n" +
      "/dev/console         /dev/console    5       1 system:console\n" +
      "/dev/ptmx            /dev/ptmx       5       2 system\n" +
      "serial               /dev/ttyS       4 64-64 serial\n" +
      "pty_slave            /dev/pts      136 0-1048575 pty:slave\n" +
      "pty_master           /dev/ptm      128 0-1048575 pty:master\n",
  ),
  "tty/ldiscs": text("n_tty       0\n"),
});
