import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compile, freshDirectory, lstar, need, root } from "../native.ts";
import { record, recording, repeats, replay } from "./drive.ts";

vi.setConfig({ testTimeout: 240_000 });
let dir: { path: string; remove: () => void };
beforeEach(() => {
  dir = freshDirectory();
});
afterEach(() => dir.remove());

describe("a recorded run is repeated, in another process", () => {
  it("busybox, with its whole root gone, without the compiler", async () => {
    const tree = join(dir.path, "root");
    for (const d of ["bin", "data"]) mkdirSync(join(tree, d), { recursive: true });
    copyFileSync(need("/bin/busybox"), join(tree, "bin/busybox"));
    for (let i = 0; i < 50; i++) writeFileSync(join(tree, "data", `file${i}`), `${i}\n`.repeat(i * 100));
    const script =
      "cd /data; busybox ls -l | busybox sort -k5n | busybox tail -2; busybox cat file* | busybox md5sum; echo to stderr >&2; exit 3";
    const r = await repeats(dir.path, ["--root", tree, "--", "/bin/busybox", "sh", "-c", script], {
      between: () => rmSync(tree, { recursive: true }),
    });
    expect(r.status).toBe(3);
    expect(r.stdout).toMatch(/file49\n[0-9a-f]{32} {2}-\n$/);
  });

  it("a program brought in from the host, changed since", async () => {
    const program = join(dir.path, "program");
    copyFileSync(await compile(join(root, "tests/record/threads.c")), program);
    const r = await repeats(dir.path, ["--chaos", "--seed", "9", program], { between: () => writeFileSync(program, "#!/bin/false\n") });
    expect(r.stdout).toMatch(/^\d+\n$/);
  });

  it("bash with jobs, its input from a pipe, and its files in a mount that is gone", async () => {
    const data = join(dir.path, "data");
    mkdirSync(data);
    writeFileSync(join(data, "words"), "one two\nthree\n");
    const script =
      'read -r first; echo "first: $first"; cat words - | wc; for i in 1 2 3; do (sleep 0.0$i; echo $i) & done; wait; echo $RANDOM $EPOCHREALTIME';
    const args = ["--root", "/", "--mount", `${data}:/mnt/data`, "--cwd", "/mnt/data", "--", "/bin/bash", "-c", script];
    const r = await repeats(dir.path, args, { input: "a b\nc d\n".repeat(2000), between: () => rmSync(data, { recursive: true }) });
    expect(r.stdout).toMatch(/^first: a b\n +4001 +8001 +16010\n1\n2\n3\n/);
  });

  it("python3 with the clock and random numbers", async () => {
    const code = "import os, time; print(time.time(), os.urandom(4).hex(), hash('x'))";
    const r = await repeats(dir.path, ["--root", "/", "--clock", "real", "--", need("python3"), "-S", "-c", code]);
    expect(r.stdout).toMatch(/^\d+\.\d+ [0-9a-f]{8} -?\d+\n$/);
  });

  it("find over the host's files; the recording holds what was looked at once", async () => {
    const file = join(dir.path, "run.lstar");
    const r = await repeats(dir.path, ["--root", "/", "--", need("find"), "/etc", "-ls"]);
    expect(r.stdout.split("\n").length).toBeGreaterThan(300);
    const info = JSON.parse((await lstar(["replay", "--info", "--json", file])).stdout);
    expect(info.sections.LOG.packed).toBeLessThan(info.sections.LOG.plain);
    expect(info.end.arrivals).toBe(0);
  });

  it("redis on a Unix socket", async () => {
    need("redis-server");
    const script = readFileSync(join(root, "tests/programs/redis.sh"), "utf8").replace("-n 2000", "-n 50");
    const r = await repeats(dir.path, ["--root", "/", "--cwd", "/tmp", "--", "/bin/bash", "-c", script]);
    expect(r.stdout).toContain("OK\n2\n3\nz\ny\nx\n3 results\ngone\n");
  });

  it("faults that were injected", async () => {
    const args = ["--root", "/", "-e", "inject=write:error=ENOSPC:when=2", "--", "/bin/bash", "-c", "echo one; echo two; echo three"];
    const r = await repeats(dir.path, args);
    expect(r.stdout).toBe("one\nthree\n");
    expect(r.stderr).toContain("No space left on device");
  });

  it("a lost wake-up, every time", async () => {
    const program = await compile(join(root, "tests/explore/lost-wakeup.c"), ["-O1", "-static", "-pthread"]);
    const file = join(dir.path, "run.lstar");
    const r = await record(file, ["--chaos", "--seed", "53", "--", program]);
    expect(r.status).toBe(125);
    for (let i = 0; i < 3; i++) {
      const again = await replay(file);
      expect(again.status).toBe(125);
      expect(again.stderr).toBe("lstar: every task is asleep and nothing can wake one, as in the recorded run\n");
    }
  });
});

