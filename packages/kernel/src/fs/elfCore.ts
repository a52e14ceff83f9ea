import { XSTATE_SIZE } from "../arch/x86/kernel/sigframe.ts";
import type { File } from "../include/linux/fs.ts";
import type { MmStruct, Vma } from "../include/linux/mm_types.ts";
import type { Task } from "../include/linux/sched.ts";
import { siCode } from "../kernel/signal/siginfo.ts";
import { processTimes } from "../kernel/time/cpuClock.ts";
import type { Kernel } from "../kernel.ts";
import { VM_DONTDUMP, VM_EXEC, VM_IO, VM_READ, VM_SHARED, VM_WRITE } from "../mm/flags.ts";
import { copyFromUser } from "../mm/usercopy.ts";
import { setU64 } from "../uapi/struct.ts";
import { dPath } from "./dcache.ts";

const PAGE = 4096;
const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;
const NT_PRPSINFO = 3;
const NT_AUXV = 6;
const NT_X86_XSTATE = 0x202;
const NT_SIGINFO = 0x53494749;
const NT_FILE = 0x46494c45;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PF_X = 1;
const PF_W = 2;
const PF_R = 4;
/** struct user_regs_struct: encoding numbers of r15…rdi in its order. */
const USER_REGS = [15, 14, 13, 12, 5, 3, 11, 10, 9, 8, 0, 1, 2, 6, 7] as const;
const USER_CS = 0x33;
const USER_DS = 0x2b;

/** Receives the file's bytes in order; false = stop (limit reached, disk full). */
export type CoreSink = (bytes: Uint8Array) => boolean;

function note(type: number, owner: string, body: Uint8Array): Uint8Array {
  const nameSize = owner.length + 1;
  const out = new Uint8Array(12 + Math.ceil(nameSize / 4) * 4 + Math.ceil(body.length / 4) * 4);
  const v = new DataView(out.buffer);
  v.setUint32(0, nameSize, true);
  v.setUint32(4, body.length, true);
  v.setUint32(8, type, true);
  for (let i = 0; i < owner.length; i++) out[12 + i] = owner.charCodeAt(i);
  out.set(body, 12 + Math.ceil(nameSize / 4) * 4);
  return out;
}

/** struct elf_prstatus. @linux fs/binfmt_elf.c fill_prstatus */
function prstatus(k: Kernel, t: Task, info: Uint8Array, signal: boolean): Uint8Array {
  const out = new Uint8Array(336);
  const v = new DataView(out.buffer);
  const sig = info[0] as number;
  if (signal) {
    v.setInt32(0, sig, true);
    v.setInt32(4, siCode(info), true);
  }
  v.setInt16(12, sig, true);
  v.setInt32(16, t.pending.lo, true);
  v.setInt32(20, t.pending.hi, true);
  v.setInt32(24, t.blockedLo, true);
  v.setInt32(28, t.blockedHi, true);
  v.setInt32(32, t.pid, true);
  v.setInt32(36, t.realParent.tgid, true);
  v.setInt32(40, t.signal.pgrp, true);
  v.setInt32(44, t.signal.session, true);
  const times = { utime: t.utime, stime: t.stime };
  if (t === t.signal.leader) processTimes(t.signal, times);
  [times.utime, times.stime, t.signal.cutime, t.signal.cstime].forEach((ns, i) => {
    setU64(v, 48 + i * 16, Math.floor(ns / 1e9));
    setU64(v, 56 + i * 16, Math.floor((ns % 1e9) / 1000));
  });
  const cpu = t === k.current ? k.machine.cpu : t.ctx;
  USER_REGS.forEach((reg, i) => {
    v.setInt32(112 + i * 8, cpu.getLo(reg), true);
    v.setInt32(116 + i * 8, cpu.getHi(reg), true);
  });
  const rest = [t.syscallNr, cpu.rip, USER_CS, cpu.rflags, cpu.get(4), USER_DS, cpu.fsBase, cpu.gsBase, 0, 0, 0, 0];
  rest.forEach((n, i) => {
    setU64(v, 112 + (15 + i) * 8, n);
  });
  v.setInt32(328, 1, true);
  return out;
}

/** struct elf_prpsinfo. @linux fs/binfmt_elf.c fill_psinfo */
function prpsinfo(k: Kernel, t: Task, mm: MmStruct): Uint8Array {
  const out = new Uint8Array(136);
  const v = new DataView(out.buffer);
  out[1] = "R".charCodeAt(0);
  v.setInt8(3, t.nice);
  setU64(v, 8, 0x400600);
  v.setUint32(16, t.cred.uid, true);
  v.setUint32(20, t.cred.gid, true);
  v.setInt32(24, t.tgid, true);
  v.setInt32(28, t.realParent.tgid, true);
  v.setInt32(32, t.signal.pgrp, true);
  v.setInt32(36, t.signal.session, true);
  for (let i = 0; i < Math.min(15, t.comm.length); i++) out[40 + i] = t.comm.charCodeAt(i);
  const length = Math.min(79, mm.argEnd - mm.argStart);
  if (length > 0 && copyFromUser(k, mm.argStart, out, 56, length) === 0) {
    for (let i = 56; i < 56 + length; i++) if (out[i] === 0) out[i] = 32;
  }
  return out;
}

