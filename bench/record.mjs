// What recording costs: lstar record against lstar run, interleaved, for programs of several kinds; the least of each goes to
// bench/RECORD.md and bench/record.json.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/record.mjs [options]

  --rounds N     runs of each, interleaved (default 9)
  --command FILE the lstar to measure (default: this checkout's)
  --only TEXT    only the programs whose name has TEXT (nothing is written)
  --no-write     print only, leave bench/RECORD.md and bench/record.json alone
  --help         this text
`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    command: { type: "string" },
    only: { type: "string" },
    "no-write": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const here = fileURLToPath(new URL(".", import.meta.url));
const lstar = values.command ?? fileURLToPath(new URL("../packages/lstar/bin/lstar.js", import.meta.url));
const out = `${here}out`;
mkdirSync(out, { recursive: true });
const file = `${out}/run.lstar`;

// At its end each process notes how long its main thread was on a processor: on a machine with one to spare for packing, that is
// what one waits for, whatever else this machine does.
const hook = `${out}/mainThread.cjs`;
const noted = `${out}/mainThread.ns`;
writeFileSync(
  hook,
  `const fs = require("node:fs");
process.on("exit", () => fs.writeFileSync(${JSON.stringify(noted)}, fs.readFileSync("/proc/self/task/" + process.pid + "/schedstat", "latin1").split(" ")[0]));
`,
);

/** Processor seconds of a process that must succeed: of its main thread, and of all threads as bash's \`time\` has them. */
function time(command) {
  const r = spawnSync(
    "bash",
    ["-c", 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1', "bash", process.execPath, "--require", hook, ...command],
    {
      encoding: "utf8",
      timeout: 600_000,
      env: { ...process.env, LC_ALL: "C" },
    },
  );
  const m = /([\d.]+) ([\d.]+)\s*$/.exec(r.stderr);
  if (r.status !== 0 || !m) throw new Error(`${command.join(" ")}: ${r.status}: ${r.stderr}`);
  return { main: Number(readFileSync(noted, "latin1")) / 1e9, all: Number(m[1]) + Number(m[2]) };
}

const compile = (name) => {
  const r = spawnSync("gcc", ["-O1", "-static", "-o", `${out}/${name}`, `${here}programs/${name}.c`], { encoding: "utf8" });
  if (r.status !== 0) throw new Error(r.stderr);
  return `${out}/${name}`;
};
const clock = compile("clockgettime");
const crc = compile("crc");
const programs = {
  "computing: CRC-32, static C": ["--", crc, "1500"],
  "calls: dd, 200,000 reads and writes": ["--root", "/", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=200000"],
  "processes: bash, 60 forks": ["--root", "/", "--", "bash", "-c", "for i in {1..60}; do (:); done"],
  "starting: python3 with json": ["--root", "/", "--", "python3", "-S", "-c", "import json"],
  "output: seq 300000": ["--root", "/", "--", "seq", "300000"],
  "files: 8 MB in 150 files, read and counted": ["--root", "/", "--", "bash", "-c", "cat /usr/share/vim/vim90/doc/*.txt | wc -c"],
  "files: find over /usr/share/doc": ["--root", "/", "--", "find", "/usr/share/doc", "-size", "+1k"],
  "clock: 3,000,000 readings, --clock real": ["--clock", "real", "--", clock, "3000000"],
};

const least = (list, what) => Math.min(...list.map((r) => r[what]));
const percent = (x) => `${x >= 1 ? "+" : "−"}${Math.abs((x - 1) * 100).toFixed(1)} %`;
const size = (n) => (n < 1e6 ? `${Math.round(n / 1000)} kB` : `${(n / 1e6).toFixed(1)} MB`);
const rows = [];
const rounds = Number(values.rounds);
for (const [name, args] of Object.entries(programs)) {
  if (values.only && !name.includes(values.only)) continue;
  const run = [];
  const record = [];
  for (let i = 0; i < rounds; i++) {
    // Alternately first, so that neither profits from what the other left in the caches.
    const both = [() => run.push(time([lstar, "run", ...args])), () => record.push(time([lstar, "record", "-o", file, ...args]))];
    if (i % 2) both.reverse();
    for (const one of both) one();
  }
  const row = { name, run: least(run, "main"), record: least(record, "main"), runAll: least(run, "all"), recordAll: least(record, "all") };
  row.bytes = statSync(file).size;
  row.replay = time([lstar, "replay", file]).main;
  rows.push(row);
  console.log(
    `${name}: ${row.run.toFixed(2)} → ${row.record.toFixed(2)} s, ${percent(row.record / row.run)}; all threads ${percent(row.recordAll / row.runAll)}; ${size(row.bytes)}`,
  );
}
for (const f of [file, hook, noted]) rmSync(f, { force: true });

const load = loadavg()[0];
const text = `# What recording costs

Made by \`node bench/record.mjs\`: whole processes of \`lstar run\` and \`lstar record\`, ${rounds} of each, interleaved. Seconds that the
main thread was on a processor: that is what one waits for, where another processor is free for packing. The last column but two has
all threads. Of each the least of the runs, as whatever else a machine does only adds to it (load here: ${load.toFixed(0)} on ${cpus().length} processors).

| program | run | record | more time | more, all threads | recording | replay |
|---|---|---|---|---|---|---|
${rows.map((r) => `| ${r.name} | ${r.run.toFixed(2)} | ${r.record.toFixed(2)} | ${percent(r.record / r.run)} | ${percent(r.recordAll / r.runAll)} | ${size(r.bytes)} | ${r.replay.toFixed(2)} |`).join("\n")}

Most programs stay below a tenth. Two kinds do not: one that does little but read files for the first time (each page is hashed, copied and
packed: some 10 ns a byte here, and as much again in other threads), and one that does nothing but read a real clock (some 20 ns a reading).
`;
if (!values["no-write"] && !values.only) {
  writeFileSync(`${here}RECORD.md`, text);
  writeFileSync(`${here}record.json`, `${JSON.stringify(rows, null, 2)}\n`);
} else process.stdout.write(text);
