/** Reads the headers of a tar archive: ustar, GNU (long names) and pax. File data are not touched. */

import { checkMap, decimal, mapInData, mapOf, type SparseMap, SparseSource } from "./sparse.ts";

/** Bytes that can be read anywhere. */
export interface ByteSource {
  readonly size: number;
  /** Fills `out` from a position on; fewer bytes only at the end. */
  read(out: Uint8Array, position: number): number;
}

/** The archive is damaged, or claims what it must not. */
export class ArchiveError extends Error {}

export interface TarEntry {
  /** latin1 byte strings, as they are in the archive. */
  name: string;
  linkname: string;
  /** One of "file", "link", "symlink", "char", "block", "dir", "fifo". */
  type: "file" | "link" | "symlink" | "char" | "block" | "dir" | "fifo";
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Seconds, with a fraction. */
  mtime: { sec: number; nsec: number };
  major: number;
  minor: number;
  /** Where the file's data begin. */
  position: number;
  xattrs: Map<string, string> | null;
  /** A sparse file's bytes, which are not those at `position`. */
  sparse: ByteSource | null;
}

const BLOCK = 512;
const MAX_ENTRIES = 2_000_000;
/** Longest extended header that is believed. */
const MAX_EXTENDED = 1024 * 1024;
const TYPES: Record<string, TarEntry["type"]> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  S: "file",
  "1": "link",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "dir",
  "6": "fifo",
};

function text(b: Uint8Array, at: number, n: number): string {
  let s = "";
  for (let i = at; i < at + n && b[i] !== 0; i++) s += String.fromCharCode(b[i] as number);
  return s;
}

/** An octal field, or GNU's base-256 for what does not fit. */
function number(b: Uint8Array, at: number, n: number): number {
  if (((b[at] as number) & 0x80) !== 0) {
    // Negative numbers (dates before 1970) are taken as 0.
    if (((b[at] as number) & 0x40) !== 0) return 0;
    let v = (b[at] as number) & 0x3f;
    for (let i = at + 1; i < at + n; i++) v = v * 256 + (b[i] as number);
    if (!Number.isSafeInteger(v)) throw new ArchiveError("the archive has a number that is too large");
    return v;
  }
  const s = text(b, at, n).trim();
  if (s === "") return 0;
  if (!/^[0-7]+$/.test(s)) throw new ArchiveError("the archive has a number that is none");
  return Number.parseInt(s, 8);
}

function checksumFits(b: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (b[i] as number);
  return sum === number(b, 148, 8);
}

/** True if the bytes begin with a tar header. */
export function looksLikeTar(head: Uint8Array): boolean {
  try {
    return head.length >= BLOCK && (checksumFits(head) || head.subarray(0, BLOCK).every((x) => x === 0));
  } catch {
    return false;
  }
}

/** Pairs of numbers in a header: up to the first that is empty. */
function pairs(b: Uint8Array, at: number, count: number, into: number[]): void {
  for (; count > 0 && b[at] !== 0; count--, at += 24) into.push(number(b, at, 12), number(b, at + 12, 12));
}

/** A sparse file's map in GNU's old format: in the header, and in blocks after it. */
function oldMap(source: ByteSource, b: Uint8Array, position: number): { map: SparseMap; size: number; data: number } {
  const numbers: number[] = [];
  pairs(b, 386, 4, numbers);
  const size = number(b, 483, 12);
  const block = new Uint8Array(BLOCK);
  for (let more = b[482] !== 0; more; more = block[504] !== 0) {
    if (source.read(block, position) !== BLOCK) throw new ArchiveError("the archive is cut off");
    pairs(block, 0, 21, numbers);
    position += BLOCK;
  }
  return { map: mapOf(numbers), size, data: position };
}

/** The bytes of a sparse file in any of GNU tar's formats, and its name if the header's is a substitute; null for other files. */
function sparseFile(
  source: ByteSource,
  pax: Map<string, string>,
  position: number,
  stored: number,
  old: { map: SparseMap; size: number; data: number } | null,
): { source: ByteSource; name: string | undefined } | null {
  const real = pax.get("GNU.sparse.realsize") ?? pax.get("GNU.sparse.size");
  let map: SparseMap;
  let size: number;
  let data = position;
  if (old) ({ map, size, data } = old);
  else if (real === undefined) return null;
  else {
    size = decimal(real);
    if (pax.get("GNU.sparse.major") === "1") {
      const inside = mapInData(source, position, stored);
      map = inside.map;
      data += inside.at;
      stored -= inside.at;
    } else map = mapOf((pax.get("GNU.sparse.map") ?? "").split(",").filter(Boolean).map(decimal));
  }
  checkMap(map, size, stored);
  return { source: new SparseSource(source, data, map, size), name: pax.get("GNU.sparse.name") };
}

