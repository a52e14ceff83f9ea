import { enumNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/asm-generic/resource.h */
export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
export const RLIM_NLIMITS = 16;
export const RLIM_INFINITY = Number.POSITIVE_INFINITY;

export const rlimitNames = enumNames("RLIMIT_???", {
  RLIMIT_CPU,
  RLIMIT_FSIZE,
  RLIMIT_DATA,
  RLIMIT_STACK,
  RLIMIT_CORE,
  RLIMIT_RSS,
  RLIMIT_NPROC,
  RLIMIT_NOFILE,
  RLIMIT_MEMLOCK,
  RLIMIT_AS,
  RLIMIT_LOCKS,
  RLIMIT_SIGPENDING,
  RLIMIT_MSGQUEUE,
  RLIMIT_NICE,
  RLIMIT_RTPRIO,
  RLIMIT_RTTIME,
});
export const rlimitStruct = struct("rlimit", [
  ["rlim_cur", "x64"],
  ["rlim_max", "x64"],
]);

export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;
export const RUSAGE_THREAD = 1;
export const rusageWhoNames = enumNames("RUSAGE_???", { RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD });

export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;
export const prioNames = enumNames("PRIO_???", { PRIO_PROCESS, PRIO_PGRP, PRIO_USER });

export const timevalStruct = struct("timeval", [
  ["tv_sec", "s64"],
  ["tv_usec", "s64"],
]);
export const rusageStruct = struct("rusage", [
  ["ru_utime", timevalStruct],
  ["ru_stime", timevalStruct],
  ["ru_maxrss", "s64"],
  ["ru_ixrss", "s64"],
  ["ru_idrss", "s64"],
  ["ru_isrss", "s64"],
  ["ru_minflt", "s64"],
  ["ru_majflt", "s64"],
  ["ru_nswap", "s64"],
  ["ru_inblock", "s64"],
  ["ru_oublock", "s64"],
  ["ru_msgsnd", "s64"],
  ["ru_msgrcv", "s64"],
  ["ru_nsignals", "s64"],
  ["ru_nvcsw", "s64"],
  ["ru_nivcsw", "s64"],
]);
