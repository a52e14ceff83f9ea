import type { Task } from "../../../include/linux/sched.ts";
import { forceSig } from "../../../kernel/signal.ts";
import type { Kernel } from "../../../kernel.ts";
import { getUser64, putUser32, putUser64 } from "../../../mm/usercopy.ts";
import { SIGSEGV } from "../../../uapi/signal.ts";

/** Where old programs call the kernel: execute-only, three entries 1 KiB apart. */
export const VSYSCALL_ADDR = 0xffffffffff600000;
/** rip's low word at the three entries. */
const GETTIMEOFDAY = 0xff600000;
const TIME = 0xff600400;
const GETCPU = 0xff600800;

/**
 * The program jumped into the vsyscall page: does the call and returns to the caller.
 * @returns false if the address is no entry point @linux arch/x86/entry/vsyscall/vsyscall_64.c emulate_vsyscall
 */
export function emulateVsyscall(k: Kernel, task: Task): boolean {
  const { cpu } = k.machine;
  const entry = k.machine.trapAddressLo >>> 0;
  if (entry !== GETTIMEOFDAY && entry !== TIME && entry !== GETCPU) return false;
  const sp = cpu.get(4);
  const caller = getUser64(k, sp);
  if (caller < 0) {
    forceSig(k, task, SIGSEGV);
    return true;
  }
  const a = cpu.get(7);
  const b = cpu.get(6);
  const ok = entry === GETTIMEOFDAY ? gettimeofday(k, a, b) : entry === TIME ? time(k, a) : getcpu(k, a, b);
  if (!ok) {
    forceSig(k, task, SIGSEGV);
    return true;
  }
  cpu.rip = caller;
  cpu.set(4, sp + 8);
  return true;
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
