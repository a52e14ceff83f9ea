import { ContainerError } from "@lstar/replay/file/format.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { bytesSource, ContainerReader } from "@lstar/replay/file/reader.ts";
import { ContainerWriter } from "@lstar/replay/file/writer.ts";
import { ByteReader, ByteWriter, LogError } from "@lstar/replay/record/bytes.ts";
import { Recording } from "@lstar/replay/record/index.ts";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { bootRecording } from "../../packages/lstar/src/replayBoot.ts";
import { need } from "../native.ts";
import { recordHere } from "./here.ts";

/** Recordings that are made up: checksums right, contents not. Nothing may come of them but an error that says so. */
let good: Uint8Array;
let chunks: [string, Uint8Array][];
let end: Uint8Array;

beforeAll(async () => {
  good = (await recordHere([need("/bin/busybox"), "sh", "-c", "read x; echo $x; busybox ls -l /etc/apt; busybox date"], "real")).file;
  const reader = new ContainerReader(bytesSource(good), nodeCodec, { kind: "recording" });
  chunks = reader.chunks.map((c, i) => [c.type, reader.read(i)]);
  end = reader.end as Uint8Array;
}, 60_000);

function file(parts: readonly [string, Uint8Array][], last: Uint8Array | null): Uint8Array {
  const out: Uint8Array[] = [];
  const writer = new ContainerWriter((b) => out.push(b.slice()), nodeCodec, "recording");
  for (const [type, bytes] of parts) writer.add(type, bytes);
  if (last) writer.end(last);
  return new Uint8Array(Buffer.concat(out));
}

/** Replays as far as it goes. @returns how it ended */
function play(bytes: Uint8Array): string {
  try {
    const { player } = bootRecording(Recording.open(bytesSource(bytes), nodeCodec), { jit: false });
    for (let i = 0; i < 300 && player.slice(100_000); i++);
    return player.end?.kind ?? "running";
  } catch (e) {
    if (e instanceof ContainerError) return "refused";
    throw e;
  }
}

it("the whole one is fine", () => {
  expect(play(file(chunks, end))).toBe("exited");
});

it("bytes of the log or of the places changed", { timeout: 120_000 }, () => {
  const which = chunks.flatMap(([type], i) => (type === "LOG " || type === "PLAC" ? [i] : []));
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(
      fc.constantFrom(...which),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (i, changes, whole) => {
        const parts = chunks.map(([type, b]): [string, Uint8Array] => [type, b.slice()]);
        const bytes = parts[i]![1];
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const how = play(file(parts, whole ? end : null));
        ends[how] = (ends[how] ?? 0) + 1;
      },
    ),
    { numRuns: 40 },
  );
  // Much of the log is contents of files that nobody looks at closely.
  expect((ends.diverged ?? 0) + (ends.refused ?? 0)).toBeGreaterThan(3);
});

it("heads of all kinds", { timeout: 120_000 }, () => {
  const head = JSON.parse(new TextDecoder().decode(chunks[0]![1]));
  const paths: string[][] = [];
  const walk = (v: unknown, path: string[]): void => {
    paths.push(path);
    if (typeof v === "object" && v !== null) for (const [k, x] of Object.entries(v)) walk(x, [...path, k]);
  };
  walk(head, []);
  const value = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.constant([]),
    fc.constant({}),
    fc.boolean(),
    fc.constant(2 ** 53),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths.slice(1)), value, (path, v) => {
      const other = structuredClone(head);
      let at = other;
      for (const k of path.slice(0, -1)) at = at[k];
      at[path[path.length - 1] as string] = v;
      play(file([["HEAD", new TextEncoder().encode(JSON.stringify(other))], ...chunks.slice(1)], end));
    }),
    { numRuns: 60 },
  );
});

it("numbers and texts of the log come back; nonsense is told", () => {
  const number = fc.oneof(fc.nat(), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(fc.tuple(number, fc.maxSafeInteger(), fc.uint8Array({ maxLength: 300 }))), (list) => {
      const w = new ByteWriter(1);
      for (const [a, b, bytes] of list) {
        w.uint(a);
        w.int(Math.trunc(b / 2));
        w.block(bytes);
        w.text(Buffer.from(bytes).toString("latin1"));
      }
      const r = new ByteReader(w.take());
      for (const [a, b, bytes] of list) {
        expect([r.uint(), r.int()]).toEqual([a, Math.trunc(b / 2) || 0]);
        expect([...r.block()]).toEqual([...bytes]);
        expect(r.text()).toBe(Buffer.from(bytes).toString("latin1"));
      }
      expect(r.done).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const r = new ByteReader(bytes);
      try {
        while (!r.done) {
          r.uint();
          r.int();
          r.text();
        }
      } catch (e) {
        expect(e).toBeInstanceOf(LogError);
      }
    }),
  );
});
