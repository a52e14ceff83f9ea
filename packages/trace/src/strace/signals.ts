import { syscallNames } from "@lstar/kernel/arch/x86/entry/syscallNames.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";

/** Signal names as strace prints them, by number. */
const names = [
  "0",
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGILL",
  "SIGTRAP",
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGKILL",
  "SIGUSR1",
  "SIGSEGV",
  "SIGUSR2",
  "SIGPIPE",
  "SIGALRM",
  "SIGTERM",
  "SIGSTKFLT",
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGWINCH",
  "SIGIO",
  "SIGPWR",
  "SIGSYS",
];

/** The number of a signal as strace takes it: "SIGUSR1", "usr1", "SIGRT_2", "10"; 0 if there is none. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) <= 64 ? Number(text) : 0;
  const name = `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
  if (name === "SIGRTMIN") return 32;
  const rt = /^SIGRT_([1-9]\d?)$/.exec(name);
  if (rt) return Number(rt[1]) <= 32 ? 32 + Number(rt[1]) : 0;
  return Math.max(0, names.indexOf(name));
}

/** "SIGINT", "SIGRT_3", or the number. */
export function signalText(sig: number): string {
  if (sig === 32) return "SIGRTMIN";
  if (sig > 32 && sig <= 64) return `SIGRT_${sig - 32}`;
  return names[sig] ?? String(sig);
}

/** "[INT CHLD]", "~[KILL]", "[]" from the two halves of a sigset_t; the inverse is written when it is shorter, as strace does. */
export function sigsetText(lo: number, hi: number): string {
  const isSet = (sig: number): boolean => (((sig <= 32 ? lo : hi) >>> ((sig - 1) & 31)) & 1) !== 0;
  let count = 0;
  for (let s = 1; s <= 64; s++) if (isSet(s)) count++;
  const inverted = count >= (64 * 2) / 3;
  const list: string[] = [];
  for (let s = 1; s <= 64; s++) {
    if (isSet(s) === inverted) continue;
    const t = signalText(s);
    list.push(t.startsWith("SIGRT_") || t === "SIGRTMIN" ? t.slice(3) : t.slice(3));
  }
  return `${inverted ? "~" : ""}[${list.join(" ")}]`;
}

/** What si_code says, by signal (sigaction(2)). */
const codes: Record<number, Record<number, string>> = {
  4: {
    1: "ILL_ILLOPC",
    2: "ILL_ILLOPN",
    3: "ILL_ILLADR",
    4: "ILL_ILLTRP",
    5: "ILL_PRVOPC",
    6: "ILL_PRVREG",
    7: "ILL_COPROC",
    8: "ILL_BADSTK",
  },
  5: { 1: "TRAP_BRKPT", 2: "TRAP_TRACE", 3: "TRAP_BRANCH", 4: "TRAP_HWBKPT", 5: "TRAP_UNK" },
  7: { 1: "BUS_ADRALN", 2: "BUS_ADRERR", 3: "BUS_OBJERR", 4: "BUS_MCEERR_AR", 5: "BUS_MCEERR_AO" },
  8: {
    1: "FPE_INTDIV",
    2: "FPE_INTOVF",
    3: "FPE_FLTDIV",
    4: "FPE_FLTOVF",
    5: "FPE_FLTUND",
    6: "FPE_FLTRES",
    7: "FPE_FLTINV",
    8: "FPE_FLTSUB",
  },
  11: { 1: "SEGV_MAPERR", 2: "SEGV_ACCERR", 3: "SEGV_BNDERR", 4: "SEGV_PKUERR" },
  17: { 1: "CLD_EXITED", 2: "CLD_KILLED", 3: "CLD_DUMPED", 4: "CLD_TRAPPED", 5: "CLD_STOPPED", 6: "CLD_CONTINUED" },
  29: { 1: "POLL_IN", 2: "POLL_OUT", 3: "POLL_MSG", 4: "POLL_ERR", 5: "POLL_PRI", 6: "POLL_HUP" },
  31: { 1: "SYS_SECCOMP", 2: "SYS_USER_DISPATCH" },
};
const generalCodes: Record<number, string> = {
  0: "SI_USER",
  128: "SI_KERNEL",
  [-1]: "SI_QUEUE",
  [-2]: "SI_TIMER",
  [-3]: "SI_MESGQ",
  [-4]: "SI_ASYNCIO",
  [-5]: "SI_SIGIO",
  [-6]: "SI_TKILL",
  [-60]: "SI_ASYNCNL",
};

function callText(nr: number): string {
  const name = syscallNames[nr];
  return name ? `__NR_${name}` : `0x${(nr >>> 0).toString(16)}`;
}

/** The braces of a siginfo_t (128 bytes), as in "--- SIGCHLD {…} ---". */
export function siginfoText(info: Uint8Array): string {
  const v = new DataView(info.buffer, info.byteOffset, info.byteLength);
  const sig = v.getInt32(0, true);
  const errno = v.getInt32(4, true);
  const code = v.getInt32(8, true);
  const parts = [`si_signo=${signalText(sig)}`];
  const codeText = generalCodes[code] ?? codes[sig]?.[code] ?? (code > 0 ? `0x${code.toString(16)}` : String(code));
  parts.push(`si_code=${codeText}`);
  if (errno !== 0) parts.push(`si_errno=${errnoName[errno] ?? errno}`);
  const u64 = (at: number): number => v.getUint32(at, true) + v.getUint32(at + 4, true) * 2 ** 32;
  const sender = (): void => {
    parts.push(`si_pid=${v.getInt32(16, true)}`, `si_uid=${v.getUint32(20, true)}`);
  };
  const value = (at: number): void => {
    const int = v.getInt32(at, true);
    const ptr = u64(at);
    if (int !== 0 || ptr !== 0) parts.push(`si_int=${int}`, `si_ptr=${ptr === 0 ? "NULL" : `0x${ptr.toString(16)}`}`);
  };
  if (code === -2) {
    parts.push(`si_timerid=${v.getInt32(16, true)}`, `si_overrun=${v.getInt32(20, true)}`);
    value(24);
  } else if (sig === 17 && code > 0 && code < 128) {
    sender();
    const status = v.getInt32(24, true);
    parts.push(`si_status=${code === 1 ? status : signalText(status & 0x7f)}`);
    const ut = u64(32);
    const st = u64(40);
    parts.push(`si_utime=${ut}`, `si_stime=${st}`);
  } else if (code > 0 && code !== 128 && (sig === 4 || sig === 5 || sig === 7 || sig === 8 || sig === 11)) {
    const addr = u64(16);
    parts.push(`si_addr=${addr === 0 ? "NULL" : `0x${addr.toString(16)}`}`);
  } else if (sig === 31 && code === 1) {
    parts.push(`si_call_addr=0x${u64(16).toString(16)}`, `si_syscall=${callText(v.getInt32(24, true))}`, `si_arch=AUDIT_ARCH_X86_64`);
  } else if (code === 128) {
    if (sig === 4 || sig === 5 || sig === 7 || sig === 8 || sig === 11) parts.push("si_addr=NULL");
    if (sig === 17) parts.push("si_pid=0", "si_uid=0", "si_status=0", "si_utime=0", "si_stime=0");
    if (sig === 31) parts.push("si_call_addr=NULL", "si_syscall=0", "si_arch=0 /* AUDIT_ARCH_??? */");
  } else {
    sender();
    if (code !== 0 && code !== -6) value(24);
  }
  return `{${parts.join(", ")}}`;
}
