import { capable } from "../../../kernel/capability.ts";
import type { Kernel } from "../../../kernel.ts";
import { putUser64 } from "../../../mm/usercopy.ts";
import { A, enumNames, type SyscallDef, syscall } from "../../../syscall/declare.ts";
import { CAP_SYS_RAWIO } from "../../../uapi/capability.ts";
import { EFAULT, EINVAL, ENODEV, EOPNOTSUPP, EPERM } from "../../../uapi/errno.ts";
import { sysRtSigreturn } from "./signal.ts";

/** arch/x86/include/uapi/asm/prctl.h */
const ARCH_SET_GS = 0x1001;
const ARCH_SET_FS = 0x1002;
const ARCH_GET_FS = 0x1003;
const ARCH_GET_GS = 0x1004;
const ARCH_GET_CPUID = 0x1011;
const ARCH_SET_CPUID = 0x1012;
const ARCH_GET_XCOMP_SUPP = 0x1021;
const ARCH_GET_XCOMP_PERM = 0x1022;
const ARCH_REQ_XCOMP_PERM = 0x1023;
const ARCH_SHSTK_ENABLE = 0x5001;
const ARCH_SHSTK_STATUS = 0x5005;
const archNames = enumNames("ARCH_???", {
  ARCH_SET_GS,
  ARCH_SET_FS,
  ARCH_GET_FS,
  ARCH_GET_GS,
  ARCH_GET_CPUID,
  ARCH_SET_CPUID,
  ARCH_GET_XCOMP_SUPP,
  ARCH_GET_XCOMP_PERM,
  ARCH_REQ_XCOMP_PERM,
  ARCH_SHSTK_ENABLE,
  ARCH_SHSTK_STATUS,
});
const TASK_SIZE = 0x7ffffffff000;

/** @linux arch/x86/kernel/process_64.c do_arch_prctl_64 */
function sysArchPrctl(k: Kernel, option: number, arg: number): number {
  const { cpu } = k.machine;
  switch (option) {
    case ARCH_SET_GS:
      if (arg >= TASK_SIZE) return -EPERM;
      cpu.gsBase = arg;
      return 0;
    case ARCH_SET_FS:
      if (arg >= TASK_SIZE) return -EPERM;
      cpu.fsBase = arg;
      return 0;
    case ARCH_GET_FS:
      return putUser64(k, arg, cpu.fsBase) !== 0 ? -EFAULT : 0;
    case ARCH_GET_GS:
      return putUser64(k, arg, cpu.gsBase) !== 0 ? -EFAULT : 0;
    case ARCH_GET_CPUID:
      return 1;
    case ARCH_SET_CPUID:
      // This processor cannot make CPUID fault.
      return -ENODEV;
    case ARCH_GET_XCOMP_SUPP:
    case ARCH_GET_XCOMP_PERM:
      return putUser64(k, arg, 3) !== 0 ? -EFAULT : 0;
    case ARCH_REQ_XCOMP_PERM:
      return arg > 63 ? -EINVAL : -EOPNOTSUPP;
    default:
      return option >= ARCH_SHSTK_ENABLE && option <= ARCH_SHSTK_STATUS ? -EOPNOTSUPP : -EINVAL;
  }
}

export const archSyscalls: readonly SyscallDef[] = [
  syscall("rt_sigreturn", { frame: A.custom() }, sysRtSigreturn, { linux: "arch/x86/kernel/signal_64.c sys_rt_sigreturn" }),
  syscall("arch_prctl", { option: A.enum(archNames), arg2: A.hex }, sysArchPrctl, { linux: "arch/x86/kernel/process_64.c sys_arch_prctl" }),
  syscall(
    "iopl",
    { level: A.uint },
    // Ports exist for nobody: level 0 is what every task has.
    (k, level) => (level > 3 ? -EINVAL : level === 0 ? 0 : capable(k, CAP_SYS_RAWIO) ? -ENODEV : -EPERM),
    { linux: "arch/x86/kernel/ioport.c sys_iopl" },
  ),
  syscall(
    "ioperm",
    { from: A.ulong, num: A.ulong, turn_on: A.int },
    (k, from, num, on) => {
      if (from + num <= from || from + num > 65536) return -EINVAL;
      return on === 0 ? 0 : capable(k, CAP_SYS_RAWIO) ? -ENODEV : -EPERM;
    },
    { linux: "arch/x86/kernel/ioport.c ksys_ioperm" },
  ),
];
