import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

it("tracepoints tell who sent a signal, into which set, what became of it and where its frame lies", { timeout: 60_000 }, async () => {
  const program = readFileSync(await compile(join(root, "tests/schedule/events.c")));
  const host = new MemoryHost(
    new Uint8Array(0),
    () => {},
    () => {},
  );
  const k = startMachine(host, {
    argv: ["/program"],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 64 * 1024 * 1024,
    seed: 1,
    jit: false,
    clock: "virtual",
    hostname: "test",
    files: [{ path: "/program", bytes: program, mode: 0o755 }],
    bringIn: null,
  });
  const signals: string[] = [];
  const armed = new Set<unknown>();
  let fired = 0;
  let cancelled = 0;
  let last: unknown = null;
  k.trace.signalGenerate.on((sig, _info, target, group, result, sender, taker) => {
    signals.push(`${sig} ${sender?.pid ?? "-"}>${target.pid} ${group ? "shared" : "own"} ${result} ${taker ? "taken" : "kept"}`);
  });
  k.trace.signalDeliver.on((task, sig, _info, handler, _flags, frame) => {
    const inStack = frame > task.ctx.get(4) - 0x10000 || frame > 0x7000_0000_0000;
    signals.push(`${task.pid} acts on ${sig}: ${handler === 0 ? "default" : inStack && frame % 16 === 8 ? "frame" : "?"}`);
  });
  k.trace.timerStart.on((timer, now) => {
    expect(timer.expires).toBeGreaterThanOrEqual(now);
    armed.add(timer);
  });
  k.trace.timerCancel.on((timer) => {
    expect(armed.delete(timer)).toBe(true);
    cancelled++;
  });
  k.trace.timerExpireEntry.on((timer, now) => {
    expect(timer.expires).toBeLessThanOrEqual(now);
    expect(armed.delete(timer)).toBe(true);
    fired++;
  });
  k.trace.schedSwitch.on((prev, next) => {
    // Nobody, if the last one has ended.
    if (last !== null && prev !== null) expect(prev).toBe(last);
    last = next;
  });
  for (let i = 0; i < 1000 && k.runSlice(10_000_000) !== "exited"; i++);
  expect(k.exitStatus).toBe(0);
  expect(signals).toEqual([
    "10 2>2 own 0 taken",
    "2 acts on 10: frame",
    "17 2>2 shared 1 kept",
    "10 2>2 shared 0 kept",
    "10 2>2 shared 2 kept",
    "2 acts on 10: frame",
    "14 ->2 shared 0 taken",
    "2 acts on 14: frame",
    "15 2>3 shared 0 taken",
    "3 acts on 9: default",
    "17 3>2 shared 1 kept",
  ]);
  expect(fired).toBeGreaterThanOrEqual(2);
  expect(cancelled).toBeGreaterThanOrEqual(1);
});
