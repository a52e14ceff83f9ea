import { mapVdso } from "../arch/x86/entry/vdso/vdso.ts";
import { archMmapRnd, randomPages } from "../arch/x86/mm/mmap.ts";
import type { File } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import { rlimit } from "../kernel/resource.ts";
import type { Kernel } from "../kernel.ts";
import {
  PAGE_SIZE,
  pageDown,
  TASK_SIZE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../mm/flags.ts";
import { mmput } from "../mm/mm.ts";
import { mmapRegion } from "../mm/mmap.ts";
import { copyToUser } from "../mm/usercopy.ts";
import * as E from "../uapi/elf.ts";
import { EFAULT, EINVAL, EIO, ELIBBAD, ENOEXEC } from "../uapi/errno.ts";
import { RLIMIT_STACK } from "../uapi/resource.ts";
import { brkStart, loadInterpreter, loadProgram } from "./elfMap.ts";
import { createElfTables, layoutStrings, type Strings } from "./elfTables.ts";
import { type Binprm, beginNewExec, execFailed, execMm } from "./exec.ts";
import { fput } from "./file.ts";
import { openExec } from "./open.ts";
import { kernelRead } from "./readWrite.ts";

const MAX_PHDRS_BYTES = 65536;
const PATH_MAX = 4096;
const AT_FDCWD = -100;
const ADDR_NO_RANDOMIZE = 0x0040000;
/** What a new stack has below its strings. */
const STACK_EXPAND = 131072;
const STACK_GUARD_GAP = 256 * PAGE_SIZE;
/** Room between the stack and the mappings below it. */
const MIN_GAP = 128 * 1024 * 1024;
const MAX_GAP = (TASK_SIZE / 6) * 5;

/** An ELF file that is to be mapped. */
export interface ElfImage {
  file: File;
  header: E.ElfHeader;
  phdrs: E.ProgramHeader[];
}

/** Header and program headers of an ELF file for this machine, or `bad`. @linux fs/binfmt_elf.c load_elf_phdrs */
function readImage(k: Kernel, file: File, buf: Uint8Array, bad: number): ElfImage | number {
  const header = E.parseElfHeader(buf);
  if (!header || header.machine !== E.EM_X86_64 || header.phentsize !== E.PHDR_SIZE) return bad;
  const size = header.phnum * E.PHDR_SIZE;
  if (size === 0 || size > MAX_PHDRS_BYTES || header.phoff > Number.MAX_SAFE_INTEGER) return bad;
  const table = new Uint8Array(size);
  if (kernelRead(k, file, table, header.phoff) !== size) return bad;
  return { file, header, phdrs: E.parseProgramHeaders(table, header.phnum) };
}

/** Loads an ELF program into the current task. @linux fs/binfmt_elf.c load_elf_binary */
export function loadElf(k: Kernel, prm: Binprm): number {
  const image = readImage(k, prm.file, prm.buf, -ENOEXEC);
  if (typeof image === "number") return image;
  const { type } = image.header;
  if ((type !== E.ET_EXEC && type !== E.ET_DYN) || !prm.file.op.mmap) return -ENOEXEC;
  let interp: ElfImage | null = null;
  const name = image.phdrs.find((p) => p.type === E.PT_INTERP);
  if (name) {
    const opened = openInterpreter(k, prm.file, name);
    if (typeof opened === "number") return opened;
    interp = opened;
  }
  const mm = execMm(k);
  let r: number;
  if (typeof mm === "number") r = mm;
  else {
    r = beginNewExec(k, prm, mm);
    if (r === 0) {
      r = setUp(k, prm, mm, image, interp);
      if (r < 0) r = execFailed(k, r);
    } else mmput(k, mm);
  }
  if (interp) closeInterpreter(k, interp.file);
  return r;
}

function openInterpreter(k: Kernel, program: File, p: E.ProgramHeader): ElfImage | number {
  if (p.filesz > PATH_MAX || p.filesz < 2) return -ENOEXEC;
  const path = new Uint8Array(p.filesz);
  const n = kernelRead(k, program, path, p.offset);
  if (n !== p.filesz) return n < 0 ? n : -EIO;
  if (path[p.filesz - 1] !== 0) return -ENOEXEC;
  // Unlike a program's name, an empty one is not refused as such: it is the working directory.
  const file = openExec(k, AT_FDCWD, String.fromCharCode(...path.subarray(0, path.indexOf(0))) || ".", 0);
  if (typeof file === "number") return file;
  const head = new Uint8Array(E.EHDR_SIZE);
  const got = kernelRead(k, file, head, 0);
  const image = got !== head.length ? (got < 0 ? got : -EIO) : readImage(k, file, head, -ELIBBAD);
  if (typeof image === "number") closeInterpreter(k, file);
  return image;
}

function closeInterpreter(k: Kernel, file: File): void {
  file.inode.writecount++;
  fput(k, file);
}

/** Where mappings begin, downwards. @linux arch/x86/mm/mmap.c mmap_base */
function mmapBase(k: Kernel): number {
  const random = archMmapRnd(k);
  const pad = (k.current.personality & ADDR_NO_RANDOMIZE ? 0 : 0x3fffff * PAGE_SIZE) + STACK_GUARD_GAP;
  const gap = Math.min(Math.max(rlimit(k.current, RLIMIT_STACK) + pad, MIN_GAP), MAX_GAP);
  return pageDown(TASK_SIZE - gap - random + PAGE_SIZE - 1);
}

/** The stack with its strings. 0 or -errno. @linux fs/exec.c setup_arg_pages */
function setUpStack(k: Kernel, mm: MmStruct, strings: Strings, top: number, executable: boolean): number {
  const used = top - pageDown(strings.start);
  const limit = pageDown(Math.min(rlimit(k.current, RLIMIT_STACK), TASK_SIZE));
  const size = Math.max(used, Math.min(limit, used + STACK_EXPAND));
  const vm = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN | (executable ? VM_EXEC : 0);
  const r = mmapRegion(k, mm, null, top - size, size, vm, (top - size) / PAGE_SIZE);
  if (r < 0) return r;
  if (copyToUser(k, strings.start, strings.bytes, 0, strings.bytes.length) < 0) return -EFAULT;
  mm.argStart = strings.argStart;
  mm.argEnd = mm.envStart = strings.envStart;
  mm.envEnd = strings.envEnd;
  return 0;
}

/** Everything after the point of no return. */
function setUp(k: Kernel, prm: Binprm, mm: MmStruct, image: ElfImage, interp: ElfImage | null): number {
  let executableStack = false;
  for (const p of image.phdrs) if (p.type === E.PT_GNU_STACK) executableStack = (p.flags & E.PF_X) !== 0;
  const top = TASK_SIZE - randomPages(k, 22);
  mm.mmapBase = mmapBase(k);
  const strings = layoutStrings(prm, top);
  let r = setUpStack(k, mm, strings, top, executableStack);
  if (r < 0) return r;
  const program = loadProgram(k, mm, image, interp !== null);
  if (typeof program === "number") return program;
  const entry = program.bias + image.header.entry;
  let start = entry;
  let base = 0;
  if (interp) {
    base = loadInterpreter(k, mm, interp);
    if (base < 0) return base;
    start = base + interp.header.entry;
  }
  if (!(start < TASK_SIZE)) return -EINVAL;
  mm.startBrk = mm.brk = brkStart(k, image, program.end, interp !== null);
  r = mapVdso(k, mm, top, (k.current.personality & ADDR_NO_RANDOMIZE) === 0);
  if (r < 0) return r;
  r = createElfTables(k, prm, mm, strings, { phdr: program.phdrAddr, phnum: image.header.phnum, entry, base });
  if (r < 0) return r;
  mm.startStack = r;
  k.machine.cpu.rip = start;
  k.machine.cpu.set(4, r);
  return 0;
}
