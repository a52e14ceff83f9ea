/**
 * Opcode rows, one a line: key (Intel SDM volume 2 notation), then `:` mnemonic and attributes.
 * Attributes: m ModRM; ib, ibs (sign-extended), iw, iz, iv immediates; moffs; enter; rel8, rel32;
 * b byte operands; d64 operand size 64 by default; f64 always 64; lock may be locked with a memory
 * destination; mem, reg only with such an operand; priv privileged; r register in the opcode.
 */
const ALU = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];
const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, "0");
const CC = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

const lines: string[] = [];
ALU.forEach((name, n) => {
  const lock = name === "cmp" ? "" : " lock";
  lines.push(`${hex(n * 8)}: ${name} m b${lock}`, `${hex(n * 8 + 1)}: ${name} m${lock}`);
  lines.push(`${hex(n * 8 + 2)}: ${name} m b`, `${hex(n * 8 + 3)}: ${name} m`);
  lines.push(`${hex(n * 8 + 4)}: ${name} ib b`, `${hex(n * 8 + 5)}: ${name} iz`);
  lines.push(`80 /${n}: ${name} m ib b${lock}`, `81 /${n}: ${name} m iz${lock}`, `83 /${n}: ${name} m ibs${lock}`);
});
["rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"].forEach((name, n) => {
  lines.push(
    `C0 /${n}: ${name} m ib b`,
    `C1 /${n}: ${name} m ib`,
    `D0 /${n}: ${name} m b`,
    `D1 /${n}: ${name} m`,
    `D2 /${n}: ${name} m b`,
    `D3 /${n}: ${name} m`,
  );
});
CC.forEach((cc, n) => {
  const h = n.toString(16).toUpperCase();
  lines.push(`7${h}: j${cc} rel8 f64`, `0F 8${h}: j${cc} rel32 f64`, `0F 9${h}: set${cc} m b`, `0F 4${h}: cmov${cc} m`);
});
["bt", "bts", "btr", "btc"].forEach((name, n) => {
  const lock = n === 0 ? "" : " lock";
  lines.push(`0F ${["A3", "AB", "B3", "BB"][n]}: ${name} m${lock}`, `0F BA /${n + 4}: ${name} m ib${lock}`);
});

