import { join } from "node:path";
import { Target } from "@lstar/gdb";
import { Session } from "@lstar/gdb/session.ts";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { compile, root } from "../native.ts";
import { machineFor } from "../snapshot/machines.ts";

let program = "";
beforeAll(async () => {
  program = await compile(join(root, "tests/gdb/sample.c"), ["-g", "-O0", "-static"]);
}, 60_000);

const starts = (
  "? g G p P m x M X Z0, Z1, Z2, z0, z2, H Hg Hc T c s C05 S bs bc vCont; vCont;s: vCont;r vFile:open: vFile:pread: vFile:fstat: vFile:close: vFile: qSupported qC " +
  "qfThreadInfo qThreadExtraInfo, QPassSignals: QCatchSyscalls: qRcmd, qXfer:features:read: qXfer:siginfo:read: qXfer:auxv:read: qXfer:threads:read: QStartNoAckMode D"
).split(" ");

it("junk in packets is answered with an error or nothing; the session goes on", { timeout: 120_000 }, async () => {
  const { k } = machineFor([program]);
  const target = new Target(k);
  target.history.settle();
  const session = new Session(
    target,
    async () => "never",
    () => {},
  );
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789abcdef,:;=-"), maxLength: 24 });
  const packet = fc.oneof(
    fc.tuple(fc.constantFrom(...starts), fc.oneof(digits, fc.string({ maxLength: 20 }))).map(([a, b]) => a + b),
    fc.string({ maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(packet, async (text) => {
      const reply = await session.answer(text);
      expect(reply === null ? text.startsWith("k") : typeof reply === "string").toBe(true);
    }),
    { numRuns: 1500, seed: 7 },
  );
  expect(await session.answer("qfThreadInfo")).toMatch(/^m/);
});