it("a real clock: sleeps, polls, timers, input and signals from outside come where they came", async () => {
  const program = await compile(join(root, "tests/record/clocks.c"));
  const file = join(dir.path, "run.lstar");
  const r = recording(file, ["--clock", "real", "--", program]);
  await r.shows(/ready/);
  r.type("some keys");
  await r.shows(/got/);
  r.kill("SIGINT");
  r.type("more");
  await r.shows(/got/, 2);
  r.kill("SIGINT");
  const recorded = await r.end();
  expect(recorded.stdout).toMatch(/ticks, 2 interrupts, 2 lines/);
  expect(recorded.status).toBe(7);
  expect(await replay(file)).toEqual(recorded);
  expect(await replay(file, "--jit", "off")).toEqual(recorded);
  // Another pace changes nothing.
  expect(await replay(file, "--speed", "50")).toEqual(recorded);
  const info = await replay(file, "--info");
  expect(info.stdout).toMatch(/from outside +\d+ answers, [4-9] arrivals/);
  const trace = await lstar(["trace", "-e", "trace=read,exit_group", "--replay", file]);
  expect(trace.status).toBe(7);
  expect(trace.stdout).toBe(recorded.stdout);
  expect(trace.stderr).toContain('read(0, "some keys", 64) ');
  expect(trace.stderr).toContain("--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---");
});

it("SIGTERM ends the program, and so the replay", async () => {
  const file = join(dir.path, "run.lstar");
  const r = recording(file, ["--root", "/", "--clock", "real", "--", "/bin/bash", "-c", "echo up; exec sleep 100"]);
  await r.shows(/up/);
  r.kill("SIGTERM");
  const recorded = await r.end();
  expect(recorded.status).toBe(128 + 15);
  expect(await replay(file)).toEqual(recorded);
});

it("a writable mount is written by the recorded run only", async () => {
  const data = join(dir.path, "data");
  mkdirSync(data);
  writeFileSync(join(data, "old"), "old\n");
  const script =
    "cd /data; echo new > made; cat old >> made; mv old older; mkdir d; ln -s made d/l; chmod 600 made; touch -d @1 made; cat d/../made; ls";
  const args = ["--root", "/", "--mount", `${data}:/data:rw`, "--", "/bin/bash", "-c", script];
  const r = await repeats(dir.path, args, {
    between: () => {
      expect(readFileSync(join(data, "made"), "latin1")).toBe("new\nold\n");
      rmSync(data, { recursive: true });
    },
  });
  expect(r.stdout).toBe("new\nold\nd\nmade\nolder\n");
  expect(existsSync(data)).toBe(false);
});

it("a run that is told in part: --to, --no-output, and the trace of it", async () => {
  const file = join(dir.path, "run.lstar");
  const recorded = await record(file, ["--", need("/bin/busybox"), "seq", "3"]);
  expect(recorded.stdout).toBe("1\n2\n3\n");
  expect(await replay(file, "--no-output")).toEqual({ status: 0, stdout: "", stderr: "" });
  const part = await replay(file, "--to", "1000");
  expect(part.status).toBe(0);
  expect(part.stderr).toMatch(/^lstar: at instruction 1000 of \d+\n$/);
});

it("the trace of a replay is the trace of the run", async () => {
  const file = join(dir.path, "run.lstar");
  const args = ["--root", "/", "--", "/bin/bash", "-c", "ls /etc/apt; (cat /etc/hostname; exit 2) | sort; test -e /nowhere"];
  const live = await lstar(["trace", "-f", ...args]);
  expect((await record(file, args)).status).toBe(live.status);
  expect(await lstar(["trace", "-f", "--replay", file])).toEqual(live);
});
