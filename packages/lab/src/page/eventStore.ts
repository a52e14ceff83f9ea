import { EventKind, type EventPage } from "../protocol.ts";
import { type Column, float64Column, int32Column, uint8Column, uint32Column } from "./columns.ts";

/** What a task is doing between two events of its lane. */
export const LaneState = { ABSENT: 0, RUNNABLE: 1, RUNNING: 2, SLEEPING: 3, ENDED: 4, STOPPED: 5 } as const;

/** Classes that the timeline draws differently and the filter knows. */
export const categories = [
  "system calls",
  "wake-ups",
  "signals",
  "epoll and poll",
  "faults and timers",
  "tasks",
  "terminal",
  "io_uring",
] as const;

const categoryOfKind: Readonly<Record<number, number>> = {
  [EventKind.SYS_ENTER]: 0,
  [EventKind.SYS_EXIT]: 0,
  [EventKind.WAKEUP]: 1,
  [EventKind.SIGNAL_SEND]: 2,
  [EventKind.SIGNAL_DELIVER]: 2,
  [EventKind.EPOLL]: 3,
  [EventKind.SCAN]: 3,
  [EventKind.PAGE_FAULT]: 4,
  [EventKind.TIMER]: 4,
  [EventKind.VSYSCALL]: 4,
  [EventKind.HOOK]: 5,
  [EventKind.FORK]: 5,
  [EventKind.EXEC]: 5,
  [EventKind.EXIT]: 5,
  [EventKind.OUTPUT]: 6,
  [EventKind.INPUT]: 6,
  [EventKind.URING]: 7,
};

/** Class of an event kind, -1 for switches, which the lanes' bars show. */
export function categoryOf(kind: number): number {
  return categoryOfKind[kind] ?? -1;
}

/** TASK_STOPPED and TASK_TRACED, as Linux numbers them. */
const STOPPED = 4 | 8;

function laneState(taskState: number): number {
  if (taskState === 0) return LaneState.RUNNABLE;
  return taskState & STOPPED ? LaneState.STOPPED : LaneState.SLEEPING;
}

/** One task's row on the timeline: its states and its events by class, all as event indices in order. */
export class Lane {
  readonly pid: number;
  readonly segmentStart = int32Column();
  readonly segmentState = uint8Column();
  /** Index into the strings: the queue that it sleeps on. */
  readonly segmentText = uint32Column();
  readonly byCategory: readonly Column<Int32Array>[] = categories.map(() => int32Column());
  name = "";

  constructor(pid: number) {
    this.pid = pid;
  }

  enter(event: number, state: number, text: number): void {
    const last = this.segmentState.length - 1;
    if (last >= 0 && this.segmentState.at(last) === state && this.segmentText.at(last) === text) return;
    this.segmentStart.push(event);
    this.segmentState.push(state);
    this.segmentText.push(text);
  }

  /** Index of the segment at an event, -1 before the first. */
  segmentAt(event: number): number {
    return this.segmentStart.lowerBound(event + 1) - 1;
  }
}

/** All events of a run, in columns. */
export class EventStore {
  readonly kind = uint8Column(64);
  readonly position = float64Column(70);
  readonly time = float64Column(80);
  readonly pid = int32Column(90);
  readonly a = float64Column(100);
  readonly b = float64Column(110);
  readonly text = uint32Column(120);
  readonly strings: string[] = [""];
  readonly lanes: Lane[] = [];
  readonly #byPid = new Map<number, Lane>();
  readonly #program: string;

  /** @param program what the first task runs from the start */
  constructor(program = "") {
    this.#program = program;
  }

  get count(): number {
    return this.kind.length;
  }

  add(page: EventPage): void {
    const from = this.count;
    for (const s of page.strings) this.strings.push(s);
    this.kind.append(page.kind, page.count);
    this.position.append(page.position, page.count);
    this.time.append(page.time, page.count);
    this.pid.append(page.pid, page.count);
    this.a.append(page.a, page.count);
    this.b.append(page.b, page.count);
    this.text.append(page.text, page.count);
    for (let i = from; i < from + page.count; i++) this.#place(i);
  }

  lane(pid: number): Lane | undefined {
    return this.#byPid.get(pid);
  }

  string(event: number): string {
    return this.strings[this.text.at(event)] ?? "";
  }

  /** The last event at or before a position, -1 if there is none. */
  lastAt(position: number): number {
    return this.position.lowerBound(position + 0.5) - 1;
  }

  #laneOf(pid: number): Lane {
    let lane = this.#byPid.get(pid);
    if (!lane) {
      lane = new Lane(pid);
      if (this.lanes.length === 0) lane.name = this.#program;
      this.#byPid.set(pid, lane);
      this.lanes.push(lane);
    }
    return lane;
  }

  #place(i: number): void {
    const kind = this.kind.at(i);
    const pid = this.pid.at(i);
    if (kind === EventKind.SWITCH) this.#switched(i, pid);
    // Events of no task (a timer while idle) belong to nobody's lane.
    if (kind === EventKind.SWITCH || pid <= 0) return;
    const lane = this.#laneOf(pid);
    const category = categoryOf(kind);
    if (category >= 0) lane.byCategory[category]!.push(i);
    if (lane.segmentStart.length === 0) lane.enter(i, LaneState.RUNNING, 0);
    if (kind === EventKind.WAKEUP) lane.enter(i, LaneState.RUNNABLE, 0);
    else if (kind === EventKind.EXIT) lane.enter(i, LaneState.ENDED, 0);
    else if (kind === EventKind.FORK) {
      const child = this.#laneOf(this.a.at(i));
      // Threads of the kernel have names of their own.
      child.name = this.string(i) || lane.name;
      child.enter(i, LaneState.RUNNABLE, 0);
    } else if (kind === EventKind.EXEC) {
      const path = this.string(i);
      lane.name = path.slice(path.lastIndexOf("/") + 1);
    }
  }

  #switched(i: number, prev: number): void {
    if (prev > 0) {
      const lane = this.#laneOf(prev);
      const state = this.b.at(i);
      const ended = lane.segmentState.length > 0 && lane.segmentState.at(lane.segmentState.length - 1) === LaneState.ENDED;
      if (!ended) lane.enter(i, laneState(state), this.text.at(i));
    }
    const next = this.a.at(i);
    if (next > 0) this.#laneOf(next).enter(i, LaneState.RUNNING, 0);
  }
}
