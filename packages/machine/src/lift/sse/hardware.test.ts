import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HardwareCase, hardwareCases } from "./hardwareCases.ts";
import { AT, CODE_SIZE, differences, fillOperand, Random, SimulatedProcessor, STATE_SIZE } from "./hardwareHarness.ts";

/** Every SIMD instruction against the processor the test runs on: random operands, all extremes, all MXCSR states. */
const ROUNDS = 40;
const COUNT_LIMIT = 80;
const STRING_BYTES = [0x61, 0x62, 0x63, 0, 0x80, 0x7a];

function encode(c: HardwareCase, form: string, r: Random): Uint8Array {
  const code: number[] = [];
  const bytes = c.key.split(" ");
  const prefix = bytes.shift()!;
  if (prefix !== "NP") code.push(Number.parseInt(prefix, 16));
  if (form === "W" || form === "V") code.push(0x48);
  let reg = 1;
  if (bytes.at(-1)!.startsWith("/")) reg = Number(bytes.pop()!.slice(1));
  for (const b of bytes) code.push(Number.parseInt(b, 16));
  if (form === "r" || form === "W") code.push(0xc0 | (reg << 3) | 2);
  else if (form === "s") code.push(0xc0 | (reg << 3) | 1);
  else code.push(0x40 | (reg << 3) | 7, form === "u" ? r.below(40) : 16 * r.below(3));
  if (c.imm) code.push(r.below(4) ? r.below(256) : r.below(20));
  const out = new Uint8Array(CODE_SIZE).fill(0x90);
  out.set(code);
  return out;
}

function fillStrings(r: Random, state: Uint8Array, v: DataView): void {
  for (const [from, to] of [
    [AT.xmm, AT.mm],
    [AT.mem, AT.mem + 64],
  ] as const)
    for (let i = from; i < to; i++) state[i] = STRING_BYTES[r.below(r.below(3) ? 3 : 6)]!;
  for (const o of [0, 16]) v.setBigInt64(o, BigInt(r.below(44) - 22), true);
}

/**
 * dpps adds its products in an order that differs between processors (on some even from lane to lane), so which of
 * several NaNs comes out does too: any NaN in the destination stands for all.
 */
function oneNaN(state: Uint8Array): void {
  const v = new DataView(state.buffer, state.byteOffset + AT.xmm + 16, 16);
  for (let i = 0; i < 16; i += 4) if (Number.isNaN(v.getFloat32(i, true))) v.setUint32(i, 0x7fc00000, true);
}
const ANY_NAN = "66 0F 3A 40";

function randomState(c: HardwareCase, r: Random): Uint8Array {
  const state = new Uint8Array(STATE_SIZE);
  const v = new DataView(state.buffer);
  for (let i = 0; i < 24; i += 8) fillOperand(r, "i", v, i);
  for (let i = AT.xmm; i < AT.mm; i += 8) fillOperand(r, c.kind, v, i);
  for (let i = AT.mm; i < AT.mem; i += 8) fillOperand(r, "i", v, i);
  for (let i = AT.mem; i < AT.mem + 64; i += 8) fillOperand(r, c.kind, v, i);
  if (c.shape === "count") {
    for (const at of [AT.xmm + 32, AT.mm + 16, AT.mem, AT.mem + 16, AT.mem + 32])
      if (r.below(3)) v.setBigUint64(at, BigInt(r.below(COUNT_LIMIT)), true);
  } else if (c.shape === "same" && r.below(3) === 0) state.copyWithin(AT.xmm + 32, AT.xmm + 16, AT.xmm + 32);
  else if (c.shape === "string") fillStrings(r, state, v);
  v.setUint32(AT.flags, 0x202 | (r.next() & 0x8d5), true);
  let mxcsr = 0x1f80;
  if (c.fp) {
    // Default, settled, all sticky, then any control with all masked, then anything.
    const style = r.below(6);
    mxcsr = [0x1f80, 0x1fa0, 0x1fbf][style] ?? (style === 5 ? r.next() & 0xffff : (r.next() & 0xe07f) | 0x1f80);
  }
  v.setUint32(AT.mxcsr, mxcsr, true);
  state[AT.mmx] = c.mmx ? 1 : 0;
  return state;
}

const dir = mkdtempSync(join(tmpdir(), "lstar-simd-"));
const program = join(dir, "hardware");

beforeAll(() => {
  const source = fileURLToPath(new URL("hardware.c", import.meta.url));
  const built = spawnSync("gcc", ["-O1", "-o", program, source], { encoding: "utf8" });
  if (built.status !== 0) throw new Error(`gcc is missing or fails (scripts/setup-debian.sh installs it): ${built.stderr}`);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("MMX and SSE against the real processor", () => {
  const simulated = new SimulatedProcessor();
  const byKey = new Map<string, HardwareCase[]>();
  for (const c of hardwareCases) {
    const family = `${c.mmx ? "MMX" : "XMM"} ${c.fp ? "floating point" : "integer"}`;
    byKey.set(family, [...(byKey.get(family) ?? []), c]);
  }
  for (const [family, cases] of byKey) {
    it(family, { timeout: 60_000 }, () => {
      const r = new Random(cases.length);
      const runs = cases.flatMap((c) =>
        [...c.forms].flatMap((form) =>
          Array.from({ length: ROUNDS }, () => ({ c, form, code: encode(c, form, r), state: randomState(c, r) })),
        ),
      );
      const input = Buffer.concat(runs.flatMap(({ code, state }) => [code, state]));
      const native = spawnSync(program, { input, maxBuffer: 1 << 28 }).stdout;
      expect(native.length).toBe(runs.length * STATE_SIZE);
      const wrong: string[] = [];
      runs.forEach(({ c, form, code, state }, i) => {
        const mxcsr = new DataView(state.buffer).getUint32(AT.mxcsr, true).toString(16);
        simulated.run(code, state);
        const real = native.subarray(i * STATE_SIZE, (i + 1) * STATE_SIZE);
        if (c.key === ANY_NAN) for (const result of [state, real]) oneNaN(result);
        const found = differences(state, real);
        if (found.length > 0) wrong.push(`${c.key} ${form} ${Buffer.from(code).toString("hex")} mxcsr ${mxcsr}: ${found.join(", ")}`);
      });
      expect(wrong.slice(0, 10)).toEqual([]);
    });
  }
});
