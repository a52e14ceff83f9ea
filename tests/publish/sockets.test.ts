import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { parsePublish } from "@lstar/host/node/publish.ts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile, lstar, root } from "../native.ts";
import { all, dial, pattern, pause, residentMemory, type Served, serve, sha } from "./serve.ts";

/** A guest's sockets and clients of the host, byte by byte. */
let guest: Served;
let program: string;
const ECHO = 0;
const BYE = 1;
const COUNT = 2;
const PATTERN = 3;
const RESET = 4;
const IDLE = 5;
const NOBODY = 6;
const WHO = 7;
const UDP_ECHO = 8;

beforeAll(async () => {
  program = await compile(join(root, "tests/publish/server.c"));
  guest = await serve(["7", "10", "11", "12", "13", "14", "99", "16", "7/udp"], [program]);
  await guest.shows(/ready/);
});
afterAll(async () => {
  expect((await guest.stop()).status).toBe(128 + 15);
});
const port = (which: number): number => guest.ports[which]!;

it("bytes go both ways, also in pieces and long after", async () => {
  const s = await dial(port(ECHO));
  s.setNoDelay(true);
  for (const text of ["a", "hello", "x".repeat(100_000)]) {
    s.write(text);
    let got = "";
    while (got.length < text.length) got += String((await once(s, "data"))[0]);
    expect(got).toBe(text);
    await pause(20);
  }
  s.end();
  await once(s, "close");
  await guest.shows(/echo: end 0/);
});

it("a client's half-close is seen, and the answer still comes", async () => {
  const bytes = pattern(3_000_000);
  const s = await dial(port(COUNT), { allowHalfOpen: true });
  s.end(bytes);
  let sum = 0;
  for (const b of bytes) sum = (Math.imul(sum, 31) + b) >>> 0;
  expect(String(await all(s))).toBe(`3000000 ${sum}\n`);
});

it("a server that closes first; the client's address is the gateway's", async () => {
  expect(String(await all(await dial(port(BYE))))).toBe("bye\n");
  expect(String(await all(await dial(port(WHO))))).toBe("10.0.2.2\n");
});

it("resets: the guest's, the client's, and where nobody listens", async () => {
  const s = await dial(port(RESET));
  s.write("x");
  await expect(all(s)).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(dial(port(NOBODY)).then(all)).rejects.toMatchObject({ code: "ECONNRESET" });
  const idle = await dial(port(IDLE));
  await pause(200);
  idle.resetAndDestroy();
  // ECONNRESET in the guest.
  await guest.shows(/idle: read -104/);
});

it("a client that goes away in the midst of a download", async () => {
  const s = await dial(port(PATTERN));
  s.write("100000000");
  await once(s, "data");
  s.destroy();
  await guest.shows(/pattern: errno (104|32)/);
});

it("a client that does not read closes the window; nothing piles up", { timeout: 60_000 }, async () => {
  const n = 30_000_000;
  const s = await dial(port(PATTERN));
  s.pause();
  s.write(String(n));
  await pause(300);
  const before = residentMemory(guest.pid);
  await pause(1000);
  // The pipe is full: the program waits, 30 MB are nowhere.
  expect(residentMemory(guest.pid) - before).toBeLessThan(12_000_000);
  expect(sha(await all(s))).toBe(sha(pattern(n)));
});

it("a guest that does not read holds its client back", async () => {
  const s = await dial(port(IDLE));
  // It reads once, and ends; until then a connection to a stopped reader takes a bounded amount.
  const slow = await dial(port(ECHO));
  slow.pause();
  let sent = 0;
  const chunk = Buffer.alloc(65536);
  for (let i = 0; i < 1000; i++) {
    sent += chunk.length;
    if (!slow.write(chunk) && !(await Promise.race([once(slow, "drain").then(() => true), pause(700).then(() => false)]))) break;
  }
  // Echo stands still when its own output is full, so its input fills, and then we do.
  expect(sent).toBeLessThan(60_000_000);
  slow.destroy();
  s.write("y");
  await once(s, "close");
});

