import { PT_SUSPEND_SECCOMP, ptraceEventEnabled, STOP_SYSCALL } from "../../include/linux/ptrace.ts";
import type { Task } from "../../include/linux/sched.ts";
import { BLOCKED } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { ENOSYS } from "../../uapi/errno.ts";
import { PTRACE_EVENT_SECCOMP } from "../../uapi/ptrace.ts";
import * as S from "../../uapi/seccomp.ts";
import { SIGKILL, SIGSYS } from "../../uapi/signal.ts";
import { auditSeccomp } from "../audit.ts";
import { doExit } from "../exit.ts";
import { lowBit } from "../signal/pending.ts";
import { ptraceBack, ptraceEvent } from "../signal/ptraceStop.ts";
import { forceSigInfo } from "../signal/send.ts";
import { sysSiginfo } from "../signal/siginfo.ts";
import { populateSeccompData, type SeccompFilter, seccompMatch, seccompRunFilters } from "./filter.ts";
import { SeccompKnotif, seccompDoUserNotification } from "./notify.ts";
import { seccompActionLogged } from "./settings.ts";

const MAX_ERRNO = 4095;
/** What strict mode leaves: read, write, exit, rt_sigreturn. */
const NR_READ = 0;
const NR_WRITE = 1;
const NR_RT_SIGRETURN = 15;
const NR_EXIT = 60;

/**
 * Asks strict mode or the filters about the call whose registers are in the processor; task.syscallNr is its
 * number. Called again while the answer is waited for.
 * @returns BLOCKED, 0 the call may be made, -1 it is skipped: rax is set, or the task is about to die
 * @linux kernel/seccomp.c __secure_computing
 */
export function secureComputing(k: Kernel, task: Task): number {
  if (task.progress instanceof SeccompKnotif) return seccompDoUserNotification(k, task, task.progress.filter);
  if (task.ptrace & PT_SUSPEND_SECCOMP && task.stopKind !== STOP_SYSCALL) return 0;
  const nr = task.syscallNr;
  if (task.stopKind === STOP_SYSCALL) {
    // The tracer has had the call, and may have put another in its place.
    ptraceBack(k, task);
    if (task.pending.lo & lowBit(SIGKILL) || nr < 0) return -1;
    return seccompFilter(k, task, nr, true);
  }
  switch (task.seccompMode) {
    case S.SECCOMP_MODE_STRICT:
      if (nr === NR_READ || nr === NR_WRITE || nr === NR_EXIT || nr === NR_RT_SIGRETURN) return 0;
      if (k.trace.seccomp.enabled) k.trace.seccomp.fire(task, nr, S.SECCOMP_RET_KILL_THREAD, 0);
      seccompLog(k, task, nr, SIGKILL, S.SECCOMP_RET_KILL_THREAD, true);
      task.seccompMode = S.SECCOMP_MODE_DEAD;
      return doExit(k, SIGKILL) ? -1 : BLOCKED;
    case S.SECCOMP_MODE_FILTER:
      return seccompFilter(k, task, nr, false);
    default:
      // Nobody survives a verdict of death.
      return doExit(k, SIGKILL) ? -1 : BLOCKED;
  }
}

/** `seen`: the tracer has had the call already. @linux kernel/seccomp.c __seccomp_filter */
function seccompFilter(k: Kernel, task: Task, nr: number, seen: boolean): number {
  populateSeccompData(k, nr);
  const verdict = seccompRunFilters(task);
  const data = verdict & S.SECCOMP_RET_DATA;
  const action = verdict & S.SECCOMP_RET_ACTION_FULL;
  if (k.trace.seccomp.enabled) k.trace.seccomp.fire(task, nr, verdict, task.seccompFilterCount);
  const { cpu } = k.machine;
  if (seccompMatch?.log && QUIET.has(action)) seccompLog(k, task, nr, 0, action, true);
  switch (action) {
    case S.SECCOMP_RET_ALLOW:
      return 0;
    case S.SECCOMP_RET_LOG:
      seccompLog(k, task, nr, 0, action, true);
      return 0;
    case S.SECCOMP_RET_ERRNO:
      cpu.set(0, -Math.min(data, MAX_ERRNO));
      return -1;
    case S.SECCOMP_RET_TRAP:
      // The handler sees the registers as they were.
      cpu.set(0, nr);
      forceSigSeccomp(k, task, nr, data, false);
      return -1;
    case S.SECCOMP_RET_TRACE:
      if (seen) return 0;
      cpu.set(0, -ENOSYS);
      return ptraceEventEnabled(task, PTRACE_EVENT_SECCOMP) && ptraceEvent(k, task, PTRACE_EVENT_SECCOMP, data, STOP_SYSCALL)
        ? BLOCKED
        : -1;
    case S.SECCOMP_RET_USER_NOTIF: {
      const r = seccompDoUserNotification(k, task, seccompMatch as SeccompFilter);
      return r === BLOCKED ? BLOCKED : r;
    }
    default:
      task.seccompMode = S.SECCOMP_MODE_DEAD;
      seccompLog(k, task, nr, SIGSYS, action, true);
      // A core only if the whole process goes.
      if (action === S.SECCOMP_RET_KILL_THREAD && task.signal.threads.length > 1) {
        return doExit(k, SIGSYS) ? -1 : BLOCKED;
      }
      cpu.set(0, nr);
      forceSigSeccomp(k, task, nr, data, true);
      return -1;
  }
}

/** Verdicts that only filters with SECCOMP_FILTER_FLAG_LOG want logged. */
const QUIET: ReadonlySet<number> = new Set([S.SECCOMP_RET_ERRNO, S.SECCOMP_RET_TRAP, S.SECCOMP_RET_TRACE, S.SECCOMP_RET_USER_NOTIF]);

/** @linux kernel/seccomp.c seccomp_log */
function seccompLog(k: Kernel, task: Task, nr: number, sig: number, action: number, requested: boolean): void {
  if (requested && seccompActionLogged(k, action)) auditSeccomp(k, task, nr, sig, action);
}

/** SIGSYS about a call; `fatal`: whatever the program has set. @linux kernel/signal.c force_sig_seccomp */
function forceSigSeccomp(k: Kernel, task: Task, nr: number, reason: number, fatal: boolean): void {
  const { cpu } = k.machine;
  forceSigInfo(k, task, sysSiginfo(SIGSYS, S.SYS_SECCOMP, reason, cpu.ripLo, cpu.ripHi, nr, S.AUDIT_ARCH_X86_64), fatal, fatal);
}
