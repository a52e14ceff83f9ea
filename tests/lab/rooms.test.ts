import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { need, root } from "../native.ts";

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };
let dir = "";
let server: Server;
let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  const executablePath = need("chromium");
  dir = mkdtempSync(join(tmpdir(), "lstar-rooms-"));
  for (const script of ["build-lab-programs", "build-lab-index"]) spawnSync(process.execPath, [`scripts/${script}.mjs`], { cwd: root });
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const built = spawnSync(process.execPath, [vite, "build", "--outDir", dir, "--emptyOutDir"], {
    cwd: join(root, "packages/lab"),
    encoding: "utf8",
  });
  expect(built.status, built.stderr).toBe(0);
  server = createServer((req, res) => {
    const asked = new URL(req.url ?? "/", "http://x").pathname;
    const path = asked === "/" ? "/index.html" : asked;
    try {
      const body = readFileSync(join(dir, path));
      res.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      res.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens a room with a program and runs it to its end. */
async function open(room: string, program: string): Promise<void> {
  page = await browser.newPage();
  page.on("pageerror", (e) => errors.push(e.message));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#room=${room}&program=${program}`);
  await page.getByRole("button", { name: /^Run/ }).first().click();
}

test.each([
  ["syscalls", "vdso_clock", "copied from the program"],
  ["vdso", "vdso_clock", "System calls made so far"],
  ["signals", "signals", "Pending for the process"],
  ["processes", "fork_exec", "Descriptors of"],
])(
  "room %s draws the state of a run",
  async (room, program, text) => {
    await open(room, program);
    await page.getByText(new RegExp(text)).first().waitFor({ timeout: 20_000 });
    expect(errors).toEqual([]);
    await page.close();
  },
  40_000,
);

test("a proof puts the cursor where the ready list holds the item", async () => {
  await open("epoll", "epoll_lt");
  await page.getByRole("button", { name: "Prove it" }).first().click();
  await page.getByText("The cursor is where it is seen.").waitFor({ timeout: 20_000 });
  await page.getByText(/Ready list: fd \d/).waitFor({ timeout: 10_000 });
  expect(errors).toEqual([]);
  await page.close();
}, 60_000);
