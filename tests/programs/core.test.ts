import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, freshDirectory, lstar, need, root, run } from "../native.ts";

/** What gdb says of a core dump, without what differs from run to run: thread ids and randomised addresses. */
async function debug(program: string, core: string): Promise<string> {
  const commands = [
    "info threads",
    "thread apply all bt",
    "thread apply all info registers",
    "p $_siginfo",
    "info float",
    "p $xmm0",
    "x/4i $pc",
  ];
  const args = ["-nx", "-batch", ...commands.flatMap((c) => ["-ex", c]), program, core];
  const r = await run(need("gdb"), args, { timeout: 60_000, env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C" } });
  expect(r.stdout).toContain("Program terminated with signal SIGSEGV");
  let text = r.stdout;
  // A thread waits for another by its id.
  for (const [, id] of text.matchAll(/^\[New LWP (\d+)\]$/gm)) {
    text = text.replace(new RegExp(`^(r[a-z]+) +0x0*${Number(id).toString(16)} +.*$`, "gm"), "$1 ID");
  }
  text = text
    .replace(/\bLWP \d+/g, "LWP N")
    .replace(/0x7[ef][0-9a-f]{10}\b/g, "STACK")
    // The main thread's block lies in the heap.
    .replace(/0x[0-9a-f]{6,8}(?= \(LWP)/g, "HEAP")
    .replace(/^(r\w+|fs_base|gs_base) .*(STACK|0x[0-9a-f]{6,8} +\d+$).*$/gm, "$1 ADDRESS")
    .replace(/^k\d .*\n/gm, "")
    .replace(/ {2,}/g, " ");
  // Which of the other threads comes first is a matter of which died first.
  const sections = text.split(/^(?=Thread \d+ \()/m).map((section) => section.replace(/^Thread \d+/, "Thread"));
  const [first, ...threads] = sections;
  const summary = first!.split("\n").map((line) => line.replace(/^([ *] ?)\d+/, "$1"));
  return [...summary.sort(), ...threads.sort()].join("\n");
}

it("gdb says the same of lstar's core dump as of the host's", { timeout: 180_000 }, async () => {
  const program = await compile(join(root, "tests/programs/crash.c"), ["-g", "-O0", "-static", "-no-pie", "-pthread"]);
  const dir = freshDirectory();
  try {
    const places = { real: join(dir.path, "real"), ours: join(dir.path, "ours") };
    for (const place of Object.values(places)) {
      mkdirSync(place);
      copyFileSync(program, join(place, "crash"));
    }
    const command = "ulimit -c unlimited; exec ./crash";
    const real = await run("/bin/sh", ["-c", command], { cwd: places.real });
    expect(real.status).toBe(139);
    const pattern = await run("/bin/cat", ["/proc/sys/kernel/core_pattern"]);
    const native = join(places.real, "core");
    expect(existsSync(native), `no ${native}: core_pattern is ${pattern.stdout}`).toBe(true);
    const ours = await lstar(["run", "--mount", `${places.ours}:/out:rw`, "--cwd", "/out", need("/bin/busybox"), "sh", "-c", command]);
    expect(ours.status).toBe(139);
    expect(await debug(program, join(places.ours, "core"))).toBe(await debug(program, native));
  } finally {
    dir.remove();
  }
});
