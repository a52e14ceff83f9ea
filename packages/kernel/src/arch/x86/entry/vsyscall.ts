import { PF_WRITE, Trap } from "@lstar/machine";
import { SYSCALL_WORK_SECCOMP } from "../../../include/linux/ptrace.ts";
import { BLOCKED, type Task } from "../../../include/linux/sched.ts";
import { secureComputing } from "../../../kernel/seccomp/entry.ts";
import { forceSig, forceSigFault, forceSigInfo, kernelSiginfo } from "../../../kernel/signal.ts";
import type { Kernel } from "../../../kernel.ts";
import { getUser64, putUser32, putUser64 } from "../../../mm/usercopy.ts";
import { ENOSYS } from "../../../uapi/errno.ts";
import { SIGSEGV, SIGSYS } from "../../../uapi/signal.ts";

/** Where old programs call the kernel: the page at 0xffffffffff600000, execute-only, three entries 1 KiB apart. */
const PAGE_LO = 0xff600000;
const GETTIMEOFDAY = PAGE_LO;
const TIME = PAGE_LO + 0x400;
const GETCPU = PAGE_LO + 0x800;
const NR_GETTIMEOFDAY = 96;
const NR_TIME = 201;
const NR_GETCPU = 309;
/** End of what user space can have, in the high word of an address. */
const USER_END_HI = 0x8000;
const SEGV_MAPERR = 1;
const PF_USER_WRITE = PF_WRITE | 4;

/** Is an address, given as halves, in the page? */
export function inVsyscallPage(lo: number, hi: number): boolean {
  return hi === -1 && lo >>> 12 === PAGE_LO >>> 12;
}

/**
 * The program jumped into the page: does the call and returns to the caller, or sends SIGSEGV.
 * @linux arch/x86/entry/vsyscall/vsyscall_64.c emulate_vsyscall
 */
export function emulateVsyscall(k: Kernel, task: Task): void {
  const { cpu } = k.machine;
  const entry = k.machine.trapAddressLo >>> 0;
  const sp = cpu.get(4);
  const caller = getUser64(k, sp);
  if (caller < 0 || (entry !== GETTIMEOFDAY && entry !== TIME && entry !== GETCPU)) {
    forceSig(k, task, SIGSEGV);
    return;
  }
  if (!mayWrite(k, task, 7) || (entry !== TIME && !mayWrite(k, task, 6))) return;
  if (task.syscallWork & SYSCALL_WORK_SECCOMP) {
    const verdict = secureVsyscall(k, task, entry === GETTIMEOFDAY ? NR_GETTIMEOFDAY : entry === TIME ? NR_TIME : NR_GETCPU);
    if (verdict === GONE) return;
    if (verdict === SKIP) {
      cpu.rip = caller;
      cpu.set(4, sp + 8);
      return;
    }
  }
  const a = cpu.get(7);
  const b = cpu.get(6);
  const ok = entry === GETTIMEOFDAY ? gettimeofday(k, a, b) : entry === TIME ? time(k, a) : getcpu(k, a, b);
  if (!ok) {
    forceSig(k, task, SIGSEGV);
    return;
  }
  cpu.rip = caller;
  cpu.set(4, sp + 8);
}

const ALLOW = 0;
const SKIP = 1;
const GONE = 2;

/**
 * Filters judge these calls like others. While one waits for its answer the instruction pointer stays here, so that
 * the program comes again. Neither number nor address may be changed.
 */
function secureVsyscall(k: Kernel, task: Task, nr: number): number {
  const { cpu } = k.machine;
  const lo = cpu.ripLo;
  task.syscallNr = nr;
  cpu.set(0, -ENOSYS);
  const r = secureComputing(k, task);
  if (r === BLOCKED || task.exitState !== 0) return GONE;
  if ((r === 0 && task.syscallNr !== nr) || cpu.ripLo !== lo) {
    forceSigInfo(k, task, kernelSiginfo(SIGSYS), true, true);
    return GONE;
  }
  task.syscallNr = -1;
  return r === 0 ? ALLOW : SKIP;
}

/** A pointer beyond user space is told apart from one where nothing is. @linux arch/x86/entry/vsyscall/vsyscall_64.c write_ok_or_segv */
function mayWrite(k: Kernel, task: Task, register: number): boolean {
  const { cpu } = k.machine;
  const hi = cpu.getHi(register);
  if (hi >>> 0 < USER_END_HI) return true;
  const lo = cpu.getLo(register);
  task.trapNr = Trap.PF;
  task.trapError = PF_USER_WRITE;
  task.cr2Lo = lo;
  task.cr2Hi = hi;
  forceSigFault(k, task, SIGSEGV, SEGV_MAPERR, lo, hi);
  return false;
}

function gettimeofday(k: Kernel, tv: number, tz: number): boolean {
  const t = k.time.realtime();
  if (tv && (putUser64(k, tv, t.sec) !== 0 || putUser64(k, tv + 8, Math.floor(t.nsec / 1000)) !== 0)) return false;
  if (tz && putUser64(k, tz, 0) !== 0) return false;
  k.machine.cpu.set(0, 0);
  return true;
}

function time(k: Kernel, at: number): boolean {
  const t = k.time.realtime().sec;
  if (at && putUser64(k, at, t) !== 0) return false;
  k.machine.cpu.set(0, t);
  return true;
}

function getcpu(k: Kernel, cpu: number, node: number): boolean {
  if (cpu && putUser32(k, cpu, 0) !== 0) return false;
  if (node && putUser32(k, node, 0) !== 0) return false;
  k.machine.cpu.set(0, 0);
  return true;
}
