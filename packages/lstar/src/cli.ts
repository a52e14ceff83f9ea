import { closeSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { type DebugEnd, debugMachine, listen, Target } from "@lstar/gdb";
import { runMachine } from "@lstar/host";
import { NodeHost } from "@lstar/host/node/host.ts";
import { NodeOutgoing } from "@lstar/host/node/outgoing.ts";
import { addressText, Publisher } from "@lstar/host/node/publish.ts";
import { ARCHIVE_ROOT, archiveFiles } from "@lstar/host/tar/archiveFiles.ts";
import type { ArchiveTree } from "@lstar/host/tar/tree.ts";
import { type Kernel, syscallNames } from "@lstar/kernel";
import type { FaultRule } from "@lstar/kernel/kernel/faults/injection.ts";
import { tcpResetRemote } from "@lstar/kernel/net/ipv4/tcpRemote.ts";
import { useInterpreter } from "@lstar/machine";
import { combineInjections, isInjection, PcapWriter, parseInjection } from "@lstar/trace";
import { GuestSymbols, memoryMap } from "@lstar/trace/debuginfo/guestSymbols.ts";
import { waitGraph } from "@lstar/trace/waits/waitGraph.ts";
import { Command } from "commander";
import { StartError, type StartOptions, startMachine } from "./boot.ts";
import { bringIn } from "./bringIn.ts";
import { commitRoot } from "./commit.ts";
import { shellStatus } from "./exitStatus.ts";
import { type ExploreOptions, explore, exploreWorker } from "./explore/explore.ts";
import { type Minimized, minimize } from "./explore/minimize.ts";
import { SeedRunner } from "./explore/oneRun.ts";
import { type Group, racesText, reportText } from "./explore/report.ts";
import { type ImageConfig, imageUser } from "./image.ts";
import { addLabCommand } from "./lab/labCommand.ts";
import { Network } from "./network.ts";
import { numberSpec, type RunOptions, withGdbOption, withInjection, withPcapOption, withRunOptions } from "./options.ts";
import { type UnpackingProgress, unpackingProgress } from "./progress.ts";
import { FileRecorder } from "./record.ts";
import { addReplayCommand, replayFile } from "./replayCommand.ts";
import { openImage, openTar } from "./rootSource.ts";
import { checkSnapshotOptions, openSnapshot, runWithSnapshot, type SnapshotOptions, withSnapshotOptions } from "./snapshotCommand.ts";
import { addTraceOptions, attachTracer, type TraceOptions } from "./trace.ts";
import { version } from "./version.ts";

// Compiled guest code tells its rare ways out by branch hints, a standard that this V8 has behind a flag.
if (process.versions.v8.startsWith("11.3.")) setFlagsFromString("--experimental-wasm-branch-hinting");
// The way of a system call is one chain of small functions; V8's own limit cuts it in pieces, which costs a fifth of its time.
setFlagsFromString("--max-inlined-bytecode-size-cumulative=4000");

try {
  useInterpreter(new Uint8Array(readFileSync(join(__dirname, "interpreter.wasm"))));
} catch {
  // Not built beside the command: it is generated instead.
}

/** Exit status of lstar's own errors. */
const STATUS_LSTAR = 125;

function fail(message: string, status = STATUS_LSTAR): never {
  process.stderr.write(`lstar: ${message}\n`);
  process.exit(status);
}

function environment(given: readonly string[]): string[] {
  const names = new Set(given.map((e) => e.slice(0, e.indexOf("="))));
  const defaults = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"];
  if (process.stdin.isTTY) defaults.push(`TERM=${process.env.TERM ?? "xterm"}`);
  return [...defaults.filter((d) => !names.has(d.slice(0, d.indexOf("=")))), ...given];
}

/** What --root and --image name: a host directory, or an archive's tree with an image's wishes. */
interface Root {
  path: string | null;
  tree: ArchiveTree | null;
  config: ImageConfig | null;
}

async function openRoot(o: RunOptions): Promise<Root> {
  const progress = o.progress && process.stderr.isTTY ? unpackingProgress(process.stderr) : null;
  try {
    return await findRoot(o, progress);
  } finally {
    progress?.end();
  }
}

async function findRoot(o: RunOptions, progress: UnpackingProgress | null): Promise<Root> {
  if (o.image !== undefined) {
    if (o.root !== undefined) fail("--root and --image cannot be given together");
    try {
      return { path: ARCHIVE_ROOT, ...(await openImage(resolve(o.image), o.unpackLimit, progress?.show)) };
    } catch (e) {
      progress?.end();
      fail(`--image ${o.image}: ${reason(e)}`);
    }
  }
  if (o.root === undefined) return { path: null, tree: null, config: null };
  const path = resolve(o.root);
  try {
    if (statSync(path).isDirectory()) return { path, tree: null, config: null };
    return { path: ARCHIVE_ROOT, tree: await openTar(path, o.unpackLimit, progress?.show), config: null };
  } catch (e) {
    progress?.end();
    fail(`--root ${o.root}: ${reason(e)}`);
  }
}

function reason(e: unknown): string {
  if ((e as NodeJS.ErrnoException)?.code === "ENOENT") return "no such file or directory";
  return e instanceof Error ? e.message : String(e);
}

function imageDefaults(r: Root): { user: { uid: number; gid: number } } {
  try {
    return { user: r.tree && r.config ? imageUser(r.tree, r.config.user) : { uid: 0, gid: 0 } };
  } catch (e) {
    fail(reason(e));
  }
}

/** The rules of `-e inject=` and `-e fault=`. */
function faultRules(expressions: readonly string[]): FaultRule[] {
  const names = syscallNames.map((n) => n ?? "");
  return combineInjections(
    expressions.filter(isInjection).map((text) => {
      const rule = parseInjection(text, names);
      if (typeof rule === "string") fail(rule);
      return rule;
    }),
  );
}

function startOptions(program: string | undefined, args: string[], o: RunOptions, from: Root): StartOptions {
  const { path: root, config } = from;
  const given = program === undefined ? [] : [program, ...args];
  const argv = config ? [...config.argv.entrypoint, ...(given.length > 0 ? given : config.argv.cmd)] : given;
  if (argv.length === 0)
    fail(config ? "the image names no program to start: give one" : "no program given (lstar --help shows how to use it)");
  const chosen = new Set(o.env.map((e) => e.slice(0, e.indexOf("="))));
  const env = [...(config?.env ?? []).filter((e) => !chosen.has(e.slice(0, e.indexOf("=")))), ...o.env];
  for (const m of o.mount) m.host = resolve(m.host);
  const here = process.cwd();
  return {
    argv,
    env: environment(env),
    root,
    mounts: o.mount,
    cwd: o.cwd ?? config?.cwd ?? (root === null || root === "/" ? here : "/"),
    user: o.user ?? imageDefaults(from).user,
    memory: o.memory,
    seed: o.seed,
    jit: o.jit === "on",
    clock:
      o.clock ?? (o.gdb === undefined && (process.stdin.isTTY || o.publish.length > 0 || o.allowConnect.length > 0) ? "real" : "virtual"),
    date: o.date ?? null,
    chaos: o.chaos,
    faults: faultRules(o.e ?? []),
    hostname: "lstar",
    files: [],
    bringIn: root === null ? bringIn : null,
  };
}

/** The guest's network, if one is granted. */
async function openNetwork(o: RunOptions): Promise<Network | null> {
  if (o.publish.length === 0 && o.allowConnect.length === 0) return null;
  try {
    const network = await Network.open(
      (gateway) => Publisher.open(gateway, o.publish),
      (gateway) => (o.allowConnect.length > 0 ? new NodeOutgoing(gateway, o.allowConnect) : null),
    );
    o.publish.forEach((asked, i) => {
      const { ip, hostPort, guestPort, protocol } = network.publisher!.ports[i]!;
      const port = `${guestPort}${protocol === "udp" ? "/udp" : ""}`;
      if (asked.hostPort === 0) process.stderr.write(`lstar: ${addressText(ip, hostPort)} leads to the guest's port ${port}\n`);
    });
    return network;
  } catch (e) {
    fail(reason(e));
  }
}

async function debugged(k: Kernel, host: NodeHost, target: Target, port: number): Promise<DebugEnd> {
  let server: Awaited<ReturnType<typeof listen>>;
  try {
    server = await listen(port);
  } catch (e) {
    fail(`--gdb ${port}: ${reason(e)}`);
  }
  const at = server.address();
  const actual = at !== null && typeof at === "object" ? at.port : port;
  process.stderr.write(`lstar: waiting for gdb -ex 'target remote :${actual}' ${k.programPath}\n`);
  return debugMachine(k, host, server, target);
}

/** Writes the guest's packets to a file. @returns what ends it */
function startCapture(k: Kernel, path: string): () => void {
  let file: number;
  try {
    file = openSync(path, "w");
  } catch (e) {
    fail(`--pcap ${path}: ${reason(e)}`);
  }
  const writer = new PcapWriter(k, (bytes) => {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (e) {
      fail(`--pcap ${path}: ${reason(e)}`);
    }
  });
  return () => {
    writer.stop();
    closeSync(file);
  };
}

async function execute(
  program: string | undefined,
  args: string[],
  o: RunOptions & SnapshotOptions,
  observe?: (k: Kernel) => () => void,
  recordTo?: string,
): Promise<void> {
  if (o.from !== undefined) return resumeSnapshot(o);
  const from = await openRoot(o);
  const network = await openNetwork(o);
  const host = new NodeHost(from.tree ? (files) => archiveFiles(from.tree!, files) : undefined, network?.gateway);
  const given = startOptions(program, args, o, from);
  given.files.push(...(network?.files ?? []));
  const recorder = recordTo === undefined ? null : new FileRecorder(recordTo, host, given);
  const start = recorder?.start(given) ?? { host, options: given };
  let k: Kernel;
  try {
    k = startMachine(start.host, start.options);
  } catch (e) {
    if (e instanceof StartError) fail(e.message, e.status);
    throw e;
  }
  k.trace.oomKill.on((victim, points) => {
    process.stderr.write(
      `lstar: the machine is out of memory (--memory ${Math.round(o.memory / 2 ** 20)}M): killed ${victim.comm} (pid ${victim.tgid}), which used ${Math.round(points / 256)} MiB\n`,
    );
  });
  try {
    recorder?.begin(k);
  } catch (e) {
    fail(`cannot write ${recordTo}: ${reason(e)}`);
  }
  const capture = o.pcap === undefined ? null : startCapture(k, o.pcap);
  const finish = observe?.(k);
  const target = o.gdb === undefined ? null : new Target(k);
  host.attach(target ? { hostEvent: (kind) => target.history.arrive(kind) } : (recorder?.events ?? k));
  const restore = (): void => host.detach();
  process.on("exit", restore);
  const end = target
    ? await debugged(k, host, target, o.gdb as number)
    : o.snapshot !== undefined
      ? await runWithSnapshot(k, host, o, { fail, reason })
      : await runMachine(k, host, recorder?.look);
  if (recorder && end.kind !== "killed")
    try {
      await recorder.finish(end);
    } catch (e) {
      restore();
      fail(`the recording ${recordTo} is not whole: ${reason(e)}`);
    }
  k.host = host;
  if (end.kind === "exited") await network?.finish(k);
  restore();
  process.off("exit", restore);
  finish?.();
  capture?.();
  if (o.commit !== undefined) {
    try {
      commitRoot(k, resolve(o.commit));
    } catch (e) {
      fail(`--commit ${o.commit}: ${reason(e)}`);
    }
  }
  leave(k, end);
}

function leave(k: Kernel, end: DebugEnd): never {
  if (end.kind === "stuck") {
    const symbols = new GuestSymbols();
    const waits = waitGraph(k, (task, address) => symbols.variable(k, memoryMap(task), address));
    fail(["every task is asleep and nothing can wake one: the program waits for something that cannot come", ...waits].join("\n  "));
  }
  const status = end.kind === "killed" ? 9 : end.status;
  process.exit(shellStatus(status));
}

async function resumeSnapshot(o: RunOptions & SnapshotOptions): Promise<void> {
  const network = await openNetwork(o);
  const { k, host } = await openSnapshot(o, { fail, reason }, network?.gateway ?? null);
  // Whoever was connected to the machine when the snapshot was taken is not here.
  tcpResetRemote(k);
  host.attach(k);
  const restore = (): void => host.detach();
  process.on("exit", restore);
  const end = await runMachine(k, host);
  if (end.kind === "exited") await network?.finish(k);
  restore();
  process.off("exit", restore);
  leave(k, end);
}

const program = new Command("lstar")
  .description("A Linux kernel in TypeScript with an x86-64 processor: runs unmodified x86-64 Linux programs and shows their system calls.")
  .version(version, "-V, --version")
  .enablePositionalOptions()
  .showHelpAfterError("(lstar --help shows how to use it)")
  .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : STATUS_LSTAR))
  .addHelpText(
    "after",
    `
Examples:
  lstar run ./hello                          a static program of yours, in an empty guest
  lstar run --root / /bin/busybox sh         the host's own files, read-only below a writable layer
  lstar run --mount .:/work:rw --root / --cwd /work /bin/busybox ls
  lstar run --image alpine.tar               an image from docker save, with what it starts
  lstar run --root / --publish 8080:80 nginx -g 'daemon off;'    a server for http://127.0.0.1:8080/
  lstar trace -f --root / /bin/busybox sh -c 'echo hi | cat'
  lstar lab --open                           a page to see inside: programs, kernel and time
  lstar record -o run.lstar --root / bash    what is typed, the files, the clock: lstar replay run.lstar repeats it

Exit status: the program's own; 128+N if signal N ended it; 126 if it cannot be executed,
127 if it is not found, 125 for errors of lstar itself.
`,
  );

