import { type OpDef, opDefs } from "../ir/op.ts";

/**
 * What an IR op does with the status flags, for dropping flag computations nobody can see. Every op
 * that is not declared is taken to read them and to make them visible (it may fault).
 */
export interface FlagEffect {
  /** Writes all six flags. */
  full: boolean;
  /** Reads some of them. */
  reads: boolean;
  /** May fault, so that the present flags become visible. */
  visible: boolean;
  /** Changes flags in a way that is not known statically. */
  clobbers: boolean;
  /** Lazy kind * 4 + size after it, if full. */
  cc: number;
  /** The same operation without flags. */
  silent: OpDef | null;
}

const UNKNOWN: FlagEffect = { full: false, reads: true, visible: true, clobbers: true, cc: -1, silent: null };
const NONE: FlagEffect = { full: false, reads: false, visible: false, clobbers: false, cc: -1, silent: null };
const MEMORY: FlagEffect = { full: false, reads: false, visible: true, clobbers: false, cc: -1, silent: null };
const READER: FlagEffect = { full: false, reads: true, visible: true, clobbers: false, cc: -1, silent: null };

const effects: FlagEffect[] = [];

/** Declares ops that neither touch flags nor fault. */
export function flagsUntouched(...defs: OpDef[]): void {
  for (const d of defs) effects[d.id] = NONE;
}
/** Declares ops that do not touch flags but may fault. */
export function flagsVisible(...defs: OpDef[]): void {
  for (const d of defs) effects[d.id] = MEMORY;
}
/** Declares ops that read flags and leave them. */
export function flagsRead(...defs: OpDef[]): void {
  for (const d of defs) effects[d.id] = READER;
}
/** Declares an op that writes all flags without reading any and without faulting. */
export function flagsWritten(def: OpDef, cc: number, silent: OpDef | null, reads = false): void {
  effects[def.id] = { full: true, reads, visible: false, clobbers: false, cc, silent };
}

export function flagEffectOf(def: OpDef): FlagEffect {
  return effects[def.id] ?? UNKNOWN;
}
export { opDefs };
