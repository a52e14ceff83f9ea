/** A place in the code, known once `mark` was called with it. */
export interface Label {
  at: number;
}

/** Collects machine code; the jumps to labels are filled in at the end. */
export class Assembler {
  readonly bytes: number[] = [];
  readonly #jumps: { at: number; to: Label }[] = [];
  /** 32-bit distances to the data page, counted from the end of the field. */
  readonly #far: { at: number }[] = [];

  /** Instruction bytes as hexadecimal text. */
  code(hex: string): void {
    for (const b of hex.split(" ")) this.bytes.push(Number.parseInt(b, 16));
  }
  /** A 32-bit immediate or displacement. */
  imm32(n: number): void {
    this.bytes.push(n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255);
  }
  label(): Label {
    return { at: -1 };
  }
  mark(label: Label): void {
    label.at = this.bytes.length;
  }
  /** A jump on a condition (the number behind 0F 8x: 2 = b, 4 = e, 5 = ne, 6 = be, 7 = a), or always, with a 32-bit distance. */
  jump(condition: number | "always", to: Label): void {
    if (condition === "always") this.bytes.push(0xe9);
    else this.bytes.push(0x0f, 0x80 + condition);
    this.#jumps.push({ at: this.bytes.length, to });
    this.imm32(0);
  }
  /** lea r8, [rip + distance to the data page]. */
  loadDataPage(): void {
    this.code("4C 8D 05");
    this.#far.push({ at: this.bytes.length });
    this.imm32(0);
  }
  align(n: number): void {
    while (this.bytes.length % n) this.bytes.push(0xcc);
  }

  /** The code, for an address of its own and one of the data page. */
  finish(address: number, dataPage: number): Uint8Array {
    const out = Uint8Array.from(this.bytes);
    const view = new DataView(out.buffer);
    for (const j of this.#jumps) view.setInt32(j.at, j.to.at - (j.at + 4), true);
    for (const f of this.#far) view.setInt32(f.at, dataPage - (address + f.at + 4), true);
    return out;
  }
}
