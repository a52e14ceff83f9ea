import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { SI_KERNEL, SI_USER, SIGINFO_SIZE } from "../../uapi/signal.ts";
import { setU64 } from "../../uapi/struct.ts";

/** Byte offsets in siginfo_t on x86-64. */
export const SI_CODE = 8;
export const SI_PID = 16;
export const SI_UID = 20;
export const SI_STATUS = 24;
export const SI_UTIME = 32;
export const SI_STIME = 40;
export const SI_ADDR = 16;
export const SI_VALUE = 24;
export const SI_TID = 16;
export const SI_OVERRUN = 20;
export const SI_BAND = 16;
export const SI_FD = 24;

export function viewOf(info: Uint8Array): DataView {
  return new DataView(info.buffer, info.byteOffset, info.byteLength);
}

/** A siginfo with number and code set. */
export function newSiginfo(sig: number, code: number): Uint8Array {
  const info = new Uint8Array(SIGINFO_SIZE);
  info[0] = sig;
  putInt32(info, SI_CODE, code);
  return info;
}

function putInt32(info: Uint8Array, at: number, v: number): void {
  info[at] = v;
  info[at + 1] = v >> 8;
  info[at + 2] = v >> 16;
  info[at + 3] = v >> 24;
}

export function siCode(info: Uint8Array): number {
  return info[SI_CODE]! | (info[SI_CODE + 1]! << 8) | (info[SI_CODE + 2]! << 16) | (info[SI_CODE + 3]! << 24);
}

/** From a task, by kill (SI_USER), tkill (SI_TKILL) and the like. @linux kernel/signal.c prepare_kill_siginfo */
export function userSiginfo(sig: number, sender: Task, code = SI_USER): Uint8Array {
  const info = newSiginfo(sig, code);
  putInt32(info, SI_PID, sender.tgid);
  putInt32(info, SI_UID, sender.cred.uid);
  return info;
}

/** From the kernel itself (SEND_SIG_PRIV). */
export function kernelSiginfo(sig: number): Uint8Array {
  return newSiginfo(sig, SI_KERNEL);
}

/** A fault at an address given as two words. */
export function faultSiginfo(sig: number, code: number, lo: number, hi: number): Uint8Array {
  const info = newSiginfo(sig, code);
  const v = viewOf(info);
  v.setInt32(SI_ADDR, lo, true);
  v.setInt32(SI_ADDR + 4, hi, true);
  return info;
}

/** News about a child. Times are in clock ticks of 10 ms. @linux kernel/signal.c do_notify_parent */
export function childSiginfo(sig: number, child: Task, code: number, status: number): Uint8Array {
  const info = newSiginfo(sig, code);
  const v = viewOf(info);
  v.setInt32(SI_PID, child.pid, true);
  v.setUint32(SI_UID, child.cred.uid, true);
  v.setInt32(SI_STATUS, status, true);
  setU64(v, SI_UTIME, Math.floor((child.utime + child.signal.utime) / 1e7));
  setU64(v, SI_STIME, Math.floor((child.stime + child.signal.stime) / 1e7));
  return info;
}

/** Asynchronous I/O on a descriptor (F_SETSIG). @linux fs/fcntl.c send_sigio_to_task */
export function pollSiginfo(sig: number, code: number, band: number, fd: number): Uint8Array {
  const info = newSiginfo(sig, code);
  const v = viewOf(info);
  setU64(v, SI_BAND, band);
  v.setInt32(SI_FD, fd, true);
  return info;
}

/** A system call that a filter turned into a signal (SIGSYS). */
export function sysSiginfo(sig: number, code: number, errno: number, addrLo: number, addrHi: number, nr: number, arch: number): Uint8Array {
  const info = newSiginfo(sig, code);
  const v = viewOf(info);
  v.setInt32(4, errno, true);
  v.setInt32(16, addrLo, true);
  v.setInt32(20, addrHi, true);
  v.setInt32(24, nr, true);
  v.setUint32(28, arch, true);
  return info;
}

/** The sender of a signal without details: the running process (SEND_SIG_NOINFO). */
export function noinfoSiginfo(k: Kernel, sig: number): Uint8Array {
  return userSiginfo(sig, k.current);
}
