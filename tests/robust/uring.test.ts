import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";

it("survives rings with hostile contents", { timeout: 120_000 }, async () => {
  const program = await compile(join(root, "tests/robust/uring.c"), ["-O1", "-static"]);
  for (const seed of ["1", "2"]) {
    const r = await lstar(["run", "--memory", "256M", program, seed, "40"], { timeout: 60_000 });
    expect(r.stderr).toBe("");
    expect(r.stdout).toBe("40 rounds ended\n");
    expect(r.status).toBe(0);
  }
});
