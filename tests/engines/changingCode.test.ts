import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, root as repository, run } from "../native.ts";
import { bring } from "./programs.ts";
import { type CompilerUse, record } from "./record.ts";

/** Guests that write, replace or remove the code they run; `limits` bounds what the compiler may keep of it. */
const guests: [name: string, what: string, limits: CompilerUse][] = [
  ["rewrite", "writes code and runs it in a loop", { regions: 20, bytes: 400_000, compiled: 100 }],
  ["huge", "has 50 MiB of code", { regions: 2000, bytes: 16_000_000, compiled: 2000 }],
  ["crossing", "loops over an instruction that lies in two pages", { regions: 20, bytes: 400_000, compiled: 100 }],
  ["unmap", "unmaps and replaces code as it runs on it", { regions: 20, bytes: 400_000, compiled: 100 }],
];

describe("code that changes", () => {
  it.each(guests)("%s: a guest that %s", { timeout: 120_000 }, async (name, _, limits) => {
    const file = await compile(join(repository, `tests/engines/guests/${name}.c`), ["-O2", "-static"]);
    const native = await run(file, []);
    expect(native.status).toBe(0);
    const root = mkdtempSync(join(tmpdir(), "lstar-code-"));
    try {
      bring(root, file, []);
      const interpreted = await record(root, [file], false);
      expect(interpreted.text).toBe(native.stdout);
      let used: CompilerUse | undefined;
      const compiled = await record(root, [file], true, (u) => {
        used = u;
      });
      expect(compiled).toEqual(interpreted);
      expect(used!.compiled).toBeGreaterThan(0);
      for (const key of ["regions", "bytes", "compiled"] as const) expect(used![key], key).toBeLessThanOrEqual(limits[key]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
