import type { Task } from "../../../include/linux/sched.ts";
import type { Kernel } from "../../../kernel.ts";
import { copyFromUser, copyToUser, putUser64 } from "../../../mm/usercopy.ts";
import { EFAULT, EINVAL, EIO, ENODEV } from "../../../uapi/errno.ts";
import * as P from "../../../uapi/ptrace.ts";
import { ptraceGetDebugreg, ptraceSetDebugreg } from "./hwBreakpoint.ts";
import { FXSAVE_SIZE, SW_RESERVED, USER_CS, USER_DS, XFEATURES, XSTATE_SIZE } from "./sigframe.ts";
import { singleStepOff } from "./step.ts";

/** Encoding numbers of the general registers in struct user_regs_struct's order: r15 … rdi. */
const GENERAL = [15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7] as const;
const ORIG_RAX = 15;
const RIP = 16;
const CS = 17;
const EFLAGS = 18;
const RSP = 19;
const SS = 20;
const FS_BASE = 21;
const GS_BASE = 22;
const REGS = 27;
const REGS_SIZE = REGS * 8;

/** Flags a tracer may set: CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF, AC. @linux arch/x86/kernel/ptrace.c FLAG_MASK */
const FLAG_MASK = 0x54dd5;
const TF = 0x100;
const TASK_SIZE_HI = 0x7fff;
const MXCSR_MASK = 0xffff;

const regs = new Uint8Array(REGS_SIZE);
const regsView = new DataView(regs.buffer);

/** One register, by its place, into a view. @linux arch/x86/kernel/ptrace.c getreg */
function getReg(task: Task, i: number, v: DataView, at: number): void {
  const { ctx } = task;
  let lo = 0;
  let hi = 0;
  if (i < ORIG_RAX || i === RSP) {
    const reg = i === RSP ? 4 : (GENERAL[i] as number);
    lo = ctx.getLo(reg);
    hi = ctx.getHi(reg);
  } else if (i === ORIG_RAX) {
    lo = task.syscallNr;
    hi = lo >> 31;
  } else if (i === RIP) {
    lo = ctx.ripLo;
    hi = ctx.ripHi;
  } else if (i === CS) lo = USER_CS;
  else if (i === SS) lo = USER_DS;
  else if (i === EFLAGS) lo = task.forcedTf ? ctx.rflags & ~TF : ctx.rflags;
  else if (i === FS_BASE || i === GS_BASE) {
    const base = i === FS_BASE ? ctx.fsBase : ctx.gsBase;
    lo = base | 0;
    hi = Math.floor(base / 4294967296);
  }
  v.setInt32(at, lo, true);
  v.setInt32(at + 4, hi, true);
}

/** @returns 0 or -EIO @linux arch/x86/kernel/ptrace.c putreg */
function putReg(task: Task, i: number, lo: number, hi: number): number {
  const { ctx } = task;
  if (i < ORIG_RAX || i === RSP) {
    ctx.setParts(i === RSP ? 4 : (GENERAL[i] as number), lo, hi);
    return 0;
  }
  switch (i) {
    case ORIG_RAX:
      // Only the low half is a number.
      task.syscallNr = lo;
      return 0;
    case RIP:
      ctx.setRipParts(lo, hi);
      return 0;
    case EFLAGS: {
      let flags = (ctx.rflags & ~FLAG_MASK) | (lo & FLAG_MASK);
      // A trap flag that the tracer wants is the program's own; ours stays.
      if (lo & TF) task.forcedTf = false;
      else if (task.forcedTf) flags |= TF;
      ctx.rflags = flags;
      return 0;
    }
    case FS_BASE:
    case GS_BASE: {
      if (hi >>> 0 > TASK_SIZE_HI || (hi === TASK_SIZE_HI && lo >>> 0 >= 0xfffff000)) return -EIO;
      const base = hi * 4294967296 + (lo >>> 0);
      if (i === FS_BASE) ctx.fsBase = base;
      else ctx.gsBase = base;
      return 0;
    }
    case CS:
    case SS:
      // Selectors must be the user's; there is no other code to run than 64-bit code.
      return (lo & 3) !== 3 ? -EIO : 0;
    default:
      return (lo & 0xffff) !== 0 && (lo & 3) !== 3 ? -EIO : 0;
  }
}

