// The demonstration: runs real programs of this machine in lstar and shows what they ask of the kernel.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const command = `${root}packages/lstar/bin/lstar.js`;
if (!existsSync(`${root}packages/lstar/dist/cli.cjs`)) {
  const built = spawnSync("npm", ["run", "build"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(built.status ?? 1);
}

const shell = ["/bin/busybox", "/usr/bin/busybox"].find(existsSync);
const runs = shell
  ? [
      [
        "run",
        "--root",
        "/",
        shell,
        "sh",
        "-c",
        "echo A shell in lstar: pid $$ on $(uname -sr); seq 1 5 | sort -rn | tr '\\n' ' '; echo; ps",
      ],
      ["trace", "-f", "--root", "/", shell, "sh", "-c", "echo hi | cat"],
    ]
  : [["trace", "--root", "/", "/bin/echo", "hello from lstar"]];
let status = 0;
for (const args of runs) {
  console.log(`\n$ lstar ${args.map((a) => (/[^\w./=-]/.test(a) ? `'${a}'` : a)).join(" ")}`);
  const r = spawnSync(process.execPath, [command, ...args], { stdio: "inherit" });
  status ||= r.status ?? 1;
}
if (!shell) console.log("\n(scripts/setup-debian.sh installs busybox and what else the tests use.)");
process.exit(status);
