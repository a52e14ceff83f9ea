import { archPtrace, ptraceDisable, ptraceRegset } from "../arch/x86/kernel/ptrace.ts";
import { singleStepOff, singleStepOn } from "../arch/x86/kernel/step.ts";
import { PT_OPT_FLAG_SHIFT, PT_SEIZED, SYSCALL_WORK_EMU, SYSCALL_WORK_TRACE } from "../include/linux/ptrace.ts";
import { TASK_TRACED, type Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { accessRemoteVm } from "../mm/remote.ts";
import { copyToUser, putUser64 } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EFAULT, EIO, ESRCH } from "../uapi/errno.ts";
import * as P from "../uapi/ptrace.ts";
import { NSIG, SIGKILL } from "../uapi/signal.ts";
import { ptraceDetachTask, releaseTask } from "./exit.ts";
import { findTask } from "./pid.ts";
import { checkPtraceOptions, ptraceAttach, ptraceTraceme } from "./ptrace/attach.ts";
import { seccompGetFilter, seccompGetMetadata } from "./ptrace/seccomp.ts";
import { ptraceGetsiginfo, ptraceGetsigmask, ptracePeekSiginfo, ptraceSetsiginfo, ptraceSetsigmask } from "./ptrace/siginfo.ts";
import { ptraceGetSyscallInfo, ptraceSetSyscallInfo } from "./ptrace/syscallInfo.ts";
import { JOBCTL_LISTENING, JOBCTL_TRAP_NOTIFY, JOBCTL_TRAP_STOP, ptraceSignalWakeUp, setJobctlPending } from "./signal/jobControl.ts";
import { sendSig } from "./signal/send.ts";
import { fatalSignalPending } from "./signal.ts";

const OPTIONS_MASK = P.PTRACE_O_MASK << PT_OPT_FLAG_SHIFT;
const word = new Uint8Array(8);
const wordView = new DataView(word.buffer);
const ARG_DATA = 10;

/** Lets a stopped tracee go on, with a signal or 0. @linux kernel/ptrace.c ptrace_resume */
function ptraceResume(k: Kernel, task: Task, request: number, sig: number): number {
  if (sig < 0 || sig > NSIG) return -EIO;
  const emulates = request === P.PTRACE_SYSEMU || request === P.PTRACE_SYSEMU_SINGLESTEP;
  task.syscallWork &= ~(SYSCALL_WORK_TRACE | SYSCALL_WORK_EMU);
  if (request === P.PTRACE_SYSCALL) task.syscallWork |= SYSCALL_WORK_TRACE;
  else if (emulates) task.syscallWork |= SYSCALL_WORK_EMU;
  if (request === P.PTRACE_SINGLESTEP || request === P.PTRACE_SYSEMU_SINGLESTEP) singleStepOn(task);
  else singleStepOff(task);
  task.exitCode = sig;
  k.sched.wakeUpNew(task);
  return 0;
}

/** @linux kernel/ptrace.c ptrace_detach */
function ptraceDetach(k: Kernel, task: Task, sig: number): number {
  if (sig < 0 || sig > NSIG) return -EIO;
  ptraceDisable(task);
  task.exitCode = sig;
  if (ptraceDetachTask(k, k.current, task)) releaseTask(k, task);
  return 0;
}

/** A word of the tracee's memory, whatever its protection. @linux kernel/ptrace.c generic_ptrace_peekdata */
function peekData(k: Kernel, task: Task, addr: number, data: number): number {
  if (!task.mm || accessRemoteVm(k, task.mm, addr, word, false, true) !== 8) return -EIO;
  return copyToUser(k, data, word, 0, 8);
}

/** @linux kernel/ptrace.c generic_ptrace_pokedata */
function pokeData(k: Kernel, task: Task, addr: number): number {
  const { cpu } = k.machine;
  wordView.setInt32(0, cpu.getLo(ARG_DATA), true);
  wordView.setInt32(4, cpu.getHi(ARG_DATA), true);
  return task.mm && accessRemoteVm(k, task.mm, addr, word, true, true) === 8 ? 0 : -EIO;
}

/** Stops a seized task at the next occasion, with no effect on signals or job control. @linux kernel/ptrace.c ptrace_request PTRACE_INTERRUPT */
function ptraceInterrupt(k: Kernel, task: Task): number {
  if (!(task.ptrace & PT_SEIZED) || task.exitState !== 0) return -EIO;
  if (setJobctlPending(task, JOBCTL_TRAP_STOP)) ptraceSignalWakeUp(k, task, (task.jobctl & JOBCTL_LISTENING) !== 0);
  return 0;
}

/** Leaves a task in its group stop, and hears of its end. @linux kernel/ptrace.c ptrace_request PTRACE_LISTEN */
function ptraceListen(k: Kernel, task: Task): number {
  const info = task.lastSiginfo;
  if (!(task.ptrace & PT_SEIZED) || !info || info[9] !== P.PTRACE_EVENT_STOP) return -EIO;
  task.jobctl |= JOBCTL_LISTENING;
  if (task.jobctl & JOBCTL_TRAP_NOTIFY) ptraceSignalWakeUp(k, task, true);
  return 0;
}

