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

/** How the report looks: colours on a terminal. */
export interface ReportStyle {
  color: boolean;
}

const BOLD = "1";
const GREEN = "32";
const RED = "31";
const YELLOW = "33";
const DIM = "2";

/** The report; `command` gives the words that repeat a seed's run. */
export function reportText(
  groups: readonly Group[],
  runs: number,
  command: (seed: number) => string[],
  style: ReportStyle = { color: false },
): string {
  const paint = (code: string, text: string): string => (style.color ? `\x1b[${code}m${text}\x1b[0m` : text);
  let out = `${paint(BOLD, `${runs} runs, ${groups.length} ${groups.length === 1 ? "outcome" : "outcomes"}`)}\n`;
  const usual = groups[0]?.example.output.split("\n") ?? [];
  for (const [i, g] of groups.entries()) {
    const { example } = g;
    const good = example.kind === "exited" && example.status === 0;
    out += `\n${g.count} of ${runs}: ${paint(good ? GREEN : example.kind === "exited" ? RED : YELLOW, outcomeText(example))}\n`;
    const lines = example.output.split("\n");
    const differs = i === 0 ? 0 : lines.findIndex((line, n) => line !== usual[n]);
    if (i === 0 && lines[0]) out += `  output begins: ${printable(lines[0])}\n`;
    if (i > 0 && differs >= 0) out += `  output differs in line ${differs + 1}: ${printable(lines[differs] ?? "") || "(ends)"}\n`;
    if (i > 0 && example.faults.length > 0) out += `  injected: ${example.faults.join("; ")}\n`;
    for (const line of example.graph) out += `  ${line}\n`;
    out += `  ${paint(DIM, `${command(example.seed).map(shellQuote).join(" ")} </dev/null 2>&1 | cat`)}\n`;
  }
  return out;
}

/** The beginning of a line of a program's output, without what would steer the terminal. */
function printable(line: string): string {
  const text = Buffer.from(line.slice(0, 200), "latin1").toString();
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
