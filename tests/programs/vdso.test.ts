import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";

const source = join(root, "bench/programs/clockgettime.c");

it.each([
  ["glibc, dynamic", "gcc", ["-O1"]],
  ["glibc, static", "gcc", ["-O1", "-static"]],
  ["musl, static", "musl-gcc", ["-O1", "-static"]],
])("a million clock_gettime make no system call: %s", { timeout: 60_000 }, async (_what, compiler, options) => {
  const program = await compile(source, options, compiler);
  const r = await lstar(["trace", "--root", "/", program, "1000000"]);
  expect(r.status).toBe(0);
  expect(r.stderr).toMatch(/execve\(/);
  expect(r.stderr).not.toMatch(/clock_gettime\(/);
});
