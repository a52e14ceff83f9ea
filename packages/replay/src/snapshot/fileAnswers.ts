import type { HostFileSystem, HostStat } from "@lstar/kernel/host.ts";

const EIO = 5;
/** Bytes of answers in a chunk, about. */
const CHUNK_BYTES = 8 * 2 ** 20;

type Value = HostStat | number | string | { name: string; type: number }[] | [string, string][] | null;
interface Answer {
  readonly value: Value;
  /** What a read gave. */
  readonly bytes: Uint8Array | null;
}

/** What files of the host were asked for, and what they answered. They are taken not to change. */
export class FileAnswers {
  readonly #answers = new Map<string, Answer>();

  get count(): number {
    return this.#answers.size;
  }

  #take(key: string, ask: () => Answer): Answer {
    let known = this.#answers.get(key);
    if (!known) this.#answers.set(key, (known = ask()));
    return known;
  }

  /** The same files, whose answers are remembered. Functions that write are left out. */
  remember(fs: HostFileSystem): HostFileSystem {
    return this.#asked(
      (key, ask) => this.#take(key, ask),
      fs,
      (bytes) => bytes.slice(),
    );
  }

  /** Files that answer what is remembered, and else ask `rest`; without that, `missing` is told and they answer EIO. */
  answering(rest: HostFileSystem | null, missing: (path: string) => void): HostFileSystem {
    return this.#asked(
      (key, ask) => {
        const known = this.#answers.get(key);
        if (known) return known;
        if (rest) return ask();
        missing(key.slice(key.indexOf("\0") + 1).split("\0")[0] as string);
        return { value: -EIO, bytes: null };
      },
      rest,
      (bytes) => bytes,
    );
  }

  #asked(
    answer: (key: string, ask: () => Answer) => Answer,
    fs: HostFileSystem | null,
    keep: (bytes: Uint8Array) => Uint8Array,
  ): HostFileSystem {
    const plain = (name: string, path: string, ask: () => Value): Value =>
      answer(`${name}\0${path}`, () => ({ value: ask(), bytes: null })).value;
    return {
      lstat: (path) => plain("lstat", path, () => fs?.lstat(path) ?? -EIO) as HostStat | number,
      readdir: (path) => plain("readdir", path, () => fs?.readdir(path) ?? -EIO) as { name: string; type: number }[] | number,
      readlink: (path) => plain("readlink", path, () => fs?.readlink(path) ?? -EIO) as string | number,
      xattrs: (path) => {
        const list = plain("xattrs", path, () => [...(fs?.xattrs?.(path) ?? [])]);
        return Array.isArray(list) && list.length > 0 ? new Map(list as [string, string][]) : null;
      },
      read(path, out, position) {
        const { value, bytes } = answer(`read\0${path}\0${position}\0${out.length}`, () => {
          const n = fs?.read(path, out, position) ?? -EIO;
          return { value: n, bytes: n > 0 ? keep(out.subarray(0, n)) : null };
        });
        if (bytes && bytes.length <= out.length) out.set(bytes);
        return value as number;
      },
    };
  }

  /** The answers in pieces: each the length of a JSON list, the list, and the bytes that its reads gave. */
  *chunks(): Generator<Uint8Array> {
    let list: [string, Value, number][] = [];
    let data: Uint8Array[] = [];
    let size = 0;
    const flush = (): Uint8Array => {
      const json = new TextEncoder().encode(JSON.stringify(list));
      const out = new Uint8Array(4 + json.length + size);
      new DataView(out.buffer).setUint32(0, json.length, true);
      out.set(json, 4);
      let at = 4 + json.length;
      for (const d of data) {
        out.set(d, at);
        at += d.length;
      }
      list = [];
      data = [];
      size = 0;
      return out;
    };
    for (const [key, { value, bytes }] of this.#answers) {
      list.push([key, value, bytes?.length ?? -1]);
      if (bytes) data.push(bytes);
      size += bytes?.length ?? 0;
      if (size > CHUNK_BYTES || list.length > 20_000) yield flush();
    }
    if (list.length > 0) yield flush();
  }

  /** @throws if the bytes are not what `chunks` gives */
  add(chunk: Uint8Array): void {
    const length = new DataView(chunk.buffer, chunk.byteOffset, chunk.length).getUint32(0, true);
    if (length > chunk.length - 4) throw new Error("its list is longer than it is");
    const list: unknown = JSON.parse(new TextDecoder().decode(chunk.subarray(4, 4 + length)));
    if (!Array.isArray(list)) throw new Error("it has no list");
    let at = 4 + length;
    for (const entry of list as unknown[]) {
      const [key, value, bytes] = entry as [unknown, Value, unknown];
      if (typeof key !== "string" || typeof bytes !== "number") throw new Error("an answer is none");
      if (bytes > chunk.length - at) throw new Error("its data end too early");
      this.#answers.set(key, { value, bytes: bytes < 0 ? null : chunk.slice(at, at + bytes) });
      at += Math.max(0, bytes);
    }
  }
}
