import { assembleVdso } from "./code.ts";

/**
 * Puts the vDSO together: a shared object of one read-only, executable page, as the linker would
 * write it. Found by name through DT_HASH or DT_GNU_HASH, all symbols at version LINUX_2.6.
 */

const SONAME = "linux-vdso.so.1";
const VERSION = "LINUX_2.6";
const PAGE = 4096;
const EHDR = 64;
const PHDR = 56;
const SYM = 24;
const TEXT_ALIGN = 64;
/** The data page lies below the code. */
const DATA_PAGE = -PAGE;

const SHT = {
  PROGBITS: 1,
  STRTAB: 3,
  HASH: 5,
  DYNAMIC: 6,
  NOTE: 7,
  DYNSYM: 11,
  GNU_HASH: 0x6ffffff6,
  VERDEF: 0x6ffffffd,
  VERSYM: 0x6fffffff,
};
const ALLOC = 2;
const EXEC = 4;

interface Section {
  name: string;
  type: number;
  flags: number;
  link?: string;
  info?: number;
  align: number;
  entry: number;
  bytes: Uint8Array;
  at: number;
}

/** The System V hash of a name. */
function elfHash(name: string): number {
  let h = 0;
  for (let i = 0; i < name.length; i++) {
    h = ((h << 4) + name.charCodeAt(i)) >>> 0;
    const top = h & 0xf0000000;
    h = (h ^ (top >>> 24)) & ~top;
  }
  return h >>> 0;
}

/** The hash of DT_GNU_HASH. */
function gnuHash(name: string): number {
  let h = 5381;
  for (let i = 0; i < name.length; i++) h = (Math.imul(h, 33) + name.charCodeAt(i)) >>> 0;
  return h;
}

class Strings {
  text = "\0";
  add(s: string): number {
    const known = this.text.indexOf(`\0${s}\0`);
    if (known >= 0) return known + 1;
    const at = this.text.length;
    this.text += `${s}\0`;
    return at;
  }
  bytes(): Uint8Array {
    return Uint8Array.from(this.text, (c) => c.charCodeAt(0));
  }
}

const words = (list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);

/** One bucket: every name is in it. Bloom filter with one word, which lets all through. */
function gnuHashTable(names: string[]): Uint8Array {
  const chain = names.map((n, i) => ((gnuHash(n) & ~1) | (i === names.length - 1 ? 1 : 0)) >>> 0);
  return words([1, 1, 1, 6, 0xffffffff, 0xffffffff, 1, ...chain]);
}

function hashTable(names: string[]): Uint8Array {
  const buckets = [0, 0, 0];
  const chain = [0];
  names.forEach((n, i) => {
    const b = elfHash(n) % 3;
    chain.push(buckets[b]!);
    buckets[b] = i + 1;
  });
  return words([3, chain.length, ...buckets, ...chain]);
}

/** Version 1 is the object itself, 2 is LINUX_2.6. */
function versionDefinitions(strings: Strings): Uint8Array {
  const view = new DataView(new ArrayBuffer(56));
  [SONAME, VERSION].forEach((name, i) => {
    const at = i * 28;
    view.setUint16(at, 1, true);
    view.setUint16(at + 2, i === 0 ? 1 : 0, true);
    view.setUint16(at + 4, i + 1, true);
    view.setUint16(at + 6, 1, true);
    view.setUint32(at + 8, elfHash(name), true);
    view.setUint32(at + 12, 20, true);
    view.setUint32(at + 16, i === 0 ? 28 : 0, true);
    view.setUint32(at + 20, strings.add(name), true);
  });
  return new Uint8Array(view.buffer);
}

