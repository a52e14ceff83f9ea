// Builds the benchmark programs, runs each natively, under qemu-x86_64 and under lstar, interleaved,
// and writes a table of medians and ratios: bench/RESULTS.md and bench/results.json.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/run.mjs [options] [PROGRAM...]

Runs the programs of bench/programs (all by default; names without .c) on the bare machine, under
qemu-x86_64 and under lstar, in turn, and compares medians of whole-process times.

  --rounds N     runs of each, interleaved (default 5)
  --jit WHICH    passed to lstar (off or on)
  --only KIND    cpu, float, real or kernel
  --merge        rows that are not run stay as bench/results.json has them
  --no-write     print only, leave bench/RESULTS.md and bench/results.json alone
  --chart        also write bench/results.svg
  --help         this text
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    jit: { type: "string", default: "on" },
    only: { type: "string" },
    merge: { type: "boolean" },
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
const out = `${here}out`;
const lstar = new URL("../packages/lstar/bin/lstar.js", import.meta.url).pathname;

const SQL =
  "create table t(k integer primary key, v text); with recursive n(i) as (select 1 union all select i + 1 from n where i < 70000) insert into t select i, hex(i * 7919) from n; create index x on t(v); select count(*), sum(length(v)), max(v) from t where v > '4';";
const LUA =
  "local t, s = {}, 0 for i = 1, 1000000 do t[i % 1000 + 1] = (t[i % 1000 + 1] or 0) + i % 7; s = s + #tostring(i % 100) end print(s, t[77])";
const PYTHON = "d = {}\nfor i in range(600000): d[i % 997] = d.get(i % 997, 0) + i * i % 7\nprint(sum(d.values()))";

/** What each program measures. `size` makes it run about a second on bare hardware, so that starting is not what is compared; `n` (operations per run) makes the time per operation from the difference to a run of none. */
const programs = {
  coremix: { kind: "cpu", size: 40000 },
  crc: { kind: "cpu", size: 7000 },
  sieve: { kind: "cpu", size: 250 },
  quicksort: { kind: "cpu", size: 14 },
  fib: { kind: "cpu", size: 43 },
  sha256: { kind: "cpu", size: 1600000 },
  lz: { kind: "cpu", size: 220 },
  strings: { kind: "cpu", size: 1600000 },
  bytecode: { kind: "cpu", size: 72000000 },
  hashtable: { kind: "cpu", size: 60 },
  sse2: { kind: "cpu", size: 20000 },
  nbody: { kind: "float", size: 5000000 },
  matmul: { kind: "float", size: 120 },
  mandelbrot: { kind: "float", size: 2000 },
  sha256sum: { kind: "real", command: ["/usr/bin/sha256sum", "INPUT"] },
  gzip: { kind: "real", command: ["/usr/bin/gzip", "-c", "INPUT"] },
  xz: { kind: "real", command: ["/usr/bin/xz", "-1", "-c", "-T1", "INPUT"] },
  sqlite3: { kind: "real", command: ["/usr/bin/sqlite3", ":memory:", SQL] },
  lua: { kind: "real", command: ["/usr/bin/lua5.3", "-e", LUA] },
  python3: { kind: "real", command: ["/usr/bin/python3", "-S", "-c", PYTHON] },
  clockgettime: { kind: "kernel", n: 20000000, what: "clock_gettime" },
  getppid: { kind: "kernel", n: 5000000, what: "getppid" },
  yield: { kind: "kernel", n: 2000000, what: "sched_yield" },
  openclose: { kind: "kernel", n: 400000, what: "open + close" },
  stat: { kind: "kernel", n: 1000000, what: "stat" },
  pipe: { kind: "kernel", n: 50000, what: "pipe round trip" },
  signal: { kind: "kernel", n: 200000, what: "signal to itself" },
  futex: { kind: "kernel", n: 50000, what: "futex wake and wait, there and back" },
  forkwait: { kind: "kernel", n: 3000, what: "fork + exit + wait" },
  forkexec: { kind: "kernel", n: 1000, what: "fork + exec + exit + wait" },
  pagefault: { kind: "kernel", n: 500, per: 512, what: "page fault (first touch)" },
};

for (const name of positionals)
  if (!programs[name]) {
    console.error(`bench: no program ${name}; there are: ${Object.keys(programs).join(" ")}`);
    process.exit(2);
  }