it("200 at once, then hundreds one after the other", { timeout: 60_000 }, async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, () => dial(port(ECHO))));
  await Promise.all(
    sockets.map(async (s, i) => {
      s.write(`number ${i}`);
      expect(String((await once(s, "data"))[0])).toBe(`number ${i}`);
    }),
  );
  for (const s of sockets) s.destroy();
  let next = 0;
  const one = async (): Promise<void> => {
    while (next++ < 200) expect(String(await all(await dial(port(BYE))))).toBe("bye\n");
  };
  await Promise.all(Array.from({ length: 8 }, one));
});

it("datagrams: each client gets its own, large ones in pieces", async () => {
  const clients = [createSocket("udp4"), createSocket("udp4")];
  for (const [i, size] of [1, 1472, 1473, 9000, 60_000].entries()) {
    const c = clients[i % 2]!;
    const bytes = pattern(size);
    c.send(bytes, port(UDP_ECHO), "127.0.0.1");
    expect((await once(c, "message"))[0]).toEqual(bytes);
  }
  for (const c of clients) c.close();
});

it("a program that ends: all that it sent arrives, its status is the run's", async () => {
  const other = await serve(["15"], [program]);
  await other.shows(/ready/);
  const s = await dial(other.ports[0]!);
  await pause(100);
  expect(sha(await all(s))).toBe(sha(pattern(1_500_000)));
  expect(await other.ended).toMatchObject({ status: 7, stderr: "" });
});

it("SIGINT goes to the guest; open connections break", async () => {
  const other = await serve(["14"], [program]);
  await other.shows(/ready/);
  const s = await dial(other.ports[0]!);
  await pause(100);
  const broken = all(s).then(
    () => "closed",
    (e: NodeJS.ErrnoException) => e.code,
  );
  other.kill("SIGINT");
  expect(await other.ended).toMatchObject({ status: 130 });
  expect(await broken).toMatch(/closed|ECONNRESET/);
  await expect(dial(other.ports[0]!)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

it("what cannot be published is told, with status 125", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port: used } = taken.address() as { port: number };
  const fails = async (spec: string): Promise<string> => {
    const r = await lstar(["run", "--publish", spec, program]);
    expect(r.status).toBe(125);
    return r.stderr.split("\n")[0]!;
  };
  expect(await fails(`${used}:80`)).toBe(`lstar: cannot publish 127.0.0.1:${used}: the port is in use`);
  expect(await fails("80")).toContain("expected [IP:]HOSTPORT:GUESTPORT");
  taken.close();
});

it("what --publish takes", () => {
  const tcp = { ip: "127.0.0.1", hostPort: 8080, guestPort: 80, protocol: "tcp" };
  expect(parsePublish("8080:80")).toEqual(tcp);
  expect(parsePublish("8080:80/tcp")).toEqual(tcp);
  expect(parsePublish("0.0.0.0:8080:80")).toEqual({ ...tcp, ip: "0.0.0.0" });
  expect(parsePublish("[::1]:0:53/udp")).toEqual({ ip: "::1", hostPort: 0, guestPort: 53, protocol: "udp" });
  expect(parsePublish("99999:80")).toContain('"99999" is no port of the host');
  expect(parsePublish("80:0")).toContain('"0" is no port of the guest');
  expect(parsePublish("x:80")).toContain('"x" is no port of the host');
  expect(parsePublish("::1:80:80")).toContain("an IPv6 address goes in brackets");
  expect(parsePublish("example.org:80:80")).toContain('"example.org" is no address of the host');
  for (const text of ["", ":", "80", "80:", ":80", "[::1:80:80", "80:80/sctp", "1:2:3:4:5"])
    expect(typeof parsePublish(text)).toBe("string");
});

it("IPv6 addresses of the host", async () => {
  const r = await serve(["7"], ["--publish", "[::1]:0:16", program]);
  await r.shows(/ready/);
  expect(String(await all(await dial(r.ports[1]!, { host: "::1" })))).toBe("10.0.2.2\n");
  await r.stop();
});
