import { enumNames } from "@lstar/kernel/syscall/declare.ts";
import { seccompActions } from "@lstar/kernel/uapi/seccomp.ts";
import type { Call } from "../call.ts";
import { hex, pointer } from "../text.ts";

const classes = ["BPF_LD", "BPF_LDX", "BPF_ST", "BPF_STX", "BPF_ALU", "BPF_JMP", "BPF_RET", "BPF_MISC"];
const sizes = ["BPF_W", "BPF_H", "BPF_B"];
const modes = ["BPF_IMM", "BPF_ABS", "BPF_IND", "BPF_MEM", "BPF_LEN", "BPF_MSH"];
const operations = ["BPF_ADD", "BPF_SUB", "BPF_MUL", "BPF_DIV", "BPF_OR", "BPF_AND", "BPF_LSH", "BPF_RSH", "BPF_NEG", "BPF_MOD", "BPF_XOR"];
const jumps = ["BPF_JA", "BPF_JEQ", "BPF_JGT", "BPF_JGE", "BPF_JSET"];
const JMP = 5;
const RET = 6;

function codeText(code: number): string {
  const kind = code & 7;
  const name = classes[kind] as string;
  switch (kind) {
    case 0:
    case 1:
      return `${name}|${sizes[(code >> 3) & 3] ?? hex(code & 0x18)}|${modes[code >> 5] ?? hex(code & 0xe0)}`;
    case 2:
    case 3:
      return (code & ~7) === 0 ? name : `${name}|${hex(code & ~7)}`;
    case 4:
    case JMP:
      return `${name}|${code & 8 ? "BPF_X" : "BPF_K"}|${(kind === JMP ? jumps : operations)[code >> 4] ?? hex(code & 0xf0)}`;
    case 6:
      return `${name}|${["BPF_K", "BPF_X", "BPF_A"][(code >> 3) & 3] ?? hex(code & 0x18)}`;
    default:
      return `${name}|${code & 0x80 ? "BPF_TXA" : "BPF_TAX"}`;
  }
}

const actions = enumNames(
  "SECCOMP_RET_???",
  Object.fromEntries(seccompActions.map(([name, action]) => [`SECCOMP_RET_${name.toUpperCase()}`, action])),
);

/** "SECCOMP_RET_ERRNO|0x1": what a filter returns. */
export function verdictText(k: number): string {
  const found = actions.values.find(([, action]) => (action ^ k) >>> 16 === 0);
  if (!found) return `${hex(k >>> 0)} /* SECCOMP_RET_??? */`;
  return k & 0xffff ? `${found[0]}|${hex(k & 0xffff)}` : found[0];
}

/** "[SECCOMP_RET_LOG]": an action by itself. */
export function actionText(k: number): string {
  const found = actions.values.find(([, action]) => action === (k | 0));
  return found ? found[0] : `${hex(k >>> 0)} /* SECCOMP_RET_??? */`;
}

/** "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0x4)". */
function instruction(v: DataView, at: number): string {
  const code = v.getUint16(at, true);
  const jt = v.getUint8(at + 2);
  const jf = v.getUint8(at + 3);
  const k = v.getUint32(at + 4, true);
  const text = (code & 7) === RET ? verdictText(k | 0) : hex(k);
  return jt || jf ? `BPF_JUMP(${codeText(code)}, ${hex(k)}, ${hex(jt)}, ${hex(jf)})` : `BPF_STMT(${codeText(code)}, ${text})`;
}

/** The instructions of a program. */
export function programText(c: Call, address: number, length: number): string {
  if (address === 0) return "NULL";
  const v = c.view(address, length * 8);
  if (!v || length === 0) return length === 0 && v ? "[]" : pointer(address);
  return `[${Array.from({ length }, (_, i) => instruction(v, i * 8)).join(", ")}]`;
}

/** "{len=4, filter=0x7ffc…}"; the program with -v. */
export function fprogText(c: Call, address: number): string {
  const v = c.view(address, 16);
  if (address === 0 || !v) return pointer(address);
  const len = v.getUint16(0, true);
  const filter = v.getUint32(8, true) + v.getUint32(12, true) * 2 ** 32;
  return `{len=${len}, filter=${c.options.verbose ? programText(c, filter, len) : pointer(filter)}}`;
}
