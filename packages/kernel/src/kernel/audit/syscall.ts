import { dPath } from "../../fs/dcache.ts";
import { SYSCALL_WORK_AUDIT } from "../../include/linux/ptrace.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { accessRemoteVm } from "../../mm/remote.ts";
import { stateClass } from "../../state.ts";
import { AUDIT_ALWAYS, AUDIT_CWD, AUDIT_EOE, AUDIT_OFF, AUDIT_PROCTITLE, AUDIT_SYSCALL } from "../../uapi/audit.ts";
import { audit, auditLog, auditStamp, exeText, untrusted } from "../audit.ts";
import { type AuditRule, ruleMatches } from "./filter.ts";

const ARG_REGS = [7, 6, 2, 10] as const;
const MAX_PROCTITLE = 128;
const PER_MASK = 0xffffffff;

/** struct audit_context: the call that a task is in. */
export class AuditContext {
  readonly nr: number;
  /** The first four arguments: numbers for the rules, digits for the record. */
  readonly args: number[];
  readonly digits: string[];
  constructor(nr: number, args: number[], digits: string[]) {
    this.nr = nr;
    this.args = args;
    this.digits = digits;
  }
}
stateClass(AuditContext);

/** A new task is looked at once auditing has ever been on. @linux kernel/auditsc.c audit_alloc */
export function auditAlloc(k: Kernel, task: Task): void {
  if (k.subsystems.has("audit") && audit(k).everEnabled) task.syscallWork |= SYSCALL_WORK_AUDIT;
}

/** A call begins. @linux kernel/auditsc.c __audit_syscall_entry */
export function auditSyscallEntry(k: Kernel, task: Task): void {
  const a = audit(k);
  task.auditContext = null;
  if (a.enabled === AUDIT_OFF || a.rules.length === 0) return;
  const { cpu } = k.machine;
  const digits = ARG_REGS.map((reg) => ((BigInt(cpu.getHi(reg) >>> 0) << 32n) | BigInt(cpu.getLo(reg) >>> 0)).toString(16));
  task.auditContext = new AuditContext(
    task.syscallNr,
    ARG_REGS.map((reg) => cpu.getLo(reg) >>> 0),
    digits,
  );
}

/** A call ends: the first rule that fits decides whether it leaves records. @linux kernel/auditsc.c __audit_syscall_exit */
export function auditSyscallExit(k: Kernel, task: Task, ret: number, usesPaths: boolean): void {
  const ctx = task.auditContext;
  if (!ctx) return;
  task.auditContext = null;
  // Calls that are restarted failed with EINTR as far as anybody has to know.
  const shown = ret <= -512 && ret >= -516 ? -4 : ret;
  const call = { nr: ctx.nr, ret: shown, args: ctx.args };
  const rule = audit(k).rules.find((r) => ruleMatches(task, r, call));
  if (!rule || rule.action !== AUDIT_ALWAYS) return;
  if (k.trace.auditSyscall.enabled) k.trace.auditSyscall.fire(task, ctx.nr, shown, rule.key ?? "");
  logExit(k, task, ctx, shown, rule, usesPaths);
}

/** @linux kernel/auditsc.c audit_log_exit */
function logExit(k: Kernel, task: Task, ctx: AuditContext, ret: number, rule: AuditRule, usesPaths: boolean): void {
  const stamp = auditStamp(k);
  const c = task.cred;
  const per = (task.personality & PER_MASK) !== 0 ? ` per=${(task.personality >>> 0).toString(16)}` : "";
  auditLog(
    k,
    AUDIT_SYSCALL,
    `${stamp}arch=c000003e syscall=${ctx.nr}${per} success=${ret < 0 ? "no" : "yes"} exit=${ret} ` +
      `${ctx.digits.map((d, i) => `a${i}=${d}`).join(" ")} items=0 ppid=${task.realParent.tgid} pid=${task.tgid} auid=${task.loginuid} ` +
      `uid=${c.uid} gid=${c.gid} euid=${c.euid} suid=${c.suid} fsuid=${c.fsuid} egid=${c.egid} sgid=${c.sgid} fsgid=${c.fsgid} ` +
      `tty=(none) ses=${task.sessionid} comm=${untrusted(task.comm)}${exeText(k, task)} key=${rule.key === null ? "(null)" : untrusted(rule.key)}`,
  );
  if (usesPaths) auditLog(k, AUDIT_CWD, `${stamp}cwd=${untrusted(dPath(k, task.fs.pwd))}`);
  auditLog(k, AUDIT_PROCTITLE, `${stamp}proctitle=${untrusted(proctitle(k, task))}`);
  auditLog(k, AUDIT_EOE, stamp);
}

/** The arguments with their NULs, the last one left out. @linux kernel/auditsc.c audit_log_proctitle */
function proctitle(k: Kernel, task: Task): string {
  const { mm } = task;
  if (!mm) return "(null)";
  const bytes = new Uint8Array(Math.max(0, Math.min(MAX_PROCTITLE, mm.argEnd - mm.argStart)));
  const n = accessRemoteVm(k, mm, mm.argStart, bytes, false, true);
  return String.fromCharCode(...bytes.subarray(0, n)).replace(/\0+$/, "");
}