/** @linux arch/x86/kernel/ptrace.c ptrace PTRACE_PEEKUSER */
function peekUser(k: Kernel, task: Task, addr: number, data: number): number {
  if (addr % 8 !== 0 || addr >= P.USER_SIZE) return -EIO;
  regsView.setInt32(0, 0, true);
  regsView.setInt32(4, 0, true);
  if (addr < REGS_SIZE) getReg(task, addr / 8, regsView, 0);
  else if (addr >= P.USER_DEBUGREG && addr < P.USER_DEBUGREG + 64) {
    return putUser64(k, data, ptraceGetDebugreg(task, (addr - P.USER_DEBUGREG) / 8));
  }
  return copyToUser(k, data, regs, 0, 8);
}

const ARG_DATA = 10;
/** @linux arch/x86/kernel/ptrace.c ptrace PTRACE_POKEUSER */
function pokeUser(k: Kernel, task: Task, addr: number, data: number): number {
  if (addr % 8 !== 0 || addr >= P.USER_SIZE) return -EIO;
  const { cpu } = k.machine;
  if (addr < REGS_SIZE) return putReg(task, addr / 8, cpu.getLo(ARG_DATA), cpu.getHi(ARG_DATA));
  if (addr >= P.USER_DEBUGREG && addr < P.USER_DEBUGREG + 64) return ptraceSetDebugreg(task, (addr - P.USER_DEBUGREG) / 8, data);
  return -EIO;
}

const xstate = new Uint8Array(XSTATE_SIZE);
const xstateView = new DataView(xstate.buffer);

/** The floating-point state as XSAVE stores it: FXSAVE's image, then the header. @linux arch/x86/kernel/fpu/regset.c xstateregs_get */
function fillXstate(task: Task): void {
  xstate.fill(0);
  task.ctx.writeFxsaveTo(xstateView);
  xstateView.setUint32(28, MXCSR_MASK, true);
  xstateView.setUint32(SW_RESERVED, XFEATURES, true);
  xstateView.setUint32(FXSAVE_SIZE, XFEATURES, true);
}

/** @linux arch/x86/kernel/fpu/xstate.c copy_uabi_to_xstate */
function storeXstate(task: Task, n: number): number {
  if (xstateView.getUint32(24, true) & ~MXCSR_MASK) return -EINVAL;
  if (n > FXSAVE_SIZE) {
    const features = xstateView.getUint32(FXSAVE_SIZE, true);
    if (features & ~XFEATURES || xstateView.getUint32(FXSAVE_SIZE + 4, true) !== 0) return -EINVAL;
    for (let i = FXSAVE_SIZE + 8; i < XSTATE_SIZE; i++) if (xstate[i] !== 0) return -EINVAL;
    // What the header leaves out gets its initial state.
    if (!(features & 1)) {
      xstate.fill(0, 0, 24);
      xstate.fill(0, 32, 160);
      xstateView.setUint16(0, 0x37f, true);
    }
    if (!(features & 2)) xstate.fill(0, 160, 416);
  }
  task.ctx.readFxsaveFrom(xstateView);
  return 0;
}

/** Size of an element and of the whole set; null for sets there are not. */
function regsetSize(type: number): readonly [unit: number, size: number] | null {
  switch (type) {
    case P.NT_PRSTATUS:
      return [8, REGS_SIZE];
    case P.NT_PRFPREG:
      return [8, FXSAVE_SIZE];
    case P.NT_X86_XSTATE:
      return [8, XSTATE_SIZE];
    case P.NT_386_IOPERM:
      return [8, 8192];
    default:
      return null;
  }
}

function getSet(k: Kernel, task: Task, type: number, to: number, n: number): number {
  if (type === P.NT_PRSTATUS) {
    for (let i = 0; i < REGS; i++) getReg(task, i, regsView, i * 8);
    return copyToUser(k, to, regs, 0, n);
  }
  // Nobody has ports.
  if (type === P.NT_386_IOPERM) return -ENODEV;
  fillXstate(task);
  if (type === P.NT_PRFPREG) xstate.fill(0, 416, 512);
  return copyToUser(k, to, xstate, 0, n);
}

