import type { Kernel } from "../kernel.ts";

export type HostEventKind = "stdin" | "winch" | "sigint" | "sigterm" | "sighup" | "net";
type Handler = (k: Kernel) => void;

const handlers = new Map<HostEventKind, Handler[]>();

/** Registers what a driver does on an event of the host. Called at load time only. */
export function onHostEvent(kind: HostEventKind, handle: Handler): void {
  handlers.set(kind, [...(handlers.get(kind) ?? []), handle]);
}

export function runHostEvent(k: Kernel, kind: HostEventKind): void {
  k.time.inInterrupt = true;
  for (const handle of handlers.get(kind) ?? []) handle(k);
  k.time.inInterrupt = false;
}
