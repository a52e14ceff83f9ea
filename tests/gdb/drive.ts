import { spawn } from "node:child_process";
import { lstarCommand, need, type RunResult, run } from "../native.ts";

export interface Debugged {
  /** What gdb printed, without the lines about files it reads. */
  gdb: string;
  status: number;
  stdout: string;
  stderr: string;
}

const quiet = ["-iex", "set debuginfod enabled off", "-iex", "set confirm off", "-iex", "set width 0", "-iex", "set pagination off"];
const asArguments = (commands: readonly string[]): string[] => commands.flatMap((c) => ["-ex", c]);
const withoutNoise = (text: string): string => text.replace(/^(Reading |warning: File transfers).*\n/gm, "");

/** Starts `lstar ARGS… --gdb 0 …` and gives its port to `use` once it listens. */
export async function serving<T>(
  lstarArgs: readonly string[],
  use: (port: number) => Promise<T>,
  input = "",
): Promise<RunResult & { result: T }> {
  const [command, ...rest] = lstarArgs as [string, ...string[]];
  const child = spawn(process.execPath, [lstarCommand, command, "--gdb", "0", ...rest], {
    stdio: [input === "" ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 100_000);
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (d: Buffer) => {
    stdout += d.toString("latin1");
  });
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  const port = new Promise<number>((resolve, reject) => {
    child.stderr?.on("data", (d: Buffer) => {
      stderr += d.toString("latin1");
      const at = /target remote :(\d+)/.exec(stderr);
      if (at) resolve(Number(at[1]));
    });
    ended.then(() => reject(new Error(`lstar ended before it listened: ${stderr}`)));
  });
  try {
    const result = await use(await port);
    return { result, status: await ended, stdout, stderr };
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}

/** Debugs a program under lstar with stock gdb in batch mode. */
export async function debug(program: string, lstarArgs: readonly string[], commands: readonly string[], input = ""): Promise<Debugged> {
  const gdb = need("gdb");
  const { result, ...ended } = await serving(
    lstarArgs,
    (port) => run(gdb, ["-nx", "-batch", ...quiet, program, ...asArguments([`target remote :${port}`, ...commands])], { timeout: 90_000 }),
    input,
  );
  return { gdb: withoutNoise(result.stdout + result.stderr), ...ended };
}
