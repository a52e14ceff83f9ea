import { startMachine } from "lstar/src/boot.ts";
import { LabHost } from "./labHost.ts";

/** A run to be timed on a machine of its own that records nothing. The program writes < before and > after each round. */
export interface MeasureRequest {
  readonly type: "measure";
  readonly id: number;
  readonly name: string;
  readonly program: Uint8Array;
  readonly args: readonly string[];
}

/** What one round took. */
export interface Round {
  /** By the clock of the computer that the page runs on. */
  readonly hostMs: number;
  /** Guest instructions retired. */
  readonly instructions: number;
  /** Nanoseconds that passed on the machine's virtual clock. */
  readonly virtualNs: number;
}

const MEMORY = 64 * 2 ** 20;
const SLICE = 5_000_000;
/** A program that takes longer (ms) is given up. */
const LONGEST = 60_000;
const BEGIN = 0x3c;
const END = 0x3e;

/** Runs the program to its end and times its rounds. @throws StartError, or Error if it takes too long */
export function measure(request: Pick<MeasureRequest, "name" | "program" | "args">): Round[] {
  const host = new LabHost(null);
  const path = `/bin/${request.name}`;
  const k = startMachine(host, {
    argv: [path, ...request.args],
    env: ["PATH=/bin"],
    root: null,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: MEMORY,
    seed: 1,
    clock: "virtual",
    hostname: "lstar",
    files: [{ path, bytes: request.program, mode: 0o755 }],
    bringIn: null,
  });
  const rounds: Round[] = [];
  let from = { host: 0, instructions: 0, time: 0 };
  host.onOutput = (bytes) => {
    for (const byte of bytes) {
      const now = { host: performance.now(), instructions: k.machine.totalRetired, time: k.time.nowNs };
      if (byte === BEGIN) from = now;
      else if (byte === END)
        rounds.push({
          hostMs: now.host - from.host,
          instructions: now.instructions - from.instructions,
          virtualNs: now.time - from.time,
        });
    }
  };
  const start = performance.now();
  while (k.runSlice(SLICE) !== "exited")
    if (performance.now() - start > LONGEST) throw new Error(`${request.name} took longer than ${LONGEST / 1000} s`);
  return rounds;
}