/** No function of ours moves the stack pointer: one entry says where the return address is in all of them. */
function unwindTable(sectionAt: number, textAt: number, textSize: number): Uint8Array {
  const bytes = new Uint8Array(24 + 24 + 4);
  const view = new DataView(bytes.buffer);
  // CIE: version 1, "zR", code and data alignment 1 and -8, return address in column 16, pcrel sdata4;
  // the frame is at rsp + 8, the return address 8 below.
  view.setUint32(0, 20, true);
  bytes.set([1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1], 8);
  view.setUint32(24, 20, true);
  view.setUint32(28, 28, true);
  view.setInt32(32, textAt - (sectionAt + 32), true);
  view.setUint32(36, textSize, true);
  return bytes;
}

/** The index of the unwind table that PT_GNU_EH_FRAME names. */
function unwindIndex(at: number, table: number, textAt: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  bytes.set([1, 0x1b, 0x03, 0x3b]);
  view.setInt32(4, table - (at + 4), true);
  view.setUint32(8, 1, true);
  view.setInt32(12, textAt - at, true);
  view.setInt32(16, table + 24 - at, true);
  return bytes;
}

/** A note that tells the version of Linux, as the kernel's own has it. */
function versionNote(): Uint8Array {
  const out = new Uint8Array(24);
  const view = new DataView(out.buffer);
  view.setUint32(0, 6, true);
  view.setUint32(4, 4, true);
  out.set([0x4c, 0x69, 0x6e, 0x75, 0x78], 12);
  view.setUint32(20, (6 << 16) | (1 << 8), true);
  return out;
}

