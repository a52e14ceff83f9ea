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
it("python's own tests of json, re, dict, struct and threading", { timeout: 480_000 }, async () => {
  const python = need("/usr/bin/python3");
  need("/usr/lib/python3.11/test/test_json/__init__.py");
  const r = await lstar(
    [...guest, "--cwd", "/tmp", "--", python, "-m", "test", "-q", "test_json", "test_re", "test_dict", "test_struct", "test_threading"],
    {
      timeout: 400_000,
    },
  );
  expect(`${r.stdout}${r.stderr}`).toMatch(/Result: SUCCESS|Tests result: SUCCESS/);
  expect(r.status).toBe(0);
});

/** Outcomes of python's tests, one a line, in order of their names. */
const outcomes = (r: { stdout: string; stderr: string }): string[] =>
  [...`${r.stdout}\n${r.stderr}`.matchAll(/^(test_\w+ \([\w.]+\)).*?\.\.\. (ok|FAIL|ERROR|skipped.*)$/gm)]
    .map((m) => `${m[1]} ${m[2]}`)
    .sort();

/** Of the modules that take minutes, the classes that do not mostly sleep. */
const classes: [module: string, number, string[]][] = [
  ["test_signal", 15, ["PosixTests", "WakeupSignalTests", "PendingSignalsTests"]],
  ["test_subprocess", 20, ["RunFuncTestCase", "CommandTests", "ContextManagerTests", "MiscTests"]],
];
it.each(classes)("python's own %s: classes of it, test by test as natively", { timeout: 300_000 }, async (module, least, names) => {
  const python = need("/usr/bin/python3");
  need(`/usr/lib/python3.11/test/${module}.py`);
  const args = ["-m", "test", "-v", module, ...names.flatMap((n) => ["-m", `test.${module}.${n}.*`])];
  const dir = freshDirectory();
  try {
    const [ours, real] = await Promise.all([
      lstar([...guest, "--cwd", "/tmp", "--", python, ...args], { timeout: 240_000 }),
      run(python, args, { cwd: dir.path, env, timeout: 120_000 }),
    ]);
    expect(outcomes(ours)).toEqual(outcomes(real));
    expect(outcomes(ours).length).toBeGreaterThanOrEqual(least);
    expect([ours.status, real.status]).toEqual([0, 0]);
  } finally {
    dir.remove();
  }
});