export const integerRows: string[] = [
  ...lines,
  ...`50: push r d64
58: pop r d64
63: movsxd m
68: push iz d64
69: imul m iz
6A: push ibs d64
6B: imul m ibs
6C: insb b priv
6D: insd priv
6E: outsb b priv
6F: outsd priv
84: test m b
85: test m
86: xchg m b lock
87: xchg m lock
88: mov m b
89: mov m
8A: mov m b
8B: mov m
8C: movfromseg m segreg
8D: lea m mem
8E: movtoseg m segreg
8F /0: pop m d64
90: xchg r
98: cbw
99: cwd
9B: fwait
9C: pushf d64
9D: popf d64
9E: sahf
9F: lahf
A0: mov moffs b
A1: mov moffs
A2: mov moffs b
A3: mov moffs
A4: movsb b
A5: movsd
A6: cmpsb b
A7: cmpsd
A8: test ib b
A9: test iz
AA: stosb b
AB: stosd
AC: lodsb b
AD: lodsd
AE: scasb b
AF: scasd
B0: mov r b ib
B8: mov r iv
C2: ret iw f64
C3: ret f64
C6 /0: mov m b ib
C7 /0: mov m iz
C8: enter enter d64
C9: leave d64
CA: retf iw
CB: retf
CC: int3
CD: int ib
CF: iret
D7: xlat
E0: loopne rel8 f64
E1: loope rel8 f64
E2: loop rel8 f64
E3: jrcxz rel8 f64
E4: in ib b priv
E5: in ib priv
E6: out ib b priv
E7: out ib priv
E8: call rel32 f64
E9: jmp rel32 f64
EB: jmp rel8 f64
EC: in b priv
ED: in priv
EE: out b priv
EF: out priv
F1: int1
F4: hlt priv
F5: cmc
F6 /0: test m b ib
F6 /1: test m b ib
F6 /2: not m b lock
F6 /3: neg m b lock
F6 /4: mul m b
F6 /5: imul m b
F6 /6: div m b
F6 /7: idiv m b
F7 /0: test m iz
F7 /1: test m iz
F7 /2: not m lock
F7 /3: neg m lock
F7 /4: mul m
F7 /5: imul m
F7 /6: div m
F7 /7: idiv m
F8: clc
F9: stc
FA: cli priv
FB: sti priv
FC: cld
FD: std
FE /0: inc m b lock
FE /1: dec m b lock
FF /0: inc m lock
FF /1: dec m lock
FF /2: call m f64
FF /3: callf m mem
FF /4: jmp m f64
FF /5: jmpf m mem
FF /6: push m d64
0F 00 /0: sldt m
0F 00 /1: str m
0F 00 /2: lldt m priv
0F 00 /3: ltr m priv
0F 00 /4: verr m
0F 00 /5: verw m
0F 01 /0: sgdt m mem f64
0F 01 /1: sidt m mem f64
0F 01 /2: lgdt m mem f64 priv
0F 01 /3: lidt m mem f64 priv
0F 01 /4: smsw m
0F 01 /6: lmsw m priv
0F 01 /7: invlpg m mem priv
NP 0F 01 D0: xgetbv m
NP 0F 01 D1: xsetbv m priv
0F 01 F8: swapgs m priv
0F 01 F9: rdtscp m
0F 02: lar m
0F 03: lsl m
0F 05: syscall
0F 06: clts priv
0F 07: sysret priv
0F 08: invd priv
0F 09: wbinvd priv
0F 0B: ud2
0F 0D: prefetchw m
0F 18: prefetch m
0F 19: nop m
0F 1A: nop m
0F 1B: nop m
0F 1C: nop m
0F 1D: nop m
0F 1E: nop m
0F 1F: nop m
0F 20: movcr m crreg f64 priv
0F 21: movdr m drreg f64 priv
0F 22: movcr m crreg f64 priv
0F 23: movdr m drreg f64 priv
0F 30: wrmsr priv
0F 31: rdtsc
0F 32: rdmsr priv
0F 33: rdpmc priv
0F 34: sysenter
0F 35: sysexit priv
0F A0: pushfs d64
0F A1: popfs d64
0F A2: cpuid
0F A4: shld m ib
0F A5: shld m
0F A8: pushgs d64
0F A9: popgs d64
0F AC: shrd m ib
0F AD: shrd m
0F AF: imul m
0F B0: cmpxchg m b lock
0F B1: cmpxchg m lock
0F B2: lss m mem
0F B4: lfs m mem
0F B5: lgs m mem
0F B6: movzx m
0F B7: movzx m
0F BE: movsx m
0F BF: movsx m
0F B9: ud1 m
0F BC: bsf m
0F BD: bsr m
F3 0F BC: bsf m
F3 0F BD: bsr m
F3 0F B8: popcnt m
0F C0: xadd m b lock
0F C1: xadd m lock
NP 0F C3: movnti m mem
0F C7 /1: cmpxchg8b m mem lock
NP 0F C7 /3: xrstors m mem priv
NP 0F C7 /4: xsavec m mem
NP 0F C7 /5: xsaves m mem priv
0F C8: bswap r
0F FF: ud0 m
NP 0F AE /0: fxsave m mem
NP 0F AE /1: fxrstor m mem
NP 0F AE /2: ldmxcsr m mem
NP 0F AE /3: stmxcsr m mem
NP 0F AE /4: xsave m mem
NP 0F AE /5: xrstor m mem
NP 0F AE /6: xsaveopt m mem
NP 0F AE /7: clflush m mem
NP 0F AE E8: lfence m st
NP 0F AE F0: mfence m st
NP 0F AE F8: sfence m st
F3 0F AE /0: rdfsbase m reg
F3 0F AE /1: rdgsbase m reg
F3 0F AE /2: wrfsbase m reg
F3 0F AE /3: wrgsbase m reg`.split("\n"),
];
