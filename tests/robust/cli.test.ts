import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { compile, freshDirectory, lstar, lstarCommand, need, root } from "../native.ts";

/** What users meet when something is wrong: a clear line on stderr and the documented status. */
const dir = freshDirectory();
afterAll(dir.remove);

function file(name: string, bytes: Uint8Array | string, mode = 0o755): string {
  const path = join(dir.path, name);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return path;
}
/** An ELF header for another machine. */
function elf(bits: 1 | 2, machine: number, type = 2): Uint8Array {
  const b = new Uint8Array(128);
  b.set([0x7f, 0x45, 0x4c, 0x46, bits, 1, 1]);
  b[16] = type;
  b[18] = machine & 0xff;
  b[19] = machine >> 8;
  return b;
}

const cases: [string, () => string[], number, RegExp][] = [
  ["no such file", () => ["run", "/no/such/program"], 127, /no such file/],
  ["not on PATH", () => ["run", "--root", "/", "no-such-program-anywhere"], 127, /not found on the guest's PATH/],
  ["not executable", () => ["run", file("plain", "hello", 0o644)], 126, /permission denied|not executable/],
  ["not a program", () => ["run", file("text", "hello\n")], 126, /not an ELF program/],
  ["a directory", () => ["run", "--root", "/", "/etc"], 126, /permission denied/],
  ["32-bit x86", () => ["run", file("i386", elf(1, 3))], 126, /32-bit x86/],
  ["ARM", () => ["run", file("arm", elf(2, 183))], 126, /ARM64/],
  ["32-bit ARM", () => ["run", file("arm32", elf(1, 40))], 126, /32-bit ARM/],
  ["an object file", () => ["run", file("object", elf(2, 62, 1))], 126, /not a program/],
  ["a damaged ELF file", () => ["run", file("damaged", elf(2, 62))], 126, /damaged/],
  ["a script without its interpreter", () => ["run", file("script", "#!/no/such/interpreter\n")], 127, /interpreter/],
  ["a missing root", () => ["run", "--root", "/no/such/dir", "/bin/true"], 125, /no such file or directory/],
  ["a bad memory size", () => ["run", "--memory", "lots", "/bin/true"], 125, /expected a size/],
  ["too little memory", () => ["run", "--memory", "1M", "/bin/true"], 125, /at least 16M/],
  ["a bad mount", () => ["run", "--mount", "nonsense", "/bin/true"], 125, /HOST:GUEST/],
  ["a bad user", () => ["run", "--user", "root", "/bin/true"], 125, /UID/],
  ["an unknown option", () => ["run", "--frobnicate", "/bin/true"], 125, /unknown option/],
  ["no program", () => ["run"], 125, /no program given/],
  ["an unknown command", () => ["frobnicate"], 125, /unknown command/],
];
for (const [what, args, status, message] of cases) {
  it(`${what}: status ${status}`, async () => {
    const r = await lstar(args());
    expect(r.stderr).toMatch(message);
    expect(r.stderr).not.toMatch(/\n\s+at /);
    expect(r.status).toBe(status);
    expect(r.stdout).toBe("");
  });
}

it("help teaches", async () => {
  const r = await lstar(["--help"]);
  expect(r.status).toBe(0);
  expect(r.stdout).toMatch(/Examples:[\s\S]*Exit status:/);
  const run = await lstar(["run", "--help"]);
  expect(run.status).toBe(0);
  expect(run.stdout).toMatch(/--root[\s\S]*--memory[\s\S]*--seed/);
});

it("passes exit status and signals on", async () => {
  const exits = await compile(join(root, "tests/robust/tiny.c"), ["-O1", "-static", "-nostdlib", "-fno-stack-protector"]);
  expect((await lstar(["run", exits])).status).toBe(42);
});

it("a slow reader of the trace, through a pipe that does not block, gets all of it", { timeout: 60_000 }, async () => {
  const script = "i=0; while [ $i -lt 2000 ]; do cd /; i=$((i + 1)); done; exit 7";
  const args = [lstarCommand, "trace", need("/bin/busybox"), "sh", "-c", script];
  const traced = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  traced.stdin.end();
  traced.stdout.resume();
  const ended = new Promise<number | null>((resolve) => traced.on("close", resolve));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  let text = "";
  for await (const chunk of traced.stderr) text += chunk;
  expect([await ended, text.match(/^chdir\(/gm)?.length]).toEqual([7, 2000]);
});
