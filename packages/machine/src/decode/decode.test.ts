import { existsSync, readFileSync } from "node:fs";
import { Code, CpuidFeature, Decoder, DecoderOptions, Instruction } from "iced-x86";
import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { Insn } from "./insn.ts";

/**
 * The decoder against iced-x86. Instructions of features that this processor does not offer must be
 * invalid for us although iced knows them; here is what they are, with the reason.
 */
const notOffered: Record<string, string> = {
  "not in x86-64-v2, and cpuid says so":
    "SHA AVX AVX2 AVX_ FMA F16C BMI1 BMI2 LZCNT ADX MOVBE RDRAND RDSEED AES VAES PCLMULQDQ VPCLMULQDQ GFNI SSE4A XOP TBM FMA4 RTM HLE CLWB CLFLUSHOPT PREFETCHWT1 RDPID MOVDIRI MOVDIR64B PTWRITE WAITPKG SERIALIZE ENQCMD RAO_INT CMPCCXADD AMX AVX512 SHA512 SM3 SM4 PKU MSRLIST PREFETCHITI PCONFIG HRESET UINTR CLDEMOTE WBNOINVD RDPRU MONITOR MONITORX MCOMMIT CLZERO AESKLE KL WIDE_KL LWP TSXLDTRK",
  "no such mode or vendor":
    "VMX SVM SMX SMM SMAP SKINIT INVPCID INVEPT INVVPID D3NOW D3NOWEXT PADLOCK CYRIX GEODE KNC SEV_ES SEV_SNP SNP TDX RMPQUERY INVLPGB TLB WRMSRNS FRED LKGS SGX1 OSS TSE USER_MSR TCE CPL0 PCOMMIT",
  "control-flow enforcement is not offered; its hint-space forms decode as nops": "CET_SS CET_IBT",
};
const prefixes = Object.values(notOffered)
  .join(" ")
  .split(" ")
  .map((s) => s.trim())
  .filter(Boolean);

/** Without their feature these act as something older (nop, prefetch, bsf, bsr, wbinvd) of the same length. */
const DEGRADED = /^(Lzcnt|Tzcnt|Prefetch|Cldemote|Wbnoinvd|Rdssp|Endbr)/;

const offeredCache = new Map<number, boolean>();
function offered(ins: Instruction): boolean {
  const code = ins.code;
  const known = offeredCache.get(code);
  if (known !== undefined) return known;
  let ok = true;
  if (!DEGRADED.test(Code[code]!))
    for (const f of ins.cpuidFeatures()) {
      const name = CpuidFeature[f]!;
      if (
        prefixes.some(
          (p) =>
            name === p || name.startsWith(`${p}_`) || (p.endsWith("_") && name.startsWith(p)) || (p === "AVX512" && name.startsWith(p)),
        )
      )
        ok = false;
      if (name.startsWith("PADLOCK") || name.startsWith("AMX") || name.startsWith("MULTIBYTENOP_AND_NOT")) ok = false;
    }
  offeredCache.set(code, ok);
  return ok;
}

/** xorshift32 */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const LEGACY = [0x66, 0xf2, 0xf3, 0x48, 0x40, 0x41, 0x4c, 0x4f, 0xf0, 0x67, 0x64, 0x65, 0x2e];
const insn = new Insn();
const out = new Instruction();

/** Compares one byte string; a text that says what differs, or null. */
function compare(bytes: Uint8Array): string | null {
  const d = new Decoder(64, bytes, DecoderOptions.None);
  d.decodeOut(out);
  d.free();
  const theirs = out.code === Code.INVALID || !offered(out) ? -1 : out.length;
  const ours = decode(bytes, 0, bytes.length, insn);
  if ((ours < 0 ? -1 : ours) === theirs) return null;
  return `${theirs < 0 ? "" : [...out.cpuidFeatures()].map((f) => CpuidFeature[f]).join("+")} ${[...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ")}: iced ${Code[out.code]} ${theirs}, ours ${ours}`;
}

describe("decoder", () => {
  it("agrees with iced-x86 on a million random byte strings", { timeout: 120_000 }, () => {
    const next = generator(0x2545f491);
    const bytes = new Uint8Array(15);
    const wrong: string[] = [];
    for (let i = 0; i < 1_000_000 && wrong.length < 20; i++) {
      for (let j = 0; j < 15; j++) bytes[j] = next() >>> 11;
      // Plain noise, and noise behind prefixes and each opcode map.
      const kind = i & 3;
      let at = 0;
      if (kind > 0) {
        for (let n = (next() >>> 9) % 3; n > 0; n--) bytes[at++] = LEGACY[(next() >>> 9) % LEGACY.length]!;
        if (kind >= 2) bytes[at++] = 0x0f;
        if (kind === 3) bytes[at++] = next() & 256 ? 0x38 : 0x3a;
      }
      const difference = compare(bytes);
      if (difference) wrong.push(difference);
    }
    expect(wrong).toEqual([]);
  });

  for (const file of ["/bin/busybox", "/bin/bash-static", "/lib/x86_64-linux-gnu/libc.so.6"]) {
    it(`agrees with iced-x86 over the text of ${file}`, { timeout: 120_000 }, () => {
      if (!existsSync(file)) throw new Error(`${file} is missing: run scripts/setup-debian.sh as root`);
      const text = textSection(readFileSync(file));
      const wrong: string[] = [];
      const d = new Decoder(64, text, DecoderOptions.None);
      let count = 0;
      while (d.canDecode && wrong.length < 20) {
        const at = d.position;
        d.decodeOut(out);
        if (out.code === Code.INVALID || !offered(out)) continue;
        count++;
        const ours = decode(text, at, text.length, insn);
        if (ours !== out.length) wrong.push(`${at.toString(16)}: iced ${Code[out.code]} ${out.length}, ours ${ours}`);
      }
      d.free();
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(100_000);
    });
  }
});

/** The .text section of an ELF file. */
function textSection(elf: Buffer): Uint8Array {
  const sections = Number(elf.readBigUInt64LE(40));
  const size = elf.readUInt16LE(58);
  const count = elf.readUInt16LE(60);
  const names = sections + elf.readUInt16LE(62) * size;
  const namesAt = Number(elf.readBigUInt64LE(names + 24));
  for (let i = 0; i < count; i++) {
    const at = sections + i * size;
    const name = namesAt + elf.readUInt32LE(at);
    if (elf.toString("latin1", name, name + 6) !== ".text\0") continue;
    const offset = Number(elf.readBigUInt64LE(at + 24));
    return elf.subarray(offset, offset + Number(elf.readBigUInt64LE(at + 32)));
  }
  throw new Error("no .text section");
}
