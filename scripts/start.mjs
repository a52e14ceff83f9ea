// npm start: builds the lab if something changed, serves it on this machine, and opens it where there is a display. PORT sets the port.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveFiles } from "./serveFiles.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const built = join(root, "packages/lab/dist/sw.js");
const wanted = process.env.PORT === undefined ? 4180 : Number(process.env.PORT);
if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) {
  console.error(`npm start: PORT must be a number from 0 to 65535, not ${process.env.PORT}`);
  process.exit(2);
}

/** When the newest of these was changed, in ms. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let time = 0;
  for (const name of readdirSync(path))
    if (!["dist", "node_modules", "public"].includes(name)) time = Math.max(time, newest(join(path, name)));
  return time;
}

const sources = ["packages", "scripts", "package-lock.json"].map((p) => join(root, p));
if (!existsSync(built) || statSync(built).mtimeMs < Math.max(...sources.map(newest))) {
  console.log("Building the lab…");
  const r = spawnSync(process.execPath, [join(root, "scripts/build-lab.mjs")], { cwd: root, stdio: "inherit" });
  if (r.status !== 0) process.exit(r.status ?? 1);
}

let server;
try {
  server = await serveFiles(join(root, "packages/lab/dist"), wanted);
} catch (e) {
  if (e.code !== "EADDRINUSE" || process.env.PORT !== undefined) {
    console.error(`npm start: cannot listen on port ${wanted}: ${e.message}`);
    process.exit(1);
  }
  server = await serveFiles(join(root, "packages/lab/dist"), 0);
}
const url = `http://127.0.0.1:${server.address().port}/`;
console.log(`\n  The lab: ${url}\n  Ctrl+C ends it.\n`);

const display = process.platform === "darwin" || process.platform === "win32" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
if (display && !process.env.CI && process.env.BROWSER !== "none") {
  const [command, ...args] =
    process.platform === "darwin" ? ["open", url] : process.platform === "win32" ? ["cmd", "/c", "start", "", url] : ["xdg-open", url];
  // Without such a program the address above is there to be opened by hand.
  spawn(command, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}
