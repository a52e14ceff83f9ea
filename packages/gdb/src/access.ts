import type { CpuContext } from "@lstar/machine";
import { decode } from "@lstar/machine/decode/decode.ts";
import { Insn } from "@lstar/machine/decode/insn.ts";
import { locate, operandsOf } from "@lstar/trace/access/operands.ts";

/** A stretch of user memory that an instruction reads or writes. */
export interface Access {
  readonly address: number;
  readonly length: number;
  readonly reads: boolean;
}

/** What user memory the instruction in `code` accesses when it runs with these registers. */
export function accesses(cpu: CpuContext, code: Uint8Array): Access[] {
  const i = new Insn();
  const length = decode(code, 0, code.length, i);
  if (length < 0) return [];
  return operandsOf(i).map((o) => {
    const at = { address: 0, length: 0 };
    locate(o, cpu, cpu.rip + length, at);
    return { ...at, reads: o.reads };
  });
}
