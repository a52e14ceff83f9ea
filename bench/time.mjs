// Snapshots of a machine with 100 MiB in use, and going back in runs of a billion instructions: bench/TIME.md and bench/time.json.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { travel } from "../packages/lstar/dist/index.js";

const usage = `Usage: node bench/time.mjs [options]

  --instructions N   length of the runs that are gone back in (default 1e9)
  --seeks N          random places to go to in each (default 40)
  --no-write         print only, leave bench/TIME.md and bench/time.json alone
  --help             this text
`;
const { values } = parseArgs({
  options: {
    instructions: { type: "string", default: "1e9" },
    seeks: { type: "string", default: "40" },
    "no-write": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const here = fileURLToPath(new URL(".", import.meta.url));
mkdirSync(`${here}out`, { recursive: true });
const memory = `${here}out/touch`;
const made = spawnSync("gcc", ["-O1", "-static", "-o", memory, `${here}programs/touch.c`], { encoding: "utf8" });
if (made.status !== 0) throw new Error(made.stderr);

const LENGTH = Number(values.instructions);
const SEEKS = Number(values.seeks);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const worst = (list) => Math.max(...list);
function time(work) {
  const from = performance.now();
  const value = work();
  return { ms: performance.now() - from, value };
}

/** Snapshots of a program that has touched 100 MiB and goes on writing to 1 MiB of it. */
async function snapshots() {
  const t = await travel([memory, "100"], { memory: 2 ** 29 });
  t.run(200_000_000);
  const first = time(() => t.snapshot());
  const next = [];
  for (let i = 0; i < 9; i++) {
    t.run(1_000_000);
    next.push(time(() => t.snapshot()));
  }
  const same = time(() => t.snapshot());
  const file = time(() => first.value.toBytes());
  const forks = [0, 1, 2].map(() => time(() => t.fork(first.value)));
  // Back to a place that has a snapshot, and forth: what a restore takes within a machine.
  const at = t.position.instructions;
  t.seek(at - 3_000_000);
  t.seek(at);
  const restores = Array.from({ length: 9 }, (_, i) => time(() => t.seek(i % 2 ? at : at - 3_000_000)).ms);
  return {
    first: first.ms,
    next: median(next.map((n) => n.ms)),
    same: same.ms,
    restore: median(restores),
    fork: median(forks.map((f) => f.ms)),
    file: file.ms,
    fileBytes: file.value.length,
  };
}

let x = 42;
const random = () => {
  x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  return x / 4294967296;
};

async function seeks(argv) {
  const plain = await travel(argv, { root: "/", memory: 2 ** 29, snapshotMemory: 1 });
  const plainMs = time(() => plain.run(LENGTH)).ms;
  const t = await travel(argv, { root: "/", memory: 2 ** 29 });
  const ran = time(() => t.run(LENGTH)).ms;
  if (t.furthest.instructions < LENGTH * 0.99) throw new Error(`${argv}: only ${t.furthest.instructions} instructions`);
  const places = Array.from({ length: SEEKS }, () => Math.floor(random() * LENGTH));
  const first = places.map((p) => time(() => t.seek(p)).ms);
  const again = [...places].reverse().map((p) => time(() => t.seek(p)).ms);
  const back = [];
  const calls = [];
  for (const p of places.slice(0, 10)) {
    t.seek(p);
    for (let i = 0; i < 5; i++) back.push(time(() => t.step("instruction", -1)).ms);
    calls.push(time(() => t.step("syscall", -1)).ms);
  }
  return { plainMs, ran, first, again, back, calls, bytes: t.snapshotBytes, events: t.events };
}

const snap = await snapshots();
const programs = {
  "C, a loop over 16 MiB": [memory, "16"],
  "python3, objects and strings": [
    "/usr/bin/python3",
    "-S",
    "-c",
    "d={}\nfor i in range(10**9):\n  d[i%50000]=str(i)\n  if i%9999==0: print(len(d))",
  ],
  "bash, processes": ["/bin/bash", "-c", "while :; do for i in 1 2 3 4 5 6 7 8 9; do x=$(echo $i | cat); done; done"],
};
const runs = {};
for (const [name, argv] of Object.entries(programs)) runs[name] = await seeks(argv);

const load = loadavg()[0];
const ms = (n) => (n < 10 ? `${n.toFixed(1)} ms` : `${Math.round(n)} ms`);
const mib = (n) => `${(n / 2 ** 20).toFixed(1)} MiB`;
const lines = [
  "# Snapshots, and going back",
  "",
  `Made by \`node bench/time.mjs\` on ${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}; load average at the end ${load.toFixed(1)}.`,
  ...(load > cpus().length / 2 ? ["The machine was not quiet: with so much else running each time is too long by about load / CPUs."] : []),
  "",
  "A machine with 100 MiB in use (25,600 pages, 1 MiB written between two snapshots):",
  "",
  "| what | time |",
  "|---|---|",
  `| a snapshot, after 200 million instructions of a run that keeps its own | ${ms(snap.first)} |`,
  `| the next ones, each after a million instructions | ${ms(snap.next)} |`,
  `| one of an unchanged machine | ${ms(snap.same)} |`,
  `| restore within the machine, with up to 3 million instructions run again | ${ms(snap.restore)} |`,
  `| fork: another machine of its own | ${ms(snap.fork)} |`,
  `| written as a file of ${mib(snap.fileBytes)} | ${ms(snap.file)} |`,
  "",
  `Runs of ${LENGTH / 1e6} million instructions, ${SEEKS} random places in each. "Again" is the second visit of a place.`,
  "",
  "| program | run | with snapshots | seek, median / worst | again, median / worst | one instruction back, median / worst | last system call, median / worst | snapshots take |",
  "|---|---|---|---|---|---|---|---|",
  ...Object.entries(runs).map(
    ([name, r]) =>
      `| ${name} | ${ms(r.plainMs)} | ${ms(r.ran)} | ${ms(median(r.first))} / ${ms(worst(r.first))} | ${ms(median(r.again))} / ${ms(worst(r.again))} | ${ms(median(r.back))} / ${ms(worst(r.back))} | ${ms(median(r.calls))} / ${ms(worst(r.calls))} | ${mib(r.bytes)} |`,
  ),
  "",
  "Goals: 2 s at worst for any seek, 200 ms once visited.",
  "",
];
process.stdout.write(lines.join("\n"));
if (!values["no-write"]) {
  writeFileSync(`${here}TIME.md`, lines.join("\n"));
  writeFileSync(`${here}time.json`, `${JSON.stringify({ load, snap, runs }, null, 1)}\n`);
}
