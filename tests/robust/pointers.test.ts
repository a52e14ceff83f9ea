import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";

it("answers hostile arguments of every system call", { timeout: 300_000 }, async () => {
  const program = await compile(join(root, "tests/robust/pointers.c"), ["-O1", "-static"]);
  const r = await lstar(["run", "--memory", "256M", program, "0", "463", "40"], { timeout: 240_000 });
  expect(r.stderr).toBe("");
  expect(r.stdout).toMatch(/^calls \d{5}, all children ended: yes\n$/);
  expect(r.status).toBe(0);
});

it("answers random sequences of calls among descriptors of every kind", { timeout: 300_000 }, async () => {
  const program = await compile(join(root, "tests/robust/sequences.c"), ["-O1", "-static"]);
  // Each seed is another set of sequences.
  for (const seed of ["1", "2"]) {
    const r = await lstar(["run", "--memory", "256M", program, seed, "400"], { timeout: 140_000 });
    expect(r.stderr).toBe("");
    // A child may have found a way to the terminal or the standard output: it may write there.
    expect(r.stdout.slice(-20)).toBe("400 sequences ended\n");
    expect(r.status).toBe(0);
  }
});
