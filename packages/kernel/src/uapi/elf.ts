/** include/uapi/linux/elf.h and auxvec.h */
export const ET_EXEC = 2;
export const ET_DYN = 3;
export const EM_X86_64 = 62;
export const EM_386 = 3;
export const EM_ARM = 40;
export const EM_AARCH64 = 183;
export const EM_RISCV = 243;
export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

/** Sizes of Elf64_Ehdr and Elf64_Phdr. */
export const EHDR_SIZE = 64;
export const PHDR_SIZE = 56;

export const AT_NULL = 0;
export const AT_PHDR = 3;
export const AT_PHENT = 4;
export const AT_PHNUM = 5;
export const AT_PAGESZ = 6;
export const AT_BASE = 7;
export const AT_FLAGS = 8;
export const AT_ENTRY = 9;
export const AT_UID = 11;
export const AT_EUID = 12;
export const AT_GID = 13;
export const AT_EGID = 14;
export const AT_PLATFORM = 15;
export const AT_HWCAP = 16;
export const AT_CLKTCK = 17;
export const AT_SECURE = 23;
export const AT_RANDOM = 25;
export const AT_HWCAP2 = 26;
export const AT_RSEQ_FEATURE_SIZE = 27;
export const AT_RSEQ_ALIGN = 28;
export const AT_EXECFN = 31;
export const AT_SYSINFO_EHDR = 33;
export const AT_MINSIGSTKSZ = 51;

/** One program header. Addresses and sizes are exact below 2^53; larger ones read as huge and are refused. */
export interface ProgramHeader {
  type: number;
  flags: number;
  offset: number;
  vaddr: number;
  filesz: number;
  memsz: number;
  align: number;
}

export interface ElfHeader {
  type: number;
  machine: number;
  entry: number;
  phoff: number;
  phentsize: number;
  phnum: number;
}

const u64 = (v: DataView, at: number): number => v.getUint32(at + 4, true) * 4294967296 + v.getUint32(at, true);

/** The ELF header of a 64-bit little-endian file, or null if it is not one (of those Linux looks at). */
export function parseElfHeader(bytes: Uint8Array): ElfHeader | null {
  if (bytes.length < 64) return null;
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) return null;
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    type: v.getUint16(16, true),
    machine: v.getUint16(18, true),
    entry: u64(v, 24),
    phoff: u64(v, 32),
    phentsize: v.getUint16(54, true),
    phnum: v.getUint16(56, true),
  };
}

/** Program headers from their table's bytes. */
export function parseProgramHeaders(bytes: Uint8Array, count: number): ProgramHeader[] {
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out: ProgramHeader[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * 56;
    out.push({
      type: v.getUint32(at, true),
      flags: v.getUint32(at + 4, true),
      offset: u64(v, at + 8),
      vaddr: u64(v, at + 16),
      filesz: u64(v, at + 32),
      memsz: u64(v, at + 40),
      align: u64(v, at + 48),
    });
  }
  return out;
}
