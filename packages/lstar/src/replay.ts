import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { writeAll } from "@lstar/host/node/streams.ts";
import { RawTerminal } from "@lstar/host/node/terminal.ts";
import type { ByteSource } from "@lstar/host/tar/entries.ts";
import { ContainerError } from "@lstar/replay/file/format.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { Recording, type ReplayEnd } from "@lstar/replay/record/index.ts";
import { type BootedRecording, bootRecording, recordingHead } from "./replayBoot.ts";
import { version } from "./version.ts";

/** Instructions of a slice, and of one at recorded pace. */
const SLICE = 20_000_000;
const PACED_SLICE = 500_000;

/** A recording in a file. @throws an Error that says what is wrong with it */
export function openRecording(path: string): Recording {
  const fd = openSync(path, "r");
  try {
    const s = fstatSync(fd);
    if (!s.isFile()) throw new ContainerError("is not a regular file");
    const source: ByteSource = {
      size: s.size,
      read(out, position) {
        let done = 0;
        for (let n = 1; done < out.length && n > 0; done += n) n = readSync(fd, out, done, out.length - done, position + done);
        return done;
      },
    };
    // The descriptor stays open: the log is read as it is needed.
    return Recording.open(source, nodeCodec);
  } catch (e) {
    closeSync(fd);
    throw e;
  }
}

export interface ReplayRun {
  jit: boolean;
  /** Pass what the guest writes on to our own standard output and error. */
  output: boolean;
  /** Instruction to stop at. */
  to?: number;
  /** Times the recorded pace; absent = as fast as possible. */
  speed?: number;
  /** Longest wait (s) at recorded pace. */
  maxDelay?: number;
}

/** Where what the recorded guest writes goes: our own streams of the same number. */
export function streamOutput(recording: Recording): (stream: number, bytes: Uint8Array) => void {
  const toTerminal = recordingHead(recording).shape.stdio.map((s) => s.kind === "tty");
  return (stream, bytes) => writeAll(stream === 0 && toTerminal[0] ? 1 : stream, bytes);
}

/** Boots the recorded run, its output going where `run` says. @throws ContainerError */
export function bootReplay(recording: Recording, run: ReplayRun): BootedRecording {
  return bootRecording(recording, { jit: run.jit, onOutput: run.output ? streamOutput(recording) : undefined });
}

/** Replays to the end. */
export async function playRecording(booted: BootedRecording, run: ReplayRun): Promise<ReplayEnd> {
  const { k, player, head } = booted;
  const terminal = run.output && process.stdout.isTTY && head.shape.stdio.some((s) => s.kind === "tty") ? new ReplayTerminal() : null;
  const start = performance.now();
  let skipped = 0;
  let seen = k.time.nowNs;
  try {
    let sinceYield = start;
    while (player.slice(run.speed ? PACED_SLICE : SLICE, run.to)) {
      const now = performance.now();
      if (run.speed) {
        // What takes longer than the limit is cut: all after it comes earlier.
        const step = (k.time.nowNs - seen) / 1e6 / run.speed;
        seen = k.time.nowNs;
        skipped += Math.max(0, step - (run.maxDelay ?? Number.POSITIVE_INFINITY) * 1000);
        const early = start + k.time.nowNs / 1e6 / run.speed - skipped - now;
        if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
      }
      if (performance.now() - sinceYield > 20) {
        await new Promise((resolve) => setImmediate(resolve));
        sinceYield = performance.now();
      }
    }
  } finally {
    await terminal?.leave();
  }
  return player.end as ReplayEnd;
}

/** Milliseconds in which a terminal may still answer what the guest's output has asked of it. */
const LATE_ANSWERS = 50;
const CTRL_C = 3;

