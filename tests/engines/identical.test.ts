import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { MemoryHost, runMachine } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, need, root as repository } from "../native.ts";

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
    env: ["PATH=/bin"],
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

const programs: [string, () => Promise<string[]>][] = [
  [
    "busybox sort",
    async () => [need("/bin/busybox"), "sh", "-c", "seq 1 30000 | sort -rn | md5sum; awk 'BEGIN{for(i=0;i<100000;i++)s+=i*i;print s}'"],
  ],
  ["bash", async () => [need("/bin/bash-static"), "-c", "for ((i=0;i<20000;i++)); do ((s+=i%7)); done; echo $s"]],
  ["quicksort", async () => [await compile(join(repository, "bench/programs/quicksort.c"), ["-O2", "-static"])]],
  ["bytecode", async () => [await compile(join(repository, "bench/programs/bytecode.c"), ["-O2", "-static"])]],
  ["nbody", async () => [await compile(join(repository, "bench/programs/nbody.c"), ["-O2", "-static"])]],
];
for (const [name, argv] of programs) {
  it(`${name}: interpreter and compiler do the same, instruction by instruction`, { timeout: 120_000 }, async () => {
    const [program, ...rest] = await argv();
    const directory = mkdtempSync(join(tmpdir(), "lstar-engines-"));
    try {
      mkdirSync(join(directory, "bin"));
      copyFileSync(program!, join(directory, "bin", basename(program!)));
      const args = [`/bin/${basename(program!)}`, ...rest];
      const interpreted = await record(directory, args, false);
      expect(interpreted.status & 0x7f).toBe(0);
      expect(await record(directory, args, true)).toEqual(interpreted);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
