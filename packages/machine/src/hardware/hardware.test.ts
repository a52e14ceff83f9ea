import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIT_OFFSETS, encode, type Row, rowsToTest, undefinedFlags, unstable } from "./cases.ts";
import { AT, DATA_VA, differences, RECORD_SIZE, SimulatedProcessor, STATE_SIZE } from "./processor.ts";

/**
 * Integer and x87 instructions against the processor the test runs on. HARDWARE_CASES sets the number
 * of cases (a nightly run may take 50 million).
 */
const TOTAL = Number(process.env.HARDWARE_CASES ?? 2_100_000);
const BATCH = 20_000;
/** States tried for each encoding: a new encoding must be translated. */
const STATES = 8;
/** What the manuals leave open is done as AMD's processors do it. */
const IS_AMD = /AMD/.test(cpus()[0]?.model ?? "");
const TRANSCENDENTAL = /^(f2xm1|fyl2x|fptan|fpatan|fyl2xp1|fsin|fcos|fsincos)$/;

const dir = mkdtempSync(join(tmpdir(), "lstar-hardware-"));
const program = join(dir, "harness");
beforeAll(() => {
  const source = fileURLToPath(new URL("harness.c", import.meta.url));
  const built = spawnSync("gcc", ["-O1", "-no-pie", "-static", "-o", program, source], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`gcc is missing or fails (scripts/setup-debian.sh installs it): ${built.stderr}`);
});
afterAll(() => rmSync(dir, { recursive: true }));

class Random {
  #s: number;
  constructor(seed: number) {
    this.#s = seed | 1;
  }
  next(): number {
    let s = this.#s;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#s = s;
    return s >>> 0;
  }
  below = (n: number): number => (this.next() >>> 3) % n;
}

const EDGE = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
function word(r: Random, v: DataView, at: number): void {
  const kind = r.below(6);
  if (kind === 0) {
    const e = EDGE[r.below(EDGE.length)]!;
    v.setUint32(at, e, true);
    v.setUint32(at + 4, r.below(2) ? 0 : r.below(2) ? 0xffffffff : e, true);
  } else if (kind === 1) {
    v.setUint32(at, r.below(64), true);
    v.setUint32(at + 4, 0, true);
  } else {
    v.setUint32(at, r.next(), true);
    v.setUint32(at + 4, r.next(), true);
  }
}

/** An 80-bit value: ordinary, integral, extreme, or an encoding that is none. */
function extended(r: Random, v: DataView, at: number): void {
  let lo = r.next();
  let hi = r.next() | 0x80000000;
  let exp = 0x3fff + r.below(80) - 40;
  switch (r.below(12)) {
    case 0:
      lo = hi = exp = 0;
      break;
    case 1:
      exp = 0x7fff;
      lo = 0;
      hi = 0x80000000;
      break;
    case 2:
      exp = 0x7fff;
      hi = r.below(2) ? r.next() | 0xc0000000 : (r.next() & 0x3fffffff) | 0x80000000;
      break;
    case 3:
      exp = 0;
      if (r.below(4)) hi &= 0x7fffffff;
      break;
    case 4:
      exp = r.below(0x7fff);
      break;
    case 5:
      exp = r.below(2) ? 1 + r.below(70) : 0x7ffe - r.below(70);
      break;
    case 6:
      lo = 0;
      hi = (r.below(256) << 24) | 0x80000000;
      break;
    case 7:
      if (r.below(3) === 0) hi &= 0x7fffffff;
      break;
    case 8:
      lo = r.below(2) ? 0 : 0xffffffff;
      hi = lo ? 0xffffffff : 0x80000000;
      break;
  }
  v.setUint32(at, lo >>> 0, true);
  v.setUint32(at + 4, hi >>> 0, true);
  v.setUint16(at + 8, exp | (r.below(2) << 15), true);
}

