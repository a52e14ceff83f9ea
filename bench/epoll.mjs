// One ready descriptor among many: epoll_wait, poll and select, natively, under qemu-x86_64 and under lstar,
// interleaved; and what a registered descriptor costs in lstar's memory. Writes bench/EPOLL.md and bench/out/epoll.json.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/epoll.mjs [options]

Time of one event (write, wait, read) with 1 of N eventfds ready: the one in the middle, and for
"spread" (epoll too) any of them in turn.

  --rounds N     measurements of each, interleaved (default 5)
  --max N        most descriptors (default 1000000)
  --no-write     print only, leave bench/EPOLL.md and bench/out/epoll.json alone
  --chart        also write bench/epoll.svg
  --help         this text
`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    max: { type: "string", default: "1000000" },
    "no-write": { type: "boolean", default: false },
    chart: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const here = new URL(".", import.meta.url).pathname;
const program = `${here}out/epollscale`;
const lstar = new URL("../packages/lstar/bin/lstar.js", import.meta.url).pathname;
if (!existsSync(new URL("../packages/lstar/dist/cli.cjs", import.meta.url))) {
  console.error("bench: lstar is not built: run `npm run build`");
  process.exit(2);
}
mkdirSync(`${here}out`, { recursive: true });
const made = spawnSync("gcc", ["-w", "-O2", "-static", "-o", program, `${here}programs/epollscale.c`], { encoding: "utf8" });
if (made.status !== 0) {
  console.error(`bench: gcc epollscale.c: ${made.stderr}`);
  process.exit(1);
}

const sizes = [10, 100, 1000, 10_000, 100_000, 1_000_000].filter((n) => n <= Number(values.max));
const kinds = ["epoll", "spread", "poll", "select"];
const engines = {
  native: [program],
  qemu: ["qemu-x86_64", program],
  lstar: [process.execPath, lstar, "run", "--clock", "real", program],
};
const rounds = Math.max(1, Number(values.rounds) || 5);
/** Events per measurement: a scan's are fewer the longer it is. */
const events = (kind, n) => (kind === "epoll" || kind === "spread" ? 500_000 : Math.round(Math.min(20_000, Math.max(20, 4_000_000 / n))));

/** Nanoseconds per event, or NaN where the engine does not hold so many descriptors. */
function measure(engine, kind, n) {
  const [command, ...args] = engines[engine];
  const r = spawnSync(command, [...args, kind, String(n), String(events(kind, n))], { encoding: "utf8", timeout: 200_000 });
  return r.status === 0 ? Number.parseFloat(r.stdout) : Number.NaN;
}

/** Bytes of objects that live while the program holds n descriptors. */
async function heap(kind, n) {
  const child = spawn(
    process.execPath,
    ["--expose-gc", "--require", `${here}heapHook.cjs`, lstar, "run", "--clock", "real", program, kind, String(n), "0"],
    { stdio: "pipe" },
  );
  const next = (stream) => new Promise((resolve) => stream.once("data", (d) => resolve(String(d))));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const ready = await next(child.stdout);
  if (!ready.startsWith("ready")) return Number.NaN;
  child.kill("SIGUSR2");
  const bytes = Number((await next(child.stderr)).split(" ")[1]);
  child.stdin.end();
  await ended;
  return bytes;
}

const median = (list) => {
  const s = [...list].sort((a, b) => a - b);
  return s.length % 2 ? s[(s.length - 1) / 2] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2;
};

const runs = {};
for (let r = 0; r < rounds; r++)
  for (const kind of kinds)
    for (const n of sizes)
      for (const engine of Object.keys(engines)) {
        process.stderr.write(`\r\x1b[K${r + 1}/${rounds} ${kind} ${n} ${engine}`);
        const key = `${kind} ${engine} ${n}`;
        if (r > 0 && Number.isNaN(runs[key][0])) continue;
        (runs[key] ??= []).push(measure(engine, kind, n));
      }
process.stderr.write("\r\x1b[K");
const results = [];
for (const kind of kinds)
  for (const engine of Object.keys(engines))
    for (const n of sizes) {
      const list = runs[`${kind} ${engine} ${n}`];
      if (Number.isNaN(list[0])) continue;
      const m = median(list);
      results.push({ kind, engine, n, nanoseconds: m, spread: (Math.max(...list) - Math.min(...list)) / m });
    }
const at = (kind, engine, n) => results.find((x) => x.kind === kind && x.engine === engine && x.n === n)?.nanoseconds;

const memory = [];
for (const n of sizes.filter((x) => x >= 10_000))
  memory.push({ n, bytes: Math.round(((await heap("register", n)) - (await heap("bare", n))) / n) });

const time = (ns) =>
  ns === undefined ? "—" : ns < 1e4 ? `${Math.round(ns)} ns` : ns < 1e7 ? `${(ns / 1e3).toFixed(0)} µs` : `${(ns / 1e6).toFixed(0)} ms`;
const load = readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");
const lines = [
  "# One ready among many",
  "",
  `${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB; Node ${process.version}; load average at the end ${load}; medians of ${rounds} interleaved measurements.`,
  "",
  "Time of one event: write to one of N eventfds, wait, read. It is always the one in the middle; `spread` is epoll",
  "with any of them in turn, where the processor's caches have their part. A dash: the engine does not hold so many",
  "descriptors here (qemu-x86_64 and the bare machine have the limit that the shell gives them), or cannot do the call.",
  "",
];
lines.push(
  `| descriptors | ${kinds.flatMap((kind) => Object.keys(engines).map((e) => `${kind} ${e}`)).join(" | ")} |`,
  `|---|${kinds.flatMap(() => Object.keys(engines).map(() => "---|")).join("")}`,
);
for (const n of sizes)
  lines.push(`| ${n} | ${kinds.flatMap((kind) => Object.keys(engines).map((e) => time(at(kind, e, n)))).join(" | ")} |`);
const top = Math.min(100_000, sizes[sizes.length - 1]);
for (const kind of ["epoll", "spread"])
  lines.push(
    "",
    `${kind} under lstar, ${top} descriptors against ${sizes[0]}: ${(at(kind, "lstar", top) / at(kind, "lstar", sizes[0])).toFixed(2)} times.`,
  );
lines.push("");
for (const m of memory) lines.push(`* ${m.n} registered descriptors: ${m.bytes} bytes each beside what the eventfd itself takes`);
const text = `${lines.join("\n")}\n`;
process.stdout.write(text);
if (!values["no-write"]) {
  writeFileSync(`${here}EPOLL.md`, text);
  writeFileSync(
    `${here}out/epoll.json`,
    `${JSON.stringify({ cpu: cpus()[0].model, node: process.version, rounds, results, memory }, null, 1)}\n`,
  );
}
if (values.chart) writeFileSync(`${here}epoll.svg`, chart());

/** Time per event over number of descriptors, both logarithmic. */
function chart() {
  const x = (n) => 70 + Math.log10(n / sizes[0]) * 100;
  const y = (ns) => 380 - Math.log10(Math.max(1, ns / 100)) * 55;
  const colours = { epoll: "#c60", spread: "#a8a", poll: "#06c", select: "#393" };
  const dashes = { native: "2 3", qemu: "7 4", lstar: "" };
  const lines = [];
  for (const n of sizes) lines.push(`<text x="${x(n)}" y="400" text-anchor="middle">${n.toLocaleString("en")}</text>`);
  for (let e = 2; e <= 8; e++) {
    const label = ["100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms"][e - 2];
    lines.push(`<text x="60" y="${y(10 ** e) + 4}" text-anchor="end">${label}</text><path d="M65 ${y(10 ** e)}H590" stroke="#ddd"/>`);
  }
  for (const kind of kinds)
    for (const engine of Object.keys(engines)) {
      const points = sizes.filter((n) => at(kind, engine, n) !== undefined);
      if (points.length === 0) continue;
      const path = points.map((n) => `${x(n).toFixed(1)},${y(at(kind, engine, n)).toFixed(1)}`).join(" ");
      const end = points[points.length - 1];
      lines.push(
        `<polyline points="${path}" fill="none" stroke="${colours[kind]}" stroke-width="2" stroke-dasharray="${dashes[engine]}"/>`,
        `<text x="${x(end) + 6}" y="${y(at(kind, engine, end)) + 4}" fill="${colours[kind]}">${kind} ${engine}</text>`,
      );
    }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="420" font-family="sans-serif" font-size="12"><title>time of one event, one of N descriptors ready</title><text x="70" y="20">time of one event, one of N descriptors ready</text>${lines.join("")}</svg>\n`;
}
