import type { CpuContext } from "@lstar/machine";

/** gdb's amd64 general registers in its order: hardware number of each, then rip, eflags and the segments. */
const GENERAL = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
const NAMES = "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip eflags cs ss ds es fs gs".split(" ");
/** User-mode selectors of Linux (arch/x86/include/asm/segment.h). */
const USER_CS = 0x33;
const USER_DS = 0x2b;
const CONTROL = "fctrl fstat ftag fiseg fioff foseg fooff fop".split(" ");

interface Register {
  name: string;
  offset: number;
  size: number;
}

/** All registers with their place in the `g` packet. */
export const REGISTERS: readonly Register[] = layout();
/** Bytes of a `g` packet. */
export const REGISTERS_SIZE = REGISTERS.reduce((n, r) => n + r.size, 0);
const INDEX = new Map(REGISTERS.map((r, i) => [r.name, i]));
export const RIP_NUMBER = INDEX.get("rip") as number;

function layout(): Register[] {
  const out: Register[] = [];
  let offset = 0;
  const add = (name: string, size: number): void => {
    out.push({ name, offset, size });
    offset += size;
  };
  for (const [i, name] of NAMES.entries()) add(name, i < 17 ? 8 : 4);
  for (let i = 0; i < 8; i++) add(`st${i}`, 10);
  for (const name of CONTROL) add(name, 4);
  for (let i = 0; i < 16; i++) add(`xmm${i}`, 16);
  add("mxcsr", 4);
  add("orig_rax", 8);
  add("fs_base", 8);
  add("gs_base", 8);
  return out;
}

const reg = (name: string, bits: number, type: string, more = ""): string =>
  `<reg name="${name}" bitsize="${bits}" type="${type}"${more}/>`;

/** The target description that gdb asks for. */
export function targetXml(): string {
  const core = NAMES.map((n, i) =>
    reg(
      n,
      i < 17 ? 64 : 32,
      n === "rip" ? "code_ptr" : n === "rsp" || n === "rbp" ? "data_ptr" : n === "eflags" ? "i386_eflags" : i < 16 ? "int64" : "int32",
    ),
  );
  const st = Array.from({ length: 8 }, (_, i) => reg(`st${i}`, 80, "i387_ext"));
  const control = CONTROL.map((n) => reg(n, 32, "int", ' group="float"'));
  const xmm = Array.from({ length: 16 }, (_, i) => reg(`xmm${i}`, 128, "vec128"));
  const flag = (name: string, bit: number): string => `<field name="${name}" start="${bit}" end="${bit}"/>`;
  const flags = (id: string, size: number, fields: [string, number][]): string =>
    `<flags id="${id}" size="${size}">${fields.map(([n, b]) => flag(n, b)).join("")}</flags>`;
  const eflags: [string, number][] = [
    ["CF", 0],
    ["", 1],
    ["PF", 2],
    ["AF", 4],
    ["ZF", 6],
    ["SF", 7],
    ["TF", 8],
    ["IF", 9],
    ["DF", 10],
    ["OF", 11],
    ["NT", 14],
    ["RF", 16],
    ["VM", 17],
    ["AC", 18],
    ["VIF", 19],
    ["VIP", 20],
    ["ID", 21],
  ];
  const mxcsr = "IE DE ZE OE UE PE DAZ IM DM ZM OM UM PM".split(" ").map((n, i): [string, number] => [n, i]);
  const vector = (id: string, type: string, count: number): string => `<vector id="${id}" type="${type}" count="${count}"/>`;
  const union = `<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/><field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/><field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>`;
  return [
    '<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target><architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>',
    `<feature name="org.gnu.gdb.i386.core">${flags("i386_eflags", 4, eflags)}${core.join("")}${st.join("")}${control.join("")}</feature>`,
    `<feature name="org.gnu.gdb.i386.sse">${vector("v4f", "ieee_single", 4)}${vector("v2d", "ieee_double", 2)}${vector("v16i8", "int8", 16)}${vector("v8i16", "int16", 8)}${vector("v4i32", "int32", 4)}${vector("v2i64", "int64", 2)}${union}${flags("i386_mxcsr", 4, [...mxcsr, ["FZ", 15]])}${xmm.join("")}${reg("mxcsr", 32, "i386_mxcsr", ' group="vector"')}</feature>`,
    `<feature name="org.gnu.gdb.i386.linux">${reg("orig_rax", 64, "int")}</feature>`,
    `<feature name="org.gnu.gdb.i386.segments">${reg("fs_base", 64, "int")}${reg("gs_base", 64, "int")}</feature></target>`,
  ].join("");
}