/** The terminal that a session is shown on. What it sends (keys, answers to the guest's questions) is swallowed; ^C ends us. */
class ReplayTerminal {
  readonly #raw = new RawTerminal();
  readonly #swallow = (keys: Buffer): void => {
    if (keys.includes(CTRL_C)) {
      this.#raw.leave();
      process.exit(128 + 2);
    }
  };

  constructor() {
    if (process.stdin.isTTY) {
      this.#raw.enter();
      process.stdin.on("data", this.#swallow);
    } else this.#raw.enterOutput();
  }

  async leave(): Promise<void> {
    if (process.stdin.isTTY) await new Promise((resolve) => setTimeout(resolve, LATE_ANSWERS));
    process.stdin.off("data", this.#swallow);
    process.stdin.pause();
    this.#raw.leave();
  }
}

function bytesText(n: number): string {
  return n < 10_000 ? `${n} B` : n < 10_000_000 ? `${Math.round(n / 1000)} kB` : `${Math.round(n / 1e6)} MB`;
}
const word = (w: string): string => (/^[\w./:=@%+,-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`);

/** What is in a recording. */
export function recordingInfo(recording: Recording): Record<string, unknown> {
  const head = recordingHead(recording);
  const sections: Record<string, { chunks: number; packed: number; plain: number }> = {};
  for (const c of recording.file.chunks) {
    const s = (sections[c.type.trim()] ??= { chunks: 0, packed: 0, plain: 0 });
    s.chunks++;
    s.packed += c.packed;
    s.plain += c.plain;
  }
  const { start } = head;
  return {
    program: start.argv,
    lstar: head.lstar,
    created: head.created,
    platform: head.platform,
    root: start.root,
    mounts: start.mounts,
    cwd: start.cwd,
    user: start.user,
    env: start.env,
    seed: start.seed,
    chaos: start.chaos ?? false,
    clock: start.clock,
    memory: start.memory,
    faults: start.faults,
    streams: head.shape.stdio.map((s) => s.kind),
    end: recording.summary,
    last: { position: recording.last.position, turn: recording.last.turn },
    sections,
  };
}

/** The same for a reader. */
export function recordingInfoText(path: string, recording: Recording): string {
  const head = recordingHead(recording);
  const { start } = head;
  const s = recording.summary;
  const lines: [string, string][] = [
    ["recording", path],
    ["program", start.argv.map(word).join(" ")],
    ["recorded", `${head.created} by lstar ${head.lstar}${head.lstar === version ? "" : ` (this is ${version})`} on ${head.platform}`],
    ["root", start.root === null ? "empty" : start.root.startsWith("/\0") ? "an archive" : start.root],
  ];
  for (const m of start.mounts) lines.push(["mount", `${m.host} on ${m.guest} (${m.writable ? "rw" : "ro"})`]);
  lines.push(
    ["directory", `${start.cwd}, user ${start.user.uid}:${start.user.gid}`],
    ["seed", `${start.seed}${start.chaos ? ", chaos" : ""}, ${start.clock} clock, ${bytesText(start.memory)} of memory`],
    ["streams", head.shape.stdio.map((x) => x.kind).join(", ")],
  );
  if (start.faults.length > 0) lines.push(["faults", `${start.faults.length} rule${start.faults.length === 1 ? "" : "s"}`]);
  if (s) {
    const status = s.status & 0x7f ? `ended by signal ${s.status & 0x7f}` : `exited with status ${s.status >> 8}`;
    lines.push(
      ["end", s.end === "stuck" ? "everybody slept and nothing could wake one" : status],
      ["length", `${s.position} instructions, ${(s.time / 1e9).toFixed(3)} s`],
      ["from outside", `${s.entries} answers, ${s.arrivals} arrivals, ${s.checks} checks`],
      ["files read", `${bytesText(s.fileBytes)}, ${bytesText(s.sharedBytes)} of them more than once`],
    );
  } else lines.push(["end", `cut off: known up to instruction ${recording.last.position}`]);
  const { sections } = recordingInfo(recording) as { sections: Record<string, { chunks: number; packed: number; plain: number }> };
  for (const [type, x] of Object.entries(sections))
    lines.push([`section ${type}`, `${bytesText(x.packed)} of ${bytesText(x.plain)}, ${x.chunks} chunk${x.chunks === 1 ? "" : "s"}`]);
  return lines.map(([name, text]) => `${name.padEnd(13)} ${text}\n`).join("");
}
