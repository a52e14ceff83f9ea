import { createServer } from "node:http";
import { hostname } from "node:os";
import { dnsAnswer } from "@lstar/host/net/dns.ts";
import { parseAllow } from "@lstar/host/node/outgoing.ts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lstar, need } from "../native.ts";

/** Connections of the guest to places that were granted, and to others. */
const server = createServer((request, response) => {
  let n = 0;
  request.on("data", (d: Buffer) => {
    n += d.length;
  });
  request.on("end", () => response.end(request.method === "POST" ? `${n}\n` : `hello ${request.headers.host}\n`));
});
let port = 0;
beforeAll(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, () => {
        port = (server.address() as { port: number }).port;
        resolve();
      });
    }),
);
afterAll(() => void server.close());

it("what was granted can be reached, and nothing else", { timeout: 60_000 }, async () => {
  need("/bin/busybox");
  const name = hostname();
  const script = `cat /etc/resolv.conf
wget -q -O - http://10.0.2.2:${port}/; nslookup ${name} | grep -c 'Address: 10.0.2.64'; wget -q -O - http://10.0.2.64:${port}/
nslookup example.org | grep -o NXDOMAIN | head -1
for a in 10.0.2.2:1 10.0.2.64:1 10.0.2.3:53 192.0.2.7:80; do wget -q -O - http://$a/ 2>&1 | sed 's/.*(.*): //'; done`;
  const r = await lstar(["run", "--allow-connect", `localhost:${port},${name}:${port}`, "/bin/busybox", "sh", "-c", script]);
  expect(r.stdout).toBe(
    `nameserver 10.0.2.3\nhello 10.0.2.2:${port}\n1\nhello 10.0.2.64:${port}\nNXDOMAIN\n${"Connection refused\n".repeat(3)}Network is unreachable\n`,
  );
});

it("uploads and many connections; a place that is not there refuses", { timeout: 60_000 }, async () => {
  const script = `head -c 2000000 /dev/zero | tr '\\0' x > /tmp/zeros
wget -q -O - --post-file /tmp/zeros http://10.0.2.2:${port}/; for i in 1 2 3 4 5; do wget -q -O - http://10.0.2.2:${port}/ & done; wait
wget -q -O - http://10.0.2.2:1/ 2>&1 | sed 's/.*): //'`;
  const r = await lstar([
    "run",
    "--allow-connect",
    `127.0.0.1:${port}`,
    "--allow-connect",
    "localhost:1",
    "/bin/busybox",
    "sh",
    "-c",
    `mkdir -p /tmp; ${script}`,
  ]);
  expect(r.stdout).toBe(`2000000\n${`hello 10.0.2.2:${port}\n`.repeat(5)}Connection refused\n`);
});

it("what --allow-connect takes", () => {
  expect(parseAllow("Example.org:443,192.0.2.1:80")).toEqual([
    { host: "example.org", port: 443 },
    { host: "192.0.2.1", port: 80 },
  ]);
  for (const [text, error] of [
    ["example.org", "expected HOST:PORT"],
    ["example.org:0", '"0" is no port'],
    ["example.org:http", '"http" is no port'],
    ["[::1]:80", "IPv6"],
    ["10.0.2.2:80", "the guest's own network"],
    ["1.2.3:80", "neither a name"],
    ["a..b:80", "neither a name"],
    ["*:80", "neither a name"],
    [":80", "neither a name"],
    ["a:1,", "expected HOST:PORT"],
  ] as const)
    expect(parseAllow(text)).toContain(error);
});

it("the resolver answers any bytes, or not at all", () => {
  const query = Uint8Array.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 65, 2, 98, 99, 0, 0, 1, 0, 1]);
  const find = (name: string): number | null => (name === "a.bc" ? 0x0a000240 : null);
  expect([...(dnsAnswer(query, find) ?? [])].slice(-4)).toEqual([10, 0, 2, 64]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.array(fc.tuple(fc.nat(21), fc.nat(255)), { maxLength: 5 }), (junk, changes) => {
      dnsAnswer(junk, () => 1);
      const q = query.slice();
      for (const [at, v] of changes) q[at] = v;
      expect(dnsAnswer(q, find)?.length ?? 12).toBeGreaterThanOrEqual(12);
    }),
    { numRuns: 2000 },
  );
});
