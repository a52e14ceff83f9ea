import { forgetLookedUp, holdFiles, releaseHeldFiles } from "../../../fs/file.ts";
import {
  STOP_EXIT,
  STOP_NONE,
  STOP_SYSCALL,
  SYSCALL_WORK_AUDIT,
  SYSCALL_WORK_EMU,
  SYSCALL_WORK_EXIT_TRAP,
  SYSCALL_WORK_SECCOMP,
  SYSCALL_WORK_TRACE,
} from "../../../include/linux/ptrace.ts";
import { BLOCKED, EXIT_DEAD, EXIT_ZOMBIE, type Task } from "../../../include/linux/sched.ts";
import { tctxTaskWork } from "../../../io_uring/tw.ts";
import { auditSyscallEntry, auditSyscallExit } from "../../../kernel/audit/syscall.ts";
import { doExit } from "../../../kernel/exit.ts";
import { type FaultInjection, TAMPERED_RESULT } from "../../../kernel/faults/injection.ts";
import { withCut } from "../../../kernel/faults/partial.ts";
import {
  cutOf,
  delayAfterCall,
  delayedAfterCall,
  faultBeforeCall,
  faultsOnEnter,
  faultsOnExit,
  KILLED,
  NO_FAULT,
} from "../../../kernel/faults/tamper.ts";
import { setRetryCall } from "../../../kernel/retryCall.ts";
import { rseqHandleNotifyResume } from "../../../kernel/rseq.ts";
import { secureComputing } from "../../../kernel/seccomp/entry.ts";
import { restoreSavedSigmask } from "../../../kernel/signal/mask.ts";
import { ptraceBack, ptraceReportSyscall } from "../../../kernel/signal/ptraceStop.ts";
import { fatalSignalPending, forceSigFault, kernelSiginfo, sendSignalLocked } from "../../../kernel/signal.ts";
import type { Kernel } from "../../../kernel.ts";
import { putUser32 } from "../../../mm/usercopy.ts";
import { ARGUMENT_REGISTERS, type ArgWidth, type SyscallDef, type SyscallHandler } from "../../../syscall/declare.ts";
import { EINTR, ENOSYS } from "../../../uapi/errno.ts";
import { PTRACE_EVENTMSG_SYSCALL_ENTRY, PTRACE_EVENTMSG_SYSCALL_EXIT } from "../../../uapi/ptrace.ts";
import { SIGTRAP, TRAP_BRKPT } from "../../../uapi/signal.ts";
import { archDoSignalOrRestart } from "../kernel/signal.ts";
import { sysCallTable } from "./syscallTable.ts";

/** A handler's result when it has set all registers itself and the call must not be restarted (rt_sigreturn). */
export const NO_RESULT = -0x10001;

/** task.entryStage: how far the hooks around a call have got. Before it: the tracer (who emulates it), the filters … */
const ENTRY_DONE = 0;
const ENTRY_TRACE = 1;
const ENTRY_EMU = 2;
const ENTRY_SECCOMP = 3;
/** … behind it: the tracer again. */
const EXIT_TRACE = 4;

const widthCode: Record<ArgWidth, number> = { i32: 0, u32: 1, s64: 2, u64: 3 };

/** A declaration made ready for dispatch: widths packed two bits each. */
export class SyscallEntry {
  readonly def: SyscallDef;
  readonly handler: SyscallHandler;
  readonly arity: number;
  readonly widths: number;
  constructor(def: SyscallDef) {
    this.def = def;
    this.handler = def.handler;
    this.arity = def.args.length;
    let w = 0;
    def.args.forEach(([, type], i) => {
      w |= widthCode[type.width] << (2 * i);
    });
    this.widths = w;
  }
}

const entries: (SyscallEntry | null)[] = [];

function entryOf(nr: number): SyscallEntry | null {
  const known = entries[nr];
  if (known !== undefined) return known;
  if (nr < 0 || nr >= sysCallTable.length) return null;
  const def = sysCallTable[nr];
  return (entries[nr] = def ? new SyscallEntry(def) : null);
}

/** Argument `i` of the call whose registers are in the processor, cut to its declared width. */
function arg(k: Kernel, i: number, widths: number): number {
  const cpu = k.machine.cpu;
  const reg = ARGUMENT_REGISTERS[i] as number;
  switch ((widths >> (2 * i)) & 3) {
    case 0:
      return cpu.getLo(reg) | 0;
    case 1:
      return cpu.getLo(reg) >>> 0;
    case 2:
      return (cpu.getHi(reg) | 0) * 4294967296 + (cpu.getLo(reg) >>> 0);
    default:
      return cpu.get(reg);
  }
}

