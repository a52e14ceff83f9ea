import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { crc32 } from "./crc32.ts";
import { ContainerError, type ContainerKind } from "./format.ts";
import { nodeCodec } from "./nodeCodec.ts";
import { bytesSource, ContainerReader } from "./reader.ts";
import { webCodec, webInflate } from "./webCodec.ts";
import { ContainerWriter } from "./writer.ts";

type Part = [type: string, bytes: Uint8Array];

function write(parts: readonly Part[], codec: Codec = nodeCodec, kind: ContainerKind = "recording", end = true): Uint8Array {
  const out: Uint8Array[] = [];
  const writer = new ContainerWriter((b) => out.push(b.slice()), codec, kind);
  for (const [type, bytes] of parts) writer.add(type, bytes);
  if (end) writer.end(Uint8Array.of(7));
  const all = Buffer.concat(out);
  expect(writer.size).toBe(all.length);
  return new Uint8Array(all);
}
function read(bytes: Uint8Array, codec: Codec = nodeCodec, allowCut = false): { parts: Part[]; end: Uint8Array | null; lost: number } {
  const reader = new ContainerReader(bytesSource(bytes), codec, { kind: "recording", allowCut });
  return { parts: reader.chunks.map((c, i) => [c.type, reader.read(i)]), end: reader.end, lost: reader.lost };
}
const plain = (parts: readonly Part[]): [string, number[]][] => parts.map(([t, b]) => [t, [...b]]);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);

const parts = fc.array(
  fc.tuple(
    fc.constantFrom("LOG ", "DATA", "HEAD"),
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(3000).map((n) => new Uint8Array(n).fill(n)),
    ),
  ),
  { maxLength: 6 },
);
const sample: Part[] = [
  ["HEAD", text("{}")],
  ["LOG ", new Uint8Array(5000).fill(65)],
  ["DATA", text("xxxxxxxxxx some bytes that deflate has little use for")],
];

describe("the container", () => {
  it("gives back what was put in", () => {
    fc.assert(
      fc.property(parts, (given) => {
        const back = read(write(given));
        expect(plain(back.parts)).toEqual(plain(given));
        expect([...(back.end ?? [])]).toEqual([7]);
      }),
      { numRuns: 200 },
    );
  });

  it("is refused with any bit turned over", () => {
    const whole = write(sample);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bad = whole.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      for (const allowCut of [false, true]) expect(() => read(bad, nodeCodec, allowCut), `bit ${bit}`).toThrow(ContainerError);
    }
  });

  it("is refused at any length but its own; of a cut one the whole chunks can be had", () => {
    const whole = write(sample);
    for (let n = 0; n < whole.length; n++) {
      expect(() => read(whole.subarray(0, n)), `${n} bytes`).toThrow(ContainerError);
      if (n < 16) {
        expect(() => read(whole.subarray(0, n), nodeCodec, true)).toThrow(ContainerError);
        continue;
      }
      const cut = read(whole.subarray(0, n), nodeCodec, true);
      expect(cut.end).toBe(null);
      expect(plain(cut.parts)).toEqual(plain(sample.slice(0, cut.parts.length)));
      // Zeros that should have become data count as missing.
      const zeros = new Uint8Array(whole.length + 100);
      zeros.set(whole.subarray(0, n));
      expect(read(zeros, nodeCodec, true).parts.length).toBeGreaterThanOrEqual(cut.parts.length);
    }
    expect(read(write(sample, nodeCodec, "recording", false), nodeCodec, true).lost).toBe(0);
    expect(() => read(new Uint8Array([...whole, 0]))).toThrow("more after its end");
    expect(() => read(new Uint8Array([...whole, ...whole.subarray(16)]))).toThrow(ContainerError);
  });

  it("is refused with bytes changed, moved, dropped or put in", () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.nat(40), fc.uint8Array({ maxLength: 40 }), (given, where, drop, put) => {
        const whole = write(given);
        const at = where % whole.length;
        const bad = new Uint8Array([...whole.subarray(0, at), ...put, ...whole.subarray(at + drop)]);
        if (Buffer.compare(bad, whole) === 0) return;
        expect(() => read(bad)).toThrow(ContainerError);
        try {
          const cut = read(bad, nodeCodec, true);
          expect(plain(cut.parts)).toEqual(plain(given.slice(0, cut.parts.length)));
        } catch (e) {
          expect(e).toBeInstanceOf(ContainerError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("says what is wrong", () => {
    const whole = write(sample);
    const message = (bytes: Uint8Array): string => {
      try {
        read(bytes);
      } catch (e) {
        return (e as Error).message;
      }
      return "";
    };
    expect(message(new Uint8Array(0))).toBe("is empty");
    expect(message(text("\x7fELF and so on, for some bytes"))).toBe("is not an lstar recording");
    expect(message(whole.subarray(0, 5))).toMatch(/^is cut off after 5 bytes/);
    expect(message(write(sample, nodeCodec, "snapshot"))).toBe("is an lstar snapshot, not a recording");
    const later = whole.slice();
    later[8] = 9;
    new DataView(later.buffer).setUint32(12, crc32(later.subarray(0, 12)), true);
    expect(message(later)).toBe("has format version 9; this lstar reads version 1");
    const swapped = [...whole];
    swapped[whole.length - 1]! ^= 255;
    expect(message(new Uint8Array(swapped))).toMatch(/^is damaged: the checksum/);
  });

  it("does not unpack more than a chunk says", () => {
    for (const size of [1e6, 3e8]) {
      const out: Uint8Array[] = [];
      const bomb = nodeCodec.deflate(new Uint8Array(size));
      const writer = new ContainerWriter((b) => out.push(b.slice()), nodeCodec, "recording");
      writer.addPacked("LOG ", bomb, bomb.length + 1);
      writer.end();

      expect(() => read(new Uint8Array(Buffer.concat(out)))).toThrow("do not unpack");
    }
  });
});

it("is read in a browser's way as in Node's", async () => {
  const whole = write(sample);
  const open = (bytes: Uint8Array): ContainerReader => new ContainerReader(bytesSource(bytes), webCodec, { kind: "recording" });
  const reader = open(whole);
  expect(() => reader.read(1)).toThrow(ContainerError);
  await reader.unpackAll(webInflate);
  expect(plain(reader.chunks.map((c, i) => [c.type, reader.read(i)]))).toEqual(plain(sample));
  const out: Uint8Array[] = [];
  const bomb = nodeCodec.deflate(new Uint8Array(1e6));
  const writer = new ContainerWriter((b) => out.push(b.slice()), nodeCodec, "recording");
  writer.addPacked("LOG ", bomb, bomb.length + 1);
  writer.end();
  await expect(open(new Uint8Array(Buffer.concat(out))).unpackAll(webInflate)).rejects.toThrow("do not unpack");
});

it("crc32 is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(2 ** 32 - 1), (bytes, before) => {
      expect(crc32(bytes, before)).toBe(zlib.crc32(bytes, before));
    }),
  );
});
