import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { need, root } from "../native.ts";

/** Only one process builds the lab at a time. */
const lock = join(tmpdir(), `lstar-lab-${createHash("sha256").update(root).digest("hex").slice(0, 12)}.lock`);

async function locked<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      // One that was killed has left its lock.
      if (Date.now() > deadline) rmSync(lock, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** The lab as `npm start` serves it, and a browser. */
export class Site {
  readonly url: string;
  readonly browser: Browser;
  readonly #server: ChildProcess;
  private constructor(url: string, browser: Browser, server: ChildProcess) {
    this.url = url;
    this.browser = browser;
    this.#server = server;
  }

  static async start(): Promise<Site> {
    const executablePath = need("chromium");
    const env = { ...process.env, PORT: "0", BROWSER: "none" };
    const server = spawn(process.execPath, ["scripts/start.mjs"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
    const url = await locked(
      () =>
        new Promise<string>((resolve, reject) => {
          let text = "";
          server.stdout?.on("data", (d: Buffer) => {
            text += d;
            const found = /http:\S+/.exec(text);
            if (found) resolve(found[0]);
          });
          server.on("exit", (code) => reject(new Error(`npm start ended with ${code}: ${text}`)));
        }),
    );
    return new Site(url, await chromium.launch({ executablePath, args: ["--no-sandbox"] }), server);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.#server.kill();
  }

  async open(hash = "", options: BrowserContextOptions = {}, search = ""): Promise<Lab> {
    const context = await this.browser.newContext(options);
    return Lab.open(context, `${this.url}${search}${hash && `#${hash}`}`);
  }
}

/** One page of the lab with what it reports: errors, and how long its main thread was busy at a stretch. */
export class Lab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[] = [];
  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
  }

  static async open(context: BrowserContext, address: string): Promise<Lab> {
    const page = await context.newPage();
    const lab = new Lab(page, context);
    page.on("pageerror", (e) => lab.errors.push(e.message));
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") lab.errors.push(m.text());
    });
    await page.addInitScript(() => {
      const seen = window as unknown as { longTasks: number[] };
      seen.longTasks = [];
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) seen.longTasks.push(Math.round(e.duration));
      }).observe({ entryTypes: ["longtask"] });
    });
    await page.goto(address);
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
    return lab;
  }

  async run(): Promise<void> {
    await this.page.getByRole("button", { name: "Run", exact: true }).click();
  }

  /** Waits until the status line says so. */
  async status(text: RegExp | string, timeout = 30_000): Promise<void> {
    await this.page.locator(".status").filter({ hasText: text }).waitFor({ timeout });
  }

  /** Longest task of the main thread since the last time, in ms. */
  async longest(): Promise<number> {
    return this.page.evaluate(() => {
      const seen = window as unknown as { longTasks: number[] };
      return Math.max(0, ...seen.longTasks.splice(0));
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
