/** MMX and SSE rows in the notation of integer.ts. "NP|66 0F 60" stands for two rows, one a prefix. */
const common = `NP|66|F3|F2 0F 10: mov m
NP|66|F3|F2 0F 11: mov m
NP 0F 12: movlp m
66 0F 12: movlpd m mem
F3 0F 12: movsldup m
F2 0F 12: movddup m
NP|66 0F 13: movlp m mem
NP|66 0F 14: unpckl m
NP|66 0F 15: unpckh m
NP 0F 16: movhp m
66 0F 16: movhpd m mem
F3 0F 16: movshdup m
NP|66 0F 17: movhp m mem
NP|66 0F 28: mova m
NP|66 0F 29: mova m
NP|66 0F 2A: cvtpi2p m
F3|F2 0F 2A: cvtsi2s m
NP|66 0F 2B: movntp m mem
NP|66 0F 2C: cvttp2pi m
F3|F2 0F 2C: cvtts2si m
NP|66 0F 2D: cvtp2pi m
F3|F2 0F 2D: cvts2si m
NP|66 0F 2E: ucomis m
NP|66 0F 2F: comis m
NP|66 0F 50: movmskp m reg
NP|66|F3|F2 0F 51: sqrt m
NP|F3 0F 52: rsqrt m
NP|F3 0F 53: rcp m
NP|66 0F 54: andp m
NP|66 0F 55: andnp m
NP|66 0F 56: orp m
NP|66 0F 57: xorp m
NP|66|F3|F2 0F 58: add m
NP|66|F3|F2 0F 59: mul m
NP|66|F3|F2 0F 5A: cvt m
NP|66|F3 0F 5B: cvt m
NP|66|F3|F2 0F 5C: sub m
NP|66|F3|F2 0F 5D: min m
NP|66|F3|F2 0F 5E: div m
NP|66|F3|F2 0F 5F: max m
66 0F 6C: punpcklqdq m
66 0F 6D: punpckhqdq m
NP|66 0F 6E: movd m
NP|66|F3 0F 6F: movq m
NP|66|F3|F2 0F 70: pshuf m ib
NP|66 0F 71 /2: psrlw m ib reg
NP|66 0F 71 /4: psraw m ib reg
NP|66 0F 71 /6: psllw m ib reg
NP|66 0F 72 /2: psrld m ib reg
NP|66 0F 72 /4: psrad m ib reg
NP|66 0F 72 /6: pslld m ib reg
NP|66 0F 73 /2: psrlq m ib reg
NP|66 0F 73 /6: psllq m ib reg
66 0F 73 /3: psrldq m ib reg
66 0F 73 /7: pslldq m ib reg
NP 0F 77: emms
66|F2 0F 7C: hadd m
66|F2 0F 7D: hsub m
NP|66|F3 0F 7E: movd m
NP|66|F3 0F 7F: movq m
NP|66|F3|F2 0F C2: cmp m ib
NP|66 0F C4: pinsrw m ib
NP|66 0F C5: pextrw m ib reg
NP|66 0F C6: shufp m ib
66|F2 0F D0: addsub m
66 0F D6: movq m
F3 0F D6: movq2dq m reg
F2 0F D6: movdq2q m reg
NP|66 0F D7: pmovmskb m reg
66|F3|F2 0F E6: cvt m
NP|66 0F E7: movnt m mem
F2 0F F0: lddqu m mem
NP|66 0F F7: maskmov m reg
66 0F 38 10: pblendvb m
66 0F 38 14: blendvps m
66 0F 38 15: blendvpd m
66 0F 38 17: ptest m
66 0F 38 2A: movntdqa m mem
F2 0F 38 F0: crc32 m b
F2 0F 38 F1: crc32 m
NP|66 0F 3A 0F: palignr m ib
66 0F 3A 08: roundps m ib
66 0F 3A 09: roundpd m ib
66 0F 3A 0A: roundss m ib
66 0F 3A 0B: roundsd m ib
66 0F 3A 0C: blendps m ib
66 0F 3A 0D: blendpd m ib
66 0F 3A 0E: pblendw m ib
66 0F 3A 14: pextrb m ib
66 0F 3A 15: pextrw m ib
66 0F 3A 16: pextrd m ib
66 0F 3A 17: extractps m ib
66 0F 3A 20: pinsrb m ib
66 0F 3A 21: insertps m ib
66 0F 3A 22: pinsrd m ib
66 0F 3A 40: dpps m ib
66 0F 3A 41: dppd m ib
66 0F 3A 42: mpsadbw m ib
66 0F 3A 60: pcmpestrm m ib
66 0F 3A 61: pcmpestri m ib
66 0F 3A 62: pcmpistrm m ib
66 0F 3A 63: pcmpistri m ib`;