/** The bytes of the vDSO: one page. The data page must be mapped just below it. */
export function buildVdso(): Uint8Array {
  const { assembler, functions } = assembleVdso();
  const strings = new Strings();
  const symbols = [
    ...functions.flatMap((f) => [
      { name: `__vdso_${f.name}`, bind: 1, type: 2, at: f.at, size: f.size },
      { name: f.name, bind: 2, type: 2, at: f.at, size: f.size },
    ]),
    { name: VERSION, bind: 1, type: 1, at: -1, size: 0 },
  ];
  const names = symbols.map((s) => s.name);
  const versions = versionDefinitions(strings);
  const symbolNames = names.map((n) => strings.add(n));
  const sections: Section[] = [];
  const phnum = 4;
  let end = EHDR + phnum * PHDR;
  const add = (name: string, type: number, bytes: Uint8Array, rest: Partial<Section> = {}): Section => {
    const align = rest.align ?? 8;
    const s: Section = { name, type, flags: ALLOC, align, entry: 0, bytes, ...rest, at: Math.ceil(end / align) * align };
    end = s.at + bytes.length;
    sections.push(s);
    return s;
  };
  const hash = add(".hash", SHT.HASH, hashTable(names), { link: ".dynsym", entry: 4 });
  const gnu = add(".gnu.hash", SHT.GNU_HASH, gnuHashTable(names), { link: ".dynsym" });
  const dynsym = add(".dynsym", SHT.DYNSYM, new Uint8Array((symbols.length + 1) * SYM), { link: ".dynstr", entry: SYM, info: 1 });
  const dynstr = add(".dynstr", SHT.STRTAB, strings.bytes(), { align: 1 });
  const versym = new Uint8Array(new Uint16Array([0, ...names.map(() => 2)]).buffer);
  const versymAt = add(".gnu.version", SHT.VERSYM, versym, { link: ".dynsym", entry: 2, align: 2 });
  const verdef = add(".gnu.version_d", SHT.VERDEF, versions, { link: ".dynstr", info: 2 });
  const dynamic = add(".dynamic", SHT.DYNAMIC, new Uint8Array(11 * 16), { link: ".dynstr", entry: 16 });
  const note = add(".note", SHT.NOTE, versionNote(), { align: 4 });
  const index = add(".eh_frame_hdr", SHT.PROGBITS, new Uint8Array(20), { align: 4 });
  const unwind = add(".eh_frame", SHT.PROGBITS, new Uint8Array(52));
  const text = add(".text", SHT.PROGBITS, new Uint8Array(assembler.bytes.length), { flags: ALLOC | EXEC, align: TEXT_ALIGN });
  text.bytes = assembler.finish(text.at, DATA_PAGE);
  index.bytes = unwindIndex(index.at, unwind.at, text.at);
  unwind.bytes = unwindTable(unwind.at, text.at, text.bytes.length);

  const loadEnd = end;
  const sectionNames = new Strings();
  for (const s of [...sections.map((x) => x.name), ".shstrtab"]) sectionNames.add(s);
  const shstr = add(".shstrtab", SHT.STRTAB, sectionNames.bytes(), { flags: 0, align: 1 });
  const out = new Uint8Array(PAGE);
  const view = new DataView(out.buffer);

  const textIndex = sections.indexOf(text) + 1;
  const sym = new DataView(dynsym.bytes.buffer);
  symbols.forEach((s, i) => {
    const at = (i + 1) * SYM;
    sym.setUint32(at, symbolNames[i]!, true);
    sym.setUint8(at + 4, (s.bind << 4) | s.type);
    // The version's own symbol is absolute.
    sym.setUint16(at + 6, s.at < 0 ? 0xfff1 : textIndex, true);
    sym.setUint32(at + 8, s.at < 0 ? 0 : text.at + s.at, true);
    sym.setUint32(at + 16, s.size, true);
  });
  const entries: [number, number][] = [
    [14, strings.add(SONAME)],
    [4, hash.at],
    [0x6ffffef5, gnu.at],
    [5, dynstr.at],
    [6, dynsym.at],
    [10, dynstr.bytes.length],
    [11, SYM],
    [0x6ffffffc, verdef.at],
    [0x6ffffffd, 2],
    [0x6ffffff0, versymAt.at],
  ];
  // DT_NULL, all zeros, ends it.
  const dyn = new DataView(dynamic.bytes.buffer);
  entries.forEach(([tag, value], i) => {
    dyn.setUint32(i * 16, tag, true);
    dyn.setUint32(i * 16 + 8, value, true);
  });

  for (const s of sections) out.set(s.bytes, s.at);
  const shoff = Math.ceil(end / 8) * 8;
  const all = [null, ...sections];
  if (shoff + all.length * 64 > PAGE) throw new RangeError("the vDSO does not fit a page");
  all.forEach((s, i) => {
    if (!s) return;
    const at = shoff + i * 64;
    view.setUint32(at, sectionNames.add(s.name), true);
    view.setUint32(at + 4, s.type, true);
    view.setUint32(at + 8, s.flags, true);
    view.setUint32(at + 16, s.flags & ALLOC ? s.at : 0, true);
    view.setUint32(at + 24, s.at, true);
    view.setUint32(at + 32, s.bytes.length, true);
    view.setUint32(at + 40, s.link ? sections.findIndex((x) => x.name === s.link) + 1 : 0, true);
    view.setUint32(at + 44, s.info ?? 0, true);
    view.setUint32(at + 48, s.align, true);
    view.setUint32(at + 56, s.entry, true);
  });
  const segments: [type: number, flags: number, at: number, size: number, align: number][] = [
    [1, 5, 0, loadEnd, PAGE],
    [2, 4, dynamic.at, dynamic.bytes.length, 8],
    [4, 4, note.at, note.bytes.length, 4],
    [0x6474e550, 4, index.at, index.bytes.length, 4],
  ];
  segments.forEach(([type, flags, at, size, align], i) => {
    const p = EHDR + i * PHDR;
    view.setUint32(p, type, true);
    view.setUint32(p + 4, flags, true);
    for (const field of [8, 16, 24]) view.setUint32(p + field, at, true);
    view.setUint32(p + 32, size, true);
    view.setUint32(p + 40, size, true);
    view.setUint32(p + 48, align, true);
  });
  out.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, text.at, true);
  view.setUint32(32, EHDR, true);
  view.setUint32(40, shoff, true);
  for (const [i, n] of [EHDR, PHDR, phnum, 64, all.length, sections.indexOf(shstr) + 1].entries()) view.setUint16(52 + i * 2, n, true);
  return out;
}
