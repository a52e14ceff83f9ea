// Whole processes of short dynamic programs, and one reading of the clock, each natively, under qemu-x86_64 and
// under lstar, interleaved; medians go to bench/START.md and bench/start.json.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/start.mjs [options]

  --rounds N     runs of each, interleaved (default 7)
  --no-write     print only, leave bench/START.md and bench/start.json alone
  --help         this text
`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
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
mkdirSync(`${here}out`, { recursive: true });
const clock = `${here}out/clockgettime`;

/** Milliseconds of a process that must succeed. */
function time(command) {
  const from = process.hrtime.bigint();
  const r = spawnSync(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  const ms = Number(process.hrtime.bigint() - from) / 1e6;
  if (r.status !== 0) throw new Error(`${command.join(" ")}: ${r.status ?? r.signal}: ${r.stderr}`);
  return ms;
}

time(["gcc", "-O1", "-o", clock, `${here}programs/clockgettime.c`]);
const CALLS = 5_000_000;
const programs = {
  "`node -e 0`": { command: [process.execPath, "-e", "0"], only: true },
  "`ls /`": { command: ["/bin/ls", "/"] },
  "`python3 -S -c 'print(1)'`": { command: ["/usr/bin/python3", "-S", "-c", "print(1)"] },
  "clock, 0 readings": { command: [clock, "0"] },
  "clock, all readings": { command: [clock, String(CALLS)] },
};
const ways = {
  native: (c) => c,
  qemu: (c) => ["qemu-x86_64", ...c],
  lstar: (c) => [process.execPath, lstar, "run", "--root", "/", ...c],
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const times = {};
const rounds = Number(values.rounds);
for (let round = 0; round < rounds; round++) {
  for (const [name, { command, only }] of Object.entries(programs)) {
    times[name] ??= {};
    for (const [way, wrap] of Object.entries(ways)) {
      if (only && way !== "native") continue;
      (times[name][way] ??= []).push(time(wrap(command)));
    }
  }
}

const medians = Object.fromEntries(
  Object.entries(times).map(([name, by]) => [name, Object.fromEntries(Object.entries(by).map(([way, list]) => [way, median(list)]))]),
);
const perCall = Object.fromEntries(
  Object.keys(ways).map((way) => [way, ((medians["clock, all readings"][way] - medians["clock, 0 readings"][way]) * 1e6) / CALLS]),
);
const node = medians["`node -e 0`"].native;
const traced = spawnSync(process.execPath, [lstar, "trace", "--root", "/", clock, "1000000"], { encoding: "utf8" });
if (traced.status !== 0 || !traced.stderr.includes("execve(")) throw new Error("the trace failed");
const clockCalls = traced.stderr.split("\n").filter((line) => /clock_gettime\(/.test(line)).length;
const spread = Math.max(...Object.values(times).flatMap((by) => Object.values(by).map((list) => Math.max(...list) / median(list))));
const load = loadavg()[0];
const noisy = spread > 1.5 || load > cpus().length / 2;

const ms = (n) => (n === undefined ? "" : `${n.toFixed(0)} ms`);
const over = (by) => (by.lstar === undefined ? "" : `${(by.lstar / by.native).toFixed(1)} / ${(by.lstar / by.qemu).toFixed(2)}`);
const lines = [
  "# Starting, and reading the clock",
  "",
  `Made by \`node bench/start.mjs\` on ${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}; medians of ${rounds} whole processes, interleaved.`,
  noisy
    ? `The machine was not quiet: load ${load.toFixed(1)}, slowest run ${spread.toFixed(1)} times its median.`
    : "The machine was quiet.",
  "",
  "| program | native | qemu | lstar | lstar / native, / qemu |",
  "|---|---|---|---|---|",
  ...Object.entries(medians)
    .filter(([name]) => !name.startsWith("clock"))
    .map(([name, by]) => `| ${name} | ${ms(by.native)} | ${ms(by.qemu)} | ${ms(by.lstar)} | ${over(by)} |`),
  `| one clock_gettime | ${perCall.native.toFixed(1)} ns | ${perCall.qemu.toFixed(1)} ns | ${perCall.lstar.toFixed(1)} ns | ${over(perCall)} |`,
  "",
  `* \`ls /\` under lstar takes ${ms(medians["`ls /`"].lstar - node)} more than \`node -e 0\` (goal: 300 ms).`,
  `* \`python3 -S -c 'print(1)'\` takes ${ms(medians["`python3 -S -c 'print(1)'`"].lstar)} (goal: 1500 ms).`,
  `* One clock_gettime takes ${perCall.lstar.toFixed(1)} ns (goal: 60 ns); a trace of a million of them shows ${clockCalls} system calls for it.`,
  "",
];
process.stdout.write(lines.join("\n"));
if (!values["no-write"]) {
  writeFileSync(`${here}START.md`, lines.join("\n"));
  writeFileSync(`${here}start.json`, `${JSON.stringify({ rounds, noisy, load, spread, medians, perCall, clockCalls }, null, 2)}\n`);
}
