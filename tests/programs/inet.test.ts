import { join } from "node:path";
import { expect, it } from "vitest";
import { lstar, need, root, run } from "../native.ts";

/** Real servers and clients over TCP and UDP, in one machine. */
const guest = ["run", "--root", "/", "--cwd", "/tmp", "--env", "LC_ALL=C", "--env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
const program = (name: string): string => join(root, "tests/programs", name);

it("redis over TCP: server, client and benchmark", { timeout: 120_000 }, async () => {
  need("redis-server");
  const r = await lstar([...guest, "/bin/sh", program("redisTcp.sh")], { timeout: 100_000 });
  expect(r.stdout).toBe("OK\n2\n3\nz\ny\nx\n3 results\nCould not connect to Redis at 127.0.0.1:6399: Connection refused\n");
  expect(r.status).toBe(0);
});

it("nginx and curl: sendfile, ranges, a proxy, two workers", { timeout: 120_000 }, async () => {
  need("/usr/sbin/nginx");
  need("curl");
  const r = await lstar([...guest, "/bin/sh", program("nginx.sh")], { timeout: 100_000 });
  expect(r.stdout).toBe("hello\nhello\nbig\nproxied\n206 10\n404\nrefused 7\n1\ngone\n");
  expect(r.status).toBe(0);
});

it("python: sockets, http.server and urllib, socketserver, asyncio", { timeout: 120_000 }, async () => {
  const python = need("/usr/bin/python3");
  const ours = await lstar([...guest, python, program("net.py")], { timeout: 100_000 });
  expect(ours).toEqual(await run(python, [program("net.py")]));
  expect(ours.status).toBe(0);
});

it("node: an HTTP server and fetch", { timeout: 160_000 }, async () => {
  const ours = await lstar([...guest, process.execPath, program("http.cjs")], { timeout: 150_000 });
  expect(ours).toEqual(await run(process.execPath, [program("http.cjs")]));
  expect(ours.status).toBe(0);
});

it("ss and /proc/net show sockets as natively", { timeout: 120_000 }, async () => {
  const python = need("/usr/bin/python3");
  need("ss");
  const ours = await lstar([...guest, python, program("ss.py")], { timeout: 100_000 });
  // Natively in a network namespace of its own, where no other program has sockets.
  const real = await run("unshare", ["-rn", "sh", "-c", `ip link set lo up; exec ${python} ${program("ss.py")}`]);
  expect(ours).toEqual(real);
  expect(ours.status).toBe(0);
});

it("ping answers over IPv4 and IPv6", { timeout: 60_000 }, async () => {
  need("ping");
  for (const to of ["127.0.0.1", "::1"]) {
    const r = await lstar([...guest, "/usr/bin/ping", "-c", "2", to]);
    expect(r.stdout).toContain("2 packets transmitted, 2 received, 0% packet loss");
    expect(r.status).toBe(0);
  }
});
