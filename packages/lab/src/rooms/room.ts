import type { ReadonlySignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import type { Answers, Moment, Request, StateView } from "../protocol.ts";

/** A request without its number. */
export type Ask = Request extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

/** What the workbench gives a room. Everything follows the one cursor. */
export interface Workbench {
  /** Where the cursor is. */
  readonly moment: ReadonlySignal<Moment>;
  /** State of the machine at the cursor; null before a program is loaded. */
  readonly state: ReadonlySignal<StateView | null>;
  /** The task that the page looks at. */
  readonly task: ReadonlySignal<number>;
  /** Moves the cursor; all panes follow. */
  seek(moment: Moment): Promise<void>;
  selectTask(pid: number): void;
  /** Asks the worker. */
  ask<T extends Ask["type"]>(request: Extract<Ask, { type: T }>): Promise<Answers[T]>;
  /** Loads one of the programs by its name, with input, and runs it; for "prove it" and side by side. */
  runProgram(name: string, argv?: readonly string[], stdin?: string | null): Promise<void>;
}

export interface Room {
  /** In the page's address: #room=ID. */
  readonly id: string;
  readonly title: string;
  /** One sentence under the title. */
  readonly lead: string;
  /** The example program that fits. */
  readonly program: string;
  readonly View: FunctionComponent<{ bench: Workbench }>;
}
