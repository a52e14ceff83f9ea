import type { FaultRule } from "@lstar/kernel/kernel/faults.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { callMatcher } from "./filter.ts";

const UNITS: Record<string, number> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 };

/** strace's times: a number, microseconds unless a unit follows. ns, or -1. */
function duration(text: string): number {
  const m = /^(\d+(?:\.\d*)?|\.\d+)(s|ms|us|ns)?$/.exec(text);
  return m ? Math.round(Number(m[1]) * UNITS[m[2] ?? "us"]!) : -1;
}

/** Does the -e expression inject something? */
export function isInjection(expression: string): boolean {
  return /^(inject|fault)=/.test(expression);
}

/**
 * Parses `inject=SET:…` and `fault=SET:…` of strace(1), and lstar's probability=P, short and short=N.
 * `names` are the names of system calls by number. @returns the rule, or what is wrong with the text
 */
export function parseInjection(expression: string, names: readonly string[]): FaultRule | string {
  const eq = expression.indexOf("=");
  const text = expression.slice(eq + 1);
  const bad = `invalid -e ${expression.slice(0, eq)}= argument: '${text}'`;
  const [set, ...options] = text.split(":");
  if (!set) return bad;
  const known = new Set(names);
  const negate = set.startsWith("!");
  const tests: ((name: string) => boolean)[] = [];
  for (const item of (negate ? set.slice(1) : set).split(",")) {
    const test = callMatcher(item, known);
    if (typeof test === "string") return test;
    tests.push(test);
  }
  const calls: number[] = [];
  names.forEach((name, nr) => {
    if (name !== "" && tests.some((t) => t(name)) !== negate) calls.push(nr);
  });
  const rule: FaultRule = { calls, result: null, delayEnter: 0, first: 1, last: 65535, step: 1, probability: 1, short: 0 };
  for (const option of options) {
    const at = option.indexOf("=");
    const key = at < 0 ? option : option.slice(0, at);
    const value = at < 0 ? "" : option.slice(at + 1);
    switch (key) {
      case "error": {
        const errno = /^\d+$/.test(value) ? Number(value) : value === "" ? -1 : errnoName.indexOf(value);
        if (errno < 1 || errno > 4095 || rule.result !== null) return bad;
        rule.result = -errno;
        break;
      }
      case "retval":
        if (!/^(\d+|0x[0-9a-f]+)$/i.test(value) || !Number.isSafeInteger(Number(value)) || rule.result !== null) return bad;
        rule.result = Number(value);
        break;
      case "delay_enter":
        rule.delayEnter = duration(value);
        if (rule.delayEnter <= 0) return bad;
        break;
      case "when": {
        const m = /^(\d{1,5})(?:\.\.(\d{1,5}))?(\+(\d{1,5})?)?$/.exec(value);
        if (!m) return bad;
        rule.first = Number(m[1]);
        rule.last = m[2] !== undefined ? Number(m[2]) : 65535;
        rule.step = m[3] !== undefined ? Number(m[4] ?? 1) : m[2] !== undefined ? 1 : 0;
        if (rule.first < 1 || rule.first > 65535 || rule.last < rule.first || rule.last > 65535 || (m[4] !== undefined && rule.step < 1))
          return bad;
        if (m[2] !== undefined && rule.last > 65534) return bad;
        if (m[2] === undefined) rule.last = Number.POSITIVE_INFINITY;
        break;
      }
      case "probability":
        rule.probability = Number(value);
        if (value === "" || !(rule.probability > 0 && rule.probability <= 1)) return bad;
        break;
      case "short":
        rule.short = at < 0 ? -1 : /^[1-9]\d{0,8}$/.test(value) ? Number(value) : 0;
        if (rule.short === 0) return bad;
        break;
      default:
        return `${bad} (known: error, retval, delay_enter, when, probability, short)`;
    }
  }
  if (!options.some((o) => o.startsWith("when="))) rule.last = Number.POSITIVE_INFINITY;
  if (expression.startsWith("fault=") && rule.result === null) rule.result = -38;
  if (rule.result === null && rule.delayEnter === 0 && rule.short === 0) return bad;
  return rule;
}
