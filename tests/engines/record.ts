import { createHash } from "node:crypto";
import { MemoryHost, runMachine } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { startMachine } from "../../packages/lstar/src/boot.ts";

/** What a run did: every system call with the instructions retired before it, the output, all memory at the end. */
export interface Record {
  calls: string;
  instructions: number;
  /** The output's beginning, and a hash of all of it. */
  text: string;
  output: string;
  memory: string;
  status: number;
}

/** Bounds that the compiler kept: regions and bytes of WebAssembly that existed at the end, regions made in all. */
export interface CompilerUse {
  regions: number;
  bytes: number;
  compiled: number;
}

/**
 * Runs a program in a root of its own: the host's directories change while other tests run, and their times
 * reach the guest's memory by way of stat.
 */
export async function record(root: string, argv: string[], jit: boolean, use?: (u: CompilerUse) => void): Promise<Record> {
  const calls = createHash("sha256");
  const output = createHash("sha256");
  let text = "";
  const host = new MemoryHost(
    new Uint8Array(0),
    (b) => {
      output.update(b);
      if (text.length < 4096) text += Buffer.from(b).toString("latin1");
    },
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
  const { regions } = k.machine;
  if (use && regions) use({ regions: regions.count, bytes: regions.bytes, compiled: regions.compiled });
  const memory = createHash("sha256").update(k.machine.phys.u8.subarray(0x2800000));
  return {
    calls: calls.digest("hex"),
    instructions: k.machine.totalRetired,
    text,
    output: output.digest("hex"),
    memory: memory.digest("hex"),
    status: end.kind === "exited" ? end.status : -1,
  };
}
