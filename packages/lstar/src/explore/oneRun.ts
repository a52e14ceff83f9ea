import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import type { Kernel } from "@lstar/kernel";
import type { FaultRule, InjectedFault } from "@lstar/kernel/kernel/faults/injection.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { GuestSymbols, memoryMap } from "@lstar/trace/debuginfo/guestSymbols.ts";
import { RaceDetector } from "@lstar/trace/races/detector.ts";
import { describeRaces, type RaceText } from "@lstar/trace/races/report.ts";
import { signalText } from "@lstar/trace/strace/signals.ts";
import { waitGraph } from "@lstar/trace/waits/waitGraph.ts";
import { type PreparedMachine, prepareMachine, type StartOptions, startProgram } from "../boot.ts";

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
  /** Data races, if they were looked for, and how many were seen that are none of the program's own code. */
  races: RaceText[];
  hiddenRaces: number;
}

const OUTPUT_KEPT = 65536;

/** What was done to a call, in words. */
function faultText(f: InjectedFault, rule: FaultRule): string {
  const done: string[] = [];
  if (rule.signal !== 0) done.push(`came with ${signalText(rule.signal)}`);
  if (rule.result !== null) done.push(`gave ${rule.success ? rule.result : (errnoName[-rule.result] ?? `errno ${-rule.result}`)}`);
  if (f.cut > 0) done.push(`was cut to ${f.cut} bytes`);
  if (rule.pokes.length > 0) done.push("had its arguments overwritten");
  if (rule.delayEnter >= 0 || rule.delayExit >= 0) done.push("was delayed");
  return `${f.name} no. ${f.invocation} of ${f.pid} ${done.join(", ")}`;
}

/**
 * Runs a program under many seeds. One machine is booted; each run begins with a snapshot of it, taken before anything
 * depended on the seed, so that it is the run of a machine booted with that seed.
 */
export class SeedRunner {
  readonly #options: StartOptions;
  readonly #machine: PreparedMachine;
  readonly #start: Snapshot;
  readonly #symbols = new GuestSymbols();
  #output = "";

  readonly #races: boolean;

  /** `races`: look for data races. @throws StartError */
  constructor(options: StartOptions, races = false) {
    this.#options = options;
    this.#races = races;
    const take = (b: Uint8Array): void => {
      if (this.#output.length < OUTPUT_KEPT) this.#output += Buffer.from(b).toString("latin1");
    };
    const files = options.root === null && options.mounts.length === 0 ? null : new NodeFiles();
    this.#machine = prepareMachine(new MemoryHost(new Uint8Array(0), take, take, files), options);
    this.#start = takeSnapshot(this.#machine.k);
  }

  /** The machine as the last run left it. */
  get kernel(): Kernel {
    return this.#machine.k;
  }

  /** One run, with no input, for at most `limit` instructions; with other faults, or more of them noted. @throws StartError */
  run(seed: number, limit: number, other: { faults?: FaultRule[]; logged?: number } = {}): Outcome {
    const { k } = this.#machine;
    this.#output = "";
    if (!restoreSnapshot(k, this.#start)) throw new Error("a machine does not fit its own snapshot");
    k.reseed(seed);
    startProgram(this.#machine, { ...this.#options, seed, faults: other.faults ?? this.#options.faults });
    if (k.faults && other.logged !== undefined) k.faults.logged = other.logged;
    if (!this.#races) return this.#outcome(seed, limit);
    const detector = new RaceDetector(k);
    try {
      const outcome = this.#outcome(seed, limit, () => detector.look());
      const { shown, hidden } = describeRaces(k, detector.races, this.#symbols);
      return { ...outcome, races: shown, hiddenRaces: hidden };
    } finally {
      detector.stop();
    }
  }

  #outcome(seed: number, limit: number, look?: () => void): Outcome {
    const { k } = this.#machine;
    const done = (kind: Outcome["kind"], graph: string[] = []): Outcome => ({
      seed,
      kind,
      status: k.exitStatus,
      output: this.#output,
      graph,
      races: [],
      hiddenRaces: 0,
      faults: (k.faults?.log ?? []).map((f) => faultText(f, k.faults?.rules[f.rule] as FaultRule)),
    });
    // A program that only sleeps uses no instructions: its turns are counted.
    for (let idle = 0; idle < 100_000; ) {
      const left = limit - k.machine.totalRetired;
      if (left <= 0) break;
      look?.();
      const how = k.runSlice(Math.min(left, 10_000_000));
      if (how === "exited") return done("exited");
      if (how !== "idle") continue;
      if (k.nextDeadline() === Number.POSITIVE_INFINITY)
        return done(
          "deadlock",
          waitGraph(k, (task, address) => this.#symbols.variable(k, memoryMap(task), address)),
        );
      idle++;
    }
    return done("did not end");
  }
}
