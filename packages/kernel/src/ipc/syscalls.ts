import type { SyscallDef } from "../syscall/declare.ts";
import { mqueueSyscalls } from "./mqueueCalls.ts";
import { msgSyscalls } from "./msgCalls.ts";
import "./procSysvipc.ts";
import { semSyscalls } from "./semCalls.ts";
import { shmSyscalls } from "./shm.ts";

/** The system calls of ipc/: System V shared memory, semaphores and message queues, and POSIX message queues. */
export const ipcSyscalls: readonly SyscallDef[] = [...shmSyscalls, ...semSyscalls, ...msgSyscalls, ...mqueueSyscalls];
