import { MemoryHost, runMachine } from "@lstar/host";
import type { Gateway } from "@lstar/host/net/gateway.ts";
import { ARCHIVE_ROOT, archiveFiles } from "@lstar/host/tar/archiveFiles.ts";
import type { HostFileSystem, Kernel } from "@lstar/kernel";
import { sysCallTable, syscallNames } from "@lstar/kernel";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { copyCounts } from "@lstar/kernel/trace/copies.ts";
import type { EndedRun, IoUringCounts, Run, RunOptions, RunResult, Start, SyscallRecord } from "./api.ts";
import { type StartOptions, startMachine } from "./boot.ts";
import { dateToTime } from "./date.ts";
import { MemorySource } from "./decompress.ts";
import { shellStatus } from "./exitStatus.ts";
import { loadTar } from "./image.ts";
import { Network, type Ports } from "./network.ts";

function join(chunks: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  return out;
}

/** What the place that lstar runs in adds: its files, for `root` and for programs that the guest has not. */
export interface Platform {
  files: HostFileSystem;
  bringIn: NonNullable<StartOptions["bringIn"]>;
  /** Leads ports of the host to the guest behind a gateway. @throws an Error that says which cannot be had */
  publish: (gateway: Gateway, texts: readonly string[]) => Promise<Ports>;
  /** Lets the guest connect to places outside. @throws an Error that says which is none */
  allow: (gateway: Gateway, texts: readonly string[]) => { resolves: boolean };
}

/** `run` for Node (with a platform) or for a browser (null: only the files given). */
export function makeRun(platform: Platform | null): Run {
  return (argv, options = {}) => runOnce(platform, argv, options);
}

const encode = (v: string | Uint8Array): Uint8Array => (typeof v === "string" ? new TextEncoder().encode(v) : v);