function invoke(k: Kernel, e: SyscallEntry): number {
  const w = e.widths;
  const h = e.handler;
  switch (e.arity) {
    case 0:
      return h(k, 0, 0, 0, 0, 0, 0);
    case 1:
      return h(k, arg(k, 0, w), 0, 0, 0, 0, 0);
    case 2:
      return h(k, arg(k, 0, w), arg(k, 1, w), 0, 0, 0, 0);
    case 3:
      return h(k, arg(k, 0, w), arg(k, 1, w), arg(k, 2, w), 0, 0, 0);
    case 4:
      return h(k, arg(k, 0, w), arg(k, 1, w), arg(k, 2, w), arg(k, 3, w), 0, 0);
    case 5:
      return h(k, arg(k, 0, w), arg(k, 1, w), arg(k, 2, w), arg(k, 3, w), arg(k, 4, w), 0);
    default:
      return h(k, arg(k, 0, w), arg(k, 1, w), arg(k, 2, w), arg(k, 3, w), arg(k, 4, w), arg(k, 5, w));
  }
}

/** The `syscall` instruction: number in rax. @linux arch/x86/entry/common.c do_syscall_64 */
export function doSyscall64(k: Kernel, task: Task): void {
  const nr = k.machine.cpu.getLo(0) | 0;
  task.syscallNr = nr;
  task.nSyscalls++;
  if (k.faults !== null) faultsOnEnter(k, k.faults, task, nr, sysCallTable[nr] ?? null);
  if (k.trace.sysEnter.enabled) k.trace.sysEnter.fire(task, nr);
  if (task.syscallWork !== 0) {
    // What a skipped call returns unless somebody says otherwise.
    k.machine.cpu.set(0, -ENOSYS);
    task.entryStage = ENTRY_TRACE;
    enterWithWork(k, task);
    return;
  }
  call(k, task, nr);
}

/**
 * Asks those who hook the call whether it may be made. Each may put the task to sleep; the way is then gone on from
 * task.entryStage. @linux kernel/entry/common.c syscall_trace_enter
 */
function enterWithWork(k: Kernel, task: Task): void {
  let allowed = true;
  if (task.entryStage <= ENTRY_EMU) {
    if (task.stopKind === STOP_SYSCALL) {
      allowed = reported(k, task) && task.entryStage !== ENTRY_EMU;
    } else if (task.syscallWork & (SYSCALL_WORK_TRACE | SYSCALL_WORK_EMU)) {
      if (task.syscallWork & SYSCALL_WORK_EMU) task.entryStage = ENTRY_EMU;
      if (ptraceReportSyscall(k, task, PTRACE_EVENTMSG_SYSCALL_ENTRY, STOP_SYSCALL)) {
        task.inBlockedCall = true;
        return;
      }
      allowed = false;
    }
  }
  task.entryStage = ENTRY_SECCOMP;
  if (allowed && task.syscallWork & SYSCALL_WORK_SECCOMP) {
    const r = secureComputing(k, task);
    if (r === BLOCKED) {
      task.inBlockedCall = true;
      return;
    }
    if (task.exitState !== 0) return;
    allowed = r === 0;
  }
  if (allowed && task.syscallWork & SYSCALL_WORK_AUDIT) auditSyscallEntry(k, task);
  task.entryStage = ENTRY_DONE;
  if (task.inBlockedCall) {
    task.inBlockedCall = false;
    k.sched.endCall(task);
  }
  // A tracer may have taken the number away.
  if (allowed && task.syscallNr === -1) allowed = false;
  if (allowed) call(k, task, task.syscallNr);
  else syscallExit(k, task, result(k), true);
}

/** The tracer has let the task go on from a call's stop. @returns false if the task is dying @linux include/linux/ptrace.h ptrace_report_syscall */
function reported(k: Kernel, task: Task): boolean {
  const sig = ptraceBack(k, task);
  if (sig !== 0) sendSignalLocked(k, sig, kernelSiginfo(sig), task, false);
  return !fatalSignalPending(task);
}

/** rax as the signed number that a call returns. */
function result(k: Kernel): number {
  const { cpu } = k.machine;
  return (cpu.getHi(0) | 0) * 4294967296 + (cpu.getLo(0) >>> 0);
}

/** Makes the call. */
function call(k: Kernel, task: Task, nr: number): void {
  const e = entries[nr] ?? entryOf(nr);
  forgetLookedUp();
  const ret = k.faults !== null ? tampered(k, k.faults, task, e, false) : e ? invoke(k, e) : -ENOSYS;
  if (ret === KILLED) return;
  if (ret === BLOCKED) {
    task.inBlockedCall = true;
    holdFiles(task);
    return;
  }
  finish(k, task, ret);
}

/** A sleeper was woken: its call runs again from the top. */
export function retrySyscall(k: Kernel, task: Task): void {
  if (k.faults !== null && delayedAfterCall(k, k.faults, task)) return;
  if (task.stopKind === STOP_EXIT) {
    doExit(k, 0);
    return;
  }
  if (task.entryStage !== ENTRY_DONE) {
    if (task.entryStage !== EXIT_TRACE) enterWithWork(k, task);
    else {
      reported(k, task);
      task.entryStage = ENTRY_DONE;
      task.inBlockedCall = false;
    }
    return;
  }
  const e = entryOf(task.syscallNr);
  const ret = k.faults !== null ? tampered(k, k.faults, task, e, true) : invoke(k, e as SyscallEntry);
  if (ret === KILLED) task.inBlockedCall = false;
  else if (ret !== BLOCKED) finish(k, task, ret);
}

