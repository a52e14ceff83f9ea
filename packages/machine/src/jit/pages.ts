import { FRAMES_START, TLB, TLB_ENTRIES } from "../layout.ts";
import type { Code } from "../wasm/code.ts";
import { I32, I64, T } from "../wasm/opcodes.ts";

/**
 * Registers whose last page is remembered, for reading and for writing each, in regions of at most so many ops. In larger
 * ones the TLB is asked each time: what is remembered is two more values at every place where ways meet, which made
 * half of V8's work.
 */
const MAX_SLOTS = 4;
const MAX_SLOT_OPS = 200;

/** The last page that an address register led to: its address, and what to add for the place in memory. */
interface Slot {
  page: number;
  delta: number;
  /** The global that counts how often it was another page that the TLB knew; -1 = nobody counts. */
  misses: number;
}

/** Names an address register and whether it is for writing. */
export type SlotKey = `${"r" | "w"}:${string}`;

/** Functions of the interpreter's module: (va, size) → address or 0 after raising a fault. */
export interface ProbeFunctions {
  probeRead: number;
  probeWrite: number;
  probeModify: number;
  commitBounce: number;
}

/** How often each address register is used, weighted by loops. Filled by the first pass. */
export class PageUses {
  readonly reads = new Map<string, number>();
  readonly writes = new Map<string, number>();
  count(key: string, write: boolean, nesting: number): void {
    const map = write ? this.writes : this.reads;
    map.set(key, (map.get(key) ?? 0) + 8 ** Math.min(nesting, 6));
  }
}

function most(uses: Map<string, number>, kind: "r" | "w", roaming: ReadonlySet<SlotKey>): string[] {
  return [...uses]
    .filter(([key]) => !roaming.has(`${kind}:${key}`))
    .sort((a, b) => b[1] - a[1])
    .slice(0, MAX_SLOTS)
    .map(([key]) => key);
}

/**
 * Guest memory of a region. Mappings cannot change while a region runs, so the last page of each address
 * register stays good until the region is left.
 */
export class PageLocals {
  readonly #c: Code;
  readonly #f: ProbeFunctions;
  readonly #reads = new Map<string, Slot>();
  readonly #writes = new Map<string, Slot>();
  readonly #uses: PageUses;
  /** Nesting of the present node, for counting. */
  nesting = 0;

  /**
   * `ops`: how many there are in the region. `roaming`: registers that were seen to lead to another page most
   * times; null = there are no slots yet. `counter` makes a global that counts misses, named by the slot.
   */
  constructor(
    c: Code,
    f: ProbeFunctions,
    uses: PageUses,
    ops: number,
    roaming: ReadonlySet<SlotKey> | null,
    counter: (key: SlotKey) => number,
  ) {
    this.#c = c;
    this.#f = f;
    this.#uses = uses;
    if (!roaming || ops > MAX_SLOT_OPS) return;
    const slot = (key: SlotKey): Slot => ({ page: c.local(T.i64), delta: c.local(T.i32), misses: counter(key) });
    for (const key of most(uses.reads, "r", roaming)) this.#reads.set(key, slot(`r:${key}`));
    for (const key of most(uses.writes, "w", roaming)) this.#writes.set(key, slot(`w:${key}`));
  }

