// What recording costs: lstar record against lstar run, interleaved, for programs of several kinds; the least of each goes to
// bench/RECORD.md and bench/record.json.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/** Processor and elapsed seconds of a process that must succeed, as bash's `time` has them: all threads are in it. */
function time(command) {
  const r = spawnSync("bash", ["-c", 'TIMEFORMAT="%U %S %R"; time "$@" >/dev/null 2>&1', "bash", ...command], {
    encoding: "utf8",
    timeout: 600_000,
    env: { ...process.env, LC_ALL: "C" },
  });
  const m = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(r.stderr);
  if (r.status !== 0 || !m) throw new Error(`${command.join(" ")}: ${r.status}: ${r.stderr}`);
  return { cpu: Number(m[1]) + Number(m[2]), wall: Number(m[3]) };
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

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const rows = [];
const rounds = Number(values.rounds);
for (const [name, args] of Object.entries(programs)) {
  if (values.only && !name.includes(values.only)) continue;
  const run = [];
  const record = [];
  for (let i = 0; i < rounds; i++) {
    // Alternately first, so that neither profits from what the other left in the caches.
    const both = [
      () => run.push(time([process.execPath, lstar, "run", ...args])),
      () => record.push(time([process.execPath, lstar, "record", "-o", file, ...args])),
    ];
    if (i % 2) both.reverse();
    for (const one of both) one();
  }
  const least = (list) => Math.min(...list.map((r) => r.cpu));
  rows.push({
    name,
    run: least(run),
    record: least(record),
    cpu: least(record) / least(run),
    wall: median(record.map((r, i) => r.wall / run[i].wall)),
    bytes: statSync(file).size,
    replay: time([process.execPath, lstar, "replay", file]).cpu,
  });
  const r = rows[rows.length - 1];
  console.log(
    `${name}: ${r.run.toFixed(2)} s → ${r.record.toFixed(2)} s of processor, ${((r.cpu - 1) * 100).toFixed(1)} %; elapsed ${((r.wall - 1) * 100).toFixed(1)} %; ${r.bytes} bytes`,
  );
}
rmSync(file, { force: true });

const percent = (x) => `${x >= 1 ? "+" : "−"}${Math.abs((x - 1) * 100).toFixed(1)} %`;
const size = (n) => (n < 1e6 ? `${Math.round(n / 1000)} kB` : `${(n / 1e6).toFixed(1)} MB`);
const load = loadavg()[0];
const text = `# What recording costs

Made by \`node bench/record.mjs\`: whole processes of \`lstar run\` and \`lstar record\`, ${rounds} of each, interleaved. Seconds of
processor time, all threads counted (packing is done in one of zlib's): the least of the runs, as whatever else a machine
does only adds to it. Elapsed time: the median of the ratios of neighbours.
${load > cpus().length / 2 ? `\nThe machine was busy with other work meanwhile (load ${load.toFixed(1)} on ${cpus().length} processors): elapsed times mean little.\n` : ""}
| program | run | record | more processor time | more elapsed time | recording | replay |
|---|---|---|---|---|---|---|
${rows.map((r) => `| ${r.name} | ${r.run.toFixed(2)} | ${r.record.toFixed(2)} | ${percent(r.cpu)} | ${percent(r.wall)} | ${size(r.bytes)} | ${r.replay.toFixed(2)} |`).join("\n")}
`;
if (!values["no-write"] && !values.only) {
  writeFileSync(`${here}RECORD.md`, text);
  writeFileSync(`${here}record.json`, `${JSON.stringify(rows, null, 1)}\n`);
} else process.stdout.write(text);
