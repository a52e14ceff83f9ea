import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost, runMachine } from "@lstar/host";
import type { Kernel } from "@lstar/kernel";
import { EpollWatcher } from "@lstar/trace";
import { describe, expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, lstar, root as repository, run } from "../native.ts";

const guest = (name: string): string => join(repository, `tests/epoll/guests/${name}.c`);

/** Runs a program in a machine of its own; `watch` sees the kernel before the first instruction. */
async function runIn(file: string, argument: string, watch: (k: Kernel) => void): Promise<string> {
  let out = "";
  const host = new MemoryHost(
    new Uint8Array(),
    (b) => {
      out += Buffer.from(b).toString();
    },
    () => {},
    null,
  );
  const k = startMachine(host, {
    argv: ["/program", argument],
    env: [],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 256 * 1024 ** 2,
    seed: 1,
    clock: "virtual",
    hostname: "lstar",
    files: [{ path: "/program", bytes: readFileSync(file), mode: 0o755 }],
    bringIn: null,
  });
  watch(k);
  await runMachine(k, host);
  return out;
}

describe("three kilobytes arrive, the program reads one and waits again", () => {
  it.each(["level", "edge", "loop"])("%s: as natively, in the order of the mechanism", async (mode) => {
    const file = await compile(guest("walkthrough"), ["-O1", "-static"]);
    const steps: string[] = [];
    let watcher: EpollWatcher | undefined;
    const out = await runIn(file, mode, (k) => {
      const t = k.trace;
      t.sysExit.on((_task, nr) => {
        if (nr === 291) steps.push("create");
      });
      t.epollInsert.on((item) => {
        // In the tree, and its callback on the file's wait queue.
        steps.push(item.ep.rbr.size === 1 && item.queue !== null ? "insert and callback" : "insert");
      });
      t.epollCallback.on(() => steps.push("wake-up"));
      t.epollReady.on((item) => steps.push(item.ep.rdLast === item ? "ready" : "ready?"));
      t.epollCopy.on((_item, _revents, fate) => steps.push(`copy ${fate}`));
      watcher = new EpollWatcher(k);
    });
    expect(out).toBe((await run(file, [mode])).stdout);
    const start = ["create", "insert and callback", "wake-up", "ready"];
    expect(steps.filter((s) => s !== "copy not-ready")).toEqual([
      ...start,
      ...(mode === "level" ? ["copy level", "copy level"] : ["copy edge"]),
    ]);
    watcher!.stop();
    const said = watcher!.diagnoses.map((d) => [d.kind, d.fd, d.bytes]);
    expect(said).toEqual(mode === "edge" ? [["bytes-left", 3, 2048]] : []);
    if (mode === "edge") expect(watcher!.diagnoses[0]!.text).toMatch(/2048 bytes are left: read took 1024 bytes/);
  });

  it("lstar trace says so before the wait, and shows it with --epoll", async () => {
    const file = await compile(guest("walkthrough"), ["-O1", "-static"]);
    const traced = await lstar(["trace", "--epoll", file, "edge"]);
    const lines = traced.stderr.split("\n");
    const remark = lines.findIndex((l) => l.startsWith("??? epoll: fd 3: it is edge-triggered and 2048 bytes are left"));
    expect(remark).toBeGreaterThan(0);
    expect(lines[remark + 1]).toMatch(/^epoll_wait\(/);
    expect(traced.stderr).toMatch(/epoll file 1\n {2}fd 3 {2}IN\|ET/);
    const quiet = await lstar(["trace", "--no-diagnose", file, "edge"]);
    expect(quiet.stderr).not.toContain("???");
  });
});

it.each(["shared", "exclusive"])("64 waiters, %s: as many are woken as natively", { timeout: 60_000 }, async (mode) => {
  const file = await compile(guest("herd"), ["-O1", "-static", "-pthread"]);
  let wakeups = 0;
  const out = await runIn(file, mode, (k) => k.trace.epollReady.on(() => wakeups++));
  const each = mode === "shared" ? 64 : 1;
  expect(out).toBe([1, 2, 3, 4, 5].map((n) => `event ${n} wakes ${each}\n`).join(""));
  expect((await run(file, [mode])).stdout).toBe(out);
  // Five events, and the one on the other file that ends the threads.
  expect(wakeups).toBe(5 * each + 64);
});

it.each([
  ["oneshot", "never-rearmed", 5],
  ["blocking", "blocking", 0],
  ["dup", "closed-descriptor", 0],
] as const)("misuse: %s", async (argument, kind, bytes) => {
  const file = await compile(guest("misuse"), ["-O1", "-static", "-w"]);
  let watcher: EpollWatcher | undefined;
  await runIn(file, argument, (k) => {
    watcher = new EpollWatcher(k);
  });
  watcher!.stop();
  expect(watcher!.diagnoses.map((d) => [d.kind, d.fd, d.bytes])).toEqual([[kind, 3, bytes]]);
});
