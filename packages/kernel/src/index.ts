export type { Host, HostFileSystem, HostStat, HostStream } from "./host.ts";
export type { BootOptions } from "./init/main.ts";
export { onHostEvent } from "./kernel/hostEvents.ts";
export { type HostEventKind, Kernel, type KernelOptions } from "./kernel.ts";
