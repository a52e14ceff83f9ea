import { CPUID_1_EDX } from "@lstar/machine";
import type { MmStruct } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE } from "../mm/flags.ts";
import { copyToUser } from "../mm/usercopy.ts";
import * as E from "../uapi/elf.ts";
import { EFAULT } from "../uapi/errno.ts";
import type { Binprm } from "./exec.ts";

/** What lies at the top of a new program's stack. */

const ADDR_NO_RANDOMIZE = 0x0040000;
/** Smallest stack a signal frame needs: frame, ucontext and FXSAVE image with XSAVE header. */
const MINSIGSTKSZ = 1776;
const PLATFORM = "x86_64\0";

export interface Strings {
  /** Address of the first byte of `bytes`. */
  start: number;
  bytes: Uint8Array;
  argStart: number;
  envStart: number;
  envEnd: number;
  execfn: number;
}

/** Arguments, environment, file name and eight zero bytes, as they lie below `top`. @linux fs/exec.c copy_strings */
export function layoutStrings(prm: Binprm, top: number): Strings {
  const all = [...prm.argv, ...prm.envp, prm.filename];
  let size = 8;
  for (const s of all) size += s.length + 1;
  const bytes = new Uint8Array(size);
  const start = top - size;
  let at = 0;
  let envStart = 0;
  let envEnd = 0;
  all.forEach((s, i) => {
    if (i === prm.argv.length) envStart = start + at;
    if (i === all.length - 1) envEnd = start + at;
    for (let j = 0; j < s.length; j++) bytes[at++] = s.charCodeAt(j);
    at++;
  });
  return { start, bytes, argStart: start, envStart, envEnd, execfn: envEnd };
}

/** Where the program lies, for the auxiliary vector. */
export interface Placement {
  phdr: number;
  phnum: number;
  entry: number;
  /** Of the interpreter, 0 without one. */
  base: number;
}

/** argc, argv, envp and the auxiliary vector below the strings. @returns the stack pointer or -EFAULT. @linux fs/binfmt_elf.c create_elf_tables */
export function createElfTables(k: Kernel, prm: Binprm, mm: MmStruct, s: Strings, where: Placement): number {
  // Moved by up to 8 KiB so that processes do not share cache lines.
  let p = s.start;
  if (!(k.current.personality & ADDR_NO_RANDOMIZE)) p -= k.rng.below(8192);
  p -= p % 16;
  // The two follow each other without alignment.
  const extra = new Uint8Array(16 + PLATFORM.length);
  const random = new Uint8Array(16);
  k.rng.fill(random);
  extra.set(random);
  for (let i = 0; i < PLATFORM.length; i++) extra[16 + i] = PLATFORM.charCodeAt(i);
  p -= extra.length;
  const randomAt = p;
  if (copyToUser(k, randomAt, extra, 0, extra.length) < 0) return -EFAULT;
  mm.auxv = auxiliaryVector(k, prm, s, where, randomAt);
  const words = 1 + prm.argv.length + 1 + prm.envp.length + 1 + mm.auxv.length;
  p -= words * 8;
  p -= p % 16;
  const table = new Uint8Array(words * 8);
  const view = new DataView(table.buffer);
  let at = 0;
  const push = (n: number): void => {
    view.setUint32(at, n >>> 0, true);
    view.setUint32(at + 4, Math.floor(n / 4294967296), true);
    at += 8;
  };
  let address = s.argStart;
  push(prm.argv.length);
  for (const strings of [prm.argv, prm.envp]) {
    for (const text of strings) {
      push(address);
      address += text.length + 1;
    }
    push(0);
  }
  for (const n of mm.auxv) push(n);
  return copyToUser(k, p, table, 0, table.length) < 0 ? -EFAULT : p;
}

function auxiliaryVector(k: Kernel, prm: Binprm, s: Strings, where: Placement, randomAt: number): number[] {
  const { cred } = k.current;
  const vector: [number, number][] = [
    [E.AT_SYSINFO_EHDR, k.current.mm?.vdso ?? 0],
    [E.AT_MINSIGSTKSZ, MINSIGSTKSZ],
    [E.AT_HWCAP, CPUID_1_EDX],
    [E.AT_PAGESZ, PAGE_SIZE],
    [E.AT_CLKTCK, 100],
    [E.AT_PHDR, where.phdr],
    [E.AT_PHENT, E.PHDR_SIZE],
    [E.AT_PHNUM, where.phnum],
    [E.AT_BASE, where.base],
    [E.AT_FLAGS, 0],
    [E.AT_ENTRY, where.entry],
    [E.AT_UID, cred.uid],
    [E.AT_EUID, cred.euid],
    [E.AT_GID, cred.gid],
    [E.AT_EGID, cred.egid],
    [E.AT_SECURE, prm.secure ? 1 : 0],
    [E.AT_RANDOM, randomAt],
    // FSGSBASE may be used by programs (HWCAP2_FSGSBASE).
    [E.AT_HWCAP2, 2],
    [E.AT_EXECFN, s.execfn],
    [E.AT_PLATFORM, randomAt + 16],
    [E.AT_RSEQ_FEATURE_SIZE, 28],
    [E.AT_RSEQ_ALIGN, 32],
    [E.AT_NULL, 0],
  ];
  return vector.flat();
}
