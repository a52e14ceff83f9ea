import type { Companion } from "@lstar/replay";
import { memoryHash, processorHash, type Recording, type ReplayHost, recordedArrivals } from "@lstar/replay/record/index.ts";
import { type BootedRecording, bootRecording } from "lstar/src/replayBoot.ts";
import type { ArrivalView, OpenedRecording } from "../protocol.ts";

const NEWLINE = 10;
const RETURN = 13;

function withReturns(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const b of bytes) {
    if (b === NEWLINE) out.push(RETURN);
    out.push(b);
  }
  return Uint8Array.from(out);
}

/** A machine that runs what lstar record has written. Its outside is the recording: nothing else comes in. */
export class RecordedRun implements Companion {
  readonly booted: BootedRecording;
  readonly host: ReplayHost;
  readonly #recording: Recording;
  /** Each piece of output, whether it is new or comes again; and only that which is new. */
  onWrite: (bytes: Uint8Array) => void = () => {};
  onOutput: (bytes: Uint8Array) => void = () => {};
  /** Bytes written up to here, and told of. */
  #written = 0;
  #told = 0;

  /** @throws ContainerError */
  constructor(recording: Recording) {
    this.#recording = recording;
    this.booted = bootRecording(recording, { onOutput: (stream, bytes) => this.#write(stream, bytes) });
    this.host = this.booted.host;
    this.host.onStop = () => {
      this.booted.k.sched.stopSoon = true;
    };
  }

  #write(stream: number, bytes: Uint8Array): void {
    this.onWrite(bytes);
    this.#written += bytes.length;
    const fresh = this.#written - this.#told;
    if (fresh <= 0) return;
    this.#told = this.#written;
    const part = bytes.slice(Math.max(0, bytes.length - fresh));
    // No terminal of the guest has made its newlines ready to be shown.
    this.onOutput(this.booted.head.shape.stdio[stream]?.kind === "tty" ? part : withReturns(part));
  }

  save(): unknown {
    return { host: this.host.save(), written: this.#written };
  }
  restore(saved: unknown): void {
    const { host, written } = saved as { host: unknown; written: number };
    this.host.restore(host);
    this.#written = written;
  }

  get arrivals(): ArrivalView[] {
    return recordedArrivals(this.#recording).map((a) => ({ ...a, what: { type: "recorded", kind: a.what } }));
  }

  /** Where a recording that was cut off ends; Infinity for a whole one, which ends by itself. */
  get limit(): number {
    return this.#recording.summary ? Number.POSITIVE_INFINITY : this.booted.last.position;
  }

  /** Why the run cannot go on from here, "" if it can. */
  stopped(): string {
    const d = this.host.divergence;
    if (d) return `The run has left the recorded one after ${d.entry} answers: recorded was ${d.recorded}, what came is ${d.came}.`;
    const cut = this.booted.k.machine.totalRetired >= this.limit;
    return cut || this.host.exhausted ? "The recording ends here: its recorder was stopped before the program ended." : "";
  }

  /** How the end of the run compares with that of the recorded one. */
  compared(): string {
    const { summary, codec } = this.#recording;
    const { k } = this.booted;
    const same =
      summary !== null &&
      summary.position === k.machine.totalRetired &&
      summary.entries === this.host.entries &&
      summary.processor === processorHash(k, codec.crc32) &&
      summary.memory === memoryHash(k, codec.crc32);
    return same ? "As recorded, to the last byte of memory." : "The end is not that of the recorded run.";
  }

  about(): Omit<OpenedRecording, "progress"> {
    const { head } = this.booted;
    const { summary } = this.#recording;
    return {
      argv: head.start.argv,
      program: this.host.brought ?? new Uint8Array(0),
      created: head.created,
      platform: head.platform,
      lstar: head.lstar,
      seed: head.start.seed,
      clock: head.start.clock,
      instructions: this.booted.last.position,
      time: summary?.time ?? -1,
      cut: summary === null,
    };
  }
}