withPcapOption(
  withSnapshotOptions(
    withInjection(
      withGdbOption(
        withRunOptions(
          program
            .command("run")
            .description("run a program; exit with its status")
            .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : STATUS_LSTAR)),
        ),
      ),
    ),
  ),
).action(async (file: string | undefined, args: string[], options: RunOptions & SnapshotOptions) => {
  checkSnapshotOptions(options, file, { fail, reason });
  await execute(file, args, options);
});

withInjection(
  withRunOptions(
    program
      .command("record")
      .description("run a program and record all that comes from outside, so that the run can be repeated exactly, anywhere")
      .requiredOption("-o <FILE>", "the recording to write (it is replaced)")
      .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : STATUS_LSTAR)),
  ),
)
  .addHelpText(
    "after",
    `
FILE then holds the program, what it read of files, its input, the terminal's size, signals and the clock: lstar replay
needs nothing else. It is written as the program runs; if lstar is killed, it can be replayed up to the last second.
Whoever gets FILE gets the environment and what was read of files.

  lstar record -o bug.lstar --root / -- ./server --port 80
  lstar replay bug.lstar                        the same run, checked
  lstar trace -f --replay bug.lstar             its system calls
`,
  )
  .action(async (file: string | undefined, args: string[], options: RunOptions & { o: string }) => {
    await execute(file, args, options, undefined, options.o);
  });

