import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadSettings } from "../protocol.ts";

const built = new Map<string, Uint8Array>();

/** For tests: compiles C as the lab's programs are compiled, with musl and line numbers. */
export function compileC(source: string): Uint8Array {
  const known = built.get(source);
  if (known) return known;
  const dir = mkdtempSync(join(tmpdir(), "lstar-lab-"));
  try {
    writeFileSync(join(dir, "p.c"), source);
    const flags = ["-static", "-no-pie", "-gdwarf-4", "-O0", "-fno-omit-frame-pointer", "-pthread", "-w"];
    execFileSync("musl-gcc", [...flags, "-I", fileURLToPath(new URL("../../programs", import.meta.url)), "-o", "p", "p.c"], { cwd: dir });
    const bytes = new Uint8Array(readFileSync(join(dir, "p")));
    built.set(source, bytes);
    return bytes;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Settings that load a C source. */
export function settings(source: string, more: Partial<LoadSettings> = {}): LoadSettings {
  return { name: "p", program: compileC(source), argv: ["p"], stdin: null, env: [], seed: 1, arrivals: [], source, ...more };
}

/** One of the lab's programs by its name. */
export function labProgram(name: string, more: Partial<LoadSettings> = {}): LoadSettings {
  const source = readFileSync(new URL(`../../programs/${name}.c`, import.meta.url), "utf8");
  return settings(source, { name, argv: [name], ...more });
}
