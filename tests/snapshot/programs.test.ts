import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { memoryHash } from "@lstar/replay/record/stateHash.ts";
import { FileAnswers, SnapshotWriter } from "@lstar/replay/snapshot/index.ts";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../../packages/lstar/src/version.ts";
import { compile, freshDirectory, need, root, run } from "../native.ts";
import type { Ending } from "./goOn.ts";
import { machineFor, runTo } from "./machines.ts";
import { realPrograms, threadsSource } from "./realPrograms.ts";

const POINTS = 10;
/** The point whose snapshot goes through a file. */
const FILED = 4;

const dir = freshDirectory();
let threads: Uint8Array;
/** What is to come of each snapshot file. */
const files: { name: string; path: string; ending: Ending }[] = [];

beforeAll(async () => {
  writeFileSync(join(dir.path, "threads.c"), threadsSource);
  threads = new Uint8Array(readFileSync(await compile(join(dir.path, "threads.c"))));
});
afterAll(() => dir.remove());

const start = (script: string): ReturnType<typeof machineFor> =>
  machineFor([need("dash"), "-c", script], { cwd: "/w", files: { "/w/threads": threads } });

type Machine = ReturnType<typeof machineFor>;
const ending = ({ k, output }: Machine, from = 0): Ending => ({
  output: output().slice(from),
  memory: memoryHash(k, nodeCodec.crc32),
  status: k.exitStatus,
  retired: k.machine.totalRetired,
  missing: [],
});

describe("twenty programs, each from ten random points", () => {
  it.each(realPrograms)("%s", { timeout: 120_000 }, (name, script, needs) => {
    need(needs);
    const plain = start(script);
    expect(runTo(plain.k, Number.POSITIVE_INFINITY)).toBe(true);
    const expected = ending(plain);
    expect(expected.status).toBe(0);
    expect(expected.output).not.toBe("");

    let x = name.length * 7919;
    const random = (): number => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return x / 4294967296;
    };
    const points = Array.from({ length: POINTS }, () => Math.floor(random() * expected.retired)).sort((a, b) => a - b);
    const machine = start(script);
    const snapshots: { at: Snapshot; printed: number }[] = [];
    for (const point of points) {
      runTo(machine.k, point);
      snapshots.push({ at: takeSnapshot(machine.k), printed: machine.output().length });
    }
    expect(runTo(machine.k, Number.POSITIVE_INFINITY)).toBe(true);
    expect(ending(machine)).toEqual(expected);

    const goOn = (m: Machine, { at, printed }: { at: Snapshot; printed: number }): void => {
      const before = m.output().length;
      expect(restoreSnapshot(m.k, at)).toBe(true);
      expect(runTo(m.k, Number.POSITIVE_INFINITY)).toBe(true);
      expect(ending(m, before)).toEqual({ ...expected, output: expected.output.slice(printed) });
    };
    // Back and forth in one machine; one point in another, with what the host's files answer written down.
    for (const i of [9, 0, 5, 2, 7, 1, 8, 6, 3]) goOn(machine, snapshots[i]!);
    const other = machineFor([need("/bin/busybox"), "true"]);
    const answers = new FileAnswers();
    if (other.k.host.fs)
      other.k.host = { ...other.k.host, stdio: other.k.host.stdio, fs: answers.remember(other.k.host.fs) } as typeof other.k.host;
    goOn(other, snapshots[FILED]!);

    const chunks: Uint8Array[] = [];
    const writer = new SnapshotWriter(machine.k, snapshots[FILED]!.at, (b) => chunks.push(b.slice()), { codec: nodeCodec, version });
    writer.finish(answers);
    const path = join(dir.path, `${files.length}.snapshot`);
    writeFileSync(path, Buffer.concat(chunks));
    files.push({ name, path, ending: { ...expected, output: expected.output.slice(snapshots[FILED]!.printed) } });
  });
});

const bundle = (entry: string, platform: "node" | "browser"): Promise<string> =>
  build({
    entryPoints: [join(root, "tests/snapshot", entry)],
    bundle: true,
    write: false,
    format: platform === "node" ? "cjs" : "esm",
    platform,
    target: platform === "node" ? "node20" : "chrome110",
  }).then((r) => r.outputFiles[0]!.text);

it("another process goes on from their files", { timeout: 180_000 }, async () => {
  const script = join(dir.path, "other.cjs");
  writeFileSync(script, await bundle("inNode.ts", "node"));
  const r = await run(process.execPath, [script, ...files.map((f) => f.path)], { timeout: 170_000 });
  expect(r.stderr).toBe("");
  const endings = r.stdout.trim().split("\n");
  expect(files.length).toBeGreaterThan(0);
  expect(endings.length).toBe(files.length);
  for (const [i, f] of files.entries()) expect({ name: f.name, ...JSON.parse(endings[i]!) }).toEqual({ name: f.name, ...f.ending });
});

it("a browser goes on from their files", { timeout: 240_000 }, async () => {
  const worker = await bundle("inBrowser.ts", "browser");
  const server = createServer((request, response) => {
    const file = /^\/(\d+)$/.exec(request.url ?? "");
    const type = request.url === "/worker.js" ? "text/javascript" : file ? "application/octet-stream" : "text/html";
    response.writeHead(200, { "content-type": type });
    response.end(
      request.url === "/worker.js" ? worker : file ? readFileSync(files[Number(file[1])]!.path) : "<!doctype html><title>lstar</title>",
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({ executablePath: need("chromium"), args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const [i, f] of files.entries()) {
      const got = await page.evaluate(
        (url) =>
          new Promise<object>((resolve) => {
            const w = new Worker("/worker.js", { type: "module" });
            const done = (answer: object): void => {
              w.terminate();
              resolve(answer);
            };
            w.onmessage = (e) => done(e.data);
            w.onerror = (e) => done({ error: e.message });
            w.postMessage(url);
          }),
        `/${i}`,
      );
      expect({ name: f.name, ...got }).toEqual({ name: f.name, ...f.ending });
    }
    expect(files.length).toBeGreaterThan(0);
  } finally {
    await browser.close();
    server.close();
  }
});
