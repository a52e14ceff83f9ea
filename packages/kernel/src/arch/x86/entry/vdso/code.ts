import { TICK_NS } from "../../../../kernel/time/clocks.ts";
import { Assembler } from "./assembler.ts";
import { CLOCK_GETRES_NR, CLOCK_GETTIME_NR, CLOCKS, COARSE_CLOCKS, FIELD } from "./dataPage.ts";

const JB = 2;
const JE = 4;
const JNE = 5;
const JBE = 6;
const JA = 7;
const JMP = "always";

/** Where a function reads the data page, as offsets in the code: who stands behind `first` and not behind `last` has seen the sequence once. */
export interface ReadSection {
  /** The instruction that reads the sequence for the first time; a retry begins here again. */
  first: number;
  /** The one that compares it with what it is now. */
  last: number;
}

export interface VdsoCode {
  assembler: Assembler;
  functions: { name: string; at: number; size: number }[];
  reads: ReadSection[];
}

/**
 * Reads the clock whose slot is at rdi in the data page: seconds to r10, nanoseconds to rax; uses
 * rcx, rdx, r8, r9. The page is read again if the kernel has written to it meanwhile.
 */
function readClock(a: Assembler, reads: ReadSection[]): void {
  const retry = a.label();
  const normal = a.label();
  const done = a.label();
  a.loadDataPage();
  a.mark(retry);
  a.code("45 8B 08"); // mov r9d, [r8]: sequence
  a.code("41 F6 C1 01"); // test r9b, 1
  a.jump(JNE, retry);
  a.code("0F 31"); // rdtsc
  a.code("48 C1 E2 20 48 09 D0"); // shl rdx, 32; or rax, rdx
  a.code(`49 2B 40 ${hex(FIELD.cycleLast)}`); // sub rax, [r8 + cycleLast]
  a.code(`41 8B 50 ${hex(FIELD.mult)}`); // mov edx, [r8 + mult]
  a.code("48 0F AF C2"); // imul rax, rdx
  a.code(`41 8B 48 ${hex(FIELD.shift)}`); // mov ecx, [r8 + shift]
  a.code("48 D3 E8"); // shr rax, cl
  a.code("4D 8B 94 38"); // mov r10, [r8 + rdi + clocks]
  a.imm32(FIELD.clocks);
  a.code("49 03 84 38"); // add rax, [r8 + rdi + clocks + 8]
  a.imm32(FIELD.clocks + 8);
  reads.push({ first: retry.at, last: a.bytes.length });
  a.code("45 3B 08"); // cmp r9d, [r8]
  a.jump(JNE, retry);
  a.mark(normal);
  a.code("48 3D"); // cmp rax, 10^9
  a.imm32(1e9);
  a.jump(JB, done);
  a.code("48 2D"); // sub rax, 10^9
  a.imm32(1e9);
  a.code("49 FF C2"); // inc r10
  a.jump(JMP, normal);
  a.mark(done);
}

const hex = (n: number): string => n.toString(16).padStart(2, "0");

/** Jumps to `no` unless edi is a clock of the set. Uses eax, ecx. */
function requireClock(a: Assembler, set: number, no: { at: number }): void {
  a.code("83 FF 0B"); // cmp edi, 11
  a.jump(JA, no);
  a.code("89 F9 B8"); // mov ecx, edi; mov eax, set
  a.imm32(set);
  a.code("D3 E8 A8 01"); // shr eax, cl; test al, 1
  a.jump(JE, no);
}

/** mov eax, number; syscall; ret */
function systemCall(a: Assembler, nr: number): void {
  a.code("B8");
  a.imm32(nr);
  a.code("0F 05 C3");
}

