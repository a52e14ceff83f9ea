import { enumNames, flagNames } from "@lstar/kernel/syscall/declare.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import * as P from "@lstar/kernel/uapi/ptrace.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { siginfoText, signalText, sigsetText } from "../signals.ts";
import { enumText, flagsText, hex, pointer } from "../text.ts";
import type { PrinterTable } from "./index.ts";
import { hex64, numberText, pointer64 } from "./seccomp.ts";

/** strace's names for two sets, besides those of the kernel's headers. */
const regsets = enumNames("NT_???", { NT_PRSTATUS: 1, NT_FPREGSET: 2, NT_386_IOPERM: 0x201, NT_X86_XSTATE: 0x202 });
const peekFlags = flagNames("PTRACE_PEEKSIGINFO_???", { PTRACE_PEEKSIGINFO_SHARED: 1 });
const USER_REGS = [
  "R15",
  "R14",
  "R13",
  "R12",
  "RBP",
  "RBX",
  "R11",
  "R10",
  "R9",
  "R8",
  "RAX",
  "RCX",
  "RDX",
  "RSI",
  "RDI",
  "ORIG_RAX",
  "RIP",
  "CS",
  "EFL",
  "RSP",
  "SS",
];
/** Members of struct user behind the registers. */
const USER_MEMBERS: readonly (readonly [number, string])[] = [
  [216, "u_fpvalid"],
  [224, "i387"],
  [736, "u_tsize"],
  [744, "u_dsize"],
  [752, "u_ssize"],
  [760, "start_code"],
  [768, "start_stack"],
  [776, "signal"],
  [784, "reserved"],
  [792, "u_ar0"],
  [800, "u_fpstate"],
  [808, "magic"],
  [816, "u_comm"],
  [848, "u_debugreg"],
];
const USER_END = 912;
const ARG_REGS = [7, 6, 2, 10];

/** A whole register: strace shows all 64 bits. */
function exact(c: Call, i: number, zero: string): string {
  const n = c.arg(i);
  if (n < Number.MAX_SAFE_INTEGER || c.k.current !== c.task) return n === 0 ? zero : hex(n);
  const { cpu } = c.k.machine;
  const reg = ARG_REGS[i] as number;
  return `0x${((BigInt(cpu.getHi(reg) >>> 0) << 32n) | BigInt(cpu.getLo(reg) >>> 0)).toString(16)}`;
}

/** "8*RAX", "offsetof(struct user, u_debugreg)+56". */
function userOffset(n: number): string {
  const more = (from: number): string => (n === from ? "" : `+${n - from}`);
  const i = Math.floor(n / 8);
  if (i < USER_REGS.length) return `8*${USER_REGS[i]}${more(i * 8)}`;
  if (n < 216) return `8*SS${more(160)}`;
  if (n >= USER_END) return hex(n);
  const member = [...USER_MEMBERS].reverse().find(([at]) => at <= n) as readonly [number, string];
  return `offsetof(struct user, ${member[1]})${more(member[0])}`;
}

/** The first `size` bytes of struct user_regs_struct. */
function regsText(v: DataView, size: number): string {
  const parts: string[] = [];
  for (const m of P.userRegsStruct.members) {
    if (m.offset + 8 > size) break;
    parts.push(`${m.name}=${hex64(v, m.offset)}`);
  }
  return `{${parts.join(", ")}}`;
}

function fpregsText(v: DataView): string {
  const words = (from: number, count: number): string =>
    `[${Array.from({ length: count }, (_, i) => hex(v.getUint32(from + 4 * i, true))).join(", ")}]`;
  return (
    `{cwd=${hex(v.getUint16(0, true))}, swd=${hex(v.getUint16(2, true))}, ftw=${hex(v.getUint16(4, true))}, fop=${hex(v.getUint16(6, true))}, ` +
    `rip=${hex64(v, 8)}, rdp=${hex64(v, 16)}, mxcsr=${hex(v.getUint32(24, true))}, mxcr_mask=${hex(v.getUint32(28, true))}, ` +
    `st_space=${words(32, 32)}, xmm_space=${words(160, 64)}, padding=${words(416, 24)}}`
  );
}

/** Registers at an address. */
function regsAt(c: Call, at: number, print: (v: DataView) => string, size: number): string {
  const v = at === 0 ? null : c.view(at, size);
  return v ? print(v) : pointer(at);
}

