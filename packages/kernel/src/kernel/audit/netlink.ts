import type { Kernel } from "../../kernel.ts";
import { netlinkQueue } from "../../net/netlink/input.ts";
import { MessageWriter } from "../../net/netlink/message.ts";
import type { NetlinkSock } from "../../net/netlink/sock.ts";
import * as U from "../../uapi/audit.ts";
import { CAP_AUDIT_CONTROL, CAP_AUDIT_WRITE } from "../../uapi/capability.ts";
import { EACCES, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import { NLM_F_ACK, NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN, NLMSG_MIN_TYPE } from "../../uapi/netlink.ts";
import { audit, auditLog, auditStamp, untrusted } from "../audit.ts";
import { capable } from "../capability.ts";
import { findTask } from "../pid.ts";
import { parseRule, sameRule } from "./filter.ts";

const MAX_USER_MESSAGE = 8560;

function isUserMessage(type: number): boolean {
  return (
    type === U.AUDIT_USER ||
    (type >= U.AUDIT_FIRST_USER_MSG && type <= U.AUDIT_LAST_USER_MSG) ||
    (type >= U.AUDIT_FIRST_USER_MSG2 && type <= U.AUDIT_LAST_USER_MSG2)
  );
}

/** @linux kernel/audit.c audit_netlink_ok */
function allowed(k: Kernel, type: number): number {
  if (type === U.AUDIT_LIST || (type > U.AUDIT_LIST && type <= U.AUDIT_DEL)) return -EOPNOTSUPP;
  if (
    type === U.AUDIT_GET ||
    type === U.AUDIT_GET_FEATURE ||
    type === U.AUDIT_SET ||
    (type >= U.AUDIT_ADD_RULE && type <= U.AUDIT_LIST_RULES)
  )
    return capable(k, CAP_AUDIT_CONTROL) ? 0 : -EPERM;
  if (isUserMessage(type)) return capable(k, CAP_AUDIT_WRITE) ? 0 : -EPERM;
  return -EINVAL;
}

/** Who changes something. @linux kernel/audit.c audit_log_session_info */
function changed(k: Kernel, what: string): void {
  const { current } = k;
  if (audit(k).enabled === U.AUDIT_OFF) return;
  auditLog(k, U.AUDIT_CONFIG_CHANGE, `${auditStamp(k)}${what.replace("@", `auid=${current.loginuid} ses=${current.sessionid}`)}`);
}

/** Messages that answer a request, after its acknowledgement. */
type Answer = number | Uint8Array[];

function status(k: Kernel, seq: number): Uint8Array {
  const a = audit(k);
  return new MessageWriter(U.AUDIT_GET, 0, seq, 0)
    .put32(0, a.enabled, a.failure, a.pid, a.rateLimit, a.backlogLimit, a.lost, 0, U.AUDIT_FEATURE_BITMAP_ALL, a.backlogWaitTime, 0)
    .finish();
}

/** @linux kernel/audit.c audit_receive_msg AUDIT_SET */
function set(k: Kernel, sk: NetlinkSock, data: Uint8Array): number {
  const a = audit(k);
  const bytes = new Uint8Array(U.AUDIT_STATUS_SIZE);
  bytes.set(data.subarray(0, bytes.length));
  const word = (i: number): number => new DataView(bytes.buffer).getUint32(4 * i, true);
  const mask = word(0);
  const change = (name: string, old: number, value: number, store: () => void): number => {
    const ok = a.enabled !== U.AUDIT_LOCKED;
    changed(k, `op=set ${name}=${value} old=${old} @ res=${ok ? 1 : 0}`);
    if (!ok) return -EPERM;
    store();
    return 0;
  };
  let r = 0;
  if (mask & U.AUDIT_STATUS_ENABLED) {
    const value = word(1);
    if (value > U.AUDIT_LOCKED) return -EINVAL;
    r = change("audit_enabled", a.enabled, value, () => {
      a.enabled = value;
      if (value !== U.AUDIT_OFF) a.everEnabled = true;
    });
    if (r < 0) return r;
  }
  if (mask & U.AUDIT_STATUS_FAILURE) {
    if (word(2) > 2) return -EINVAL;
    r = change("audit_failure", a.failure, word(2), () => {
      a.failure = word(2);
    });
    if (r < 0) return r;
  }
  if (mask & U.AUDIT_STATUS_PID) {
    r = setDaemon(k, sk, word(3));
    if (r < 0) return r;
  }
  if (mask & U.AUDIT_STATUS_RATE_LIMIT) {
    r = change("audit_rate_limit", a.rateLimit, word(4), () => {
      a.rateLimit = word(4);
    });
    if (r < 0) return r;
  }
  if (mask & U.AUDIT_STATUS_BACKLOG_LIMIT) {
    r = change("audit_backlog_limit", a.backlogLimit, word(5), () => {
      a.backlogLimit = word(5);
    });
    if (r < 0) return r;
  }
  if (mask & U.AUDIT_STATUS_BACKLOG_WAIT_TIME) {
    r = change("audit_backlog_wait_time", a.backlogWaitTime, word(9), () => {
      a.backlogWaitTime = word(9);
    });
    if (r < 0) return r;
  }
  if (mask === U.AUDIT_STATUS_LOST) {
    r = a.lost;
    a.lost = 0;
  }
  return r;
}

/** A process becomes the daemon, or the daemon resigns. @linux kernel/audit.c auditd_set, auditd_reset */
function setDaemon(k: Kernel, sk: NetlinkSock, pid: number): number {
  const a = audit(k);
  if (pid !== 0 && pid !== k.current.tgid) return -EINVAL;
  const old = a.pid !== 0 && findTask(k, a.pid) ? a.pid : 0;
  if (pid === 0 && old !== k.current.tgid) return -EACCES;
  if (pid !== 0 && old !== 0) return -EEXIST;
  if (pid === 0) changed(k, `op=set audit_pid=0 old=${old} @ res=1`);
  a.pid = pid;
  a.portid = pid === 0 ? 0 : sk.portid;
  if (pid !== 0) changed(k, `op=set audit_pid=${pid} old=0 @ res=1`);
  return 0;
}

/** @linux kernel/auditfilter.c audit_rule_change */
function changeRule(k: Kernel, add: boolean, data: Uint8Array): number {
  const a = audit(k);
  const rule = a.enabled === U.AUDIT_LOCKED ? -EPERM : parseRule(data);
  if (typeof rule === "number") return rule;
  // A rule that is to come first is compared with its mark, which none of the others has.
  const first = ((data[0] as number) & U.AUDIT_FILTER_PREPEND) !== 0;
  const i = first ? -1 : a.rules.findIndex((r) => sameRule(r, rule));
  let r = 0;
  if (add && i >= 0) r = -EEXIST;
  else if (!add && i < 0) r = -ENOENT;
  else if (!add) a.rules.splice(i, 1);
  else if (first) a.rules.unshift(rule);
  else a.rules.push(rule);
  const key = rule.key === null ? "(null)" : untrusted(rule.key);
  changed(k, `@ op=${add ? "add" : "remove"}_rule key=${key} list=${rule.list} res=${r === 0 ? 1 : 0}`);
  return r;
}

/** A program's own message for the log. @linux kernel/audit.c audit_receive_msg AUDIT_USER */
function userMessage(k: Kernel, type: number, data: Uint8Array): number {
  if (audit(k).enabled === U.AUDIT_OFF) return 0;
  const { current } = k;
  let text = String.fromCharCode(...data.subarray(0, MAX_USER_MESSAGE));
  const nul = text.indexOf("\0");
  if (nul >= 0) text = text.slice(0, nul);
  auditLog(
    k,
    type,
    `${auditStamp(k)}pid=${current.tgid} uid=${current.cred.uid} auid=${current.loginuid} ses=${current.sessionid} msg='${text}'`,
  );
  return 0;
}

/** A rule as an answer: its length is that of the rule, to the byte. */
function ruleMessage(seq: number, rule: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN + rule.length);
  const v = new DataView(bytes.buffer);
  v.setUint32(0, bytes.length, true);
  v.setUint16(4, U.AUDIT_LIST_RULES, true);
  v.setUint16(6, NLM_F_MULTI, true);
  v.setUint32(8, seq, true);
  bytes.set(rule, NLMSG_HDRLEN);
  return bytes;
}

