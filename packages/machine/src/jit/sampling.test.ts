import { afterAll, describe, expect, it } from "vitest";
import { Trap } from "../trap.ts";
import { machineWith } from "./testMachine.ts";
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
});
