import type { Minimized } from "./minimize.ts";
import type { Outcome } from "./oneRun.ts";

/** Runs that came out alike. */
export interface Group {
  count: number;
  /** The one with the least seed. */
  example: Outcome;
}

/** A data race, in however many runs it was seen. */
export interface RaceGroup {
  count: number;
  lines: string[];
  /** The least seed that shows it. */
  seed: number;
}

/** Sorts outcomes into groups: the same end and the same output. */
export class Groups {
  readonly #byKey = new Map<string, Group>();
  readonly #races = new Map<string, RaceGroup>();
  /** Most races that one run had within libraries. */
  hiddenRaces = 0;
  add(o: Outcome): void {
    this.hiddenRaces = Math.max(this.hiddenRaces, o.hiddenRaces);
    for (const race of o.races) {
      const known = this.#races.get(race.key);
      if (!known) this.#races.set(race.key, { count: 1, lines: race.lines, seed: o.seed });
      else {
        known.count++;
        if (o.seed < known.seed) Object.assign(known, { lines: race.lines, seed: o.seed });
      }
    }
    const key = `${o.kind} ${o.status} ${o.output}`;
    const g = this.#byKey.get(key);
    if (!g) this.#byKey.set(key, { count: 1, example: o });
    else {
      g.count++;
      if (o.seed < g.example.seed) g.example = o;
    }
  }
  /** The races that were seen, the most frequent first. */
  races(): RaceGroup[] {
    return [...this.#races.values()].sort((a, b) => b.count - a.count || a.seed - b.seed);
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

/** How the report looks: colours on a terminal. `fewest`: what is known of the fewest faults that lead to a group. */
export interface ReportStyle {
  color: boolean;
  fewest?: ReadonlyMap<Group, { minimized: Minimized | null; command: string[] }>;
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
    if ((i > 0 || !good) && example.faults.length > 0) out += `  injected: ${example.faults.join("; ")}\n`;
    const fewest = style.fewest?.get(g);
    if (fewest) out += `  ${fewestText(fewest)}\n`;
    for (const line of example.graph) out += `  ${line}\n`;
    out += `  ${paint(DIM, `${command(example.seed).map(shellQuote).join(" ")} </dev/null 2>&1 | cat`)}\n`;
  }
  return out;
}

function fewestText({ minimized: m, command }: { minimized: Minimized | null; command: string[] }): string {
  if (!m) return "the faults one by one do not lead there";
  const n = m.expressions.length;
  if (n === 0) return `none of its ${m.of} faults is needed: the schedule alone leads there (${m.runs} runs tried)`;
  const which = m.of === 1 ? "its one fault is" : `${n} of its ${m.of} faults ${n === 1 ? "is" : "are"}`;
  return `${which} enough (${m.runs} runs tried):\n  ${command.map(shellQuote).join(" ")} </dev/null 2>&1 | cat`;
}

/** The races of a report. */
export function racesText(groups: Groups, runs: number, style: ReportStyle = { color: false }): string {
  const races = groups.races();
  let out = "";
  for (const r of races) {
    const [title, ...sides] = r.lines;
    out += `\n${style.color ? `\x1b[${RED}m${title}\x1b[0m` : title}\n`;
    for (const side of sides) out += `  ${side}\n`;
    out += `  in ${r.count} of ${runs} runs, first with seed ${r.seed}\n`;
  }
  if (races.length === 0) out += "\nno data race seen in the program's own code\n";
  if (groups.hiddenRaces > 0) out += `\nin libraries, or code without line information, up to ${groups.hiddenRaces} a run (not shown)\n`;
  return out;
}

/** The beginning of a line of a program's output, without what would steer the terminal. */
function printable(line: string): string {
  const text = Buffer.from(line.slice(0, 200), "latin1").toString();
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
