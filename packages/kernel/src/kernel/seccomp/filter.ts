import { SYSCALL_WORK_SECCOMP } from "../../include/linux/ptrace.ts";
import type { Task } from "../../include/linux/sched.ts";
import { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { type BpfProg, bpfCheckClassic, bpfConvertedLength, bpfCopyFprog, bpfInput, bpfRun, LOAD_DATA } from "../../net/core/filter.ts";
import { stateClass } from "../../state.ts";
import { CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EACCES, EINVAL, ENOMEM, ESRCH } from "../../uapi/errno.ts";
import * as B from "../../uapi/filter.ts";
import { POLLHUP } from "../../uapi/poll.ts";
import {
  AUDIT_ARCH_X86_64,
  SECCOMP_DATA_SIZE,
  SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  SECCOMP_MODE_DISABLED,
  SECCOMP_MODE_FILTER,
  SECCOMP_RET_ACTION_FULL,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_KILL_PROCESS,
} from "../../uapi/seccomp.ts";
import { capable } from "../capability.ts";
import type { SeccompNotification } from "./notify.ts";

/** All chained filters together, each with a penalty, may have so many instructions. */
const MAX_INSNS_PER_PATH = 32768;
const FILTER_PENALTY = 4;

/** struct seccomp_filter: one program of a chain that several tasks may share. */
export class SeccompFilter {
  readonly prog: BpfProg;
  prev: SeccompFilter | null = null;
  /** Tasks whose chain begins here, and filters before this one. */
  users = 1;
  /** SECCOMP_FILTER_FLAG_LOG, …WAIT_KILLABLE_RECV. */
  log = false;
  waitKillableRecv = false;
  /** The listener's side, null without one. */
  notif: SeccompNotification | null = null;
  /** Who polls the listener. */
  readonly wqh = new WaitQueueHead();
  constructor(prog: BpfProg) {
    this.prog = prog;
  }
}
stateClass(SeccompFilter);

/** Instructions a filter may have besides returns, and what becomes of loads. @returns 0 or -EINVAL @linux kernel/seccomp.c seccomp_check_filter */
function seccompCheckFilter(p: BpfProg): number {
  const { code, k } = p;
  for (let pc = 0; pc < code.length; pc++) {
    const c = code[pc] as number;
    switch (c) {
      case B.BPF_LD | B.BPF_W | B.BPF_ABS: {
        const offset = (k[pc] as number) >>> 0;
        if (offset >= SECCOMP_DATA_SIZE || offset % 4 !== 0) return -EINVAL;
        code[pc] = LOAD_DATA;
        break;
      }
      case B.BPF_LD | B.BPF_W | B.BPF_LEN:
        code[pc] = B.BPF_LD | B.BPF_IMM;
        k[pc] = SECCOMP_DATA_SIZE;
        break;
      case B.BPF_LDX | B.BPF_W | B.BPF_LEN:
        code[pc] = B.BPF_LDX | B.BPF_IMM;
        k[pc] = SECCOMP_DATA_SIZE;
        break;
      default:
        // What is left of packets, and MOD, which came too late for this list.
        if ((c & 7) <= B.BPF_LDX && (c & 0xe0) !== B.BPF_IMM && (c & 0xe0) !== B.BPF_MEM) return -EINVAL;
        if ((c & 0xf7) === (B.BPF_ALU | B.BPF_MOD)) return -EINVAL;
    }
  }
  return 0;
}

/** A checked filter out of a struct sock_fprog's members, or a negated errno. @linux kernel/seccomp.c seccomp_prepare_filter */
export function seccompPrepareFilter(k: Kernel, len: number, address: number): SeccompFilter | number {
  if (len === 0 || len > B.BPF_MAXINSNS) return -EINVAL;
  // Otherwise a filter could mislead a setuid program.
  if (!k.current.noNewPrivs && !capable(k, CAP_SYS_ADMIN)) return -EACCES;
  if (address === 0) return -EINVAL;
  const prog = bpfCopyFprog(k, len, address);
  if (typeof prog === "number") return prog;
  const bad = bpfCheckClassic(prog) || seccompCheckFilter(prog);
  if (bad) return bad;
  prog.len = bpfConvertedLength(prog);
  return new SeccompFilter(prog);
}

/** Puts a filter before the caller's others. @returns 0, a negated errno, or the thread that TSYNC cannot bring along @linux kernel/seccomp.c seccomp_attach_filter */
export function seccompAttachFilter(task: Task, flags: number, filter: SeccompFilter): number {
  let total = filter.prog.len;
  for (let f = task.seccompFilter; f; f = f.prev) total += f.prog.len + FILTER_PENALTY;
  if (total > MAX_INSNS_PER_PATH) return -ENOMEM;
  if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
    const failed = canSyncThreads(task);
    if (failed !== 0) return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : failed;
  }
  filter.log = (flags & SECCOMP_FILTER_FLAG_LOG) !== 0;
  filter.waitKillableRecv = (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) !== 0;
  filter.prev = task.seccompFilter;
  task.seccompFilter = filter;
  task.seccompFilterCount++;
  return 0;
}

