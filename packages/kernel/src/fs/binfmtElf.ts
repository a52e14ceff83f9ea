import { CPUID_1_EDX } from "@lstar/machine";
import type { File } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import {
  PAGE_SIZE,
  pageDown,
  pageUp,
  TASK_SIZE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../mm/flags.ts";
import { doMmap, doMunmap, mmapRegion, vmBrk } from "../mm/mmap.ts";
import { clearUser, copyToUser } from "../mm/usercopy.ts";
import * as E from "../uapi/elf.ts";
import { EINVAL, EIO, ENOENT, ENOEXEC, ENOMEM } from "../uapi/errno.ts";
import { MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from "../uapi/mman.ts";
import { RLIMIT_STACK } from "../uapi/resource.ts";
import { type Binprm, beginNewExec, execFailed, execMm } from "./exec.ts";
import { fput } from "./file.ts";
import { openExec } from "./open.ts";
import { kernelRead } from "./readWrite.ts";

/** Where position-independent programs with an interpreter go, before randomisation. @linux arch/x86/include/asm/elf.h ELF_ET_DYN_BASE */
const ET_DYN_BASE = 0x555555554000;
const STACK_TOP = TASK_SIZE;
const MAX_PHDRS_BYTES = 65536;
const PATH_MAX = 4096;
const AT_FDCWD = -100;
/** Size of a signal frame's minimum stack: frame, ucontext and FXSAVE image with XSAVE header. */
const MINSIGSTKSZ = 1776;

interface Image {
  header: E.ElfHeader;
  phdrs: E.ProgramHeader[];
}

/** Header and program headers of an ELF file for this machine, or -errno. @linux fs/binfmt_elf.c load_elf_phdrs */
function readImage(k: Kernel, file: File, buf: Uint8Array): Image | number {
  const header = E.parseElfHeader(buf);
  if (!header) return -ENOEXEC;
  if (header.type !== E.ET_EXEC && header.type !== E.ET_DYN) return -ENOEXEC;
  if (header.machine !== E.EM_X86_64) return -ENOEXEC;
  if (!file.op.mmap) return -ENOEXEC;
  if (header.phentsize !== 56) return -ENOEXEC;
  const size = header.phnum * 56;
  if (size === 0 || size > MAX_PHDRS_BYTES) return -ENOEXEC;
  const table = new Uint8Array(size);
  if (header.phoff > Number.MAX_SAFE_INTEGER) return -ENOEXEC;
  const n = kernelRead(k, file, table, header.phoff);
  if (n < 0) return n;
  if (n !== size) return -EIO;
  return { header, phdrs: E.parseProgramHeaders(table, header.phnum) };
}

/** Loads an ELF program into the current task. @linux fs/binfmt_elf.c load_elf_binary */
export function loadElf(k: Kernel, prm: Binprm): number {
  const image = readImage(k, prm.file, prm.buf);
  if (typeof image === "number") return image === -EIO ? -ENOEXEC : image;
  let interp: { file: File; image: Image } | null = null;
  const path = image.phdrs.find((p) => p.type === E.PT_INTERP);
  if (path) {
    const opened = openInterpreter(k, prm, path);
    if (typeof opened === "number") return opened;
    interp = opened;
  }
  const mm = execMm(k);
  if (typeof mm === "number") {
    if (interp) closeInterpreter(k, interp.file);
    return mm;
  }
  beginNewExec(k, prm, mm);
  const r = setUp(k, prm, mm, image, interp);
  if (interp) closeInterpreter(k, interp.file);
  return r < 0 ? execFailed(k, r) : 0;
}

function openInterpreter(k: Kernel, prm: Binprm, p: E.ProgramHeader): { file: File; image: Image } | number {
  if (p.filesz > PATH_MAX || p.filesz < 2) return -ENOEXEC;
  const bytes = new Uint8Array(p.filesz);
  const n = kernelRead(k, prm.file, bytes, p.offset);
  if (n < 0) return n;
  if (n !== p.filesz) return -EIO;
  if (bytes[p.filesz - 1] !== 0) return -ENOEXEC;
  const end = bytes.indexOf(0);
  const file = openExec(k, AT_FDCWD, String.fromCharCode(...bytes.subarray(0, end)), 0);
  if (typeof file === "number") return file === -ENOENT ? -ENOENT : file;
  const head = new Uint8Array(64);
  const got = kernelRead(k, file, head, 0);
  const image = got < 64 ? -EIO : readImage(k, file, head);
  if (typeof image === "number") {
    closeInterpreter(k, file);
    return image === -ENOEXEC ? -80 : image;
  }
  return { file, image };
}

function closeInterpreter(k: Kernel, file: File): void {
  file.inode.writecount++;
  fput(k, file);
}

/** A random number of pages, in bytes. */
function randomPages(k: Kernel, bits: number): number {
  return k.current.personality & 0x0040000 ? 0 : k.rng.below(2 ** bits) * PAGE_SIZE;
}

function setUp(k: Kernel, prm: Binprm, mm: MmStruct, image: Image, interp: { file: File; image: Image } | null): number {
  const stackFlags = image.phdrs.find((p) => p.type === E.PT_GNU_STACK)?.flags ?? E.PF_X;
  // The stack's top, and the mappings below it: gap for the stack's growth, then randomised.
  const stackTop = STACK_TOP - randomPages(k, 22);
  const stackLimit = Math.min(Math.max(rlimit(k.current, RLIMIT_STACK), 128 * 1024 * 1024), (TASK_SIZE / 6) * 5);
  mm.mmapBase = pageDown(TASK_SIZE - stackLimit - (0x3fffff * 4096) / 16 - 256 * PAGE_SIZE - randomPages(k, 28));
  const strings = layoutStrings(k, prm, stackTop);
  const vm = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN | (stackFlags & E.PF_X ? VM_EXEC : 0);
  // As Linux: what the strings need, and 128 KiB more to begin with.
  const bottom = Math.max(pageDown(strings.start) - 131072 - 4096, PAGE_SIZE * 16);
  const stack = mmapRegion(k, mm, null, bottom, stackTop - bottom, vm, bottom / PAGE_SIZE);
  if (stack < 0) return stack;
  if (copyToUser(k, strings.start, strings.bytes, 0, strings.bytes.length) < 0) return -ENOMEM;
  mm.argStart = strings.argStart;
  mm.argEnd = mm.envStart = strings.envStart;
  mm.envEnd = strings.envEnd;

  const loaded = mapImage(k, mm, prm.file, image, interp !== null, true);
  if (typeof loaded === "number") return loaded;
  // The heap begins after the program; position-independent ones without interpreter get a place of its own.
  if (image.header.type === E.ET_DYN && !interp) mm.startBrk = mm.brk = ET_DYN_BASE;
  else mm.startBrk = mm.brk = pageUp(loaded.end);
  mm.startBrk = mm.brk = mm.startBrk + randomPages(k, 13);
  let entry = loaded.bias + image.header.entry;
  let base = 0;
  if (interp) {
    const l = mapImage(k, mm, interp.file, interp.image, false, false);
    if (typeof l === "number") return l;
    base = l.bias;
    entry = l.bias + interp.image.header.entry;
  }
  if (!(entry >= 0 && entry < TASK_SIZE)) return -EINVAL;
  const sp = createTables(k, prm, mm, strings, loaded.phdrAddr, loaded.bias + image.header.entry, base, image.header.phnum);
  if (sp < 0) return sp;
  mm.startStack = sp;
  k.machine.cpu.rip = entry;
  k.machine.cpu.set(4, sp);
  return 0;
}

interface Loaded {
  bias: number;
  end: number;
  phdrAddr: number;
}

function protOf(flags: number): number {
  return (flags & E.PF_R ? PROT_READ : 0) | (flags & E.PF_W ? PROT_WRITE : 0) | (flags & E.PF_X ? PROT_EXEC : 0);
}

/** Maps the PT_LOAD segments. @linux fs/binfmt_elf.c load_elf_binary, load_elf_interp */
function mapImage(k: Kernel, mm: MmStruct, file: File, image: Image, hasInterp: boolean, main: boolean): Loaded | number {
  const loads = image.phdrs.filter((p) => p.type === E.PT_LOAD);
  const first = loads[0];
  if (!first) return -EINVAL;
  for (const p of loads) {
    if (p.filesz > p.memsz || p.memsz > TASK_SIZE || p.vaddr >= TASK_SIZE || TASK_SIZE - p.memsz < p.vaddr) return -EINVAL;
    if (p.filesz > 0 && p.vaddr % PAGE_SIZE !== p.offset % PAGE_SIZE) return -EINVAL;
  }
  const low = pageDown(Math.min(...loads.map((p) => p.vaddr)));
  const high = Math.max(...loads.map((p) => p.vaddr + p.memsz));
  const total = pageUp(high) - low;
  let bias = 0;
  if (image.header.type === E.ET_DYN) {
    const align = Math.max(
      PAGE_SIZE,
      ...loads.map((p) => (p.align > 0 && Number.isInteger(Math.log2(p.align)) && p.align < 2 ** 40 ? p.align : 0)),
    );
    if (main && hasInterp) {
      const at = ET_DYN_BASE + randomPages(k, 28);
      bias = at - (at % align) - low;
    } else {
      const at = doMmap(k, mm, 0, total + align, 0, MAP_PRIVATE | 0x20, null, 0);
      if (at < 0) return at;
      doMunmap(k, mm, at, total + align);
      bias = at + align - 1 - ((at + align - 1) % align) - low;
    }
  }
  let end = 0;
  let phdrAddr = 0;
  mm.startCode = main ? Number.MAX_SAFE_INTEGER : mm.startCode;
  for (const p of loads) {
    const start = bias + p.vaddr;
    const offset = start % PAGE_SIZE;
    const prot = protOf(p.flags);
    const flags = MAP_PRIVATE | (main ? MAP_FIXED_NOREPLACE : MAP_FIXED);
    if (p.filesz > 0) {
      const at = doMmap(k, mm, start - offset, p.filesz + offset, prot, flags, file, (p.offset - offset) / PAGE_SIZE);
      if (at < 0) return at;
    }
    const fileEnd = start + p.filesz;
    const memEnd = start + p.memsz;
    if (p.memsz > p.filesz) {
      // The rest of the last file page, then whole pages of zeros.
      if (p.filesz > 0 && p.flags & E.PF_W && fileEnd % PAGE_SIZE !== 0) {
        if (clearUser(k, fileEnd, pageUp(fileEnd) - fileEnd) < 0 && main) return -EINVAL;
      }
      const from = p.filesz > 0 ? pageUp(fileEnd) : start - offset;
      if (pageUp(memEnd) > from) {
        const r = vmBrk(k, mm, from, pageUp(memEnd) - from, p.flags & E.PF_X ? VM_EXEC : 0);
        if (r < 0) return r;
      }
    }
    if (image.header.phoff >= p.offset && image.header.phoff < p.offset + p.filesz) phdrAddr = image.header.phoff - p.offset + start;
    end = Math.max(end, memEnd);
    if (main) {
      if (p.flags & E.PF_X) {
        mm.startCode = Math.min(mm.startCode, start);
        mm.endCode = Math.max(mm.endCode, fileEnd);
      }
      mm.startData = Math.max(mm.startData, start);
      mm.endData = Math.max(mm.endData, fileEnd);
    }
  }
  if (mm.startCode === Number.MAX_SAFE_INTEGER) mm.startCode = 0;
  return { bias, end, phdrAddr };
}

interface Strings {
  /** Address of the first byte of `bytes`. */
  start: number;
  bytes: Uint8Array;
  argStart: number;
  envStart: number;
  envEnd: number;
  execfn: number;
}

/** File name, environment and arguments, as they lie at the stack's top. */
function layoutStrings(_k: Kernel, prm: Binprm, top: number): Strings {
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
  if (prm.envp.length === 0) envStart = envEnd;
  return { start, bytes, argStart: start, envStart, envEnd, execfn: envEnd };
}

/** argc, argv, envp and the auxiliary vector. @returns the stack pointer. @linux fs/binfmt_elf.c create_elf_tables */
function createTables(k: Kernel, prm: Binprm, mm: MmStruct, s: Strings, phdr: number, entry: number, base: number, phnum: number): number {
  let p = s.start - (s.start % 16);
  // Linux moves the stack pointer by up to 8 KiB, 16 bytes at a time.
  if (!(k.current.personality & 0x0040000)) p -= k.rng.below(512) * 16;
  const platform = "x86_64\0";
  p -= 16;
  const platformAt = p;
  const random = new Uint8Array(16);
  k.rng.fill(random);
  p -= 16;
  const randomAt = p;
  const text = new Uint8Array(16);
  for (let i = 0; i < platform.length; i++) text[i] = platform.charCodeAt(i);
  if (copyToUser(k, platformAt, text, 0, 16) < 0 || copyToUser(k, randomAt, random, 0, 16) < 0) return -ENOMEM;
  const { cred } = k.current;
  const aux: number[] = [
    E.AT_MINSIGSTKSZ,
    MINSIGSTKSZ,
    E.AT_HWCAP,
    CPUID_1_EDX,
    E.AT_PAGESZ,
    PAGE_SIZE,
    E.AT_CLKTCK,
    100,
    E.AT_PHDR,
    phdr,
    E.AT_PHENT,
    56,
    E.AT_PHNUM,
    phnum,
    E.AT_BASE,
    base,
    E.AT_FLAGS,
    0,
    E.AT_ENTRY,
    entry,
    E.AT_UID,
    cred.uid,
    E.AT_EUID,
    cred.euid,
    E.AT_GID,
    cred.gid,
    E.AT_EGID,
    cred.egid,
    E.AT_SECURE,
    prm.secure ? 1 : 0,
    E.AT_RANDOM,
    randomAt,
    // FSGSBASE may be used by programs (HWCAP2_FSGSBASE).
    E.AT_HWCAP2,
    2,
    E.AT_EXECFN,
    s.execfn,
    E.AT_PLATFORM,
    platformAt,
    E.AT_RSEQ_FEATURE_SIZE,
    28,
    E.AT_RSEQ_ALIGN,
    32,
    E.AT_NULL,
    0,
  ];
  mm.auxv = aux;
  const words = 1 + prm.argv.length + 1 + prm.envp.length + 1 + aux.length;
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
  push(prm.argv.length);
  let address = s.argStart;
  for (const a of prm.argv) {
    push(address);
    address += a.length + 1;
  }
  push(0);
  for (const e of prm.envp) {
    push(address);
    address += e.length + 1;
  }
  push(0);
  for (const n of aux) push(n);
  if (copyToUser(k, p, table, 0, table.length) < 0) return -ENOMEM;
  return p;
}