function clockGettime(a: Assembler, reads: ReadSection[]): void {
  const fallback = a.label();
  const coarse = a.label();
  const store = a.label();
  requireClock(a, CLOCKS, fallback);
  a.code("C1 E7 04"); // shl edi, 4: a slot has 16 bytes
  readClock(a, reads);
  a.code("8D 57 B0"); // lea edx, [rdi - 0x50]
  a.code("83 FA 10"); // cmp edx, 0x10: 5 and 6 are the coarse ones
  a.jump(JBE, coarse);
  a.mark(store);
  a.code("4C 89 16 48 89 46 08 31 C0 C3"); // mov [rsi], r10; mov [rsi + 8], rax; xor eax, eax; ret
  a.mark(coarse);
  a.code("31 D2 41 89 C1 B9"); // xor edx, edx; mov r9d, eax; mov ecx, TICK_NS
  a.imm32(TICK_NS);
  a.code("F7 F1 44 89 C8 29 D0"); // div ecx; mov eax, r9d; sub eax, edx
  a.jump(JMP, store);
  a.mark(fallback);
  systemCall(a, CLOCK_GETTIME_NR);
}

function gettimeofday(a: Assembler, reads: ReadSection[]): void {
  const zone = a.label();
  const end = a.label();
  a.code("48 85 FF"); // test rdi, rdi
  a.jump(JE, zone);
  a.code("49 89 FB 31 FF"); // mov r11, rdi; xor edi, edi: CLOCK_REALTIME
  readClock(a, reads);
  a.code("31 D2 B9"); // xor edx, edx; mov ecx, 1000
  a.imm32(1000);
  a.code("F7 F1 4D 89 13 49 89 43 08"); // div ecx; mov [r11], r10; mov [r11 + 8], rax
  a.mark(zone);
  a.code("48 85 F6"); // test rsi, rsi
  a.jump(JE, end);
  a.loadDataPage();
  a.code(`49 8B 40 ${hex(FIELD.timezone)} 48 89 06`); // mov rax, [r8 + timezone]; mov [rsi], rax
  a.mark(end);
  a.code("31 C0 C3"); // xor eax, eax; ret
}

function time(a: Assembler, reads: ReadSection[]): void {
  const end = a.label();
  a.code("49 89 FB 31 FF"); // mov r11, rdi; xor edi, edi
  readClock(a, reads);
  a.code("4C 89 D0 4D 85 DB"); // mov rax, r10; test r11, r11
  a.jump(JE, end);
  a.code("49 89 03"); // mov [r11], rax
  a.mark(end);
  a.code("C3");
}

function clockGetres(a: Assembler): void {
  const fallback = a.label();
  const end = a.label();
  const fine = a.label();
  requireClock(a, CLOCKS, fallback);
  a.code("48 85 F6"); // test rsi, rsi
  a.jump(JE, end);
  a.code("B8"); // mov eax, COARSE
  a.imm32(COARSE_CLOCKS);
  a.code("D3 E8 BA 01 00 00 00 A8 01"); // shr eax, cl; mov edx, 1; test al, 1
  a.jump(JE, fine);
  a.code("BA"); // mov edx, TICK_NS
  a.imm32(TICK_NS);
  a.mark(fine);
  a.code("48 C7 06 00 00 00 00 48 89 56 08"); // mov qword [rsi], 0; mov [rsi + 8], rdx
  a.mark(end);
  a.code("31 C0 C3");
  a.mark(fallback);
  systemCall(a, CLOCK_GETRES_NR);
}

/** There is one processor and one memory node: both are 0. */
function getcpu(a: Assembler): void {
  const node = a.label();
  const end = a.label();
  a.code("31 C0 48 85 FF"); // xor eax, eax; test rdi, rdi
  a.jump(JE, node);
  a.code("89 07"); // mov [rdi], eax
  a.mark(node);
  a.code("48 85 F6"); // test rsi, rsi
  a.jump(JE, end);
  a.code("89 06"); // mov [rsi], eax
  a.mark(end);
  a.code("C3");
}

/** The functions of the vDSO. @linux arch/x86/entry/vdso/vclock_gettime.c */
export function assembleVdso(): VdsoCode {
  const a = new Assembler();
  const functions: VdsoCode["functions"] = [];
  const reads: ReadSection[] = [];
  for (const [name, emit] of Object.entries({
    clock_gettime: clockGettime,
    gettimeofday,
    time,
    getcpu,
    clock_getres: clockGetres,
  })) {
    a.align(16);
    const at = a.bytes.length;
    emit(a, reads);
    functions.push({ name, at, size: a.bytes.length - at });
  }
  return { assembler: a, functions, reads };
}
