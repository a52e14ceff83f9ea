// npm start: builds the lab and the command if something changed, then does what `lstar lab --open` does. PORT sets the port,
// BROWSER=none leaves the browser alone.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** When the newest of these was changed, in ms. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let time = 0;
  for (const name of readdirSync(path))
    if (!["dist", "node_modules", "public"].includes(name) && !name.startsWith(".dist-")) time = Math.max(time, newest(join(path, name)));
  return time;
}

/** Runs a script if what it made is older than what it is made from. */
function make(what, script, made, sources) {
  const path = join(root, made);
  if (existsSync(path) && statSync(path).mtimeMs >= Math.max(...sources.map((s) => newest(join(root, s))))) return;
  console.log(`Building ${what}…`);
  const r = spawnSync(process.execPath, [join(root, "scripts", script)], { cwd: root, stdio: "inherit" });
  if (r.status !== 0) process.exit(r.status ?? 1);
}

make("the lab", "build-lab.mjs", "packages/lab/dist/sw.js", ["packages", "scripts", "package-lock.json"]);
make("the command", "build.mjs", "packages/lstar/dist/cli.cjs", ["packages/lstar/src/lab", "packages/lstar/src/cli.ts"]);

const args = ["lab"];
if (process.env.PORT !== undefined) args.push("--port", process.env.PORT);
if (process.env.BROWSER !== "none" && !process.env.CI) args.push("--open");
process.argv.splice(2, process.argv.length, ...args);
await import("../packages/lstar/bin/lstar.js");