const chosen = Object.keys(programs).filter((p) =>
  positionals.length ? positionals.includes(p) : !values.only || programs[p].kind === values.only,
);
const rounds = Math.max(1, Number(values.rounds) || 5);
if (!existsSync(new URL("../packages/lstar/dist/cli.cjs", import.meta.url))) {
  console.error("bench: lstar is not built: run `npm run build`");
  process.exit(2);
}
const qemu = spawnSync("qemu-x86_64", ["--version"], { encoding: "utf8" });
if (qemu.status !== 0) {
  console.error("bench: qemu-x86_64 is not installed: run scripts/setup-debian.sh as root");
  process.exit(2);
}

mkdirSync(out, { recursive: true });
for (const p of readdirSync(`${here}programs`)) {
  const made = spawnSync("gcc", ["-w", "-O2", "-static", "-o", `${out}/${p.slice(0, -2)}`, `${here}programs/${p}`, "-lm"], {
    encoding: "utf8",
  });
  if (made.status !== 0) {
    console.error(`bench: gcc ${p}: ${made.stderr}`);
    process.exit(1);
  }
}

/** Text that compresses about as text does, the same each time. */
const input = `${out}/input.txt`;
if (!existsSync(input)) {
  const words = "the kernel reads a page of memory and returns to the user space when it has been woken by what it waited for".split(" ");
  let x = 1;
  const parts = [];
  for (let i = 0; i < 800_000; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    parts.push(words[(x >>> 20) % words.length], (x >>> 16) % 13 === 0 ? `${x % 9973}\n` : " ");
  }
  writeFileSync(input, parts.join(""));
}
for (const p of chosen) {
  const [command] = programs[p].command ?? [];
  if (command && !existsSync(command)) {
    console.error(`bench: ${command} is not installed: run scripts/setup-debian.sh as root`);
    process.exit(2);
  }
}

const engines = {
  native: (file, args) => [file, args],
  qemu: (file, args) => ["qemu-x86_64", [file, ...args]],
  lstar: (file, args) => [
    process.execPath,
    [lstar, "run", "--jit", values.jit, ...(file.startsWith(out) ? [] : ["--root", "/"]), file, ...args],
  ],
};

/** Seconds of one whole process. */
function time(engine, file, args, expected) {
  const [command, argv] = engines[engine](file, args);
  const start = process.hrtime.bigint();
  const r = spawnSync(command, argv, { encoding: "latin1", timeout: 300_000, maxBuffer: 1 << 28 });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (r.status !== 0 || (expected !== undefined && r.stdout !== expected)) {
    return { seconds: Number.NaN, output: r.stdout, error: `status ${r.status} ${r.stderr.trim().slice(0, 200)}` };
  }
  return { seconds, output: r.stdout };
}

const median = (list) => {
  const s = [...list].sort((a, b) => a - b);
  return s.length % 2 ? s[(s.length - 1) / 2] : (s[s.length / 2 - 1] + s[s.length / 2]) / 2;
};
const geometric = (list) => Math.exp(list.reduce((t, x) => t + Math.log(x), 0) / list.length);