/** What the options of the library mean for a machine: its files on the host, and what to start. */
export async function prepare(
  platform: Platform | null,
  argv: readonly string[],
  options: RunOptions,
): Promise<{ stdin: Uint8Array; files: HostFileSystem | null; start: StartOptions }> {
  const { root } = options;
  let files = platform?.files ?? null;
  let rootPath: string | null = null;
  if (typeof root === "string") rootPath = root;
  else if (root !== undefined) {
    const bytes = root instanceof Uint8Array ? root : new Uint8Array(await root.arrayBuffer());
    files = archiveFiles(await loadTar(new MemorySource([bytes])), files);
    rootPath = ARCHIVE_ROOT;
  }
  const env = options.env ?? { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
  const start: StartOptions = {
    argv: [...argv],
    env: Object.entries(env).map(([n, v]) => `${n}=${v}`),
    root: rootPath,
    mounts: [],
    cwd: options.cwd ?? "/",
    user: options.user ?? { uid: 0, gid: 0 },
    memory: options.memory ?? 1024 ** 3,
    seed: options.seed ?? 1,
    jit: options.jit ?? true,
    clock: options.clock ?? ((options.publish ?? []).length > 0 || (options.allowConnect ?? []).length > 0 ? "real" : "virtual"),
    date: options.date === undefined ? null : dateToTime(options.date),
    hostname: "lstar",
    files: Object.entries(options.files ?? {}).map(([path, v]) => ({ path, bytes: encode(v), mode: 0o755 })),
    bringIn: options.root === undefined ? (platform?.bringIn ?? null) : null,
  };
  return { stdin: encode(options.stdin ?? ""), files, start };
}

async function runOnce(platform: Platform | null, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const started = await begin(platform, argv, options, true);
  const { k } = started;
  const syscalls: SyscallRecord[] = [];
  // Who there was, with its counters as its last call began.
  const tasks = new Map<Task, Float64Array>();
  k.trace.schedProcessFork.on((_parent, child) => tasks.set(child, child.copied.slice()));
  k.trace.sysEnter.on((task) => {
    const before = tasks.get(task);
    if (before) before.set(task.copied);
    else tasks.set(task, task.copied.slice());
  });
  k.trace.sysExit.on((task, nr, ret) => {
    syscalls.push({
      pid: task.pid,
      name: sysCallTable[nr]?.name ?? syscallNames[nr] ?? `syscall_${nr}`,
      result: ret,
      copies: copyCounts(task.copied, tasks.get(task)),
    });
  });
  const ioUring: IoUringCounts = { submitted: 0, byThread: 0, completed: 0, overflowed: 0 };
  const taken = (): void => {
    ioUring.submitted++;
    if (k.current.kthread) ioUring.byThread++;
  };
  k.trace.ioUringSubmitReq.on(taken);
  k.trace.ioUringReqFailed.on(taken);
  k.trace.ioUringComplete.on(() => {
    ioUring.completed++;
  });
  k.trace.ioUringCqeOverflow.on(() => {
    ioUring.overflowed++;
  });
  const end = await started.run();
  return { ...end, syscalls, tasks: [...tasks.keys()].map((t) => ({ pid: t.pid, name: t.comm, copies: copyCounts(t.copied) })), ioUring };
}

/** `start` for Node or for a browser. */
export function makeStart(platform: Platform | null): Start {
  return async (argv, options = {}) => {
    const { k, host, network, run } = await begin(platform, argv, options, options.onOutput === undefined);
    const ended = run();
    // Whoever only connects need not look at how it ends.
    ended.catch(() => {});
    return {
      ports: network?.publisher?.ports ?? [],
      connect: (port, how) => {
        if (!network) return Promise.reject(new Error("the machine has no network: start it with network: true"));
        return network.connect(k, port, how?.timeout ?? 0);
      },
      signal: (name) => {
        if (!k.exited) host.event(SIGNALS[name]);
      },
      stop: () => {
        if (k.exited) return;
        k.exited = true;
        k.exitStatus = SIGKILL;
        host.wake();
      },
      ended,
    };
  };
}

/** A machine that is started; `run` runs it to its end. */
interface Started {
  k: Kernel;
  host: MemoryHost;
  network: Network | null;
  run: () => Promise<EndedRun>;
}

/** @param keep keep the output for the result */
async function begin(platform: Platform | null, argv: readonly string[], options: RunOptions, keep: boolean): Promise<Started> {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  const { stdin, files, start } = await prepare(platform, argv, options);
  const publish = options.publish ?? [];
  if (publish.length > 0 && !platform) throw new Error("publish needs the sockets of Node: in a browser use connect");
  const allow = options.allowConnect ?? [];
  if (allow.length > 0 && !platform) throw new Error("allowConnect needs the sockets of Node");
  const network =
    publish.length > 0 || allow.length > 0 || options.network
      ? await Network.open(
          (g) => platform?.publish(g, publish) ?? null,
          (g) => (allow.length > 0 ? (platform?.allow(g, allow) ?? null) : null),
        )
      : null;
  start.files.push(...(network?.files ?? []));
  const to = (stream: 1 | 2, list: Uint8Array[]) => (bytes: Uint8Array) => {
    if (keep) list.push(bytes);
    options.onOutput?.(stream, bytes);
  };
  const host = new MemoryHost(stdin, to(1, stdout), to(2, stderr), files, network?.gateway);
  let k: Kernel;
  try {
    k = startMachine(host, start);
  } catch (e) {
    network?.close();
    throw e;
  }
  const run = async (): Promise<EndedRun> => {
    try {
      host.attach(k);
      const end = await runMachine(k, host);
      if (end.kind === "stuck") throw new Error("every task is asleep and nothing can wake one");
      await network?.finish(k);
      const bytes = join(stdout);
      return {
        status: shellStatus(end.status),
        stdout: new TextDecoder().decode(bytes),
        stderr: new TextDecoder().decode(join(stderr)),
        stdoutBytes: bytes,
        instructions: k.machine.totalRetired,
      };
    } finally {
      network?.close();
    }
  };
  return { k, host, network, run };
}

const SIGNALS = { SIGINT: "sigint", SIGTERM: "sigterm", SIGHUP: "sighup" } as const;
const SIGKILL = 9;