function put64(v: DataView, at: number, n: number): void {
  v.setInt32(at, n | 0, true);
  v.setInt32(at + 4, Math.floor(n / 4294967296) | 0, true);
}
const get64 = (v: DataView, at: number): number => v.getUint32(at + 4, true) * 4294967296 + v.getUint32(at, true);

/** The full tag word out of FXSAVE's abridged one (Intel SDM volume 1, 10.5.1.1). */
function fullTag(image: DataView): number {
  const top = (image.getUint16(2, true) >> 11) & 7;
  const valid = image.getUint8(4);
  let out = 0;
  for (let physical = 0; physical < 8; physical++) {
    let tag = 3;
    if (valid & (1 << physical)) {
      const at = 32 + ((physical - top) & 7) * 16;
      const exponent = image.getUint16(at + 8, true) & 0x7fff;
      const lo = image.getUint32(at, true);
      const hi = image.getUint32(at + 4, true);
      if (exponent === 0x7fff) tag = 2;
      else if (exponent === 0) tag = lo === 0 && hi === 0 ? 1 : 2;
      else tag = hi >>> 31 ? 0 : 2;
    }
    out |= tag << (physical * 2);
  }
  return out;
}

/** The registers as a `g` packet has them. `origRax`: number of the system call being made, -1 none. */
export function readRegisters(cpu: CpuContext, origRax: number): Uint8Array {
  const out = new Uint8Array(REGISTERS_SIZE);
  const v = new DataView(out.buffer);
  const at = (name: string): number => (REGISTERS[INDEX.get(name) as number] as Register).offset;
  GENERAL.forEach((n, i) => {
    v.setInt32(i * 8, cpu.getLo(n), true);
    v.setInt32(i * 8 + 4, cpu.getHi(n), true);
  });
  v.setInt32(at("rip"), cpu.ripLo, true);
  v.setInt32(at("rip") + 4, cpu.ripHi, true);
  v.setInt32(at("eflags"), cpu.rflags, true);
  v.setInt32(at("cs"), USER_CS, true);
  v.setInt32(at("ss"), USER_DS, true);
  const image = new Uint8Array(512);
  cpu.writeFxsave(image, 0);
  const f = new DataView(image.buffer);
  for (let i = 0; i < 8; i++) out.set(image.subarray(32 + i * 16, 42 + i * 16), at(`st${i}`));
  v.setInt32(at("fctrl"), f.getUint16(0, true), true);
  v.setInt32(at("fstat"), f.getUint16(2, true), true);
  v.setInt32(at("ftag"), fullTag(f), true);
  v.setInt32(at("fiseg"), f.getUint16(12, true), true);
  v.setInt32(at("fioff"), f.getInt32(8, true), true);
  v.setInt32(at("foseg"), f.getUint16(20, true), true);
  v.setInt32(at("fooff"), f.getInt32(16, true), true);
  v.setInt32(at("fop"), f.getUint16(6, true), true);
  out.set(image.subarray(160, 160 + 256), at("xmm0"));
  v.setInt32(at("mxcsr"), cpu.mxcsr, true);
  put64(v, at("orig_rax"), origRax);
  put64(v, at("fs_base"), cpu.fsBase);
  put64(v, at("gs_base"), cpu.gsBase);
  return out;
}

/** Sets registers from a `g` packet's bytes. Segments and orig_rax stay what they are. */
export function writeRegisters(cpu: CpuContext, bytes: Uint8Array): void {
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = (name: string): number => (REGISTERS[INDEX.get(name) as number] as Register).offset;
  GENERAL.forEach((n, i) => {
    cpu.setParts(n, v.getInt32(i * 8, true), v.getInt32(i * 8 + 4, true));
  });
  cpu.setRipParts(v.getInt32(at("rip"), true), v.getInt32(at("rip") + 4, true));
  cpu.rflags = v.getInt32(at("eflags"), true) & 0x244dd5;
  const image = new Uint8Array(512);
  cpu.writeFxsave(image, 0);
  const f = new DataView(image.buffer);
  for (let i = 0; i < 8; i++) image.set(bytes.subarray(at(`st${i}`), at(`st${i}`) + 10), 32 + i * 16);
  f.setUint16(0, v.getUint16(at("fctrl"), true), true);
  f.setUint16(2, v.getUint16(at("fstat"), true), true);
  let tags = 0;
  const full = v.getUint16(at("ftag"), true);
  for (let i = 0; i < 8; i++) if (((full >> (i * 2)) & 3) !== 3) tags |= 1 << i;
  f.setUint8(4, tags);
  image.set(bytes.subarray(at("xmm0"), at("xmm0") + 256), 160);
  f.setUint32(24, v.getUint32(at("mxcsr"), true) & 0xffff, true);
  cpu.readFxsave(image, 0);
  cpu.fsBase = get64(v, at("fs_base"));
  cpu.gsBase = get64(v, at("gs_base"));
}
