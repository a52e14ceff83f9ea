import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { serveFiles } from "./serveFiles.ts";

const PORT = 4180;

function portSpec(text: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n > 65535) throw new InvalidArgumentError("expected a port from 0 (any free one) to 65535.");
  return n;
}

/** Where the built page may lie: beside the command in a clone of the repository, or in the published package. */
export function findLab(dist: string): string | null {
  const places = [join(dist, "../lab")];
  if (existsSync(join(dist, "../../lab/vite.config.ts"))) places.unshift(join(dist, "../../lab/dist"));
  return places.find((p) => existsSync(join(p, "sw.js"))) ?? null;
}

/** On the port that was asked for; if none was and the usual one is taken, on any free one. */
async function listen(directory: string, port: number | undefined): Promise<Server> {
  try {
    return await serveFiles(directory, port ?? PORT);
  } catch (e) {
    if (port !== undefined || (e as NodeJS.ErrnoException).code !== "EADDRINUSE") throw e;
    return serveFiles(directory, 0);
  }
}

/** Shows an address in the browser of a machine with a display. */
function open(url: string): void {
  const { platform } = process;
  if (platform !== "darwin" && platform !== "win32" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const [command, ...args] =
    platform === "darwin" ? ["open", url] : platform === "win32" ? ["cmd", "/c", "start", "", url] : ["xdg-open", url];
  // Without such a program the address is there to be opened by hand.
  spawn(command as string, args, { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref();
}

/** @param dist directory of the bundled command */
export function addLabCommand(program: Command, dist: string, fail: (message: string) => never): void {
  program
    .command("lab")
    .description("serve the lab: a page where programs run and the kernel is looked into, back and forth in time")
    .option("--port <N>", `the port on 127.0.0.1; 0: any free one (default: ${PORT}, or any free one if that is taken)`, portSpec)
    .option("--open", "show the page in the browser")
    .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : 125))
    .showHelpAfterError("(lstar --help shows how to use it)")
    .addHelpText(
      "after",
      `
The page computes in the browser; the server only hands out files, and only to this machine. Ctrl+C ends it.
The same files may lie on any web host.

  lstar lab --open
  lstar lab --port 8080
`,
    )
    .action(async (o: { port?: number; open?: boolean }) => {
      const directory = findLab(dist);
      if (!directory) fail("the lab's page is not here: in a clone of the repository, npm run build:lab makes it");
      let server: Server;
      try {
        server = await listen(directory, o.port);
      } catch (e) {
        const code = (e as NodeJS.ErrnoException).code;
        const why = code === "EADDRINUSE" ? "it is taken" : code === "EACCES" ? "not allowed" : String(e);
        fail(`lab: cannot listen on port ${o.port ?? PORT}: ${why}`);
      }
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      process.stdout.write(`\n  The lab: ${url}\n  Ctrl+C ends it.\n\n`);
      if (o.open) open(url);
    });
}
