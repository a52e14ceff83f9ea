import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { copyToUser } from "../mm/usercopy.ts";
import { A, enumNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_TTY_CONFIG, CAP_SYSLOG } from "../uapi/capability.ts";
import { EFAULT, EINVAL, EPERM } from "../uapi/errno.ts";
import { EPOLLIN } from "../uapi/eventpoll.ts";
import { kernelLog } from "./char/kmsg.ts";
import { hangupTty } from "./tty/hangup.ts";
import { controllingTty } from "./tty/jobctrl.ts";

/** include/linux/syslog.h */
const SYSLOG_ACTION_CLOSE = 0;
const SYSLOG_ACTION_OPEN = 1;
const SYSLOG_ACTION_READ = 2;
const SYSLOG_ACTION_READ_ALL = 3;
const SYSLOG_ACTION_READ_CLEAR = 4;
const SYSLOG_ACTION_CLEAR = 5;
const SYSLOG_ACTION_CONSOLE_OFF = 6;
const SYSLOG_ACTION_CONSOLE_ON = 7;
const SYSLOG_ACTION_CONSOLE_LEVEL = 8;
const SYSLOG_ACTION_SIZE_UNREAD = 9;
const SYSLOG_ACTION_SIZE_BUFFER = 10;
const LOG_BUF_LEN = 131072;

const actionNames = enumNames("SYSLOG_ACTION_???", {
  SYSLOG_ACTION_CLOSE,
  SYSLOG_ACTION_OPEN,
  SYSLOG_ACTION_READ,
  SYSLOG_ACTION_READ_ALL,
  SYSLOG_ACTION_READ_CLEAR,
  SYSLOG_ACTION_CLEAR,
  SYSLOG_ACTION_CONSOLE_OFF,
  SYSLOG_ACTION_CONSOLE_ON,
  SYSLOG_ACTION_CONSOLE_LEVEL,
  SYSLOG_ACTION_SIZE_UNREAD,
  SYSLOG_ACTION_SIZE_BUFFER,
});

/** The records from a sequence number on, as lines with "<level>[time] " in front. @linux kernel/printk/printk.c record_print_text */
function logText(k: Kernel, from: number): string[] {
  return kernelLog(k)
    .records.filter((r) => r.seq >= from)
    .map((r) => {
      const us = Math.floor(r.time / 1000);
      const stamp = `${String(Math.floor(us / 1e6)).padStart(5)}.${String(us % 1e6).padStart(6, "0")}`;
      return `<${r.prefix}>[${stamp}] ${r.text}\n`;
    });
}

function putText(k: Kernel, text: string, address: number): number {
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  return copyToUser(k, address, bytes, 0, bytes.length) === 0 ? bytes.length : -EFAULT;
}

/** @linux kernel/printk/printk.c do_syslog */
function sysSyslog(k: Kernel, type: number, address: number, length: number): number {
  if (type !== SYSLOG_ACTION_READ_ALL && type !== SYSLOG_ACTION_SIZE_BUFFER && !capable(k, CAP_SYSLOG)) return -EPERM;
  const log = kernelLog(k);
  switch (type) {
    case SYSLOG_ACTION_CLOSE:
    case SYSLOG_ACTION_OPEN:
    case SYSLOG_ACTION_CONSOLE_OFF:
    case SYSLOG_ACTION_CONSOLE_ON:
      return 0;
    case SYSLOG_ACTION_READ: {
      if (address === 0 || length < 0) return -EINVAL;
      if (length === 0) return 0;
      const lines = logText(k, log.syslogSeq);
      if (lines.length === 0) return k.sched.sleepOn(log.wait, EPOLLIN);
      let text = "";
      for (const line of lines) {
        if (text.length + line.length > length) break;
        text += line;
        log.syslogSeq++;
      }
      return putText(k, text, address);
    }
    case SYSLOG_ACTION_READ_ALL:
    case SYSLOG_ACTION_READ_CLEAR: {
      if (address === 0 || length < 0) return -EINVAL;
      const lines = logText(k, log.clearSeq);
      // The newest that fit.
      let first = lines.length;
      let size = 0;
      while (first > 0 && size + (lines[first - 1] as string).length <= length) size += (lines[--first] as string).length;
      const r = putText(k, lines.slice(first).join(""), address);
      if (r >= 0 && type === SYSLOG_ACTION_READ_CLEAR) log.clearSeq = log.nextSeq;
      return r;
    }
    case SYSLOG_ACTION_CLEAR:
      log.clearSeq = log.nextSeq;
      return 0;
    case SYSLOG_ACTION_CONSOLE_LEVEL:
      return length < 1 || length > 8 ? -EINVAL : 0;
    case SYSLOG_ACTION_SIZE_UNREAD:
      return logText(k, log.syslogSeq).join("").length;
    case SYSLOG_ACTION_SIZE_BUFFER:
      return LOG_BUF_LEN;
  }
  return -EINVAL;
}

/** @linux fs/open.c sys_vhangup */
function sysVhangup(k: Kernel): number {
  if (!capable(k, CAP_SYS_TTY_CONFIG)) return -EPERM;
  const tty = controllingTty(k.current);
  if (tty) hangupTty(k, tty);
  return 0;
}

/** System calls that belong to devices. */
export const deviceSyscalls: readonly SyscallDef[] = [
  syscall("syslog", { type: A.enum(actionNames), buf: A.ptr, len: A.int }, sysSyslog, { linux: "kernel/printk/printk.c do_syslog" }),
  syscall("vhangup", {}, sysVhangup, { linux: "fs/open.c sys_vhangup" }),
];
