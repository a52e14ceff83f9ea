import { expect, test } from "vitest";
import type { SideMachine } from "../page/sideMachine.ts";
import { copyCostOf, cpuCopies, PAYLOAD, ways } from "./copyCost.ts";
import { dispatchDemo, epollDemo, signalDemo, uringDemo } from "./demos.ts";
import { side } from "./testSide.ts";
import { type Cost, costOf } from "./waitCost.ts";
import { fill } from "./walkthroughCells.ts";

async function give(machine: SideMachine, commands: readonly string[]): Promise<string> {
  for (const c of commands) await machine.command(c);
  return machine.output.value;
}

const WRONG = ["", "nonsense", "add x", "call", "send", "send 99", "ready 3", "hook", `${"x".repeat(600)}`, "%s%n", "help"];

test.each([dispatchDemo, epollDemo, signalDemo, uringDemo].flatMap((d) => [[d.model], [d.real]]))(
  "%s lives on after wrong commands",
  async (name) => {
    const machine = await side(name as string);
    const text = await give(machine, WRONG);
    expect(machine.ended.value).toBe(false);
    expect(text).toContain("nonsense: not a command");
    expect(text).toContain("? the line is too long");
    await machine.command("quit");
    expect(machine.ended.value).toBe(true);
    expect(await machine.command("help")).toBe(false);
  },
);

test("dispatch: both refuse number 999, and the real rcx is the address to return to", async () => {
  const model = await give(await side("model_syscall"), ["call 999", "write hello"]);
  const real = await give(await side("real_syscall"), ["call 999", "write hello"]);
  for (const text of [model, real]) expect(text).toMatch(/rax ?= ?-38: Function not implemented/);
  expect(real).toMatch(/rax=6, rcx=0x4[0-9a-f]+ \(return address\), r11=0x2[0-9a-f]+/);
});

test("dispatch: seccomp refuses the same number in both, in the real one by a filter of the kernel", async () => {
  const commands = ["hook seccomp on", "deny 39", "getpid", "deny 1", "getuid"];
  const machine = await side("real_syscall");
  const real = await give(machine, commands);
  const model = await give(
    await side("model_syscall"),
    commands.filter((c) => c !== "deny 1"),
  );
  for (const text of [model, real]) expect(text).toMatch(/rax ?= ?-1: Operation not permitted/);
  expect(real).toContain("this program needs call 1 itself");
  expect(real.match(/rax=0/g)?.length).toBeGreaterThan(0);
  expect((await machine.state(5))?.tasks[0]?.hooks).toMatchObject({ seccomp: "filter", filters: 1 });
});

/** The descriptors that a wait of the model or of the real one reports. */
const reported = (text: string): string[] => [...text.matchAll(/^ {2}fd (\d+) EPOLLIN/gm)].map((m) => m[1] as string);

test("epoll: model and kernel report the same descriptors, and the kernel's list holds what the model's does", async () => {
  const commands = ["add 3 ET", "add 4", "add 5 ONESHOT", "ready 5 1", "ready 3 3072", "ready 4 10", "wait", "read 3 1024", "wait", "wait"];
  const model = await side("model_epoll");
  const real = await side("real_epoll");
  const expected = ["5", "3", "4", "4", "4"];
  expect(reported(await give(model, commands))).toEqual(expected);
  expect(reported(await give(real, commands))).toEqual(expected);
  const before = (await real.state(6))?.epolls[0];
  expect(before?.readyList.map((i) => before.items[i]?.fd)).toEqual([5, 3, 4]);
  const after = (await real.state(7))?.epolls[0];
  expect(after?.readyList.map((i) => after.items[i]?.fd)).toEqual([4]);
  expect(after?.items.map((i) => i.fd)).toEqual([3, 4, 5]);
});

test("signals: the kernel's bitmaps are the model's", async () => {
  const commands = ["handle USR1", "block USR1", "send USR1", "send USR1", "show", "unblock USR1", "show"];
  const sets = (text: string): string[] => [...text.matchAll(/^ {2}(?:pending|blocked) .*$/gm)].map((m) => m[0]);
  const real = await side("real_signal");
  const r = await give(real, commands);
  const m = await give(await side("model_signal"), commands);
  expect(sets(r)).toHaveLength(4);
  expect(sets(r)).toEqual(sets(m));
  expect(r.match(/handler\(10\)/g)).toHaveLength(1);
  const task = (await real.state(4))?.tasks[0];
  expect([...(task?.signals.pending ?? []), ...(task?.signals.shared ?? [])]).toEqual([10]);
  expect(task?.signals.blocked).toEqual([10]);
});

test("signals: a deadly one ends both", async () => {
  for (const name of ["model_signal", "real_signal"]) {
    const machine = await side(name);
    await machine.command("send TERM");
    expect(machine.ended.value).toBe(true);
  }
});

test("walkthrough: level reports the rest again, edge does not, and 2 KB stay", async () => {
  const level = await fill(await side("epoll_lt"));
  const edge = await fill(await side("epoll_et"));
  expect(level.map((c) => [c?.result, c?.waiting])).toEqual([
    [null, 3072],
    [1, 3072],
    [1024, 2048],
    [1, 2048],
    [0, 0],
  ]);
  expect(edge.map((c) => [c?.result, c?.waiting])).toEqual([
    [null, 3072],
    [1, 3072],
    [1024, 2048],
    [0, 2048],
    [0, 2048],
  ]);
  expect(level[1]?.ready).toHaveLength(1);
  expect(edge[1]?.ready).toEqual([]);
});

test("cost of a wait: select and poll ask and copy more with more descriptors, epoll does not", async () => {
  const cost = async (method: string, n: number): Promise<Cost> => {
    const machine = await side("wait_cost", [method, String(n), "3"]);
    expect(machine.output.value).toContain("3 of 3 waits found the one");
    return costOf(machine, method, n);
  };
  const [few, many] = [await cost("poll", 8), await cost("poll", 500)];
  expect([few.asked, many.asked]).toEqual([8, 500]);
  // An entry of 8 bytes for each, and the answer of 2.
  expect(many.copied - few.copied).toBeGreaterThanOrEqual(492 * 8);
  const select = await cost("select", 500);
  expect(select.asked).toBe(500);
  expect(select.copied).toBeGreaterThan((await cost("select", 8)).copied);
  const epoll = await cost("epoll", 500);
  expect(epoll.asked).toBe(1);
  expect(epoll.copied).toBe((await cost("epoll", 8)).copied);
});

test("sending a file: two copies, one, none, none, as the kernel counts them", async () => {
  const costs = await Promise.all(
    ways.map(async ({ method }) => {
      const machine = await side("copies", [method]);
      expect(machine.output.value).toContain("65536 bytes sent");
      return copyCostOf(machine, method);
    }),
  );
  const none = { toUser: 0, fromUser: 0, kernel: 0, pages: 0, dmaIn: 0, dmaOut: 0 };
  expect(costs.map((c) => c.copied)).toMatchObject([
    { ...none, toUser: PAYLOAD, fromUser: PAYLOAD },
    { ...none, fromUser: PAYLOAD },
    none,
    // The descriptors of its pipe.
    { ...none, toUser: 8 },
  ]);
  expect(costs[2]?.calls).toBe(1);
  expect(costs.map(cpuCopies)).toEqual([2, 1, 0, 0]);
});
