import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { getUser32, getUser64, putUser32, putUser64 } from "../mm/usercopy.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBUSY, EFAULT, EINVAL, EPERM } from "../uapi/errno.ts";
import { forceSigsegv } from "./signal/send.ts";

const RSEQ_FLAG_UNREGISTER = 1;
const rseqNames = flagNames("RSEQ_FLAG_???", { RSEQ_FLAG_UNREGISTER });
const ORIG_RSEQ_SIZE = 32;
const RSEQ_ALIGN = 32;
const TASK_SIZE = 0x7ffffffff000;
/** Offsets in struct rseq and struct rseq_cs. */
const CPU_ID_START = 0;
const CPU_ID = 4;
const RSEQ_CS = 8;
const NODE_ID = 20;
const MM_CID = 24;

/** @linux kernel/rseq.c sys_rseq */
function sysRseq(k: Kernel, address: number, length: number, flags: number, sig: number): number {
  const task = k.current;
  if (flags & RSEQ_FLAG_UNREGISTER) {
    if (flags & ~RSEQ_FLAG_UNREGISTER) return -EINVAL;
    if (task.rseqAddr !== address || address === 0) return -EINVAL;
    if (task.rseqLen !== length) return -EINVAL;
    if (task.rseqSig !== sig) return -EPERM;
    if (putUser32(k, address + CPU_ID_START, 0) !== 0 || putUser32(k, address + CPU_ID, 0xffffffff) !== 0) return -EFAULT;
    putUser32(k, address + NODE_ID, 0);
    putUser32(k, address + MM_CID, 0);
    task.rseqAddr = task.rseqLen = task.rseqSig = 0;
    return 0;
  }
  if (flags !== 0) return -EINVAL;
  if (task.rseqAddr !== 0) {
    if (task.rseqAddr !== address || task.rseqLen !== length) return -EINVAL;
    if (task.rseqSig !== sig) return -EPERM;
    return -EBUSY;
  }
  if (length < ORIG_RSEQ_SIZE || (length === ORIG_RSEQ_SIZE && address % RSEQ_ALIGN !== 0)) return -EINVAL;
  if (address + length > TASK_SIZE) return -EFAULT;
  task.rseqAddr = address;
  task.rseqLen = length;
  task.rseqSig = sig;
  task.userWork = true;
  return 0;
}

/** Stores where the thread runs: always processor 0. @linux kernel/rseq.c rseq_update_cpu_node_id */
function updateCpu(k: Kernel, at: number): boolean {
  return (
    putUser32(k, at + CPU_ID_START, 0) === 0 &&
    putUser32(k, at + CPU_ID, 0) === 0 &&
    putUser32(k, at + NODE_ID, 0) === 0 &&
    putUser32(k, at + MM_CID, 0) === 0
  );
}

/**
 * Before a thread goes on after preemption or with a signal: if it was inside a restartable
 * sequence, it goes on at the abort handler.
 * @linux kernel/rseq.c __rseq_handle_notify_resume
 */
export function rseqHandleNotifyResume(k: Kernel, task: Task): void {
  const at = task.rseqAddr;
  if (at === 0) return;
  if (!fixIp(k, task, at) || !updateCpu(k, at)) forceSigsegv(k, task, 0);
}

/** @linux kernel/rseq.c rseq_ip_fixup */
function fixIp(k: Kernel, task: Task, at: number): boolean {
  const cs = getUser64(k, at + RSEQ_CS);
  if (cs < 0) return false;
  if (cs === 0) return true;
  if (cs >= TASK_SIZE) return false;
  const version = getUser32(k, cs);
  const start = getUser64(k, cs + 8);
  const post = getUser64(k, cs + 16);
  const abort = getUser64(k, cs + 24);
  if (version < 0 || start < 0 || post < 0 || abort < 0) return false;
  if (start >= TASK_SIZE || start + post >= TASK_SIZE || abort >= TASK_SIZE || version > 0) return false;
  if (abort - start < post && abort >= start) return false;
  const sig = getUser32(k, abort - 4);
  if (sig < 0 || sig !== task.rseqSig) return false;
  const { cpu } = k.machine;
  const ip = cpu.rip;
  // Whether inside or not, the sequence is over.
  if (ip < start || ip >= start + post) return putUser64(k, at + RSEQ_CS, 0) === 0;
  if (putUser64(k, at + RSEQ_CS, 0) !== 0) return false;
  cpu.rip = abort;
  return true;
}

export const rseqSyscalls: readonly SyscallDef[] = [
  syscall("rseq", { rseq: A.ptr, rseq_len: A.uint, flags: A.flags(rseqNames), sig: A.uint }, sysRseq, { linux: "kernel/rseq.c sys_rseq" }),
];
