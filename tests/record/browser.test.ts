import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freshDirectory, need, type RunResult, root } from "../native.ts";
import { record } from "./drive.ts";

/** A recording that lstar made here is replayed in a browser, where there are none of its files. */
let server: Server;
let browser: Browser;
let dir: { path: string; remove: () => void };
let recorded: RunResult;
let file = "";

beforeAll(async () => {
  dir = freshDirectory();
  file = join(dir.path, "run.lstar");
  const script =
    'read -r x; echo "got $x"; for f in /etc/*; do [ -d $f ] || n=$((n + 1)); done; echo $n; wc -l < /etc/passwd; (exit 5); echo $? $EPOCHREALTIME; exit 4';
  recorded = await record(file, ["--root", "/", "--clock", "real", "--", "/bin/bash", "-c", script], { input: "a line\n" });
  const bundle = await build({
    entryPoints: [join(root, "tests/record/worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "chrome110",
    // Kernel state is stored by class name.
    keepNames: true,
  });
  server = createServer((request, response) => {
    const answer: Record<string, [string, () => Uint8Array | string]> = {
      "/": ["text/html", () => "<!doctype html><title>lstar</title>"],
      "/worker.js": ["text/javascript", () => bundle.outputFiles[0]!.contents],
      "/run.lstar": ["application/octet-stream", () => readFileSync(file)],
    };
    const found = answer[request.url ?? ""];
    response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" });
    response.end(found?.[1]());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({ executablePath: need("chromium"), args: ["--no-sandbox"] });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  dir?.remove();
});

it("replays in Chromium with the same output, checks and final hashes", { timeout: 240_000 }, async () => {
  expect(recorded).toMatchObject({ status: 4, stderr: "" });
  expect(recorded.stdout).toMatch(/^got a line\n\d+\n\d+\n5 \d+\.\d+\n$/);
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const result = await page.evaluate(
    () =>
      new Promise<{ error?: string; hashes: object; summary: object }>((resolve) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => resolve({ error: e.message, hashes: {}, summary: {} });
        worker.postMessage("/run.lstar");
      }),
  );
  expect(result).toMatchObject({ end: { kind: "exited", status: 4 << 8 }, stdout: recorded.stdout });
  expect(result.hashes).toEqual(result.summary);
});
