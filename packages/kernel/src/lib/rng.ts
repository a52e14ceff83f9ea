import { stateClass } from "../state.ts";

/**
 * The kernel's only source of randomness: xoshiro128** seeded through splitmix32, so that a machine
 * with a given seed always sees the same bytes (ASLR, getrandom, AT_RANDOM).
 */
export class Rng {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  constructor(seed: number) {
    let x = (seed ^ Math.floor(seed / 4294967296)) | 0;
    const next = (): number => {
      x = (x + 0x9e3779b9) | 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  /** 32 random bits, unsigned. */
  u32(): number {
    const x = Math.imul(this.b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** A number in [0, n), n up to 2^53. */
  below(n: number): number {
    if (n <= 0xffffffff) return this.u32() % n;
    return ((this.u32() & 0x1fffff) * 4294967296 + this.u32()) % n;
  }

  fill(out: Uint8Array, from = 0, n = out.length - from): void {
    for (let i = 0; i < n; i += 4) {
      const r = this.u32();
      for (let j = 0; j < 4 && i + j < n; j++) out[from + i + j] = r >>> (8 * j);
    }
  }
}

stateClass(Rng);
