import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, need, root, run } from "../native.ts";
import { debug } from "./drive.ts";

let sample = "";
let exec = "";
beforeAll(async () => {
  sample = await compile(join(root, "tests/gdb/sample.c"), ["-g", "-O0", "-static"]);
  exec = await compile(join(root, "tests/gdb/exec.c"), ["-g", "-O0"]);
}, 60_000);

/** What differs between any two runs: addresses, and the words about how the program was started. */
function plain(text: string): string[] {
  return text
    .replace(/0x[0-9a-f]+/g, "0x")
    .replace(/Remote target|process \d+/g, "it")
    .split("\n")
    .filter((l) => l !== "" && !/^(sum|then) \d+$/.test(l));
}

describe("as gdb on the host's own Linux", () => {
  it("breakpoints, values, steps and the end", { timeout: 60_000 }, async () => {
    const commands = [
      "tbreak main",
      "c",
      "break add if depth > 1",
      "c",
      "bt",
      "info locals",
      "p *list",
      "p sizeof(struct item)",
      "finish",
      "up",
      "p depth",
      "watch total",
      "c",
      "delete",
      "break 28",
      "c",
      "next",
      "info line",
      "p total",
      "p $st0",
      "p/x $mxcsr",
      "x/2i $pc",
      "c",
    ];
    const ours = await debug(sample, ["run", sample], commands);
    const args = [
      "-nx",
      "-batch",
      "-iex",
      "set debuginfod enabled off",
      "-iex",
      "set confirm off",
      "-iex",
      "set width 0",
      "-iex",
      "set pagination off",
      sample,
    ];
    const real = await run(need("gdb"), [...args, "-ex", "starti", ...commands.flatMap((c) => ["-ex", c])]);
    const fromMain = (lines: string[]): string[] => lines.slice(lines.findIndex((l) => l.startsWith("Temporary breakpoint 1 at")));
    const realText = real.stdout + real.stderr;
    expect(realText).toContain("exited with code 01");
    expect(fromMain(plain(ours.gdb))).toEqual(fromMain(plain(realText)));
  });
});

// Not compared: gdb 13 cannot write registers natively on processors with AMX, so it cannot call there.
it("gdb calls a function of the program", { timeout: 60_000 }, async () => {
  const { gdb } = await debug(sample, ["run", sample], ["break 28", "c", "p total", "p add(&items[3], 0)", "p total", "bt", "kill"]);
  expect(gdb).toContain("$1 = 20\n$2 = 8\n$3 = 28\n#0  main ()");
});

describe("watchpoints for reads, and exec", () => {
  it("rwatch and awatch stop at accesses, forward and backward", { timeout: 60_000 }, async () => {
    const { gdb } = await debug(
      sample,
      ["run", sample],
      [
        "break main",
        "c",
        "rwatch total",
        "c",
        "p depth",
        "c",
        "p depth",
        "delete",
        "awatch total",
        "c",
        "c",
        "p depth",
        "reverse-continue",
        "reverse-continue",
        "p depth",
        "kill",
      ],
    );
    expect(gdb).toContain("Hardware read watchpoint 2: total\n\nValue = 0\n");
    expect(gdb).toContain("Hardware read watchpoint 2: total\n\nValue = 2\n");
    expect(gdb).toContain("$1 = 0\n");
    expect(gdb).toContain("$2 = 1\n");
    expect(gdb).toContain("Old value = 2\nNew value = 6");
    expect(gdb).toContain("$3 = 2\n");
    expect(gdb).toContain("$4 = 1\n");
  });

  it("gdb follows the program into another one; its children run on their own", { timeout: 60_000 }, async () => {
    const { gdb, status, stdout } = await debug(
      exec,
      ["run", "--root", "/", exec],
      ["break main", "catch exec", "c", "next", "next", "next", "next", "p x", "c", "c", "p argc", "p x", "c"],
    );
    expect(gdb).toContain("$1 = 9\n");
    expect(gdb).toContain("is executing new program");
    expect(gdb).toMatch(/Catchpoint 2 \(exec'd /);
    expect(gdb).toContain("$2 = 2\n");
    expect(gdb).toContain("$3 = 0\n");
    expect([status, stdout]).toEqual([3, "second\n"]);
  });
});
