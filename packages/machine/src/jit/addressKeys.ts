import { call, callRegister, ret } from "../ir/ops/control.ts";
import { leave, pop64, push64, pushImm } from "../ir/ops/memory.ts";
import { ADDR, GPR, gpr, ZERO } from "../layout.ts";
import type { DecodedOp } from "./block.ts";

const stack = new Set<unknown>([call, callRegister, ret, push64, pop64, pushImm]);

/** Tells for each op of a block what its memory operand's address hangs on: a base register, or a constant page. */
export class AddressKeys {
  /** What the temporary ADDR was computed from. */
  #address = "";

  of(op: DecodedOp): string {
    const { def } = op;
    const { name } = def;
    if (stack.has(def)) return `r${gpr(4)}`;
    if (def === leave) return `r${op.a}`;
    if (name.startsWith("load") || name.startsWith("store")) return this.#base(op.b, op.immLo);
    if (op.a === ADDR) {
      if (name === "mov_imm64") this.#address = `p${Math.floor((op.immHi * 4294967296 + (op.immLo >>> 0)) / 4096)}`;
      else if (name.startsWith("lea")) this.#address = this.#base(op.b, op.immLo);
      else this.#address = name === "add64" ? "segment" : "";
    }
    return "";
  }

  #base(b: number, disp: number): string {
    if (b === ADDR) return this.#address;
    if (b === ZERO) return `p${Math.floor(disp / 4096)}`;
    return b >= GPR && b < GPR + 128 ? `r${b}` : "";
  }
}