/** The records "length key=value\n" of an extended header. */
function paxRecords(b: Uint8Array, into: Map<string, string>): void {
  let at = 0;
  while (at < b.length && b[at] !== 0) {
    const space = b.indexOf(32, at);
    const length = space < 0 ? Number.NaN : Number(text(b, at, space - at));
    const equals = b.indexOf(61, space);
    if (
      !Number.isInteger(length) ||
      length < 5 ||
      at + length > b.length ||
      equals < 0 ||
      equals >= at + length ||
      b[at + length - 1] !== 10
    )
      throw new ArchiveError("the archive has a damaged extended header");
    let value = "";
    for (let i = equals + 1; i < at + length - 1; i++) value += String.fromCharCode(b[i] as number);
    const key = text(b, space + 1, equals - space - 1);
    // The oldest sparse files repeat these two; later ones have them in one record.
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      const before = into.get("GNU.sparse.map");
      into.set("GNU.sparse.map", before === undefined ? value : `${before},${value}`);
    } else into.set(key, value);
    at += length;
  }
}

function paxNumber(pax: Map<string, string>, key: string, otherwise: number): number {
  const s = pax.get(key);
  if (s === undefined) return otherwise;
  const n = Number(s);
  if (s === "" || !Number.isFinite(n) || n < 0 || n > Number.MAX_SAFE_INTEGER) throw new ArchiveError(`the archive has a bad ${key}`);
  return n;
}

function extendedData(source: ByteSource, position: number, size: number): Uint8Array {
  if (size > MAX_EXTENDED) throw new ArchiveError("the archive has an extended header of more than 1 MiB");
  const out = new Uint8Array(size);
  if (source.read(out, position) !== size) throw new ArchiveError("the archive is cut off");
  return out;
}

/** All entries in their order. @throws ArchiveError */
export function* tarEntries(source: ByteSource): Generator<TarEntry> {
  const b = new Uint8Array(BLOCK);
  const global = new Map<string, string>();
  let pax = new Map<string, string>();
  let longName: string | null = null;
  let longLink: string | null = null;
  let count = 0;
  for (let at = 0; at < source.size; ) {
    if (source.read(b, at) !== BLOCK) throw new ArchiveError("the archive is cut off");
    if (b.every((x) => x === 0)) return;
    if (!checksumFits(b)) throw new ArchiveError(`the archive is damaged: a header's checksum is wrong (at byte ${at})`);
    if (++count > MAX_ENTRIES) throw new ArchiveError(`the archive has more than ${MAX_ENTRIES} entries`);
    const flag = String.fromCharCode(b[156] as number);
    const extended = flag === "x" || flag === "g" || flag === "L" || flag === "K";
    const size = extended ? number(b, 124, 12) : paxNumber(pax, "size", number(b, 124, 12));
    const position = at + BLOCK;
    const type = TYPES[flag];
    const stored = extended || type === "file" || type === undefined ? size : 0;
    if (position + stored > source.size)
      throw new ArchiveError(`the archive is cut off: ${text(b, 0, 100)} claims ${size} bytes that are not there`);
    const old = flag === "S" ? oldMap(source, b, position) : null;
    at = (old?.data ?? position) + Math.ceil(stored / BLOCK) * BLOCK;
    if (old && at > source.size) throw new ArchiveError("the archive is cut off");
    if (extended) {
      const data = extendedData(source, position, size);
      if (flag === "x") paxRecords(data, pax);
      else if (flag === "g") paxRecords(data, global);
      else if (flag === "L") longName = text(data, 0, size);
      else longLink = text(data, 0, size);
      continue;
    }
    const all = global.size === 0 ? pax : new Map([...global, ...pax]);
    const holes = type === "file" ? sparseFile(source, all, position, size, old) : null;
    if (holes) {
      if (holes.name !== undefined) all.set("path", holes.name);
      const e = entry(b, "file", all, longName, longLink, holes.source.size, position);
      e.sparse = holes.source;
      yield e;
    } else if (type) yield entry(b, type, all, longName, longLink, size, position);
    pax = new Map();
    longName = longLink = null;
  }
}

function entry(
  b: Uint8Array,
  type: TarEntry["type"],
  pax: Map<string, string>,
  longName: string | null,
  longLink: string | null,
  size: number,
  position: number,
): TarEntry {
  const prefix = text(b, 257, 6) === "ustar" && b[263] === 48 ? text(b, 345, 155) : "";
  const plain = text(b, 0, 100);
  let xattrs: TarEntry["xattrs"] = null;
  for (const [key, value] of pax) {
    if (!key.startsWith("SCHILY.xattr.")) continue;
    xattrs ??= new Map();
    xattrs.set(key.slice(13), value);
  }
  const mtime = paxNumber(pax, "mtime", number(b, 136, 12));
  const sec = Math.floor(mtime);
  const name = pax.get("path") ?? longName ?? (prefix ? `${prefix}/${plain}` : plain);
  return {
    name,
    linkname: pax.get("linkpath") ?? longLink ?? text(b, 157, 100),
    // Very old archives tell directories by the name alone.
    type: type === "file" && name.endsWith("/") ? "dir" : type,
    mode: number(b, 100, 8) & 0o7777,
    uid: paxNumber(pax, "uid", number(b, 108, 8)),
    gid: paxNumber(pax, "gid", number(b, 116, 8)),
    size: type === "file" ? size : 0,
    mtime: { sec, nsec: Math.round((mtime - sec) * 1e9) % 1e9 },
    major: number(b, 329, 8),
    minor: number(b, 337, 8),
    position,
    xattrs,
    sparse: null,
  };
}
