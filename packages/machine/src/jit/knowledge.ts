import { CF, OF, PF, SF, type SizeLog, ZF } from "../ir/flags.ts";
import type { Code } from "../wasm/code.ts";
import { F64, I32 } from "../wasm/opcodes.ts";
import type { FlowNode } from "./flow.ts";

/** What is known about the lazy flags: the operation that wrote them last (kind -1: unknown) and the flags laid over it since. */
export interface KnownFlags {
  kind: number;
  size: SizeLog;
  /** Flags that CC_OP itself holds. */
  over: number;
  /** Local with the first operand of a subtraction, or -1. */
  first: number;
}
export const UNKNOWN_FLAGS: KnownFlags = { kind: -1, size: 0, over: 0, first: -1 };

/** What the compiler knows at a point of the program. */
export interface Knowledge {
  flags: KnownFlags;
  /** No flag has been written since the block started. */
  untouched: boolean;
  /** XMM registers by address: is the low double known not to be a denormal? No entry: as at the start of the block. */
  ordinary: Map<number, boolean>;
  /** The local for first operands, and where the present op has put one (-1: nowhere). */
  firstLocal: number;
  first: number;
}

export const sameFlags = (a: KnownFlags, b: KnownFlags): boolean => a.kind === b.kind && a.size === b.size && a.over === b.over;
/** What is known where two ways meet. */
export const meetFlags = (a: KnownFlags, b: KnownFlags): KnownFlags => (sameFlags(a, b) ? { ...a, first: -1 } : UNKNOWN_FLAGS);

/** Pushes condition code 0…15 of the status flags in an i32 local. */
export function conditionFromStatus(c: Code, code: number, status: number): void {
  const bit = (mask: number): Code => c.get(status).i32(mask).op(I32.and).i32(0).op(I32.ne);
  const sfNeOf = (): Code => c.get(status).i32(4).op(I32.shr_u).get(status).op(I32.xor).i32(SF).op(I32.and).i32(0).op(I32.ne);
  const even = [
    () => bit(OF),
    () => bit(CF),
    () => bit(ZF),
    () => bit(CF | ZF),
    () => bit(SF),
    () => bit(PF),
    sfNeOf,
    () => {
      sfNeOf();
      return bit(ZF).op(I32.or);
    },
  ];
  even[code >> 1]!();
  if (code & 1) c.op(I32.eqz);
}

/** Pushes condition code 0…15 after a comparison of the f64 encodings in two i64 locals: ZF, PF, CF = 111 unordered, 000 above, 001 below, 100 equal. */
export function floatCondition(c: Code, code: number, r: number, s: number): void {
  const is = (opcode: number): Code => c.get(r).op(F64.reinterpret_i64).get(s).op(F64.reinterpret_i64).op(opcode);
  const even = [
    () => c.i32(0), // O
    () => is(F64.ge).op(I32.eqz), // B
    () => {
      // E: neither below nor above.
      is(F64.lt);
      return is(F64.gt).op(I32.or).op(I32.eqz);
    },
    () => is(F64.gt).op(I32.eqz), // BE
    () => c.i32(0), // S
    () => {
      is(F64.lt);
      return is(F64.ge).op(I32.or).op(I32.eqz);
    },
    () => c.i32(0), // L
    () => {
      is(F64.lt);
      return is(F64.gt).op(I32.or).op(I32.eqz);
    },
  ];
  even[code >> 1]!();
  if (code & 1) c.op(I32.eqz);
}

/** What is known at the start of each node, from what is known where each ends. `all`: what may be ordinary at the root. */
export function propagate(
  graph: readonly FlowNode[],
  order: readonly number[],
  root: number,
  after: readonly (Knowledge | undefined)[],
  all: ReadonlySet<number>,
): { flags: KnownFlags[]; ordinary: Set<number>[] } {
  const flags: (KnownFlags | null)[] = graph.map(() => null);
  const ordinary: (Set<number> | null)[] = graph.map(() => null);
  flags[root] = UNKNOWN_FLAGS;
  ordinary[root] = new Set(all);
  for (let changed = true; changed; ) {
    changed = false;
    for (const v of order) {
      const end = after[v];
      const f = !end || end.untouched ? flags[v]! : end.flags;
      const o = new Set(ordinary[v]!);
      if (end)
        for (const [addr, is] of end.ordinary) {
          if (is) o.add(addr);
          else o.delete(addr);
        }
      for (const s of graph[v]!.succs) {
        const old = flags[s];
        const merged = old ? meetFlags(old, f) : { ...f, first: -1 };
        if (!old || !sameFlags(old, merged)) {
          flags[s] = merged;
          changed = true;
        }
        const known = ordinary[s];
        if (!known) {
          ordinary[s] = new Set(o);
          changed = true;
        } else
          for (const addr of known)
            if (!o.has(addr)) {
              known.delete(addr);
              changed = true;
            }
      }
    }
  }
  return { flags: flags.map((f) => f ?? UNKNOWN_FLAGS), ordinary: ordinary.map((o) => o ?? new Set()) };
}
