import type { Kernel } from "@lstar/kernel";
import type { NetLink } from "@lstar/kernel/host.ts";
import type { FaultRule } from "@lstar/kernel/kernel/faults/injection.ts";
import { ContainerError } from "@lstar/replay/file/format.ts";
import { type HostShape, Player, type Recording, ReplayHost } from "@lstar/replay/record/index.ts";
import { StartError, type StartOptions, startMachine } from "./boot.ts";

/** What a recording's head says. */
export interface RecordingHead {
  /** Version of the lstar that recorded. */
  lstar: string;
  /** When, ISO 8601. */
  created: string;
  /** Where: operating system and engine, for the reader. */
  platform: string;
  shape: HostShape;
  /** Options of startMachine, but for what is brought in. The bytes of `files` are base64. */
  start: Omit<StartOptions, "bringIn" | "files" | "jit" | "faults"> & {
    files: { path: string; mode: number; base64: string }[];
    /** `last` is null where there is none. */
    faults: (Omit<FaultRule, "last"> & { last: number | null })[];
    /** A program was looked for among the host's files. */
    brings: boolean;
  };
}

/** A head's `start` for options. */
export function recordedStart(o: StartOptions): RecordingHead["start"] {
  const { bringIn, jit: _, files, faults, ...rest } = o;
  return {
    ...rest,
    brings: bringIn !== null,
    faults: (faults ?? []).map((f) => ({ ...f, last: f.last === Number.POSITIVE_INFINITY ? null : f.last })),
    files: files.map((f) => ({ path: f.path, mode: f.mode, base64: toBase64(f.bytes) })),
  };
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8190) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 8190)));
  return text;
}
/** @throws ContainerError if it is none */
function fromBase64(text: string): Uint8Array {
  let bytes: string;
  try {
    bytes = atob(text);
  } catch {
    throw new ContainerError("holds a file that is not encoded as files are");
  }
  return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
}

const isText = (v: unknown): v is string => typeof v === "string";
const isTexts = (v: unknown): v is string[] => Array.isArray(v) && v.every(isText);
const isCount = (v: unknown, most = 2 ** 32 - 1): v is number => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= most;
/** Sizes that a machine may have (options.ts says the same to people). */
const LEAST_MEMORY = 16 * 2 ** 20;
const MOST_MEMORY = 3.9 * 2 ** 30;

function isStart(s: RecordingHead["start"] | undefined): boolean {
  return (
    typeof s === "object" &&
    s !== null &&
    isTexts(s.argv) &&
    isTexts(s.env) &&
    (s.root === null || isText(s.root)) &&
    isText(s.cwd) &&
    isText(s.hostname) &&
    (s.clock === "virtual" || s.clock === "real") &&
    (s.date == null || (Number.isSafeInteger(s.date.sec) && isCount(s.date.nsec, 999_999_999))) &&
    isCount(s.seed, Number.MAX_SAFE_INTEGER) &&
    isCount(s.user?.uid) &&
    isCount(s.user.gid) &&
    isCount(s.memory, MOST_MEMORY) &&
    s.memory >= LEAST_MEMORY &&
    Array.isArray(s.mounts) &&
    s.mounts.every((m) => isText(m?.host) && isText(m.guest) && typeof m.writable === "boolean") &&
    Array.isArray(s.files) &&
    s.files.every((f) => isText(f?.path) && isCount(f.mode) && isText(f.base64) && /^[A-Za-z0-9+/]*={0,2}$/.test(f.base64)) &&
    Array.isArray(s.faults) &&
    s.faults.every((f) => Array.isArray(f?.calls) && [f.delayEnter, f.first, f.step, f.probability, f.short].every(Number.isFinite))
  );
}

const isBytes = (v: unknown, n: number): boolean => Array.isArray(v) && v.length === n && v.every((b) => isCount(b, 255));
const isLink = (l: NetLink): boolean =>
  isBytes(l.mac, 6) &&
  isBytes(l.address, 4) &&
  isBytes(l.gateway, 4) &&
  isCount(l.prefixLength, 32) &&
  isCount(l.mtu, 65535) &&
  l.mtu >= 576;

/** The head of a recording. @throws ContainerError if it is not one that lstar writes */
export function recordingHead(recording: Recording): RecordingHead {
  const head = recording.head as unknown as RecordingHead;
  const { start, shape } = head;
  const fine =
    isText(head.lstar) &&
    isText(head.created) &&
    isText(head.platform) &&
    isStart(start) &&
    Array.isArray(shape?.stdio) &&
    shape.stdio.length === 3 &&
    shape.stdio.every((s) => ["tty", "pipe", "file", "null"].includes(s?.kind)) &&
    (shape.fs === null || isTexts(shape.fs)) &&
    (shape.net == null || isLink(shape.net));
  if (!fine) throw new ContainerError("is damaged: its head does not say what was run");
  return head;
}

export interface ReplayOptions {
  jit?: boolean;
  /** Called with what the guest writes to streams 1 and 2 (and 0, where that is a terminal). */
  onOutput?: (stream: number, bytes: Uint8Array) => void;
}

/** A machine that runs what was recorded: booted, before its first instruction. */
export interface BootedRecording {
  k: Kernel;
  head: RecordingHead;
  /** The machine's outside. It is a companion for a timeline with `ownHost`. */
  host: ReplayHost;
  /** Runs it forward to the recording's end, and compares. */
  player: Player;
  /** How far the recording tells. */
  last: { position: number; turn: number };
}

/**
 * Boots a machine out of a recording. Nothing of the recording's own files is needed, and nothing is written.
 * @throws ContainerError if the recording cannot be replayed from its start
 */
export function bootRecording(recording: Recording, options: ReplayOptions = {}): BootedRecording {
  const head = recordingHead(recording);
  const host = new ReplayHost(recording, head.shape);
  if (options.onOutput) host.onOutput = options.onOutput;
  const { brings, files, faults, ...start } = head.start;
  let k: Kernel;
  try {
    k = startMachine(host, {
      ...start,
      jit: options.jit ?? true,
      faults: faults.map((f) => ({ ...f, last: f.last ?? Number.POSITIVE_INFINITY })),
      files: files.map((f) => ({ path: f.path, mode: f.mode, bytes: fromBase64(f.base64) })),
      bringIn: brings ? host.bringIn() : null,
    });
  } catch (e) {
    if (!(e instanceof StartError)) throw e;
    if (host.exhausted) throw new ContainerError("is cut off before its program started");
    const d = host.divergence;
    throw new ContainerError(
      d
        ? `cannot be replayed: at its start, entry ${d.entry}: recorded was ${d.recorded}, what came is ${d.came}`
        : `cannot be replayed: ${e.message}`,
    );
  }
  return { k, head, host, player: new Player(k, recording, host), last: recording.last };
}
