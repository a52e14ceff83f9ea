import type { Kernel } from "@lstar/kernel";

/** Instructions between looks at the outside while the guest is busy. */
const SLICE = 20_000_000;
/** The same where somebody waits for an answer. */
const NET_SLICE = 2_000_000;

/** How a run ended: the program's wait status, or "stuck" when everybody sleeps and nothing can wake them. */
export type RunEnd = { kind: "exited"; status: number } | { kind: "stuck" };

/** What the loop asks of the place it runs in. */
export interface Reactor {
  /** Lets pending events of the host in. */
  yieldToHost(): Promise<void>;
  /** Waits until an event of the host arrives or `ms` have passed (Infinity: only an event). False if no event can ever come. */
  waitForEvent(ms: number): Promise<boolean>;
  /** The machine has a network: sleeping takes the host's time, with a virtual clock too. */
  readonly net?: object | null;
}

/** Runs a booted kernel until its program exits. `look` is called after each slice. */
export async function runMachine(k: Kernel, reactor: Reactor, look?: () => void): Promise<RunEnd> {
  return (await runMachineTo(k, reactor, Number.POSITIVE_INFINITY, look)) as RunEnd;
}

/** The same, but not beyond a number of instructions. */
export async function runMachineTo(
  k: Kernel,
  reactor: Reactor,
  instructions: number,
  look?: () => void,
): Promise<RunEnd | { kind: "reached" }> {
  let sinceYield = performance.now();
  for (;;) {
    const left = instructions - k.machine.totalRetired;
    if (left <= 0) return { kind: "reached" };
    const state = k.runSlice(Math.min(reactor.net ? NET_SLICE : SLICE, left));
    look?.();
    if (state === "exited") return { kind: "exited", status: k.exitStatus };
    if (state === "running") {
      const now = performance.now();
      if (now - sinceYield > 8) {
        await reactor.yieldToHost();
        sinceYield = performance.now();
      }
      continue;
    }
    const deadline = k.nextDeadline();
    if (k.options.clock === "real" || reactor.net) {
      const ms = deadline === Number.POSITIVE_INFINITY ? deadline : Math.max(0, (deadline - k.time.nowNs) / 1e6);
      if (ms > 0 && !(await reactor.waitForEvent(ms))) return { kind: "stuck" };
      if (ms === 0) await reactor.yieldToHost();
    } else if (deadline === Number.POSITIVE_INFINITY) {
      if (!(await reactor.waitForEvent(deadline))) return { kind: "stuck" };
    } else await reactor.yieldToHost();
    sinceYield = performance.now();
  }
}