addReplayCommand(program, { fail, reason });
addLabCommand(program, __dirname, fail);

addTraceOptions(
  withPcapOption(
    withRunOptions(
      program
        .command("trace")
        .description("run a program with its system calls on stderr, as strace prints them")
        .option("--replay <FILE>", "trace a recorded run (of lstar record) instead of a program")
        .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : STATUS_LSTAR)),
    ),
  ),
).action(async (file: string | undefined, args: string[], options: RunOptions & TraceOptions & { replay?: string }) => {
  const attach = (k: Kernel): (() => void) => {
    const attached = attachTracer(k, options);
    if (typeof attached === "string") fail(attached);
    if (options.replay === undefined || options.pcap === undefined) return attached;
    const capture = startCapture(k, options.pcap);
    return () => {
      attached();
      capture();
    };
  };
  if (options.replay === undefined) return execute(file, args, options, attach);
  if (file !== undefined) fail("--replay takes no program: the recording has it");
  await replayFile(options.replay, { jit: options.jit === "on", output: true }, { fail, reason }, attach);
});

withInjection(
  withRunOptions(
    program
      .command("explore")
      .description("run a program under many schedules, and with faults if wished; group what comes out")
      .exitOverride((e) => process.exit(e.exitCode === 0 ? 0 : STATUS_LSTAR)),
  ),
)
  .option("--seeds <N>", "how many schedules", numberSpec, 1000)
  .option("--first-seed <S>", "the first seed", numberSpec, 1)
  .option("--jobs <J>", "threads that run them (default: one a core)", numberSpec)
  .option("--limit <N>", "instructions after which a run counts as endless", numberSpec, 1_000_000_000)
  .option("--races", "look for data races too: follows what orders the threads' accesses to memory; several times slower")
  .option("--minimize", "for each bad outcome with injected faults: leave out faults one after the other, down to those it needs")
  .option("--json", "the groups as JSON; with --races an object of groups and races")
  .addHelpText(
    "after",
    `
Each run has a seed of its own, a chaotic schedule (--chaos), a virtual clock and no input. The report groups runs
by how they ended and what they printed, and gives for each group a command that repeats its first run exactly.

  lstar explore ./program                                              1,000 schedules
  lstar explore --seeds 5000 -e inject=%net:error=EINTR:probability=0.05 ./server
  lstar explore -e inject=write:short:probability=0.2 ./server           short writes

Exit status: 0 if all runs came out the same, with status 0, and no race was seen; 1 if not; 125 for errors of lstar itself.
`,
  )
  .action(
    async (
      file: string | undefined,
      args: string[],
      o: RunOptions &
        Omit<ExploreOptions, "progress" | "races"> & { progress: boolean; json?: boolean; races?: boolean; minimize?: boolean },
      command: Command,
    ) => {
      if (o.image !== undefined || o.commit !== undefined || o.clock === "real") fail("explore takes no --image, --commit or --clock real");
      if (o.publish.length > 0 || o.allowConnect.length > 0)
        fail("explore takes no --publish or --allow-connect: a run under many schedules has nobody outside");
      if (o.seeds === 0 || o.jobs === 0) fail("explore needs at least one seed and one job");
      const from = await openRoot(o);
      if (from.tree) fail("explore takes a directory as --root, not an archive");
      const start: StartOptions = {
        ...startOptions(file, args, o, from),
        clock: "virtual",
        chaos: true,
        jit: command.getOptionValueSource("jit") !== "default" && o.jit === "on",
      };
      try {
        const races = o.races === true;
        const progress = o.progress && process.stderr.isTTY === true;
        const found = await explore(join(__dirname, "cli.cjs"), start, { ...o, races, progress });
        const groups = found.list();
        const again = (seed: number): string[] => repeating(seed, file as string, args, o);
        const fewest = new Map<Group, { minimized: Minimized | null; command: string[] }>();
        if (o.minimize) {
          const runner = new SeedRunner(start);
          for (const g of groups) {
            if (g.example.faults.length === 0 || (g.example.kind === "exited" && g.example.status === 0)) continue;
            const minimized = minimize(runner, g.example, o.limit);
            fewest.set(g, {
              minimized,
              command: repeating(g.example.seed, file as string, args, { ...o, e: minimized?.expressions ?? [] }),
            });
          }
        }
        const style = { color: process.stdout.isTTY === true && !process.env.NO_COLOR, fewest };
        const plain = groups.map((g) => ({
          count: g.count,
          ...g.example,
          command: again(g.example.seed),
          ...(fewest.has(g) ? { minimized: fewest.get(g) } : {}),
        }));
        if (o.json) process.stdout.write(`${JSON.stringify(races ? { groups: plain, races: found.races() } : plain)}\n`);
        else process.stdout.write(reportText(groups, o.seeds, again, style) + (races ? racesText(found, o.seeds, style) : ""));
        const good = groups.length === 1 && groups[0]?.example.kind === "exited" && groups[0].example.status === 0;
        process.exitCode = good && found.races().length === 0 ? 0 : 1;
      } catch (e) {
        fail(reason(e));
      }
    },
  );

