import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, type BrowserContextOptions, type CDPSession, chromium, type Page } from "playwright-core";
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

/** Starts a server by a command of Node and waits for the address that it tells. */
export function serving(args: readonly string[], env = process.env): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    let text = "";
    server.stdout?.on("data", (d: Buffer) => {
      text += d;
      const found = /http:\S+/.exec(text);
      if (found) resolve({ server, url: found[0] });
    });
    server.on("exit", (code) => reject(new Error(`${args.join(" ")} ended with ${code}: ${text}`)));
  });
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
    const { server, url } = await locked(() => serving(["scripts/start.mjs"], env));
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

/** What Chromium records of a task of a thread; times in µs, tdur = on the processor. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * How long main threads are busy at a stretch, from Chromium's own trace. Time on the processor counts, not that on the
 * clock: on a machine shared with other tests a task is put aside in its midst.
 */
class TaskWatch {
  readonly #cdp: CDPSession;
  #events: TraceEvent[] = [];
  #on = false;
  constructor(cdp: CDPSession) {
    this.#cdp = cdp;
    cdp.on("Tracing.dataCollected", (e) => {
      for (const event of e.value) this.#events.push(event as unknown as TraceEvent);
    });
  }

  /** A browser has one trace. */
  static async of(browser: Browser): Promise<TaskWatch> {
    let watch = watches.get(browser);
    if (!watch) watches.set(browser, (watch = new TaskWatch(await browser.newBrowserCDPSession())));
    return watch;
  }

  /** Begins anew. */
  async start(): Promise<void> {
    if (this.#on) await this.#end();
    this.#events = [];
    this.#on = true;
    const traceConfig = { includedCategories: ["toplevel"], excludedCategories: ["*"] };
    await this.#cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  }

  /** The longest task since the start, in ms on the processor. */
  async stop(): Promise<number> {
    await this.#end();
    const key = (e: TraceEvent): string => `${e.pid}.${e.tid}`;
    const main = new Set(this.#events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map(key));
    const tasks = this.#events.filter((e) => e.ph === "X" && e.name.endsWith("RunTask") && main.has(key(e)));
    if (tasks.length === 0 || tasks.every((t) => t.tdur === undefined)) throw new Error("the trace tells of no task of a page");
    return Math.round(tasks.reduce((most, t) => Math.max(most, t.tdur ?? 0), 0) / 1000);
  }

  async #end(): Promise<void> {
    this.#on = false;
    const complete = new Promise((resolve) => this.#cdp.once("Tracing.tracingComplete", resolve));
    await this.#cdp.send("Tracing.end");
    await complete;
  }
}

const watches = new WeakMap<Browser, TaskWatch>();

/** One page of the lab with what it reports: errors, and how long its main thread was busy at a stretch. */
export class Lab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[] = [];
  #watch: TaskWatch | null = null;
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

  /** Begins to measure, for `longest`. */
  async watch(): Promise<void> {
    this.#watch = await TaskWatch.of(this.context.browser()!);
    await this.#watch.start();
  }

  /** Longest task of the main thread since `watch` or the last time, in ms on the processor. */
  async longest(): Promise<number> {
    const ms = await this.#watch!.stop();
    await this.#watch!.start();
    return ms;
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
