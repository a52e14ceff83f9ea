/**
 * What the processor says of itself: x86-64-v2 with the features that work, and none that do not
 * (Intel SDM volume 2, CPUID). Family and model are those of a generic 64-bit processor; leaf 4
 * describes the caches that C libraries size their copies by.
 */

/** Feature bits of leaf 1, ecx: SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT, XSAVE, OSXSAVE. */
const LEAF1_ECX = (1 << 0) | (1 << 9) | (1 << 13) | (1 << 19) | (1 << 20) | (1 << 23) | (1 << 26) | (1 << 27);
/** Leaf 1, edx: FPU, DE, TSC, MSR, CX8, CMOV, CLFSH, MMX, FXSR, SSE, SSE2. */
const LEAF1_EDX =
  (1 << 0) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 15) | (1 << 19) | (1 << 23) | (1 << 24) | (1 << 25) | (1 << 26);
/** Leaf 7, ebx: FSGSBASE, ERMS. */
const LEAF7_EBX = (1 << 0) | (1 << 9);
const VENDOR = "GenuineIntel";
const BRAND = "lstar x86-64-v2 processor";

/** Bits of AT_HWCAP: leaf 1 edx (Linux gives the same word). */
export const CPUID_1_EDX = LEAF1_EDX >>> 0;

type Regs = readonly [eax: number, ebx: number, ecx: number, edx: number];
const ZERO: Regs = [0, 0, 0, 0];

function word(text: string, at: number): number {
  let v = 0;
  for (let i = 3; i >= 0; i--) v = (v << 8) | (text.charCodeAt(at + i) || 0);
  return v >>> 0;
}

/** Deterministic cache parameters: L1d 32 KiB, L1i 32 KiB, L2 1 MiB, L3 16 MiB, lines of 64 bytes. */
function cache(index: number): Regs {
  const describe = (type: number, level: number, ways: number, sets: number): Regs => [
    type | (level << 5) | (1 << 8),
    63 | ((ways - 1) << 22),
    sets - 1,
    0,
  ];
  switch (index) {
    case 0:
      return describe(1, 1, 8, 64);
    case 1:
      return describe(2, 1, 8, 64);
    case 2:
      return describe(3, 2, 16, 1024);
    case 3:
      return describe(3, 3, 16, 16384);
    default:
      return ZERO;
  }
}

/** The four registers for a leaf and subleaf. */
export function cpuid(leaf: number, subleaf: number): Regs {
  switch (leaf >>> 0) {
    case 0:
      return [0xd, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4)];
    case 1:
      // Family 6; ebx: clflush line 8 * 8 bytes, one logical processor.
      return [0x000106a5, 0x00010800, LEAF1_ECX >>> 0, LEAF1_EDX >>> 0];
    case 4:
      return cache(subleaf);
    case 7:
      return subleaf === 0 ? [0, LEAF7_EBX, 0, 0] : ZERO;
    case 0xd:
      if (subleaf === 0) return [3, 576, 576, 0];
      // XSAVEOPT, XSAVEC.
      if (subleaf === 1) return [3, 576, 0, 0];
      return ZERO;
    case 0x80000000:
      return [0x80000008, 0, 0, 0];
    case 0x80000001:
      // LAHF in 64-bit mode; SYSCALL, NX, RDTSCP, long mode.
      return [0, 0, 1, ((1 << 11) | (1 << 20) | (1 << 27) | (1 << 29)) >>> 0];
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: {
      const at = ((leaf >>> 0) - 0x80000002) * 16;
      return [word(BRAND, at), word(BRAND, at + 4), word(BRAND, at + 8), word(BRAND, at + 12)];
    }
    case 0x80000006:
      return [0, 0, (64 | (6 << 12) | (1024 << 16)) >>> 0, 0];
    case 0x80000007:
      // Invariant TSC.
      return [0, 0, 0, 1 << 8];
    case 0x80000008:
      return [(48 << 8) | 40, 0, 0, 0];
    default:
      return ZERO;
  }
}
