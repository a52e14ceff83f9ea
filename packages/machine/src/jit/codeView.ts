import { PAGE_SIZE } from "../layout.ts";
import type { BlockCache } from "../lift/translate.ts";
import type { Mmu } from "../mmu/mmu.ts";
import type { PhysicalMemory } from "../mmu/physical.ts";
import type { DecodedBlock, IrReader } from "./block.ts";
import { memoryTargets, type ProgramState } from "./targets.ts";

const HIGH = 4294967296;
const USER_END = 0x800000000000;
/** A computed jump is given at most this many targets. */
const MAX_TARGETS = 256;

/** The translated code of the present address space, by virtual address, for one compilation. */
export class CodeView {
  readonly #mmu: Mmu;
  readonly #blocks: BlockCache;
  readonly #reader: IrReader;
  readonly #pages = new Map<number, number>();
  readonly #known = new Map<number, DecodedBlock | null>();
  readonly #state: ProgramState;

  constructor(phys: PhysicalMemory, mmu: Mmu, blocks: BlockCache, reader: IrReader) {
    this.#mmu = mmu;
    this.#blocks = blocks;
    this.#reader = reader;
    const { view } = phys;
    const place = (va: number, size: number): number =>
      va < 0 || va >= USER_END || va % PAGE_SIZE > PAGE_SIZE - size ? -1 : mmu.walk(va, false);
    const word = (at: number): number => view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
    this.#state = {
      read64: (va) => {
        const at = place(va, 8);
        return at < 0 ? null : word(at);
      },
      read32: (va) => {
        const at = place(va, 4);
        return at < 0 ? null : view.getInt32(at, true);
      },
      register: word,
    };
  }

  /** The frame of a page of code, 0 if none is mapped. */
  frameOf(page: number): number {
    let frame = this.#pages.get(page);
    if (frame === undefined) {
      const at = this.#mmu.walk(page * PAGE_SIZE, false, true);
      frame = at < 0 ? 0 : Math.floor(at / PAGE_SIZE);
      this.#pages.set(page, frame);
    }
    return frame;
  }

  /** Physical address of code. */
  physical(rip: number): number {
    return this.frameOf(Math.floor(rip / PAGE_SIZE)) * PAGE_SIZE + (rip % PAGE_SIZE);
  }

  /** The block at an address, if it has been translated. */
  find(rip: number): DecodedBlock | null {
    let block = this.#known.get(rip);
    if (block === undefined) {
      const mapped = rip < USER_END && this.frameOf(Math.floor(rip / PAGE_SIZE)) !== 0;
      const pc = mapped ? this.#blocks.find(rip, this.physical(rip)) : 0;
      block = pc !== 0 ? this.#reader.block(pc) : null;
      this.#known.set(rip, block);
    }
    return block;
  }

  /** Where a computed jump may go. If nothing else is known: whatever of its page has been run may be a switch's target. */
  targets(b: DecodedBlock): number[] {
    const exact = memoryTargets(b, this.#state);
    if (exact) return exact.slice(0, MAX_TARGETS);
    const page = Math.floor(b.rip / PAGE_SIZE);
    const out: number[] = b.taken === 0 ? [] : [b.taken];
    for (const [target] of this.#blocks.inFrame(this.frameOf(page)))
      if (Math.floor(target / PAGE_SIZE) === page && out.length < MAX_TARGETS) out.push(target);
    return out;
  }
}
