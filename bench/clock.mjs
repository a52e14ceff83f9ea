// What one reading of the clock takes natively, through the vDSO and through the system call: the lab's
// clock_cost.c, run as whole processes with 0 and with many calls. The least of the runs, and their median, go to
// bench/clock.json, which the lab shows: what else the computer does can only make a run longer.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const source = fileURLToPath(new URL("../packages/lab/programs/clock_cost.c", import.meta.url));
const program = `${here}out/clock_cost`;
const RUNS = 7;
/** clock_cost makes six rounds of so many. */
const CALLS = 500_000;
const ROUNDS = 6;

if (process.argv.includes("--help")) {
  process.stdout.write("Usage: node bench/clock.mjs\n\nMeasures natively and writes bench/clock.json. Needs musl-gcc.\n");
  process.exit(0);
}
mkdirSync(`${here}out`, { recursive: true });

/** Milliseconds of a process that must succeed. */
function time(command) {
  const from = process.hrtime.bigint();
  const r = spawnSync(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  if (r.status !== 0) throw new Error(`${command.join(" ")}: ${r.status ?? r.signal ?? r.error}: ${r.stderr}`);
  return Number(process.hrtime.bigint() - from) / 1e6;
}

// As the lab's programs are compiled, so that both run the same instructions.
time(["musl-gcc", "-static", "-no-pie", "-O0", "-fno-omit-frame-pointer", "-o", program, source]);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const perCall = { vdso: [], syscall: [] };
for (let run = 0; run < RUNS; run++)
  for (const way of Object.keys(perCall)) {
    const none = time([program, way, "0"]);
    perCall[way].push(((time([program, way, String(CALLS)]) - none) * 1e6) / (CALLS * ROUNDS));
  }
const tenth = (n) => Math.round(n * 10) / 10;
const [cpu] = cpus();
const result = {
  cpu: `${cpu?.model ?? "?"}, ${cpus().length} CPUs`,
  load: Math.round(loadavg()[0] * 10) / 10,
  runs: RUNS,
  least: { vdso: tenth(Math.min(...perCall.vdso)), syscall: tenth(Math.min(...perCall.syscall)) },
  median: { vdso: tenth(median(perCall.vdso)), syscall: tenth(median(perCall.syscall)) },
};
writeFileSync(`${here}clock.json`, `${JSON.stringify(result, null, 2)}\n`);
console.log(result, perCall);