/** @linux kernel/seccomp.c is_ancestor */
function isAncestor(parent: SeccompFilter | null, child: SeccompFilter | null): boolean {
  if (parent === null) return true;
  for (let f = child; f; f = f.prev) if (f === parent) return true;
  return false;
}

/** The first thread whose filters are not among the caller's, or 0. @linux kernel/seccomp.c seccomp_can_sync_threads */
function canSyncThreads(caller: Task): number {
  for (const t of caller.signal.threads) {
    if (t === caller || t.exiting) continue;
    if (t.seccompMode === SECCOMP_MODE_DISABLED) continue;
    if (t.seccompMode === SECCOMP_MODE_FILTER && isAncestor(t.seccompFilter, caller.seccompFilter)) continue;
    return t.pid;
  }
  return 0;
}

/** All threads get the caller's filters. @linux kernel/seccomp.c seccomp_sync_threads */
export function seccompSyncThreads(k: Kernel, caller: Task): void {
  for (const t of caller.signal.threads) {
    if (t === caller || t.exiting) continue;
    const filter = caller.seccompFilter as SeccompFilter;
    filter.users++;
    seccompPutFilter(k, t.seccompFilter);
    t.seccompFilter = filter;
    t.seccompFilterCount = caller.seccompFilterCount;
    if (caller.noNewPrivs) t.noNewPrivs = true;
    if (t.seccompMode === SECCOMP_MODE_DISABLED) seccompAssignMode(t, SECCOMP_MODE_FILTER);
  }
}

/** @linux kernel/seccomp.c seccomp_assign_mode */
export function seccompAssignMode(task: Task, mode: number): void {
  task.seccompMode = mode;
  task.syscallWork |= SYSCALL_WORK_SECCOMP;
}

/** A child has its parent's filters. @linux kernel/fork.c copy_seccomp */
export function copySeccomp(task: Task, from: Task): void {
  task.seccompMode = from.seccompMode;
  task.seccompFilterCount = from.seccompFilterCount;
  task.seccompFilter = from.seccompFilter;
  if (task.seccompFilter) task.seccompFilter.users++;
  if (task.seccompMode !== SECCOMP_MODE_DISABLED) task.syscallWork |= SYSCALL_WORK_SECCOMP;
}

/** A filter that nobody uses any more: its listener is told. @linux kernel/seccomp.c __seccomp_filter_orphan */
function seccompPutFilter(k: Kernel, filter: SeccompFilter | null): void {
  for (let f = filter; f && --f.users === 0; f = f.prev) {
    f.wqh.wakeUpAll(k, POLLHUP);
    f.notif?.request.wakeUpAll(k);
  }
}

/** The task is gone. @linux kernel/seccomp.c seccomp_filter_release */
export function seccompFilterRelease(k: Kernel, task: Task): void {
  const filter = task.seccompFilter;
  task.seccompFilter = null;
  seccompPutFilter(k, filter);
}

const ARG_REGS = [7, 6, 2, 10, 8, 9] as const;

/** Fills struct seccomp_data from the processor's registers. @linux kernel/seccomp.c populate_seccomp_data */
export function populateSeccompData(k: Kernel, nr: number): void {
  const { cpu } = k.machine;
  const { data } = bpfInput;
  data[0] = nr;
  data[1] = AUDIT_ARCH_X86_64 | 0;
  data[2] = cpu.ripLo;
  data[3] = cpu.ripHi;
  for (let i = 0; i < 6; i++) {
    const reg = ARG_REGS[i] as number;
    data[4 + 2 * i] = cpu.getLo(reg);
    data[5 + 2 * i] = cpu.getHi(reg);
  }
}

/** The filter whose verdict seccompRunFilters returned; null if all allow. */
export let seccompMatch: SeccompFilter | null = null;

/** Asks all filters about `bpfInput.data`; the strongest action wins, of equals the youngest filter's. @linux kernel/seccomp.c seccomp_run_filters */
export function seccompRunFilters(task: Task): number {
  let verdict = SECCOMP_RET_ALLOW;
  seccompMatch = null;
  if (!task.seccompFilter) return SECCOMP_RET_KILL_PROCESS;
  for (let f: SeccompFilter | null = task.seccompFilter; f; f = f.prev) {
    const ret = bpfRun(f.prog);
    if ((ret & SECCOMP_RET_ACTION_FULL) < (verdict & SECCOMP_RET_ACTION_FULL)) {
      verdict = ret;
      seccompMatch = f;
    }
  }
  return verdict;
}