/** A call, or its next attempt, while faults are injected. */
function tampered(k: Kernel, f: FaultInjection, task: Task, e: SyscallEntry | null, again: boolean): number {
  const fault = faultBeforeCall(k, f, task, again);
  if (fault !== NO_FAULT) return fault;
  if (!e) return -ENOSYS;
  const cut = cutOf(f, task);
  return cut > 0 ? withCut(k, e.def, cut, () => invoke(k, e)) : invoke(k, e);
}

setRetryCall(retrySyscall);

function finish(k: Kernel, task: Task, ret: number): void {
  task.inBlockedCall = false;
  task.progress = null;
  if (task.heldFiles !== null) releaseHeldFiles(k, task);
  if (task.deadline !== Number.POSITIVE_INFINITY || task.waits.length > 0) k.sched.endCall(task);
  if (task.exitState === EXIT_ZOMBIE || task.exitState === EXIT_DEAD) return;
  if (ret === NO_RESULT) {
    const { cpu } = k.machine;
    if (k.faults !== null) faultsOnExit(k, k.faults, task);
    if (k.trace.sysExit.enabled) k.trace.sysExit.fire(task, task.syscallNr, cpu.getHi(0) * 4294967296 + (cpu.getLo(0) >>> 0));
    task.syscallNr = -1;
    if (k.faults !== null) delayAfterCall(k, k.faults, task);
    if (task.syscallWork & (SYSCALL_WORK_TRACE | SYSCALL_WORK_EXIT_TRAP)) reportExit(k, task);
    return;
  }
  if ((ret | 0) === ret) k.machine.cpu.setParts(0, ret, ret >> 31);
  else k.machine.cpu.set(0, ret);
  // A temporary mask (ppoll, epoll_pwait …) ends with the call, unless a handler is to run under it.
  if (task.restoreSigmask) {
    if (ret !== -EINTR && !(ret <= -512 && ret >= -516)) restoreSavedSigmask(k, task);
    else task.userWork = true;
  }
  syscallExit(k, task, ret);
}

/** Does a call name files? */
function usesPaths(nr: number): boolean {
  return sysCallTable[nr]?.args.some(([, type]) => type.kind === "path") ?? false;
}

/** `skipped`: no handler has returned this, somebody made it up. @linux kernel/entry/common.c syscall_exit_work */
function syscallExit(k: Kernel, task: Task, ret: number, skipped = false): void {
  const f = k.faults;
  if (f !== null) faultsOnExit(k, f, task);
  if (task.auditContext !== null) auditSyscallExit(k, task, ret, usesPaths(task.syscallNr));
  if (k.trace.sysExit.enabled) k.trace.sysExit.fire(task, task.syscallNr, ret);
  // Instead of a call that was replaced there is none to be restarted.
  const replaced = f !== null && (f.note & TAMPERED_RESULT) !== 0;
  // An interrupted call must meet the signal code, which decides about its restart.
  if (ret <= -512 && ret >= -516 && !skipped && !replaced) task.sigPendingFlag = true;
  else if (replaced) task.syscallNr = -1;
  if (f !== null) delayAfterCall(k, f, task);
  if (task.syscallWork & (SYSCALL_WORK_TRACE | SYSCALL_WORK_EXIT_TRAP)) reportExit(k, task);
  else if (!task.sigPendingFlag && !task.userWork) task.syscallNr = -1;
}

/** The call is over: the tracer is told, or a step has ended. @linux include/linux/ptrace.h ptrace_report_syscall_exit */
function reportExit(k: Kernel, task: Task): void {
  if (task.syscallWork & SYSCALL_WORK_EXIT_TRAP && !(task.syscallWork & SYSCALL_WORK_EMU)) {
    forceSigFault(k, task, SIGTRAP, TRAP_BRKPT, k.machine.cpu.rip);
  } else if (task.syscallWork & SYSCALL_WORK_TRACE && ptraceReportSyscall(k, task, PTRACE_EVENTMSG_SYSCALL_EXIT, STOP_SYSCALL)) {
    task.entryStage = EXIT_TRACE;
    task.inBlockedCall = true;
  }
}

/**
 * What is due before the program goes on: signals, restarts, rseq. The task may come out of this
 * dead, stopped, or with a signal frame.
 * @linux kernel/entry/common.c exit_to_user_mode_loop
 */
export function exitToUserMode(k: Kernel, task: Task): void {
  task.userWork = false;
  if (task.stopKind === STOP_EXIT) {
    doExit(k, 0);
    return;
  }
  // Task work takes the flag back that it was called by; a call that it interrupted is to be restarted all the same.
  const interrupted = task.sigPendingFlag;
  if (task.notifySignal) tctxTaskWork(k, task);
  if (task.setChildTid !== 0) {
    putUser32(k, task.setChildTid, task.pid);
    task.setChildTid = 0;
  }
  if (interrupted || task.sigPendingFlag || task.restoreSigmask || task.stopKind !== STOP_NONE) {
    if (!archDoSignalOrRestart(k, task)) return;
  }
  if (task.rseqAddr !== 0) rseqHandleNotifyResume(k, task);
  task.syscallNr = -1;
}
