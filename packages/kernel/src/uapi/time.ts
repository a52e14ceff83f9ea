import { enumNames, flagNames } from "../syscall/declare.ts";
import { struct } from "./struct.ts";

/** include/uapi/linux/time.h */
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_TAI = 11;
export const clockNames = enumNames("CLOCK_???", {
  CLOCK_REALTIME,
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_THREAD_CPUTIME_ID,
  CLOCK_MONOTONIC_RAW,
  CLOCK_REALTIME_COARSE,
  CLOCK_MONOTONIC_COARSE,
  CLOCK_BOOTTIME,
  CLOCK_REALTIME_ALARM,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_TAI,
});
export const TIMER_ABSTIME = 1;
export const timerFlagNames = flagNames("TIMER_???", { TIMER_ABSTIME });

export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;
export const itimerNames = enumNames("ITIMER_???", { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF });

export const timespecStruct = struct("timespec", [
  ["tv_sec", "s64"],
  ["tv_nsec", "s64"],
]);
export const timevalStruct = struct("timeval", [
  ["tv_sec", "s64"],
  ["tv_usec", "s64"],
]);
export const timezoneStruct = struct("timezone", [
  ["tz_minuteswest", "s32"],
  ["tz_dsttime", "s32"],
]);
export const itimerspecStruct = struct("itimerspec", [
  ["it_interval", timespecStruct],
  ["it_value", timespecStruct],
]);
export const itimervalStruct = struct("itimerval", [
  ["it_interval", timevalStruct],
  ["it_value", timevalStruct],
]);
export const sigeventStruct = struct(
  "sigevent",
  [
    ["sigev_value", "x64"],
    ["sigev_signo", "s32"],
    ["sigev_notify", "s32"],
    ["sigev_notify_thread_id", "s32"],
  ],
  { size: 64 },
);
export const timexStruct = struct(
  "timex",
  [
    ["modes", "u32"],
    ["offset", "s64"],
    ["freq", "s64"],
    ["maxerror", "s64"],
    ["esterror", "s64"],
    ["status", "s32"],
    ["constant", "s64"],
    ["precision", "s64"],
    ["tolerance", "s64"],
    ["time", timevalStruct],
    ["tick", "s64"],
    ["ppsfreq", "s64"],
    ["jitter", "s64"],
    ["shift", "s32"],
    ["stabil", "s64"],
    ["jitcnt", "s64"],
    ["calcnt", "s64"],
    ["errcnt", "s64"],
    ["stbcnt", "s64"],
    ["tai", "s32"],
  ],
  { size: 208 },
);