/** Mapped files. @linux fs/binfmt_elf.c fill_files_note */
function fileNote(k: Kernel, mm: MmStruct): Uint8Array {
  const mapped = mm.vmas.filter((v) => v.file);
  const names = mapped.map((v) => dPath(k, (v.file as File).path));
  const size = 16 + mapped.length * 24 + names.reduce((n, s) => n + s.length + 1, 0);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  setU64(view, 0, mapped.length);
  setU64(view, 8, PAGE);
  let at = 16 + mapped.length * 24;
  mapped.forEach((v, i) => {
    setU64(view, 16 + i * 24, v.start);
    setU64(view, 24 + i * 24, v.end);
    setU64(view, 32 + i * 24, v.pgoff);
    for (const c of names[i] as string) out[at++] = c.charCodeAt(0);
    at++;
  });
  return out;
}

function fpu(k: Kernel, t: Task): { fx: Uint8Array; xstate: Uint8Array } {
  const xstate = new Uint8Array(XSTATE_SIZE);
  (t === k.current ? k.machine.cpu : t.ctx).writeFxsave(xstate, 0);
  const fx = xstate.slice(0, 512);
  const v = new DataView(xstate.buffer);
  v.setUint32(464, 3, true);
  v.setUint32(512, 3, true);
  return { fx, xstate };
}

/** How many bytes of an area go into the file, with the default filter 0x33. @linux fs/coredump.c vma_dump_size */
function dumpSize(k: Kernel, v: Vma): number {
  if (v.flags & (VM_DONTDUMP | VM_IO)) return 0;
  const all = v.end - v.start;
  if (!v.file) return all;
  if (v.flags & VM_SHARED) return v.file.inode.nlink === 0 ? all : 0;
  if (v.flags & VM_WRITE) return all;
  if (v.pgoff === 0 && v.flags & VM_READ) {
    const magic = new Uint8Array(4);
    if (copyFromUser(k, v.start, magic, 0, 4) === 0 && magic[0] === 0x7f && magic[1] === 0x45 && magic[2] === 0x4c && magic[3] === 0x46)
      return PAGE;
  }
  return 0;
}

/** Writes an ELF core of the current process. @linux fs/binfmt_elf.c elf_core_dump */
export function writeElfCore(k: Kernel, task: Task, info: Uint8Array, sink: CoreSink): boolean {
  const mm = task.mm as MmStruct;
  const auxv = new Uint8Array(mm.auxv.length * 8);
  const auxView = new DataView(auxv.buffer);
  mm.auxv.forEach((n, i) => {
    setU64(auxView, i * 8, n);
  });
  const own = fpu(k, task);
  const notes = [
    note(NT_PRSTATUS, "CORE", prstatus(k, task, info, true)),
    note(NT_PRPSINFO, "CORE", prpsinfo(k, task, mm)),
    note(NT_SIGINFO, "CORE", info),
    note(NT_AUXV, "CORE", auxv),
    note(NT_FILE, "CORE", fileNote(k, mm)),
    note(NT_FPREGSET, "CORE", own.fx),
    note(NT_X86_XSTATE, "LINUX", own.xstate),
  ];
  for (const t of task.signal.threads) {
    if (t === task) continue;
    const state = fpu(k, t);
    notes.push(
      note(NT_PRSTATUS, "CORE", prstatus(k, t, info, true)),
      note(NT_FPREGSET, "CORE", state.fx),
      note(NT_X86_XSTATE, "LINUX", state.xstate),
    );
  }
  const noteSize = notes.reduce((n, b) => n + b.length, 0);
  const count = mm.vmas.length + 1;
  const head = new Uint8Array(64 + count * 56);
  const v = new DataView(head.buffer);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  v.setUint16(16, 4, true);
  v.setUint16(18, 62, true);
  v.setUint32(20, 1, true);
  setU64(v, 32, 64);
  v.setUint16(52, 64, true);
  v.setUint16(54, 56, true);
  v.setUint16(56, count, true);
  const segment = (
    i: number,
    type: number,
    flags: number,
    offset: number,
    address: number,
    fileSize: number,
    memSize: number,
    align: number,
  ): void => {
    const at = 64 + i * 56;
    v.setUint32(at, type, true);
    v.setUint32(at + 4, flags, true);
    [offset, address, 0, fileSize, memSize, align].forEach((n, j) => {
      setU64(v, at + 8 + j * 8, n);
    });
  };
  segment(0, PT_NOTE, 0, head.length, 0, noteSize, 0, 4);
  const end = head.length + noteSize;
  const start = Math.ceil(end / PAGE) * PAGE;
  const sizes = mm.vmas.map((area) => dumpSize(k, area));
  let offset = start;
  mm.vmas.forEach((area, i) => {
    const flags = (area.flags & VM_READ ? PF_R : 0) | (area.flags & VM_WRITE ? PF_W : 0) | (area.flags & VM_EXEC ? PF_X : 0);
    segment(i + 1, PT_LOAD, flags, offset, area.start, sizes[i] as number, area.end - area.start, PAGE);
    offset += sizes[i] as number;
  });
  if (!sink(head)) return false;
  for (const n of notes) if (!sink(n)) return false;
  if (!sink(new Uint8Array(start - end))) return false;
  const page = new Uint8Array(PAGE);
  for (let i = 0; i < mm.vmas.length; i++) {
    const area = mm.vmas[i] as Vma;
    for (let at = area.start; at < area.start + (sizes[i] as number); at += PAGE) {
      if (copyFromUser(k, at, page, 0, PAGE) !== 0) page.fill(0);
      if (!sink(page)) return false;
    }
  }
  return true;
}
