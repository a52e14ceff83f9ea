// How many x86 instructions a second the interpreter and the compiler execute, on loops of their own.
// Absolute numbers of this machine; for comparisons with other emulators see run.mjs.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const here = new URL(".", import.meta.url).pathname;
const { run } = await import("../packages/lstar/dist/index.js");
mkdirSync(`${here}out`, { recursive: true });

console.log("| program | instructions | interpreter M/s | compiler M/s |\n|---|---|---|---|");
for (const name of ["crc", "quicksort"]) {
  const program = `${here}out/${name}`;
  execFileSync("gcc", ["-O2", "-static", "-o", program, `${here}programs/${name}.c`]);
  const rate = [];
  let instructions = 0;
  for (const jit of [false, true]) {
    const start = performance.now();
    const result = await run([program], { jit });
    if (result.status !== 0) throw new Error(`${name}: status ${result.status}`);
    instructions = result.instructions;
    rate.push(instructions / (performance.now() - start) / 1000);
  }
  console.log(`| ${name} | ${(instructions / 1e6).toFixed(0)} M | ${rate[0].toFixed(0)} | ${rate[1].toFixed(0)} |`);
}
