import { integerRows } from "./rows/integer.ts";
import { sseRows } from "./rows/sse.ts";
import { x87Rows } from "./rows/x87.ts";

/** Attribute bits of a row. */
export const ATTR_MODRM = 1;
export const ATTR_BYTE = 2;
export const ATTR_D64 = 4;
export const ATTR_F64 = 8;
export const ATTR_LOCK = 0x10;
export const ATTR_MEM = 0x20;
export const ATTR_REG = 0x40;
export const ATTR_PRIV = 0x80;
/** ModRM.reg must name an existing segment, control or debug register. */
export const ATTR_SEGREG = 0x100;
export const ATTR_CRREG = 0x200;
export const ATTR_DRREG = 0x400;

/** Immediate kinds. */
export const IMM_NONE = 0;
export const IMM_8 = 1;
export const IMM_8S = 2;
export const IMM_16 = 3;
export const IMM_Z = 4;
export const IMM_V = 5;
export const IMM_MOFFS = 6;
export const IMM_ENTER = 7;
export const IMM_REL8 = 8;
export const IMM_REL32 = 9;

const attrBit: Record<string, number> = {
  m: ATTR_MODRM,
  b: ATTR_BYTE,
  d64: ATTR_D64,
  f64: ATTR_F64,
  lock: ATTR_LOCK,
  mem: ATTR_MEM,
  reg: ATTR_REG,
  priv: ATTR_PRIV,
  segreg: ATTR_SEGREG,
  crreg: ATTR_CRREG,
  drreg: ATTR_DRREG,
  r: 0,
  st: 0,
};
const immKind: Record<string, number> = {
  ib: IMM_8,
  ibs: IMM_8S,
  iw: IMM_16,
  iz: IMM_Z,
  iv: IMM_V,
  moffs: IMM_MOFFS,
  enter: IMM_ENTER,
  rel8: IMM_REL8,
  rel32: IMM_REL32,
};

const keys: string[] = [""];
const mnemonics: string[] = [""];
const ids = new Map<string, number>();
const texts = [...integerRows, ...sseRows, ...x87Rows];

/** Number of rows; row 0 is "no such instruction". */
export const rowCount: number = texts.length + 1;
/** Attributes and immediate kind by row. */
export const rowAttr = new Uint16Array(rowCount);
export const rowImm = new Uint8Array(rowCount);

/** Where an opcode leads: [map][opcode][prefix 0 none, 1 66, 2 F3, 3 F2] → row id, or -(group + 1). */
export const LEVEL1 = new Int16Array(4 * 256 * 4);
/** A group: 8 entries by ModRM.reg for memory forms, then 64 by ModRM & 63 for register forms. */
export const GROUP_SIZE = 72;
const groups: Int16Array[] = [];

interface ParsedKey {
  /** Prefix slots it fills; empty = all. */
  slot: number;
  map: number;
  opcode: number;
  digit: number;
  fixed: number;
}

const PREFIX_SLOT: Record<string, number> = { NP: 0, "66": 1, F3: 2, F2: 3 };

function parseKey(key: string): ParsedKey {
  const parts = key.split(" ");
  let slot = -1;
  // A mandatory prefix only ever stands before 0F.
  if (parts.length > 1 && parts[0]! in PREFIX_SLOT && parts[1] === "0F") slot = PREFIX_SLOT[parts.shift()!]!;
  let map = 0;
  if (parts[0] === "0F") {
    map = parts.length > 2 && parts[1] === "38" ? 2 : parts.length > 2 && parts[1] === "3A" ? 3 : 1;
    parts.splice(0, map === 1 ? 1 : 2);
  }
  const opcode = Number.parseInt(parts.shift()!, 16);
  let digit = -1;
  let fixed = -1;
  const rest = parts.shift();
  if (rest?.startsWith("/")) digit = Number(rest.slice(1));
  else if (rest) fixed = Number.parseInt(rest, 16);
  return { slot, map, opcode, digit, fixed };
}

const at = (map: number, opcode: number, slot: number): number => (map * 256 + opcode) * 4 + slot;

function groupAt(map: number, opcode: number, slot: number): Int16Array {
  const i = at(map, opcode, slot);
  const v = LEVEL1[i]!;
  if (v < 0) return groups[-v - 1]!;
  groups.push(new Int16Array(GROUP_SIZE));
  LEVEL1[i] = -groups.length;
  return groups[groups.length - 1]!;
}

function place(k: ParsedKey, slot: number, row: number, attrs: Set<string>): void {
  const opcodes = attrs.has("r") ? [0, 1, 2, 3, 4, 5, 6, 7].map((n) => k.opcode + n) : [k.opcode];
  for (const opcode of opcodes) {
    if (k.digit < 0 && k.fixed < 0) {
      LEVEL1[at(k.map, opcode, slot)] = row;
      continue;
    }
    const g = groupAt(k.map, opcode, slot);
    if (k.fixed >= 0) {
      const n = attrs.has("st") ? 8 : 1;
      for (let i = 0; i < n; i++) g[8 + ((k.fixed + i) & 63)] = row;
      continue;
    }
    if (!attrs.has("reg")) g[k.digit] = row;
    if (!attrs.has("mem")) for (let rm = 0; rm < 8; rm++) g[8 + k.digit * 8 + rm] = row;
  }
}

{
  const parsed = texts.map((text, i) => {
    const [key, rest] = text.split(": ") as [string, string];
    const [mnemonic, ...attrs] = rest.split(" ");
    const row = i + 1;
    if (ids.has(key)) throw new Error(`opcode row ${key} is declared twice`);
    ids.set(key, row);
    keys.push(key);
    mnemonics.push(mnemonic!);
    for (const a of attrs) {
      if (a in attrBit) rowAttr[row]! |= attrBit[a]!;
      else if (a in immKind) rowImm[row] = immKind[a]!;
      else throw new Error(`opcode row ${key}: unknown attribute ${a}`);
    }
    return { k: parseKey(key), row, attrs: new Set(attrs) };
  });
  // Rows without a prefix fill all four slots; then the others take theirs. Within each, memory and
  // register forms named by a digit come before exact ModRM bytes.
  const exact = (k: ParsedKey): number => (k.fixed >= 0 ? 1 : 0);
  for (const pass of [0, 1])
    for (const { k, row, attrs } of parsed) if (k.slot < 0 && exact(k) === pass) for (let s = 0; s < 4; s++) place(k, s, row, attrs);
  for (const pass of [0, 1]) for (const { k, row, attrs } of parsed) if (k.slot >= 0 && exact(k) === pass) place(k, k.slot, row, attrs);
}

/** All groups one after the other. */
export const GROUPS: Int16Array = new Int16Array(groups.length * GROUP_SIZE);
groups.forEach((g, i) => {
  GROUPS.set(g, i * GROUP_SIZE);
});

/** Row number of a key. @throws if there is no such row (start-up only). */
export function rowId(key: string): number {
  const id = ids.get(key);
  if (id === undefined) throw new Error(`no opcode row ${key}`);
  return id;
}
export function rowKey(row: number): string {
  return keys[row]!;
}
export function rowMnemonic(row: number): string {
  return mnemonics[row]!;
}
export function rowIsPrivileged(row: number): boolean {
  return (rowAttr[row]! & ATTR_PRIV) !== 0;
}
