/** Counts per system call for `-c`: calls, errors, and time in microseconds of the machine's clock. */
export class Summary {
  readonly #rows = new Map<string, { calls: number; errors: number; ns: number }>();

  add(name: string, ns: number, failed: boolean): void {
    let row = this.#rows.get(name);
    if (!row) {
      row = { calls: 0, errors: 0, ns: 0 };
      this.#rows.set(name, row);
    }
    row.calls++;
    row.ns += ns;
    if (failed) row.errors++;
  }

  /** The table as strace -c prints it, most time first. */
  text(): string {
    const rows = [...this.#rows].sort((a, b) => b[1].ns - a[1].ns || b[1].calls - a[1].calls || (a[0] < b[0] ? -1 : 1));
    const total = rows.reduce((sum, [, r]) => sum + r.ns, 0);
    const calls = rows.reduce((sum, [, r]) => sum + r.calls, 0);
    const errors = rows.reduce((sum, [, r]) => sum + r.errors, 0);
    const line = (percent: string, seconds: string, perCall: string, n: string, e: string, name: string): string =>
      `${percent.padStart(6)} ${seconds.padStart(11)} ${perCall.padStart(11)} ${n.padStart(9)} ${e.padStart(9)} ${name}\n`;
    let out = line("% time", "seconds", "usecs/call", "calls", "errors", "syscall");
    const rule = "------ ----------- ----------- --------- --------- ----------------\n";
    out += rule;
    for (const [name, r] of rows)
      out += line(
        (total ? (100 * r.ns) / total : 0).toFixed(2),
        (r.ns / 1e9).toFixed(6),
        String(Math.floor(r.ns / 1000 / r.calls)),
        String(r.calls),
        r.errors ? String(r.errors) : "",
        name,
      );
    out += rule;
    out += line(
      "100.00",
      (total / 1e9).toFixed(6),
      String(calls ? Math.floor(total / 1000 / calls) : 0),
      String(calls),
      errors ? String(errors) : "",
      "total",
    );
    return out;
  }
}
