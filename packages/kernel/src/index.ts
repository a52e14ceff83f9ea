export { syscallNames } from "./arch/x86/entry/syscallNames.ts";
export { sysCallTable } from "./arch/x86/entry/syscallTable.ts";
export { exportPage, exportTree } from "./fs/exportTree.ts";
export { hostfsMount } from "./fs/hostfs/hostfs.ts";
export type { Host, HostFileSystem, HostStat, HostStream } from "./host.ts";
export type { BootOptions } from "./init/main.ts";
export { guestHas, guestMode, makeDirectories, mountHostDirectory, readGuestFile, writeGuestFile } from "./init/populate.ts";
export { onHostEvent } from "./kernel/hostEvents.ts";
export { type HostEventKind, Kernel, type KernelOptions } from "./kernel.ts";
