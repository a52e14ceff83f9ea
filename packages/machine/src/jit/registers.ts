import { ADDR, CC_AUX, CC_OP, CC_RES, CC_SRC, FS_BASE, GPR, GS_BASE, RFLAGS, TEMP, XMM, XTEMP } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { F64, I32, I64, T, V } from "../wasm/opcodes.ts";

/** End of the XMM registers and the temporaries behind them. */
export const XMM_END = XTEMP + 64;

/** Words of the CPU state that compiled code keeps in 64-bit locals: general registers, temporaries, lazy flags, segment bases. */
export function isCached64(addr: number): boolean {
  const a = addr & ~7;
  return (
    (a >= GPR && a < GPR + 128) ||
    (a >= TEMP && a <= ADDR) ||
    a === CC_RES ||
    a === CC_SRC ||
    a === CC_AUX ||
    a === FS_BASE ||
    a === GS_BASE
  );
}
export const isCached32 = (addr: number): boolean => addr === CC_OP || addr === RFLAGS;
export const isXmm = (addr: number): boolean => addr >= XMM && addr < XMM_END && (addr & 15) === 0;
/** IR temporaries are dead between instructions: neither loaded on entry nor stored on exit. */
const isTemporary = (addr: number): boolean => (addr >= TEMP && addr <= ADDR) || (addr >= XTEMP && addr < XMM_END);

/** An XMM register: one v128 local, or two locals of its halves where a program computes with scalars. */
export interface XmmLocal {
  whole: number;
  low: number;
  high: number;
}

/** How a region uses an XMM register: as a double, or as a whole. Decides how it is kept. */
export interface XmmUse {
  scalar: number;
  vector: number;
}

/**
 * The registers of a region: locals, loaded on entry, stored on exit those that anything in the region
 * writes. Declared while a first pass over the ops finds out which they are.
 */
export class RegisterLocals {
  readonly #c: Code;
  readonly #locals = new Map<number, number>();
  readonly #xmm = new Map<number, XmmLocal>();
  readonly uses: Map<number, XmmUse>;
  readonly written = new Set<number>();

  /** `first`: the registers as the first pass found them. */
  constructor(c: Code, first: RegisterLocals | null) {
    this.#c = c;
    this.uses = first ? first.uses : new Map();
    if (!first) return;
    // The same registers, so that the entry loads them all.
    for (const addr of first.#locals.keys()) this.of(addr, !isCached32(addr));
    for (const addr of first.#xmm.keys()) this.xmm(addr);
    for (const addr of first.written) this.written.add(addr);
  }

  /** Local of a 64-bit word at an aligned address, or of a 32-bit word. */
  of(addr: number, wide: boolean): number {
    let l = this.#locals.get(addr);
    if (l === undefined) {
      l = this.#c.local(wide ? T.i64 : T.i32);
      this.#locals.set(addr, l);
    }
    return l;
  }

  /** Locals of an XMM register. */
  xmm(addr: number): XmmLocal {
    let x = this.#xmm.get(addr);
    if (!x) {
      const use = this.uses.get(addr);
      const c = this.#c;
      x =
        use && use.scalar > use.vector
          ? { whole: -1, low: c.local(T.f64), high: c.local(T.i64) }
          : { whole: c.local(T.v128), low: -1, high: -1 };
      this.#xmm.set(addr, x);
    }
    return x;
  }

  /** Notes a use of an XMM register as a double or as a whole. */
  use(addr: number, scalar: boolean): void {
    let u = this.uses.get(addr);
    if (!u) {
      u = { scalar: 0, vector: 0 };
      this.uses.set(addr, u);
    }
    if (scalar) u.scalar++;
    else u.vector++;
  }

  /** XMM registers kept as halves. */
  *scalars(): Generator<[addr: number, low: number]> {
    for (const [addr, x] of this.#xmm) if (x.low >= 0 && !isTemporary(addr)) yield [addr, x.low];
  }

  /** Loads all of them from the CPU state, the IR temporaries only if asked to. */
  load(c: Code, temporaries: boolean): void {
    for (const [addr, l] of this.#locals) {
      if (isTemporary(addr) && !temporaries) continue;
      c.i32(0)
        .mem(isCached32(addr) ? I32.load : I64.load, addr)
        .set(l);
    }
    for (const [addr, x] of this.#xmm) {
      if (isTemporary(addr) && !temporaries) continue;
      if (x.whole >= 0) c.i32(0).simdMem(V.load, addr).set(x.whole);
      else {
        c.i32(0).mem(F64.load, addr).set(x.low);
        c.i32(0)
          .mem(I64.load, addr + 8)
          .set(x.high);
      }
    }
  }

  /** Stores what the region may have changed. */
  store(c: Code, temporaries: boolean): void {
    for (const [addr, l] of this.#locals) {
      if (!this.written.has(addr) || (isTemporary(addr) && !temporaries)) continue;
      c.i32(0)
        .get(l)
        .mem(isCached32(addr) ? I32.store : I64.store, addr);
    }
    for (const [addr, x] of this.#xmm) {
      if (!this.written.has(addr) || (isTemporary(addr) && !temporaries)) continue;
      if (x.whole >= 0) c.i32(0).get(x.whole).simdMem(V.store, addr);
      else {
        c.i32(0).get(x.low).mem(F64.store, addr);
        c.i32(0)
          .get(x.high)
          .mem(I64.store, addr + 8);
      }
    }
  }
}
