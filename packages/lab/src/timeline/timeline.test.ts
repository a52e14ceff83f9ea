import { describe, expect, it } from "vitest";
import { EventStore, LaneState } from "../page/eventStore.ts";
import { stepInStore } from "../page/steps.ts";
import { EventKind } from "../protocol.ts";
import { drawArrows } from "./arrows.ts";
import { filteredLanes, marked } from "./filter.ts";
import { search, terms } from "./search.ts";

/** kind, pid, a, b, text */
type Row = readonly [kind: number, pid: number, a?: number, b?: number, text?: string];

function storeOf(rows: readonly Row[]): EventStore {
  const store = new EventStore("prog");
  const strings: string[] = [];
  const numbers = new Map<string, number>([["", 0]]);
  const text = rows.map(([, , , , t = ""]) => {
    let n = numbers.get(t);
    if (n === undefined) numbers.set(t, (n = strings.push(t)));
    return n;
  });
  store.add({
    first: 0,
    count: rows.length,
    kind: Uint8Array.from(rows, (r) => r[0]),
    position: Float64Array.from(rows, (_, i) => i * 10),
    time: Float64Array.from(rows, (_, i) => i * 100),
    pid: Int32Array.from(rows, (r) => r[1]),
    a: Float64Array.from(rows, (r) => r[2] ?? 0),
    b: Float64Array.from(rows, (r) => r[3] ?? 0),
    text: Uint32Array.from(text),
    strings,
  });
  return store;
}

const READ = 0;
const WRITE = 1;
const names = (nr: number): string => (nr === READ ? "read" : nr === WRITE ? "write" : `call ${nr}`);

/** A reads from a pipe and sleeps, B (its child) writes and wakes it, then is stopped by a signal. */
const store = storeOf([
  [EventKind.SYS_ENTER, 2, 57],
  [EventKind.FORK, 2, 3],
  [EventKind.SYS_EXIT, 2, 57, 3],
  [EventKind.SYS_ENTER, 2, READ],
  [EventKind.SWITCH, 2, 3, 1, "pipe.rd_wait (fd 3)"],
  [EventKind.SYS_ENTER, 3, WRITE],
  [EventKind.WAKEUP, 2, 3],
  [EventKind.SYS_EXIT, 3, WRITE, 10],
  [EventKind.SIGNAL_SEND, 3, 19, 2],
  [EventKind.SWITCH, 3, 2, 4],
  [EventKind.SYS_EXIT, 2, READ, 10],
  [EventKind.WAKEUP, 3, 0],
]);

describe("lanes", () => {
  it("tell running, runnable, sleeping with its queue, and stopped apart", () => {
    const states = (pid: number): number[] => {
      const { segmentState } = store.lane(pid)!;
      return Array.from({ length: segmentState.length }, (_, i) => segmentState.at(i));
    };
    expect(states(2)).toEqual([LaneState.RUNNING, LaneState.SLEEPING, LaneState.RUNNABLE, LaneState.RUNNING]);
    expect(states(3)).toEqual([LaneState.RUNNABLE, LaneState.RUNNING, LaneState.STOPPED, LaneState.RUNNABLE]);
    expect(store.strings[store.lane(2)!.segmentText.at(1)]).toBe("pipe.rd_wait (fd 3)");
    expect(store.lanes.map((l) => l.name)).toEqual(["prog", "prog"]);
  });
});

describe("search", () => {
  const find = (text: string): number[] => [...search(store, text, names)];
  it("finds calls, queues, signals and tasks", () => {
    expect(find("read")).toEqual([3]);
    expect(find("rd_wait")).toEqual([4]);
    expect(find("sigstop")).toEqual([8]);
    expect(find("pid 3")).toEqual([5, 7, 8, 9, 11]);
    expect(find("wake")).toEqual([6, 11]);
    expect(find("")).toEqual([]);
    expect(find("no such thing")).toEqual([]);
  });
  it("takes several words, and words that must be absent", () => {
    expect(terms(' pid 3  "fd 3" -read ')).toEqual(["pid:3", "fd 3", "-read"]);
    expect(find("wake pid 3")).toEqual([11]);
    expect(find("pid 3 -write")).toEqual([7, 8, 9, 11]);
    expect(find('"rd_wait (fd 3"')).toEqual([4]);
  });
});

describe("filter", () => {
  it("leaves calls whole and lanes without anything out", () => {
    const lanes = filteredLanes(store, marked(store, search(store, "write", names)), 0);
    expect(lanes.map((l) => l.lane.pid)).toEqual([3]);
    expect([...lanes[0]!.byCategory[0]!.data.subarray(0, lanes[0]!.byCategory[0]!.length)]).toEqual([5, 7]);
    expect(lanes[0]!.byCategory[1]!.length).toBe(0);
  });
  it("shows the lane of one task, or all", () => {
    expect(filteredLanes(store, null, 3).map((l) => l.lane.pid)).toEqual([3]);
    expect(filteredLanes(store, null, 0)).toHaveLength(2);
  });
});

describe("arrows", () => {
  it("go from parent to child, waker to woken and sender to receiver, and not from timers", () => {
    const lines: number[][] = [];
    let from: number[] = [];
    const context = new Proxy(
      {
        moveTo: (x: number, y: number) => {
          from = [x, y];
        },
        lineTo: (x: number, y: number) => {
          if (from[0] === x) lines.push([x, from[1]!, y]);
          from = [x, y];
        },
      },
      { get: (t, name) => t[name as "moveTo"] ?? (() => {}), set: () => true },
    );
    drawArrows(context as unknown as CanvasRenderingContext2D, {
      store,
      axis: "order",
      range: { from: 0, to: 12 },
      lanes: filteredLanes(store, null, 0),
      shown: Array.from({ length: 7 }, () => true),
      colours: Array.from({ length: 7 }, () => "red"),
      x: (at) => at * 10,
      y: (lane) => lane * 100,
    });
    // x of the event, y of the start and the end: downwards to lane 1, upwards to lane 0.
    expect(lines.sort((a, b) => a[0]! - b[0]!)).toEqual([
      [10.5, 6, 94],
      [60.5, 94, 6],
      [80.5, 6, 94],
    ]);
  });
});

describe("steps that the page's own events tell", () => {
  const at = (event: number) => ({ position: event * 10, event });
  it("go by event over all tasks, by call within one", () => {
    expect(stepInStore(store, "event", 1, at(3), 2)).toEqual(at(4));
    expect(stepInStore(store, "event", -1, at(3), 2)).toEqual(at(2));
    expect(stepInStore(store, "syscall", 1, at(3), 3)).toEqual(at(5));
    expect(stepInStore(store, "syscall", 1, at(0), 2)).toEqual(at(3));
    expect(stepInStore(store, "syscall", -1, at(5), 2)).toEqual(at(3));
  });
  it("from between two events, to the beginning, and leave the rest to the worker", () => {
    expect(stepInStore(store, "event", 1, { position: 35, event: -1 }, 0)).toEqual(at(4));
    expect(stepInStore(store, "event", -1, { position: 35, event: -1 }, 0)).toEqual(at(3));
    expect(stepInStore(store, "event", -1, at(0), 0)).toEqual({ position: 0, event: -1 });
    expect(stepInStore(store, "event", 1, at(11), 0)).toBeNull();
    expect(stepInStore(store, "line", 1, at(3), 0)).toBeNull();
  });
});
