import { afterAll, describe, expect, it } from "vitest";
import type { Machine } from "../machine.ts";
import { Trap } from "../trap.ts";
import { CODE_VA, machineWith } from "./testMachine.ts";
import { lastFunction } from "./wasmText.ts";

let compiled: Uint8Array = new Uint8Array();
const Original = WebAssembly.Module;
WebAssembly.Module = class extends Original {
  constructor(bytes: BufferSource) {
    super(bytes);
    compiled = bytes as Uint8Array;
  }
};
afterAll(() => {
  WebAssembly.Module = Original;
});

/** The region of a program that runs for a while: what the block at `start` compiles to. */
function regionOf(hex: string, start: number, onSyscall: ((machine: Machine) => number) | null = null): string[] {
  const machine = machineWith(hex);
  if (onSyscall) machine.onSyscall = () => onSyscall(machine);
  expect(machine.run(2000)).toBe(onSyscall ? Trap.SYSCALL_DONE : Trap.BUDGET);
  machine.regions!.earn(1e9);
  for (let n = 0; n < 2; n++) machine.regions!.sample(CODE_VA + start);
  expect(machine.regions!.count).toBe(1);
  const text = lastFunction(compiled);
  // It runs, too.
  expect(machine.run(10_000_000)).toBe(Trap.UD);
  return text;
}
const count = (text: string[], what: string): number => text.filter((t) => t === what || t.startsWith(`${what} `)).length;
/** From the last start of a loop on. */
const inLoop = (text: string[]): string[] => text.slice(text.lastIndexOf("loop"));
describe("shapes of compiled code", () => {
  it("a counting loop is a loop with nothing but its arithmetic", () => {
    // add rax, rcx; sub rcx, 1; jne; ud2
    const text = regionOf("48 01 c8  48 83 e9 01  75 f7  0f 0b", 0);
    expect(count(text, "loop")).toBe(1);
    expect(count(text, "br_table")).toBe(0);
    expect(count(text, "call")).toBe(0);
    const arithmetic = inLoop(text).filter((t) => t.includes(".") && !t.endsWith("const"));
    // The check of the budget, the two operations, the condition, the count; then the way out begins.
    expect(arithmetic.slice(0, 6)).toEqual(["i32.lt_s", "i64.add", "i64.sub", "i64.ne", "i32.sub", "i64.store 1232"]);
  });

  it("memory is reached by one comparison with the last page", () => {
    // mov rdx, [rdi]; add rax, rdx; mov [rdi+8], rax; sub rcx, 1; jne
    const text = regionOf("48 8b 17  48 01 d0  48 89 47 08  48 83 e9 01  75 f0  0f 0b", 0);
    const loop = inLoop(text);
    const load = loop.findIndex((t) => t.startsWith("i64.load"));
    expect(loop.slice(0, load).filter((t) => t === "i64.le_u").length).toBe(1);
    // The TLB is asked only where that fails, and the page tables where the TLB has no answer.
    expect(loop.slice(0, load).some((t) => t.startsWith("i32.load"))).toBe(false);
    expect(count(loop, "br_table")).toBe(0);
    // Each access has one slow way with a call, the store one more for two pages.
    expect(count(loop, "call")).toBe(3);
  });

  it("doubles are computed as such", () => {
    // mulsd xmm0, xmm1; addsd xmm0, xmm2; sub rcx, 1; jne
    const text = regionOf("f2 0f 59 c1  f2 0f 58 c2  48 83 e9 01  75 f2  0f 0b", 0);
    const loop = inLoop(text);
    expect(count(loop, "f64.mul")).toBeGreaterThan(0);
    expect(count(loop, "f64.add")).toBeGreaterThan(0);
    expect(loop.filter((t) => t.startsWith("v128.")).length).toBeLessThanOrEqual(6);
    expect(text.slice(0, text.lastIndexOf("loop")).some((t) => t.includes("f64x2"))).toBe(false);
  });

  it("flags that nobody reads cost nothing: a rotate and a product before a compare", () => {
    // rol rax, 5; imul rax, rdx; cmp rax, rdx; sub rcx, 1; jne
    const loop = inLoop(regionOf("48 c1 c0 05  48 0f af c2  48 39 d0  48 83 e9 01  75 ef  0f 0b", 0));
    expect(count(loop, "call")).toBe(0);
    expect(count(loop, "i64.rotl")).toBe(1);
  });

  it("a call and its return stay in the loop", () => {
    // call f; sub rcx, 1; jne; ud2; f: add rax, 1; ret
    const text = regionOf("e8 08 00 00 00  48 83 e9 01  75 f5  0f 0b  48 83 c0 01  c3", 0);
    expect(count(text, "loop")).toBe(1);
    expect(count(text, "br_table")).toBe(0);
    // The return is compared with the one place it can go to.
    expect(count(inLoop(text), "i64.eq")).toBeGreaterThanOrEqual(1);
  });

  it("a system call is a call of the kernel, and the loop goes on behind it", () => {
    // mov rbx, rcx; L: syscall; mov rcx, rbx; sub rbx, 1; sub rcx, 1; jne L; ud2
    let served = 0;
    const text = regionOf("48 89 cb  0f 05  48 89 d9  48 83 eb 01  48 83 e9 01  75 f1  0f 0b", 3, (machine) => {
      served++;
      machine.cpu.set(0, served);
      // The first run ends here.
      return served === 200 ? 0 : 10_000_000;
    });
    expect(served).toBe(100_000);
    expect(count(text, "loop")).toBe(1);
    expect(count(text, "br_table")).toBe(0);
    // r11 gets the flags by a support function; the other call is the kernel's.
    expect(count(inLoop(text), "call")).toBe(2);
  });

  it("rdtsc is arithmetic", () => {
    // L: rdtsc; add rsi, rax; sub rcx, 1; jne L; ud2
    const loop = inLoop(regionOf("0f 31  48 01 c6  48 83 e9 01  75 f5  0f 0b", 0));
    expect(count(loop, "call")).toBe(0);
    expect(count(loop, "i64.trunc_f64_s")).toBe(1);
  });

  it("a computed call goes where it went last, after one comparison", () => {
    // lea rbx, [rip+f]; L: call rbx; sub rcx, 1; jne L; ud2; f: add rax, 1; ret
    const text = regionOf("48 8d 1d 0a 00 00 00  ff d3  48 83 e9 01  75 f8  0f 0b  48 83 c0 01  c3", 7);
    expect(count(text, "loop")).toBe(1);
    // The callee's address and that of the return.
    expect(count(inLoop(text), "i64.eq")).toBeGreaterThanOrEqual(2);
  });
});
