import type { Progress } from "./decompress.ts";

/** A line on the terminal that tells how far an archive is unpacked. */
export interface UnpackingProgress {
  show: Progress;
  /** Takes the line away again. */
  end(): void;
}

/** Milliseconds before the line appears, and between its changes. */
const PATIENCE = 500;
const PAUSE = 100;

export function unpackingProgress(out: { write(text: string): unknown }, now: () => number = Date.now): UnpackingProgress {
  let next = now() + PATIENCE;
  let shown = false;
  return {
    show(done, packed) {
      const time = now();
      if (time < next) return;
      next = time + PAUSE;
      shown = true;
      out.write(`\rlstar: unpacked ${Math.floor(done / 2 ** 20)} MiB of an archive of ${Math.ceil(packed / 2 ** 20)} MiB\x1b[K`);
    },
    end() {
      if (shown) out.write("\r\x1b[K");
      shown = false;
    },
  };
}
