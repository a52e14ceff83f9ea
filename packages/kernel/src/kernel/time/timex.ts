import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../../syscall/declare.ts";
import { CAP_SYS_TIME } from "../../uapi/capability.ts";
import { EFAULT, EINVAL, EOPNOTSUPP, EPERM } from "../../uapi/errno.ts";
import type { StructValue } from "../../uapi/struct.ts";
import { CLOCK_REALTIME, clockNames, timexStruct } from "../../uapi/time.ts";
import { timespecAdd } from "./timekeeping.ts";

const ADJ_OFFSET = 1;
const ADJ_STATUS = 0x10;
const ADJ_TAI = 0x80;
const ADJ_SETOFFSET = 0x100;
const ADJ_NANO = 0x2000;
const ADJ_TICK = 0x4000;
const ADJ_ADJTIME = 0x8000;
const ADJ_OFFSET_READONLY = 0x2000;
const STA_UNSYNC = 0x40;
const TIME_ERROR = 5;
const TICK_USEC = 10000;

/** The clock needs no discipline: it can be read, shifted, and given a TAI offset. @linux kernel/time/timekeeping.c do_adjtimex */
function doAdjtimex(k: Kernel, address: number): number {
  const bytes = new Uint8Array(timexStruct.size);
  if (copyFromUser(k, address, bytes, 0, bytes.length) !== 0) return -EFAULT;
  const t = timexStruct.parse(bytes);
  const modes = t["modes"] as number;
  if (modes & ADJ_ADJTIME) {
    if (!(modes & ADJ_OFFSET)) return -EINVAL;
    if (!(modes & ADJ_OFFSET_READONLY) && !capable(k)) return -EPERM;
  } else {
    if (modes !== 0 && !capable(k)) return -EPERM;
    const tick = t["tick"] as number;
    if (modes & ADJ_TICK && (tick < 9000 || tick > 11000)) return -EINVAL;
  }
  const time = t["time"] as StructValue;
  if (modes & ADJ_SETOFFSET) {
    const sub = time["tv_usec"] as number;
    if (!capable(k)) return -EPERM;
    if (sub < 0 || sub >= (modes & ADJ_NANO ? 1e9 : 1e6)) return -EINVAL;
    const ns = modes & ADJ_NANO ? sub : sub * 1000;
    const now = k.time.realtime();
    k.time.setRealtime(timespecAdd({ sec: now.sec + (time["tv_sec"] as number), nsec: now.nsec }, ns));
  }
  if (modes & ADJ_TAI && (t["constant"] as number) >= 0) {
    k.time.taiOffset = t["constant"] as number;
    k.vdso.due = 0;
  }
  const now = k.time.realtime();
  const out = timexStruct.bytes({
    modes,
    status: modes & ADJ_STATUS ? (t["status"] as number) | STA_UNSYNC : STA_UNSYNC,
    maxerror: 16_000_000,
    esterror: 16_000_000,
    constant: 2,
    precision: 1,
    tolerance: 32_768_000,
    time: { tv_sec: now.sec, tv_usec: Math.floor(now.nsec / 1000) },
    tick: TICK_USEC,
    tai: k.time.taiOffset,
  });
  if (copyToUser(k, address, out, 0, out.length) !== 0) return -EFAULT;
  // Nobody disciplines this clock, and it says so.
  return TIME_ERROR;
}

function capable(k: Kernel): boolean {
  const set = k.current.cred.capEffective;
  return ((set[0] >>> CAP_SYS_TIME) & 1) !== 0;
}

const timex = A.struct(timexStruct, "inout");

export const timexSyscalls: readonly SyscallDef[] = [
  syscall("adjtimex", { txc_p: timex }, doAdjtimex, { linux: "kernel/time/time.c sys_adjtimex" }),
  syscall(
    "clock_adjtime",
    { which_clock: A.enum(clockNames), utx: timex },
    (k, clock, address) => {
      if (clock === CLOCK_REALTIME) return doAdjtimex(k, address);
      return clock > 0 && clock <= 11 && clock !== 10 ? -EOPNOTSUPP : -EINVAL;
    },
    { linux: "kernel/time/posix-timers.c sys_clock_adjtime" },
  ),
];
