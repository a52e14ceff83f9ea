import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { lstar, lstarCommand, type RunOptions, type RunResult } from "../native.ts";

const PATIENCE = 200_000;

/** Records a run. */
export function record(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return lstar(["record", "-o", file, ...args], { timeout: PATIENCE, ...options });
}

/** Replays a file in a process of its own, somewhere else, with no input. */
export function replay(file: string, ...options: string[]): Promise<RunResult> {
  return lstar(["replay", ...options, file], { cwd: "/", timeout: PATIENCE });
}

/** Records, does what is to be done between, and expects the replay to print and to end the same. */
export async function repeats(
  dir: string,
  args: readonly string[],
  options: RunOptions & { between?: () => void; replay?: string[] } = {},
): Promise<RunResult> {
  const file = join(dir, "run.lstar");
  const recorded = await record(file, args, options);
  options.between?.();
  expect(await replay(file, ...(options.replay ?? []))).toEqual(recorded);
  return recorded;
}

/** A recording that is under way: its output can be waited for, and it can be sent input and signals. */
export interface Running {
  pid: number;
  /** Waits until standard output has this many matches. */
  shows(pattern: RegExp, times?: number): Promise<void>;
  type(text: string): void;
  kill(signal: NodeJS.Signals): void;
  end(): Promise<RunResult>;
}

export function recording(file: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [lstarCommand, "record", "-o", file, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let wake = (): void => {};
  child.stdout.setEncoding("latin1").on("data", (d: string) => {
    stdout += d;
    wake();
  });
  child.stderr.setEncoding("latin1").on("data", (d: string) => {
    stderr += d;
  });
  const closed = new Promise<RunResult>((resolve) => {
    child.on("close", (code, signal) => {
      wake();
      resolve({ status: code ?? (signal === "SIGKILL" ? 137 : 128), stdout, stderr });
    });
  });
  return {
    pid: child.pid as number,
    async shows(pattern, times = 1) {
      const all = new RegExp(pattern.source, "g");
      const end = Date.now() + PATIENCE;
      while ((stdout.match(all)?.length ?? 0) < times) {
        if (Date.now() > end || child.exitCode !== null) throw new Error(`${pattern} was not printed:\n${stdout}${stderr}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 1000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    type: (text) => void child.stdin.write(text),
    kill: (signal) => void child.kill(signal),
    end: () => closed,
  };
}
