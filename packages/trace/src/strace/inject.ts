import type { FaultRule, Poke } from "@lstar/kernel/kernel/faults/injection.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { callMatcher } from "./filter.ts";
import { signalNumber } from "./signals.ts";

const UNITS: Record<string, number> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };
/** Calls that may be made in place of another: they change nothing (`%pure`). */
const pure = callMatcher("%pure", new Set()) as (name: string) => boolean;

/** strace's times: a number as strtod reads it, microseconds unless a unit follows. ns, or -1. */
function duration(text: string): number {
  const m = /^\+?((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(s|ms|us|ns)?$/.exec(text);
  const ns = m ? Math.round(Number(m[1]) * UNITS[m[2] ?? "us"]!) : -1;
  return Number.isFinite(ns) ? Math.min(ns, Number.MAX_SAFE_INTEGER) : -1;
}

function errno(text: string): number {
  const n = /^\+?\d+$/.test(text) ? Number(text) : text === "" ? 0 : errnoName.indexOf(text.toUpperCase());
  return n >= 1 && n <= 4095 ? n : 0;
}

/** A number as strtoull reads it, negative ones included; null if it is none or cannot be carried. */
function returnValue(text: string): number | null {
  const m = /^([+-]?)(0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text);
  if (!m) return null;
  const digits = m[2] as string;
  const value = BigInt.asIntN(64, BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits) * (m[1] === "-" ? -1n : 1n));
  return value >= -4095n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** `@argN=HEX,…`, or null. */
function pokes(text: string, enter: boolean): Poke[] | null {
  const out: Poke[] = [];
  for (const item of text.split(",")) {
    if (item === "") continue;
    const m = /^@arg([1-7])=((?:[\da-f]{2})+)$/i.exec(item);
    if (!m || out.some((p) => p.arg === Number(m[1]))) return null;
    out.push({ enter, arg: Number(m[1]), bytes: (m[2] as string).match(/../g)!.map((h) => Number.parseInt(h, 16)) });
  }
  return out.length > 0 ? out : null;
}

/** Does the -e expression inject something? */
export function isInjection(expression: string): boolean {
  return /^(inject|fault)=/.test(expression);
}

/** What each option takes, for messages. */
const TAKES: Record<string, string> = {
  error: "a name such as EINTR or a number from 1 to 4095, once and not with retval=",
  retval: "a number from -4095 to 2^53, once and not with error=",
  signal: "a name such as SIGUSR1 or SIGRT_2, or a number from 1 to 64, once",
  syscall: "the name of a call without effects (%pure), once and with an error= or another thing to do",
  delay_enter: "a time such as 100, 1.5ms or 2s (microseconds without a unit), once",
  delay_exit: "a time such as 100, 1.5ms or 2s (microseconds without a unit), once",
  poke_enter: "@argN=HEX,… with N from 1 to 7, each once, and HEX whole bytes",
  poke_exit: "@argN=HEX,… with N from 1 to 7, each once, and HEX whole bytes",
  when: "FIRST[..LAST][+[STEP]], numbers from 1 to 65535, LAST not less than FIRST",
  probability: "a number above 0, at most 1",
  short: "nothing, or the most bytes that are to be moved, from 1",
  pid: "the number of a task, from 1",
};
/** fault= takes strace's first two only; those of lstar go with both. */
const OF_FAULT = new Set(["error", "syscall", "when", "probability", "short", "pid"]);

/** `when=`'s FIRST[..LAST][+[STEP]] put into the rule. @returns false if it is none */
function when(rule: FaultRule, value: string): boolean {
  const m = /^(\d{1,5})(?:\.\.(\d{1,5}))?(\+(\d{1,5})?)?$/.exec(value);
  if (!m) return false;
  rule.first = Number(m[1]);
  rule.last = m[2] === undefined ? Number.POSITIVE_INFINITY : Number(m[2]);
  rule.step = m[3] !== undefined ? Number(m[4] ?? 1) : m[2] !== undefined ? 1 : 0;
  if (rule.first < 1 || rule.first > 65535 || rule.last < rule.first) return false;
  return !(m[2] !== undefined && rule.last > 65534) && !(m[4] !== undefined && (rule.step < 1 || rule.step > 65535));
}

/** Puts one option into the rule. @returns false if its value is wrong */
function option(rule: FaultRule, key: string, value: string | null, given: ReadonlySet<string>): boolean {
  const text = value ?? "";
  switch (key) {
    case "error":
      rule.result = -errno(text);
      return rule.result !== 0 && !given.has("retval");
    case "retval":
      rule.result = returnValue(text);
      rule.success = true;
      return rule.result !== null && !given.has("error");
    case "signal":
      rule.signal = signalNumber(text);
      return rule.signal !== 0;
    case "syscall":
      return pure(text);
    case "delay_enter":
      rule.delayEnter = duration(text);
      return rule.delayEnter >= 0;
    case "delay_exit":
      rule.delayExit = duration(text);
      return rule.delayExit >= 0;
    case "poke_enter":
    case "poke_exit": {
      const found = pokes(text, key === "poke_enter");
      rule.pokes.push(...(found ?? []));
      return found !== null;
    }
    case "when":
      return when(rule, text);
    case "probability":
      rule.probability = text === "" ? 0 : Number(text);
      return rule.probability > 0 && rule.probability <= 1;
    case "short":
      rule.short = value === null ? -1 : /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
      return rule.short !== 0;
    default:
      rule.pid = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
      return rule.pid !== 0;
  }
}

/**
 * Parses `inject=SET:…` and `fault=SET:…` of strace(1), and lstar's probability=P, short, short=N and pid=N.
 * `names` are the names of system calls by number. @returns the rule, or what is wrong with the text
 */
export function parseInjection(expression: string, names: readonly string[]): FaultRule | string {
  const eq = expression.indexOf("=");
  const kind = expression.slice(0, eq);
  const text = expression.slice(eq + 1);
  const bad = (why: string): string => `invalid ${kind} argument '${text}': ${why}`;
  const [set, ...options] = text.split(":") as [string, ...string[]];
  const known = new Set(names.filter((n) => n !== ""));
  const negate = set.startsWith("!");
  const tests: ((name: string) => boolean)[] = [];
  for (const item of (negate ? set.slice(1) : set).split(",")) {
    const test = callMatcher(item, known);
    if (typeof test === "string") return test;
    tests.push(test);
  }
  const rule: FaultRule = {
    calls: [],
    result: null,
    success: false,
    signal: 0,
    delayEnter: -1,
    delayExit: -1,
    pokes: [],
    first: 1,
    last: Number.POSITIVE_INFINITY,
    step: 1,
    probability: 1,
    short: 0,
    pid: 0,
  };
  names.forEach((name, nr) => {
    if (name !== "" && tests.some((t) => t(name)) !== negate) rule.calls.push(nr);
  });
  const given = new Set<string>();
  for (const o of options) {
    if (o === "") continue;
    const at = o.indexOf("=");
    const key = at < 0 ? o : o.slice(0, at);
    if (!Object.hasOwn(TAKES, key) || (kind === "fault" && !OF_FAULT.has(key)))
      return bad(
        `unknown '${key}' (known: ${Object.keys(TAKES)
          .filter((k) => kind !== "fault" || OF_FAULT.has(k))
          .join(", ")})`,
      );
    const again = given.has(key) && key !== "when";
    if (again || !option(rule, key, at < 0 ? null : o.slice(at + 1), given)) return bad(`${key}= takes ${TAKES[key]}`);
    given.add(key);
  }
  if (kind === "fault" && rule.result === null) rule.result = -38;
  if (
    !["error", "retval", "signal", "delay_enter", "delay_exit", "poke_enter", "poke_exit", "short"].some((k) => given.has(k)) &&
    kind !== "fault"
  )
    return bad("nothing is to be injected: give error=, retval=, signal=, delay_enter=, delay_exit=, poke_enter=, poke_exit= or short");
  return rule;
}

/**
 * Several expressions together: of strace's own the last one that names a call has it, as with strace; those with an
 * option that only lstar has (probability=, short, pid=) come on top.
 */
export function combineInjections(rules: readonly FaultRule[]): FaultRule[] {
  const own = (r: FaultRule): boolean => r.probability < 1 || r.short !== 0 || r.pid !== 0;
  return rules.map((r, i) => {
    if (own(r)) return r;
    const later = new Set(rules.slice(i + 1).flatMap((o) => (own(o) ? [] : o.calls)));
    return { ...r, calls: r.calls.filter((nr) => !later.has(nr)) };
  });
}
