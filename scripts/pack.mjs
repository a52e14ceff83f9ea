// Before npm packs lstar: puts the README, the licence and the built lab into the package, the latter for `lstar lab`. The image
// of the C compiler stays out: it holds binaries of others. Without it the page runs its programs as they were built.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const to = join(root, "packages/lstar/lab");
const texts = ["README.md", "LICENSE"];
rmSync(to, { recursive: true, force: true });
for (const name of texts) rmSync(join(root, "packages/lstar", name), { force: true });
// Afterwards it is in the way: a clone has it in packages/lab/dist.
if (process.argv.includes("--remove")) process.exit(0);
const r = spawnSync(process.execPath, [join(root, "scripts/build-lab.mjs")], { cwd: root, stdio: "inherit" });
if (r.status !== 0) process.exit(r.status ?? 1);
for (const name of texts) cpSync(join(root, name), join(root, "packages/lstar", name));
cpSync(join(root, "packages/lab/dist"), to, { recursive: true, filter: (path) => !path.endsWith("compiler.tar.gz") });
// The offline copy asks for each file by its name.
const worker = join(to, "sw.js");
writeFileSync(worker, readFileSync(worker, "utf8").replace(/,"compiler\.tar\.gz"|"compiler\.tar\.gz",/, ""));
