import { ASID, IR_CACHE, IR_SIDE, JUMP_CACHE, JUMP_CACHE_ENTRIES, PAGE_SIZE } from "./layout.ts";
import { HEADER_SIZE } from "./lift/header.ts";
import type { PhysicalMemory } from "./mmu/physical.ts";

const HIGH = 4294967296;

/** Word index of the jump-cache entry of an address; the interpreter's indirect branches compute the same. */
function jumpEntry(lo: number, hi: number): number {
  return (JUMP_CACHE >> 2) + (((lo ^ ((lo >>> 13) | (hi << 19))) & (JUMP_CACHE_ENTRIES - 1)) << 2);
}

/** Where branches lead: the table { i64 rip, i32 asid, i32 block } and the chain fields of branches within a page. */
export class JumpCache {
  readonly #phys: PhysicalMemory;

  constructor(phys: PhysicalMemory) {
    this.#phys = phys;
  }

  /** The block at an address in the present address space, or 0 if it is not known here. */
  target(lo: number, hi: number): number {
    const { i32 } = this.#phys;
    const entry = jumpEntry(lo, hi);
    if (i32[entry] !== lo || i32[entry + 1] !== hi || i32[entry + 2] !== i32[ASID >> 2]) return 0;
    return i32[entry + 3]!;
  }

  /** Enters a block, also in the branch that asked for it (its chain field `slot`, or 0) if that is in the same page. */
  remember(lo: number, hi: number, pc: number, slot: number): void {
    const { i32 } = this.#phys;
    if (slot !== 0) {
      // Only jumps within a page stay valid as long as the page's translations do.
      const op = this.#branchHeader(slot);
      if (op !== 0 && this.#samePage(op, pc)) i32[slot >> 2] = pc;
    }
    const entry = jumpEntry(lo, hi);
    i32[entry] = lo;
    i32[entry + 1] = hi;
    i32[entry + 2] = i32[ASID >> 2]!;
    i32[entry + 3] = pc;
  }

  /** Forgets the entries of one page and of the block that may reach into it from the page before. */
  drop(va: number): void {
    const { i32 } = this.#phys;
    const page = Math.floor(va / PAGE_SIZE);
    const asid = i32[ASID >> 2];
    for (let w = JUMP_CACHE >> 2, i = 0; i < JUMP_CACHE_ENTRIES; i++, w += 4) {
      if (i32[w + 2] !== asid || i32[w + 3] === 0) continue;
      const p = Math.floor(((i32[w + 1]! >>> 0) * HIGH + (i32[w]! >>> 0)) / PAGE_SIZE);
      if (p === page || p === page - 1) i32[w + 3] = i32[w + 2] = i32[w + 1] = i32[w] = 0;
    }
  }

  #branchHeader(slot: number): number {
    // slot is op + 16 or op + 20; the side table names the op's block.
    const op = slot & ~15;
    return this.#phys.i32[(IR_SIDE + ((op - 16 - IR_CACHE) >> 1) + 4) >> 2]!;
  }

  #samePage(header: number, pc: number): boolean {
    const { i32 } = this.#phys;
    const a = header >> 2;
    const b = (pc - HEADER_SIZE) >> 2;
    // Same physical and same virtual page.
    return i32[a + 1] === i32[b + 1] && (i32[a]! & ~0xfff) === (i32[b]! & ~0xfff) && (i32[a + 2]! & ~0xfff) === (i32[b + 2]! & ~0xfff);
  }
}
