import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, root } from "../native.ts";

it("a signal's way from its sender to the frame, and the timer that sent it", { timeout: 60_000 }, async () => {
  const program = readFileSync(await compile(join(root, "tests/schedule/alarm.c")));
  const k = startMachine(
    new MemoryHost(
      new Uint8Array(0),
      () => {},
      () => {},
    ),
    {
      argv: ["/alarm"],
      env: [],
      root: null,
      mounts: [],
      cwd: "/",
      user: { uid: 0, gid: 0 },
      memory: 64 * 1024 * 1024,
      seed: 1,
      clock: "virtual",
      hostname: "test",
      files: [{ path: "/alarm", bytes: program, mode: 0o755 }],
      bringIn: null,
    },
  );
  const events: string[] = [];
  const stack = (at: number): string => (at > 0x7ff000000000 ? "stack" : String(at));
  k.trace.signalGenerate.on((sig, _info, target, group, result, sender) => {
    events.push(`generate ${sig} for ${target.pid} ${group ? "shared" : "private"} result ${result} by ${sender ? sender.pid : "nobody"}`);
  });
  k.trace.signalDeliver.on((task, sig, _info, handler, _flags, frame) => {
    events.push(`deliver ${sig} to ${task.pid} ${handler > 1 ? "handler" : "default"} frame ${stack(frame)}`);
  });
  k.trace.hrtimerStart.on((t, expires) => events.push(`start ${t.constructor.name} ${expires > k.time.now() ? "ahead" : "past"}`));
  k.trace.hrtimerExpire.on((t) => events.push(`expire ${t.constructor.name}`));
  k.trace.hrtimerCancel.on((t) => events.push(`cancel ${t.constructor.name}`));
  while (k.runSlice(10_000_000) !== "exited");
  expect(k.exitStatus).toBe(0);
  const pid = k.program.pid;
  expect(events).toEqual([
    // alarm(1), pause
    "start RealItimer ahead",
    "expire RealItimer",
    `generate 14 for ${pid} shared result 0 by nobody`,
    `deliver 14 to ${pid} handler frame stack`,
    // kill(getpid(), SIGUSR1) twice while it is blocked: one is pending, the second merges into it
    `generate 10 for ${pid} shared result 0 by ${pid}`,
    `generate 10 for ${pid} shared result 2 by ${pid}`,
    `deliver 10 to ${pid} handler frame stack`,
    // a signal that is ignored
    `generate 12 for ${pid} shared result 1 by ${pid}`,
    // the end: init ignores SIGCHLD, so that orphans leave no zombies
    `generate 17 for 1 shared result 1 by ${pid}`,
  ]);
});