/** How much a call asked for, before the kernel said how much there is. */
const lengths = new WeakMap<Call, number>();

/** An iovec with registers. `whole`: they are known. */
function regset(c: Call, at: number, whole: boolean): string {
  const v = at === 0 ? null : c.view(at, 16);
  if (!v) return pointer(at);
  const base = v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32;
  const length = v.getUint32(8, true) + v.getUint32(12, true) * 2 ** 32;
  let text = pointer(base);
  if (whole && c.arg(2) === P.NT_PRSTATUS && length >= 8) text = regsAt(c, base, (r) => regsText(r, length), Math.min(length, 216));
  else if (whole && c.arg(2) === P.NT_PRFPREG && length >= 512) text = regsAt(c, base, (r) => fpregsText(r), 512);
  const asked = lengths.get(c) ?? length;
  return `{iov_base=${text}, iov_len=${asked === length ? length : `${asked} => ${length}`}}`;
}

function errorOrValue(v: DataView): string {
  const n = v.getBigInt64(24, true);
  const name = n < 0n && n > -4096n ? errnoName[Number(-n)] : undefined;
  return v.getUint8(32) ? (name ? `-${name}` : String(n)) : String(n);
}

/** struct ptrace_syscall_info, as much of it as there is room for. */
function syscallInfo(c: Call, at: number): string {
  const size = Math.min(c.arg(2), c.ret ?? 0);
  const bytes = c.memory(at, size);
  if (size < 1 || bytes.length < size) return pointer(at);
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = v.getUint8(0);
  const names = ["NONE", "ENTRY", "EXIT", "SECCOMP"];
  const parts = [`op=${names[op] ? `PTRACE_SYSCALL_INFO_${names[op]}` : hex(op)}`];
  if (size >= 8) parts.push(v.getUint32(4, true) === 0xc000003e ? "arch=AUDIT_ARCH_X86_64" : `arch=${hex(v.getUint32(4, true))}`);
  if (size >= 16) parts.push(`instruction_pointer=${pointer64(v, 8)}`);
  if (size >= 24) parts.push(`stack_pointer=${pointer64(v, 16)}`);
  if ((op === 1 || op === 3) && size >= 80) {
    const args = Array.from({ length: 6 }, (_, i) => hex64(v, 32 + 8 * i));
    const data = op === 3 && size >= 84 ? `, ret_data=${v.getUint32(80, true)}` : "";
    parts.push(`${op === 1 ? "entry" : "seccomp"}={nr=${numberText(v.getInt32(24, true))}, args=[${args.join(", ")}]${data}}`);
  } else if (op === 2 && size >= 33) parts.push(`exit={rval=${errorOrValue(v)}, is_error=${v.getUint8(32)}}`);
  return `{${parts.join(", ")}}`;
}

/** What is only known when the call has returned: its address before and on failure. */
function out(c: Call, at: number, print: () => string): string | null {
  if (at === 0) return "NULL";
  if (!c.exiting) return null;
  return c.failed ? pointer(at) : print();
}

function word(c: Call, at: number): string {
  const v = c.view(at, 8);
  return v ? `[${pointer64(v, 0)}]` : pointer(at);
}

/** Requests without more arguments; with an address and nothing else; the registers' requests have no address. */
const PID_ONLY: ReadonlySet<number> = new Set([P.PTRACE_ATTACH, P.PTRACE_INTERRUPT, P.PTRACE_KILL, P.PTRACE_LISTEN]);
const NO_ADDRESS: ReadonlySet<number> = new Set([P.PTRACE_GETREGS, P.PTRACE_SETREGS, P.PTRACE_GETFPREGS, P.PTRACE_SETFPREGS]);

