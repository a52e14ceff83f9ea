import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";
import { expect, it } from "vitest";
import { isAtomic, operandsOf } from "./operands.ts";

/** What an instruction does to its operands: r, w, rw; * if it is atomic. */
function does(code: number[]): string {
  const i = new Insn();
  expect(decode(Uint8Array.from(code), 0, code.length, i)).toBe(code.length);
  const all = operandsOf(i).map((o) => `${o.reads ? "r" : ""}${o.writes ? "w" : ""}${o.size}`);
  return all.join(" ") + (isAtomic(i) ? "*" : "");
}

const cases: [name: string, code: number[], what: string][] = [
  ["mov eax, [rbx]", [0x8b, 0x03], "r4"],
  ["mov [rbx], al", [0x88, 0x03], "w1"],
  ["mov dword [rbx], 1", [0xc7, 0x03, 1, 0, 0, 0], "w4"],
  ["add [rbx], rax", [0x48, 0x01, 0x03], "rw8"],
  ["add rax, [rbx]", [0x48, 0x03, 0x03], "r8"],
  ["cmp [rbx], eax", [0x39, 0x03], "r4"],
  ["cmp dword [rbx], 1", [0x83, 0x3b, 0x01], "r4"],
  ["or dword [rbx], 1", [0x83, 0x0b, 0x01], "rw4"],
  ["test [rbx], eax", [0x85, 0x03], "r4"],
  ["test byte [rbx], 1", [0xf6, 0x03, 0x01], "r1"],
  ["neg dword [rbx]", [0xf7, 0x1b], "rw4"],
  ["inc word [rbx]", [0x66, 0xff, 0x03], "rw2"],
  ["shl dword [rbx], 1", [0xd1, 0x23], "rw4"],
  ["xchg [rbx], eax", [0x87, 0x03], "rw4*"],
  ["lock cmpxchg [rbx], ecx", [0xf0, 0x0f, 0xb1, 0x0b], "rw4*"],
  ["cmpxchg [rbx], ecx", [0x0f, 0xb1, 0x0b], "rw4"],
  ["lock xadd [rbx], eax", [0xf0, 0x0f, 0xc1, 0x03], "rw4*"],
  ["lock dec dword [rbx]", [0xf0, 0xff, 0x0b], "rw4*"],
  ["lock cmpxchg16b [rbx]", [0xf0, 0x48, 0x0f, 0xc7, 0x0b], "rw16*"],
  ["bts dword [rbx], 3", [0x0f, 0xba, 0x2b, 0x03], "rw4"],
  ["bt dword [rbx], 3", [0x0f, 0xba, 0x23, 0x03], "r4"],
  ["sete [rbx]", [0x0f, 0x94, 0x03], "w1"],
  ["fstp qword [rbx]", [0xdd, 0x1b], "w8"],
  ["fld qword [rbx]", [0xdd, 0x03], "r8"],
  ["movups [rbx], xmm0", [0x0f, 0x11, 0x03], "w16"],
  ["movq xmm0, [rbx]", [0xf3, 0x0f, 0x7e, 0x03], "r8"],
  ["movq [rbx], xmm0", [0x66, 0x0f, 0xd6, 0x03], "w8"],
  ["movsd [rdi], [rsi]", [0xa5], "r4 w4"],
  ["rep stosb", [0xf3, 0xaa], "w1"],
  ["cmpsb", [0xa6], "r1 r1"],
  ["xchg eax, ebx", [0x93], ""],
];

it.each(cases)("%s", (_, code, what) => {
  expect(does(code)).toBe(what);
});
