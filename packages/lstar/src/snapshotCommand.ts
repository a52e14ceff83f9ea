import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { posix, resolve } from "node:path";
import { type RunEnd, runMachine, runMachineTo } from "@lstar/host";
import type { Gateway } from "@lstar/host/net/gateway.ts";
import { NodeHost } from "@lstar/host/node/host.ts";
import { archiveFiles } from "@lstar/host/tar/archiveFiles.ts";
import type { HostFileSystem, Kernel } from "@lstar/kernel";
import { takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { ContainerError, FileAnswers, readSnapshot, resume, type SnapshotFile, SnapshotWriter } from "@lstar/replay/snapshot/index.ts";
import type { Command } from "commander";
import { numberSpec, type RunOptions } from "./options.ts";
import type { Ends } from "./replayCommand.ts";
import { fileSource, openImage, openTar } from "./rootSource.ts";
import { version } from "./version.ts";

export interface SnapshotOptions {
  snapshot?: string;
  snapshotAt?: number;
  snapshotStop?: boolean;
  from?: string;
}

export function withSnapshotOptions(command: Command): Command {
  return command
    .option("--snapshot <FILE>", "write a snapshot of the whole machine to FILE at --snapshot-at, for lstar run --from FILE")
    .option("--snapshot-at <N>", "take it before instruction N, counted over all tasks", numberSpec)
    .option("--snapshot-stop", "end there, with status 0, instead of going on to the program's end")
    .option("--from <FILE>", "go on from a snapshot instead of starting a program: here, or on another machine");
}

/** Where a machine's host files come from, as a snapshot keeps it. */
interface RootNote {
  root: string | null;
  archive: "tar" | "image" | null;
}

const note = (text: string): void => void process.stderr.write(`lstar: ${text}\n`);

/** Fails if the options do not go together. */
export function checkSnapshotOptions(o: RunOptions & SnapshotOptions, program: string | undefined, { fail }: Ends): void {
  const wanted = o.snapshot !== undefined;
  if (wanted !== (o.snapshotAt !== undefined)) fail("--snapshot and --snapshot-at go together");
  if (o.snapshotStop && !wanted) fail("--snapshot-stop goes with --snapshot");
  if (wanted && o.gdb !== undefined) fail("--snapshot and --gdb cannot be given together");
  if (wanted && o.mount.some((m) => m.writable))
    fail("a machine that may write to the host (--mount …:rw) cannot be put into a snapshot file");
  if (o.from === undefined) return;
  if (program !== undefined) fail("--from takes no program: the snapshot has it");
  const others = [
    wanted && "--snapshot",
    o.gdb !== undefined && "--gdb",
    o.commit !== undefined && "--commit",
    (o.e ?? []).length > 0 && "-e",
  ];
  for (const name of others) if (name) fail(`--from cannot be given together with ${name}`);
}

/** Runs a machine that has been started, with a snapshot on the way. */
export async function runWithSnapshot(k: Kernel, host: NodeHost, o: RunOptions & SnapshotOptions, ends: Ends): Promise<RunEnd> {
  const path = resolve(o.snapshot as string);
  const at = o.snapshotAt as number;
  const reached = await runMachineTo(k, host, at);
  if (reached.kind !== "reached") {
    ends.fail(`no snapshot was taken: the program ended after ${k.machine.totalRetired} instructions, before --snapshot-at ${at}`);
  }
  const root = rootNote(o);
  const partial = `${path}.partial`;
  let fd = -1;
  const failed = (e: unknown): never => {
    if (fd >= 0) rmSync(partial, { force: true });
    return ends.fail(`cannot write the snapshot ${o.snapshot}: ${ends.reason(e)}`);
  };
  const sink = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  };
  let writer: SnapshotWriter;
  try {
    fd = openSync(partial, "w", 0o600);
    writer = new SnapshotWriter(k, takeSnapshot(k), sink, { codec: nodeCodec, version, root });
  } catch (e) {
    return failed(e);
  }
  const end = (files: FileAnswers | null): void => {
    try {
      writer.finish(files);
      closeSync(fd);
      renameSync(partial, path);
    } catch (e) {
      failed(e);
    }
  };
  if (o.snapshotStop) {
    end(null);
    process.exit(0);
  }
  const files = new FileAnswers();
  const before = k.host;
  k.host = { ...parts(host), fs: files.remember(host.fs) };
  const clean = (): void => rmSync(partial, { force: true });
  process.on("exit", clean);
  const how = await runMachine(k, host);
  process.off("exit", clean);
  k.host = before;
  end(files);
  return how;
}

