import { expect, test } from "vitest";
import { eventText } from "../page/describe.ts";
import type { LastWriteView, StateView } from "../protocol.ts";
import { EventKind } from "../protocol.ts";
import { side } from "./testSide.ts";
import { uringCostOf, uringWays } from "./uringCost.ts";
import { uringCounts } from "./uringCounts.ts";
import { uringCells } from "./uringSteps.ts";

const SCRIPT = [
  "nop 1",
  "read 100 2",
  "show",
  "tail",
  "enter",
  "reap",
  "pipe 10 5; link; nop 6; poll 7; nop 8; nop 9",
  "tail; enter; show",
  "feed 10",
  "reap",
  "pipe 4 11; pipe 4 12; tail; enter; feed 2; reap; feed 2; reap",
  "pipe 10 20; link; nop 21; tail; enter; feed 3; reap",
  "pipe 10 30; tail; enter; cancel 30 31; cancel 99 32; tail; enter; reap",
  "nop 1; nop 2; nop 3; nop 4; tail; enter; nop 5; nop 6; nop 7; nop 8; tail; enter; nop 9; nop 10; tail; enter; show",
  "reap; nop 11; tail; enter; show; reap; enter; reap",
  "setup sqpoll",
  "nop 1; tail",
  "wake; nop 2; tail; read 5000 3; tail; pipe 50 4; tail; feed 50; reap",
  "show",
];

test("model and kernel answer alike: completions, their order, indices, flags", async () => {
  const [model, real] = await Promise.all([side("model_uring"), side("real_uring")]);
  for (const c of SCRIPT) {
    await model.command(c);
    await real.command(c);
    const text = (s: typeof model): string => s.output.value.replace(/^.*\n/, "");
    expect([c, text(real)]).toEqual([c, text(model)]);
  }
  // The rings of a moment, out of the kernel's memory: the two that wait, and the pipe's requests.
  const after = (await real.state(8)) as StateView;
  const ring = after.urings[0];
  expect(ring?.requests.map((r) => [r.opcode, r.userData, r.state])).toEqual([
    ["READ", "5", "poll"],
    ["NOP", "6", "link"],
    ["POLL_ADD", "7", "poll"],
  ]);
  expect([ring?.sqHead.value, ring?.sqTail.value, ring?.cqHead.value, ring?.cqTail.value]).toEqual([6, 6, 2, 3]);
  expect(ring?.sqThread).toBeNull();
  const full = (await real.state(14)) as StateView;
  expect(full.urings[0]?.backlog.map((b) => b.userData)).toEqual(["9", "a"]);
  expect(full.urings[0]?.sqFlags).toBe("CQ_OVERFLOW");
  expect(full.urings[0]?.cq.every((c) => c.pending)).toBe(true);
  const last = (await real.state(SCRIPT.length)) as StateView;
  expect(last.urings[0]?.sqThread).toMatchObject({ needWakeup: true, state: "asleep" });
});

test("the six steps, by io_uring_enter and with SQPOLL", async () => {
  for (const mode of ["enter", "sqpoll"]) {
    const run = await side("uring_read", [mode]);
    expect(run.output.value).toBe("user_data 42: 4096 bytes\n");
    const cells = await uringCells(run);
    const indices = cells.map((c) => [c.sqHead, c.sqTail, c.cqHead, c.cqTail]);
    expect([mode, indices[0], indices[1], indices[4], indices[5]]).toEqual([mode, [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 1], [1, 1, 1, 1]]);
    expect(cells[0]?.text).toMatch(/^entry 0: READ, fd \d, 4096 bytes at 0x[0-9a-f]+, user_data 42; sq_tail still 0$/);
    expect(cells[1]?.text).toMatch(/^sq_tail 0 → 1, a store in line \d+; sq_head 0$/);
    expect(cells[2]?.text).toMatch(
      mode === "enter" ? /^task 2, in its call \(ioSubmitSqes\): 1 of 1 taken/ : /^the kernel’s thread 3 \(ioSubmitSqes\)/,
    );
    expect(cells[3]?.text).toMatch(/^worker \d is at it: the bytes are in the buffer; cq_tail still 0$/);
    expect(cells[4]?.text).toMatch(/^user_data 42, res 4096; cq_tail 1, cq_head 0$/);
    expect(cells[5]?.text).toMatch(/^cq_head 0 → 1, a store in line \d+$/);
    // In the order of the run.
    const positions = cells.map((c) => (c.moment.event >= 0 ? run.events.position.at(c.moment.event) : c.moment.position));
    expect([...positions].sort((a, b) => a - b)).toEqual(positions);
  }
});