/** The words of the command that repeats a run of explore. */
function repeating(seed: number, file: string, args: readonly string[], o: RunOptions): string[] {
  const words = ["lstar", "run", "--clock", "virtual", "--chaos", "--seed", String(seed)];
  if (o.root !== undefined) words.push("--root", o.root);
  for (const m of o.mount) words.push("--mount", `${m.host}:${m.guest}:${m.writable ? "rw" : "ro"}`);
  for (const e of o.env) words.push("--env", e);
  if (o.cwd !== undefined) words.push("--cwd", o.cwd);
  if (o.user !== undefined) words.push("--user", `${o.user.uid}:${o.user.gid}`);
  if (o.date !== undefined) words.push("--date", `@${o.date.sec}${o.date.nsec > 0 ? `.${String(o.date.nsec).padStart(9, "0")}` : ""}`);
  if (o.memory !== 1024 ** 3) words.push("--memory", String(o.memory));
  if (o.date !== undefined) words.push("--date", `@${o.date.sec}.${String(o.date.nsec).padStart(9, "0")}`);
  if (o.jit === "off") words.push("--jit", "off");
  for (const e of o.e ?? []) words.push("-e", e);
  return [...words, "--", file, ...args];
}

if (!exploreWorker())
  program.parseAsync().catch((e: unknown) => {
    process.stderr.write(`lstar: internal error: ${e instanceof Error ? e.stack : String(e)}\n`);
    process.exit(STATUS_LSTAR);
  });
