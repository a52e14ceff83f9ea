import { join } from "node:path";
import { expect, it } from "vitest";
import { lstar, need, root } from "../native.ts";

/** Real servers and clients over Unix sockets, in one machine. */
const guest = ["run", "--root", "/", "--cwd", "/tmp", "--env", "LC_ALL=C"];

it("redis: server, client and benchmark", { timeout: 120_000 }, async () => {
  need("redis-server");
  const r = await lstar([...guest, "/bin/sh", join(root, "tests/programs/redis.sh")], { timeout: 100_000 });
  expect(r.stdout).toBe("OK\n2\n3\nz\ny\nx\n3 results\ngone\n");
  expect(r.status).toBe(0);
});

it("python: socketserver, multiprocessing, asyncio and selectors over Unix sockets", { timeout: 120_000 }, async () => {
  const r = await lstar([...guest, need("/usr/bin/python3"), join(root, "tests/programs/sockets.py")], { timeout: 100_000 });
  expect(r.stderr).toBe("");
  expect(r.stdout).toBe(
    "socketserver HELLO\nmultiprocessing 4950\nasyncio 50 echoes\nselectors EpollSelector b'ping'\nfds over a socket b'through'\n",
  );
});
