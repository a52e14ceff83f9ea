// Fails when an import points up or sideways: machine <- kernel <- host <- trace <- replay <- apps.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const rank = { machine: 0, kernel: 1, host: 2, trace: 3, replay: 4, gdb: 5, lstar: 6, lab: 7 };
const pure = new Set(["machine", "kernel"]);
const bad = [];
let files = 0;

function* sources(dir) {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) {
      if (e.name !== "dist" && e.name !== "node_modules") yield* sources(path);
    } else if (/\.(ts|tsx|mjs|svelte)$/.test(e.name)) yield path;
  }
}

for (const pkg of readdirSync(join(root, "packages"))) {
  if (!(pkg in rank)) bad.push(`packages/${pkg}: unknown layer, add it to scripts/check-layers.mjs`);
  for (const file of sources(join(root, "packages", pkg))) {
    files++;
    const isTest = /\.test\.ts$|\/(test|bench)\//.test(file);
    const text = readFileSync(file, "utf8");
    for (const m of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      const spec = m[1];
      const where = relative(root, file);
      if (spec.startsWith("node:") && pure.has(pkg) && !isTest) bad.push(`${where}: ${pkg} must not import ${spec}`);
      const other = /^@lstar\/([a-z]+)/.exec(spec)?.[1] ?? (spec === "lstar" || spec.startsWith("lstar/") ? "lstar" : undefined);
      if (other && other !== pkg && !isTest && !(rank[other] < rank[pkg])) bad.push(`${where}: ${pkg} must not import ${other}`);
      if (spec.startsWith(".")) {
        const target = relative(join(root, "packages"), join(file, "..", spec)).split("/")[0];
        if (target !== pkg && target in rank) bad.push(`${where}: import @lstar/${target} by name, not by path`);
      }
    }
  }
}
if (bad.length) {
  console.error(`Layer check failed:\n  ${bad.join("\n  ")}`);
  process.exit(1);
}
console.log(`Layer arrows point down in ${files} files.`);
