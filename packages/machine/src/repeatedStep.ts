import type { CpuContext } from "./cpu.ts";
import type { Mmu } from "./mmu/mmu.ts";
import type { PhysicalMemory } from "./mmu/physical.ts";

const RCX = 1;
const ZF = 0x40;

/** Single steps stop behind each iteration of a repeated string instruction: each is made alone, with rcx = 1. */
export class RepeatedStep {
  readonly #cpu: CpuContext;
  readonly #mmu: Mmu;
  readonly #phys: PhysicalMemory;
  /** rcx before the present iteration. */
  #lo = 0;
  #hi = 0;

  constructor(cpu: CpuContext, mmu: Mmu, phys: PhysicalMemory) {
    this.#cpu = cpu;
    this.#mmu = mmu;
    this.#phys = phys;
  }

  /** Before the next instruction. @returns what it is: its opcode with the prefix above it, 0 if it is not repeated */
  begin(): number {
    const cpu = this.#cpu;
    const start = cpu.rip;
    let prefix = 0;
    for (let i = 0; i < 15; i++) {
      const pa = this.#mmu.walk(start + i, false);
      if (pa < 0) return 0;
      const b = this.#phys.u8[pa] as number;
      if (b === 0xf2 || b === 0xf3) prefix = b;
      else if (b !== 0x66 && b !== 0x2e && b !== 0x36 && b !== 0x3e && b !== 0x26 && b !== 0x64 && b !== 0x65 && (b & 0xf0) !== 0x40) {
        const string = (b >= 0xa4 && b <= 0xa7) || (b >= 0xaa && b <= 0xaf);
        this.#lo = cpu.getLo(RCX);
        this.#hi = cpu.getHi(RCX);
        if (prefix === 0 || !string || (this.#hi === 0 && this.#lo >= 0 && this.#lo <= 1)) return 0;
        cpu.setParts(RCX, 1, 0);
        return (prefix << 8) | b;
      }
    }
    return 0;
  }

  /** The iteration is done: the count is put right, and the instruction at hi:lo is the next again unless it is over. */
  end(lo: number, hi: number, what: number): void {
    const left = this.#lo - 1;
    const upper = this.#lo === 0 ? this.#hi - 1 : this.#hi;
    this.#cpu.setParts(RCX, left, upper);
    const op = what & 0xfe;
    const compares = op === 0xa6 || op === 0xae;
    if (compares && (this.#cpu.rflags & ZF) !== (what >>> 8 === 0xf3 ? ZF : 0)) return;
    if (left !== 0 || upper !== 0) this.#cpu.setRipParts(lo, hi);
  }

  /** The iteration raised a fault: nothing has happened. */
  undo(): void {
    this.#cpu.setParts(RCX, this.#lo, this.#hi);
  }
}