/** Packed-integer opcodes that exist for MMX (NP) and SSE2 (66) alike. */
const both = `60 punpcklbw,61 punpcklwd,62 punpckldq,63 packsswb,64 pcmpgtb,65 pcmpgtw,66 pcmpgtd,67 packuswb,68 punpckhbw,69 punpckhwd,6A punpckhdq,6B packssdw,74 pcmpeqb,75 pcmpeqw,76 pcmpeqd,D1 psrlw,D2 psrld,D3 psrlq,D4 paddq,D5 pmullw,D8 psubusb,D9 psubusw,DA pminub,DB pand,DC paddusb,DD paddusw,DE pmaxub,DF pandn,E0 pavgb,E1 psraw,E2 psrad,E3 pavgw,E4 pmulhuw,E5 pmulhw,E8 psubsb,E9 psubsw,EA pminsw,EB por,EC paddsb,ED paddsw,EE pmaxsw,EF pxor,F1 psllw,F2 pslld,F3 psllq,F4 pmuludq,F5 pmaddwd,F6 psadbw,F8 psubb,F9 psubw,FA psubd,FB psubq,FC paddb,FD paddw,FE paddd`;
/** SSSE3 opcodes of map 0F 38, for MMX and SSE registers. */
const ssse3 = `00 pshufb,01 phaddw,02 phaddd,03 phaddsw,04 pmaddubsw,05 phsubw,06 phsubd,07 phsubsw,08 psignb,09 psignw,0A psignd,0B pmulhrsw,1C pabsb,1D pabsw,1E pabsd`;
/** SSE4 opcodes of map 0F 38. */
const sse4 = `20 pmovsxbw,21 pmovsxbd,22 pmovsxbq,23 pmovsxwd,24 pmovsxwq,25 pmovsxdq,28 pmuldq,29 pcmpeqq,2B packusdw,30 pmovzxbw,31 pmovzxbd,32 pmovzxbq,33 pmovzxwd,34 pmovzxwq,35 pmovzxdq,37 pcmpgtq,38 pminsb,39 pminsd,3A pminuw,3B pminud,3C pmaxsb,3D pmaxsd,3E pmaxuw,3F pmaxud,40 pmulld,41 phminposuw`;

const rows: string[] = [];
for (const line of common.split("\n")) {
  const m = /^(\S+) (0F.*)$/.exec(line)!;
  for (const p of m[1]!.split("|")) rows.push(`${p} ${m[2]}`);
}
for (const item of both.split(",")) {
  const [op, name] = item.split(" ");
  rows.push(`NP 0F ${op}: ${name} m`, `66 0F ${op}: ${name} m`);
}
for (const item of ssse3.split(",")) {
  const [op, name] = item.split(" ");
  rows.push(`NP 0F 38 ${op}: ${name} m`, `66 0F 38 ${op}: ${name} m`);
}
for (const item of sse4.split(",")) {
  const [op, name] = item.split(" ");
  rows.push(`66 0F 38 ${op}: ${name} m`);
}
export const sseRows: string[] = rows;
