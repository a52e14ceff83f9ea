/** From `address` to the next row's, the code belongs to this line. */
export interface LineRow {
  readonly address: number;
  /** Index into LineTable.files. */
  readonly file: number;
  /** 0 marks the end of a stretch of code: no line from here on. */
  readonly line: number;
  /** A place to stop at. */
  readonly statement: boolean;
}

/** Which source line each address belongs to. Rows by ascending address. */
export interface LineTable {
  readonly files: readonly string[];
  readonly rows: readonly LineRow[];
}

/** Sorts rows; of several at one address the last one counts, and an end gives way to a beginning. */
export function sortRows(rows: LineRow[]): LineRow[] {
  const order = rows.map((_, i) => i).sort((a, b) => (rows[a] as LineRow).address - (rows[b] as LineRow).address || a - b);
  const out: LineRow[] = [];
  for (const i of order) {
    const row = rows[i] as LineRow;
    const last = out[out.length - 1];
    if (last && last.address === row.address) {
      if (row.line === 0) continue;
      out.pop();
    }
    out.push(row);
  }
  return out;
}

/** The row that an address belongs to, or null where no line is known. */
export function rowAt(table: LineTable, address: number): LineRow | null {
  const { rows } = table;
  let lo = 0;
  let hi = rows.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ((rows[mid] as LineRow).address <= address) lo = mid + 1;
    else hi = mid;
  }
  const row = rows[lo - 1];
  return row && row.line > 0 ? row : null;
}
