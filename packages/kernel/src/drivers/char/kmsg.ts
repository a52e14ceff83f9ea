import type { File, FileOperations } from "../../include/linux/fs.ts";
import type { PollTable } from "../../include/linux/wait.ts";
import { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import type { IovIter } from "../../lib/iovIter.ts";
import { stateClass, stateTable } from "../../state.ts";
import { EAGAIN, EFAULT, EINVAL, EPIPE } from "../../uapi/errno.ts";

const O_NONBLOCK = 0o4000;
const POLLIN = 0x41;
const LINE_MAX = 992;
const KEEP = 2048;

/** One record of the log (struct printk_info and its text). */
interface LogRecord {
  seq: number;
  /** Facility << 3 | level. */
  prefix: number;
  /** ns since boot. */
  time: number;
  text: string;
}

/** The kernel's log: its last records. */
export class KernelLog {
  records: LogRecord[] = [];
  nextSeq = 0;
  /** Where the next syslog(READ) and syslog(READ_ALL) begin. */
  syslogSeq = 0;
  clearSeq = 0;
  wait = new WaitQueueHead();
}

/** Where one open file of /dev/kmsg is. */
class KmsgReader {
  seq: number;
  constructor(seq: number) {
    this.seq = seq;
  }
}

stateClass(KernelLog, KmsgReader);

/** This machine's log. */
export function kernelLog(k: Kernel): KernelLog {
  let log = k.subsystems.get("printk") as KernelLog | undefined;
  if (!log) {
    log = new KernelLog();
    k.subsystems.set("printk", log);
  }
  return log;
}

/** Adds a record; level 0 (emergency) to 7 (debug). @linux kernel/printk/printk.c vprintk_store */
export function printk(k: Kernel, level: number, text: string): void {
  const log = kernelLog(k);
  log.records.push({ seq: log.nextSeq++, prefix: level, time: k.time.now(), text });
  if (log.records.length > KEEP) log.records.shift();
  log.wait.wakeUpAll(k, POLLIN);
}

/** @linux kernel/printk/printk.c devkmsg_open */
function kmsgOpen(k: Kernel, _inode: unknown, file: File): number {
  const log = kernelLog(k);
  file.priv = new KmsgReader(log.records[0]?.seq ?? log.nextSeq);
  return 0;
}

/** One record per call. @linux kernel/printk/printk.c devkmsg_read */
function kmsgRead(k: Kernel, file: File, to: IovIter): number {
  const log = kernelLog(k);
  const reader = file.priv as KmsgReader;
  if (reader.seq >= log.nextSeq) {
    if (file.flags & O_NONBLOCK) return -EAGAIN;
    return k.sched.sleepOn(log.wait, POLLIN);
  }
  const first = log.records[0]?.seq ?? log.nextSeq;
  if (reader.seq < first) {
    reader.seq = first;
    return -EPIPE;
  }
  const r = log.records[reader.seq - first] as LogRecord;
  const line = `${r.prefix},${r.seq},${Math.floor(r.time / 1000)},-;${escapeText(r.text)}\n`;
  if (line.length > to.count) return -EINVAL;
  const bytes = latin1(line);
  if (to.copyTo(k, bytes, 0, bytes.length) < bytes.length) return -EFAULT;
  reader.seq++;
  return bytes.length;
}

/** Bytes that are not printable, and the backslash, show as \xNN. @linux kernel/printk/printk.c msg_add_ext_text */
function escapeText(text: string): string {
  return text.replace(/[^ -[\]-~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function latin1(s: string): Uint8Array {
  const out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
  return out;
}

/** A line of a program: "<N>" in front gives level and facility. @linux kernel/printk/printk.c devkmsg_write */
function kmsgWrite(k: Kernel, _file: File, from: IovIter): number {
  const length = from.count;
  if (length > LINE_MAX) return -EINVAL;
  const bytes = new Uint8Array(length);
  if (from.copyFrom(k, bytes, 0, length) < length) return -EFAULT;
  let text = String.fromCharCode(...bytes);
  let prefix = (1 << 3) | 4;
  const tag = /^<(\d+)>/.exec(text);
  if (tag) {
    const n = Number(tag[1]);
    prefix = (n & ~7) === 0 ? (1 << 3) | (n & 7) : n;
    text = text.slice(tag[0].length);
  }
  if (text.endsWith("\n")) text = text.slice(0, -1);
  printk(k, prefix, text);
  return length;
}

/** Only to the first, the last, and past the last cleared record. @linux kernel/printk/printk.c devkmsg_llseek */
function kmsgLlseek(k: Kernel, file: File, offset: number, whence: number): number {
  const log = kernelLog(k);
  const reader = file.priv as KmsgReader;
  if (offset !== 0) return -29;
  if (whence === 0) reader.seq = log.records[0]?.seq ?? log.nextSeq;
  else if (whence === 2) reader.seq = log.nextSeq;
  else if (whence !== 3) return -EINVAL;
  return 0;
}

/** @linux kernel/printk/printk.c devkmsg_poll */
function kmsgPoll(k: Kernel, file: File, table: PollTable | null): number {
  const log = kernelLog(k);
  table?.wait(k, log.wait);
  return (file.priv as KmsgReader).seq < log.nextSeq ? POLLIN : 0;
}

export const kmsgFops: FileOperations = stateTable("kmsg_fops", {
  open: kmsgOpen,
  read: kmsgRead,
  refuseSpliceRead: (): number => -EINVAL,
  write: kmsgWrite,
  llseek: kmsgLlseek,
  poll: kmsgPoll,
});
