import { ByteReader, stringAt } from "./byteReader.ts";
import type { ElfFile } from "./elfSymbols.ts";
import { type LineRow, type LineTable, sortRows } from "./lineTable.ts";

/** Against damaged files: no program of the lab comes near. */
const MAX_ROWS = 1_000_000;
const MAX_NAMES = 100_000;

const DW_LNCT_path = 1;
const DW_LNCT_directory_index = 2;

/** The strings that DWARF 5 headers refer to. */
interface Strings {
  readonly line: Uint8Array | null;
  readonly common: Uint8Array | null;
}

/**
 * Reads .debug_line of DWARF 2 to 5. What is damaged is left out; never throws.
 * @returns null if the file has no such section or nothing could be read
 */
export function readDwarfLines(elf: ElfFile): LineTable | null {
  const section = elf.sections.find((s) => s.name === ".debug_line");
  if (!section || section.data.length === 0) return null;
  const named = (name: string): Uint8Array | null => elf.sections.find((s) => s.name === name)?.data ?? null;
  const strings: Strings = { line: named(".debug_line_str"), common: named(".debug_str") };
  const files: string[] = [];
  const rows: LineRow[] = [];
  const r = new ByteReader(section.data);
  while (r.left > 4 && rows.length < MAX_ROWS) {
    let length = r.u32();
    const wide = length === 0xffffffff;
    if (wide) length = r.u64();
    if (length > r.left) break;
    readUnit(new ByteReader(section.data, r.at, length), wide, strings, files, rows);
    r.skip(length);
  }
  return rows.length === 0 ? null : { files, rows: sortRows(rows) };
}

/** One compilation unit: its header, then the program that produces the rows. */
function readUnit(r: ByteReader, wide: boolean, strings: Strings, files: string[], rows: LineRow[]): void {
  const version = r.u16();
  if (version < 2 || version > 5) return;
  if (version === 5) r.skip(2);
  const headerLength = wide ? r.u64() : r.u32();
  const program = r.at + headerLength;
  const minimum = r.u8();
  if (version >= 4) r.skip(1);
  const defaultStatement = r.u8() !== 0;
  const lineBase = r.i8();
  const lineRange = r.u8();
  const opcodeBase = r.u8();
  const operands: number[] = [0];
  for (let i = 1; i < opcodeBase; i++) operands.push(r.u8());
  const first = files.length;
  // DWARF 5 numbers its files from 0, the older versions from 1.
  const origin = version === 5 ? 0 : 1;
  if (version === 5) {
    const directories = readEntries(r, wide, strings).map((e) => e.path);
    for (const e of readEntries(r, wide, strings)) files.push(join(directories[e.directory] ?? "", e.path));
  } else {
    const directories = [""];
    for (let name = r.string(); name !== "" && !r.bad && directories.length < MAX_NAMES; name = r.string()) directories.push(name);
    for (let name = r.string(); name !== "" && !r.bad && files.length < MAX_NAMES; name = r.string()) {
      files.push(join(directories[r.uleb()] ?? "", name));
      r.uleb();
      r.uleb();
    }
  }
  if (r.bad || program > r.end) return;
  r.seek(program);
  const fileIndex = (n: number): number => (n >= origin && first + n - origin < files.length ? first + n - origin : first);
  if (first === files.length) files.push("");
  runProgram(r, { minimum, defaultStatement, lineBase, lineRange, opcodeBase, operands, fileIndex }, rows);
}

interface Header {
  readonly minimum: number;
  readonly defaultStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operands: readonly number[];
  readonly fileIndex: (n: number) => number;
}

/** The line-number program (DWARF 5, section 6.2.5). */
function runProgram(r: ByteReader, h: Header, rows: LineRow[]): void {
  let address = 0;
  let file = 1;
  let line = 1;
  let statement = h.defaultStatement;
  const start = rows.length;
  let begun = start;
  const row = (ends: boolean): void => {
    rows.push({ address, file: h.fileIndex(file), line: ends ? 0 : Math.max(0, line), statement });
  };
  while (r.left > 0 && rows.length < MAX_ROWS) {
    const op = r.u8();
    if (op >= h.opcodeBase) {
      if (h.lineRange === 0) break;
      const n = op - h.opcodeBase;
      address += Math.floor(n / h.lineRange) * h.minimum;
      line += h.lineBase + (n % h.lineRange);
      row(false);
      continue;
    }
    switch (op) {
      case 0: {
        const length = r.uleb();
        if (length === 0 || length > r.left) break;
        const next = r.at + length;
        const sub = r.u8();
        if (sub === 1) {
          row(true);
          // A sequence at address 0 is code that the linker threw away.
          if (rows[begun]?.address === 0) rows.length = begun;
          begun = rows.length;
          address = 0;
          file = 1;
          line = 1;
          statement = h.defaultStatement;
        } else if (sub === 2) address = r.unsigned(length - 1);
        r.seek(next);
        break;
      }
      case 1:
        row(false);
        break;
      case 2:
        address += r.uleb() * h.minimum;
        break;
      case 3:
        line += r.sleb();
        break;
      case 4:
        file = r.uleb();
        break;
      case 5:
        r.uleb();
        break;
      case 6:
        statement = !statement;
        break;
      case 7:
      case 10:
      case 11:
        break;
      case 8:
        if (h.lineRange !== 0) address += Math.floor((255 - h.opcodeBase) / h.lineRange) * h.minimum;
        break;
      case 9:
        address += r.u16();
        break;
      case 12:
        r.uleb();
        break;
      default:
        for (let i = h.operands[op] ?? 0; i > 0; i--) r.uleb();
    }
    if (r.bad) break;
  }
  // Without its end a sequence says nothing about where its last line stops.
  rows.length = Math.min(rows.length, begun);
}

/** A table of directories or files as DWARF 5 describes it: a list of formats, then the entries. */
function readEntries(r: ByteReader, wide: boolean, strings: Strings): { path: string; directory: number }[] {
  const formats: [type: number, form: number][] = [];
  for (let n = r.u8(); n > 0; n--) formats.push([r.uleb(), r.uleb()]);
  const out: { path: string; directory: number }[] = [];
  const count = Math.min(r.uleb(), MAX_NAMES);
  for (let i = 0; i < count && !r.bad; i++) {
    let path = "";
    let directory = 0;
    for (const [type, form] of formats) {
      const value = readForm(r, form, wide, strings);
      if (type === DW_LNCT_path && typeof value === "string") path = value;
      if (type === DW_LNCT_directory_index && typeof value === "number") directory = value;
    }
    out.push({ path, directory });
  }
  return out;
}

/** A value in one of the forms that may stand in a line table's header. */
function readForm(r: ByteReader, form: number, wide: boolean, strings: Strings): string | number {
  const offset = (): number => (wide ? r.u64() : r.u32());
  switch (form) {
    case 0x08:
      return r.string();
    case 0x0e:
      return stringAt(strings.common, offset());
    case 0x1f:
      return stringAt(strings.line, offset());
    case 0x0b:
      return r.u8();
    case 0x05:
      return r.u16();
    case 0x06:
      return r.u32();
    case 0x07:
      return r.u64();
    case 0x0f:
      return r.uleb();
    case 0x0d:
      return r.sleb();
    case 0x1e:
      r.skip(16);
      return 0;
    case 0x09:
      r.skip(r.uleb());
      return 0;
    default:
      r.bad = true;
      return 0;
  }
}

function join(directory: string, name: string): string {
  if (name.startsWith("/") || directory === "") return name;
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}
