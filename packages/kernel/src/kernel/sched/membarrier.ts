import type { MmStruct } from "../../include/linux/mm_types.ts";
import type { Kernel } from "../../kernel.ts";
import { A, enumNames, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { EINVAL, EPERM } from "../../uapi/errno.ts";

const MEMBARRIER_CMD_QUERY = 0;
const MEMBARRIER_CMD_GLOBAL = 1;
const MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2;
const MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4;
const MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8;
const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16;
const MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32;
const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64;
const MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 128;
const MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 256;
const MEMBARRIER_CMD_GET_REGISTRATIONS = 512;
const names = enumNames("MEMBARRIER_CMD_???", {
  MEMBARRIER_CMD_QUERY,
  MEMBARRIER_CMD_GLOBAL,
  MEMBARRIER_CMD_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
  MEMBARRIER_CMD_PRIVATE_EXPEDITED,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
  MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
  MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ,
  MEMBARRIER_CMD_GET_REGISTRATIONS,
});
const MEMBARRIER_CMD_FLAG_CPU = 1;
const ALL = 1023;

/** One processor needs no barrier; what is left is the bookkeeping of registrations. @linux kernel/sched/membarrier.c sys_membarrier */
function sysMembarrier(k: Kernel, cmd: number, flags: number): number {
  if (cmd === MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ ? flags !== 0 && flags !== MEMBARRIER_CMD_FLAG_CPU : flags !== 0) return -EINVAL;
  const mm = k.current.mm as MmStruct;
  switch (cmd) {
    case MEMBARRIER_CMD_QUERY:
      return ALL;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
      return 0;
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ:
      mm.membarrier |= cmd;
      return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ:
      return mm.membarrier & (cmd << 1) ? 0 : -EPERM;
    case MEMBARRIER_CMD_GET_REGISTRATIONS:
      return mm.membarrier;
    default:
      return -EINVAL;
  }
}

export const membarrierSyscalls: readonly SyscallDef[] = [
  syscall("membarrier", { cmd: A.enum(names), flags: A.uint, cpu_id: A.int }, sysMembarrier, {
    linux: "kernel/sched/membarrier.c sys_membarrier",
  }),
];
