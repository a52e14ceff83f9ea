import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freshDirectory, lstar, need, root, run } from "../native.ts";
import { firstAnswer, pattern, type Served, serve, sha } from "./serve.ts";

/** Real servers in a guest, and the host's real clients. */
const guest = ["--root", "/", "--cwd", "/tmp", "--env", "LC_ALL=C", "--env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
const big = pattern(50_000_000);
let dir: { path: string; remove: () => void };
let nginx: string[];

beforeAll(() => {
  dir = freshDirectory();
  mkdirSync(join(dir.path, "html"));
  mkdirSync(join(dir.path, "logs"));
  writeFileSync(join(dir.path, "html/index.html"), "hello\n");
  writeFileSync(join(dir.path, "html/big"), big);
  writeFileSync(join(dir.path, "html/some"), big.subarray(0, 5_000_000));
  writeFileSync(
    join(dir.path, "conf"),
    `worker_processes 1; daemon off; master_process off; user root; error_log ${dir.path}/logs/error.log; pid ${dir.path}/pid;
events { worker_connections 512; }
http { access_log off; sendfile on; tcp_nopush on; server { listen 80 backlog=511; root ${dir.path}/html; } }
`,
  );
  nginx = [...guest, need("/usr/sbin/nginx"), "-p", dir.path, "-c", join(dir.path, "conf")];
});
afterAll(() => dir.remove());

/** Natively, in a network namespace of one's own: a device with the guest's address. */
const device = `ip link set lo up; ip link add eth0 type veth peer name p0; ip link set p0 up; ip link set eth0 up
ip addr add 10.0.2.15/24 brd 10.0.2.255 dev eth0; ip route add default via 10.0.2.2`;

/** An nginx that answers. */
async function started(command?: readonly string[], options: string[] = []): Promise<{ server: Served; url: string }> {
  const server = await serve(["80"], [...options, ...nginx], command);
  const url = `http://127.0.0.1:${server.ports[0]}`;
  expect(await firstAnswer(`${url}/`)).toBe("hello\n");
  return { server, url };
}

it("nginx: 50 MB by sendfile, ranges, keep-alive, 200 connections at once", { timeout: 120_000 }, async () => {
  const curl = need("curl");
  const { server, url } = await started();
  const file = join(dir.path, "got");
  expect((await run(curl, ["-s", "-o", file, `${url}/big`])).status).toBe(0);
  expect(sha(readFileSync(file))).toBe(sha(big));
  expect((await run(curl, ["-s", "-r", "1000-1009", `${url}/big`])).stdout).toBe(big.subarray(1000, 1010).toString("latin1"));
  const two = await run(curl, [
    "-s",
    "-o",
    "/dev/null",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code} %{num_connects}\n",
    `${url}/`,
    `${url}/none`,
  ]);
  expect(two.stdout).toBe("200 1\n404 0\n");
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const one = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`${url}/`, { agent }, (r) => {
        let text = "";
        r.setEncoding("utf8").on("data", (d: string) => {
          text += d;
        });
        r.on("end", () => resolve(text)).on("error", reject);
      }).on("error", reject);
    });
  for (let round = 0; round < 2; round++)
    expect(new Set(await Promise.all(Array.from({ length: 200 }, one)))).toEqual(new Set(["hello\n"]));
  agent.destroy();
  expect((await server.stop()).status).toBe(0);
});

