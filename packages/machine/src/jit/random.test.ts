import { describe, expect, it } from "vitest";
import { Machine } from "../machine.ts";
import { Trap } from "../trap.ts";
import { DATA_SIZE, Random, randomProgram } from "./randomCode.ts";

const CODE_VA = 0x400000;
const DATA_VA = 0x500000;
const STACK_VA = 0x510000;

/** One engine with code, data and a stack. The data's pages lie apart in physical memory. */
class Engine {
  readonly machine: Machine;
  readonly #code: number[];
  readonly #data: number[];
  readonly #stack: number;

  constructor(jit: boolean) {
    this.machine = new Machine({ memoryLimit: 1 << 22, jit });
    const { phys } = this.machine;
    const [pml4, pdpt, pd, pt, code, d0, gap, d1, code1, stack] = Array.from({ length: 10 }, () => phys.allocZeroed()) as number[];
    void gap;
    const entry = (table: number, index: number, frame: number): void => {
      phys.u32[(table * 4096) / 4 + index * 2] = frame * 4096 + 7;
    };
    entry(pml4!, 0, pdpt!);
    entry(pdpt!, 0, pd!);
    entry(pd!, 2, pt!);
    for (const [index, frame] of [
      [0, code],
      [1, code1],
      [0x100, d0],
      [0x101, d1],
      [0x110, stack],
    ])
      entry(pt!, index!, frame!);
    this.#code = [code! * 4096, code1! * 4096];
    this.#data = [d0! * 4096, d1! * 4096];
    this.#stack = stack! * 4096;
    this.machine.setAddressSpace(pml4!, 1);
  }

  start(program: Uint8Array, at: number, seed: number, settled: boolean): void {
    const { phys, cpu } = this.machine;
    for (const a of this.#code) {
      phys.willWrite(a / 4096);
      phys.u8.fill(0x90, a, a + 4096);
    }
    program.forEach((b, i) => {
      phys.u8[this.#code[(at + i) >> 12]! + ((at + i) & 4095)] = b;
    });
    const r = new Random(seed);
    // Numbers of every sort, as doubles and as integers.
    const sorts = [0x3ff8, 0x4008, 0xbff0, 0x0000, 0x8000, 0x0008, 0x7ff0, 0x7ff8, 0x7ff4, 0x0010, 0x7fe0, 0x3ca0];
    const value = (): [number, number] =>
      r.next(3) === 0
        ? [r.next(2) ? r.next(2 ** 32) : 0, ((r.of(sorts) << 16) | r.next(r.next(2) ? 65536 : 1)) >>> 0]
        : [r.next(2 ** 32), r.next(4) ? 0x3ff00000 + r.next(1 << 20) : r.next(2 ** 32)];
    cpu.reset();
    for (let i = 0; i < 16; i++) cpu.setParts(i, r.next(2 ** 32) | 0, (r.next(2) ? r.next(2 ** 32) : 0) | 0);
    cpu.set(4, STACK_VA + 2048);
    cpu.set(7, DATA_VA);
    cpu.set(15, 60);
    cpu.rflags = 0x202;
    cpu.mxcsr = settled ? 0x1fa0 : 0x1f80;
    const fill = (base: number, n: number): void => {
      for (let i = 0; i < n; i += 8) {
        const [lo, hi] = value();
        phys.view.setUint32(base + i, lo, true);
        phys.view.setUint32(base + i + 4, hi, true);
      }
    };
    for (const a of this.#data) fill(a, DATA_SIZE / 2);
    for (let i = 0; i < 16; i++)
      for (const at8 of [0, 8]) {
        const [lo, hi] = value();
        new DataView(cpu.xmmBytes(i).buffer).setUint32(cpu.xmmBytes(i).byteOffset + at8, lo, true);
        new DataView(cpu.xmmBytes(i).buffer).setUint32(cpu.xmmBytes(i).byteOffset + at8 + 4, hi, true);
      }
    phys.u8.fill(0, this.#stack, this.#stack + 4096);
    cpu.rip = CODE_VA + at;
  }

  state(): string {
    const { cpu, phys } = this.machine;
    const words: string[] = [`rip ${cpu.rip.toString(16)} flags ${(cpu.rflags & 0xcd5).toString(16)} mxcsr ${cpu.mxcsr.toString(16)}`];
    for (let i = 0; i < 16; i++) words.push(`r${i} ${(cpu.getHi(i) >>> 0).toString(16)}:${(cpu.getLo(i) >>> 0).toString(16)}`);
    for (let i = 0; i < 16; i++) words.push(`x${i} ${Buffer.from(cpu.xmmBytes(i)).toString("hex")}`);
    for (const a of [...this.#data, this.#stack]) words.push(Buffer.from(phys.u8.slice(a, a + 4096)).toString("hex"));
    return words.join("\n");
  }
}

describe("random programs on both engines", () => {
  const interpreter = new Engine(false);
  const compiler = new Engine(true);
  const { regions } = compiler.machine;

  function compare(seed: number, floats: boolean): void {
    const r = new Random(seed);
    const program = randomProgram(r, floats);
    // Sometimes over the end of a page.
    const at = r.next(3) === 0 ? 4096 - r.next(program.length) : r.next(2000);
    const settled = r.next(2) === 0;
    for (const e of [interpreter, compiler]) e.start(program, at, seed, settled);
    regions!.earn(1e9);
    for (let step = 0; ; step++) {
      const budget = 100 + r.next(step < 3 ? 200 : 3000);
      const a = interpreter.machine.run(budget);
      const b = compiler.machine.run(budget);
      const where = `seed ${seed} step ${step}: ${Buffer.from(program).toString("hex")} at ${at.toString(16)}`;
      const [x, y] = [interpreter, compiler].map((e, i) => `trap ${[a, b][i]} retired ${e.machine.retired}\n${e.state()}`);
      if (x !== y) expect(`${where}\n${y}`).toBe(`${where}\n${x}`);
      if (a !== Trap.BUDGET) return;
      // What has been run so far is hot now.
      if (step < 3) {
        const target = CODE_VA + at + r.next(program.length);
        for (let rip = target; rip < target + 40; rip++) for (let n = 0; n < 2; n++) regions!.sample(rip);
      }
      expect(step).toBeLessThan(3000);
    }
  }

  it("integer code", { timeout: 60_000 }, () => {
    const before = regions!.compiled;
    for (let seed = 1; seed <= 120; seed++) compare(seed, false);
    expect(regions!.compiled - before).toBeGreaterThan(100);
  });
  it("floating point and vectors", { timeout: 60_000 }, () => {
    const before = regions!.compiled;
    for (let seed = 1001; seed <= 1120; seed++) compare(seed, true);
    expect(regions!.compiled - before).toBeGreaterThan(100);
  });
});
