import { PF_INSTR, PF_PRESENT, PF_USER, Trap } from "@lstar/machine";
import type { Task } from "../../../include/linux/sched.ts";
import { forceSig, forceSigFault } from "../../../kernel/signal.ts";
import type { Kernel } from "../../../kernel.ts";
import { faultInfo, handleMmFault } from "../../../mm/memory.ts";
import {
  BUS_ADRALN,
  FPE_FLTDIV,
  FPE_FLTINV,
  FPE_FLTOVF,
  FPE_FLTRES,
  FPE_FLTUND,
  FPE_INTDIV,
  ILL_ILLOPN,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
} from "../../../uapi/signal.ts";
import { debugReason } from "../kernel/hwBreakpoint.ts";
import { emulateVsyscall, inVsyscallPage } from "./vsyscall.ts";

/** First address that user space cannot have. */
const TASK_SIZE = 0x7ffffffff000;
const SEGV_MAPERR = 1;
const RF = 0x10000;

/** A processor exception while a program ran: becomes a resolved page fault or a signal. @linux arch/x86/kernel/traps.c */
export function handleTrap(k: Kernel, task: Task, trap: number): void {
  task.syscallNr = -1;
  const { machine } = k;
  switch (trap) {
    case Trap.PF:
      pageFault(k, task);
      break;
    case Trap.DE:
      fault(k, task, trap, 0, SIGFPE, FPE_INTDIV);
      break;
    case Trap.DB:
      fault(k, task, trap, 0, SIGTRAP, debugReason(k, task));
      break;
    case Trap.BP:
      plain(k, task, trap, 0, SIGTRAP);
      break;
    case Trap.UD:
      fault(k, task, trap, 0, SIGILL, ILL_ILLOPN);
      break;
    case Trap.SS:
      plain(k, task, trap, machine.trapError, SIGBUS);
      break;
    case Trap.MF:
      fault(k, task, trap, 0, SIGFPE, x87Code(k));
      break;
    case Trap.XM:
      fault(k, task, trap, 0, SIGFPE, simdCode(k));
      break;
    case Trap.AC:
      fault(k, task, trap, machine.trapError, SIGBUS, BUS_ADRALN);
      break;
    case Trap.INT:
      // No gate may be used by programs except int3 and into: #GP names the vector.
      machine.cpu.rip -= 2;
      plain(k, task, Trap.GP, machine.trapError * 8 + 2, SIGSEGV);
      break;
    default:
      // #GP, and #OF and #BR which 64-bit code cannot or hardly raise.
      plain(k, task, trap, machine.trapError, SIGSEGV);
      break;
  }
}

/** What the signal frame tells about the exception. Faults leave the resume flag set, traps do not (Intel SDM volume 3, 17.3.1.1). */
function record(k: Kernel, task: Task, trap: number, error: number): void {
  task.trapNr = trap;
  task.trapError = error;
  if (trap !== Trap.DB && trap !== Trap.BP) k.machine.cpu.rflags |= RF;
}

/** A signal with the instruction's address. */
function fault(k: Kernel, task: Task, trap: number, error: number, sig: number, code: number): void {
  record(k, task, trap, error);
  forceSigFault(k, task, sig, code, trap === Trap.AC ? 0 : k.machine.cpu.rip);
}

/** A signal without details (si_code SI_KERNEL). */
function plain(k: Kernel, task: Task, trap: number, error: number, sig: number): void {
  record(k, task, trap, error);
  forceSig(k, task, sig);
}

/** @linux arch/x86/mm/fault.c do_user_addr_fault */
function pageFault(k: Kernel, task: Task): void {
  const { machine } = k;
  const address = machine.trapAddress;
  let error = machine.trapError | PF_USER;
  const lo = machine.trapAddressLo;
  const hi = machine.trapAddressHi;
  if (k.trace.pageFault.enabled) k.trace.pageFault.fire(task, address, error);
  if (address >= TASK_SIZE) {
    if (inVsyscallPage(lo, hi) && error & PF_INSTR) {
      emulateVsyscall(k, task);
      return;
    }
    // Kernel addresses look protected rather than absent.
    error |= PF_PRESENT;
    record(k, task, Trap.PF, error);
    task.cr2Lo = lo;
    task.cr2Hi = hi;
    forceSigFault(k, task, SIGSEGV, SEGV_MAPERR, lo, hi);
    return;
  }
  const mm = task.mm;
  if (!mm) return;
  const result = handleMmFault(k, mm, address, error);
  if (result === 0) return;
  record(k, task, Trap.PF, error);
  task.cr2Lo = lo;
  task.cr2Hi = hi;
  forceSigFault(k, task, faultInfo.sig, faultInfo.code, lo, hi);
}

/** Which x87 exception is raised and unmasked. @linux arch/x86/kernel/fpu/core.c fpu__exception_code */
function x87Code(k: Kernel): number {
  const image = new Uint8Array(512);
  k.machine.cpu.writeFxsave(image, 0);
  const cw = (image[0] as number) | ((image[1] as number) << 8);
  const sw = (image[2] as number) | ((image[3] as number) << 8);
  return floatCode(sw & ~cw);
}

function simdCode(k: Kernel): number {
  const mxcsr = k.machine.cpu.mxcsr;
  return floatCode(~(mxcsr >> 7) & mxcsr);
}

function floatCode(raised: number): number {
  if (raised & 0x01) return FPE_FLTINV;
  if (raised & 0x04) return FPE_FLTDIV;
  if (raised & 0x08) return FPE_FLTOVF;
  if (raised & 0x12) return FPE_FLTUND;
  if (raised & 0x20) return FPE_FLTRES;
  return 0;
}
