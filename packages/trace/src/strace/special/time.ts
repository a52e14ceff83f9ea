import { afterExit } from "../arguments.ts";
import type { ArgPrinter, Call } from "../call.ts";
import { pointer } from "../text.ts";
import { isoComment } from "./files.ts";
import type { PrinterTable } from "./index.ts";

const clocks = [
  "CLOCK_REALTIME",
  "CLOCK_MONOTONIC",
  "CLOCK_PROCESS_CPUTIME_ID",
  "CLOCK_THREAD_CPUTIME_ID",
  "CLOCK_MONOTONIC_RAW",
  "CLOCK_REALTIME_COARSE",
  "CLOCK_MONOTONIC_COARSE",
  "CLOCK_BOOTTIME",
  "CLOCK_REALTIME_ALARM",
  "CLOCK_BOOTTIME_ALARM",
  "CLOCK_SGI_CYCLE",
  "CLOCK_TAI",
];

/** "CLOCK_MONOTONIC", or the macro form of a per-process clock. */
export function clockText(id: number): string {
  if (id >= 0) return clocks[id] ?? `${id === 0 ? "0" : `0x${id.toString(16)}`} /* CLOCK_??? */`;
  const which = ["CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED", "CLOCKFD"][id & 3]!;
  const pid = ~(id >> 3);
  if ((id & 7) === 3) return `FD_TO_CLOCKID(${pid})`;
  return id & 4 ? `MAKE_THREAD_CPUCLOCK(${pid}, ${which})` : `MAKE_PROCESS_CPUCLOCK(${pid}, ${which})`;
}

/** {tv_sec=1, tv_nsec=0}. */
export function timespecText(c: Call, address: number, unit: "tv_nsec" | "tv_usec" = "tv_nsec", comment = false): string {
  if (address === 0) return "NULL";
  const v = c.view(address, 16);
  if (!v) return pointer(address);
  const sec = v.getUint32(0, true) + v.getInt32(4, true) * 2 ** 32;
  const sub = v.getUint32(8, true) + v.getInt32(12, true) * 2 ** 32;
  return `{tv_sec=${sec}, ${unit}=${sub}}${comment ? isoComment(sec, sub, unit === "tv_nsec" ? 9 : 6) : ""}`;
}

const itimer = (c: Call, address: number, unit: "tv_nsec" | "tv_usec"): string => {
  if (address === 0) return "NULL";
  if (!c.view(address, 32)) return pointer(address);
  return `{it_interval=${timespecText(c, address, unit)}, it_value=${timespecText(c, address + 16, unit)}}`;
};

const clock: ArgPrinter = (c, i) => clockText(c.arg(i));
const timespecIn: ArgPrinter = (c, i) => timespecText(c, c.arg(i));
const timespecOut: ArgPrinter = (c, i) => afterExit(c, c.arg(i), () => timespecText(c, c.arg(i)));
/** The remaining time of an interrupted sleep is only written then. */
const remainder: ArgPrinter = (c, i) => {
  if (c.arg(i) === 0) return "NULL";
  if (!c.exiting) return null;
  return c.ret! === -516 || c.ret! === -4 ? timespecText(c, c.arg(i)) : pointer(c.arg(i));
};
const timevalOut: ArgPrinter = (c, i) => afterExit(c, c.arg(i), () => timespecText(c, c.arg(i), "tv_usec"));
const itimerIn =
  (unit: "tv_nsec" | "tv_usec"): ArgPrinter =>
  (c, i) =>
    itimer(c, c.arg(i), unit);
const itimerOut =
  (unit: "tv_nsec" | "tv_usec"): ArgPrinter =>
  (c, i) =>
    afterExit(c, c.arg(i), () => itimer(c, c.arg(i), unit));
const which: ArgPrinter = (c, i) =>
  ["ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"][c.arg(i)] ?? `0x${(c.arg(i) >>> 0).toString(16)} /* ITIMER_??? */`;
const abstime: ArgPrinter = (c, i) =>
  c.arg(i) === 0 ? "0" : c.arg(i) === 1 ? "TIMER_ABSTIME" : `0x${(c.arg(i) >>> 0).toString(16)} /* TIMER_??? */`;

export const timePrinters: PrinterTable = {
  nanosleep: { 0: timespecIn, 1: remainder },
  clock_nanosleep: { 0: clock, 1: abstime, 2: timespecIn, 3: remainder },
  clock_gettime: { 0: clock, 1: timespecOut },
  clock_getres: { 0: clock, 1: timespecOut },
  clock_settime: { 0: clock, 1: timespecIn },
  gettimeofday: { 0: timevalOut },
  getitimer: { 0: which, 1: itimerOut("tv_usec") },
  setitimer: { 0: which, 1: itimerIn("tv_usec"), 2: itimerOut("tv_usec") },
  timer_create: { 0: clock },
  timer_settime: { 1: abstime, 2: itimerIn("tv_nsec"), 3: itimerOut("tv_nsec") },
  timer_gettime: { 1: itimerOut("tv_nsec") },
  timerfd_create: { 0: clock },
  timerfd_settime: { 2: itimerIn("tv_nsec"), 3: itimerOut("tv_nsec") },
  timerfd_gettime: { 1: itimerOut("tv_nsec") },
};
