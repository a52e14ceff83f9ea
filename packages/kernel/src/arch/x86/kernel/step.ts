import { SYSCALL_WORK_EXIT_TRAP } from "../../../include/linux/ptrace.ts";
import type { Task } from "../../../include/linux/sched.ts";

const TF = 0x100;

/** The task, which is not running, is to trap after its next instruction. @linux arch/x86/kernel/step.c user_enable_single_step */
export function singleStepOn(task: Task): void {
  task.singleStep = true;
  task.syscallWork |= SYSCALL_WORK_EXIT_TRAP;
  // A program that has set the flag itself keeps it afterwards.
  if (!(task.ctx.rflags & TF)) {
    task.ctx.rflags |= TF;
    task.forcedTf = true;
  }
}

/** @linux arch/x86/kernel/step.c user_disable_single_step */
export function singleStepOff(task: Task): void {
  task.singleStep = false;
  task.syscallWork &= ~SYSCALL_WORK_EXIT_TRAP;
  if (task.forcedTf) {
    task.ctx.rflags &= ~TF;
    task.forcedTf = false;
  }
}
