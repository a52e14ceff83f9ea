/** The latest second that Linux lets a clock be set to: 2232, so that time stays below 2^63 ns while the machine is up. */
const LATEST = 9223372036 - 30 * 365 * 86400;

export interface Time {
  sec: number;
  nsec: number;
}

/** A point in time as seconds and nanoseconds. @throws RangeError beyond 1970 and what Linux's clock can be set to */
export function dateToTime(date: Date): Time {
  const time = inRange(Math.floor(date.getTime() / 1000), Math.floor((((date.getTime() % 1000) + 1000) % 1000) * 1e6));
  if (!time) throw new RangeError("date: expected a date between 1970 and 2232");
  return time;
}

function inRange(sec: number, nsec: number): Time | null {
  return sec >= 0 && sec <= LATEST ? { sec, nsec } : null;
}

/**
 * Reads `now`, `@SECONDS` (a fraction may follow, as in date(1)), or a date in ISO 8601, UTC if it names no zone.
 * `now` is the host's time in ms. @returns null if it is none of these, or out of range
 */
export function parseDate(text: string, now: number): Time | null {
  if (text === "now") return dateToTime(new Date(now));
  const seconds = /^@(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (seconds) return inRange(Number(seconds[1]), Number((seconds[2] ?? "").padEnd(9, "0")));
  const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (!iso) return null;
  const [, day, clock = "00:00:00", zone = "Z"] = iso;
  const fraction = /\.(\d+)/.exec(clock)?.[1] ?? "";
  const ms = Date.parse(`${day}T${clock.replace(/\.\d+/, "")}${zone.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2")}`);
  // Date.parse lets 30 February pass as 1 March.
  if (Number.isNaN(ms) || new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) return null;
  return inRange(ms / 1000, Number(fraction.padEnd(9, "0")));
}
