import type { Moment } from "../protocol.ts";

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
  /** The edited source, null if it is the program's own. */
  readonly source: string | null;
}

/** Longer texts make no link that people could send. */
export const LINK_TEXT_MAX = 64 * 1024;

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
  const bytes = await pump(
    Uint8Array.from(binary, (c) => c.charCodeAt(0)),
    new DecompressionStream("deflate-raw"),
  );
  return new TextDecoder().decode(bytes);
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
  if (s.source !== null && s.source.length <= LINK_TEXT_MAX) p.set("source", await packText(s.source));
  return p.toString();
}

/** Reads a link; what is missing or damaged is left at its default. */
export async function parseLink(hash: string, fallback: LinkState): Promise<LinkState> {
  const p = new URLSearchParams(hash.replace(/^#/, ""));
  const text = async (key: string): Promise<string | null> => {
    const packed = p.get(key);
    return packed === null ? null : unpackText(packed).catch(() => null);
  };
  const at = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(p.get("at") ?? "");
  const seed = Number(p.get("seed") ?? 1);
  return {
    room: p.get("room") ?? fallback.room,
    program: p.get("program") ?? fallback.program,
    args: p.get("args") ?? fallback.args,
    stdin: p.has("stdin") ? await text("stdin") : fallback.stdin,
    seed: Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31 ? seed : 1,
    moment: at ? { position: Number(at[1]), event: at[2] === undefined ? -1 : Number(at[2]) } : null,
    task: Number(p.get("task") ?? 0) | 0,
    source: await text("source"),
  };
}
