/** One decoded instruction; `decode` fills the same object again and again. */
export class Insn {
  /** Row of the opcode table. */
  row = 0;
  /** Length in bytes. */
  length = 0;
  /** REX prefix 0x40…0x4f, or 0. */
  rex = 0;
  lock = 0;
  /** 0xf2 or 0xf3 (the last one counts), or 0. */
  rep = 0;
  /** 4 = FS, 5 = GS, 0 = none that counts in 64-bit mode. */
  seg = 0;
  /** 0x66 and 0x67 were seen. */
  opsize16 = 0;
  addr32 = 0;
  /** 0 = one byte, 1 = 0F, 2 = 0F 38, 3 = 0F 3A. */
  map = 0;
  opcode = 0;
  hasModrm = 0;
  modrm = 0;
  mod = 0;
  /** ModRM.reg with REX.R. */
  reg = 0;
  /** ModRM.rm with REX.B (register forms), or the register in the opcode's low bits with REX.B. */
  rm = 0;
  /** Base register 0…15, 16 = RIP, -1 = none. */
  base = -1;
  /** Index register 0…15, -1 = none; scaled by 2^scale. */
  index = -1;
  scale = 0;
  /** Displacement, int32. */
  disp = 0;
  /** Immediate (sign-extended where the instruction does so), relative branch distance or absolute address, as int32 halves. */
  immLo = 0;
  immHi = 0;
  /** Second immediate of enter. */
  imm2 = 0;
  /** Effective operand size in bytes: 1, 2, 4 or 8. */
  opSize = 4;
}
