import { ByteReader, stringAt } from "./byteReader.ts";

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const SHF_COMPRESSED = 0x800;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const PT_LOAD = 1;
const PT_INTERP = 3;
/** Bounds against files that claim more than they can mean. */
const MAX_SECTIONS = 4096;
const MAX_SYMBOLS = 500_000;

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly link: number;
  readonly entrySize: number;
  /** The section's bytes; empty for .bss, for what lies outside the file and for compressed ones. */
  readonly data: Uint8Array;
}

export interface ElfFile {
  /** Linked at fixed addresses (ET_EXEC) or loaded anywhere (ET_DYN). */
  readonly relocatable: boolean;
  readonly entry: number;
  /** Asks for a dynamic linker. */
  readonly dynamic: boolean;
  readonly sections: readonly ElfSection[];
  /** Lowest address that is loaded, rounded down to a page, and the end of the highest. */
  readonly low: number;
  readonly high: number;
}

const NOTHING = new Uint8Array(0);

/** The section table of an x86-64 ELF file, or null if it is none. Never throws. */
export function readElf(bytes: Uint8Array): ElfFile | null {
  const head = new ByteReader(bytes);
  if (head.u32() !== 0x464c457f || head.u8() !== 2 || head.u8() !== 1) return null;
  head.seek(16);
  const type = head.u16();
  if (head.u16() !== 62) return null;
  head.seek(24);
  const entry = head.u64();
  const phoff = head.u64();
  const shoff = head.u64();
  head.seek(54);
  const phentsize = head.u16();
  const phnum = head.u16();
  const shentsize = head.u16();
  const shnum = Math.min(head.u16(), MAX_SECTIONS);
  const shstrndx = head.u16();
  let dynamic = false;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = 0; i < phnum && phentsize >= 56; i++) {
    const r = new ByteReader(bytes, phoff + i * phentsize, 56);
    const kind = r.u32();
    if (kind === PT_INTERP) dynamic = true;
    if (kind !== PT_LOAD) continue;
    r.skip(12);
    const address = r.u64();
    r.skip(16);
    low = Math.min(low, Math.floor(address / 4096) * 4096);
    high = Math.max(high, address + r.u64());
  }
  const raw: { name: number; section: Omit<ElfSection, "name"> }[] = [];
  for (let i = 0; i < shnum && shentsize >= 64; i++) {
    const r = new ByteReader(bytes, shoff + i * shentsize, 64);
    const name = r.u32();
    const kind = r.u32();
    const flags = r.u64();
    const address = r.u64();
    const offset = r.u64();
    const size = r.u64();
    const link = r.u32();
    r.skip(4);
    r.skip(8);
    const entrySize = r.u64();
    if (r.bad) break;
    const inFile = kind !== SHT_NOBITS && (flags & SHF_COMPRESSED) === 0 && offset <= bytes.length && size <= bytes.length - offset;
    raw.push({
      name,
      section: { type: kind, address, link, entrySize, data: inFile ? bytes.subarray(offset, offset + size) : NOTHING },
    });
  }
  const names = raw[shstrndx]?.section.data ?? null;
  return {
    relocatable: type === 3,
    entry,
    dynamic,
    low: Math.min(low, high),
    high,
    sections: raw.map(({ name, section }) => ({ ...section, name: stringAt(names, name) })),
  };
}

export interface ElfFunction {
  readonly name: string;
  readonly address: number;
  /** Bytes; 0 if the file does not tell. */
  readonly size: number;
}

/** Functions by ascending address, one for each address. */
export function elfFunctions(elf: ElfFile): ElfFunction[] {
  return symbols(elf, [STT_FUNC, STT_GNU_IFUNC]);
}

/** Variables with a fixed address, in the same way. */
export function elfObjects(elf: ElfFile): ElfFunction[] {
  return symbols(elf, [STT_OBJECT]);
}

function symbols(elf: ElfFile, types: readonly number[]): ElfFunction[] {
  const table = elf.sections.find((s) => s.type === SHT_SYMTAB) ?? elf.sections.find((s) => s.type === SHT_DYNSYM);
  if (!table) return [];
  const strings = elf.sections[table.link]?.data ?? null;
  const found: ElfFunction[] = [];
  const r = new ByteReader(table.data);
  for (let n = 0; r.left >= 24 && n < MAX_SYMBOLS; n++) {
    const name = r.u32();
    const info = r.u8();
    r.skip(1);
    const section = r.u16();
    const address = r.u64();
    const size = r.u64();
    const type = info & 15;
    if (section === 0 || !types.includes(type)) continue;
    const text = stringAt(strings, name);
    if (text) found.push({ name: text, address, size });
  }
  // Of several names of one place the one without leading underscores is the one people know.
  found.sort((a, b) => a.address - b.address || underscores(a.name) - underscores(b.name) || a.name.length - b.name.length);
  return found.filter((f, i) => i === 0 || f.address !== found[i - 1]?.address);
}

function underscores(name: string): number {
  return name.length - name.replace(/^_+/, "").length;
}

/** The function that an address lies in, or null. `functions` as elfFunctions gives them. */
export function functionAt(functions: readonly ElfFunction[], address: number): ElfFunction | null {
  let lo = 0;
  let hi = functions.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ((functions[mid] as ElfFunction).address <= address) lo = mid + 1;
    else hi = mid;
  }
  const f = functions[lo - 1];
  if (!f) return null;
  return f.size === 0 || address < f.address + f.size ? f : null;
}