function receive(k: Kernel, sk: NetlinkSock, type: number, seq: number, data: Uint8Array): Answer {
  const a = audit(k);
  const error = allowed(k, type);
  if (error !== 0) return error;
  switch (type) {
    case U.AUDIT_GET:
      return [status(k, seq)];
    case U.AUDIT_GET_FEATURE:
      // struct audit_features: version, and none of them is on.
      return [new MessageWriter(U.AUDIT_GET_FEATURE, 0, seq, 0).put32(1, 0xffffffff, 0, 0).finish()];
    case U.AUDIT_SET:
      return set(k, sk, data);
    case U.AUDIT_ADD_RULE:
    case U.AUDIT_DEL_RULE:
      return changeRule(k, type === U.AUDIT_ADD_RULE, data);
    case U.AUDIT_LIST_RULES:
      return [...a.rules.map((r) => ruleMessage(seq, r.bytes)), new MessageWriter(NLMSG_DONE, NLM_F_MULTI, seq, 0).finish()];
    default:
      return userMessage(k, type, data);
  }
}

/** What a program sent to the audit system: one or more requests. @linux kernel/audit.c audit_receive */
export function auditReceive(k: Kernel, sk: NetlinkSock, bytes: Uint8Array): void {
  let at = 0;
  while (bytes.length - at >= NLMSG_HDRLEN) {
    const v = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
    const length = v.getUint32(0, true);
    if (length < NLMSG_HDRLEN || length > bytes.length - at) return;
    const message = bytes.subarray(at, at + length);
    const type = v.getUint16(4, true);
    const seq = v.getUint32(8, true);
    const answer = type < NLMSG_MIN_TYPE ? 0 : receive(k, sk, type, seq, message.subarray(NLMSG_HDRLEN));
    const error = typeof answer === "number" ? answer : 0;
    if (error !== 0 || v.getUint16(6, true) & NLM_F_ACK) {
      const w = new MessageWriter(NLMSG_ERROR, 0, seq, sk.portid).put32(error);
      w.put8(...message.subarray(0, error !== 0 ? length : NLMSG_HDRLEN));
      netlinkQueue(k, sk, w.finish(), 0, 0, null);
    }
    if (typeof answer !== "number") for (const m of answer) netlinkQueue(k, sk, m, 0, 0, null);
    at += (length + 3) & ~3;
  }
}

/** A login: the user that all that follows is done for. @linux kernel/auditsc.c audit_set_loginuid */
export function auditSetLoginuid(k: Kernel, uid: number): number {
  const task = k.current;
  const a = audit(k);
  const unset = 0xffffffff;
  // What is set may be changed by those who control auditing only.
  if (task.loginuid !== unset && !capable(k, CAP_AUDIT_CONTROL)) return -EPERM;
  const old = task.loginuid;
  const oldSession = task.sessionid;
  const session = uid === unset ? unset : ++a.sessions;
  task.loginuid = uid;
  task.sessionid = session;
  if (a.enabled !== U.AUDIT_OFF)
    auditLog(
      k,
      U.AUDIT_LOGIN,
      `${auditStamp(k)}pid=${task.tgid} uid=${task.cred.uid} old-auid=${old} auid=${uid} tty=(none) old-ses=${oldSession} ses=${session} res=1`,
    );
  return 0;
}
