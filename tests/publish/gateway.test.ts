import { Gateway } from "@lstar/host/net/gateway.ts";
import type { Outer } from "@lstar/host/net/outer.ts";
import fc from "fast-check";
import { expect, it } from "vitest";

/** The gateway alone, with frames that no honest guest sends. */

class Sink implements Outer {
  queued = 0;
  log: string[] = [];
  bytes = 0;
  opened(): void {
    this.log.push("opened");
  }
  write(b: Uint8Array): void {
    this.bytes += b.length;
  }
  end(): void {
    this.log.push("end");
  }
  reset(refused: boolean): void {
    this.log.push(refused ? "refused" : "reset");
  }
  pause(): void {
    this.log.push("pause");
  }
  resume(): void {
    this.log.push("resume");
  }
}

const GUEST = [10, 0, 2, 15];
const set16 = (b: Uint8Array, at: number, v: number): void => void b.set([v >>> 8, v & 255], at);
const set32 = (b: Uint8Array, at: number, v: number): void => void b.set([v >>> 24, (v >>> 16) & 255, (v >>> 8) & 255, v & 255], at);
const get32 = (b: Uint8Array, at: number): number => ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;

function sum(b: Uint8Array, from: number, n: number, start = 0): number {
  let s = start;
  for (let i = 0; i < n; i += 2) s += (b[from + i]! << 8) | (i + 1 < n ? b[from + i + 1]! : 0);
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 65536);
  return ~s & 0xffff;
}

/** An IPv4 frame of the guest, with right sums unless `wrong`. */
function ip(protocol: number, to: number[], body: Uint8Array, wrong = false, fragment = 0): Uint8Array {
  const f = new Uint8Array(34 + body.length);
  f.set([0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, 0x45]);
  set16(f, 16, 20 + body.length);
  set16(f, 20, fragment);
  f[22] = 64;
  f[23] = protocol;
  f.set(GUEST, 26);
  f.set(to, 30);
  set16(f, 24, sum(f, 14, 20));
  f.set(body, 34);
  const at = protocol === 6 ? 16 : protocol === 17 ? 6 : 2;
  if (!wrong && body.length > at + 1 && fragment === 0) {
    set16(f, 34 + at, 0);
    let pseudo = 0;
    if (protocol !== 1)
      pseudo = (10 << 8) + 0 + ((2 << 8) | 15) + ((to[0]! << 8) | to[1]!) + ((to[2]! << 8) | to[3]!) + protocol + body.length;
    set16(f, 34 + at, sum(f, 34, body.length, pseudo));
  }
  return f;
}

function tcp(
  from: number,
  to: number,
  seq: number,
  ack: number,
  flags: number,
  window: number,
  rest: Uint8Array = new Uint8Array(0),
  size = 20,
): Uint8Array {
  const t = new Uint8Array(20 + rest.length);
  set16(t, 0, from);
  set16(t, 2, to);
  set32(t, 4, seq);
  set32(t, 8, ack);
  t[12] = (size / 4) << 4;
  t[13] = flags;
  set16(t, 14, window);
  t.set(rest, 20);
  return t;
}

/** Everything the gateway has for the guest; bounded, or it would go on for ever. */
function drain(g: Gateway): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let f = g.receive(); f; f = g.receive()) {
    out.push(f.slice());
    expect(f.length).toBeLessThanOrEqual(1514);
    if (out.length > 20_000) throw new Error("it never ends");
  }
  return out;
}

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
const address: fc.Arbitrary<number[]> = fc.oneof(
  fc.constantFrom<number[]>([10, 0, 2, 2], [10, 0, 2, 3], [10, 0, 2, 255], [255, 255, 255, 255], [224, 0, 0, 1]),
  fc.tuple(byte, byte, byte, byte),
);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u16 = fc.integer({ min: 0, max: 65535 });

it("no frame throws, nothing is sent for ever, nothing goes out", () => {
  const frame = fc.oneof(
    bytes(1600),
    fc
      .tuple(fc.constantFrom(1, 6, 17, 2, 255), address, bytes(1480), fc.boolean(), fc.oneof(fc.constant(0), u16))
      .map((a) => ip(...(a as Parameters<typeof ip>))),
    fc.tuple(bytes(60)).map(([b]) => Uint8Array.from([...new Array(12).fill(1), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...b])),
    fc
      .tuple(address, u16, u16, u32, u32, byte, u16, bytes(100), fc.constantFrom(0, 8, 20, 24, 60))
      .map(([to, a, b, seq, ack, flags, w, rest, size]) => ip(6, to, tcp(a, b, seq, ack, flags, w, rest, size))),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
      const g = new Gateway();
      const sink = new Sink();
      g.connect(80, sink);
      drain(g);
      for (const f of frames) {
        g.transmit(f);
        drain(g);
      }
      expect(sink.bytes).toBe(0);
      expect(g.connections).toBeLessThanOrEqual(1);
      g.close();
    }),
    { numRuns: 300 },
  );
});

