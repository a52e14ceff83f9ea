import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DebugInfo } from "./debugInfo.ts";

const SOURCE = `#include <unistd.h>
static int twice(int a) {
  int c = a + a;
  return c;
}
int main(void) {
  int n = twice(3);
  if (n > 5)
    write(1, "six\\n", 4);
  return 0;
}
`;

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "lstar-debuginfo-"));
  writeFileSync(join(dir, "p.c"), SOURCE);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function compiled(command: string, ...options: string[]): Uint8Array {
  const out = join(dir, `p-${command}${options.join("")}`);
  execFileSync(command, [...options, "p.c", "-o", out], { cwd: dir });
  return readFileSync(out);
}

function linesOf(info: DebugInfo, name: string): number[] {
  const f = info.functions.find((x) => x.name === name);
  if (!f) return [];
  const found = new Set<number>();
  for (let a = f.address; a < f.address + f.size; a++) {
    const place = info.placeAt(a);
    if (place?.file.endsWith("p.c")) found.add(place.line);
  }
  return [...found].sort((a, b) => a - b);
}

describe("debugging information", () => {
  test.each([
    ["gcc", ["-g", "-static"]],
    ["gcc", ["-gdwarf-4", "-static"]],
    ["gcc", ["-gdwarf-3"]],
    ["gcc", ["-gdwarf64", "-gdwarf-5"]],
    ["tcc", ["-g"]],
  ])("%s %j", (command, options) => {
    const info = new DebugInfo(compiled(command, ...options));
    // Only gcc gives the closing brace code of its own.
    expect(linesOf(info, "twice").slice(0, 3)).toEqual([2, 3, 4]);
    expect(linesOf(info, "main").slice(0, 5)).toEqual([6, 7, 8, 9, 10]);
    const [at] = info.addressesOf("p.c", 8);
    expect(info.placeAt(at ?? 0)?.begins).toBe(true);
    expect(info.functionAt(at ?? 0)).toBe("main");
    expect(info.placeAt(1)).toBeNull();
  });

  test("damaged files are read as far as they make sense, in bounded time", () => {
    let seed = 12345;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 4294967296) * n);
    };
    for (const whole of [compiled("gcc", "-g"), compiled("gcc", "-gdwarf-4"), compiled("tcc", "-g")]) {
      for (let i = 0; i < 300; i++) {
        const bytes = whole.slice(0, i % 4 === 0 ? random(whole.length) : whole.length);
        for (let n = random(200); n > 0; n--) {
          // Half of the damage where the tables are, at the end.
          const at = random(2) ? random(bytes.length) : bytes.length - 1 - random(Math.min(bytes.length, 6000));
          bytes[at] = random(2) ? 0xff : random(256);
        }
        const info = new DebugInfo(bytes);
        info.placeAt(random(2 ** 31));
        info.functionAt(random(2 ** 31));
      }
    }
    expect(new DebugInfo(new Uint8Array(0)).functions).toEqual([]);
  });
});
