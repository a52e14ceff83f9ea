import type { EventStore } from "../page/eventStore.ts";
import type { StateView } from "../protocol.ts";
import { asked, type CallSpan, callOf, WAIT_CALLS } from "./scans.ts";

/** Methods that wait for descriptors. */
export const methods: readonly string[] = Object.keys(WAIT_CALLS);
export const sizes: readonly number[] = [8, 64, 256, 1000];
export const ROUNDS = 20;

export interface Cost {
  readonly method: string;
  readonly descriptors: number;
  /** Bytes that the kernel copied from and to the program, a call. */
  readonly copied: number;
  /** Files that it asked for their state, a call. */
  readonly asked: number;
}

/** What the last call of the method cost, counted by the kernel of a run that has ended. */
export async function costOf(
  run: { events: EventStore; stateAt(event: number): Promise<StateView> },
  method: string,
  descriptors: number,
): Promise<Cost> {
  let last: CallSpan | null = null;
  for (let call = callOf(run.events, method); call; call = callOf(run.events, method, call.exit)) last = call;
  const call = last && (await run.stateAt(last.exit)).tasks[0]?.call;
  if (!last || !call) throw new Error(`the run with ${descriptors} descriptors never called ${method}`);
  return { method, descriptors, copied: call.copied.fromUser + call.copied.toUser, asked: asked(run.events, last) };
}
