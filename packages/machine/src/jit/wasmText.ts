import { Ctl, F32, F64, I32, I64, V } from "../wasm/opcodes.ts";

/** Names of opcodes, for looking at generated code in tests. */
const names = new Map<number, string>();
for (const [prefix, table] of [
  ["", Ctl],
  ["i32.", I32],
  ["i64.", I64],
  ["f32.", F32],
  ["f64.", F64],
] as const)
  for (const [name, code] of Object.entries(table)) names.set(code, prefix + name);
const simd = new Map<number, string>(Object.entries(V).map(([name, code]) => [code, name]));

/** Reads one function body's instructions as text: mnemonic, then immediates that matter. */
class Reader {
  at: number;
  readonly #b: Uint8Array;
  constructor(b: Uint8Array, at: number) {
    this.#b = b;
    this.at = at;
  }
  byte(): number {
    return this.#b[this.at++]!;
  }
  u32(): number {
    let n = 0;
    for (let shift = 0; ; shift += 7) {
      const b = this.byte();
      n += (b & 0x7f) * 2 ** shift;
      if (b < 0x80) return n;
    }
  }
  skipSigned(): void {
    while (this.byte() >= 0x80);
  }

  instruction(): string {
    const code = this.byte();
    const name = names.get(code) ?? `0x${code.toString(16)}`;
    if (code === 0xfd) {
      const op = this.u32();
      const text = simd.get(op) ?? `simd ${op}`;
      if (op <= 11 || (op >= 92 && op <= 93)) {
        this.u32();
        this.u32();
      } else if (op === 12 || op === 13) this.at += 16;
      else if (op >= 84 && op <= 91) {
        this.u32();
        this.u32();
        this.byte();
      } else if (op >= 21 && op <= 34) return `${text} ${this.byte()}`;
      return `v128.${text}`;
    }
    if (code === 0xfc) {
      const op = this.u32();
      if (op === 10) this.at += 2;
      else if (op === 11) this.at += 1;
      return `0xfc ${op}`;
    }
    if (code >= 0x28 && code <= 0x3e) {
      this.u32();
      return `${name} ${this.u32()}`;
    }
    switch (code) {
      case 0x02:
      case 0x03:
      case 0x04:
        this.byte();
        return name;
      case 0x0c:
      case 0x0d:
      case 0x10:
      case 0x20:
      case 0x21:
      case 0x22:
        return `${name} ${this.u32()}`;
      case 0x0e: {
        const n = this.u32();
        for (let i = 0; i <= n; i++) this.u32();
        return name;
      }
      case 0x11:
        this.u32();
        this.u32();
        return name;
      case 0x1c:
        this.at += this.u32();
        return "select";
      case 0x41:
      case 0x42:
        this.skipSigned();
        return name;
      case 0x43:
        this.at += 4;
        return name;
      case 0x44:
        this.at += 8;
        return name;
      default:
        return name;
    }
  }
}

/** Instructions of the last function of a module. */
export function lastFunction(module: Uint8Array): string[] {
  const r = new Reader(module, 8);
  for (;;) {
    const id = r.byte();
    const size = r.u32();
    if (id !== 10) {
      r.at += size;
      continue;
    }
    const count = r.u32();
    for (let i = 1; i < count; i++) r.at += r.u32();
    const length = r.u32();
    const end = r.at + length;
    for (let runs = r.u32(); runs > 0; runs--) {
      r.u32();
      r.byte();
    }
    const out: string[] = [];
    while (r.at < end) out.push(r.instruction());
    return out;
  }
}
