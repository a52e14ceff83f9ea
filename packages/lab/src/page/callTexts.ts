import { signal } from "@preact/signals";
import { EventKind } from "../protocol.ts";
import type { EventStore } from "./eventStore.ts";
import { bench, isMoving, store as present, running, stale } from "./session.ts";

/** The cursor must rest this long (ms) before the machine is asked what the calls around it were. */
const REST = 250;
const MOST_KEPT = 5000;

/** Calls as strace prints them, by event of the run they belong to. The worker knows them by going there, so they come late. */
let texts = new Map<number, string>();
let owner: EventStore | null = null;
const version = signal(0);
let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;

/** What strace would print for an event, undefined if it is not (yet) known. */
export function callText(store: EventStore, event: number): string | undefined {
  version.value;
  return owner === store ? texts.get(event) : undefined;
}

/** Asks for the calls among `events`, those next to `at` first, once the cursor rests. */
export function wantCallTexts(store: EventStore, events: readonly number[], at: number): void {
  if (owner !== store || texts.size > MOST_KEPT) {
    owner = store;
    texts = new Map();
  }
  const wanted = events
    .filter((i) => (store.kind.at(i) === EventKind.SYS_ENTER || store.kind.at(i) === EventKind.SYS_EXIT) && !texts.has(i))
    .sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
  clearTimeout(timer);
  if (wanted.length > 0) timer = setTimeout(() => void fetchTexts(store, wanted), REST);
}

/** One at a time; stops when the machine has something else to do. */
async function fetchTexts(store: EventStore, wanted: readonly number[]): Promise<void> {
  if (asking) {
    timer = setTimeout(() => void fetchTexts(store, wanted), REST);
    return;
  }
  asking = true;
  try {
    for (const event of wanted) {
      if (store !== present || running.value || isMoving() || stale.value) return;
      const text = await bench.ask({ type: "describe", event });
      if (owner !== store) return;
      if (text) texts.set(event, text);
      version.value++;
    }
  } catch {
    // Without it the list has the names only.
  } finally {
    asking = false;
  }
}
