import { join } from "node:path";
import { expect, test } from "vitest";
import { compile, expectAsNative, freshDirectory, lstar, need, root, run } from "../native.ts";

/** Event loops of others, with the machine's own libraries: what they print is compared with a run on the host. */
const here = join(root, "tests/epoll/programs");
const environment = { PATH: "/usr/bin:/bin", HOME: "/", LC_ALL: "C" };

async function compare(command: string[], seconds: number): Promise<string> {
  const settings = Object.entries(environment).flatMap(([k, v]) => ["--env", `${k}=${v}`]);
  const timeout = seconds * 1000;
  const ours = await lstar(["run", "--root", "/", "--cwd", "/tmp", ...settings, ...command], { timeout });
  await expectAsNative(ours, async () => {
    const directory = freshDirectory();
    try {
      return await run(command[0]!, command.slice(1), { cwd: directory.path, env: environment, timeout });
    } finally {
      directory.remove();
    }
  });
  expect(ours.status).toBe(0);
  return ours.stdout;
}

test("libevent: server and clients on a Unix socket, timers, signals", { timeout: 120_000 }, async () => {
  need("/usr/include/event2/event.h");
  const out = await compare([await compile(join(here, "event.c"), ["-O1", "-Wl,--no-as-needed", "-levent"])], 40);
  expect(out).toContain("method epoll");
});

test("libuv: pipes, a child, threads, timers, signals, a watched file", { timeout: 120_000 }, async () => {
  need("/usr/include/uv.h");
  const out = await compare([await compile(join(here, "uv.c"), ["-O1", "-Wl,--no-as-needed", "-luv"])], 40);
  expect(out).toContain("done 10");
});

test("Go's netpoller: esbuild reads a pipe that does not block", { timeout: 120_000 }, async () => {
  const esbuild = join(root, "node_modules/@esbuild/linux-x64/bin/esbuild");
  const out = await compare([need("/usr/bin/python3"), join(here, "netpoll.py"), need(esbuild)], 40);
  expect(out).toBe("40 export const value0=0,value1=1 0\n");
});

test("Go's netpoller: 50 connections over a Unix socket, half-closed, deadlines", { timeout: 120_000 }, async () => {
  const directory = freshDirectory();
  try {
    const program = join(directory.path, "echo");
    const build = await run(need("/usr/bin/go"), ["build", "-o", program, join(here, "unixEcho.go")], {
      env: { ...environment, CGO_ENABLED: "0", GO111MODULE: "off", GOCACHE: join(directory.path, "cache"), GOFLAGS: "" },
      timeout: 100_000,
    });
    expect(build.stderr).toBe("");
    const out = await compare([program], 40);
    expect(out).toContain("49: ");
    expect(out).toMatch(/timeout true\nrefused true\n$/);
  } finally {
    directory.remove();
  }
});

test("Python's tests of selectors and of asyncio on Unix sockets", { timeout: 400_000 }, async () => {
  need("/usr/lib/python3.11/test/test_selectors.py");
  const out = await compare([need("/usr/bin/python3"), join(here, "suite.py")], 120);
  expect(out).not.toMatch(/^(FAIL|ERROR)/m);
  expect(out.split("\n").filter((l) => l.startsWith("ok ")).length).toBeGreaterThan(200);
});
