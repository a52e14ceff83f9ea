import type { EventStore } from "../page/eventStore.ts";
import { EventKind, type StateView } from "../protocol.ts";

/** Calls that wait, by the name of the method: numbers that C libraries use for it. */
export const methods: Readonly<Record<string, readonly number[]>> = {
  select: [23, 270],
  poll: [7, 271],
  epoll: [232, 281],
};
export const sizes: readonly number[] = [8, 64, 256, 1000];
export const ROUNDS = 20;

export interface Cost {
  readonly method: string;
  readonly descriptors: number;
  /** Bytes that the kernel copied from and to the program, a call. */
  readonly copied: number;
}

/** What one call of the method copied, counted by the kernel of a run that has ended. */
export async function costOf(
  run: { events: EventStore; stateAt(event: number): Promise<StateView> },
  method: string,
  descriptors: number,
): Promise<Cost> {
  const numbers = methods[method] ?? [];
  for (let i = run.events.count - 1; i >= 0; i--) {
    if (run.events.kind.at(i) !== EventKind.SYS_EXIT || !numbers.includes(run.events.a.at(i))) continue;
    const call = (await run.stateAt(i)).tasks[0]?.call;
    if (call) return { method, descriptors, copied: call.copiedIn + call.copiedOut };
  }
  throw new Error(`the run with ${descriptors} descriptors never called ${method}`);
}