it("a recorded session with clients is replayed without them; its packets are in a capture", { timeout: 120_000 }, async () => {
  const file = join(dir.path, "run.lstar");
  const { server, url } = await started(["record", "-o", file]);
  for (let i = 0; i < 5; i++) expect((await run(need("curl"), ["-s", `${url}/`])).stdout).toBe("hello\n");
  expect((await run(need("curl"), ["-s", "-r", "0-299999", `${url}/big`])).stdout).toBe(big.subarray(0, 300_000).toString("latin1"));
  const recorded = await server.stop();
  expect(recorded.status).toBe(0);
  expect(await lstar(["replay", file], { cwd: "/", timeout: 100_000 })).toEqual(recorded);
  const capture = join(dir.path, "out.pcap");
  const traced = await lstar(["trace", "--replay", file, "--pcap", capture], { timeout: 100_000 });
  expect(traced.status).toBe(0);
  expect(
    traced.stderr.match(/^accept4?\(\d+, \{sa_family=AF_INET, sin_port=htons\(\d+\), sin_addr=inet_addr\("10\.0\.2\.2"\)\}/gm)?.length,
  ).toBe(7);
  const text = (await run(need("tcpdump"), ["-nr", capture, "-vv", "-e"])).stdout;
  expect(text).toMatch(/52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff, ethertype ARP .* Request who-has 10\.0\.2\.2 tell 10\.0\.2\.15/);
  expect(text).toMatch(/10\.0\.2\.2\.\d+ > 10\.0\.2\.15\.80: Flags \[S\], cksum 0x[0-9a-f]+ \(correct\)/);
  expect(text).toMatch(/10\.0\.2\.15\.80 > 10\.0\.2\.2\.\d+: Flags \[S\.\], cksum 0x[0-9a-f]+ \(correct\)/);
  expect(text).not.toMatch(/incorrect|bad (ip|cksum|hdr)|truncated/i);
});

it("redis: its client and its benchmark; counted instructions as the clock, too", { timeout: 120_000 }, async () => {
  need("redis-server");
  const cli = need("redis-cli");
  for (const clock of ["real", "virtual"]) {
    const server = await serve(["6379"], ["--clock", clock, ...guest, "/usr/bin/redis-server", "--save", "", "--protected-mode", "no"]);
    await server.shows(/Ready to accept connections/);
    const port = String(server.ports[0]);
    const ask = async (...words: string[]): Promise<string> => (await run(cli, ["-p", port, ...words])).stdout;
    expect(await ask("set", "a", "1")).toBe("OK\n");
    expect(await ask("incr", "a")).toBe("2\n");
    // A client that waits: the server's timers go on meanwhile.
    expect(await ask("blpop", "nothing", "0.3")).toBe("\n");
    if (clock === "real") {
      const r = await run(need("redis-benchmark"), ["-p", port, "-n", "1000", "-c", "20", "-q", "-t", "set,get"], { timeout: 60_000 });
      expect(r.stdout.match(/requests per second/g)?.length).toBe(2);
    }
    expect(await ask("shutdown", "nosave")).toBe("");
    expect((await server.ended).status).toBe(0);
  }
});

it("busybox httpd with wget; python's http.server with fetch", { timeout: 120_000 }, async () => {
  const html = join(dir.path, "html");
  const httpd = await serve(["8000"], [...guest, need("/bin/busybox"), "httpd", "-f", "-p", "8000", "-h", html]);
  expect(await firstAnswer(`http://127.0.0.1:${httpd.ports[0]}/index.html`)).toBe("hello\n");
  const got = await run(need("wget"), ["-q", "-O", "-", `http://127.0.0.1:${httpd.ports[0]}/index.html`]);
  expect(got).toMatchObject({ status: 0, stdout: "hello\n" });
  expect((await httpd.stop()).status).toBe(143);
  const python = await serve(["8000"], [...guest, need("/usr/bin/python3"), "-m", "http.server", "--directory", html, "8000"]);
  const url = `http://127.0.0.1:${python.ports[0]}`;
  expect(await firstAnswer(`${url}/index.html`)).toBe("hello\n");
  const list = await fetch(url);
  expect(list.headers.get("server")).toMatch(/SimpleHTTP.*Python/);
  expect(await list.text()).toBe("hello\n");
  expect((await fetch(`${url}/none`)).status).toBe(404);
  expect(await (await fetch(`${url}/some`)).arrayBuffer()).toHaveProperty("byteLength", 5_000_000);
  python.kill("SIGINT");
  expect((await python.ended).status).toBe(0);
});

it("the guest's tools show the network; nothing but the gateway answers", { timeout: 60_000 }, async () => {
  const script = `
ip -br addr show eth0; ip route; ip route get 1.2.3.4 | head -1; cat /sys/class/net/eth0/address
ping -c 1 10.0.2.2 | grep -o '1 received'; ip neigh; awk '/eth0/ { print $3, $11 }' /proc/net/dev
/bin/busybox ifconfig eth0 | grep -o 'inet addr.*'; /bin/busybox route -n | tail -2
for a in 10.0.2.2 1.2.3.4 10.0.2.77; do curl -s -m 20 -w '%{errormsg}\\n' http://$a/ | sed 's/ after.*:/:/'; done`;
  const r = await lstar(["run", "--publish", "0:80", ...guest, "/bin/sh", "-c", script]);
  expect(r.stdout).toBe(`eth0             UP             10.0.2.15/24${" "}
default via 10.0.2.2 dev eth0${" "}
10.0.2.0/24 dev eth0 proto kernel scope link src 10.0.2.15${" "}
1.2.3.4 via 10.0.2.2 dev eth0 src 10.0.2.15 uid 0${" "}
52:54:00:12:34:56
1 received
10.0.2.2 dev eth0 lladdr 52:55:0a:00:02:02 REACHABLE${" "}
2 2
inet addr:10.0.2.15  Bcast:10.0.2.255  Mask:255.255.255.0
0.0.0.0         10.0.2.2        0.0.0.0         UG    0      0        0 eth0
10.0.2.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0
Failed to connect to 10.0.2.2 port 80: Couldn't connect to server
Failed to connect to 1.2.3.4 port 80: Couldn't connect to server
Failed to connect to 10.0.2.77 port 80: Couldn't connect to server
`);
  const without = await lstar([
    "run",
    ...guest,
    "/bin/sh",
    "-c",
    "ip -br link | cat; ls /sys/class/net; curl -s http://10.0.2.2/ || echo $?",
  ]);
  expect(without.stdout).toBe("lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP>\u0020\nlo\n7\n");
});

it("routes are those of a Linux device with the same address", { timeout: 60_000 }, async () => {
  need("ip");
  const get = [
    "10.0.2.255",
    "10.0.2.15",
    "10.0.2.2",
    "10.0.2.99",
    "1.2.3.4",
    "224.0.0.5",
    "255.255.255.255",
    "127.3.3.3",
    "1.2.3.4 oif lo",
  ];
  const asked = [...get, "1.2.3.4 from 127.0.0.1", "127.0.0.1 from 10.0.2.15"].map((a) => `route get ${a}`);
  const script = `cat /proc/net/route; ip -o addr show eth0 | grep 'inet ' | cut -d: -f2
printf '${["route", "route show table local", ...asked].join("\\n")}\n' | ip -force -batch -`;
  const ours = await lstar(["run", "--publish", "0:80", ...guest, "/bin/sh", "-c", script]);
  const real = await run("unshare", ["-rn", "sh", "-c", `${device}; ${script}`]);
  expect(ours.stdout).toBe(real.stdout.replaceAll(" linkdown", ""));
});

it("broadcast, multicast, pieces, headers of one's own", { timeout: 60_000 }, async () => {
  const program = join(root, "tests/publish/datagrams.py");
  const ours = await lstar(["run", "--publish", "0:80", ...guest, need("/usr/bin/python3"), program]);
  const real = await run("unshare", ["-rn", "sh", "-c", `${device}; /usr/bin/python3 ${program} alone`]);
  expect(ours.stdout).toBe(`${real.stdout}10.0.2.2 0 b'payload!'\n10.0.2.2 0 4028\n`);
  expect(real.stdout).toContain("b'group' 10.0.2.15");
});
