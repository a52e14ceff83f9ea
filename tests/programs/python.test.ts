import { expect, it } from "vitest";
import { freshDirectory, lstar, need, type RunResult, run } from "../native.ts";

/** Python’s own tests, by Debian’s python3, natively and in lstar with the host’s files; one after the other, each takes minutes. */
const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C", TZ: "UTC" };
const guest = ["run", "--root", "/", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`]), "--cwd", "/tmp", "--"];
const python = need("/usr/bin/python3");
need("/usr/lib/python3.11/test/test_json/__init__.py");

it("json, re, dict, struct and threading: all pass", { timeout: 600_000 }, async () => {
  const modules = ["test_json", "test_re", "test_dict", "test_struct", "test_threading"];
  const r = await lstar([...guest, python, "-m", "test", "-q", ...modules], { timeout: 560_000 });
  expect(`${r.stdout}${r.stderr}`).toMatch(/Result: SUCCESS|Tests result: SUCCESS/);
  expect(r.status).toBe(0);
});

/** Outcomes of the tests by name; why one was skipped does not count. */
function outcomes(r: RunResult): Map<string, string> {
  // A test may write something between its name and its outcome.
  const found = `${r.stdout}\n${r.stderr}`.matchAll(
    /^(test_\w+ \([\w.]+\))[\s\S]*?\.\.\. (?:[\s\S]*?\b)??(ok|FAIL|ERROR|skipped|expected failure)\b/gm,
  );
  return new Map([...found].map((m) => [m[1]!, m[2]!]));
}

/** What natively passes must pass; what is skipped there, for want of something or of a limit, may pass. */
function compare(ours: RunResult, real: RunResult): void {
  const here = outcomes(ours);
  const there = outcomes(real);
  const wrong: string[] = [];
  for (const [name, outcome] of there) {
    const got = here.get(name) ?? "not run";
    if (got !== outcome && !(outcome === "skipped" && got === "ok")) wrong.push(`${name}: ${got}, natively ${outcome}`);
  }
  expect(wrong).toEqual([]);
  expect([...here.keys()].sort()).toEqual([...there.keys()].sort());
  expect([ours.status, real.status]).toEqual([0, 0]);
}

it.each([
  ["test_subprocess", 300],
  ["test_signal", 45],
])("%s whole: test by test as natively", { timeout: 600_000 }, async (module, least) => {
  need(`/usr/lib/python3.11/test/${module}.py`);
  const args = ["-m", "test", "-v", module];
  const dir = freshDirectory();
  try {
    const [ours, real] = await Promise.all([
      lstar([...guest, python, ...args], { timeout: 540_000 }),
      run(python, args, { cwd: dir.path, env, timeout: 300_000 }),
    ]);
    expect(outcomes(real).size).toBeGreaterThanOrEqual(least);
    compare(ours, real);
  } finally {
    dir.remove();
  }
});
