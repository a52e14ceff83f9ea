import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";

const READ = 0;
const EPOLL_WAIT: readonly number[] = [232, 281, 441];

/** An event of a run that a comparison stops at. */
export interface Stop {
  readonly event: number;
  /** What two runs have in common when they do the same: the turn of the program's loop and what happens. */
  readonly key: string;
  readonly text: string;
}

const WORDS: Readonly<Record<string, string>> = {
  insert: "epoll_ctl: into the tree, with a callback on the socket’s wait queue",
  callback: "data come: the socket’s wait queue calls ep_poll_callback",
  ready: "the item joins the ready list, and stays in the tree",
  "copy:level": "the file is asked, the event copied; the item goes back to the end of the ready list",
  "copy:edge": "the file is asked, the event copied; the item has left the ready list",
  "copy:oneshot": "the event is copied; the item is disabled",
  "copy:not-ready": "the file is asked and has nothing: off the ready list, no event",
  sleep: "the ready list is empty: the task sleeps",
};

/** The events of a run of the comparison's programs, in order. */
export function stopsOf(events: EventStore): Stop[] {
  const out: Stop[] = [];
  let round = 0;
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind.at(i);
    const a = events.a.at(i);
    const b = events.b.at(i);
    if (kind === EventKind.SYS_ENTER && EPOLL_WAIT.includes(a)) round++;
    if (kind === EventKind.SYS_EXIT && a === READ && round > 0)
      out.push({ event: i, key: `${round} read`, text: `read() gives ${b} bytes` });
    if (kind !== EventKind.EPOLL) continue;
    const text = events.string(i);
    const what = text.startsWith("copy:") ? "copy" : text;
    const where = a >= 0 ? ` fd ${a}` : "";
    const words = text === "return" ? `epoll_wait returns ${b}` : (WORDS[text] ?? text);
    out.push({ event: i, key: `${round} ${what}${where}`, text: `${where ? `fd ${a}: ` : ""}${words}` });
  }
  return out;
}

/** Two runs in one order: what both do stands in one row, what only one does has a row of its own (-1 on the other side). */
export function align(left: readonly Stop[], right: readonly Stop[]): [number, number][] {
  // Longest common subsequence of the keys, from the end.
  const most: number[][] = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number): number => most[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      (most[i] as number[])[j] = left[i]?.key === right[j]?.key ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const rows: [number, number][] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i]?.key === right[j]?.key) rows.push([i++, j++]);
    else if (j >= right.length || (i < left.length && at(i + 1, j) >= at(i, j + 1))) rows.push([i++, -1]);
    else rows.push([-1, j++]);
  }
  return rows;
}
