import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildVdso } from "./image.ts";

describe("the vDSO's image", () => {
  const dir = mkdtempSync(join(tmpdir(), "lstar-vdso-"));
  const file = join(dir, "vdso.so");
  writeFileSync(file, buildVdso());
  afterAll(() => rmSync(dir, { recursive: true }));
  const readelf = (...args: string[]): string => {
    const r = spawnSync("readelf", ["-W", ...args, file], { encoding: "utf8" });
    expect(r.stderr).toBe("");
    return r.stdout;
  };

  it("is an ELF shared object that binutils has no complaint about", () => {
    expect(readelf("-a")).toContain("DYN (Shared object file)");
    expect(readelf("-d")).toContain("linux-vdso.so.1");
  });

  it("has the functions at version LINUX_2.6, under both names", () => {
    const symbols = readelf("--dyn-syms");
    for (const f of ["clock_gettime", "gettimeofday", "time", "getcpu", "clock_getres"]) {
      expect(symbols).toMatch(new RegExp(`FUNC +GLOBAL DEFAULT +\\d+ __vdso_${f}@@LINUX_2.6`));
      expect(symbols).toMatch(new RegExp(`FUNC +WEAK +DEFAULT +\\d+ ${f}@@LINUX_2.6`));
    }
  });

  it("says how to unwind its functions", () => {
    expect(readelf("--debug-dump=frames")).toContain("DW_CFA_def_cfa: r7 (rsp) ofs 8");
  });
});
