/** Builds tar archives for tests, sound ones and others. */
export interface Member {
  name: string;
  type?: string;
  data?: Uint8Array;
  link?: string;
  mode?: number;
  uid?: number;
  gid?: number;
  /** What the header claims instead of the data's length. */
  claim?: number;
}

const octal = (n: number, width: number): string => `${n.toString(8).padStart(width - 1, "0")}\0`;

export function tarOf(members: readonly Member[]): Buffer {
  const out: Buffer[] = [];
  for (const m of members) {
    const data = Buffer.from(m.data ?? new Uint8Array());
    const h = Buffer.alloc(512);
    h.write(m.name, 0, 100, "latin1");
    h.write(octal(m.mode ?? 0o755, 8) + octal(m.uid ?? 0, 8) + octal(m.gid ?? 0, 8), 100, "latin1");
    h.write(octal(m.claim ?? data.length, 12) + octal(0, 12), 124, "latin1");
    h.write(" ".repeat(8), 148);
    h.write(m.type ?? "0", 156, "latin1");
    h.write(m.link ?? "", 157, 100, "latin1");
    h.write("ustar\x0000", 257, "latin1");
    h.write(octal(1, 8) + octal(3, 8), 329, "latin1");
    h.write(
      `${h
        .reduce((a, b) => a + b, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
      "latin1",
    );
    out.push(h, data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...out, Buffer.alloc(1024)]);
}

/** An extended header with the records given. */
export function pax(records: Record<string, string>): Member {
  let text = "";
  for (const [key, value] of Object.entries(records)) {
    const rest = ` ${key}=${value}\n`;
    let n = rest.length + 1;
    while (`${n}${rest}`.length !== n) n = `${n}${rest}`.length;
    text += `${n}${rest}`;
  }
  return { name: "pax", type: "x", data: Buffer.from(text, "latin1") };
}
