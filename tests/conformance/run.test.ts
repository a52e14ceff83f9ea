import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { compile, expectAsNative, freshDirectory, lstar, run } from "../native.ts";

/**
 * Native-first conformance: every C program below this directory must print the same and end with
 * the same status on the host's Linux and under lstar. Programs run in an empty directory with
 * standard input at end of file.
 */
const here = fileURLToPath(new URL(".", import.meta.url));
const only = process.env["CONFORMANCE"];
const environment = { PATH: "/usr/bin:/bin", HOME: "/" };

for (const family of readdirSync(here, { withFileTypes: true })) {
  if (!family.isDirectory()) continue;
  const programs = readdirSync(join(here, family.name)).filter((f) => f.endsWith(".c") && (!only || `${family.name}/${f}`.includes(only)));
  if (programs.length === 0) continue;
  describe.concurrent(family.name, () => {
    test.for(programs)("%s", async (program) => {
      const binary = await compile(join(here, family.name, program));
      const guest = await lstar(["run", "--cwd", "/tmp/work", "--env", "PATH=/usr/bin:/bin", "--env", "HOME=/", binary]);
      await expectAsNative(guest, async () => {
        const directory = freshDirectory();
        try {
          return await run(binary, [], { cwd: directory.path, env: environment });
        } finally {
          directory.remove();
        }
      });
    });
  });
}
