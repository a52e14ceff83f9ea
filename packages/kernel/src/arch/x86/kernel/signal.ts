import { STOP_TRAP } from "../../../include/linux/ptrace.ts";
import type { Task } from "../../../include/linux/sched.ts";
import { rseqHandleNotifyResume } from "../../../kernel/rseq.ts";
import { blockForHandler } from "../../../kernel/signal/getSignal.ts";
import { ptraceNotify } from "../../../kernel/signal/ptraceStop.ts";
import { forceSig, forceSigsegv, GONE, getSignal, ksig, restoreSavedSigmask, setBlocked } from "../../../kernel/signal.ts";
import { onSigStack, sasFlags, setAltstack } from "../../../kernel/signalCalls.ts";
import type { Kernel } from "../../../kernel.ts";
import { copyFromUser, copyToUser } from "../../../mm/usercopy.ts";
import { EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from "../../../uapi/errno.ts";
import { SA_NODEFER, SA_ONSTACK, SA_RESTART, SA_RESTORER, SA_SIGINFO, SIGTRAP, SS_AUTODISARM } from "../../../uapi/signal.ts";
import { setU64 } from "../../../uapi/struct.ts";
import { NO_RESULT } from "../entry/syscall.ts";
import { fpuClear, fpuImage, fpuRestore } from "./fpu.ts";
import {
  FPSTATE_SIZE,
  FRAME_SIZE,
  INFO,
  SC_CR2,
  SC_CS,
  SC_ERR,
  SC_FLAGS,
  SC_FPSTATE,
  SC_IP,
  SC_OLDMASK,
  SC_REGISTERS,
  SC_SS,
  SC_TRAPNO,
  UC,
  UC_FLAGS,
  UC_FP_XSTATE,
  UC_MCONTEXT,
  UC_SIGCONTEXT_SS,
  UC_SIGMASK,
  UC_STACK,
  UC_STRICT_RESTORE_SS,
  USER_CS,
  USER_DS,
} from "./sigframe.ts";
import { singleStepOff } from "./step.ts";

const RAX = 0;
const RDX = 2;
const RSP = 4;
const RSI = 6;
const RDI = 7;
const NR_RESTART_SYSCALL = 219;
/**
 * Status and control flags a program may set: AC, OF, DF, TF, SF, ZF, AF, PF, CF. Linux's FIX_EFLAGS has the
 * resume flag too, but the first instruction takes it away again.
 */
const FIX_EFLAGS = 0x40dd5;
const DF = 0x400;
const TF = 0x100;
const RF = 0x10000;
/** Bytes below the stack pointer that leaf functions may use. */
const RED_ZONE = 128;

/**
 * Delivers what is pending, or restarts an interrupted call. Several handlers stack up.
 * @returns false if the task must not go on (dead or stopped) @linux arch/x86/kernel/signal.c arch_do_signal_or_restart
 */
export function archDoSignalOrRestart(k: Kernel, task: Task): boolean {
  for (;;) {
    const sig = getSignal(k, task);
    if (sig === GONE) return false;
    if (sig === 0) break;
    const stepping = task.singleStep;
    if (!handleSignal(k, task)) forceSigsegv(k, task, ksig.sig);
    else if (stepping && ptraceNotify(k, task, SIGTRAP, 0, STOP_TRAP)) return false;
    task.syscallNr = -1;
  }
  if (task.syscallNr >= 0) {
    const { cpu } = k.machine;
    switch (-k.machine.cpu.getLo(RAX)) {
      case ERESTARTSYS:
      case ERESTARTNOINTR:
      case ERESTARTNOHAND:
        cpu.set(RAX, task.syscallNr);
        cpu.rip -= 2;
        break;
      case ERESTART_RESTARTBLOCK:
        cpu.set(RAX, NR_RESTART_SYSCALL);
        cpu.rip -= 2;
        break;
      default:
        break;
    }
    task.syscallNr = -1;
  }
  restoreSavedSigmask(k, task);
  return true;
}

/** Settles the interrupted call and builds the frame. @linux arch/x86/kernel/signal.c handle_signal */
function handleSignal(k: Kernel, task: Task): boolean {
  const { cpu } = k.machine;
  const { action } = ksig;
  if (task.syscallNr >= 0) {
    const error = -cpu.getLo(RAX);
    if (error === ERESTART_RESTARTBLOCK || error === ERESTARTNOHAND || (error === ERESTARTSYS && !(action.flags & SA_RESTART))) {
      cpu.set(RAX, -EINTR);
    } else if (error === ERESTARTSYS || error === ERESTARTNOINTR) {
      cpu.set(RAX, task.syscallNr);
      cpu.rip -= 2;
    }
  }
  if (task.rseqAddr !== 0) rseqHandleNotifyResume(k, task);
  // The frame shows the flags without a tracer's doing.
  if (task.singleStep) {
    const { forcedTf } = task;
    singleStepOff(task);
    if (forcedTf) cpu.rflags &= ~TF;
  }
  if (!setupRtFrame(k, task)) return false;
  cpu.rflags &= ~(DF | RF | TF);
  fpuClear(k);
  task.restoreSigmask = false;
  blockForHandler(task, action, ksig.sig, (action.flags & SA_NODEFER) !== 0);
  return true;
}

const frame = new Uint8Array(FRAME_SIZE);
const view = new DataView(frame.buffer);

/** @linux arch/x86/kernel/signal_64.c x64_setup_rt_frame */
function setupRtFrame(k: Kernel, task: Task): boolean {
  const { cpu } = k.machine;
  const { action, sig, info } = ksig;
  let sp = cpu.get(RSP) - RED_ZONE;
  const nested = onSigStack(task, sp);
  let entering = false;
  if (action.flags & SA_ONSTACK && sasFlags(task, sp) === 0) {
    sp = task.sasSp + task.sasSize;
    entering = true;
  }
  const fx = Math.floor((sp - FPSTATE_SIZE) / 64) * 64;
  const at = Math.floor((fx - FRAME_SIZE) / 16) * 16 - 8;
  // On the alternate stack there must be room for all of it.
  if ((nested || entering) && !(at > task.sasSp && at - task.sasSp <= task.sasSize)) return false;
  if (!(action.flags & SA_RESTORER) || at < 0) return false;

  frame.fill(0);
  setU64(view, 0, action.restorer);
  setU64(view, UC_FLAGS, UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
  setU64(view, UC_STACK, task.sasSp);
  view.setUint32(UC_STACK + 8, task.sasFlags, true);
  setU64(view, UC_STACK + 16, task.sasSize);
  const maskLo = task.restoreSigmask ? task.savedMaskLo : task.blockedLo;
  const maskHi = task.restoreSigmask ? task.savedMaskHi : task.blockedHi;
  writeSigcontext(k, task, fx, maskLo, maskHi);
  view.setInt32(UC_SIGMASK, maskLo, true);
  view.setInt32(UC_SIGMASK + 4, maskHi, true);
  if (action.flags & SA_SIGINFO) frame.set(info, INFO);
  const image = fpuImage(k);
  if (copyToUser(k, fx, image, 0, image.length) !== 0) return false;
  if (copyToUser(k, at, frame, 0, action.flags & SA_SIGINFO ? FRAME_SIZE : INFO) !== 0) return false;
  if (task.sasFlags & SS_AUTODISARM) {
    task.sasSp = task.sasSize = 0;
    task.sasFlags = 2;
  }
  if (k.trace.signalDeliver.enabled) k.trace.signalDeliver.fire(task, sig, info, action.handler, action.flags, at);
  cpu.set(RDI, sig);
  cpu.set(RAX, 0);
  cpu.set(RSI, at + INFO);
  cpu.set(RDX, at + UC);
  cpu.set(RSP, at);
  cpu.rip = action.handler;
  return true;
}

/** @linux arch/x86/kernel/signal_64.c setup_sigcontext */
function writeSigcontext(k: Kernel, task: Task, fx: number, maskLo: number, maskHi: number): void {
  const { cpu } = k.machine;
  SC_REGISTERS.forEach((reg, i) => {
    view.setInt32(UC_MCONTEXT + i * 8, cpu.getLo(reg), true);
    view.setInt32(UC_MCONTEXT + i * 8 + 4, cpu.getHi(reg), true);
  });
  setU64(view, UC_MCONTEXT + SC_IP, cpu.rip);
  setU64(view, UC_MCONTEXT + SC_FLAGS, cpu.rflags);
  view.setUint16(UC_MCONTEXT + SC_CS, USER_CS, true);
  view.setUint16(UC_MCONTEXT + SC_SS, USER_DS, true);
  setU64(view, UC_MCONTEXT + SC_ERR, task.trapError);
  setU64(view, UC_MCONTEXT + SC_TRAPNO, task.trapNr);
  view.setInt32(UC_MCONTEXT + SC_OLDMASK, maskLo, true);
  view.setInt32(UC_MCONTEXT + SC_OLDMASK + 4, maskHi, true);
  view.setInt32(UC_MCONTEXT + SC_CR2, task.cr2Lo, true);
  view.setInt32(UC_MCONTEXT + SC_CR2 + 4, task.cr2Hi, true);
  setU64(view, UC_MCONTEXT + SC_FPSTATE, fx);
}

/** Returns from a handler: everything comes from the frame, which may be forged. @linux arch/x86/kernel/signal_64.c sys_rt_sigreturn */
export function sysRtSigreturn(k: Kernel): number {
  const task = k.current;
  const { cpu } = k.machine;
  const at = cpu.get(RSP) - 8;
  if (copyFromUser(k, at + UC, frame, UC, UC_SIGMASK + 8 - UC) !== 0) return bad(k, task);
  setBlocked(k, task, view.getInt32(UC_SIGMASK, true), view.getInt32(UC_SIGMASK + 4, true));
  task.restartBlock = null;
  const cs = view.getUint16(UC_MCONTEXT + SC_CS, true) | 3;
  const ss = view.getUint16(UC_MCONTEXT + SC_SS, true);
  const fx = read64(UC_MCONTEXT + SC_FPSTATE);
  SC_REGISTERS.forEach((reg, i) => {
    cpu.setParts(reg, view.getInt32(UC_MCONTEXT + i * 8, true), view.getInt32(UC_MCONTEXT + i * 8 + 4, true));
  });
  cpu.rip = read64(UC_MCONTEXT + SC_IP);
  cpu.rflags = (cpu.rflags & ~(FIX_EFLAGS | RF)) | (view.getInt32(UC_MCONTEXT + SC_FLAGS, true) & FIX_EFLAGS);
  const altFlags = view.getInt32(UC_STACK + 8, true);
  const altSp = read64(UC_STACK);
  const altSize = read64(UC_STACK + 16);
  if (fpuRestore(k, fx) !== 0) return bad(k, task);
  if (cs !== USER_CS || (view.getUint32(UC_FLAGS, true) & UC_STRICT_RESTORE_SS && ss !== USER_DS)) return bad(k, task);
  setAltstack(task, altSp, altFlags, altSize, cpu.get(RSP));
  return NO_RESULT;
}

function read64(at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296;
}

function bad(k: Kernel, task: Task): number {
  forceSig(k, task, 11);
  k.machine.cpu.set(RAX, 0);
  return NO_RESULT;
}
