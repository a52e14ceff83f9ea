import type { EventStore } from "../page/eventStore.ts";
import { EventKind } from "../protocol.ts";

/** One file that the kernel asked for its state. */
export interface Look {
  readonly event: number;
  readonly fd: number;
  /** Poll bits that were asked for and found. */
  readonly found: number;
}

/** One way through all descriptors of a select or poll. */
export interface Pass {
  readonly what: string;
  readonly pid: number;
  /** The event at which it begins, and ends (-1: not in the events). */
  readonly begin: number;
  readonly end: number;
  readonly looks: readonly Look[];
}

/** A pass is looked for this far back and forth from the cursor. */
const FAR = 20_000;

/** The pass that begins at an event. */
export function passFrom(events: EventStore, begin: number): Pass {
  const pid = events.pid.at(begin);
  const looks: Look[] = [];
  let end = -1;
  for (let i = begin + 1; i < events.count && i < begin + FAR && end < 0; i++) {
    if (events.pid.at(i) !== pid || events.kind.at(i) !== EventKind.SCAN) continue;
    const text = events.string(i);
    if (text === "fd") looks.push({ event: i, fd: events.a.at(i), found: events.b.at(i) });
    else if (text === "end") end = i;
    else break;
  }
  return { what: events.string(begin), pid, begin, end, looks };
}

/** All passes among the events from one to another. */
export function passesBetween(events: EventStore, from: number, to: number): Pass[] {
  const out: Pass[] = [];
  for (let i = from; i <= to && i < events.count; i++)
    if (events.kind.at(i) === EventKind.SCAN && ["select", "poll"].includes(events.string(i))) out.push(passFrom(events, i));
  return out;
}

/** The pass that a task is in at an event, or made last within its present call; null if there is none. */
export function passAt(events: EventStore, event: number, pid: number): Pass | null {
  for (let i = Math.min(event, events.count - 1); i >= 0 && i > event - FAR; i--) {
    if (events.pid.at(i) !== pid) continue;
    const kind = events.kind.at(i);
    if (kind === EventKind.SYS_ENTER || (kind === EventKind.SYS_EXIT && i < event)) return null;
    if (kind === EventKind.SCAN && ["select", "poll"].includes(events.string(i))) return passFrom(events, i);
  }
  return null;
}

const SELECT: readonly number[] = [23, 270];
const POLL: readonly number[] = [7, 271];
const EPOLL_WAIT: readonly number[] = [232, 281, 441];
/** Calls that wait for descriptors, by the name of the method. */
export const WAIT_CALLS: Readonly<Record<string, readonly number[]>> = { select: SELECT, poll: POLL, epoll: EPOLL_WAIT };

/** A call of a task from its first event to its last. */
export interface CallSpan {
  readonly pid: number;
  readonly enter: number;
  readonly exit: number;
}

/** The first call of a method that has returned, at or after an event. */
export function callOf(events: EventStore, method: string, from = 0): CallSpan | null {
  const numbers = WAIT_CALLS[method] ?? [];
  for (let enter = from; enter < events.count; enter++) {
    if (events.kind.at(enter) !== EventKind.SYS_ENTER || !numbers.includes(events.a.at(enter))) continue;
    const pid = events.pid.at(enter);
    for (let i = enter + 1; i < events.count; i++)
      if (events.kind.at(i) === EventKind.SYS_EXIT && events.pid.at(i) === pid) return { pid, enter, exit: i };
  }
  return null;
}

/** Files that the kernel asked for their state within a call: each look of a scan, or each item that epoll took off its ready list. */
export function asked(events: EventStore, call: CallSpan): number {
  let n = 0;
  for (let i = call.enter; i <= call.exit; i++) {
    if (events.pid.at(i) !== call.pid) continue;
    const text = events.string(i);
    if (events.kind.at(i) === EventKind.SCAN && text === "fd") n++;
    else if (events.kind.at(i) === EventKind.EPOLL && text.startsWith("copy:")) n++;
  }
  return n;
}

/** Where a method stands at a stage of the comparison. */
export interface Stage {
  readonly event: number;
  /** The pass whose looks are drawn, and how many of them have been. */
  readonly pass: Pass | null;
  readonly done: number;
  readonly said: string;
  /** Files asked since the call began. */
  readonly asked: number;
}

/** Names of the parts of the comparison. */
export type Part = "first" | "asleep" | "news" | "second" | "returned";

/** The stages of all three: before they sleep, asleep, when data come, after, returned. The parts have as many steps as select needs. */
export function partsOf(n: number): Part[] {
  return [
    ...Array.from({ length: n }, () => "first" as const),
    "asleep",
    "news",
    ...Array.from({ length: n }, () => "second" as const),
    "returned",
  ];
}

/** The stage of a scanning call at a step. `k`: looks of its part, from 1. */
export function scanStage(events: EventStore, call: CallSpan, part: Part, k: number): Stage | null {
  const passes = passesBetween(events, call.enter, call.exit);
  const [first, second] = [passes[0], passes[1]];
  if (!first || !second) return null;
  const look = (pass: Pass, n: number): Look | undefined => pass.looks[Math.min(n, pass.looks.length) - 1];
  const total = first.looks.length;
  if (part === "first" || part === "second") {
    const pass = part === "first" ? first : second;
    const l = look(pass, k);
    if (!l) return null;
    const done = Math.min(k, pass.looks.length);
    const before = part === "first" ? 0 : total;
    return { event: l.event, pass, done, said: `asks fd ${l.fd}: ${l.found ? "ready" : "not ready"}`, asked: before + done };
  }
  if (part === "returned")
    return { event: call.exit, pass: second, done: second.looks.length, said: "has returned", asked: total + second.looks.length };
  const sleep = switchAway(events, call, first.end);
  if (part === "asleep") return { event: sleep, pass: first, done: total, said: "nothing ready: sleeps", asked: total };
  return { event: wakeUp(events, call, sleep), pass: first, done: total, said: "is woken, and does not know by which", asked: total };
}

/** The stage of an epoll_wait at the same part. */
export function epollStage(events: EventStore, call: CallSpan, part: Part): Stage | null {
  const at = (text: RegExp): number => {
    for (let i = call.enter; i <= call.exit; i++) if (events.kind.at(i) === EventKind.EPOLL && text.test(events.string(i))) return i;
    return -1;
  };
  const stage = (event: number, said: string, n: number): Stage | null =>
    event < 0 ? null : { event, pass: null, done: 0, said, asked: n };
  const sleep = at(/^sleep$/);
  if (part === "first") return stage(sleep, "the ready list is empty: asks nobody", 0);
  if (part === "asleep") return stage(switchAway(events, call, sleep), "sleeps", 0);
  if (part === "news") return stage(at(/^ready$/), "the callback puts the item on the ready list", 0);
  if (part === "second") return stage(at(/^copy:/), "asks the one on the ready list: ready", 1);
  return stage(call.exit, "has returned", 1);
}

function switchAway(events: EventStore, call: CallSpan, from: number): number {
  for (let i = Math.max(0, from); i <= call.exit; i++)
    if (events.kind.at(i) === EventKind.SWITCH && events.pid.at(i) === call.pid) return i;
  return from;
}

function wakeUp(events: EventStore, call: CallSpan, from: number): number {
  for (let i = Math.max(0, from); i <= call.exit; i++)
    if (events.kind.at(i) === EventKind.WAKEUP && events.pid.at(i) === call.pid) return i;
  return from;
}
