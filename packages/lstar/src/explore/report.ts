import type { Outcome } from "./oneRun.ts";

/** Runs that came out alike. */
export interface Group {
  count: number;
  /** The one with the least seed. */
  example: Outcome;
}

/** Sorts outcomes into groups: the same end and the same output. */
export class Groups {
  readonly #byKey = new Map<string, Group>();
  add(o: Outcome): void {
    const key = `${o.kind} ${o.status} ${o.output}`;
    const g = this.#byKey.get(key);
    if (!g) this.#byKey.set(key, { count: 1, example: o });
    else {
      g.count++;
      if (o.seed < g.example.seed) g.example = o;
    }
  }
  /** The most frequent first. */
  list(): Group[] {
    return [...this.#byKey.values()].sort((a, b) => b.count - a.count || a.example.seed - b.example.seed);
  }
}

export function outcomeText(o: Outcome): string {
  if (o.kind !== "exited") return o.kind;
  const signal = o.status & 0x7f;
  return signal ? `killed by signal ${signal}` : `exit status ${(o.status >> 8) & 0xff}`;
}

/** A word as a shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The report; `command` gives the words that repeat a seed's run. */
export function reportText(groups: readonly Group[], runs: number, command: (seed: number) => string[]): string {
  let out = `${runs} runs, ${groups.length} ${groups.length === 1 ? "outcome" : "outcomes"}\n`;
  const usual = groups[0]?.example.output.split("\n") ?? [];
  for (const [i, g] of groups.entries()) {
    out += `\n${g.count} of ${runs}: ${outcomeText(g.example)}\n`;
    const lines = g.example.output.split("\n");
    const differs = i === 0 ? 0 : lines.findIndex((line, n) => line !== usual[n]);
    if (i === 0 && lines[0]) out += `  output begins: ${lines[0].slice(0, 200)}\n`;
    if (i > 0 && differs >= 0) out += `  output differs in line ${differs + 1}: ${lines[differs]?.slice(0, 200) || "(ends)"}\n`;
    if (i > 0 && g.example.faults.length > 0) out += `  injected: ${g.example.faults.join("; ")}\n`;
    for (const line of g.example.graph) out += `  ${line}\n`;
    out += `  ${command(g.example.seed).map(shellQuote).join(" ")} </dev/null 2>&1 | cat\n`;
  }
  return out;
}
