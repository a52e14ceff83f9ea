import { TICK_NS } from "../../../../kernel/time/clocks.ts";
import { NSEC_PER_SEC } from "../../../../kernel/time/timekeeping.ts";
import type { Kernel } from "../../../../kernel.ts";
import type { VdsoState } from "./vdsoState.ts";

/** Numbers of the calls that the vDSO falls back to. */
export const CLOCK_GETTIME_NR = 228;
export const CLOCK_GETRES_NR = 229;
/** Clock ids it serves (bits): REALTIME, MONOTONIC, MONOTONIC_RAW, both coarse ones, BOOTTIME, TAI. */
export const CLOCKS = 0b1000_1111_0011;
export const COARSE_CLOCKS = 0b0000_0110_0000;

/** Offsets in the data page. From `clocks` on, one {u64 sec, u64 nsec} per clock id: its time at `cycleLast`. */
export const FIELD = { sequence: 0, mult: 4, cycleLast: 8, shift: 16, timezone: 24, clocks: 0x80 };

/** The page is written anew this often (ns), as Linux does on each tick. Its readers then need no division. */
const INTERVAL = TICK_NS;
const REALTIME = [0, 5];
const MONOTONIC = [1, 4, 6, 7];
const TAI = 11;

/** The data page follows the clock when it is old or the wall clock was moved. Runs before every turn of the processor. */
export function refreshDataPage(k: Kernel, vdso: VdsoState): void {
  if (k.time.nowNs >= vdso.due && vdso.dataFrame !== 0) writeDataPage(k, vdso);
}

/**
 * Writes the page: the sequence is made odd, then come the fields, then it is made even. No program runs
 * meanwhile, since there is one processor; but one that was interrupted between its two looks at the sequence
 * finds another one and reads again.
 * @linux kernel/time/vsyscall.c update_vsyscall
 */
export function writeDataPage(k: Kernel, vdso: VdsoState): void {
  const { time } = k;
  const t = k.trace.updateVsyscall;
  const { phys } = k.machine;
  const now = time.nowNs;
  vdso.due = now + INTERVAL;
  phys.willWrite(vdso.dataFrame);
  const page = new DataView(phys.u8.buffer, vdso.dataFrame * 4096, 4096);
  const sequence = (page.getUint32(FIELD.sequence, true) + 1) >>> 0;
  page.setUint32(FIELD.sequence, sequence, true);
  if (t.enabled) t.fire(sequence, "begin");
  page.setUint32(FIELD.mult, 1, true);
  page.setUint32(FIELD.shift, 0, true);
  put64(page, FIELD.cycleLast, now);
  page.setInt32(FIELD.timezone, time.timezone.minuteswest, true);
  page.setInt32(FIELD.timezone + 4, time.timezone.dsttime, true);
  const sec = Math.floor(now / NSEC_PER_SEC);
  for (const id of MONOTONIC) clock(page, id, sec, now - sec * NSEC_PER_SEC);
  let wall = time.base.sec + sec;
  let nsec = time.base.nsec + (now - sec * NSEC_PER_SEC);
  if (nsec >= NSEC_PER_SEC) {
    nsec -= NSEC_PER_SEC;
    wall++;
  }
  for (const id of REALTIME) clock(page, id, wall, nsec);
  clock(page, TAI, wall + time.taiOffset, nsec);
  if (t.enabled) t.fire(sequence, "written");
  page.setUint32(FIELD.sequence, (sequence + 1) >>> 0, true);
  if (t.enabled) t.fire((sequence + 1) >>> 0, "end");
}

function clock(page: DataView, id: number, sec: number, nsec: number): void {
  put64(page, FIELD.clocks + id * 16, sec);
  put64(page, FIELD.clocks + id * 16 + 8, nsec);
}

function put64(page: DataView, at: number, n: number): void {
  page.setUint32(at, n >>> 0, true);
  page.setUint32(at + 4, Math.floor(n / 4294967296), true);
}
