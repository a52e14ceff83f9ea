import { printk } from "../drivers/char/kmsg.ts";
import { dPath } from "../fs/dcache.ts";
import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { netlinkQueue } from "../net/netlink/input.ts";
import { netlinkTable, portKey } from "../net/netlink/sock.ts";
import { stateClass } from "../state.ts";
import { AUDIT_EOE, AUDIT_OFF } from "../uapi/audit.ts";
import { NETLINK_AUDIT, NLMSG_HDRLEN } from "../uapi/netlink.ts";
import type { AuditRule } from "./audit/filter.ts";

const LOGLEVEL_NOTICE = 5;
const AUDIT_NLGRP_READLOG = 1;
export const AUDIT_UID_UNSET = 0xffffffff;

/** State of the audit subsystem (the static variables of kernel/audit.c). */
export class Audit {
  enabled = AUDIT_OFF;
  everEnabled = false;
  failure = 1;
  rateLimit = 0;
  backlogLimit = 64;
  backlogWaitTime = 15000;
  lost = 0;
  /** The daemon: its process and its netlink port; 0 = none, then records go to the kernel's log. */
  pid = 0;
  portid = 0;
  serial = 0;
  /** Numbers of login sessions given out. */
  sessions = 0;
  /** Rules of the exit list, first come first served. */
  rules: AuditRule[] = [];
}
stateClass(Audit);

export function audit(k: Kernel): Audit {
  let a = k.subsystems.get("audit") as Audit | undefined;
  if (!a) {
    a = new Audit();
    k.subsystems.set("audit", a);
  }
  return a;
}

/** When an event happened and its number: all its records begin with it. @linux kernel/audit.c audit_get_stamp */
export function auditStamp(k: Kernel): string {
  const { sec, nsec } = k.time.realtime();
  return `audit(${sec}.${String(Math.floor(nsec / 1e6)).padStart(3, "0")}:${++audit(k).serial}): `;
}

/** A text as records have it: in quotes, or in hexadecimal if anything in it could mislead. @linux kernel/audit.c audit_log_untrustedstring */
export function untrusted(text: string): string {
  if (/^[!#-~]*$/.test(text)) return `"${text}"`;
  return Array.from(text, (c) => c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")).join("");
}

/** Hands a record to the daemon, or to the kernel's log. @linux kernel/audit.c audit_log_end, kauditd_send_queue */
export function auditLog(k: Kernel, type: number, text: string): void {
  const a = audit(k);
  const bytes = new Uint8Array(NLMSG_HDRLEN + text.length);
  const v = new DataView(bytes.buffer);
  v.setUint32(0, bytes.length, true);
  v.setUint16(4, type, true);
  for (let i = 0; i < text.length; i++) bytes[NLMSG_HDRLEN + i] = text.charCodeAt(i);
  const table = netlinkTable(k);
  for (const sk of table.sockets) {
    if (sk.protocol === NETLINK_AUDIT && sk.groups.has(AUDIT_NLGRP_READLOG)) netlinkQueue(k, sk, bytes, 0, AUDIT_NLGRP_READLOG, null);
  }
  const daemon = a.portid === 0 ? undefined : table.bound.get(portKey(NETLINK_AUDIT, a.portid));
  if (daemon) {
    netlinkQueue(k, daemon, bytes, 0, 0, null);
    return;
  }
  a.pid = a.portid = 0;
  if (type !== AUDIT_EOE) printk(k, LOGLEVEL_NOTICE, `audit: type=${type} ${text}`);
}

/** " exe=…": the program's file. @linux kernel/audit.c audit_log_d_path_exe */
export function exeText(k: Kernel, task: Task): string {
  const exe = task.mm?.exeFile;
  return ` exe=${exe ? untrusted(dPath(k, exe.path)) : "(null)"}`;
}

/** A verdict of seccomp. `code`: the action. @linux kernel/auditsc.c audit_seccomp */
export function auditSeccomp(k: Kernel, task: Task, nr: number, sig: number, code: number): void {
  const { cpu } = k.machine;
  const ip = (BigInt(cpu.ripHi >>> 0) << 32n) | BigInt(cpu.ripLo >>> 0);
  const c = task.cred;
  auditLog(
    k,
    1326,
    `${auditStamp(k)}auid=${task.loginuid} uid=${c.uid} gid=${c.gid} ses=${task.sessionid} pid=${task.tgid} comm=${untrusted(task.comm)}` +
      `${exeText(k, task)} sig=${sig} arch=c000003e syscall=${nr} compat=0 ip=0x${ip.toString(16)} code=0x${(code >>> 0).toString(16)}`,
  );
}
