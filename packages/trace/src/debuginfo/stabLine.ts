import { ByteReader, stringAt } from "./byteReader.ts";
import type { ElfFile } from "./elfSymbols.ts";
import { type LineRow, type LineTable, sortRows } from "./lineTable.ts";

const N_FUN = 0x24;
const N_SLINE = 0x44;
const N_SO = 0x64;
const N_BINCL = 0x82;
const N_SOL = 0x84;
const N_EINCL = 0xa2;
const MAX_ROWS = 1_000_000;

/** Reads the stabs that tcc writes with -g. Never throws. @returns null if there are none */
export function readStabLines(elf: ElfFile): LineTable | null {
  const section = elf.sections.find((s) => s.name === ".stab");
  if (!section) return null;
  const strings = elf.sections[section.link]?.data ?? elf.sections.find((s) => s.name === ".stabstr")?.data ?? null;
  const files: string[] = [];
  const rows: LineRow[] = [];
  let directory = "";
  let file = -1;
  let base = 0;
  const stack: number[] = [];
  const fileIndex = (name: string): number => {
    const path = name.startsWith("/") ? name : directory + name;
    const known = files.indexOf(path);
    return known >= 0 ? known : files.push(path) - 1;
  };
  const r = new ByteReader(section.data);
  while (r.left >= 12 && rows.length < MAX_ROWS) {
    const name = r.u32();
    const type = r.u8();
    r.skip(1);
    const desc = r.u16();
    const value = r.u32();
    switch (type) {
      case N_SO: {
        const text = stringAt(strings, name);
        if (text === "") {
          rows.push({ address: value, file: Math.max(0, file), line: 0, statement: false });
          directory = "";
          file = -1;
        } else if (text.endsWith("/")) directory = text;
        else file = fileIndex(text);
        break;
      }
      case N_SOL:
        file = fileIndex(stringAt(strings, name));
        break;
      case N_BINCL:
        stack.push(file);
        file = fileIndex(stringAt(strings, name));
        break;
      case N_EINCL:
        file = stack.pop() ?? file;
        break;
      case N_FUN:
        // Without a name it ends the function; the value then is the function's length.
        if (stringAt(strings, name) === "") rows.push({ address: base + value, file: Math.max(0, file), line: 0, statement: false });
        else base = value;
        break;
      case N_SLINE:
        if (file >= 0 && desc > 0) rows.push({ address: base + value, file, line: desc, statement: true });
        break;
    }
  }
  return rows.length === 0 ? null : { files, rows: sortRows(rows) };
}
