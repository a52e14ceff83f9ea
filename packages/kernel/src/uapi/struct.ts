/**
 * UAPI structs are declared once; offsets, reading, writing and printing come from the declaration.
 * Layout follows the x86-64 System V ABI: natural alignment, size rounded to the largest member.
 */

/** Scalar member types. `x64` is carried as bigint (opaque 64-bit values); u64/s64 as numbers. */
export type Scalar = "u8" | "s8" | "u16" | "s16" | "u32" | "s32" | "u64" | "s64" | "x64" | "ptr";
export type MemberType = Scalar | StructDef | readonly [Scalar | StructDef, number];
export type StructValue = { [field: string]: number | bigint | StructValue | (number | bigint | StructValue)[] };

export interface Member {
  readonly name: string;
  readonly type: Scalar | StructDef;
  /** Elements of an array member, 0 for a plain one. */
  readonly count: number;
  readonly offset: number;
  readonly size: number;
}

const scalarSize: Record<Scalar, number> = { u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8, x64: 8, ptr: 8 };

export class StructDef {
  readonly name: string;
  readonly members: readonly Member[];
  /** sizeof and alignof. */
  readonly size: number;
  readonly align: number;
  /** Byte offset of each member by name. */
  readonly offset: Readonly<Record<string, number>>;

  constructor(name: string, fields: readonly (readonly [string, MemberType])[], options: { packed?: boolean; size?: number } = {}) {
    this.name = name;
    const members: Member[] = [];
    const offset: Record<string, number> = {};
    let at = 0;
    let align = 1;
    for (const [field, t] of fields) {
      const type = Array.isArray(t) ? (t[0] as Scalar | StructDef) : (t as Scalar | StructDef);
      const count = Array.isArray(t) ? (t[1] as number) : 0;
      const size = typeof type === "string" ? scalarSize[type] : type.size;
      const al = options.packed ? 1 : typeof type === "string" ? size : type.align;
      at = Math.ceil(at / al) * al;
      members.push({ name: field, type, count, offset: at, size });
      offset[field] = at;
      at += size * (count || 1);
      align = Math.max(align, al);
    }
    this.members = members;
    this.align = align;
    this.size = options.size ?? Math.ceil(at / align) * align;
    this.offset = offset;
  }

  /** Reads all members at a byte offset. */
  read(view: DataView, at: number): StructValue {
    const out: StructValue = {};
    for (const m of this.members) {
      if (m.count === 0) out[m.name] = readMember(view, at + m.offset, m.type);
      else out[m.name] = Array.from({ length: m.count }, (_, i) => readMember(view, at + m.offset + i * m.size, m.type));
    }
    return out;
  }

  /** Writes the given members at a byte offset; all other bytes, padding included, become zero. */
  write(view: DataView, at: number, value: StructValue): void {
    new Uint8Array(view.buffer, view.byteOffset + at, this.size).fill(0);
    for (const m of this.members) {
      const v = value[m.name];
      if (v === undefined) continue;
      if (m.count === 0) writeMember(view, at + m.offset, m.type, v as number | bigint | StructValue);
      else
        (v as (number | bigint | StructValue)[]).slice(0, m.count).forEach((e, i) => {
          writeMember(view, at + m.offset + i * m.size, m.type, e);
        });
    }
  }

  /** The struct's bytes for the given members. */
  bytes(value: StructValue): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.size);
    this.write(new DataView(out.buffer), 0, value);
    return out;
  }

  /** Reads all members from a byte array. */
  parse(bytes: Uint8Array, at = 0): StructValue {
    return this.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);
  }
}

/** Declares a struct: members in order, as in the C declaration. */
export function struct(
  name: string,
  fields: readonly (readonly [string, MemberType])[],
  options: { packed?: boolean; size?: number } = {},
): StructDef {
  return new StructDef(name, fields, options);
}

/** Reads an unsigned 64-bit number (exact below 2^53). */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296;
}

/** Reads a signed 64-bit number (exact within ±2^53). */
export function getS64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getInt32(at + 4, true) * 4294967296;
}

/** Writes a 64-bit number; negative numbers in two's complement. */
export function setU64(view: DataView, at: number, n: number): void {
  view.setUint32(at, n >= 0 ? n % 4294967296 : ((n % 4294967296) + 4294967296) % 4294967296, true);
  view.setInt32(at + 4, Math.floor(n / 4294967296), true);
}

function readMember(view: DataView, at: number, type: Scalar | StructDef): number | bigint | StructValue {
  if (typeof type !== "string") return type.read(view, at);
  switch (type) {
    case "u8":
      return view.getUint8(at);
    case "s8":
      return view.getInt8(at);
    case "u16":
      return view.getUint16(at, true);
    case "s16":
      return view.getInt16(at, true);
    case "u32":
      return view.getUint32(at, true);
    case "s32":
      return view.getInt32(at, true);
    case "s64":
      return getS64(view, at);
    case "x64":
      return view.getBigUint64(at, true);
    default:
      return getU64(view, at);
  }
}

function writeMember(view: DataView, at: number, type: Scalar | StructDef, v: number | bigint | StructValue): void {
  if (typeof type !== "string") {
    type.write(view, at, v as StructValue);
    return;
  }
  if (typeof v === "bigint") {
    view.setBigUint64(at, BigInt.asUintN(64, v), true);
    return;
  }
  const n = v as number;
  switch (scalarSize[type]) {
    case 1:
      view.setUint8(at, n);
      break;
    case 2:
      view.setUint16(at, n, true);
      break;
    case 4:
      view.setUint32(at, n, true);
      break;
    default:
      setU64(view, at, n);
  }
}
