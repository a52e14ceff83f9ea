import { expect, test } from "vitest";
import { KernelTimer, TimerHeap } from "./timer.ts";

class Probe extends KernelTimer {
  readonly name: string;
  constructor(name: string, at: number) {
    super();
    this.name = name;
    this.expires = at;
  }
  expire(): void {}
}

function drain(heap: TimerHeap): string[] {
  const out: string[] = [];
  for (let t = heap.first; t; t = heap.first) {
    heap.remove(t);
    out.push((t as Probe).name);
  }
  return out;
}

test("timers come out by time, equal ones in the order of arming", () => {
  const heap = new TimerHeap();
  const at = [50, 10, 30, 10, 40, 10, 20];
  at.forEach((t, i) => {
    heap.add(new Probe(`${t}/${i}`, t));
  });
  expect(drain(heap)).toEqual(["10/1", "10/3", "10/5", "20/6", "30/2", "40/4", "50/0"]);
});

test("any timer can be taken out and moved", () => {
  const heap = new TimerHeap();
  const timers = Array.from({ length: 100 }, (_, i) => new Probe(String(i), (i * 37) % 101));
  for (const t of timers) heap.add(t);
  for (let i = 0; i < 100; i += 3) expect(heap.remove(timers[i] as Probe)).toBe(true);
  expect(heap.remove(timers[0] as Probe)).toBe(false);
  (timers[1] as Probe).expires = -1;
  heap.add(timers[1] as Probe);
  const order = drain(heap);
  expect(order[0]).toBe("1");
  expect(order.length).toBe(66);
  const rest = order.slice(1).map((n) => (timers[Number(n)] as Probe).expires);
  expect(rest).toEqual([...rest].sort((a, b) => a - b));
});
