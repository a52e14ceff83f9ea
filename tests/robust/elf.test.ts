import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import type { Kernel } from "@lstar/kernel";
import { doExecveatCommon } from "@lstar/kernel/fs/exec.ts";
import { pathLookupAt } from "@lstar/kernel/fs/namei.ts";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

const AT_FDCWD = -100;
const FREESTANDING = ["-O1", "-static", "-nostdlib", "-fno-stack-protector"];

function boot(files: Record<string, Uint8Array>): Kernel {
  const host = new MemoryHost(
    new Uint8Array(0),
    () => {},
    () => {},
  );
  return startMachine(host, {
    argv: ["/tiny"],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 64 * 1024 * 1024,
    seed: 1,
    jit: true,
    clock: "virtual",
    hostname: "test",
    files: Object.entries(files).map(([path, bytes]) => ({ path, bytes, mode: 0o755 })),
    bringIn: null,
  });
}

function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** Values that hurt: limits of widths and of address space. */
const NASTY = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Changes bytes in the ELF and program headers; sometimes cuts the file. Returns its new length. */
function mutate(bytes: Uint8Array, length: number, next: () => number): number {
  const headers = 64 + 56 * 8;
  for (let n = 1 + (next() % 4); n > 0; n--) {
    const at = next() % headers;
    const width = [1, 2, 4, 8][next() % 4]!;
    const value = next() % 2 ? NASTY[next() % NASTY.length]! : next();
    for (let i = 0; i < width; i++) bytes[at + i] = i < 4 ? value >>> (8 * i) : next() % 3 ? 0 : 0xff;
  }
  return next() % 16 === 0 ? next() % length : length;
}

it("survives 100,000 mutated ELF headers without leaking memory", { timeout: 300_000 }, async () => {
  const good = {
    "/tiny": readFileSync(await compile(join(root, "tests/robust/tiny.c"), FREESTANDING)),
    "/pie": readFileSync(
      await compile(join(root, "tests/robust/tiny.c"), ["-O1", "-static-pie", "-fPIE", "-nostdlib", "-fno-stack-protector"]),
    ),
  };
  const names = Object.keys(good) as (keyof typeof good)[];
  const k = boot(good);
  const task = k.current;
  const inodes = names.map((name) => {
    const p = pathLookupAt(k, AT_FDCWD, name, 1);
    if (typeof p === "number") throw new Error(`${name}: ${p}`);
    return p.dentry.inode!;
  });
  const execute = (name: string): number => {
    k.current = task;
    return doExecveatCommon(k, AT_FDCWD, name, [name], [], 0);
  };
  const put = (i: number, bytes: Uint8Array, length: number): void => {
    const inode = inodes[i]!;
    inode.size = length;
    const frame = inode.mapping!.pages.get(0)!;
    k.machine.phys.willWrite(frame);
    k.machine.phys.u8.set(bytes.subarray(0, 4096), frame * 4096);
  };
  expect(execute("/tiny")).toBe(0);
  const baseline = k.machine.phys.usedFrames;
  const next = generator(0x9e3779b9);
  let loaded = 0;
  for (let n = 0; n < 100_000; n++) {
    const i = n & 1;
    const bytes = Uint8Array.from(good[names[i]!].subarray(0, 4096));
    const full = good[names[i]!].length;
    const length = mutate(bytes, full, next);
    put(i, bytes, length);
    const r = execute(names[i]!);
    expect(Number.isInteger(r) && r <= 0 && r > -4096).toBe(true);
    if (r === 0) loaded++;
    // A failure after the point of no return leaves a fatal signal; the next round starts afresh.
    task.sigPendingFlag = false;
    task.signal.groupExit = false;
    task.pending.lo = task.signal.sharedPending.lo = 0;
    task.pending.queue = [];
    task.signal.sharedPending.queue = [];
    task.state = 0;
    task.exitState = 0;
  }
  expect(loaded).toBeGreaterThan(1000);
  put(0, good["/tiny"].subarray(0, 4096), good["/tiny"].length);
  expect(execute("/tiny")).toBe(0);
  // A few frames more or less are page tables, by where the stack happens to lie.
  expect(Math.abs(k.machine.phys.usedFrames - baseline)).toBeLessThan(16);
});
