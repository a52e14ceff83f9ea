import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryHost, runMachine } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { afterAll, expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { bring, programs } from "./programs.ts";

/** What a run did: every system call with the instructions retired before it, the output, all memory at the end. */
interface Record {
  calls: string;
  instructions: number;
  output: string;
  memory: string;
  status: number;
}

/**
 * Runs a program in a root of its own: the host's directories change while other tests run, and their times
 * reach the guest's memory by way of stat.
 */
async function record(root: string, argv: string[], jit: boolean): Promise<Record> {
  const calls = createHash("sha256");
  const output = createHash("sha256");
  const host = new MemoryHost(
    new Uint8Array(0),
    (b) => output.update(b),
    () => {},
    new NodeFiles(),
  );
  const k = startMachine(host, {
    argv,
    env: ["PATH=/bin", "LC_ALL=C"],
    root,
    mounts: [],
    cwd: "/",
    user: { uid: 0, gid: 0 },
    memory: 256 * 1024 * 1024,
    seed: 7,
    jit,
    clock: "virtual",
    hostname: "test",
    files: [],
    bringIn: null,
  });
  k.trace.sysEnter.on((task, nr) => {
    calls.update(`${task.pid} ${nr} ${k.machine.totalRetired} ${k.machine.cpu.rip} ${k.machine.cpu.rflags}\n`);
  });
  const end = await runMachine(k, host);
  const memory = createHash("sha256").update(k.machine.phys.u8.subarray(0x2800000));
  return {
    calls: calls.digest("hex"),
    instructions: k.machine.totalRetired,
    output: output.digest("hex"),
    memory: memory.digest("hex"),
    status: end.kind === "exited" ? end.status : -1,
  };
}

const directory = mkdtempSync(join(tmpdir(), "lstar-engines-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

for (const { name, files, data, argv } of programs) {
  it(`${name}: interpreter and compiler do the same, instruction by instruction`, { timeout: 120_000 }, async () => {
    const [file] = await files();
    const root = join(directory, name.replaceAll(" ", "-"));
    mkdirSync(root);
    bring(root, file!, data ?? []);
    const interpreted = await record(root, argv(file!), false);
    expect(interpreted.status).toBe(0);
    expect(await record(root, argv(file!), true)).toEqual(interpreted);
    rmSync(root, { recursive: true });
  });
}
