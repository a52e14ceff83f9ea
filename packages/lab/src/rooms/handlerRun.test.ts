import { expect, test } from "vitest";
import type { Moment, StateView } from "../protocol.ts";
import { type Asker, handlerRunAt, readHandler } from "./handlerRun.ts";
import { lifeAt } from "./signalLife.tsx";
import { blocksOf } from "./stackSketch.tsx";
import { side } from "./testSide.ts";

async function machine(name: string): Promise<{ ask: Asker; events: Awaited<ReturnType<typeof side>>["events"] }> {
  const m = await side(name);
  return {
    events: m.events,
    ask: {
      stateAt: async (moment: Moment) => (await m.ask({ type: "state", moment })) as StateView,
      memoryAt: async (moment, pid, address, length) => (await m.ask({ type: "memory", moment, pid, address, length })) as Uint8Array,
    },
  };
}

test("before, in and after a handler: all registers come back, the red zone is left alone, the frame lies below it", async () => {
  const { ask, events } = await machine("signals");
  const run = handlerRunAt(events, 0, 0);
  if (!run) throw new Error("no handler");
  expect(run.done).toBeGreaterThan(run.deliver);
  const picture = await readHandler(ask, run, { position: events.position.at(run.deliver), event: run.deliver });
  if (!picture) throw new Error("no picture");
  for (const { name, values } of picture.registers) expect([name, values[3]]).toEqual([name, values[1]]);
  const row = (name: string): (typeof picture.stack)[number] | undefined => picture.stack.find((r) => r.name.startsWith(name));
  expect(row("red zone")?.values[1]).toBe("unchanged");
  expect(row("fpstate")?.values[1]).toBe("written");
  expect(row("interrupted function")?.changed).toEqual([false, false, false]);
  const rip = picture.registers.find((r) => r.name === "rip");
  expect(row("uc.uc_mcontext.ip")?.values[1]).toBe(rip?.values[1]);
  expect(Number.parseInt(rip?.values[2] ?? "", 16)).toBe(events.b.at(run.deliver));
  expect(picture.blocked).toEqual([[], [10], []]);
  const blocks = blocksOf(picture.stack);
  expect(blocks.map((b) => b.label)).toEqual([
    "interrupted function",
    "red zone",
    "padding",
    "x87 and SSE state",
    "padding",
    "siginfo: not written",
    "uc_sigmask",
    "uc_mcontext: registers",
    "uc_flags, uc_link, uc_stack",
    "pretcode: return address",
  ]);
  // Nothing between two blocks is left out.
  blocks.slice(1).forEach((b, i) => {
    expect(b.from + b.size).toBe(blocks[i]?.from);
  });
  const life = lifeAt(events, events.count - 1);
  expect([life?.signal, life?.sender, life?.acted]).toEqual([10, 2, run.deliver]);
});

test("with SA_RESTART the frame's rip lies on the syscall instruction, without it behind it with EINTR in rax", async () => {
  const { ask, events } = await machine("sa_restart");
  const first = handlerRunAt(events, 0, 0);
  const second = handlerRunAt(events, events.count - 1, 0);
  if (!first || !second) throw new Error("no handler");
  const pictures = await Promise.all(
    [first, second].map((r) => readHandler(ask, r, { position: events.position.at(r.deliver), event: r.deliver })),
  );
  const [without, with_] = pictures.map((p) =>
    Object.fromEntries((p?.registers ?? []).map((r) => [r.name, r.values.map((v) => BigInt(`0x${v || "0"}`))])),
  );
  expect(without?.rax?.[1]).toBe(2n ** 64n - 4n);
  expect(without?.rip?.[1]).toBe(without?.rip?.[0]);
  expect(with_?.rip?.[1]).toBe((with_?.rip?.[0] ?? 0n) - 2n);
  expect(with_?.rax?.[1]).toBe(0n);
});
