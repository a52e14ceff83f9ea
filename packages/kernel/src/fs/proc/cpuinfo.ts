import { cpuid } from "@lstar/machine";
import { file, procGlobal } from "./entry.ts";

/** Feature words as Linux orders and names them: leaf, subleaf, register (0 eax … 3 edx), names by bit. @linux arch/x86/include/asm/cpufeatures.h */
const words: readonly { leaf: number; sub: number; reg: number; names: Record<number, string> }[] = [
  {
    leaf: 1,
    sub: 0,
    reg: 3,
    names: {
      0: "fpu",
      1: "vme",
      2: "de",
      3: "pse",
      4: "tsc",
      5: "msr",
      6: "pae",
      7: "mce",
      8: "cx8",
      9: "apic",
      11: "sep",
      12: "mtrr",
      13: "pge",
      14: "mca",
      15: "cmov",
      16: "pat",
      17: "pse36",
      19: "clflush",
      23: "mmx",
      24: "fxsr",
      25: "sse",
      26: "sse2",
      28: "ht",
    },
  },
  { leaf: 0x80000001, sub: 0, reg: 3, names: { 11: "syscall", 20: "nx", 22: "mmxext", 26: "pdpe1gb", 27: "rdtscp", 29: "lm" } },
  {
    leaf: 1,
    sub: 0,
    reg: 2,
    names: {
      0: "pni",
      1: "pclmulqdq",
      9: "ssse3",
      12: "fma",
      13: "cx16",
      19: "sse4_1",
      20: "sse4_2",
      22: "movbe",
      23: "popcnt",
      25: "aes",
      26: "xsave",
      28: "avx",
      29: "f16c",
      30: "rdrand",
      31: "hypervisor",
    },
  },
  { leaf: 0x80000001, sub: 0, reg: 2, names: { 0: "lahf_lm", 5: "abm" } },
  { leaf: 7, sub: 0, reg: 1, names: { 0: "fsgsbase", 3: "bmi1", 5: "avx2", 8: "bmi2", 9: "erms", 18: "rdseed", 19: "adx", 29: "sha_ni" } },
  { leaf: 13, sub: 1, reg: 0, names: { 0: "xsaveopt", 1: "xsavec", 2: "xgetbv1", 3: "xsaves" } },
];

function flags(): string {
  const out: string[] = [];
  for (const w of words) {
    const value = cpuid(w.leaf, w.sub)[w.reg] as number;
    for (const [bit, name] of Object.entries(w.names)) if ((value >>> Number(bit)) & 1) out.push(name);
    // What Linux finds out for itself comes between the second and third word.
    if (w.leaf === 0x80000001 && w.reg === 3) out.push("constant_tsc", "rep_good", "nopl", "nonstop_tsc", "cpuid");
  }
  return out.join(" ");
}

function characters(...values: number[]): string {
  let out = "";
  for (const v of values) for (let i = 0; i < 4; i++) out += String.fromCharCode((v >>> (8 * i)) & 0xff);
  return out.replace(/\0+$/, "");
}

/** @linux arch/x86/kernel/cpu/proc.c show_cpuinfo */
function cpuinfo(): string {
  const [maxLeaf, b, c, d] = cpuid(0, 0);
  const signature = cpuid(1, 0)[0];
  const family = (signature >>> 8) & 0xf;
  const model = ((signature >>> 4) & 0xf) | (family >= 6 ? (signature >>> 12) & 0xf0 : 0);
  const brand = characters(...cpuid(0x80000002, 0), ...cpuid(0x80000003, 0), ...cpuid(0x80000004, 0));
  const line = (name: string, value: string | number): string => `${name}${name.length < 8 ? "\t\t" : "\t"}: ${value}\n`;
  return (
    line("processor", 0) +
    line("vendor_id", characters(b, d, c)) +
    line("cpu family", family) +
    line("model", model) +
    line("model name", brand.trim()) +
    line("stepping", signature & 0xf) +
    line("microcode", "0x1") +
    line("cpu MHz", "1000.000") +
    line("cache size", `${cpuid(0x80000006, 0)[2] >>> 16} KB`) +
    line("physical id", 0) +
    line("siblings", 1) +
    line("core id", 0) +
    line("cpu cores", 1) +
    line("apicid", 0) +
    line("initial apicid", 0) +
    line("fpu", "yes") +
    line("fpu_exception", "yes") +
    line("cpuid level", maxLeaf) +
    line("wp", "yes") +
    line("flags", flags()) +
    "bugs\t\t:\n" +
    line("bogomips", "2000.00") +
    line("clflush size", 64) +
    line("cache_alignment", 64) +
    line("address sizes", "40 bits physical, 48 bits virtual") +
    "power management:\n\n"
  );
}

procGlobal({ cpuinfo: file(cpuinfo) });
