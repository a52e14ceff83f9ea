import { deviceSyscalls } from "../../../drivers/syscalls.ts";
import { execSyscalls } from "../../../fs/exec.ts";
import { fsSyscalls } from "../../../fs/syscalls.ts";
import { ioUringSyscalls } from "../../../io_uring/syscalls.ts";
import { ipcSyscalls } from "../../../ipc/syscalls.ts";
import { coreSyscalls } from "../../../kernel/syscalls.ts";
import { mmSyscalls } from "../../../mm/syscalls.ts";
import { netSyscalls } from "../../../net/syscalls.ts";
import type { SyscallDef } from "../../../syscall/declare.ts";
import { archSyscalls } from "../kernel/syscalls.ts";
import { NR_SYSCALLS, syscallNumbers } from "./syscallNames.ts";

/** The families that make up the system-call interface. */
const families: readonly (readonly SyscallDef[])[] = [
  fsSyscalls,
  execSyscalls,
  mmSyscalls,
  coreSyscalls,
  ipcSyscalls,
  netSyscalls,
  deviceSyscalls,
  archSyscalls,
  ioUringSyscalls,
];

function build(): readonly (SyscallDef | null)[] {
  const table: (SyscallDef | null)[] = new Array(NR_SYSCALLS).fill(null);
  for (const family of families) {
    for (const def of family) {
      const nr = syscallNumbers.get(def.name);
      if (nr === undefined) throw new Error(`no system call is named ${def.name}`);
      if (table[nr] && table[nr] !== def) throw new Error(`system call ${def.name} is declared twice`);
      table[nr] = def;
    }
  }
  return table;
}

/** Declarations by number; null where a number answers -ENOSYS. */
export const sysCallTable: readonly (SyscallDef | null)[] = build();
