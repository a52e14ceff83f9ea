// What a published port costs: nginx in lstar against nginx on the host, the same requests by the same client, interleaved; the
// best of each goes to bench/PUBLISH.md and bench/publish.json.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { connect, createServer } from "node:net";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/publish.mjs [options]

  --rounds N     of each measurement, interleaved (default 5)
  --requests N   requests of one round (default 3000)
  --no-write     print only, leave bench/PUBLISH.md and bench/publish.json alone
  --help         this text
`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "3000" },
    "no-write": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const here = fileURLToPath(new URL(".", import.meta.url));
const lstar = fileURLToPath(new URL("../packages/lstar/bin/lstar.js", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "lstar-bench-"));
const SIZE = 100_000_000;
mkdirSync(join(dir, "html"));
writeFileSync(join(dir, "html/big"), Buffer.alloc(SIZE, "0123456789abcdef"));
writeFileSync(join(dir, "html/page"), "x".repeat(1000));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const freePort = () =>
  new Promise((resolve) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });

function conf(port) {
  const name = join(dir, `conf.${port}`);
  writeFileSync(
    name,
    `worker_processes 1; daemon off; master_process off; user root; error_log ${dir}/error.log; pid ${dir}/pid.${port};
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; server { listen ${port} backlog=511; root ${dir}/html; } }
`,
  );
  return ["/usr/sbin/nginx", "-p", dir, "-c", name];
}

const children = [];
const start = (command, args) => {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  children.push(child);
  return child;
};
process.on("exit", () => {
  for (const c of children) c.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

/** Downloads a path, counting. @returns bytes */
const download = (url, agent) =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (r) => {
      let n = 0;
      r.on("data", (d) => {
        n += d.length;
      });
      r.on("end", () => resolve(n)).on("error", reject);
    }).on("error", reject);
  });

const ports = { native: await freePort(), lstar: await freePort() };
const servers = {
  native: start(conf(ports.native)[0], conf(ports.native).slice(1)),
  lstar: start(process.execPath, [lstar, "run", "--root", "/", "--publish", `${ports.lstar}:80`, ...conf(80)]),
};
/** Seconds that a server's threads have been on a processor. */
const processorTime = (which) => {
  const tasks = `/proc/${servers[which].pid}/task`;
  return readdirSync(tasks).reduce((sum, t) => sum + Number(readFileSync(`${tasks}/${t}/schedstat`, "latin1").split(" ")[0]) / 1e9, 0);
};
for (const port of Object.values(ports))
  for (let i = 0; ; i++)
    try {
      await download(`http://127.0.0.1:${port}/page`);
      break;
    } catch (e) {
      if (i > 200) throw e;
      await pause(100);
    }

const seconds = async (work) => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
};
const url = (which, path) => `http://127.0.0.1:${ports[which]}/${path}`;
const requests = Number(values.requests);

/** Keep-alive requests over so many connections. @returns a second's */
async function keepAlive(which, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let left = requests;
  const one = async () => {
    while (left-- > 0) await download(url(which, "page"), agent);
  };
  const s = await seconds(() => Promise.all(Array.from({ length: connections }, one)));
  agent.destroy();
  return requests / s;
}

/** The least work a client can have: one connection, a request as soon as the answer has come. @returns a second's */
async function bare(which) {
  const socket = connect(ports[which], "127.0.0.1").setNoDelay(true);
  await new Promise((resolve) => socket.once("connect", resolve));
  const request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";
  let length = 0;
  const s = await seconds(
    () =>
      new Promise((resolve) => {
        let left = requests;
        let have = 0;
        socket.on("data", (d) => {
          have += d.length;
          // The first answer tells how long all are.
          if (length === 0) length = d.indexOf("\r\n\r\n") + 4 + 1000;
          if (have < length) return;
          have -= length;
          if (--left === 0) resolve();
          else socket.write(request);
        });
        socket.write(request);
      }),
  );
  socket.destroy();
  return requests / s;
}

const measures = [
  ["100 MB by sendfile, MB/s", async (which) => SIZE / 1e6 / (await seconds(() => download(url(which, "big"))))],
  ["requests a second, one connection, a bare client", bare],
  ["requests a second, one connection", (which) => keepAlive(which, 1)],
  ["requests a second, 10 connections", (which) => keepAlive(which, 10)],
  ["requests a second, 100 connections", (which) => keepAlive(which, 100)],
  [
    "connections a second, one after the other, 500 of them",
    async (which) =>
      500 /
      (await seconds(async () => {
        for (let i = 0; i < 500; i++) await download(url(which, "page"), new Agent({ keepAlive: false }));
      })),
  ],
];
const rows = [];
for (const [name, measure] of measures) {
  const best = { native: 0, lstar: 0 };
  const work = { native: Number.POSITIVE_INFINITY, lstar: Number.POSITIVE_INFINITY };
  for (let i = 0; i < Number(values.rounds); i++)
    for (const which of i % 2 ? ["lstar", "native"] : ["native", "lstar"]) {
      const before = processorTime(which);
      const from = performance.now();
      const rate = await measure(which);
      // What was done is the rate times how long it took.
      const done = (rate * (performance.now() - from)) / 1000;
      best[which] = Math.max(best[which], rate);
      work[which] = Math.min(work[which], ((processorTime(which) - before) * 1e6) / done);
    }
  rows.push({ name, ...best, nativeWork: work.native, lstarWork: work.lstar });
  console.log(
    `${name}: native ${best.native.toFixed(0)}, lstar ${best.lstar.toFixed(0)}; µs ${work.native.toFixed(0)}, ${work.lstar.toFixed(0)}`,
  );
}
const load = loadavg()[0];
const text = `# What a published port costs

Made by \`node bench/publish.mjs\`: nginx (one process, sendfile, a page of 1,000 bytes, keep-alive but for the last row) on the host and in
\`lstar run --publish\`, the same client in Node on the same machine, interleaved; the best of ${values.rounds} rounds (load here: ${load.toFixed(0)} on ${cpus().length} processors, so
rates are low for both; the last columns do not depend on it). Where the native server is fast the client is what is measured; the bare client only writes a
request and counts bytes. Microseconds are the server's own, on a processor, for one megabyte, request or connection: the least of the rounds.

| | native | lstar | native, µs | lstar, µs |
|---|---|---|---|---|
${rows.map((r) => `| ${r.name} | ${r.native.toFixed(0)} | ${r.lstar.toFixed(0)} | ${r.nativeWork.toFixed(0)} | ${r.lstarWork.toFixed(0)} |`).join("\n")}
`;
if (!values["no-write"]) {
  writeFileSync(`${here}PUBLISH.md`, text);
  writeFileSync(`${here}publish.json`, `${JSON.stringify(rows, null, 2)}\n`);
} else process.stdout.write(text);
process.exit(0);
