import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compile, lstar, root, run } from "../native.ts";
import { model, type Op } from "./model.ts";

/**
 * Random scripts of calls on many descriptors, run by one C program natively and under lstar, and by a model.
 * EPOLL_RUNS and EPOLL_SEED ask for more, or other, scripts; EPOLL_KEEP names a file for the last one.
 */
const runs = Number(process.env["EPOLL_RUNS"] ?? 12);
const seed = Number(process.env["EPOLL_SEED"] ?? 20240607);

/** A file for the last script that ran: the one that failed, if one did. */
const keep = process.env["EPOLL_KEEP"];

const ET = 2 ** 31;
const ONESHOT = 2 ** 30;
/** Interest: any mix of what files have, and the modes. */
const interest = fc
  .tuple(fc.subarray([0x1, 0x4, 0x2, 0x2000, 0x40, 0x100]), fc.constantFrom(0, 0, ET, ET, ONESHOT, ET + ONESHOT))
  .map(([bits, mode]) => bits.reduce((a, b) => a + b, 0) + mode);
const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const op = (name: string, ...args: fc.Arbitrary<number>[]): fc.Arbitrary<Op> =>
  fc.tuple(...args).map((v) => [name, v[0] ?? 0, v[1] ?? 0, v[2] ?? 0, v[3] ?? 0]);

/** Slots below `epolls` hold epolls, the others up to `slots` files. */
function script(epolls: number, slots: number, others: { weight: number; arbitrary: fc.Arbitrary<Op> }[]): fc.Arbitrary<Op[]> {
  const ep = int(0, epolls - 1);
  const file = int(epolls, slots - 1);
  const start = fc.constant<Op[]>([...Array(epolls).keys()].map((i) => ["epoll", i, 0, 0, 0]));
  const weighted = fc.oneof(
    { weight: 1, arbitrary: op("epoll", ep) },
    { weight: 5, arbitrary: op("event", file, int(0, 3), int(0, 1)) },
    { weight: 5, arbitrary: op("pipe", file, file) },
    { weight: 20, arbitrary: op("add", ep, file, interest, int(0, 99)) },
    { weight: 8, arbitrary: op("mod", ep, file, interest, int(0, 99)) },
    { weight: 4, arbitrary: op("del", ep, file) },
    { weight: 20, arbitrary: op("wait", ep, int(0, 6)) },
    { weight: 12, arbitrary: op("read", file, int(0, 40)) },
    { weight: 6, arbitrary: op("write", file, int(0, 40)) },
    { weight: 10, arbitrary: op("write", file, fc.constant(8)) },
    { weight: 4, arbitrary: op("close", int(epolls > 1 ? epolls - 1 : 0, slots - 1)) },
    { weight: 6, arbitrary: op("dup", file, file) },
    { weight: 1, arbitrary: fc.constant<Op>(["reset", 0, 0, 0, 0]) },
    ...others,
  );
  return fc.tuple(start, fc.array(weighted, { minLength: 500, maxLength: 1500, size: "max" })).map(([a, b]) => [...a, ...b]);
}

/** Says what went wrong, without the script: shrinking would run hundreds. */
function reporter(details: fc.RunDetails<[Op[]]>): void {
  if (details.failed) throw details.errorInstance ?? new Error("the property failed");
}

const text = (ops: readonly Op[]): string => ops.map((o) => `${o.join(" ")}\n`).join("");

describe("random scripts", () => {
  let program = "";
  beforeAll(async () => {
    program = await compile(join(root, "tests/epoll/script.c"));
  }, 60_000);

  async function both(ops: Op[]): Promise<string> {
    const input = text(ops);
    if (keep) writeFileSync(keep, input);
    const [native, ours] = await Promise.all([run(program, [], { input }), lstar(["run", program], { input })]);
    expect(ours).toEqual(native);
    return native.stdout;
  }

  test("eventfds and pipes: native, lstar and the model agree", { timeout: 60_000 + runs * 10_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(script(2, 10, []), async (ops) => {
        expect(model(ops)).toBe(await both(ops));
      }),
      { numRuns: runs, seed, endOnFailure: true, reporter },
    );
  });

  test("sockets, full pipes, epolls in epolls: native and lstar agree", { timeout: 60_000 + runs * 10_000 }, async () => {
    const any = int(0, 15);
    const all = script(4, 16, [
      { weight: 6, arbitrary: op("pair", int(4, 15), int(4, 15), int(0, 2)) },
      { weight: 6, arbitrary: op("add", any, any, interest, int(0, 99)) },
      { weight: 2, arbitrary: op("dup", any, any) },
      { weight: 4, arbitrary: op("shut", any, int(-1, 3)) },
      { weight: 10, arbitrary: op("write", any, int(1, 8192)) },
      { weight: 6, arbitrary: op("read", any, int(1, 8192)) },
      { weight: 8, arbitrary: op("wait", any, int(1, 16)) },
    ]);
    await fc.assert(
      fc.asyncProperty(all, async (ops) => {
        await both(ops);
      }),
      { numRuns: runs, seed: seed + 1, endOnFailure: true, reporter },
    );
  });
});
