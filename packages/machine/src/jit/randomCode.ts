/** Makes random programs for comparing the engines: a loop of random instructions on registers, memory and XMM registers. */

/** Data that memory operands lie in: two pages at the address in rdi. */
export const DATA_SIZE = 8192;

export class Random {
  #seed: number;
  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }
  next(n: number): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#seed / 4294967296) * n);
  }
  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }
}

/** rax, rcx, rdx, rbx, rbp, rsi, r8 … r11: rsp is the stack, rdi the data, r15 counts. */
const REGISTERS = [0, 1, 2, 3, 5, 6, 8, 9, 10, 11];

/** Prefixes, opcode and ModRM with a register or memory operand. */
function operands(
  r: Random,
  opcode: readonly number[],
  reg: number,
  options: { wide?: boolean; short?: boolean; memory?: boolean; xmm?: boolean },
): number[] {
  const out: number[] = [];
  const bytes = [...opcode];
  // Mandatory prefixes come before REX.
  while (bytes[0] === 0x66 || bytes[0] === 0xf2 || bytes[0] === 0xf3) out.push(bytes.shift()!);
  if (options.short) out.unshift(0x66);
  const memory = options.memory ?? r.next(3) === 0;
  const rm = options.xmm ? r.next(16) : r.of(REGISTERS);
  const rex = 0x40 | (options.wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (!memory && rm > 7 ? 1 : 0);
  // Always a REX prefix, so that byte registers are the low ones.
  out.push(rex, ...bytes);
  if (!memory) return [...out, 0xc0 | ((reg & 7) << 3) | (rm & 7)];
  // Near the end of the first page now and then, so that accesses lie in both.
  let at = r.next(4) === 0 ? 4080 + r.next(16) : r.next(DATA_SIZE - 32);
  if (options.xmm && !options.short) at &= ~15;
  return [...out, 0x80 | ((reg & 7) << 3) | 7, at & 255, at >> 8, 0, 0];
}

type Template = (r: Random) => number[];
const gpr = (r: Random): number => r.of(REGISTERS);
const size = (r: Random): { wide?: boolean; short?: boolean } => r.of([{}, { wide: true }, { wide: true }, { short: true }]);
const two =
  (...opcodes: number[][]): Template =>
  (r) =>
    operands(r, r.of(opcodes), gpr(r), size(r));
const xmmOp =
  (memory: boolean | undefined, ...opcodes: number[][]): Template =>
  (r) =>
    operands(r, r.of(opcodes), r.next(16), memory === undefined ? { xmm: true } : { xmm: true, memory });

const integer: Template[] = [
  // add, or, adc, sbb, and, sub, xor, cmp in both directions and sizes
  (r) => operands(r, [r.next(8) * 8 + r.of([0, 1, 1, 1, 2, 3, 3])], gpr(r), size(r)),
  (r) => operands(r, [r.next(8) * 8 + r.of([1, 3])], gpr(r), { wide: true }),
  (r) => [...operands(r, [0x83], r.next(8), size(r)), r.next(256)],
  (r) => [...operands(r, [0x80], r.next(8), {}), r.next(256)],
  (r) => [...operands(r, [r.of([0xc0, 0xc1, 0xc1])], r.of([0, 1, 2, 3, 4, 5, 7]), size(r)), r.next(70)],
  (r) => operands(r, [0xd3], r.of([0, 1, 4, 5, 7]), size(r)),
  (r) => operands(r, [r.of([0xfe, 0xff])], r.next(2), {}),
  (r) => operands(r, [0xff], r.next(2), { wide: true }),
  (r) => operands(r, [r.of([0xf6, 0xf7, 0xf7])], r.of([2, 3, 4, 5]), size(r)),
  (r) => [...operands(r, [0x6b], gpr(r), size(r)), r.next(256)],
  two([0x0f, 0xaf], [0x85], [0x89], [0x8b], [0x8b], [0x87], [0x0f, 0xc1], [0x0f, 0xb1], [0x0f, 0xbc], [0x0f, 0xbd], [0xf3, 0x0f, 0xb8]),
  (r) => operands(r, [0x0f, r.of([0xb6, 0xb7, 0xbe, 0xbf])], gpr(r), { wide: r.next(2) === 0 }),
  (r) => operands(r, [0x63], gpr(r), { wide: true }),
  (r) => operands(r, [0x0f, 0x90 + r.next(16)], 0, {}),
  (r) => operands(r, [0x0f, 0x40 + r.next(16)], gpr(r), size(r)),
  (r) => operands(r, [0x0f, r.of([0xa3, 0xab, 0xb3, 0xbb])], gpr(r), { wide: true, memory: false }),
  (r) => [...operands(r, [0x0f, 0xba], 4 + r.next(4), { wide: true }), r.next(64)],
  (r) => [...operands(r, [0x0f, r.of([0xa4, 0xac])], gpr(r), { wide: true }), r.next(64)],
  (r) => operands(r, [0x8d], gpr(r), { wide: true, memory: true }),
  (r) => [r.of([0x9f, 0x9e, 0x99, 0x98, 0xf8, 0xf9, 0xf5])],
  (r) => [0x48, r.of([0x99, 0x98])],
  // push and pop
  (r) => [0x50 + r.of([0, 1, 2, 3, 5, 6]), 0x58 + r.of([0, 1, 2, 3, 5, 6])],
  // a division now and then: it may fault, which must look the same
  (r) => (r.next(12) === 0 ? operands(r, [0xf7], 6 + r.next(2), size(r)) : [0x90]),
];

const vector: Template[] = [
  // addsd, mulsd, subsd, divsd, sqrtsd, minsd, maxsd
  (r) =>
    operands(r, [0xf2, 0x0f, r.of([0x58, 0x59, 0x58, 0x59, 0x5c, 0x5e, 0x51, 0x5d, 0x5f])], r.next(6), {
      xmm: true,
      memory: r.next(4) === 0,
    }),
  xmmOp(undefined, [0x66, 0x0f, 0x58], [0x66, 0x0f, 0x59], [0x66, 0x0f, 0x5c], [0x66, 0x0f, 0x5e], [0x0f, 0x58], [0x0f, 0x59]),
  xmmOp(undefined, [0xf3, 0x0f, 0x58], [0xf3, 0x0f, 0x59], [0xf2, 0x0f, 0x5a], [0xf3, 0x0f, 0x5a]),
  xmmOp(
    true,
    [0xf2, 0x0f, 0x10],
    [0xf2, 0x0f, 0x11],
    [0x66, 0x0f, 0x28],
    [0x66, 0x0f, 0x29],
    [0xf3, 0x0f, 0x6f],
    [0xf3, 0x0f, 0x10],
    [0x66, 0x0f, 0xd6],
  ),
  xmmOp(
    false,
    [0x66, 0x0f, 0x28],
    [0xf2, 0x0f, 0x10],
    [0x66, 0x0f, 0x14],
    [0x66, 0x0f, 0x15],
    [0xf3, 0x0f, 0x7e],
    [0x66, 0x0f, 0xef],
    [0x66, 0x0f, 0x54],
  ),
  xmmOp(undefined, [0x66, 0x0f, 0xfe], [0x66, 0x0f, 0xd4], [0x66, 0x0f, 0x74], [0x66, 0x0f, 0x60], [0x66, 0x0f, 0xeb], [0x66, 0x0f, 0xd5]),
  (r) => [...operands(r, [0x66, 0x0f, 0x70], r.next(16), { xmm: true, memory: false }), r.next(256)],
  // ucomisd, comisd, then a condition
  (r) => [
    ...operands(r, [0x66, 0x0f, r.of([0x2e, 0x2f])], r.next(6), { xmm: true, memory: false }),
    0x0f,
    0x90 + r.next(16),
    0xc0 + r.next(3),
  ],
  // cvtsi2sd, cvttsd2si, movq
  (r) => [0xf2, 0x48, 0x0f, 0x2a, 0xc0 | (r.next(6) << 3) | r.of([0, 1, 2, 3])],
  (r) => [0xf2, 0x48, 0x0f, 0x2c, 0xc0 | (r.of([0, 1, 2, 3]) << 3) | r.next(6)],
  (r) => [0x66, 0x48, 0x0f, r.of([0x6e, 0x7e]), 0xc0 | (r.next(6) << 3) | r.of([0, 1, 2, 3])],
  // pmovmskb eax, xmm
  (r) => [0x66, 0x0f, 0xd7, 0xc0 | r.next(8)],
];

/** Machine code: two nested loops, a called function, jumps over single instructions, ud2 at the end. */
export function randomProgram(r: Random, floats: boolean): Uint8Array<ArrayBuffer> {
  const instruction = (): number[] => r.of(floats && r.next(2) === 0 ? vector : integer)(r);
  const straight = (n: number): number[] => {
    const out: number[] = [];
    for (let i = 0; i < n; i++) {
      const one = instruction();
      // jcc over it
      if (r.next(5) === 0) out.push(0x70 + r.next(16), one.length);
      out.push(...one);
    }
    return out;
  };
  const rel32 = (d: number): number[] => [d & 255, (d >> 8) & 255, (d >> 16) & 255, (d >> 24) & 255];
  const code: number[] = [];
  // jmp over the function
  const body = [...straight(2 + r.next(5)), 0xc3];
  code.push(0xe9, ...rel32(body.length), ...body);
  const outer = code.length;
  code.push(...straight(2 + r.next(8)));
  // r14 = 5
  code.push(0x41, 0xbe, 5, 0, 0, 0);
  const inner = code.length;
  code.push(...straight(3 + r.next(14)));
  if (r.next(2) === 0) code.push(0xe8, ...rel32(5 - (code.length + 5)));
  code.push(0x41, 0xff, 0xce, 0x0f, 0x85);
  code.push(...rel32(inner - (code.length + 4)));
  code.push(...straight(r.next(4)));
  code.push(0x41, 0xff, 0xcf, 0x0f, 0x85);
  code.push(...rel32(outer - (code.length + 4)));
  code.push(0x0f, 0x0b);
  return Uint8Array.from(code);
}
