import { enumNames, flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/linux/seccomp.h */
export const SECCOMP_MODE_DISABLED = 0;
export const SECCOMP_MODE_STRICT = 1;
export const SECCOMP_MODE_FILTER = 2;
/** Of a task that a filter has condemned; the program never sees it. */
export const SECCOMP_MODE_DEAD = 3;

export const SECCOMP_SET_MODE_STRICT = 0;
export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_GET_ACTION_AVAIL = 2;
export const SECCOMP_GET_NOTIF_SIZES = 3;
export const seccompOpNames = enumNames("SECCOMP_SET_MODE_???", {
  SECCOMP_SET_MODE_STRICT,
  SECCOMP_SET_MODE_FILTER,
  SECCOMP_GET_ACTION_AVAIL,
  SECCOMP_GET_NOTIF_SIZES,
});

export const SECCOMP_FILTER_FLAG_TSYNC = 1;
export const SECCOMP_FILTER_FLAG_LOG = 2;
export const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
export const SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 16;
export const SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 32;
export const SECCOMP_FILTER_FLAG_MASK = 63;
export const seccompFilterFlagNames = flagNames("SECCOMP_FILTER_FLAG_???", {
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_FILTER_FLAG_LOG,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW,
  SECCOMP_FILTER_FLAG_NEW_LISTENER,
  SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
});

/** What a filter returns, as signed 32-bit numbers: the less, the stronger. */
export const SECCOMP_RET_KILL_PROCESS = 0x80000000 | 0;
export const SECCOMP_RET_KILL_THREAD = 0;
export const SECCOMP_RET_TRAP = 0x00030000;
export const SECCOMP_RET_ERRNO = 0x00050000;
export const SECCOMP_RET_USER_NOTIF = 0x7fc00000;
export const SECCOMP_RET_TRACE = 0x7ff00000;
export const SECCOMP_RET_LOG = 0x7ffc0000;
export const SECCOMP_RET_ALLOW = 0x7fff0000;
export const SECCOMP_RET_ACTION_FULL = 0xffff0000 | 0;
export const SECCOMP_RET_DATA = 0xffff;

/** Names in /proc/sys/kernel/seccomp/actions_avail, strongest first. */
export const seccompActions: readonly (readonly [name: string, action: number])[] = [
  ["kill_process", SECCOMP_RET_KILL_PROCESS],
  ["kill_thread", SECCOMP_RET_KILL_THREAD],
  ["trap", SECCOMP_RET_TRAP],
  ["errno", SECCOMP_RET_ERRNO],
  ["user_notif", SECCOMP_RET_USER_NOTIF],
  ["trace", SECCOMP_RET_TRACE],
  ["log", SECCOMP_RET_LOG],
  ["allow", SECCOMP_RET_ALLOW],
];

/** struct seccomp_data: number, architecture, instruction pointer, six arguments. */
export const SECCOMP_DATA_SIZE = 64;
/** struct seccomp_notif { u64 id; u32 pid; u32 flags; struct seccomp_data data; } */
export const SECCOMP_NOTIF_SIZE = 80;
/** struct seccomp_notif_resp { u64 id; s64 val; s32 error; u32 flags; } */
export const SECCOMP_NOTIF_RESP_SIZE = 24;

export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
export const SECCOMP_ADDFD_FLAG_SETFD = 1;
export const SECCOMP_ADDFD_FLAG_SEND = 2;
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;

export const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
export const SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
export const SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR = 0x80082102;
export const SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
export const SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;

/** si_code of SIGSYS. */
export const SYS_SECCOMP = 1;
/** include/uapi/linux/audit.h */
export const AUDIT_ARCH_X86_64 = 0xc000003e;

export const seccompNotifSizesStruct = struct("seccomp_notif_sizes", [
  ["seccomp_notif", "u16"],
  ["seccomp_notif_resp", "u16"],
  ["seccomp_data", "u16"],
]);
