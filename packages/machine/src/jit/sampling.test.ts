import { afterAll, describe, expect, it } from "vitest";
import type { Machine } from "../machine.ts";
import { Trap } from "../trap.ts";
import { CODE_VA, machineWith } from "./testMachine.ts";
import { lastFunction } from "./wasmText.ts";

const modules: Uint8Array[] = [];
const Original = WebAssembly.Module;
WebAssembly.Module = class extends Original {
  constructor(bytes: BufferSource) {
    super(bytes);
    modules.push(bytes as Uint8Array);
  }
};
afterAll(() => {
  WebAssembly.Module = Original;
});

const loops = (): boolean => modules.some((m) => lastFunction(m).some((t) => t.startsWith("loop")));

/** Has the block at an offset in the code compiled, as if it had been found often. */
function compile(machine: Machine, at: number): void {
  machine.regions!.earn(machine.totalRetired + 1e9);
  for (let n = 0; n < 2; n++) machine.regions!.sample(CODE_VA + at);
}

describe("where a program is looked for", () => {
  // A region that starts in the function ends where it returns, as its caller is not known.
  for (const length of [50, 100, 64, 125])
    it(`a loop of ${length} instructions, most of them in a function called by address, is soon compiled as one`, () => {
      // lea rbx, [rip+f]; mov ecx, 10^6; L: call rbx; sub rcx, 1; jne L; ud2; f: nop ...; ret
      const nops = "90 ".repeat(length - 4);
      const machine = machineWith(`48 8d 1d 0f 00 00 00  b9 40 42 0f 00  ff d3  48 83 e9 01  75 f8  0f 0b  ${nops} c3`);
      modules.length = 0;
      expect(machine.run(12_000_000)).toBe(Trap.BUDGET);
      expect(loops()).toBe(true);
      expect(machine.run(1e9)).toBe(Trap.UD);
    });

  it("a region larger than most is copied into the one that leads to it when that has happened often", () => {
    // lea rbx, [rip+f]; mov ecx, 2 * 10^6; L: call rbx; sub rcx, 1; jne L; ud2; f: add rax, rcx ...; ret
    const adds = "48 01 c8 ".repeat(130);
    const machine = machineWith(`48 8d 1d 0f 00 00 00  b9 80 84 1e 00  ff d3  48 83 e9 01  75 f8  0f 0b  ${adds} c3`);
    modules.length = 0;
    expect(machine.run(1000)).toBe(Trap.BUDGET);
    compile(machine, 0x16);
    compile(machine, 0xc);
    expect(machine.regions!.count).toBe(2);
    expect(loops()).toBe(false);
    expect(machine.run(20_000_000)).toBe(Trap.BUDGET);
    expect(loops()).toBe(false);
    expect(machine.run(1e9)).toBe(Trap.UD);
    expect(loops()).toBe(true);
  });

  it("what is interpreted is found beside a region that may need more instructions than the whole loop", () => {
    // lea rbx, [rip+f]; mov ecx, 10^6; L: call rbx; 40 adds; sub rcx, 1; jne L; ud2; f: cmp ecx, 999998; jb short; adds; short: ret
    const adds = "48 01 c8 ".repeat(40);
    const far = Buffer.alloc(8);
    far.writeInt32LE(-(2 + 120 + 4 + 6));
    far.writeInt32LE(450, 4);
    const back = far.subarray(0, 4).toString("hex");
    const long = far.subarray(4).toString("hex");
    const machine = machineWith(
      `48 8d 1d 8b 00 00 00  b9 40 42 0f 00  ff d3  ${adds}  48 83 e9 01  0f 85 ${back}  0f 0b  81 f9 3e 42 0f 00  0f 82 ${long}  ${"48 01 c8 ".repeat(150)}  c3`,
    );
    expect(machine.run(1000)).toBe(Trap.BUDGET);
    compile(machine, 0x92);
    expect(machine.regions!.count).toBe(1);
    expect(machine.run(30_000_000)).toBe(Trap.BUDGET);
    expect(machine.regions!.count).toBeGreaterThanOrEqual(2);
    expect(machine.run(1e9)).toBe(Trap.UD);
  });
});
