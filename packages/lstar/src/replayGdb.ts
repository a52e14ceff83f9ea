import { readFileSync } from "node:fs";
import { type DebugEnd, debugMachine, listen, type Recorded, Target } from "@lstar/gdb";
import type { Companion, Timeline } from "@lstar/replay";
import { type Recording, recordedTimeline } from "@lstar/replay/record/index.ts";
import { type BootedRecording, recordingHead } from "./replayBoot.ts";

/** Instructions between looks at the clock when the client has gone. */
const SLICE = 20_000_000;

/** What the program writes, once, however often the run passes there. */
export class OutputOnce implements Companion {
  readonly #put: (stream: number, bytes: Uint8Array) => void;
  /** Bytes written by the run up to here, and passed on so far, by stream. */
  #written = [0, 0, 0];
  readonly #told = [0, 0, 0];

  constructor(put: (stream: number, bytes: Uint8Array) => void) {
    this.#put = put;
  }

  readonly take = (stream: number, bytes: Uint8Array): void => {
    const written = (this.#written[stream] ?? 0) + bytes.length;
    this.#written[stream] = written;
    const fresh = Math.min(bytes.length, written - (this.#told[stream] ?? 0));
    if (fresh <= 0) return;
    this.#told[stream] = written;
    this.#put(stream, bytes.subarray(bytes.length - fresh));
  };

  save(): unknown {
    return [...this.#written];
  }
  restore(saved: unknown): void {
    this.#written = [...(saved as number[])];
  }
}

/** A recorded run as gdb's server takes it. */
export function recordedTarget(recording: Recording, { k, host, last }: BootedRecording, once: OutputOnce): Target {
  const { root } = recordingHead(recording).start;
  const timeline = recordedTimeline(k, recording, host, { companions: [once] });
  const recorded: Recorded = {
    timeline,
    last,
    cut: recording.summary === null,
    divergence: () => {
      const d = host.divergence;
      return d && `The replay has left the recorded run: at entry ${d.entry} recorded was ${d.recorded}, what came is ${d.came}`;
    },
    // Libraries that gdb wants to see whole. They are compared with the pages that the program has of them.
    outside: (path) => {
      if (root?.includes("\0")) return null;
      try {
        return new Uint8Array(readFileSync(root === null || root === "/" ? path : `${root}${path}`));
      } catch {
        return null;
      }
    },
  };
  return new Target(k, recorded);
}

/** Lets the recorded run go on to its end. */
async function playOut(timeline: Timeline, recorded: Recorded): Promise<DebugEnd> {
  const { k } = timeline;
  for (;;) {
    const state = timeline.slice(SLICE);
    if (state === "exited") return { kind: "exited", status: k.exitStatus };
    if (recorded.divergence() !== null || (recorded.cut && k.machine.totalRetired >= recorded.last.position)) return { kind: "stuck" };
    if (state === "idle" && !timeline.nextArrival && k.nextDeadline() === Number.POSITIVE_INFINITY) return { kind: "stuck" };
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Serves gdb on a port of this machine until it lets go of the recorded run. @throws if the port cannot be had */
export async function debugRecording(recording: Recording, booted: BootedRecording, port: number, once: OutputOnce): Promise<DebugEnd> {
  const target = recordedTarget(recording, booted, once);
  const server = await listen(port);
  const at = server.address();
  const actual = at !== null && typeof at === "object" ? at.port : port;
  process.stderr.write(`lstar: waiting for gdb -ex 'target remote :${actual}' ${booted.k.programPath}\n`);
  const reactor = {
    yieldToHost: () => new Promise<void>((resolve) => setImmediate(resolve)),
    // All that comes is in the recording.
    waitForEvent: (ms: number) => Promise.resolve(ms !== Number.POSITIVE_INFINITY),
  };
  return debugMachine(booted.k, reactor, server, target, () => playOut(target.history, target.recorded as Recorded));
}