function fill(r: Random, row: Row, state: Uint8Array, v: DataView): void {
  for (let i = 0; i < 16; i++) word(r, v, i * 8);
  for (const i of [3, 4, 5, 6, 7, 13]) {
    v.setUint32(i * 8, DATA_VA + 512 + 96 + r.below(64), true);
    v.setUint32(i * 8 + 4, 0, true);
  }
  v.setUint32(4 * 8, (DATA_VA + 512 + 96 + r.below(64)) & ~7, true);
  v.setUint32(12 * 8, r.below(8), true);
  v.setUint32(12 * 8 + 4, 0, true);
  if (/^(A[4-7A-F]|E[0-3])$/.test(row.key) && r.below(8)) {
    v.setUint32(8, r.below(12), true);
    v.setUint32(12, 0, true);
  }
  // Bit strings in memory stay near their base.
  if (/^0F (A3|AB|B3|BB)$/.test(row.key)) {
    for (const i of BIT_OFFSETS) {
      v.setInt32(i * 8, r.below(1024) - 512, true);
      v.setInt32(i * 8 + 4, v.getInt32(i * 8, true) >> 31, true);
    }
  }
  // Dividends that fit, most of the time.
  if (/div/.test(row.mnemonic) && r.below(4)) {
    v.setUint32(16, r.below(3) ? 0 : r.below(64), true);
    v.setUint32(20, 0, true);
  }
  v.setUint32(AT.flags, 0x202 | (r.next() & 0x8d5) | (r.below(4) ? 0 : 0x400), true);
  for (let i = 0; i < 256; i += 8) word(r, v, AT.mem + i);
  if (row.x87) for (let i = 0; i < 256; i += 16) if (r.below(2)) extended(r, v, AT.mem + i);
  const cw = row.x87 ? 0x40 | (r.below(3) ? 0x3f : r.next() & 0x3f) | ([0, 2, 3][r.below(3)]! << 8) | (r.below(4) << 10) : 0x37f;
  v.setUint16(AT.x87, cw, true);
  let sw = r.below(8) << 11;
  if (row.x87) sw |= (r.next() & 0x4700) | (r.below(2) ? 0 : r.next() & cw & 0x3f);
  v.setUint16(AT.x87 + 2, sw, true);
  state[AT.x87 + 4] = row.x87 ? (r.below(3) ? 0x7f << r.below(2) : r.next() & 0xff) : 0;
  for (let i = 0; i < 8; i++) extended(r, v, AT.x87 + 32 + i * 16);
}

function runBatch(rows: Row[], seed: number, count: number, simulated: SimulatedProcessor, failures: Map<string, string>): number {
  const r = new Random(seed);
  const input = new Uint8Array(count * RECORD_SIZE);
  const chosen: Row[] = [];
  let n = 0;
  while (n < count) {
    const row = rows[(seed * 7 + Math.floor(n / STATES)) % rows.length]!;
    const e = encode(row, r.below);
    for (let k = 0; k < STATES && n < count; k++) {
      const record = input.subarray(n * RECORD_SIZE, (n + 1) * RECORD_SIZE);
      record.set(e.bytes);
      const state = record.subarray(16);
      const v = new DataView(state.buffer, state.byteOffset, STATE_SIZE);
      fill(r, row, state, v);
      const shift = row.key.endsWith("A4") || row.key.endsWith("AC") ? e.bytes[e.bytes[15]! - 1]! : state[8]!;
      if (unstable(row.key, e.opSize, shift)) continue;
      chosen.push(row);
      n++;
    }
  }
  const real = spawnSync(program, [], { input, maxBuffer: count * STATE_SIZE + 1024 });
  if (real.status !== 0 || real.stdout.length !== count * STATE_SIZE)
    throw new Error(`harness: status ${real.status}, signal ${real.signal}, ${real.stdout.length} bytes`);
  for (let i = 0; i < count; i++) {
    const code = input.subarray(i * RECORD_SIZE, i * RECORD_SIZE + 16);
    const state = input.slice(i * RECORD_SIZE + 16, (i + 1) * RECORD_SIZE);
    const before = state.slice();
    simulated.run(code, state);
    const row = chosen[i]!;
    const after = real.stdout.subarray(i * STATE_SIZE, (i + 1) * STATE_SIZE);
    const ignored = IS_AMD ? 0 : undefinedFlags(row, after.readInt32LE(AT.signal) !== 0);
    const d = differences(state, after, TRANSCENDENTAL.test(row.mnemonic) ? 1 : 0, ignored);
    if (d.length > 0 && !failures.has(row.key)) {
      const bytes = Buffer.from(code.subarray(0, code[15])).toString("hex");
      const x87 = row.x87
        ? ` x87 ${Buffer.from(before.subarray(AT.x87, AT.x87 + 5)).toString("hex")} st0 ${Buffer.from(before.subarray(AT.x87 + 32, AT.x87 + 42)).toString("hex")} st1 ${Buffer.from(before.subarray(AT.x87 + 48, AT.x87 + 58)).toString("hex")}`
        : "";
      failures.set(row.key, `${row.key} ${row.mnemonic} ${bytes} flags ${before[AT.flags + 1]}:${before[AT.flags]}${x87}: ${d.join("; ")}`);
    }
  }
  return count;
}

describe("integer and x87 instructions against the real processor", () => {
  const simulated = new SimulatedProcessor();
  const rows = rowsToTest();
  for (const [name, some, share] of [
    ["integer", rows.filter((r) => !r.x87), 0.8],
    ["x87", rows.filter((r) => r.x87), 0.2],
  ] as const) {
    it(`${name}: ${some.length} opcode rows`, { timeout: 3_600_000 }, () => {
      expect(some.length).toBeGreaterThan(100);
      const failures = new Map<string, string>();
      let done = 0;
      for (let seed = 1; done < TOTAL * share; seed++) done += runBatch(some, seed * 2654435761, BATCH, simulated, failures);
      expect([...failures.values()]).toEqual([]);
      console.log(`${name}: ${done} cases, ${some.length} rows`);
    });
  }
});
