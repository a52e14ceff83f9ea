import type { Kernel } from "../kernel.ts";

type SyncHook = (k: Kernel) => void;
const hooks: SyncHook[] = [];

/** Registers what sync writes to where it lasts; the end of the machine does so too. Called at load time only. */
export function onSync(hook: SyncHook): void {
  hooks.push(hook);
}

/** @linux fs/sync.c ksys_sync */
export function ksysSync(k: Kernel): void {
  for (const hook of hooks) hook(k);
}
