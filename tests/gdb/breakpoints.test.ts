import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, root } from "../native.ts";
import { debug } from "./drive.ts";

const source = join(root, "tests/gdb/sample.c");
let fixed = "";
let dynamic = "";
beforeAll(async () => {
  fixed = await compile(source, ["-g", "-O0", "-static"]);
  dynamic = await compile(source, ["-g", "-O0"]);
}, 60_000);

describe.each(["static", "dynamic"])("a %s program under stock gdb", (kind) => {
  const go = (commands: string[]) =>
    kind === "static" ? debug(fixed, ["run", fixed], commands) : debug(dynamic, ["run", "--root", "/", dynamic], commands);

  it("stops at functions, lines and conditions; the exit status is told", { timeout: 60_000 }, async () => {
    const { gdb, status, stdout } = await go([
      "break add if depth == 2",
      "break 26",
      "c",
      "bt",
      "info locals",
      "c",
      "p sum",
      "p items[1]",
      "c",
    ]);
    expect(gdb).toContain("Breakpoint 1, add (list=");
    expect(gdb).toMatch(/#0 {2}add \(list=0x[0-9a-f]+, depth=2\) at .*sample\.c:12\n#1 .*depth=1.*\n#2 .*depth=0.*\n#3 .*main \(\)/);
    expect(gdb).toMatch(/Breakpoint 2, main \(\) at .*sample\.c:26/);
    expect(gdb).toContain("$1 = 20");
    expect(gdb).toMatch(/\$2 = \{key = 2, next = 0x[0-9a-f]+\}/);
    expect(gdb).toContain("exited with code 01");
    expect([status, stdout]).toEqual([1, "sum 20\nthen 17\n"]);
  });

  it("steps, goes over and out of functions, and to a line", { timeout: 60_000 }, async () => {
    const { gdb } = await go(["break 25", "c", "step", "next", "next", "info line", "finish", "until 27", "info line", "stepi", "kill"]);
    expect(gdb).toMatch(/add \(list=0x[0-9a-f]+, depth=0\) at/);
    expect(gdb).toContain("Line 14 of");
    expect(gdb).toContain("Value returned is $1 = 20");
    expect(gdb).toContain("Line 27 of");
  });

  it("changes variables and registers, and calls functions of the program", { timeout: 60_000 }, async () => {
    const { gdb, stdout, status } = await go([
      "break 26",
      "c",
      "p add(&items[2], 0)",
      "p $rip == &main",
      "set var sum = 40",
      "p $rbx = 77",
      "p $rbx",
      "p $xmm0.uint128",
      "c",
    ]);
    expect(gdb).toContain("$1 = 14");
    expect(gdb).toContain("$4 = 77");
    expect(stdout).toBe("sum 40\nthen 37\n");
    expect(status).toBe(5);
  });

  it("goes backward: steps, calls, breakpoints and the last write", { timeout: 60_000 }, async () => {
    const { gdb, stdout } = await go([
      "break 28",
      "c",
      "watch total",
      "reverse-continue",
      "bt 1",
      "reverse-continue",
      "p depth",
      "delete",
      "reverse-finish",
      "reverse-step",
      "info line",
      "break add",
      "reverse-continue",
      "p depth",
      "reverse-continue",
      "c",
      "p depth",
      "delete",
      "reverse-continue",
      "c",
    ]);
    expect(gdb).toContain("Old value = 20\nNew value = 12");
    expect(gdb).toContain("Old value = 12\nNew value = 6");
    expect(gdb).toMatch(/\$1 = 2\n/);
    expect(gdb).toMatch(/depth=1\) at .*sample\.c:14\n14\t.*\n14\t/);
    expect(gdb).toContain("No more reverse-execution history.");
    expect(gdb).toContain("exited with code 01");
    // What was printed once is not printed again when the run passes there a second time.
    expect(stdout).toBe("sum 20\nthen 17\n");
  });

  it("a watchpoint stops at writes", { timeout: 60_000 }, async () => {
    const { gdb } = await go(["break main", "c", "watch total", "c", "c", "reverse-next", "reverse-stepi", "delete", "detach"]);
    expect(gdb).toContain("Old value = 0\nNew value = 2");
    expect(gdb).toContain("Old value = 2\nNew value = 6");
    expect(gdb).toContain("[Inferior 1 (Remote target) detached]");
  });
});
