// What io_uring costs in lstar, natively in the same run, and both against pread: the least of some rounds, interleaved.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const usage = `Usage: node bench/uring.mjs [options]

  --rounds N     of each measurement, interleaved (default 5)
  --n N          operations of one round (default 200000)
  --no-write     print only, leave bench/URING.md alone
  --help         this text
`;
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    n: { type: "string", default: "200000" },
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
const binary = join(dir, "uring");
execFileSync("gcc", ["-O2", "-static", "-w", "-o", binary, join(here, "programs/uring.c")]);

const modes = [
  ["pread", "`pread` of 512 bytes, by system call"],
  ["read1", "read of 512 bytes through a ring, one at a time"],
  ["read32", "the same, 32 at a time"],
  ["nop1", "NOP, one at a time"],
  ["nop32", "NOP, 32 at a time"],
  ["sqpoll1", "read of 512 bytes by SQPOLL, one at a time, no call"],
  ["sqpoll32", "the same, 32 at a time"],
];
const ways = {
  native: (mode, n) => execFileSync(binary, [mode, String(n)]),
  lstar: (mode, n) => execFileSync(process.execPath, [lstar, "run", "--clock", "real", binary, mode, String(n)]),
};
const best = {};
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [mode] of modes) {
      for (const [way, run] of Object.entries(ways)) {
        const ns = Number(String(run(mode, Number(values.n))));
        const key = `${mode} ${way}`;
        best[key] = Math.min(best[key] ?? Number.POSITIVE_INFINITY, ns);
      }
    }
  }
} finally {
  rmSync(dir, { recursive: true });
}
const of = (mode, way) => best[`${mode} ${way}`];
const rows = modes.map(([mode, name]) => {
  const l = of(mode, "lstar");
  const n = of(mode, "native");
  return `| ${name} | ${n.toFixed(0)} | ${l.toFixed(0)} | ${(l / n).toFixed(1)} | ${(l / of("pread", "lstar")).toFixed(2)} |`;
});
const text = `# io_uring

ns per operation, the least of ${values.rounds} rounds of ${values.n}. Made by \`node bench/uring.mjs\` with Node ${process.versions.node} on
${cpus().length} × ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)} at the end.

| what | native | lstar | lstar / native | lstar, against its own pread |
|---|---|---|---|---|
${rows.join("\n")}
`;
process.stdout.write(text);
if (!values["no-write"]) writeFileSync(join(here, "URING.md"), text);
