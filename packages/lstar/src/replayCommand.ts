import type { Kernel } from "@lstar/kernel";
import { ContainerError } from "@lstar/replay/file/format.ts";
import type { Recording, ReplayEnd } from "@lstar/replay/record/index.ts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { shellStatus } from "./exitStatus.ts";
import { numberSpec, portSpec } from "./options.ts";
import { bootReplay, openRecording, playRecording, type ReplayRun, recordingInfo, recordingInfoText, streamOutput } from "./replay.ts";
import { type BootedRecording, bootRecording } from "./replayBoot.ts";
import { debugRecording, OutputOnce } from "./replayGdb.ts";
import { version } from "./version.ts";

/** The command's ways to end with an error. */
export interface Ends {
  fail: (message: string, status?: number) => never;
  reason: (e: unknown) => string;
}

const note = (text: string): void => void process.stderr.write(`lstar: ${text}\n`);

function open(path: string, { fail, reason }: Ends): Recording {
  try {
    return openRecording(path);
  } catch (e) {
    return fail(e instanceof ContainerError ? `${path} ${e.message}` : `${path}: ${reason(e)}`);
  }
}

/** Replays a file and ends the process as the recorded run ended. `observe` gets the booted kernel, and gives what is to be done at the end. */
export async function replayFile(path: string, run: ReplayRun, ends: Ends, observe?: (k: Kernel) => () => void): Promise<never> {
  const recording = open(path, ends);
  let booted: BootedRecording;
  try {
    booted = bootReplay(recording, run);
  } catch (e) {
    if (e instanceof ContainerError) ends.fail(`${path} ${e.message}`);
    throw e;
  }
  const finish = observe?.(booted.k);
  const end = await playRecording(booted, run);
  finish?.();
  return leave(path, recording, booted, end, ends);
}

/** Lets gdb go through a recorded run. */
async function debugFile(path: string, port: number, run: ReplayRun, ends: Ends): Promise<never> {
  const recording = open(path, ends);
  const once = new OutputOnce(streamOutput(recording));
  let booted: BootedRecording;
  try {
    booted = bootRecording(recording, { jit: run.jit, onOutput: run.output ? once.take : undefined });
  } catch (e) {
    if (e instanceof ContainerError) ends.fail(`${path} ${e.message}`);
    throw e;
  }
  let end: Awaited<ReturnType<typeof debugRecording>>;
  try {
    end = await debugRecording(recording, booted, port, once);
  } catch (e) {
    return ends.fail(`--gdb ${port}: ${ends.reason(e)}`);
  }
  if (end.kind === "exited") process.exit(shellStatus(end.status));
  return process.exit(end.kind === "killed" ? 137 : 0);
}

function leave(path: string, recording: Recording, { k, head }: BootedRecording, end: ReplayEnd, { fail }: Ends): never {
  const at = k.machine.totalRetired;
  const other = head.lstar === version ? "" : ` (lstar ${head.lstar} recorded it, this is ${version})`;
  switch (end.kind) {
    case "diverged":
      return fail(`the replay of ${path} has left the recorded run ${end.text}${other}`);
    case "cut":
      return fail(`${path} ends here, at instruction ${at}: its recorder was stopped before the program ended`);
    case "stuck":
      return fail("every task is asleep and nothing can wake one, as in the recorded run");
    case "reached":
      if (recording.summary && at < recording.summary.position) note(`at instruction ${at} of ${recording.summary.position}`);
      return process.exit(0);
    case "exited":
      return process.exit(shellStatus(end.status));
  }
}

function positive(text: string): number {
  const n = Number(text);
  if (!(n > 0 && n < 1e9)) throw new InvalidArgumentError("expected a number above 0.");
  return n;
}

interface ReplayOptions {
  info?: boolean;
  json?: boolean;
  to?: number;
  output: boolean;
  speed?: number;
  maxDelay?: number;
  jit: "off" | "on";
  gdb?: number;
}

export function addReplayCommand(program: Command, ends: Ends): void {
  program
    .command("replay")
    .description("repeat a recorded run exactly, without its files, its input or its terminal")
    .argument("<FILE>", "what lstar record has written")
    .option("--info", "tell what is in FILE instead: program, options, length, sizes")
    .option("--json", "with --info: as JSON")
    .option(
      "--gdb <PORT>",
      "wait for gdb on this TCP port of localhost: it goes through the run forward and backward (docs/gdb.md)",
      portSpec,
    )
    .option("--to <N>", "stop before instruction N", numberSpec)
    .option("--no-output", "do not show what the program wrote")
    .option("--speed <X>", "at X times the recorded pace (1: as it was; default: as fast as possible)", positive)
    .option("--max-delay <S>", "with --speed: wait at most S seconds at a time", positive)
    .addOption(
      new Option("--jit <WHICH>", "compile hot guest code to WebAssembly; the run is the same").choices(["off", "on"]).default("on"),
    )
    .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : 125))
    .showHelpAfterError("(lstar --help shows how to use it)")
    .addHelpText(
      "after",
      `
The run is compared with the recorded one as it goes: every question to the outside, and now and then the registers,
the stack and the clock; all memory at the end. At the first difference it stops and says which.
System calls of a recorded run: lstar trace --replay FILE.

Exit status: the program's own, as recorded; 0 with --info and --to; 125 if FILE is damaged or cut off, or the run differs.
`,
    )
    .action(async (path: string, o: ReplayOptions) => {
      if (o.json && !o.info) ends.fail("--json goes with --info");
      if (o.maxDelay !== undefined && o.speed === undefined) ends.fail("--max-delay goes with --speed");
      if (o.gdb !== undefined) {
        if (o.info || o.to !== undefined || o.speed !== undefined) ends.fail("--gdb goes without --info, --to and --speed");
        return debugFile(path, o.gdb, { jit: o.jit === "on", output: o.output }, ends);
      }
      if (!o.info) return replayFile(path, { ...o, jit: o.jit === "on" }, ends);
      const recording = open(path, ends);
      try {
        process.stdout.write(o.json ? `${JSON.stringify(recordingInfo(recording))}\n` : recordingInfoText(path, recording));
      } catch (e) {
        ends.fail(e instanceof ContainerError ? `${path} ${e.message}` : ends.reason(e));
      }
    });
}
