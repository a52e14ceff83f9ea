import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, lstar, root, run } from "../native.ts";

const build = (name: string): Promise<string> => compile(join(root, "tests/robust", name), ["-O0", "-static"]);
const small = ["run", "--memory", "64M"];

it("ends a program that takes all memory, and says so", { timeout: 60_000 }, async () => {
  const r = await lstar([...small, await build("oom.c")]);
  expect(r.stdout).toBe("huge ENOMEM\n");
  expect(r.stderr).toMatch(/out of memory \(--memory 64M\): killed .* \(pid 2\)/);
  expect(r.status).toBe(137);
});

it("stops a fork bomb at the limit of processes", { timeout: 60_000 }, async () => {
  const r = await lstar([...small, await build("bomb.c"), "limited"]);
  expect(r.stdout).toMatch(/^fork: Resource temporarily unavailable/);
  expect(r.status).toBe(0);
});

it("stops a fork bomb at the limit of memory", { timeout: 60_000 }, async () => {
  const r = await lstar([...small, await build("bomb.c")]);
  expect(`${r.stdout}${r.stderr}`).toMatch(/out of memory|Cannot allocate memory|Resource temporarily unavailable/);
  expect([0, 137]).toContain(r.status);
});

it("ends an endless write with ENOSPC", { timeout: 60_000 }, async () => {
  const r = await lstar([...small, await build("endless.c")]);
  expect(r.stdout).toBe("write: No space left on device after some\n");
  expect(r.status).toBe(2);
});

it("ends endless recursion as natively", { timeout: 60_000 }, async () => {
  const program = await build("rec.c");
  expect((await run(program, [])).status).toBe(139);
  expect((await lstar([...small, program])).status).toBe(139);
});
