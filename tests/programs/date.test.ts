import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstar, need, run } from "../native.ts";

const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
const options = Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`]);

it("make takes the host's files for older than now, and their order for what it is", async () => {
  need("make");
  const dir = freshDirectory();
  try {
    const work = join(dir.path, "work");
    mkdirSync(work);
    writeFileSync(join(work, "Makefile"), "all: old new\n%: %.in\n\tcp $< $@\n");
    // One target is up to date, the other is not.
    await run(
      "/bin/sh",
      ["-c", "echo 1 >old.in; echo 2 >new; touch -d '1 hour ago' new; touch -d '2 hours ago' old.in; echo 3 >new.in; echo 4 >old"],
      {
        cwd: work,
      },
    );
    const args = ["-C", work, "--no-print-directory"];
    const ours = await lstar(["run", "--root", "/", ...options, "--cwd", work, "--", "/usr/bin/make", ...args]);
    expect(ours).toEqual(await run("/usr/bin/make", args, { cwd: work, env }));
    expect(ours).toEqual({ status: 0, stdout: "cp new.in new\n", stderr: "" });
  } finally {
    dir.remove();
  }
});

it("--date says what the guest's clock shows", async () => {
  const date = (...o: string[]) => lstar(["run", ...o, ...options, "--root", "/", "--", "/bin/date", "+%F %T"]);
  expect((await date()).stdout).toBe("2030-01-01 00:00:00\n");
  expect((await date("--date", "2027-03-01T12:30:00Z")).stdout).toBe("2027-03-01 12:30:00\n");
  expect((await date("--date", "@86399", "--clock", "real")).stdout).toMatch(/^1970-01-0[12] /);
  const before = Date.now();
  const now = Date.parse(`${(await date("--date", "now")).stdout.trim().replace(" ", "T")}Z`);
  expect(now).toBeGreaterThan(before - 1000);
  expect(now).toBeLessThan(Date.now() + 1000);
  const bad = await date("--date", "tomorrow");
  expect(bad.status).toBe(125);
  expect(bad.stderr).toContain("expected now, @SECONDS, or a date");
});
