import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import type { FaultInjection } from "@lstar/kernel/kernel/faults.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { type StartOptions, startMachine } from "../boot.ts";
import { waitGraph } from "./waitGraph.ts";

/** How a run under one seed came out. */
export interface Outcome {
  seed: number;
  kind: "exited" | "deadlock" | "did not end";
  /** Wait status of a program that exited. */
  status: number;
  /** Its output, standard output and error as they came, cut after OUTPUT_KEPT bytes. */
  output: string;
  /** A deadlock's wait graph. */
  graph: string[];
  /** The first faults that were injected. */
  faults: string[];
}

const OUTPUT_KEPT = 65536;

function faultText(f: FaultInjection["log"][number]): string {
  let what = `${f.name} no. ${f.invocation} of ${f.pid}`;
  if (f.result !== null) what += f.result < 0 ? ` gave ${errnoName[-f.result] ?? `errno ${-f.result}`}` : ` gave ${f.result}`;
  else what += f.cut > 0 ? ` was cut to ${f.cut} bytes` : " was delayed";
  return what;
}

/** Runs a program under a seed, with no input, for at most `limit` instructions. @throws StartError */
export function runSeed(options: StartOptions, seed: number, limit: number): Outcome {
  let output = "";
  const take = (b: Uint8Array): void => {
    if (output.length < OUTPUT_KEPT) output += Buffer.from(b).toString("latin1");
  };
  const files = options.root === null && options.mounts.length === 0 ? null : new NodeFiles();
  const k = startMachine(new MemoryHost(new Uint8Array(0), take, take, files), { ...options, seed });
  const done = (kind: Outcome["kind"], graph: string[] = []): Outcome => ({
    seed,
    kind,
    status: k.exitStatus,
    output,
    graph,
    faults: (k.faults?.log ?? []).map(faultText),
  });
  // A program that only sleeps uses no instructions: its turns are counted.
  for (let idle = 0; idle < 100_000; ) {
    const left = limit - k.machine.totalRetired;
    if (left <= 0) break;
    const how = k.runSlice(Math.min(left, 10_000_000));
    if (how === "exited") return done("exited");
    if (how !== "idle") continue;
    if (k.nextDeadline() === Number.POSITIVE_INFINITY) return done("deadlock", waitGraph(k));
    idle++;
  }
  return done("did not end");
}