const results = [];
for (const name of chosen) {
  const spec = programs[name];
  const file = spec.command?.[0] ?? `${out}/${name}`;
  const args = spec.command ? spec.command.slice(1).map((a) => (a === "INPUT" ? input : a)) : [String(spec.size ?? spec.n)];
  const expected = time("native", file, args, undefined).output;
  const runs = { native: [], qemu: [], lstar: [] };
  const empty = { native: [], qemu: [], lstar: [] };
  const errors = [];
  for (let r = 0; r < rounds; r++) {
    process.stderr.write(`\r\x1b[K${name} ${r + 1}/${rounds}`);
    for (const engine of Object.keys(engines)) {
      const t = time(engine, file, args, expected);
      if (t.error && r === 0) errors.push(`${engine}: ${t.error}`);
      runs[engine].push(t.seconds);
      if (spec.n) empty[engine].push(time(engine, file, ["0"], undefined).seconds);
    }
  }
  const row = { name, kind: spec.kind, rounds, errors };
  for (const engine of Object.keys(engines)) {
    const m = median(runs[engine]);
    row[engine] = m;
    row[`${engine}Spread`] = (Math.max(...runs[engine]) - Math.min(...runs[engine])) / m;
    if (spec.n) row[`${engine}PerOp`] = Math.max(0, (m - median(empty[engine])) / (spec.n * (spec.per ?? 1)));
  }
  results.push(row);
}
process.stderr.write("\r\x1b[K");
if (values.merge) {
  const stored = JSON.parse(readFileSync(`${here}results.json`, "utf8"));
  for (const row of stored.results) if (!chosen.includes(row.name)) results.push(row);
  const order = Object.keys(programs);
  results.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

const f = (x, digits = 2) => (Number.isFinite(x) ? x.toFixed(digits) : "fails");
const lines = [];
const noisy = results.filter((r) => ["native", "qemu", "lstar"].some((e) => r[`${e}Spread`] > 0.25)).map((r) => r.name);
const load = readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ");
lines.push(
  "# Benchmark results",
  "",
  `${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB; Node ${process.version}; ${qemu.stdout.split("\n")[0]}; load average at the end ${load}; ${rounds} interleaved rounds of whole processes, medians; lstar --jit ${values.jit}.`,
  "",
);
for (const [kind, title] of [
  ["cpu", "Integer"],
  ["float", "Floating point"],
  ["real", "Real programs, dynamically linked"],
]) {
  const rows = results.filter((r) => r.kind === kind);
  if (!rows.length) continue;
  lines.push(
    `## ${title}`,
    "",
    "| program | native s | qemu s | lstar s | qemu / native | lstar / native | lstar / qemu |",
    "|---|---|---|---|---|---|---|",
  );
  for (const r of rows)
    lines.push(
      `| ${r.name} | ${f(r.native)} | ${f(r.qemu)} | ${f(r.lstar)} | ${f(r.qemu / r.native)} | ${f(r.lstar / r.native)} | ${f(r.lstar / r.qemu)} |`,
    );
  const ok = rows.filter((r) => Number.isFinite(r.lstar) && Number.isFinite(r.qemu));
  if (ok.length)
    lines.push(
      `| geometric mean | | | | ${f(geometric(ok.map((r) => r.qemu / r.native)))} | ${f(geometric(ok.map((r) => r.lstar / r.native)))} | ${f(geometric(ok.map((r) => r.lstar / r.qemu)))} |`,
    );
  lines.push("");
}
const kernel = results.filter((r) => r.kind === "kernel");
if (kernel.length) {
  lines.push(
    "## Kernel",
    "",
    "Time per operation: a run of many less a run of none.",
    "",
    "| operation | native ns | qemu ns | lstar ns | lstar / native | lstar / qemu |",
    "|---|---|---|---|---|---|",
  );
  for (const r of kernel) {
    const ns = (e) => r[`${e}PerOp`] * 1e9;
    lines.push(
      `| ${programs[r.name].what} | ${f(ns("native"), 0)} | ${f(ns("qemu"), 0)} | ${f(ns("lstar"), 0)} | ${f(ns("lstar") / ns("native"))} | ${f(ns("lstar") / ns("qemu"))} |`,
    );
  }
  lines.push("");
}
for (const r of results) for (const e of r.errors) lines.push(`* ${r.name} failed under ${e}`);
if (noisy.length) lines.push(`Noisy (runs differ by more than a quarter of the median), take with care: ${noisy.join(", ")}.`, "");
const text = `${lines.join("\n").trimEnd()}\n`;
process.stdout.write(text);
if (!values["no-write"]) {
  writeFileSync(`${here}RESULTS.md`, text);
  writeFileSync(
    `${here}results.json`,
    `${JSON.stringify({ cpu: cpus()[0].model, cores: cpus().length, node: process.version, jit: values.jit, rounds, results }, null, 1)}\n`,
  );
  if (values.chart) writeFileSync(`${here}results.svg`, chart(results));
}
if (noisy.length) console.error(`bench: warning: noisy runs: ${noisy.join(", ")}`);

/** Bars of lstar's and qemu's time relative to native, on a logarithmic scale. */
function chart(rows) {
  const width = 760;
  const rowHeight = 26;
  const scale = (x) => 150 + (Math.log2(Math.max(0.5, x)) + 1) * 90;
  const bars = rows
    .filter((r) => Number.isFinite(r.lstar))
    .map((r, i) => {
      const base = r.nativePerOp ?? r.native;
      const q = (r.qemuPerOp ?? r.qemu) / base;
      const l = (r.lstarPerOp ?? r.lstar) / base;
      const y = 30 + i * rowHeight;
      return `<text x="140" y="${y + 15}" text-anchor="end">${r.name}</text><rect x="150" y="${y}" width="${scale(q) - 150}" height="9" fill="#8aa"/><rect x="150" y="${y + 10}" width="${scale(l) - 150}" height="9" fill="#c60"/><text x="${scale(Math.max(q, l)) + 6}" y="${y + 14}">${f(l)}</text>`;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${50 + rows.length * rowHeight}" font-family="sans-serif" font-size="12"><text x="150" y="18">time relative to native: qemu-x86_64 (grey), lstar (orange)</text>${bars.join("")}</svg>\n`;
}
