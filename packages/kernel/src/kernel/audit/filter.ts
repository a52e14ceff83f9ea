import type { Task } from "../../include/linux/sched.ts";
import { stateClass } from "../../state.ts";
import * as U from "../../uapi/audit.ts";
import { EINVAL } from "../../uapi/errno.ts";
import { AUDIT_ARCH_X86_64 } from "../../uapi/seccomp.ts";

const MASK = 12;
const FIELDS = MASK + 4 * U.AUDIT_BITMASK_SIZE;
const VALUES = FIELDS + 4 * U.AUDIT_MAX_FIELDS;
const FLAGS = VALUES + 4 * U.AUDIT_MAX_FIELDS;
const BUFLEN = FLAGS + 4 * U.AUDIT_MAX_FIELDS;

/** What can be asked about a call. Watches of files and directories are not offered. */
const numeric = new Set([
  U.AUDIT_PID,
  U.AUDIT_UID,
  U.AUDIT_EUID,
  U.AUDIT_SUID,
  U.AUDIT_FSUID,
  U.AUDIT_GID,
  U.AUDIT_EGID,
  U.AUDIT_SGID,
  U.AUDIT_FSGID,
  U.AUDIT_LOGINUID,
  U.AUDIT_PERS,
  U.AUDIT_ARCH,
  U.AUDIT_PPID,
  U.AUDIT_SESSIONID,
  U.AUDIT_EXIT,
  U.AUDIT_SUCCESS,
  U.AUDIT_ARG0,
  U.AUDIT_ARG0 + 1,
  U.AUDIT_ARG0 + 2,
  U.AUDIT_ARG0 + 3,
]);

/** One condition of a rule. */
interface Field {
  type: number;
  value: number;
  op: number;
}

/** struct audit_krule. */
export class AuditRule {
  /** As it was given, without AUDIT_FILTER_PREPEND. */
  readonly bytes: Uint8Array;
  readonly list: number;
  readonly action: number;
  readonly fields: Field[] = [];
  key: string | null = null;
  constructor(bytes: Uint8Array, list: number, action: number) {
    this.bytes = bytes;
    this.list = list;
    this.action = action;
  }
}
stateClass(AuditRule);

/** Reads a rule. @returns it, or -EINVAL if it asks for something there is not @linux kernel/auditfilter.c audit_data_to_entry */
export function parseRule(data: Uint8Array): AuditRule | number {
  if (data.length < U.AUDIT_RULE_DATA_SIZE) return -EINVAL;
  const v = new DataView(data.buffer, data.byteOffset, data.length);
  const list = v.getUint32(0, true) & ~U.AUDIT_FILTER_PREPEND;
  const action = v.getUint32(4, true);
  const count = v.getUint32(8, true);
  const buflen = v.getUint32(BUFLEN, true);
  if (list !== U.AUDIT_FILTER_EXIT || (action !== U.AUDIT_NEVER && action !== U.AUDIT_ALWAYS)) return -EINVAL;
  if (count > U.AUDIT_MAX_FIELDS || U.AUDIT_RULE_DATA_SIZE + buflen > data.length) return -EINVAL;
  const bytes = data.slice(0, U.AUDIT_RULE_DATA_SIZE + buflen);
  new DataView(bytes.buffer).setUint32(0, list, true);
  const rule = new AuditRule(bytes, list, action);
  let at = U.AUDIT_RULE_DATA_SIZE;
  for (let i = 0; i < count; i++) {
    const type = v.getUint32(FIELDS + 4 * i, true);
    const value = v.getUint32(VALUES + 4 * i, true);
    const op = v.getUint32(FLAGS + 4 * i, true) & U.AUDIT_OPERATORS;
    if (type === U.AUDIT_FILTERKEY) {
      if (rule.key !== null || value === 0 || value > 256 || at + value > bytes.length) return -EINVAL;
      rule.key = String.fromCharCode(...bytes.subarray(at, at + value));
      at += value;
      continue;
    }
    if (!numeric.has(type) || op === 0) return -EINVAL;
    if (type === U.AUDIT_ARCH && op !== 0x40000000 && op !== 0x30000000) return -EINVAL;
    rule.fields.push({ type, value, op });
  }
  return rule;
}

export function sameRule(a: AuditRule, b: AuditRule): boolean {
  return a.bytes.length === b.bytes.length && a.bytes.every((x, i) => x === b.bytes[i]);
}

/** @linux kernel/auditfilter.c audit_comparator */
function compare(left: number, op: number, right: number): boolean {
  switch (op) {
    case 0x40000000:
      return left === right;
    case 0x30000000:
      return left !== right;
    case 0x10000000:
      return left < right;
    case 0x50000000:
      return left <= right;
    case 0x20000000:
      return left > right;
    case 0x60000000:
      return left >= right;
    case 0x08000000:
      return (left & right) !== 0;
    case 0x48000000:
      return (left & right) >>> 0 === right;
    default:
      return false;
  }
}

/** A call as the rules see it. */
export interface AuditedCall {
  nr: number;
  ret: number;
  args: readonly number[];
}

function subject(task: Task, call: AuditedCall, type: number): number {
  const c = task.cred;
  switch (type) {
    case U.AUDIT_PID:
      return task.tgid;
    case U.AUDIT_PPID:
      return task.realParent.tgid;
    case U.AUDIT_UID:
      return c.uid;
    case U.AUDIT_EUID:
      return c.euid;
    case U.AUDIT_SUID:
      return c.suid;
    case U.AUDIT_FSUID:
      return c.fsuid;
    case U.AUDIT_GID:
      return c.gid;
    case U.AUDIT_EGID:
      return c.egid;
    case U.AUDIT_SGID:
      return c.sgid;
    case U.AUDIT_FSGID:
      return c.fsgid;
    case U.AUDIT_LOGINUID:
      return task.loginuid;
    case U.AUDIT_SESSIONID:
      return task.sessionid;
    case U.AUDIT_PERS:
      return task.personality;
    case U.AUDIT_ARCH:
      return AUDIT_ARCH_X86_64;
    case U.AUDIT_EXIT:
      return call.ret >>> 0;
    case U.AUDIT_SUCCESS:
      return call.ret < 0 ? 0 : 1;
    default:
      return (call.args[type - U.AUDIT_ARG0] as number) % 4294967296;
  }
}

/** Does the rule name this call, and do all its conditions hold? @linux kernel/auditsc.c audit_filter_rules */
export function ruleMatches(task: Task, rule: AuditRule, call: AuditedCall): boolean {
  const word = call.nr >>> 5;
  if (call.nr < 0 || word >= U.AUDIT_BITMASK_SIZE || !((rule.bytes[MASK + (call.nr >>> 3)] as number) & (1 << (call.nr & 7)))) return false;
  return rule.fields.every((f) => {
    const left = subject(task, call, f.type);
    // Only exit values are signed.
    return f.type === U.AUDIT_EXIT ? compare(left | 0, f.op, f.value | 0) : compare(left, f.op, f.value);
  });
}