  /**
   * At the region's entry. Reads start out with the page of the code itself, which can be read; there is no
   * such page for writes, and no address equals -1 with the low bits masked.
   */
  start(codePage: number, frameAddress: number): void {
    const c = this.#c;
    for (const { page, delta } of this.#reads.values())
      c.i64(codePage)
        .set(page)
        .i32((frameAddress - codePage) | 0)
        .set(delta);
    for (const { page } of this.#writes.values()) c.i64(-1).set(page);
  }

  /** Pushes the place of `size` bytes at va for reading (`modify`: for writing later). */
  read(va: number, size: number, key: string, modify: boolean, fault: () => void): void {
    const c = this.#c;
    if (key) this.#uses.count(key, modify, this.nesting);
    const slot = (modify ? this.#writes : this.#reads).get(key);
    const addr = c.temp(T.i32);
    if (slot) {
      if (modify) this.#sameWritable(va, size, slot);
      else
        c.get(va)
          .get(slot.page)
          .op(I64.sub)
          .i64(4096 - size)
          .op(I64.le_u);
      c.likely().if(T.i32);
      c.get(va).op(I32.wrap_i64).get(slot.delta).op(I32.add);
      c.else();
      const entry = c.temp(T.i32);
      this.#probe(va, size, modify ? 8 : 0, entry);
      c.likely().if(T.i32);
      this.#recall(va, entry, slot, addr);
      c.get(addr);
      c.else();
      this.#slow(va, size, modify ? this.#f.probeModify : this.#f.probeRead, addr, fault);
      this.#remember(va, addr, slot);
      c.get(addr);
      c.end();
      c.end();
      c.release(T.i32, entry);
    } else {
      const entry = c.temp(T.i32);
      this.#probe(va, size, modify ? 8 : 0, entry);
      c.likely().if(T.i32);
      c.get(va)
        .op(I32.wrap_i64)
        .get(entry)
        .mem(I32.load, TLB + 16)
        .op(I32.add);
      c.else();
      this.#slow(va, size, modify ? this.#f.probeModify : this.#f.probeRead, addr, fault);
      c.get(addr);
      c.end();
      c.release(T.i32, entry);
    }
    c.release(T.i32, addr);
  }

  /** Stores `size` bytes at va. */
  write(va: number, size: number, key: string, store: (addr: number) => void, fault: () => void): void {
    const c = this.#c;
    if (key) this.#uses.count(key, true, this.nesting);
    const slot = this.#writes.get(key);
    const addr = c.temp(T.i32);
    if (slot) this.#sameWritable(va, size, slot);
    else this.#probe(va, size, 8, addr);
    c.likely().if();
    c.get(va).op(I32.wrap_i64);
    if (slot) c.get(slot.delta);
    else c.get(addr).mem(I32.load, TLB + 16);
    c.op(I32.add).set(addr);
    store(addr);
    c.else();
    if (slot) {
      this.#probe(va, size, 8, addr);
      c.likely().if();
      this.#recall(va, addr, slot, addr);
      store(addr);
      c.else();
    }
    this.#slow(va, size, this.#f.probeWrite, addr, fault);
    if (slot) this.#remember(va, addr, slot);
    store(addr);
    if (size > 1) {
      c.get(addr).i32(FRAMES_START).op(I32.lt_u).if();
      c.call(this.#f.commitBounce).end();
    }
    if (slot) c.end();
    c.end();
    c.release(T.i32, addr);
  }

  /** The TLB's entry answers: the slot takes it over, and `addr` gets the place. */
  #recall(va: number, entry: number, slot: Slot, addr: number): void {
    const c = this.#c;
    if (slot.misses >= 0) c.globalGet(slot.misses).i32(1).op(I32.add).globalSet(slot.misses);
    c.get(va).i64(-4096).op(I64.and).set(slot.page);
    c.get(va)
      .op(I32.wrap_i64)
      .get(entry)
      .mem(I32.load, TLB + 16)
      .tee(slot.delta)
      .op(I32.add)
      .set(addr);
  }

  #slow(va: number, size: number, probe: number, addr: number, fault: () => void): void {
    this.#c.get(va).i32(size).call(probe).tee(addr).op(I32.eqz).unlikely().if();
    fault();
    this.#c.end();
  }

  /** Is va aligned and in the remembered page? */
  #sameWritable(va: number, size: number, slot: Slot): void {
    this.#c
      .get(va)
      .i64(-4096 | (size - 1))
      .op(I64.and)
      .get(slot.page)
      .op(I64.eq);
  }

  #remember(va: number, addr: number, slot: Slot): void {
    const c = this.#c;
    // The bounce buffer of an access over two pages is no page.
    c.get(addr).i32(FRAMES_START).op(I32.ge_u).if();
    c.get(va).i64(-4096).op(I64.and).set(slot.page);
    c.get(addr).get(va).op(I32.wrap_i64).op(I32.sub).set(slot.delta);
    c.end();
  }

  /** Pushes whether the TLB answers; `entry` gets the entry's offset. */
  #probe(va: number, size: number, tagOffset: number, entry: number): void {
    probeTlb(this.#c, va, () => this.#c.i64(size - 1), tagOffset, entry);
  }
}

/** Pushes whether the TLB answers an access; `entry` gets the entry's offset. */
export function probeTlb(c: Code, va: number, lessOne: () => void, tagOffset: number, entry: number): void {
  c.get(va)
    .op(I32.wrap_i64)
    .i32(7)
    .op(I32.shr_u)
    .i32((TLB_ENTRIES - 1) << 5)
    .op(I32.and)
    .tee(entry);
  c.mem(I64.load, TLB + tagOffset);
  c.get(va);
  lessOne();
  c.op(I64.add).i64(-4096).op(I64.and).op(I64.eq);
}
