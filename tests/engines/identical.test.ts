import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bring, programs } from "./programs.ts";
import { record } from "./record.ts";

const directory = mkdtempSync(join(tmpdir(), "lstar-engines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

for (const { name, files, data, argv } of programs) {
  it(`${name}: interpreter and compiler do the same, instruction by instruction`, { timeout: 120_000 }, async () => {
    const [file] = await files();
    const root = join(directory, name.replaceAll(" ", "-"));
    mkdirSync(root);
    bring(root, file!, data ?? []);
    const interpreted = await record(root, argv(file!), false);
    expect(interpreted.status).toBe(0);
    expect(await record(root, argv(file!), true)).toEqual(interpreted);
    rmSync(root, { recursive: true });
  });
}
