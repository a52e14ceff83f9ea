import { dynamicRnd, randomPages } from "../arch/x86/mm/mmap.ts";
import type { File } from "../include/linux/fs.ts";
import type { MmStruct } from "../include/linux/mm_types.ts";
import type { Kernel } from "../kernel.ts";
import { PAGE_SIZE, pageDown, pageUp, TASK_SIZE, VM_EXEC } from "../mm/flags.ts";
import { doMmap, doMunmap, vmBrk } from "../mm/mmap.ts";
import { clearUser } from "../mm/usercopy.ts";
import * as E from "../uapi/elf.ts";
import { EFAULT, EINVAL, ENOMEM } from "../uapi/errno.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_PRIVATE, PROT_EXEC, PROT_READ, PROT_WRITE } from "../uapi/mman.ts";
import type { ElfImage } from "./binfmtElf.ts";

/** Where position-independent programs with an interpreter go, before randomisation. @linux arch/x86/include/asm/elf.h ELF_ET_DYN_BASE */
const ET_DYN_BASE = 0x555555554000;

export interface Loaded {
  bias: number;
  /** End of the program in memory, where the heap may begin. */
  end: number;
  phdrAddr: number;
}

/** An address that a program cannot have, or an error in its place. */
const badAddr = (n: number): boolean => !(n >= 0 && n < TASK_SIZE);

function protOf(flags: number): number {
  return (flags & E.PF_R ? PROT_READ : 0) | (flags & E.PF_W ? PROT_WRITE : 0) | (flags & E.PF_X ? PROT_EXEC : 0);
}

function loadSegments(image: ElfImage): E.ProgramHeader[] {
  return image.phdrs.filter((p) => p.type === E.PT_LOAD);
}

/** Bytes from the first segment's page to the last one's end; 0 without segments. @linux fs/binfmt_elf.c total_mapping_size */
function totalMappingSize(loads: readonly E.ProgramHeader[]): number {
  if (loads.length === 0) return 0;
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const p of loads) {
    low = Math.min(low, pageDown(p.vaddr));
    high = Math.max(high, p.vaddr + p.memsz);
  }
  return high - low;
}

/** Largest power of two among the segments' alignments, at least a page. @linux fs/binfmt_elf.c maximum_alignment */
function maximumAlignment(loads: readonly E.ProgramHeader[]): number {
  let align = PAGE_SIZE;
  for (const p of loads) if (p.align > align && p.align < TASK_SIZE && Number.isInteger(Math.log2(p.align))) align = p.align;
  return align;
}

/** Maps the part of a segment that the file has. With `total` room for all segments is found first. @linux fs/binfmt_elf.c elf_map */
function elfMap(k: Kernel, mm: MmStruct, file: File, addr: number, p: E.ProgramHeader, flags: number, total: number): number {
  const inPage = p.vaddr % PAGE_SIZE;
  const size = pageUp(p.filesz + inPage);
  const off = p.offset - inPage;
  if (off < 0 || off % PAGE_SIZE !== 0) return -EINVAL;
  const at = pageDown(addr);
  if (total === 0) return doMmap(k, mm, at, size, protOf(p.flags), flags, file, off / PAGE_SIZE);
  const all = pageUp(total);
  const r = doMmap(k, mm, at, all, protOf(p.flags), flags, file, off / PAGE_SIZE);
  if (!badAddr(r) && all > size) doMunmap(k, mm, r + size, all - size);
  return r;
}

/** Maps a segment with its zero-filled end. @returns its first page or -errno. @linux fs/binfmt_elf.c elf_load */
function elfLoad(k: Kernel, mm: MmStruct, file: File, addr: number, p: E.ProgramHeader, flags: number, total: number): number {
  const inPage = p.vaddr % PAGE_SIZE;
  let at = pageDown(addr);
  let zeroStart = at;
  const wrong = badAddr(addr) || p.memsz > TASK_SIZE || p.filesz > TASK_SIZE;
  if (wrong) return -EINVAL;
  if (p.filesz > 0) {
    at = elfMap(k, mm, file, addr, p, flags, total);
    if (badAddr(at) || p.memsz <= p.filesz) return at;
    zeroStart = at + inPage + p.filesz;
    const rest = pageUp(zeroStart) - zeroStart;
    // What cannot be written need not be zeroed.
    if (rest > 0 && clearUser(k, zeroStart, rest) < 0 && p.flags & E.PF_W) return -EFAULT;
  }
  if (p.memsz <= p.filesz) return at;
  zeroStart = pageUp(zeroStart);
  const zeroEnd = pageUp(at + inPage + p.memsz);
  if (zeroEnd > TASK_SIZE) return -ENOMEM;
  if (zeroEnd <= zeroStart) return at;
  const r = vmBrk(k, mm, zeroStart, zeroEnd - zeroStart, p.flags & E.PF_X ? VM_EXEC : 0);
  return r < 0 ? r : at;
}

/** Is a segment within user space and no smaller than what the file has of it? */
function acceptable(p: E.ProgramHeader, at: number): boolean {
  return !badAddr(at) && p.filesz <= p.memsz && p.memsz <= TASK_SIZE && TASK_SIZE - p.memsz >= at;
}

