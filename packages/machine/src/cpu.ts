import {
  CC_OP,
  CPU_CONTEXT_END,
  CPU_CONTEXT_START,
  FPR,
  FPU_CW,
  FPU_DP,
  FPU_IP,
  FPU_OP,
  FPU_SW,
  FPU_TAG,
  FS_BASE,
  GPR,
  GS_BASE,
  MXCSR,
  RFLAGS,
  RIP,
  XMM,
} from "./layout.ts";

export const CPU_CONTEXT_SIZE = CPU_CONTEXT_END - CPU_CONTEXT_START;
const HIGH = 4294967296;

/**
 * The registers of a task: the live ones in the machine's memory, or a saved copy. Status flags are
 * complete in `rflags` whenever the machine is not running.
 */
export class CpuContext {
  #view: DataView;
  /** Offset that turns an address of layout.ts into one in the buffer. */
  #base: number;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#view = new DataView(buffer, offset, CPU_CONTEXT_SIZE);
    this.#base = -CPU_CONTEXT_START;
  }

  /** A fresh context as Linux starts a program with: FCW 0x37f, MXCSR 0x1f80, rflags 0x202, all else zero. */
  static create(): CpuContext {
    const ctx = new CpuContext(new ArrayBuffer(CPU_CONTEXT_SIZE), 0);
    ctx.reset();
    return ctx;
  }

  /** The machine's memory has been replaced. */
  rebind(buffer: ArrayBufferLike, offset: number): void {
    this.#view = new DataView(buffer, offset, CPU_CONTEXT_SIZE);
  }

  reset(): void {
    this.bytes.fill(0);
    this.rflags = 0x202;
    this.#set32(FPU_CW, 0x37f);
    this.#set32(MXCSR, 0x1f80);
  }

  /** The raw bytes of the context. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset, CPU_CONTEXT_SIZE);
  }
  copyFrom(other: CpuContext): void {
    this.bytes.set(other.bytes);
  }

  #get32(addr: number): number {
    return this.#view.getInt32(addr + this.#base, true);
  }
  #set32(addr: number, v: number): void {
    this.#view.setInt32(addr + this.#base, v, true);
  }
  #get64(addr: number): number {
    return (this.#get32(addr + 4) >>> 0) * HIGH + (this.#get32(addr) >>> 0);
  }
  #set64(addr: number, v: number): void {
    this.#set32(addr, v | 0);
    this.#set32(addr + 4, Math.floor(v / HIGH) | 0);
  }

  /** General register n (rax 0 … r15 15) as an unsigned number; exact below 2^53. */
  get(n: number): number {
    return this.#get64(GPR + n * 8);
  }
  /** Its halves as int32. */
  getLo(n: number): number {
    return this.#get32(GPR + n * 8);
  }
  getHi(n: number): number {
    return this.#get32(GPR + n * 8 + 4);
  }
  /** Sets a register from a safe integer; negative numbers are sign-extended to 64 bits. */
  set(n: number, v: number): void {
    this.#set64(GPR + n * 8, v);
  }
  setParts(n: number, lo: number, hi: number): void {
    this.#set32(GPR + n * 8, lo);
    this.#set32(GPR + n * 8 + 4, hi);
  }

  get rip(): number {
    return this.#get64(RIP);
  }
  set rip(v: number) {
    this.#set64(RIP, v);
  }
  get ripLo(): number {
    return this.#get32(RIP);
  }
  get ripHi(): number {
    return this.#get32(RIP + 4);
  }
  setRipParts(lo: number, hi: number): void {
    this.#set32(RIP, lo);
    this.#set32(RIP + 4, hi);
  }
  get rflags(): number {
    return this.#get32(RFLAGS) | 0x202;
  }
  set rflags(v: number) {
    this.#set32(RFLAGS, v | 0x202);
    this.#set32(RFLAGS + 4, 0);
    this.#set32(CC_OP, 0);
  }
  get fsBase(): number {
    return this.#get64(FS_BASE);
  }
  set fsBase(v: number) {
    this.#set64(FS_BASE, v);
  }
  get gsBase(): number {
    return this.#get64(GS_BASE);
  }
  set gsBase(v: number) {
    this.#set64(GS_BASE, v);
  }
  get mxcsr(): number {
    return this.#get32(MXCSR) >>> 0;
  }
  set mxcsr(v: number) {
    this.#set32(MXCSR, v);
  }
  /** The 16 bytes of an XMM register, shared with the context. */
  xmmBytes(n: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + XMM + n * 16 + this.#base, 16);
  }
  /** The 16 bytes of x87 physical register n, shared. */
  fprBytes(n: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + FPR + n * 16 + this.#base, 16);
  }

  /** Writes the 512-byte FXSAVE64 image (Intel SDM volume 1, table 10-2). */
  writeFxsave(out: Uint8Array, offset: number): void {
    this.writeFxsaveTo(new DataView(out.buffer, out.byteOffset + offset, 512));
  }
  /** The same through a view of 512 bytes, with nothing allocated. */
  writeFxsaveTo(v: DataView): void {
    const sw = this.#get32(FPU_SW);
    v.setInt32(0, (this.#get32(FPU_CW) & 0xffff) | (sw << 16), true);
    v.setInt32(4, (this.#get32(FPU_TAG) & 0xff) | (this.#get32(FPU_OP) << 16), true);
    for (let i = 0; i < 8; i += 4) {
      v.setInt32(8 + i, this.#get32(FPU_IP + i), true);
      v.setInt32(16 + i, this.#get32(FPU_DP + i), true);
    }
    v.setUint32(24, this.mxcsr, true);
    v.setUint32(28, 0xffff, true);
    const top = (sw >> 11) & 7;
    for (let i = 0; i < 8; i++) {
      const from = FPR + ((top + i) & 7) * 16;
      const to = 32 + i * 16;
      v.setInt32(to, this.#get32(from), true);
      v.setInt32(to + 4, this.#get32(from + 4), true);
      v.setInt32(to + 8, this.#get32(from + 8) & 0xffff, true);
      v.setInt32(to + 12, 0, true);
    }
    for (let i = 0; i < 256; i += 4) v.setInt32(160 + i, this.#get32(XMM + i), true);
    for (let i = 416; i < 512; i += 4) v.setInt32(i, 0, true);
  }

  /** Reads an FXSAVE64 image back. Reserved MXCSR bits are dropped. */
  readFxsave(image: Uint8Array, offset: number): void {
    this.readFxsaveFrom(new DataView(image.buffer, image.byteOffset + offset, 512));
  }
  /** The same through a view of 512 bytes, with nothing allocated. */
  readFxsaveFrom(v: DataView): void {
    const sw = v.getUint16(2, true);
    this.#set32(FPU_CW, (v.getUint16(0, true) & 0x1f7f) | 0x40);
    this.#set32(FPU_SW, sw);
    this.#set32(FPU_TAG, v.getUint8(4));
    this.#set32(FPU_OP, v.getUint16(6, true) & 0x7ff);
    for (let i = 0; i < 8; i += 4) {
      this.#set32(FPU_IP + i, v.getInt32(8 + i, true));
      this.#set32(FPU_DP + i, v.getInt32(16 + i, true));
    }
    this.mxcsr = v.getUint32(24, true) & 0xffff;
    const top = (sw >> 11) & 7;
    for (let i = 0; i < 8; i++) {
      const to = FPR + ((top + i) & 7) * 16;
      const from = 32 + i * 16;
      this.#set32(to, v.getInt32(from, true));
      this.#set32(to + 4, v.getInt32(from + 4, true));
      this.#set32(to + 8, v.getUint16(from + 8, true));
      this.#set32(to + 12, 0);
    }
    for (let i = 0; i < 256; i += 4) this.#set32(XMM + i, v.getInt32(160 + i, true));
  }
}
