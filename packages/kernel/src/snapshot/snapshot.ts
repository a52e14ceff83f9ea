import { captureMachine, type MachineImage, restoreMachine } from "@lstar/machine";
import type { MmStruct } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { stateClasses, stateTables } from "../state.ts";
import { decodeState } from "./decode.ts";
import { encodeState } from "./encode.ts";
import { OUTSIDE } from "./graph.ts";
import { StateFormatError } from "./stream.ts";

/**
 * A whole machine at one moment, between two instructions: memory, registers, every kernel object, time.
 * It shares with other snapshots the pages that did not change between them, and may be restored any
 * number of times, in this machine or in another.
 */
export interface Snapshot {
  machine: MachineImage;
  /** The kernel's objects, as encodeState writes them. */
  state: Uint8Array;
}

/** Takes a snapshot. The kernel must not be running: call it between slices. */
export function takeSnapshot(k: Kernel): Snapshot {
  return { machine: captureMachine(k.machine, tableFrames(k)), state: encodeState(k) };
}

/**
 * Goes back (or forth) to a snapshot. Tracepoint listeners, the host and the options stay what they are.
 * @returns false, with nothing changed, if the machine has too little memory for it
 * @throws StateFormatError if the state is damaged or of another version
 */
export function restoreSnapshot(k: Kernel, snapshot: Snapshot): boolean {
  const trial = Object.create(null) as Record<string, unknown>;
  // References to the kernel itself must lead to this one.
  decodeState(snapshot.state, k, trial);
  for (const name of new Set([...Object.keys(k), ...Object.keys(trial)]))
    if (!OUTSIDE.has(name) && !(name in trial && name in k))
      throw new StateFormatError(`the state image and this kernel differ in ${name}`);
  if (!restoreMachine(k.machine, snapshot.machine, tableFrames(k))) return false;
  Object.assign(k, trial);
  // What the processor has from its task.
  k.machine.tscFault = k.current.tscFault;
  k.machine.debugPoints = k.current.debugPoints;
  return true;
}

/** Frames of page tables: the processor changes them without notice. */
function* tableFrames(k: Kernel): Iterable<number> {
  const seen = new Set<MmStruct>();
  for (const task of k.pids.values()) {
    const { mm } = task;
    if (!mm || seen.has(mm)) continue;
    seen.add(mm);
    yield* tablesBelow(k.machine.phys.u32, mm.pgd, 3);
  }
  if (k.activeMm && !seen.has(k.activeMm)) yield* tablesBelow(k.machine.phys.u32, k.activeMm.pgd, 3);
}

function* tablesBelow(u32: Uint32Array, table: number, levels: number): Iterable<number> {
  yield table;
  if (levels === 0) return;
  for (let i = 0; i < 512; i++) {
    const entry = u32[table * 1024 + i * 2]!;
    if (entry & 1) yield* tablesBelow(u32, entry >>> 12, levels - 1);
  }
}

/** A number for the kinds of objects and tables that this kernel knows, as text: images go between kernels where it is equal. */
export function kernelKinds(): string {
  let hash = 0x811c9dc5;
  for (const name of [...stateClasses.keys(), ...stateTables.keys()].sort())
    for (let i = 0; i <= name.length; i++) hash = Math.imul(hash ^ (i < name.length ? name.charCodeAt(i) : 10), 0x01000193) >>> 0;
  return `${stateClasses.size}.${stateTables.size}.${hash.toString(16)}`;
}
