// Builds the lab as static files: packages/lab/dist. Relative addresses, and a service worker that keeps all of it for offline use.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import "./prepare-lab.mjs";

const lab = fileURLToPath(new URL("../packages/lab/", import.meta.url));
const out = join(lab, "dist");

function* files(dir) {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) yield* files(path);
    else yield path;
  }
}

// The offline copy is for what is served, whoever builds it: a test runner's environment says otherwise.
process.env.NODE_ENV = "production";
await build({ configFile: join(lab, "vite.config.ts"), logLevel: "warn" });

// Everything but the kernel's sources is fetched at the first visit; those are kept when they are looked at.
const names = [...files(out)].map((f) => relative(out, f)).sort();
const early = names.filter((n) => !n.startsWith("source/") && n !== "sw.js");
const hash = createHash("sha256");
for (const n of names) if (n !== "sw.js") hash.update(n).update(readFileSync(join(out, n)));
const version = hash.digest("hex").slice(0, 16);
const template = readFileSync(join(lab, "src/serviceWorker.js"), "utf8");
writeFileSync(join(out, "sw.js"), template.replace("__VERSION__", version).replace("__FILES__", JSON.stringify(["./", ...early])));

const size = (list) => list.reduce((n, f) => n + gzipSync(readFileSync(join(out, f))).length, 0);
const compiler = names.filter((n) => n === "compiler.tar.gz");
const mb = (n) => `${(n / 1e6).toFixed(2)} MB`;
const page = size(names.filter((n) => !compiler.includes(n)));
console.log(
  `packages/lab/dist: ${names.length} files, ${mb(page)} compressed${compiler.length > 0 ? `, and the compiler image of ${mb(statSync(join(out, compiler[0])).size)}` : ""}.`,
);
if (page > 5e6) {
  console.error("The static build is larger than 5 MB compressed.");
  process.exit(1);
}
