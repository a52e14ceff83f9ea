import type { File } from "../include/linux/fs.ts";
import { TASK_INTERRUPTIBLE, type Task } from "../include/linux/sched.ts";
import { rlimit } from "../kernel/resource.ts";
import { retryCall } from "../kernel/retryCall.ts";
import { sysctlValue } from "../kernel/sysctl.ts";
import { utsname } from "../kernel/utsname.ts";
import type { Kernel } from "../kernel.ts";
import { kernelIter } from "../mm/userIov.ts";
import { RLIMIT_CORE } from "../uapi/resource.ts";
import { writeElfCore } from "./elfCore.ts";
import { fput } from "./file.ts";
import { filpOpen } from "./open.ts";

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_NOFOLLOW = 0o400000;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
/** Smaller limits mean no core at all (binfmt->min_coredump). */
const MIN_COREDUMP = 4096;

/** /proc/sys/kernel/core_pattern's place holders. @linux fs/coredump.c format_corename */
function coreName(k: Kernel, task: Task, sig: number): string {
  const time = k.time.realtime().sec;
  const pid = sysctlValue(k, "kernel/core_uses_pid") === "1" && !k.corePattern.includes("%p") ? `.${task.tgid}` : "";
  const name = k.corePattern.replace(/%(.)/g, (_all, c: string) => {
    switch (c) {
      case "%":
        return "%";
      case "p":
      case "P":
        return String(task.tgid);
      case "i":
      case "I":
        return String(task.pid);
      case "u":
        return String(task.cred.uid);
      case "g":
        return String(task.cred.gid);
      case "s":
        return String(sig);
      case "t":
        return String(time);
      case "h":
        return utsname(k).hostname;
      case "e":
        return task.comm.replaceAll("/", "!");
      case "c":
        return String(rlimit(task, RLIMIT_CORE));
      default:
        return "";
    }
  });
  return name + pid;
}

/**
 * Writes a core file if limits and dumpability allow one.
 * @returns true if a core was written: wait's status then has bit 0x80 @linux fs/coredump.c do_coredump
 */
export function doCoredump(k: Kernel, task: Task, info: Uint8Array): boolean {
  const limit = rlimit(task, RLIMIT_CORE);
  if (task.mm?.dumpable !== 1 || limit < MIN_COREDUMP) return false;
  // Pipes to helper programs are not offered.
  if (k.corePattern === "" || k.corePattern.startsWith("|")) return false;
  const file = filpOpen(k, coreName(k, task, info[0] as number), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  if (typeof file === "number") return false;
  const { inode } = file;
  if ((inode.mode & S_IFMT) !== S_IFREG || inode.nlink !== 1 || inode.uid !== task.cred.fsuid) {
    fput(k, file);
    return false;
  }
  for (const thread of task.signal.threads) if (thread !== task) interruptCall(k, thread);
  let pos = 0;
  const written = writeElfCore(k, task, info, (bytes) => {
    if (pos + bytes.length > limit) return false;
    const n = write(k, file, bytes, pos);
    pos += n;
    return n === bytes.length;
  });
  fput(k, file);
  return written || pos > 0;
}

/**
 * A thread that sleeps in a call is killed first, so the dump shows what the call would have returned then.
 * @linux fs/coredump.c zap_process
 */
function interruptCall(k: Kernel, thread: Task): void {
  if (!thread.inBlockedCall || thread.state !== TASK_INTERRUPTIBLE) return;
  const { machine, current } = k;
  machine.saveContext(current.ctx);
  machine.loadContext(thread.ctx);
  k.current = k.cpuTask = thread;
  thread.sigPendingFlag = true;
  k.sched.wakeUpTask(thread);
  retryCall(k, thread);
  machine.saveContext(thread.ctx);
  machine.loadContext(current.ctx);
  k.current = k.cpuTask = current;
}

function write(k: Kernel, file: File, bytes: Uint8Array, pos: number): number {
  return Math.max(0, file.op.write?.(k, file, kernelIter(bytes), pos) ?? 0);
}
