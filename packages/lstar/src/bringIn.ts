import { readFileSync, statSync } from "node:fs";

/** A host program of this path, for guests that have none. */
export function bringIn(path: string): { bytes: Uint8Array; mode: number } | null {
  try {
    const s = statSync(path);
    if (!s.isFile()) return null;
    return { bytes: readFileSync(path), mode: s.mode & 0o777 };
  } catch {
    return null;
  }
}
