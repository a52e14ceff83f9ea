/** x87 rows in the notation of integer.ts: "D8 /0" memory forms, "D8 C0" register forms with ST(i) in the low three bits, others exact. */
const rows: string[] = [];
const arith = ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"];
const hex = (n: number): string => n.toString(16).toUpperCase();
arith.forEach((name, n) => {
  rows.push(
    `D8 /${n}: ${name} m mem`,
    `DC /${n}: ${name} m mem`,
    `DA /${n}: ${name.replace("f", "fi")} m mem`,
    `DE /${n}: ${name.replace("f", "fi")} m mem`,
  );
  rows.push(`D8 ${hex(0xc0 + n * 8)}: ${name} m st`, `DC ${hex(0xc0 + n * 8)}: ${name} m st`);
  if (n !== 3) rows.push(`DE ${hex(0xc0 + n * 8)}: ${name}p m st`);
});
rows.push("DE D9: fcompp m");
const mem = (byte: string, names: string): void => {
  names.split(" ").forEach((name, n) => {
    if (name !== "-") rows.push(`${byte} /${n}: ${name} m mem`);
  });
};
mem("D9", "fld - fst fstp fldenv fldcw fnstenv fnstcw");
mem("DB", "fild fisttp fist fistp - fld - fstp");
mem("DD", "fld fisttp fst fstp frstor - fnsave fnstsw");
mem("DF", "fild fisttp fist fistp fbld fild fbstp fistp");
const st = (byte: string, list: string): void => {
  for (const item of list.split(",")) {
    const [modrm, name] = item.split(" ");
    rows.push(`${byte} ${modrm}: ${name} m st`);
  }
};
st("D9", "C0 fld,C8 fxch,D8 fstpnce");
st("DA", "C0 fcmovb,C8 fcmove,D0 fcmovbe,D8 fcmovu");
st("DB", "C0 fcmovnb,C8 fcmovne,D0 fcmovnbe,D8 fcmovnu,E8 fucomi,F0 fcomi");
st("DD", "C0 ffree,C8 fxch,D0 fst,D8 fstp,E0 fucom,E8 fucomp");
st("DF", "C0 ffreep,C8 fxch,D0 fstp,D8 fstp,E8 fucomip,F0 fcomip");
const one = (byte: string, list: string): void => {
  for (const item of list.split(",")) {
    const [modrm, name] = item.split(" ");
    rows.push(`${byte} ${modrm}: ${name} m`);
  }
};
one(
  "D9",
  "D0 fnop,E0 fchs,E1 fabs,E4 ftst,E5 fxam,E8 fld1,E9 fldl2t,EA fldl2e,EB fldpi,EC fldlg2,ED fldln2,EE fldz,F0 f2xm1,F1 fyl2x,F2 fptan,F3 fpatan,F4 fxtract,F5 fprem1,F6 fdecstp,F7 fincstp,F8 fprem,F9 fyl2xp1,FA fsqrt,FB fsincos,FC frndint,FD fscale,FE fsin,FF fcos",
);
one("DA", "E9 fucompp");
one("DB", "E0 fneni,E1 fndisi,E2 fnclex,E3 fninit,E4 fnsetpm");
one("DF", "E0 fnstsw");
export const x87Rows: string[] = rows;
