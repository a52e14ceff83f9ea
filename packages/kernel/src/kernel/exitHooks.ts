import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";

type ExitHook = (k: Kernel, task: Task) => void;
const hooks: ExitHook[] = [];

/**
 * Registers what a subsystem does when the last thread of a process exits, in its context: the
 * terminal lets go of a session leader, semaphores are undone. Called at load time only.
 */
export function onProcessExit(hook: ExitHook): void {
  hooks.push(hook);
}

export function runExitHooks(k: Kernel, task: Task): void {
  for (const hook of hooks) hook(k, task);
}
