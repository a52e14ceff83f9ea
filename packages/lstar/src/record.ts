import { closeSync, fdatasync, openSync, writeSync } from "node:fs";
import { arch, platform } from "node:os";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import type { RunEnd } from "@lstar/host";
import type { Host, Kernel } from "@lstar/kernel";
import { deflateOptions, nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { hostShape, Recorder } from "@lstar/replay/record/index.ts";
import type { StartOptions } from "./boot.ts";
import { type RecordingHead, recordedStart } from "./replayBoot.ts";
import { version } from "./version.ts";

const deflate = promisify<Uint8Array, object, Uint8Array>(deflateRaw);
/** Milliseconds between looks at a run that waits. */
const PATIENCE = 1000;

/** Records a run into a file. The file is begun when the program has started: a start that fails leaves what was there. */
export class FileRecorder {
  readonly #path: string;
  readonly #recorder: Recorder;
  /** What is to be written once the file is open. */
  #early: Uint8Array[] | null = [];
  #fd = -1;
  #timer: NodeJS.Timeout | null = null;
  /** Bytes have been written that may not be on the disk yet; the disk is at it. */
  #unsynced = false;
  #syncing = false;

  constructor(path: string, host: Host, start: StartOptions) {
    this.#path = path;
    const head: RecordingHead = {
      lstar: version,
      created: new Date().toISOString(),
      platform: `${platform()} ${arch()}, Node ${process.versions.node}`,
      shape: hostShape(host),
      start: recordedStart(start),
    };
    this.#recorder = new Recorder(host, {
      head,
      codec: nodeCodec,
      // In a thread of its own, while the guest runs on.
      pack: (plain) => deflate(plain, deflateOptions(plain.length)),
      sink: (bytes) => (this.#early ? void this.#early.push(bytes.slice()) : this.#write(bytes)),
    });
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#unsynced = true;
  }

  /** What is written shall outlive a loss of power, too. Happens in a thread of its own; a file system that cannot is left alone. */
  #sync(): void {
    if (!this.#unsynced || this.#syncing) return;
    this.#unsynced = false;
    this.#syncing = true;
    fdatasync(this.#fd, () => {
      this.#syncing = false;
    });
  }

  /** Host and options to start the machine with. */
  start(options: StartOptions): { host: Host; options: StartOptions } {
    return { host: this.#recorder.host, options: { ...options, bringIn: options.bringIn && this.#recorder.bringIn(options.bringIn) } };
  }

  /** The machine is booted. @throws if the file cannot be written */
  begin(k: Kernel): void {
    this.#fd = openSync(this.#path, "w", 0o644);
    for (const bytes of this.#early ?? []) this.#write(bytes);
    this.#early = null;
    this.#recorder.attach(k);
    this.#timer = setInterval(() => {
      this.#recorder.look();
      this.#sync();
    }, PATIENCE);
    this.#timer.unref();
  }

  /** To be told of events of the host instead of the kernel. */
  readonly events: Pick<Kernel, "hostEvent"> = { hostEvent: (kind) => this.#recorder.arrive(kind) };
  /** To be called after each slice. */
  readonly look = (): void => this.#recorder.look();

  /** Ends the file. @throws if it could not be written */
  async finish(end: RunEnd): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#recorder.finish({ end: end.kind, status: end.kind === "exited" ? end.status : 0 });
    closeSync(this.#fd);
  }
}