test("64 reads: a call for each, one for sixteen, none", async () => {
  const costs = await Promise.all(uringWays.map(async ({ method }) => uringCostOf((await side("uring_cost", [method])).events, method)));
  expect(costs.map((c) => c.operations)).toEqual([0, 64, 64, 64]);
  expect(costs.slice(0, 3).map((c) => c.calls)).toEqual([64, 64, 4]);
  expect(costs[3]?.calls).toBeLessThanOrEqual(1);
  for (const c of costs) expect(c.instructions).toBeGreaterThan(100);
});

test("counts at an event, and who moved an index last", async () => {
  const run = await side("uring_sqpoll");
  expect(run.output.value).toContain("16384 bytes in 32 reads\nNEED_WAKEUP is set\nafter the wake-up: 512 bytes\n");
  const { events } = run;
  const end = uringCounts(events, events.count - 1);
  expect([end.taken, end.byThread, end.completed]).toEqual([34, 34, 34]);
  expect(end.enters).toBeLessThanOrEqual(2);
  expect(uringCounts(events, 0)).toMatchObject({ taken: 0, enters: 0 });
  let nth = 0;
  let event = -1;
  for (let i = 0; i < events.count && nth < 20; i++)
    if (events.kind.at(i) === EventKind.URING && events.string(i) === "complete READ" && ++nth === 20) event = i;
  const state = await run.stateAt(event);
  const ring = state.urings[0];
  const who = async (address = ""): Promise<LastWriteView | null> =>
    (await run.ask({
      type: "lastWrite",
      moment: { position: events.position.at(event), event: -1 },
      pid: ring?.owner ?? 0,
      address,
      length: 4,
    })) as LastWriteView | null;
  expect(await who(ring?.sqTail.address)).toMatchObject({ kernel: false, pid: ring?.owner });
  expect(await who(ring?.cqHead.address)).toMatchObject({ kernel: false, pid: ring?.owner });
  expect(await who(ring?.sqHead.address)).toMatchObject({ kernel: true });
  expect(await who(ring?.cqTail.address)).toMatchObject({ kernel: true });
});

test("the timeline tells what happens to a request in words", async () => {
  const { events } = await side("uring_flight");
  const texts = Array.from({ length: events.count }, (_, i) => eventText(events, i, (nr) => `call ${nr}`));
  for (const text of [
    "io_uring: a ring of 8 and 16",
    "io_uring takes READ 1",
    "io_uring waits for its file: READ 1",
    "io_uring to a worker: READ 4",
    "makes thread 3 (iou-wrk-2)",
    "io_uring joins a chain: NOP 6",
    "io_uring: waits for 1 completion",
    "io_uring complete: READ 4, result 512",
    "io_uring wakes READ 1",
    "io_uring complete: TIMEOUT 3, result -62",
  ])
    expect(texts).toContain(text);
  expect(events.lane(3)?.name).toBe("iou-wrk-2");
});

test("in flight: what each request waits for", async () => {
  const run = await side("uring_flight");
  const { events } = run;
  let at = -1;
  for (let i = 0; i < events.count && at < 0; i++) if (events.kind.at(i) === EventKind.URING && events.string(i) === "wait") at = i;
  const ring = (await run.stateAt(at)).urings[0];
  expect(ring?.requests.map((r) => [r.userData, r.state])).toEqual([
    ["1", "poll"],
    ["2", "poll"],
    ["3", "timer"],
    ["4", "worker"],
    ["5", "poll"],
    ["6", "link"],
  ]);
});
