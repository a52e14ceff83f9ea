/** What the operands' bytes are filled with: doubles, singles or integers. */
export type OperandKind = "d" | "s" | "i";

/**
 * One instruction to be compared with the real processor. `forms`: r register, s same register twice, m
 * aligned memory, u memory at any alignment, W register with REX.W, V memory with REX.W.
 */
export interface HardwareCase {
  key: string;
  kind: OperandKind;
  forms: string;
  /** An immediate byte follows. */
  imm: boolean;
  /** MMX registers are operands: the x87 state is compared. */
  mmx: boolean;
  /** MXCSR takes all its values. */
  fp: boolean;
  /** Operands that bring out the instruction's cases: shift counts, strings, equal operands. */
  shape: "" | "count" | "string" | "same";
}

type Options = Partial<Omit<HardwareCase, "key" | "kind" | "forms">>;
const cases: HardwareCase[] = [];

function add(kind: OperandKind, forms: string, prefixes: string, opcodes: string, options: Options = {}): void {
  for (const prefix of prefixes.split(" "))
    for (const opcode of opcodes.split(","))
      cases.push({ key: `${prefix} ${opcode.trim()}`, kind, forms, imm: false, mmx: false, fp: false, shape: "", ...options });
}

// Moves
add("i", "rmu", "NP 66", "0F 28,0F 29,0F 10,0F 11");
add("i", "rmu", "66 F3", "0F 6F,0F 7F");
add("i", "rmu", "F3 F2", "0F 10,0F 11,0F 12");
add("i", "rmu", "F3", "0F 7E,0F 16");
add("i", "rmu", "66", "0F D6");
add("i", "rmu", "NP", "0F 12,0F 16");
add("i", "mu", "NP 66", "0F 2B,0F 13,0F 17");
add("i", "mu", "66", "0F E7,0F 38 2A,0F 12,0F 16");
add("i", "mu", "F2", "0F F0");
add("i", "rmuWV", "66", "0F 6E,0F 7E");
add("i", "muV", "NP", "0F C3");
add("i", "mu", "NP", "0F AE /3", { fp: true });

// Integers, XMM and MMX
const PACKED =
  "FC FD FE D4 EC ED DC DD F8 F9 FA FB E8 E9 D8 D9 74 75 76 64 65 66 DB DF EB EF E0 E3 DA DE EA EE D5 E5 E4 F4 F5 F6 63 67 6B 60 61 62 68 69 6A";
const two = (list: string, map = "0F"): string =>
  list
    .split(" ")
    .map((o) => `${map} ${o}`)
    .join(",");
const SSSE3 = two("00 01 02 03 04 05 06 07 08 09 0A 0B 1C 1D 1E", "0F 38");
const SHIFTS = two("F1 F2 F3 D1 D2 D3 E1 E2");
const SHIFTS_IMM = "0F 71 /6,0F 72 /6,0F 73 /6,0F 71 /2,0F 72 /2,0F 73 /2,0F 71 /4,0F 72 /4";
add("i", "rsmu", "66", two(PACKED));
add("i", "rsmu", "NP", two(PACKED), { mmx: true });
add("i", "rsmu", "66", SSSE3);
add("i", "rsmu", "NP", SSSE3, { mmx: true });
add("i", "rmu", "66", SHIFTS, { shape: "count" });
add("i", "rmu", "NP", SHIFTS, { mmx: true, shape: "count" });
add("i", "r", "66", `${SHIFTS_IMM},0F 73 /3,0F 73 /7`, { imm: true });
add("i", "r", "NP", SHIFTS_IMM, { mmx: true, imm: true });
add("i", "rsmu", "66", "0F 3A 0F,0F 70", { imm: true });
add("i", "rsmu", "NP", "0F 3A 0F,0F 70", { mmx: true, imm: true });
add("i", "rmuWV", "66", "0F C4", { imm: true });
add("i", "rmuWV", "NP", "0F C4", { mmx: true, imm: true });
add("i", "rW", "66", "0F C5", { imm: true });
add("i", "rW", "NP", "0F C5", { mmx: true, imm: true });
add("i", "r", "66", "0F D7,0F F7");
add("i", "r", "NP", "0F D7,0F F7", { mmx: true });
add("i", "rmuWV", "NP", "0F 6E,0F 7E,0F 6F,0F 7F", { mmx: true });
add("i", "mu", "NP", "0F E7", { mmx: true });
add("i", "r", "F3 F2", "0F D6", { mmx: true });
// XMM only
add("i", "rmu", "66", "0F 6C,0F 6D");
add("i", "rsmu", "NP 66", two("54 55 56 57 14 15"));
add("i", "r", "NP 66", "0F 50");
add("i", "rsmu", "F2 F3", "0F 70", { imm: true });
add("i", "rsmu", "NP 66", "0F C6", { imm: true });
add("i", "rmu", "66", two("28 29 2B 37 38 39 3A 3B 3C 3D 3E 3F 40 41 20 21 22 23 24 25 30 31 32 33 34 35 10 14 15", "0F 38"));
add("i", "rmus", "66", "0F 38 17", { shape: "same" });
add("i", "rsmu", "66", two("21 0E 0C 0D 42", "0F 3A"), { imm: true });
add("i", "rmuWV", "66", two("20 22 14 15 16 17", "0F 3A"), { imm: true });
add("i", "rmu", "66", two("60 61 62 63", "0F 3A"), { imm: true, shape: "string" });
add("i", "rWmuV", "F2", "0F 38 F0,0F 38 F1");

// Floating point
const ARITHMETIC = two("58 5C 59 5E 51 5D 5F");
add("s", "rsmu", "NP F3", ARITHMETIC, { fp: true });
add("d", "rsmu", "66 F2", ARITHMETIC, { fp: true });
add("d", "rsmu", "66", two("D0 7C 7D"), { fp: true });
add("s", "rsmu", "F2", two("D0 7C 7D"), { fp: true });
add("s", "rmu", "NP F3", "0F C2", { fp: true, imm: true });
add("d", "rmu", "66 F2", "0F C2", { fp: true, imm: true });
add("s", "rsmu", "NP", "0F 2E,0F 2F", { fp: true });
add("d", "rsmu", "66", "0F 2E,0F 2F", { fp: true });
add("s", "rmuWV", "F3", "0F 2C,0F 2D", { fp: true });
add("d", "rmuWV", "F2", "0F 2C,0F 2D", { fp: true });
add("i", "rmuWV", "F3 F2", "0F 2A", { fp: true });
add("s", "rmu", "NP F3", "0F 5A", { fp: true });
add("d", "rmu", "66 F2", "0F 5A", { fp: true });
add("i", "rmu", "NP", "0F 5B", { fp: true });
add("s", "rmu", "66 F3", "0F 5B", { fp: true });
add("i", "rmu", "F3", "0F E6", { fp: true });
add("d", "rmu", "66 F2", "0F E6", { fp: true });
add("s", "rmu", "66", "0F 3A 08,0F 3A 0A,0F 3A 40", { fp: true, imm: true });
add("d", "rmu", "66", "0F 3A 09,0F 3A 0B,0F 3A 41", { fp: true, imm: true });
add("s", "rmu", "NP", "0F 2C,0F 2D", { fp: true, mmx: true });
add("d", "rmu", "66", "0F 2C,0F 2D", { fp: true, mmx: true });
add("i", "rmu", "NP 66", "0F 2A", { fp: true, mmx: true });

export const hardwareCases: readonly HardwareCase[] = cases;
