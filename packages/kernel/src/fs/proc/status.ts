import { TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_STOPPED, TASK_TRACED, TASK_UNINTERRUPTIBLE, type Task } from "../../include/linux/sched.ts";
import { rlimit } from "../../kernel/resource.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE } from "../../mm/flags.ts";
import { RLIMIT_SIGPENDING } from "../../uapi/resource.ts";
import { file, hex64, kb, procTask } from "./entry.ts";
import { rssPages, vmSizes } from "./vm.ts";

/** The letter and the word for what a task does. @linux fs/proc/array.c get_task_state */
export function taskState(task: Task): string {
  if (task.exitState !== 0) return task.exitState & 32 ? "Z (zombie)" : "X (dead)";
  switch (task.state) {
    case TASK_RUNNING:
      return "R (running)";
    case TASK_INTERRUPTIBLE:
      return "S (sleeping)";
    case TASK_UNINTERRUPTIBLE:
      return "D (disk sleep)";
    case TASK_STOPPED:
      return "T (stopped)";
    case TASK_TRACED:
      return "t (tracing stop)";
  }
  return "S (sleeping)";
}

/** Sets of ignored and of caught signals, as pairs of words. @linux fs/proc/array.c collect_sigign_sigcatch */
export function signalDispositions(task: Task): { ignored: [number, number]; caught: [number, number] } {
  const ignored: [number, number] = [0, 0];
  const caught: [number, number] = [0, 0];
  for (let sig = 1; sig <= 64; sig++) {
    const handler = task.sighand.action[sig]?.handler ?? 0;
    if (handler === 0) continue;
    const set = handler === 1 ? ignored : caught;
    const word = sig <= 32 ? 0 : 1;
    set[word] = (set[word] as number) | (1 << ((sig - 1) & 31));
  }
  return { ignored, caught };
}

/** Size of the descriptor table, which grows in steps. @linux fs/file.c alloc_fdtable */
function fdSize(task: Task): number {
  const n = task.files.fd.length;
  let size = 64;
  while (size < n) size *= size === 64 ? 4 : 2;
  return size;
}

/** A name with what could be taken for the end of it escaped. @linux fs/proc/array.c proc_task_name */
function escaped(comm: string): string {
  return comm.replace(/[\n\\]/g, (c) => (c === "\n" ? "\\n" : "\\\\"));
}

function memory(task: Task): string {
  const { mm } = task;
  if (!mm) return "";
  const v = vmSizes(mm);
  const rss = rssPages(mm) * PAGE_SIZE;
  const lines: [string, number][] = [
    ["VmPeak", v.total],
    ["VmSize", v.total],
    ["VmLck", mm.lockedVm * PAGE_SIZE],
    ["VmPin", 0],
    ["VmHWM", Math.max(mm.maxRss * PAGE_SIZE, rss)],
    ["VmRSS", rss],
    ["RssAnon", mm.rssAnon * PAGE_SIZE],
    ["RssFile", mm.rssFile * PAGE_SIZE],
    ["RssShmem", mm.rssShmem * PAGE_SIZE],
    ["VmData", v.data],
    ["VmStk", v.stack],
    ["VmExe", v.text],
    ["VmLib", v.lib],
    ["VmPTE", mm.pgtables * PAGE_SIZE],
    ["VmSwap", 0],
    ["HugetlbPages", 0],
  ];
  return (
    lines.map(([name, n]) => `${name}:\t${kb(n)}\n`).join("") +
    `CoreDumping:\t0\nTHP_enabled:\t${task.thpDisable ? 0 : 1}\nuntag_mask:\t0xffffffffffffffff\n`
  );
}

function signals(k: Kernel, task: Task): string {
  const { ignored, caught } = signalDispositions(task);
  const dead = task.exitState !== 0;
  const shared = task.signal.sharedPending;
  const line = (name: string, lo: number, hi: number): string => `${name}:\t${hex64(lo, hi)}\n`;
  return (
    `Threads:\t${dead ? Math.max(1, task.signal.threads.length) : task.signal.threads.length}\n` +
    `SigQ:\t${k.sigPendingCount.get(task.realCred.uid) ?? 0}/${rlimit(task, RLIMIT_SIGPENDING)}\n` +
    line("SigPnd", task.pending.lo, task.pending.hi) +
    line("ShdPnd", shared.lo, shared.hi) +
    line("SigBlk", task.blockedLo, task.blockedHi) +
    line("SigIgn", ...ignored) +
    line("SigCgt", ...caught)
  );
}

/** @linux fs/proc/array.c proc_pid_status */
function status(k: Kernel, task: Task): string {
  const c = task.cred;
  const dead = task.exitState !== 0;
  const parent = task.realParent === task ? 0 : task.realParent.tgid;
  const cap = (name: string, set: [number, number]): string => `${name}:\t${hex64(...set)}\n`;
  return (
    `Name:\t${escaped(task.comm)}\n` +
    (dead ? "" : `Umask:\t${task.fs.umask.toString(8).padStart(4, "0")}\n`) +
    `State:\t${taskState(task)}\nTgid:\t${task.tgid}\nNgid:\t0\nPid:\t${task.pid}\nPPid:\t${parent}\nTracerPid:\t${task.ptrace !== 0 ? task.parent.tgid : 0}\n` +
    `Uid:\t${c.uid}\t${c.euid}\t${c.suid}\t${c.fsuid}\nGid:\t${c.gid}\t${c.egid}\t${c.sgid}\t${c.fsgid}\n` +
    `FDSize:\t${dead ? 0 : fdSize(task)}\nGroups:\t${c.groups.join(" ")} \n` +
    `NStgid:\t${task.tgid}\nNSpid:\t${task.pid}\nNSpgid:\t${task.signal.pgrp}\nNSsid:\t${task.signal.session}\nKthread:\t0\n` +
    memory(task) +
    signals(k, task) +
    cap("CapInh", c.capInheritable) +
    cap("CapPrm", c.capPermitted) +
    cap("CapEff", c.capEffective) +
    cap("CapBnd", c.capBounding) +
    cap("CapAmb", c.capAmbient) +
    `NoNewPrivs:\t${task.noNewPrivs ? 1 : 0}\nSeccomp:\t${task.seccompMode}\nSeccomp_filters:\t${task.seccompFilterCount}\n` +
    "Speculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tnot affected\n" +
    "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n" +
    `voluntary_ctxt_switches:\t${task.nvcsw}\nnonvoluntary_ctxt_switches:\t${task.nivcsw}\n`
  );
}

procTask({ status: file(status) });
