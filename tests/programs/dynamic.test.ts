import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstar, need, root, run } from "../native.ts";

/** Dynamic programs of Debian on the host's own files: the same script natively and in lstar, each in an empty directory. */
const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C", TZ: "UTC" };
const guest = ["run", "--root", "/", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`])];

async function same(script: string, ...programs: string[]): Promise<void> {
  for (const p of programs) need(p);
  const dir = freshDirectory();
  try {
    const work = join(dir.path, "work");
    mkdirSync(work);
    const file = join(root, "tests/programs", script);
    // lstar first: it must find the directory empty, and leaves nothing in it.
    const ours = await lstar([...guest, "--cwd", work, "/bin/sh", file], { timeout: 200_000 });
    expect(ours).toEqual(await run("/bin/sh", [file], { cwd: work, env, timeout: 60_000 }));
    expect(ours.status).toBe(0);
  } finally {
    dir.remove();
  }
}

it("git: init, add, commit, log, clone, fsck", { timeout: 240_000 }, () => same("git.sh", "git"));
it("gcc, tcc and make -j4", { timeout: 240_000 }, () => same("compile.sh", "gcc", "tcc", "make"));
it("find, grep, gawk, perl, sqlite3 with 100,000 inserts, tar, xz, lua", { timeout: 240_000 }, () =>
  same("tools.sh", "gawk", "sqlite3", "lua5.3", "xz"),
);
it("vim in tmux", { timeout: 240_000 }, () => same("vim.sh", "vim", "tmux"));
