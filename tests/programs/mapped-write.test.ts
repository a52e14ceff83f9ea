import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compile, freshDirectory, lstar, root } from "../native.ts";

const text = Array.from({ length: 3000 }, (_, i) => `${i}\n`).join("");

it("writes through shared mappings reach a host directory that may be written", { timeout: 120_000 }, async () => {
  const program = await compile(join(root, "tests/programs/mapped-write.c"));
  const dir = freshDirectory();
  try {
    writeFileSync(join(dir.path, "old"), text);
    const r = await lstar(["run", "--mount", `${dir.path}:/out:rw`, "--cwd", "/out", program]);
    expect(r.status).toBe(0);
    const old = Buffer.from(text);
    old.write("through a mapping", 4090);
    old.write("after msync", 9000);
    expect(readFileSync(join(dir.path, "old")).equals(old)).toBe(true);
    const made = Buffer.alloc(5000);
    made.write("first", 0);
    made.write("end", 4990);
    expect(readFileSync(join(dir.path, "new")).equals(made)).toBe(true);
    const children = Buffer.alloc(6000);
    children.write("runs on", 0);
    children.write("by a child", 5000);
    expect(readFileSync(join(dir.path, "children")).equals(children)).toBe(true);
  } finally {
    dir.remove();
  }
});
