export type { Host, HostFileSystem, HostStat, HostStream } from "./host.ts";
export type { BootOptions } from "./init/main.ts";
export { type HostEventKind, Kernel, type KernelOptions, onHostEvent } from "./kernel.ts";
