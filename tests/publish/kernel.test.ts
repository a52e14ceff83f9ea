import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost, runMachineTo } from "@lstar/host";
import { Gateway } from "@lstar/host/net/gateway.ts";
import { StreamOuter } from "@lstar/host/net/streamOuter.ts";
import type { Kernel } from "@lstar/kernel";
import { tcpResetRemote } from "@lstar/kernel/net/ipv4/tcpRemote.ts";
import { takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { machineAt } from "@lstar/replay/snapshot/resume.ts";
import { beforeAll, expect, it } from "vitest";
import { type StartOptions, startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

/** The kernel behind a cable of the test's own. */
let start: StartOptions;
let out = "";
beforeAll(async () => {
  const bytes = readFileSync(await compile(join(root, "tests/publish/server.c")));
  start = {
    argv: ["/server"],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 256 * 2 ** 20,
    seed: 1,
    clock: "virtual",
    hostname: "lstar",
    files: [{ path: "/server", bytes, mode: 0o755 }],
    bringIn: null,
  };
});

function host(gateway: Gateway): MemoryHost {
  const take = (b: Uint8Array): void => {
    out += Buffer.from(b);
  };
  return new MemoryHost(new Uint8Array(0), take, take, null, gateway);
}

/** Runs until something has been printed, or everybody sleeps for a while. */
async function until(k: Kernel, h: MemoryHost, done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) {
    k.runSlice(1_000_000);
    await h.yieldToHost();
  }
  expect(done()).toBe(true);
}

it("a snapshot with an open connection: it ends with a reset elsewhere, new ones are made", { timeout: 60_000 }, async () => {
  out = "";
  const gateway = new Gateway();
  const h = host(gateway);
  const k = startMachine(h, start);
  h.attach(k);
  await until(k, h, () => out.includes("ready"));
  const idle = new StreamOuter();
  idle.inner = gateway.connect(14, idle);
  let open = false;
  void idle.accepted.then(() => {
    open = true;
  });
  await until(k, h, () => open);
  for (let i = 0; i < 20; i++) k.runSlice(100_000);
  const snapshot = takeSnapshot(k);
  gateway.close();

  const there = new Gateway();
  const other = host(there);
  const copy = machineAt(snapshot, { memory: start.memory, options: { ...k.options } }, other);
  tcpResetRemote(copy);
  other.attach(copy);
  await until(copy, other, () => out.includes("idle: read -104"));
  const bye = new StreamOuter();
  bye.inner = there.connect(10, bye);
  let text = "";
  void (async () => {
    for await (const chunk of bye.readable as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
  })();
  await until(copy, other, () => text === "bye\n");
  there.close();
});

/** Repeatable numbers. */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 8;
  };
}

it("frames of any kind, as a damaged recording may have them, do no harm", { timeout: 60_000 }, async () => {
  out = "";
  const next = generator(7);
  const queue: Uint8Array[] = [];
  class Junk extends Gateway {
    override transmit(frame: Uint8Array): boolean {
      // The guest's own frames come back changed.
      const f = frame.slice();
      const [a, b] = [f.slice(0, 6), f.slice(6, 12)];
      f.set(b, 0);
      f.set(a, 6);
      if (f.length > 40 && next() % 2) {
        f.copyWithin(26, 30, 34);
        f.set([10, 0, 2, 15], 30);
      }
      if (next() % 3) f[14 + (next() % (f.length - 14))]! ^= 1 << (next() % 8);
      if (queue.length < 100) queue.push(f);
      return next() % 2 === 0;
    }
    override receive(): Uint8Array | null {
      return queue.shift() ?? null;
    }
  }
  const junk = new Junk();
  const h = host(junk);
  const k = startMachine(h, start);
  h.attach(k);
  await until(k, h, () => out.includes("ready"));
  const ports = [7, 10, 12, 14, 16, 99];
  for (let i = 0; i < 4000; i++) {
    const n = next() % 4 === 0 ? next() % 1600 : 40 + (next() % 60);
    const f = new Uint8Array(14 + n);
    for (let j = 0; j < f.length; j++) f[j] = next();
    f.set([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    if (next() % 8) f.set([8, next() % 8 ? 0 : 6], 12);
    if (n >= 40 && next() % 8) {
      f.set([0x45, 0, n >> 8, n & 255], 14);
      if (next() % 8) f.set([0, 0], 20);
      f[23] = [6, 6, 6, 17, 1][next() % 5]!;
      f.set([10, 0, 2, 2, 10, 0, 2, 15], 26);
      f[37] = ports[next() % ports.length]!;
      f[36] = 0;
      f.set([0x20, next() % 4], 34);
      if (next() % 4) f.set([0x50, [2, 16, 24, 17, 4, 18][next() % 6]!], 46);
      let s = 0;
      f.set([0, 0], 24);
      for (let j = 14; j < 34; j += 2) s += (f[j]! << 8) | f[j + 1]!;
      while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
      f.set([(~s >>> 8) & 255, ~s & 255], 24);
    }
    queue.push(f);
    if (i % 20 === 0) {
      k.hostEvent("net");
      k.runSlice(100_000);
    }
  }
  // It still lives, and sleeps.
  expect((await runMachineTo(k, { ...reactor, net: junk }, k.machine.totalRetired + 3_000_000)).kind).toBe("stuck");
  expect(k.exited).toBe(false);
});

const reactor = {
  yieldToHost: async (): Promise<void> => {},
  waitForEvent: async (ms: number): Promise<boolean> => ms !== Number.POSITIVE_INFINITY,
};
