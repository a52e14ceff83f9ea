import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need, root } from "../native.ts";

/** A small root with bash, python3 and tcc, out of what is installed here. */
function smallRoot(): Buffer {
  const python = readdirSync("/usr/bin").find((f) => /^python3\.\d+$/.test(f));
  if (!python) throw new Error("Debian's python3 is not installed: run scripts/setup-debian.sh as root");
  const programs = ["/bin/bash", `/usr/bin/${python}`, need("tcc")];
  const files = new Set(programs);
  for (const m of spawnSync("ldd", programs, { encoding: "utf8" }).stdout.matchAll(/(\/\S+) \(0x/g)) files.add(m[1]!);
  const listed = spawnSync("dpkg", ["-L", `lib${python}-minimal`], { encoding: "utf8" }).stdout;
  for (const f of listed.split("\n")) if (/^\/usr\/lib\/.*\.py$/.test(f)) files.add(f);
  // What tcc itself brings: its headers and run-time library.
  const own = spawnSync("sh", ["-c", "dpkg -L tcc libtcc-dev"], { encoding: "utf8" }).stdout;
  for (const f of own.split("\n")) if (/^\/usr\/lib\/.*\/tcc\/.*\.(h|a|o)$/.test(f)) files.add(f);
  const r = spawnSync("tar", ["-C", "/", "--transform", `s,usr/bin/${python}$,usr/bin/python3,`, "-chf", "-", "-T", "-"], {
    input: [...files].map((f) => f.slice(1)).join("\n"),
    maxBuffer: 2 ** 28,
  });
  if (r.status !== 0) throw new Error(r.stderr.toString());
  return r.stdout;
}

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
  const rootTar = smallRoot();
  server = createServer((request, response) => {
    const answer: Record<string, [string, Uint8Array | string]> = {
      "/": ["text/html", "<!doctype html><title>lstar</title>"],
      "/worker.js": ["text/javascript", bundle.outputFiles[0]!.contents],
      "/root.tar": ["application/x-tar", rootTar],
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

async function inPage(argv: string[], options: object = {}, tar?: string): Promise<Record<string, unknown>> {
  const page = await browser.newPage();
  await page.goto(origin);
  const result = await page.evaluate(
    ([args, opts, rootUrl]) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => resolve({ error: e.message });
        worker.postMessage({ argv: args, root: rootUrl, fetch: rootUrl ? {} : { "/bin/busybox": "/busybox" }, options: opts });
      }),
    [argv, options, tar] as const,
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

it("runs bash, python3 and tcc from a tar archive as the root", { timeout: 120_000 }, async () => {
  const bash = await inPage(["/bin/bash", "-c", "a=(1 2 3); echo $((a[2])) $((6 * 7))"], {}, "/root.tar");
  expect(bash).toMatchObject({ status: 0, stdout: "3 42\n", stderr: "" });
  const python = await inPage(["/usr/bin/python3", "-S", "-c", "import sys; print(sum(range(100)), sys.platform)"], {}, "/root.tar");
  expect(python).toMatchObject({ status: 0, stdout: "4950 linux\n" });
  const source = "int main() { return 41 + 1; }";
  const script = `echo '${source}' > /a.c; tcc -c /a.c -o /a.o; echo $?; [ -s /a.o ] && echo made`;
  const tcc = await inPage(["/bin/bash", "-c", script], {}, "/root.tar");
  expect(tcc).toMatchObject({ status: 0, stdout: "0\nmade\n", stderr: "" });
});
