import type { Kernel } from "@lstar/kernel";
import type { GuestSymbols } from "../debuginfo/guestSymbols.ts";
import type { Race, RaceSide } from "./detector.ts";

/** A race in words. Runs that have the same race give the same words but for `where`. */
export interface RaceText {
  /** "data race on items: write at …, read at …" without what differs between runs. */
  key: string;
  lines: string[];
}

/** The races that concern the program itself; `hidden` counts those within libraries and code without line information. */
export function describeRaces(k: Kernel, races: readonly Race[], symbols: GuestSymbols): { shown: RaceText[]; hidden: number } {
  const shown: RaceText[] = [];
  let hidden = 0;
  for (const race of races) {
    const own = [race.first, race.second].some((side) => symbols.isOwn(k, race.map, side.rip));
    if (!own) {
      hidden++;
      continue;
    }
    const name = symbols.variable(k, race.map, race.address);
    const side = (s: RaceSide): string => `${s.write ? "writes" : "reads"} it at ${symbols.code(k, race.map, s.rip)}`;
    const bytes = `${race.length} byte${race.length === 1 ? "" : "s"} at 0x${race.address.toString(16)}`;
    shown.push({
      key: `${name} ${[side(race.first), side(race.second)].sort().join(" ")}`,
      lines: [
        `data race on ${name ? `${name} (${bytes})` : bytes}`,
        `thread ${race.first.pid} ${side(race.first)}`,
        `thread ${race.second.pid} ${side(race.second)}, and nothing puts these in an order`,
      ],
    });
  }
  return { shown, hidden };
}
