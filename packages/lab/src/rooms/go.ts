import { store } from "../page/session.ts";
import type { Moment } from "../protocol.ts";
import type { Workbench } from "./room.ts";

/** Programs that rooms run to their end are shorter than this (instructions). */
const FAR = 200_000_000;
/** Events that are looked through for the wanted one. */
const MOST_EVENTS = 3000;

/** Loads a program in the workbench and computes its run to the end. */
export async function runWhole(
  bench: Workbench,
  program: string,
  stdin: string | null = null,
  argv: readonly string[] = [],
): Promise<void> {
  await bench.runProgram(program, argv, stdin);
  await bench.ask({ type: "seek", moment: { position: FAR, event: -1 } });
}

/** Puts the cursor on an event of the run. */
export async function goTo(bench: Workbench, event: number): Promise<void> {
  await bench.seek(await bench.ask({ type: "seek", moment: { position: 0, event } }));
  if (event < store.count && store.pid.at(event) > 0) bench.selectTask(store.pid.at(event));
}

/** The nth event (from 1) whose text, as the worker describes it, matches; -1 if there is none. */
export async function findEvent(bench: Workbench, text: RegExp, nth = 1, from = 0): Promise<number> {
  let left = nth;
  for (let event = from; event < from + MOST_EVENTS; event++) {
    if (text.test(await bench.ask({ type: "describe", event })) && --left === 0) return event;
  }
  return -1;
}

/** Where a run shows something: its moment, or null if it does not. */
export type Finder = (bench: Workbench) => Promise<Moment | null>;

/** A message for people of whatever was thrown. */
export function messageOf(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}
