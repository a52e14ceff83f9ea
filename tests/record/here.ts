import { MemoryHost, runMachine } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { hostShape, Recorder } from "@lstar/replay/record/index.ts";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { recordedStart } from "../../packages/lstar/src/replayBoot.ts";
import { startOptions } from "../startOptions.ts";

/** Records a run in this process. @returns the file's bytes, and what the run printed */
export async function recordHere(argv: string[], clock: "virtual" | "real"): Promise<{ file: Uint8Array; output: string }> {
  const written: Uint8Array[] = [];
  const sink = (b: Uint8Array): void => void written.push(b.slice());
  const host = new MemoryHost(new TextEncoder().encode("a line of input\n"), sink, sink, new NodeFiles());
  const start = startOptions(argv, {
    env: ["PATH=/usr/bin:/bin", "LC_ALL=C"],
    root: "/",
    memory: 512 * 1024 * 1024,
    clock,
    files: [{ path: "/tmp/a file", bytes: new Uint8Array(70_000).fill(65), mode: 0o644 }],
  });
  const file: Uint8Array[] = [];
  const recorder = new Recorder(host, {
    sink: (b) => void file.push(b.slice()),
    codec: nodeCodec,
    head: { lstar: "test", created: "", platform: "", shape: hostShape(host), start: recordedStart(start) },
  });
  const k = startMachine(recorder.host, start);
  recorder.attach(k);
  const end = await runMachine(k, host, () => recorder.look());
  await recorder.finish({ end: end.kind, status: end.kind === "exited" ? end.status : 0 });
  return { file: new Uint8Array(Buffer.concat(file)), output: Buffer.concat(written).toString("latin1") };
}