/** A guest that has taken the connection: what it knows of it. */
function established(
  g: Gateway,
  sink: Sink,
): {
  flow: ReturnType<Gateway["connect"]>;
  port: number;
  seq: number;
  ack: number;
  say: (seq: number, ack: number, flags: number, window: number, rest?: Uint8Array) => boolean;
} {
  const flow = g.connect(80, sink);
  const [syn] = drain(g);
  const port = (syn![34]! << 8) | syn![35]!;
  const iss = get32(syn!, 38);
  const say = (seq: number, ack: number, flags: number, window: number, rest?: Uint8Array): boolean =>
    g.transmit(ip(6, [10, 0, 2, 2], tcp(80, port, seq >>> 0, ack >>> 0, flags, window, rest)));
  // With a window scale of 0, so that the gateway uses its own.
  g.transmit(ip(6, [10, 0, 2, 2], tcp(80, port, 1000, iss + 1, 0x12, 1000, Uint8Array.from([1, 3, 3, 0]), 24)));
  drain(g);
  return { flow, port, seq: 1001, ack: (iss + 1) >>> 0, say };
}

it("segments in any order and of any sequence on a real connection: only the stream's own bytes go out", () => {
  const step = fc.record({
    seq: fc.oneof(fc.integer({ min: -3000, max: 90_000 }), u32),
    ack: fc.oneof(fc.integer({ min: -10, max: 3000 }), u32),
    flags: byte,
    window: u16,
    n: fc.integer({ min: 0, max: 1400 }),
    give: fc.integer({ min: 0, max: 5000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const g = new Gateway();
      const sink = new Sink();
      const c = established(g, sink);
      expect(sink.log).toEqual(["opened"]);
      for (const s of steps) {
        c.flow?.data(new Uint8Array(s.give));
        c.say(c.seq + s.seq, c.ack + s.ack, s.flags, s.window, new Uint8Array(s.n));
        drain(g);
      }
      g.flush();
      expect(sink.bytes).toBeLessThanOrEqual(90_000 + 1400 + 3000);
      g.close();
    }),
    { numRuns: 300 },
  );
});

it("a guest that promises no window gets nothing, and the outer end is stopped at the limit", () => {
  const g = new Gateway();
  const sink = new Sink();
  const c = established(g, sink);
  c.say(c.seq, c.ack, 0x10, 0);
  drain(g);
  let given = 0;
  while (!sink.log.includes("pause")) {
    c.flow?.data(new Uint8Array(16384));
    given += 16384;
    expect(given).toBeLessThan(1_000_000);
  }
  expect(drain(g)).toEqual([]);
  // The window opens: all of it comes, in segments that fit.
  let got = 0;
  let ack = c.ack;
  for (let i = 0; i < 1000 && got < given; i++) {
    c.say(c.seq, ack, 0x10, 10_000);
    for (const f of drain(g)) got += f.length - 54;
    ack = (c.ack + got) >>> 0;
  }
  expect(got).toBe(given);
  expect(sink.log).toContain("resume");
});

it("what an outer end does not take closes the window, and no promise is broken", () => {
  const g = new Gateway();
  const sink = new Sink();
  const c = established(g, sink);
  let sent = 0;
  let edge = 0;
  const take = (): void => {
    for (const f of drain(g)) {
      const acked = (get32(f, 42) - c.seq) | 0;
      const told = acked + ((f[48]! << 8) | f[49]!) * 128;
      expect(told).toBeGreaterThanOrEqual(edge);
      edge = told;
    }
  };
  c.flow?.data(new Uint8Array(1));
  take();
  for (let i = 0; i < 5000 && sent + 1000 <= edge; i++) {
    c.say(c.seq + sent, c.ack, 0x18, 1000, new Uint8Array(1000));
    sent += 1000;
    sink.queued = sent;
    take();
  }
  expect(sent).toBeLessThan(1_200_000);
  expect(sink.bytes).toBe(sent);
  sink.queued = 0;
  c.flow?.drained();
  take();
  expect(edge).toBeGreaterThan(sent + 100_000);
});

it("connections and waiting frames are bounded", () => {
  const g = new Gateway();
  let n = 0;
  while (g.connect(80, new Sink())) if (++n > 10_000) throw new Error("no end of connections");
  expect(n).toBe(4096);
  const other = new Gateway();
  for (let i = 0; i < 5000; i++) other.transmit(ip(17, [8, 8, 8, 8], new Uint8Array([0, 9, 0, 53, 0, 8, 0, 0])));
  expect(drain(other).length).toBeLessThanOrEqual(512);
  for (let i = 0; i < 5000; i++) other.datagram(7, `client ${i}`, new Uint8Array(10), () => {});
  expect(drain(other).length).toBeLessThanOrEqual(512);
  g.close();
});
