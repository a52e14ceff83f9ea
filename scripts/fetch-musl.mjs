// Fetches biome's static musl binary for the tests. npm itself installs it on musl systems only. Without a network
// nothing happens: the test that needs it says so.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "@biomejs/cli-linux-x64-musl@2.6.6";
const INTEGRITY = "sha512-DiKejs+GnFbOVQsBnukUpiB+T13tqUDFGwwjsTq51vatAsaflzFzVD0BOgjVUGRrqKgE0K0Xf+wNtkcmdN2chw==";
const place = fileURLToPath(new URL("../.cache/npm/biome-musl", import.meta.url));

if (process.platform === "linux" && !existsSync(join(place, "package/biome"))) {
  try {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", place, NAME];
    const options = { cwd: place, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 120_000 };
    const file = join(place, execFileSync("npm", args, options).trim().split("\n").pop());
    const sum = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
    if (sum !== INTEGRITY) throw new Error(`${NAME} is not the package that is expected`);
    execFileSync("tar", ["-xzf", file, "-C", place, "package/biome"]);
    rmSync(file);
  } catch (e) {
    rmSync(place, { recursive: true, force: true });
    console.warn(`${NAME} was not fetched (${e instanceof Error ? e.message.split("\n")[0] : e}); only a test needs it.`);
  }
}
