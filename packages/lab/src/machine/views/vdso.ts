import { assembleVdso } from "@lstar/kernel/arch/x86/entry/vdso/code.ts";
import { FIELD } from "@lstar/kernel/arch/x86/entry/vdso/dataPage.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import type { VdsoView } from "../../protocol.ts";
import { contextOf } from "./registers.ts";

const CLOCK_NAMES = ["CLOCK_REALTIME", "CLOCK_MONOTONIC", "", "", "CLOCK_MONOTONIC_RAW", "CLOCK_REALTIME_COARSE", "CLOCK_MONOTONIC_COARSE"];

/** Where e_entry is in an ELF header: the vDSO's is the start of its code. */
const E_ENTRY = 24;

/** A task whose next instruction lies in the vDSO. */
export interface VdsoReader {
  readonly pid: number;
  /** The vDSO's function. */
  readonly fn: string;
  /** Address of the next instruction. */
  readonly rip: string;
  /** It has read the sequence and not yet compared it: `between` reads again if the page is written now. `first`: about to read it. */
  readonly place: "outside" | "first" | "between";
}

export interface VdsoDetails extends VdsoView {
  /** The time of each clock at cycleLast. */
  readonly clocks: readonly { readonly name: string; readonly seconds: number; readonly nanoseconds: number }[];
  /** What rdtsc would give now. */
  readonly tsc: number;
  /** The program's next instruction lies in the vDSO. */
  readonly inside: boolean;
  readonly readers: readonly VdsoReader[];
}

let code: ReturnType<typeof assembleVdso> | null = null;

function readerOf(k: Kernel, task: Task): VdsoReader | null {
  const at = task.mm?.vdso ?? 0;
  const rip = contextOf(k, task).rip;
  if (at === 0 || rip < at || rip >= at + 4096 || task.exitState !== 0) return null;
  code ??= assembleVdso();
  const image = new DataView(k.machine.phys.u8.buffer, k.vdso.codeFrame * 4096, 4096);
  const offset = rip - at - image.getUint32(E_ENTRY, true);
  const f = code.functions.find((x) => offset >= x.at && offset < x.at + x.size);
  const place = code.reads.some((r) => offset === r.first)
    ? "first"
    : code.reads.some((r) => offset > r.first && offset <= r.last)
      ? "between"
      : "outside";
  return { pid: task.pid, fn: f?.name ?? "", rip: rip.toString(16), place };
}

/** The data page as the program sees it. Null before a program is loaded. */
export function vdsoView(k: Kernel, task: Task | null, tasks: readonly Task[] = []): VdsoDetails | null {
  const { mm } = task ?? { mm: null };
  if (k.vdso.dataFrame === 0) return null;
  // The frames outlive the program that had them mapped.
  const at = mm?.vdso ?? 0;
  const page = new DataView(k.machine.phys.u8.buffer, k.vdso.dataFrame * 4096, 4096);
  const u64 = (at: number): number => page.getUint32(at, true) + page.getUint32(at + 4, true) * 4294967296;
  const clock = (id: number): { seconds: number; nanoseconds: number } => ({
    seconds: u64(FIELD.clocks + id * 16),
    nanoseconds: u64(FIELD.clocks + id * 16 + 8),
  });
  const rip = task && k.cpuTask === task ? k.machine.cpu.rip : (task?.ctx.rip ?? 0);
  return {
    dataAddress: at ? (at - 4096).toString(16) : "not mapped",
    codeAddress: at ? at.toString(16) : "not mapped",
    sequence: page.getUint32(FIELD.sequence, true),
    cycleLast: String(u64(FIELD.cycleLast)),
    mult: page.getUint32(FIELD.mult, true),
    shift: page.getUint32(FIELD.shift, true),
    seconds: clock(1).seconds,
    nanoseconds: String(clock(1).nanoseconds),
    clocks: CLOCK_NAMES.flatMap((name, id) => (name ? [{ name, ...clock(id) }] : [])),
    tsc: k.time.nowNs,
    readers: tasks.flatMap((t) => readerOf(k, t) ?? []),
    inside: at > 0 && rip >= at && rip < at + 4096,
  };
}