const address: ArgPrinter = (c, i) => {
  const request = c.arg(0);
  if (request === P.PTRACE_TRACEME || PID_ONLY.has(request) || NO_ADDRESS.has(request)) return "";
  const n = c.arg(i);
  switch (request) {
    case P.PTRACE_PEEKUSER:
    case P.PTRACE_POKEUSER:
      return userOffset(n);
    case P.PTRACE_GETREGSET:
    case P.PTRACE_SETREGSET:
      return enumText(regsets, n);
    case P.PTRACE_GETSIGMASK:
    case P.PTRACE_SETSIGMASK:
    case P.PTRACE_GET_SYSCALL_INFO:
    case P.PTRACE_SECCOMP_GET_FILTER:
    case P.PTRACE_SECCOMP_GET_METADATA:
      return String(n);
    case P.PTRACE_PEEKSIGINFO: {
      const v = n === 0 ? null : c.view(n, 16);
      if (!v) return pointer(n);
      const off = v.getUint32(0, true) + v.getUint32(4, true) * 2 ** 32;
      return `{off=${off}, flags=${flagsText(peekFlags, v.getUint32(8, true))}, nr=${v.getInt32(12, true)}}`;
    }
    default:
      return exact(c, i, "NULL");
  }
};

const data: ArgPrinter = (c, i) => {
  const request = c.arg(0);
  if (request === P.PTRACE_TRACEME || PID_ONLY.has(request)) return "";
  const at = c.arg(i);
  switch (request) {
    case P.PTRACE_PEEKTEXT:
    case P.PTRACE_PEEKDATA:
    case P.PTRACE_PEEKUSER:
      return out(c, at, () => word(c, at));
    case P.PTRACE_CONT:
    case P.PTRACE_SYSCALL:
    case P.PTRACE_SINGLESTEP:
    case P.PTRACE_SINGLEBLOCK:
    case P.PTRACE_SYSEMU:
    case P.PTRACE_SYSEMU_SINGLESTEP:
    case P.PTRACE_DETACH:
      return signalText(at > 0x7fffffff ? at | 0 : at);
    case P.PTRACE_SEIZE:
    case P.PTRACE_SETOPTIONS:
    case P.PTRACE_OLDSETOPTIONS:
      return flagsText(P.ptraceOptionNames, at);
    case P.PTRACE_GETEVENTMSG:
      return out(c, at, () => (c.u64(at) === null ? pointer(at) : `[${c.u64(at)}]`));
    case P.PTRACE_GETSIGINFO:
      return out(c, at, () => regsAt(c, at, () => siginfoText(c.memory(at, 128)), 128));
    case P.PTRACE_SETSIGINFO:
      return regsAt(c, at, () => siginfoText(c.memory(at, 128)), 128);
    case P.PTRACE_PEEKSIGINFO:
      return out(c, at, () => {
        const n = c.ret ?? 0;
        return `[${Array.from({ length: Math.min(n, 32) }, (_, k) => siginfoText(c.memory(at + 128 * k, 128))).join(", ")}]`;
      });
    case P.PTRACE_GETSIGMASK:
    case P.PTRACE_SETSIGMASK: {
      const set = (): string => {
        const v = c.arg(2) === 8 && at !== 0 ? c.view(at, 8) : null;
        return v ? sigsetText(v.getUint32(0, true), v.getUint32(4, true)) : pointer(at);
      };
      return request === P.PTRACE_SETSIGMASK ? set() : out(c, at, set);
    }
    case P.PTRACE_GETREGS:
      return out(c, at, () => regsAt(c, at, (v) => regsText(v, 216), 216));
    case P.PTRACE_SETREGS:
      return regsAt(c, at, (v) => regsText(v, 216), 216);
    case P.PTRACE_GETFPREGS:
      return out(c, at, () => regsAt(c, at, (v) => fpregsText(v), 512));
    case P.PTRACE_SETFPREGS:
      return regsAt(c, at, (v) => fpregsText(v), 512);
    case P.PTRACE_GETREGSET:
      if (at === 0) return "NULL";
      if (c.exiting) return regset(c, at, !c.failed);
      lengths.set(c, c.u64(at + 8) ?? 0);
      return null;
    case P.PTRACE_SETREGSET:
      return regset(c, at, true);
    case P.PTRACE_GET_SYSCALL_INFO:
      return out(c, at, () => syscallInfo(c, at));
    default:
      return exact(c, i, "NULL");
  }
};

export const ptracePrinters: PrinterTable = {
  ptrace: {
    0: (c) => (c.arg(0) > P.PTRACE_GET_RSEQ_CONFIGURATION ? `${hex(c.arg(0))} /* PTRACE_??? */` : enumText(P.ptraceNames, c.arg(0))),
    1: (c) => (c.arg(0) === P.PTRACE_TRACEME ? "" : String(c.arg(1) | 0)),
    2: address,
    3: data,
  },
};
