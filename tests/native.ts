import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** Root of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));
/** The built command. */
export const lstarCommand = join(root, "packages/lstar/bin/lstar.js");
const cache = join(root, ".cache/guests");

export interface RunResult {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  input?: string | Uint8Array;
  env?: Record<string, string>;
  /** Milliseconds until the process is killed; the status is then 124. */
  timeout?: number;
}

/** Runs a command to its end. On death by signal N the status is 128 + N, as a shell has it. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, options.timeout ?? 30_000);
    child.stdout?.on("data", (d: Buffer) => out.push(d));
    child.stderr?.on("data", (d: Buffer) => err.push(d));
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const status = timedOut ? 124 : (code ?? 128 + (signalNumbers[signal ?? ""] ?? 0));
      resolve({ status, stdout: Buffer.concat(out).toString("latin1"), stderr: Buffer.concat(err).toString("latin1") });
    });
  });
}

const signalNumbers: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSYS: 31,
};

/** Runs the built lstar command. */
export function lstar(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (!existsSync(join(root, "packages/lstar/dist/cli.cjs"))) throw new Error("lstar is not built: run `npm run build`");
  return run(process.execPath, [lstarCommand, ...args], { timeout: 60_000, ...options });
}

/** The path of a program that a test needs; fails with the command that installs it. */
export function need(program: string): string {
  const found = program.startsWith("/")
    ? existsSync(program)
      ? program
      : ""
    : spawnSync("which", [program], { encoding: "utf8" }).stdout.trim();
  if (!found) throw new Error(`${program} is not installed: run scripts/setup-debian.sh as root`);
  return found;
}

/**
 * What lstar printed must be what the host's Linux prints. The host's scheduler is free where lstar's is not,
 * so a difference counts only when the host never gives lstar's result in four runs.
 */
export async function expectAsNative(ours: RunResult, natively: () => Promise<RunResult>): Promise<void> {
  let real = await natively();
  for (let i = 1; i < 4 && !isDeepStrictEqual(ours, real); i++) real = await natively();
  expect(ours).toEqual(real);
}

/** A C file's text and those of the files that it includes by name, for a cache's key. */
function withIncludes(source: string): string[] {
  const text = readFileSync(source, "latin1");
  const named = [...text.matchAll(/^#include "(.+)"/gm)].map((m) => join(dirname(source), m[1] as string));
  return [text, ...named.flatMap(withIncludes)];
}

/** Compiles one C file to a static program (cached by the content of it and of what it includes, and by options). */
export async function compile(
  source: string,
  options: readonly string[] = ["-O1", "-static", "-pthread"],
  compiler = "gcc",
): Promise<string> {
  const key = createHash("sha256")
    .update(JSON.stringify([compiler, options, withIncludes(source)]))
    .digest("hex")
    .slice(0, 20);
  const out = join(cache, key);
  if (existsSync(out)) return out;
  mkdirSync(cache, { recursive: true });
  const part = `${out}.${process.pid}.part`;
  const made = await run(need(compiler), ["-w", ...options, "-o", part, source, "-lm"], { timeout: 60_000 });
  if (made.status !== 0) throw new Error(`${compiler} ${source}:\n${made.stderr}`);
  renameSync(part, out);
  return out;
}

/** A fresh directory, removed by the returned function. */
export function freshDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "lstar-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
