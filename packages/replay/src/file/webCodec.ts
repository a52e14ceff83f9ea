import type { Codec } from "./codec.ts";
import { crc32 } from "./crc32.ts";

/** Checks only: what a browser packs and unpacks takes its time, see `webInflate` and `ContainerReader.unpackAll`. */
export const webCodec: Codec = {
  deflate: (plain) => plain,
  inflate() {
    throw new Error("was not unpacked beforehand");
  },
  crc32,
};

/** Unpacks raw deflate by the browser's own means. @throws if the data are damaged or not of that length */
export async function webInflate(packed: Uint8Array, length: number): Promise<Uint8Array> {
  const plain = new Uint8Array(length);
  let done = 0;
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const bytes = part.value as Uint8Array;
    if (done + bytes.length > length) {
      void reader.cancel();
      throw new Error("unpacks to more than it says");
    }
    plain.set(bytes, done);
    done += bytes.length;
  }
  if (done !== length) throw new Error("unpacks to less than it says");
  return plain;
}
