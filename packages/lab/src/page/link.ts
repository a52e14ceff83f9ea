import type { ArrivalView, Moment } from "../protocol.ts";

/** What a link holds: enough to see the same again. */
export interface LinkState {
  readonly room: string;
  readonly program: string;
  readonly args: string;
  readonly stdin: string | null;
  readonly seed: number;
  /** null: not run. */
  readonly moment: Moment | null;
  readonly task: number;
  /** What was typed at the terminal (and other things from outside), with the moments at which it came. */
  readonly arrivals: readonly ArrivalView[];
  /** The edited source, null if it is the program's own. */
  readonly source: string | null;
}

/** What a link said, and what of it could not be read, in words. */
export interface ParsedLink extends LinkState {
  readonly problems: readonly string[];
}

/** Longer texts make no link that people could send. */
export const LINK_TEXT_MAX = 64 * 1024;
/** Longer links (characters) are not read. */
const LINK_MAX = 512 * 1024;
/** Things from outside that a link may hold. */
const ARRIVALS_MAX = 10_000;
const UNPACKED_MAX = 4 * 2 ** 20;

async function pump(bytes: Uint8Array, through: GenericTransformStream): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(through as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Text, compressed, in letters that a URL leaves alone. */
export async function packText(text: string): Promise<string> {
  const bytes = await pump(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  let binary = "";
  for (const b of bytes) binary += String.fromCharCode(b);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The opposite. Throws if it is damaged. */
export async function unpackText(packed: string): Promise<string> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const packedBytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  const stream = new Blob([packedBytes])
    .stream()
    .pipeThrough(new DecompressionStream("deflate-raw") as ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>>);
  const decoder = new TextDecoder();
  let text = "";
  // A short link can unpack to gigabytes: read only as much as may be in one.
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > UNPACKED_MAX) {
      await reader.cancel();
      throw new RangeError("too long");
    }
  }
}

/** One thing from outside, if it is one. */
function arrival(x: unknown): x is ArrivalView {
  if (typeof x !== "object" || x === null) return false;
  const { position, turn, what } = x as Record<string, unknown>;
  if (!Number.isSafeInteger(position) || !Number.isSafeInteger(turn) || typeof what !== "object" || what === null) return false;
  const w = what as Record<string, unknown>;
  const size = (n: unknown): boolean => Number.isInteger(n) && (n as number) > 0 && (n as number) < 1000;
  if (w.type === "input") return typeof w.text === "string";
  if (w.type === "resize") return size(w.columns) && size(w.rows);
  return w.type === "kill" && size(w.pid) && size(w.signal) && (w.signal as number) <= 64;
}

function parseArrivals(text: string): readonly ArrivalView[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.length <= ARRIVALS_MAX && list.every(arrival) ? list : null;
  } catch {
    return null;
  }
}

/** The part of the URL after #. */
export async function formatLink(s: LinkState): Promise<string> {
  const p = new URLSearchParams();
  p.set("room", s.room);
  p.set("program", s.program);
  if (s.args) p.set("args", s.args);
  if (s.stdin !== null && s.stdin.length <= LINK_TEXT_MAX) p.set("stdin", await packText(s.stdin));
  if (s.seed !== 1) p.set("seed", String(s.seed));
  if (s.moment) p.set("at", s.moment.event < 0 ? String(s.moment.position) : `${s.moment.position}.${s.moment.event}`);
  if (s.moment && s.task > 0) p.set("task", String(s.task));
  if (s.arrivals.length > 0) {
    const text = JSON.stringify(s.arrivals);
    if (text.length <= LINK_TEXT_MAX) p.set("typed", await packText(text));
  }
  if (s.source !== null && s.source.length <= LINK_TEXT_MAX) p.set("source", await packText(s.source));
  return p.toString();
}

/** Reads a link; what is missing or damaged is left at its default, and the damage told. */
export async function parseLink(hash: string, fallback: LinkState): Promise<ParsedLink> {
  const problems: string[] = [];
  const tooLong = hash.length > LINK_MAX;
  if (tooLong) problems.push(`it has ${hash.length.toLocaleString("en")} characters`);
  const p = new URLSearchParams(tooLong ? "" : hash.replace(/^#/, ""));
  const text = async (key: string): Promise<string | null> => {
    const packed = p.get(key);
    if (packed === null) return null;
    return unpackText(packed).catch(() => {
      problems.push(`its ${key} is damaged`);
      return null;
    });
  };
  const at = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(p.get("at") ?? "");
  if (p.has("at") && !at) problems.push(`“${p.get("at")?.slice(0, 40)}” is no moment`);
  const seed = Number(p.get("seed") ?? 1);
  const goodSeed = Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31;
  if (!goodSeed) problems.push("its seed is no number of 31 bits");
  const typed = await text("typed");
  const arrivals = typed === null ? [] : parseArrivals(typed);
  if (!arrivals) problems.push("its typed input is damaged");
  return {
    room: p.get("room") ?? fallback.room,
    program: p.get("program") ?? fallback.program,
    args: p.get("args") ?? fallback.args,
    stdin: p.has("stdin") ? await text("stdin") : fallback.stdin,
    seed: goodSeed ? seed : 1,
    moment: at ? { position: Number(at[1]), event: at[2] === undefined ? -1 : Number(at[2]) } : null,
    task: Number(p.get("task") ?? 0) | 0,
    arrivals: arrivals ?? [],
    source: await text("source"),
    problems,
  };
}