function setSet(k: Kernel, task: Task, type: number, from: number, n: number): number {
  if (type === P.NT_PRSTATUS) {
    if (copyFromUser(k, from, regs, 0, n) !== 0) return -EFAULT;
    for (let i = 0; i < n / 8; i++) {
      const r = putReg(task, i, regsView.getInt32(i * 8, true), regsView.getInt32(i * 8 + 4, true));
      if (r !== 0) return r;
    }
    return 0;
  }
  if (type === P.NT_386_IOPERM) return -EIO;
  if (type === P.NT_X86_XSTATE && n !== XSTATE_SIZE) return -EFAULT;
  if (type === P.NT_PRFPREG && n !== FXSAVE_SIZE) return -EINVAL;
  fillXstate(task);
  if (copyFromUser(k, from, xstate, 0, n) !== 0) return -EFAULT;
  return storeXstate(task, n);
}

/** PTRACE_GETREGSET and SETREGSET: an iovec says where and how much, and is told how much it was. @linux kernel/ptrace.c ptrace_regset */
export function ptraceRegset(k: Kernel, task: Task, set: boolean, type: number, uiov: number): number {
  const iov = new Uint8Array(16);
  if (copyFromUser(k, uiov, iov, 0, 16) !== 0) return -EFAULT;
  const v = new DataView(iov.buffer);
  const base = v.getUint32(0, true) + v.getUint32(4, true) * 4294967296;
  const length = v.getUint32(8, true) + v.getUint32(12, true) * 4294967296;
  const shape = regsetSize(type);
  if (!shape || length % shape[0] !== 0) return -EINVAL;
  const n = Math.min(length, shape[1]);
  const r = set ? setSet(k, task, type, base, n) : getSet(k, task, type, base, n);
  return r !== 0 ? r : putUser64(k, uiov + 8, n);
}

/** The task is let go: nothing of a tracer stays in its processor state. @linux arch/x86/kernel/ptrace.c ptrace_disable */
export function ptraceDisable(task: Task): void {
  singleStepOff(task);
}

/** Requests of this architecture; null for all others. @linux arch/x86/kernel/ptrace.c arch_ptrace */
export function archPtrace(k: Kernel, task: Task, request: number, addr: number, data: number): number | null {
  switch (request) {
    case P.PTRACE_PEEKUSER:
      return peekUser(k, task, addr, data);
    case P.PTRACE_POKEUSER:
      return pokeUser(k, task, addr, data);
    case P.PTRACE_GETREGS:
      return getSet(k, task, P.NT_PRSTATUS, data, REGS_SIZE);
    case P.PTRACE_SETREGS:
      return setSet(k, task, P.NT_PRSTATUS, data, REGS_SIZE);
    case P.PTRACE_GETFPREGS:
      return getSet(k, task, P.NT_PRFPREG, data, FXSAVE_SIZE);
    case P.PTRACE_SETFPREGS:
      return setSet(k, task, P.NT_PRFPREG, data, FXSAVE_SIZE);
    case P.PTRACE_ARCH_PRCTL:
      return ptraceArchPrctl(k, task, data, addr);
    default:
      return null;
  }
}

const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;

/** @linux arch/x86/kernel/process_64.c do_arch_prctl_64 */
function ptraceArchPrctl(k: Kernel, task: Task, option: number, arg: number): number {
  switch (option) {
    case ARCH_SET_GS:
    case ARCH_SET_FS:
      return putReg(task, option === ARCH_SET_FS ? FS_BASE : GS_BASE, arg | 0, Math.floor(arg / 4294967296) | 0);
    case ARCH_GET_FS:
      return putUser64(k, arg, task.ctx.fsBase);
    case ARCH_GET_GS:
      return putUser64(k, arg, task.ctx.gsBase);
    default:
      return -EINVAL;
  }
}
