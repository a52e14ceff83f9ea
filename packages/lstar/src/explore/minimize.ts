import { syscallNames } from "@lstar/kernel";
import type { FaultRule, InjectedFault } from "@lstar/kernel/kernel/faults/injection.ts";
import { errnoName } from "@lstar/kernel/uapi/errno.ts";
import { signalText } from "@lstar/trace/strace/signals.ts";
import type { Outcome, SeedRunner } from "./oneRun.ts";

/** Faults of a run beyond which none is looked at. */
const MOST_FAULTS = 10_000;
/** Runs that one search may take. */
const MOST_RUNS = 300;

/** A smallest set of faults that was found. */
export interface Minimized {
  /** Faults of the run as it was. */
  of: number;
  /** Expressions for -e, one for each fault that is left. */
  expressions: string[];
  runs: number;
}

/** A rule that meets just the call that this fault met. */
function exactly(f: InjectedFault, rule: FaultRule): FaultRule {
  return { ...rule, calls: [f.nr], first: f.invocation, last: f.invocation, step: 0, probability: 1, short: f.cut, pid: f.pid };
}

/** Such a rule as -e takes it. */
export function exactExpression(rule: FaultRule): string {
  const parts = [`inject=${syscallNames[rule.calls[0] as number]}`];
  if (rule.result !== null) parts.push(rule.success ? `retval=${rule.result}` : `error=${errnoName[-rule.result] || -rule.result}`);
  if (rule.signal > 0) parts.push(`signal=${signalText(rule.signal)}`);
  if (rule.delayEnter >= 0) parts.push(`delay_enter=${rule.delayEnter}ns`);
  if (rule.delayExit >= 0) parts.push(`delay_exit=${rule.delayExit}ns`);
  for (const enter of [true, false]) {
    const pokes = rule.pokes.filter((p) => p.enter === enter);
    const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, "0")).join("");
    if (pokes.length > 0) parts.push(`poke_${enter ? "enter" : "exit"}=${pokes.map((p) => `@arg${p.arg}=${hex(p.bytes)}`).join(",")}`);
  }
  if (rule.short > 0) parts.push(`short=${rule.short}`);
  parts.push(`when=${rule.first}`, `pid=${rule.pid}`);
  return parts.join(":");
}

/**
 * Looks for a smallest set of a run's faults with which it ends in the same way (delta debugging): no fault of the set can be
 * left out. @returns null if the faults, each given by itself, do not end the run so
 */
export function minimize(runner: SeedRunner, example: Outcome, limit: number): Minimized | null {
  const { seed } = example;
  runner.run(seed, limit, { logged: MOST_FAULTS });
  const { faults } = runner.kernel;
  if (!faults) return null;
  let left = faults.log.map((f) => exactly(f, faults.rules[f.rule] as FaultRule));
  const of = left.length;
  let runs = 1;
  const same = (rules: FaultRule[]): boolean => {
    runs++;
    const o = runner.run(seed, limit, { faults: rules });
    return o.kind === example.kind && o.status === example.status;
  };
  if (!same(left)) return null;
  for (let size = Math.ceil(left.length / 2); left.length > 0 && runs < MOST_RUNS; ) {
    const before = left.length;
    for (let at = 0; at < left.length && runs < MOST_RUNS; ) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (same(without)) left = without;
      else at += size;
    }
    // One that was needed may not be any more once another is gone.
    if (size > 1) size = Math.ceil(size / 2);
    else if (left.length === before) break;
  }
  return { of, expressions: left.map(exactExpression), runs };
}
