import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshDirectory, need, root, run } from "./native.ts";

/** The first JavaScript block of the README. */
function example(): string {
  const block = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"));
  if (!block) throw new Error("README.md has no JavaScript example");
  return block[1]!;
}

describe("the package as npm packs it", () => {
  it("installs into an empty folder, with a working command and the README's example", { timeout: 180_000 }, async () => {
    need("/bin/busybox");
    const dir = freshDirectory();
    try {
      const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", dir.path, "-w", "lstar"], {
        cwd: root,
        encoding: "utf8",
      });
      const tarball = join(dir.path, JSON.parse(packed)[0].filename);
      const app = join(dir.path, "app");
      mkdirSync(app);
      writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }');
      execFileSync("npm", ["install", "--no-audit", "--no-fund", "--offline", tarball], { cwd: app, stdio: "pipe" });
      const version = await run(join(app, "node_modules/.bin/lstar"), ["--version"]);
      expect(version).toMatchObject({ status: 0, stdout: "0.1.0\n" });
      const echo = await run(join(app, "node_modules/.bin/lstar"), ["run", "/bin/busybox", "echo", "from the package"]);
      expect(echo).toMatchObject({ status: 0, stdout: "from the package\n" });

      expect(example().trimEnd().split("\n").length).toBeLessThanOrEqual(15);
      writeFileSync(join(app, "example.js"), example());
      const result = await run(process.execPath, ["example.js"], { cwd: app });
      expect(result.stderr).toBe("");
      expect(result.status).toBe(0);
      const lines = result.stdout.split("\n");
      expect(lines.slice(0, 3)).toEqual(["cherry", "banana", "apple"]);
      expect(lines).toContain("exit status 0");
      expect(result.stdout).toMatch(/read \d+/);
      expect(result.stdout).toMatch(/write 1/);

      // The example of docs/time.md prints what it says.
      const [, travelling = ""] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, "docs/time.md"), "utf8")) ?? [];
      writeFileSync(join(app, "travel.js"), travelling);
      const travelled = await run(process.execPath, ["travel.js"], { cwd: app });
      expect(travelled).toEqual({
        status: 0,
        stderr: "",
        stdout: [...travelling.matchAll(/\/\/ → (.*)/g)].map((m) => `${m[1]}\n`).join(""),
      });
    } finally {
      dir.remove();
    }
  });
});
