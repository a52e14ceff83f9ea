import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { SECCOMP_MODE_FILTER, SECCOMP_MODE_STRICT } from "@lstar/kernel/uapi/seccomp.ts";
import type { HooksView } from "../../protocol.ts";

/** Bits of task.syscallWork (include/linux/thread_info.h). */
const SYSCALL_WORK_TRACE = 4;
const SYSCALL_WORK_EMU = 8;
const SYSCALL_WORK_AUDIT = 16;

/** Who hooks a task's calls. */
export function hooksView(task: Task): HooksView {
  const mode = task.seccompMode;
  return {
    seccomp: mode === SECCOMP_MODE_STRICT ? "strict" : mode === SECCOMP_MODE_FILTER ? "filter" : "off",
    filters: task.seccompFilterCount,
    tracer: task.ptrace !== 0 ? task.parent.pid : 0,
    traced: (task.syscallWork & (SYSCALL_WORK_TRACE | SYSCALL_WORK_EMU)) !== 0,
    audit: (task.syscallWork & SYSCALL_WORK_AUDIT) !== 0,
  };
}
