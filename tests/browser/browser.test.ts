import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need, root } from "../native.ts";

/** The same machine in headless Chromium, in a worker, with nothing of Node. */
let server: Server;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  const executablePath = need("chromium");
  const bundle = await build({
    entryPoints: [join(root, "tests/browser/worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "chrome110",
  });
  const busybox = readFileSync(need("/bin/busybox"));
  server = createServer((request, response) => {
    const answer: Record<string, [string, Uint8Array | string]> = {
      "/": ["text/html", "<!doctype html><title>lstar</title>"],
      "/worker.js": ["text/javascript", bundle.outputFiles[0]!.contents],
      "/busybox": ["application/octet-stream", busybox],
    };
    const found = answer[request.url ?? ""];
    response.writeHead(found ? 200 : 404, { "content-type": found?.[0] ?? "text/plain" });
    response.end(found?.[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function inPage(argv: string[], options: object = {}): Promise<Record<string, unknown>> {
  const page = await browser.newPage();
  await page.goto(origin);
  const result = await page.evaluate(
    ([args, opts]) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => resolve({ error: e.message });
        worker.postMessage({ argv: args, fetch: { "/bin/busybox": "/busybox" }, options: opts });
      }),
    [argv, options] as const,
  );
  await page.close();
  return result;
}

it("runs busybox true", { timeout: 60_000 }, async () => {
  expect(await inPage(["/bin/busybox", "true"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

it("runs a shell pipeline with input", { timeout: 60_000 }, async () => {
  const result = await inPage(["/bin/busybox", "sh", "-c", "busybox sort -r | busybox head -2; exit 3"], { stdin: "a\nc\nb\n" });
  expect(result).toMatchObject({ status: 3, stdout: "c\nb\n" });
});
