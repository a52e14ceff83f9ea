const unit: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes of a size such as "512M", "1.5GiB", "64k" or "4096"; null if it is not one. */
export function parseSize(text: string): number | null {
  const m = /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!m) return null;
  return Math.floor(Number(m[1]) * unit[m[2]!.toLowerCase()]!);
}
