import { CPU_CONTEXT_SIZE, CpuContext } from "@lstar/machine";
import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";
import { expect, it } from "vitest";
import { locate, operandsOf } from "./operands.ts";

function accesses(cpu: CpuContext, code: Uint8Array): { address: number; length: number; reads: boolean }[] {
  const i = new Insn();
  const length = decode(code, 0, code.length, i);
  if (length < 0) return [];
  return operandsOf(i).map((o) => {
    const at = { address: 0, length: 0 };
    locate(o, cpu, cpu.rip + length, at);
    return { ...at, reads: o.reads };
  });
}

function cpu(): CpuContext {
  const c = new CpuContext(new ArrayBuffer(CPU_CONTEXT_SIZE), 0);
  for (let r = 0; r < 16; r++) c.set(r, 0x1000 * (r + 1));
  c.set(1, 3);
  c.fsBase = 0x500000;
  return c;
}

const cases: [name: string, code: number[], expected: [number, number, boolean][]][] = [
  ["mov eax, [rbx+4]", [0x8b, 0x43, 0x04], [[0x4004, 4, true]]],
  ["mov [rbx+rcx*8], rax", [0x48, 0x89, 0x04, 0xcb], [[0x4018, 8, false]]],
  ["add dword [rdx], 1", [0x83, 0x02, 0x01], [[0x3000, 4, true]]],
  ["mov rax, fs:[0x28]", [0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0], [[0x500028, 8, true]]],
  ["lea rax, [rbx]", [0x48, 0x8d, 0x03], []],
  ["nop [rax]", [0x0f, 0x1f, 0x00], []],
  ["movzx eax, byte [rbx]", [0x0f, 0xb6, 0x03], [[0x4000, 1, true]]],
  ["movaps [rbx], xmm0", [0x0f, 0x29, 0x03], [[0x4000, 16, false]]],
  ["movsd xmm0, [rbx]", [0xf2, 0x0f, 0x10, 0x03], [[0x4000, 8, true]]],
  ["fld tbyte [rbx]", [0xdb, 0x2b], [[0x4000, 10, true]]],
  ["push rax", [0x50], [[0x5000 - 8, 8, false]]],
  ["ret", [0xc3], [[0x5000, 8, true]]],
  [
    "rep movsb",
    [0xf3, 0xa4],
    [
      [0x7000, 3, true],
      [0x8000, 3, false],
    ],
  ],
  ["mov eax, ebx", [0x89, 0xd8], []],
];

it.each(cases)("%s", (_, code, expected) => {
  expect(accesses(cpu(), Uint8Array.from(code)).map((a) => [a.address, a.length, a.reads])).toEqual(expected);
});

it("what is no instruction accesses nothing", () => {
  expect(accesses(cpu(), Uint8Array.from([0x0f, 0x0b]))).toEqual([]);
  expect(accesses(cpu(), Uint8Array.from([0x06]))).toEqual([]);
  expect(accesses(cpu(), new Uint8Array(0))).toEqual([]);
});
