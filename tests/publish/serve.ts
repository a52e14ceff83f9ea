import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { lstarCommand, type RunResult } from "../native.ts";

const PATIENCE = 60_000;

/** A guest with published ports. */
export interface Served {
  readonly pid: number;
  /** Ports of the host, in the order of the options. */
  readonly ports: number[];
  readonly stdout: string;
  /** Waits for something on its standard output. */
  shows(pattern: RegExp): Promise<void>;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** How it ended, its own lines about ports left out of stderr. */
  readonly ended: Promise<RunResult>;
  /** SIGTERM, and the end. */
  stop(): Promise<RunResult>;
}

/** Starts `lstar COMMAND --publish 0:PORT… ARGS` and waits until the host's ports are known. */
export async function serve(ports: readonly string[], args: readonly string[], command: readonly string[] = ["run"]): Promise<Served> {
  const options = ports.flatMap((p) => ["--publish", `0:${p}`]);
  const child = spawn(process.execPath, [lstarCommand, ...command, ...options, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let look = (): void => {};
  child.stdout.setEncoding("latin1").on("data", (d: string) => {
    stdout += d;
    look();
  });
  child.stderr.setEncoding("latin1").on("data", (d: string) => {
    stderr += d;
    look();
  });
  const ended = new Promise<RunResult>((resolve) => {
    child.on("close", (code) => {
      look();
      resolve({ status: code ?? 128, stdout, stderr: stderr.replace(/^lstar: \S+ leads to .*\n/gm, "") });
    });
  });
  const until = async (done: () => boolean): Promise<void> => {
    const end = Date.now() + PATIENCE;
    while (!done()) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`lstar did not get there:\n${stdout}${stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const found = (): number[] => [...stderr.matchAll(/^lstar: \S+:(\d+) leads to/gm)].map((m) => Number(m[1]));
  await until(() => found().length >= ports.length + args.filter((a) => a === "--publish").length);
  return {
    pid: child.pid as number,
    ports: found(),
    get stdout() {
      return stdout;
    },
    shows: (pattern) => until(() => pattern.test(stdout)),
    kill: (signal) => void child.kill(signal),
    ended,
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

/** An HTTP server has come up: its answer to a first request. */
export async function firstAnswer(url: string): Promise<string> {
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      return await (await fetch(url)).text();
    } catch (e) {
      if (Date.now() > end) throw e;
    }
    await pause(50);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function dial(port: number, options: { allowHalfOpen?: boolean; host?: string } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", ...options });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** All that comes until the other end closes; "ECONNRESET" and kin as an error. */
export async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What the guest's program sends on its pattern port. */
export function pattern(n: number): Buffer {
  const out = Buffer.alloc(n);
  let x = 1;
  for (let i = 0; i < n; i++) {
    out[i] = (x >>> 16) & 255;
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
  }
  return out;
}

export const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Resident memory of a process (bytes). */
export function residentMemory(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
}