/** Maps the program itself. @linux fs/binfmt_elf.c load_elf_binary */
export function loadProgram(k: Kernel, mm: MmStruct, image: ElfImage, hasInterp: boolean): Loaded | number {
  const loads = loadSegments(image);
  const { header, file } = image;
  let bias = 0;
  let end = 0;
  let phdrAddr = 0;
  let startCode = Number.POSITIVE_INFINITY;
  for (const p of loads) {
    let flags = MAP_PRIVATE;
    let total = 0;
    const first = p === loads[0];
    if (!first) flags |= MAP_FIXED;
    else if (header.type === E.ET_EXEC) flags |= MAP_FIXED_NOREPLACE;
    else {
      total = totalMappingSize(loads);
      if (total === 0 || total > TASK_SIZE) return -EINVAL;
      const align = maximumAlignment(loads);
      if (hasInterp) {
        bias = ET_DYN_BASE + dynamicRnd(k);
        bias -= bias % align;
        flags |= MAP_FIXED_NOREPLACE;
      } else if (align > PAGE_SIZE) {
        // Room is looked for with what the alignment may cost.
        const room = doMmap(k, mm, 0, pageUp(total) + align, 0, MAP_PRIVATE | MAP_ANONYMOUS, null, 0);
        if (badAddr(room)) return room;
        doMunmap(k, mm, room, pageUp(total) + align);
        bias = room + align - 1;
        bias -= bias % align;
        flags |= MAP_FIXED_NOREPLACE;
      }
      bias = pageDown(bias) - pageDown(p.vaddr);
    }
    const anywhere = first && bias + pageDown(p.vaddr) === 0;
    const at =
      anywhere && header.type === E.ET_DYN ? elfAnywhere(k, mm, image, p, total) : elfLoad(k, mm, file, bias + p.vaddr, p, flags, total);
    if (badAddr(at)) return at < 0 ? at : -EINVAL;
    if (first && header.type === E.ET_DYN) bias = at - pageDown(p.vaddr);
    const start = bias + p.vaddr;
    if (!acceptable(p, start)) return -EINVAL;
    if (header.phoff >= p.offset && header.phoff < p.offset + p.filesz) phdrAddr = header.phoff - p.offset + start;
    if (p.flags & E.PF_X) {
      startCode = Math.min(startCode, start);
      mm.endCode = Math.max(mm.endCode, start + p.filesz);
    }
    mm.startData = Math.max(mm.startData, start);
    mm.endData = Math.max(mm.endData, start + p.filesz);
    end = Math.max(end, start + p.memsz);
  }
  mm.startCode = Number.isFinite(startCode) ? startCode : 0;
  return { bias, end, phdrAddr };
}

/** The first segment of a file that may go anywhere. */
function elfAnywhere(k: Kernel, mm: MmStruct, image: ElfImage, p: E.ProgramHeader, total: number): number {
  if (p.filesz > 0) return elfLoad(k, mm, image.file, p.vaddr % PAGE_SIZE, p, MAP_PRIVATE, total);
  const room = doMmap(k, mm, 0, pageUp(total), 0, MAP_PRIVATE | MAP_ANONYMOUS, null, 0);
  if (badAddr(room)) return room;
  doMunmap(k, mm, room, pageUp(total));
  return elfLoad(k, mm, image.file, room + (p.vaddr % PAGE_SIZE), p, MAP_PRIVATE | MAP_FIXED, 0);
}

/** Maps the interpreter. @returns what its addresses are moved by, or -errno. @linux fs/binfmt_elf.c load_elf_interp */
export function loadInterpreter(k: Kernel, mm: MmStruct, image: ElfImage): number {
  const { header, file } = image;
  if ((header.type !== E.ET_EXEC && header.type !== E.ET_DYN) || !file.op.mmap) return -EINVAL;
  const loads = loadSegments(image);
  const total = totalMappingSize(loads);
  if (total === 0 || total > TASK_SIZE) return -EINVAL;
  const movable = header.type === E.ET_DYN;
  let base = 0;
  for (const p of loads) {
    const first = p === loads[0];
    const at =
      first && movable
        ? elfAnywhere(k, mm, image, p, total)
        : elfLoad(k, mm, file, base + p.vaddr, p, MAP_PRIVATE | MAP_FIXED, first ? total : 0);
    if (badAddr(at)) return at < 0 ? at : -EINVAL;
    if (first && movable) base = at - pageDown(p.vaddr);
    if (!acceptable(p, base + p.vaddr)) return -ENOMEM;
  }
  return base;
}

/** Where the heap begins. Programs that may lie anywhere and have no interpreter get it far from the mappings. @linux fs/binfmt_elf.c load_elf_binary */
export function brkStart(k: Kernel, image: ElfImage, end: number, hasInterp: boolean): number {
  const random = randomPages(k, 13);
  const fixed = (k.current.personality & 0x0040000) !== 0;
  return (image.header.type === E.ET_DYN && !hasInterp && !fixed ? ET_DYN_BASE : pageUp(end)) + random;
}
