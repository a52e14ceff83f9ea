import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";

type Retry = (k: Kernel, task: Task) => void;
let retry: Retry | null = null;

/** The entry code says how a call is run again; it imports everything, so those who need this cannot import it. Called at load time only. */
export function setRetryCall(how: Retry): void {
  retry = how;
}

/** Runs the call again that the task sleeps in. */
export function retryCall(k: Kernel, task: Task): void {
  retry?.(k, task);
}
