import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run as runHere } from "../../packages/lstar/src/browser.ts";
import { need, root, run } from "../native.ts";

const jsonModules = ["json/__init__.py", "json/decoder.py", "json/encoder.py", "json/scanner.py"];

/** A small root with bash, python3 and tcc, out of what is installed here. */
function smallRoot(): Buffer {
  const python = readdirSync("/usr/bin").find((f) => /^python3\.\d+$/.test(f));
  if (!python) throw new Error("Debian's python3 is not installed: run scripts/setup-debian.sh as root");
  const programs = ["/bin/bash", `/usr/bin/${python}`, need("tcc")];
  const files = new Set(programs);
  for (const m of spawnSync("ldd", programs, { encoding: "utf8" }).stdout.matchAll(/(\/\S+) \(0x/g)) files.add(m[1]!);
  const listed = spawnSync("dpkg", ["-L", `lib${python}-minimal`], { encoding: "utf8" }).stdout;
  for (const f of listed.split("\n")) if (/^\/usr\/lib\/.*\.py$/.test(f)) files.add(f);
  for (const f of jsonModules) files.add(`/usr/lib/${python}/${f}`);
  // Modules in shared objects, without which python3 also complains.
  for (const f of readdirSync(`/usr/lib/${python}/lib-dynload`))
    if (f.startsWith("_json.")) files.add(`/usr/lib/${python}/lib-dynload/${f}`);
  // What linking a C program takes.
  const library = "/usr/lib/x86_64-linux-gnu";
  for (const f of ["crt1.o", "crti.o", "crtn.o", "libc.so", "libc.so.6", "libc_nonshared.a"]) files.add(`${library}/${f}`);
  files.add("/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
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
let rootTar: Buffer;

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
  rootTar = smallRoot();
  const packed = gzipSync(rootTar, { level: 1 });
  server = createServer((request, response) => {
    const answer: Record<string, [string, Uint8Array | string]> = {
      "/": ["text/html", "<!doctype html><title>lstar</title>"],
      "/worker.js": ["text/javascript", bundle.outputFiles[0]!.contents],
      "/root.tar": ["application/x-tar", rootTar],
      "/root.tar.gz": ["application/gzip", packed],
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

async function inPage(
  argv: string[],
  options: object = {},
  tar?: string,
  ask?: { port: number; text: string },
): Promise<Record<string, unknown>> {
  const page = await browser.newPage();
  await page.goto(origin);
  const result = await page.evaluate(
    ([args, opts, rootUrl, asked]) =>
      new Promise<Record<string, unknown>>((resolve) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = (e) => resolve(e.data);
        worker.onerror = (e) => resolve({ error: e.message });
        worker.postMessage({ argv: args, root: rootUrl, fetch: rootUrl ? {} : { "/bin/busybox": "/busybox" }, options: opts, ask: asked });
      }),
    [argv, options, tar, ask] as const,
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

it("a page connects to a server in the guest", { timeout: 60_000 }, async () => {
  const argv = ["/bin/busybox", "httpd", "-f", "-p", "80", "-h", "/"];
  const { head, length, status } = await inPage(argv, {}, undefined, { port: 80, text: "GET /bin/busybox HTTP/1.0\r\n\r\n" });
  expect({ head, status }).toEqual({ head: "HTTP/1.1 200 OK", status: 143 });
  expect(length).toBeGreaterThan(readFileSync(need("/bin/busybox")).length);
});

const squares = 'i=0; while ((i++ < 5)); do echo "$i: $((i * i))"; done | while read -r x y; do echo "$y<-$x"; done';
const json = 'import json; print(json.dumps({"b": [1, 2.5, None], "a": "x"}, sort_keys=True), sum(json.loads("[1, 2, 3]")))';
const source = 'int printf(const char *, ...); int main(int n, char **v) { printf("%s %d\\n", v[1], n * 21); return n + 5; }';
const compileAndRun = `cat > a.c <<'END'\n${source}\nEND\ntcc a.c -o a.out && ./a.out hello; echo $?`;

const inBash = (script: string): string[] => ["/bin/bash", "-c", script];

it.each([
  ["bash, plain archive", inBash(squares), "/root.tar"],
  ["python3, plain archive", ["/usr/bin/python3", "-S", "-c", json], "/root.tar"],
  ["python3, gzip", ["/usr/bin/python3", "-S", "-c", json], "/root.tar.gz"],
])("%s: as the native run, in as many instructions as under Node", { timeout: 120_000 }, async (_what, argv, tar) => {
  const native = await run(argv[0]!, argv.slice(1), { timeout: 20_000 });
  const tab = await inPage(argv, {}, tar);
  expect(tab).toMatchObject({ status: 0, stdout: native.stdout, stderr: "" });
  const node = await runHere(argv, { root: new Blob([new Uint8Array(rootTar)]) });
  expect({ stdout: node.stdout, instructions: node.instructions }).toEqual({ stdout: tab.stdout, instructions: tab.instructions });
});

it("tcc compiles, links and runs a program in the tab", { timeout: 120_000 }, async () => {
  const argv = inBash(`cat() { while IFS= read -r line; do echo "$line"; done; }; ${compileAndRun}`);
  const tab = await inPage(argv, {}, "/root.tar");
  expect(tab).toMatchObject({ status: 0, stdout: "hello 42\n7\n", stderr: "" });
  const node = await runHere(argv, { root: new Blob([new Uint8Array(rootTar)]) });
  expect({ stdout: node.stdout, instructions: node.instructions }).toEqual({ stdout: tab.stdout, instructions: tab.instructions });
});