/** @linux kernel/ptrace.c ptrace_get_rseq_configuration */
function rseqConfiguration(k: Kernel, task: Task, size: number, data: number): number {
  const bytes = P.ptraceRseqConfigurationStruct.bytes({
    rseq_abi_pointer: task.rseqAddr,
    rseq_abi_size: task.rseqLen,
    signature: task.rseqSig,
    flags: 0,
  });
  const n = Math.min(size, bytes.length);
  return copyToUser(k, data, bytes, 0, n) !== 0 ? -EFAULT : bytes.length;
}

/** A request about a tracee that is stopped (or need not be). @linux kernel/ptrace.c ptrace_request */
function ptraceRequest(k: Kernel, task: Task, request: number, addr: number, data: number): number {
  switch (request) {
    case P.PTRACE_PEEKTEXT:
    case P.PTRACE_PEEKDATA:
      return peekData(k, task, addr, data);
    case P.PTRACE_POKETEXT:
    case P.PTRACE_POKEDATA:
      return pokeData(k, task, addr);
    case P.PTRACE_OLDSETOPTIONS:
    case P.PTRACE_SETOPTIONS: {
      const bad = checkPtraceOptions(k, data);
      if (bad !== 0) return bad;
      task.ptrace = (task.ptrace & ~OPTIONS_MASK) | (data << PT_OPT_FLAG_SHIFT);
      return 0;
    }
    case P.PTRACE_GETEVENTMSG:
      return putUser64(k, data, task.ptraceMessage);
    case P.PTRACE_PEEKSIGINFO:
      return ptracePeekSiginfo(k, task, addr, data);
    case P.PTRACE_GETSIGINFO:
      return ptraceGetsiginfo(k, task, data);
    case P.PTRACE_SETSIGINFO:
      return ptraceSetsiginfo(k, task, data);
    case P.PTRACE_GETSIGMASK:
      return ptraceGetsigmask(k, task, addr, data);
    case P.PTRACE_SETSIGMASK:
      return ptraceSetsigmask(k, task, addr, data);
    case P.PTRACE_INTERRUPT:
      return ptraceInterrupt(k, task);
    case P.PTRACE_LISTEN:
      return ptraceListen(k, task);
    case P.PTRACE_DETACH:
      return ptraceDetach(k, task, data);
    case P.PTRACE_SINGLESTEP:
    case P.PTRACE_SYSEMU:
    case P.PTRACE_SYSEMU_SINGLESTEP:
    case P.PTRACE_SYSCALL:
    case P.PTRACE_CONT:
      return ptraceResume(k, task, request, data);
    case P.PTRACE_KILL:
      sendSig(k, SIGKILL, task);
      return 0;
    case P.PTRACE_GETREGSET:
    case P.PTRACE_SETREGSET:
      return ptraceRegset(k, task, request === P.PTRACE_SETREGSET, addr, data);
    case P.PTRACE_GET_SYSCALL_INFO:
      return ptraceGetSyscallInfo(k, task, addr, data);
    case P.PTRACE_SET_SYSCALL_INFO:
      return ptraceSetSyscallInfo(k, task, addr, data);
    case P.PTRACE_SECCOMP_GET_FILTER:
      return seccompGetFilter(k, task, addr, data);
    case P.PTRACE_SECCOMP_GET_METADATA:
      return seccompGetMetadata(k, task, addr, data);
    case P.PTRACE_GET_RSEQ_CONFIGURATION:
      return rseqConfiguration(k, task, addr, data);
    default:
      return -EIO;
  }
}

/** @linux kernel/ptrace.c sys_ptrace */
function sysPtrace(k: Kernel, request: number, pid: number, addr: number, data: number): number {
  if (request === P.PTRACE_TRACEME) return ptraceTraceme(k);
  const task = findTask(k, pid);
  if (!task || pid <= 0) return -ESRCH;
  if (request === P.PTRACE_ATTACH || request === P.PTRACE_SEIZE) return ptraceAttach(k, task, request === P.PTRACE_SEIZE, addr, data);
  if (task.ptrace === 0 || task.parent !== k.current) return -ESRCH;
  // All but two want it stopped, and not listening.
  if (request !== P.PTRACE_KILL && request !== P.PTRACE_INTERRUPT) {
    if (task.state !== TASK_TRACED || task.jobctl & JOBCTL_LISTENING || fatalSignalPending(task)) return -ESRCH;
  }
  return archPtrace(k, task, request, addr, data) ?? ptraceRequest(k, task, request, addr, data);
}

export const ptraceSyscalls: readonly SyscallDef[] = [
  syscall("ptrace", { request: A.enum(P.ptraceNames, "s64"), pid: A.custom("s64"), addr: A.custom(), data: A.custom() }, sysPtrace, {
    linux: "kernel/ptrace.c sys_ptrace",
  }),
];