function rootNote(o: RunOptions): RootNote {
  if (o.image !== undefined) return { root: resolve(o.image), archive: "image" };
  if (o.root === undefined) return { root: null, archive: null };
  const root = resolve(o.root);
  return { root, archive: statSync(root).isDirectory() ? null : "tar" };
}

function parts(host: NodeHost): Pick<NodeHost, "realtime" | "monotonic" | "entropy" | "stdio" | "net"> {
  return {
    realtime: () => host.realtime(),
    monotonic: () => host.monotonic(),
    entropy: (out) => host.entropy(out),
    stdio: host.stdio,
    net: host.net,
  };
}

/** The machine of a snapshot file, on this host. */
export async function openSnapshot(
  o: RunOptions & SnapshotOptions,
  ends: Ends,
  net: Gateway | null = null,
): Promise<{ k: Kernel; host: NodeHost }> {
  const path = o.from as string;
  let file: SnapshotFile;
  try {
    file = readSnapshot(fileSource(path), nodeCodec, version);
  } catch (e) {
    return ends.fail(e instanceof ContainerError ? `${path} ${e.message}` : `${path}: ${ends.reason(e)}`);
  }
  const files = await grantedFiles(file, path, o, ends);
  const host = new NodeHost(undefined, net);
  const told = new Set<string>();
  try {
    const k = resume(file, host, {
      jit: o.jit === "on",
      files,
      missing: (name) => {
        if (told.size < 5 && !told.has(name)) note(missingText(file, path, name, o));
        told.add(name);
      },
    });
    return { k, host };
  } catch (e) {
    return ends.fail(e instanceof ContainerError ? `${path} ${e.message}` : ends.reason(e));
  }
}

function rootOf(file: SnapshotFile): RootNote {
  const note = file.head.root as Partial<RootNote> | null;
  return { root: typeof note?.root === "string" ? note.root : null, archive: note?.archive ?? null };
}

function missingText(file: SnapshotFile, path: string, name: string, o: RunOptions): string {
  const { root, archive } = rootOf(file);
  const option = archive === "image" ? "--image" : "--root";
  const hint = root !== null && o.root === undefined && o.image === undefined ? `; ${option} ${root} lets it have what is there now` : "";
  return `the program needs the host's ${Buffer.from(name, "latin1").toString()}, which is not in ${path}${hint}`;
}

/** The host's files that this command grants the machine again: the same root, and directories that were mounted. */
async function grantedFiles(file: SnapshotFile, path: string, o: RunOptions, ends: Ends): Promise<HostFileSystem | null> {
  const { root, archive } = rootOf(file);
  const given = o.image ?? o.root;
  const mounts = o.mount.map((m) => resolve(m.host));
  if (given !== undefined && (resolve(given) !== root || (o.image !== undefined) !== (archive === "image")))
    ends.fail(
      `${path} was taken of a machine ${root === null ? "without --root" : `with ${archive === "image" ? "--image" : "--root"} ${root}`}`,
    );
  if (given === undefined && mounts.length === 0) return null;
  const here = new NodeHost().fs;
  if (given === undefined || archive === null) return within([...(given === undefined ? [] : [root as string]), ...mounts], here);
  try {
    const tree = archive === "image" ? (await openImage(given, o.unpackLimit)).tree : await openTar(given, o.unpackLimit);
    return archiveFiles(tree, mounts.length > 0 ? within(mounts, here) : null);
  } catch (e) {
    return ends.fail(`${given}: ${ends.reason(e)}`);
  }
}

/** Only what lies in some directories: the paths come from the snapshot, which may be anybody's. */
function within(directories: readonly string[], fs: HostFileSystem): HostFileSystem {
  const real = new Map<string, boolean>();
  const roots = directories.map((d) => realpathSync(d));
  const inside = (path: string): boolean => roots.some((r) => r === "/" || path === r || path.startsWith(`${r}/`));
  const allowed = (path: string): boolean => {
    const text = Buffer.from(path, "latin1").toString();
    if (text.split("/").includes("..")) return false;
    if (directories.includes(text)) return true;
    const parent = posix.dirname(text);
    let known = real.get(parent);
    if (known === undefined) {
      try {
        known = inside(realpathSync(parent));
      } catch {
        known = inside(parent);
      }
      real.set(parent, known);
    }
    return known;
  };
  const EACCES = 13;
  return {
    lstat: (path) => (allowed(path) ? fs.lstat(path) : -EACCES),
    readdir: (path) => (allowed(path) ? fs.readdir(path) : -EACCES),
    readlink: (path) => (allowed(path) ? fs.readlink(path) : -EACCES),
    xattrs: (path) => (allowed(path) ? (fs.xattrs?.(path) ?? null) : null),
    read: (path, out, position) => (allowed(path) ? fs.read(path, out, position) : -EACCES),
  };
}
