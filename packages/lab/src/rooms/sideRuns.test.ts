import { expect, test } from "vitest";
import { align, stopsOf } from "./alignSteps.ts";
import { asked, type CallSpan, callOf, epollStage, partsOf, passAt, passesBetween, scanStage } from "./scans.ts";
import { side } from "./testSide.ts";

test("level and edge in one order: the same until the second wait, then only level copies again", async () => {
  const [level, edge] = await Promise.all([side("epoll_trees", ["LT"]), side("epoll_trees", ["ET"])]);
  const [left, right] = [stopsOf(level.events), stopsOf(edge.events)];
  const rows = align(left, right);
  expect(rows.filter(([l]) => l >= 0).map(([l]) => l)).toEqual(left.map((_, i) => i));
  expect(rows.filter(([, r]) => r >= 0).map(([, r]) => r)).toEqual(right.map((_, i) => i));
  const keys = rows.map(([l, r]) => [left[l]?.key, right[r]?.key]);
  expect(keys.filter(([l, r]) => l && r).every(([l, r]) => l === r)).toBe(true);
  // All of the first turn is common; in the second only level-triggered events come.
  expect(keys.filter(([l]) => /^[01] /.test(l ?? "")).every(([l, r]) => l === r)).toBe(true);
  expect(keys.filter(([l]) => /^2 (copy|read)/.test(l ?? "")).every(([, r]) => r === undefined)).toBe(true);
  expect(keys.some(([l, r]) => l === undefined && r === "2 sleep")).toBe(true);
  // At the end of the first turn: level has both on the list, edge none.
  const first = rows.findLast(([l]) => left[l]?.key.startsWith("1 read")) as [number, number];
  const ready = async (m: typeof level, event: number): Promise<number> => (await m.stateAt(event)).epolls[0]?.readyList.length ?? -1;
  expect(await ready(level, left[first[0]]?.event ?? -1)).toBe(2);
  expect(await ready(edge, right[first[1]]?.event ?? -1)).toBe(0);
});

test("select and poll ask all descriptors before and after they sleep, epoll only the one that is ready", async () => {
  const machine = await side("scan_side");
  const { events } = machine;
  const calls = ["select", "poll", "epoll"].map((m) => callOf(events, m) as CallSpan);
  expect(calls.map((c) => asked(events, c))).toEqual([48, 48, 1]);
  for (const call of calls.slice(0, 2)) {
    const passes = passesBetween(events, call.enter, call.exit);
    expect(passes.map((p) => p.looks.filter((l) => l.found).length)).toEqual([0, 1]);
    // Asleep: on the queue of each of them.
    const asleep = scanStage(events, call, "asleep", 0);
    const task = (await machine.stateAt(asleep?.event ?? -1)).tasks.find((t) => t.pid === call.pid);
    expect(task?.queues).toHaveLength(24);
    const third = scanStage(events, call, "second", 3);
    expect(passAt(events, third?.event ?? -1, call.pid)?.looks.filter((l) => l.event <= (third?.event ?? -1))).toHaveLength(3);
  }
  const epoll = calls[2] as CallSpan;
  const asleep = (await machine.stateAt(epollStage(events, epoll, "asleep")?.event ?? -1)).tasks.find((t) => t.pid === epoll.pid);
  expect(asleep?.queues).toHaveLength(1);
  const parts = partsOf(24);
  for (const part of parts) expect(epollStage(events, epoll, part)).not.toBeNull();
});
