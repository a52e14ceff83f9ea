// Makes what the lab's page loads beside its code: example programs, index of kernel functions, compiler image.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

for (const script of ["build-lab-programs.mjs", "build-lab-index.mjs", "build-compiler-image.mjs"]) {
  const r = spawnSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], { stdio: "inherit" });
  // A page without one of them says what is missing.
  if (r.status !== 0) console.error(`prepare-lab: ${script} failed; the page will do without.`);
}
