// All of the kernel: its classes and tables must be known.
import { Kernel } from "@lstar/kernel";
import type { Host, HostFileSystem, HostStream } from "@lstar/kernel/host.ts";
import type { KernelOptions } from "@lstar/kernel/kernel.ts";
import { restoreSnapshot, type Snapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { StateFormatError } from "@lstar/kernel/snapshot/stream.ts";
import { Machine } from "@lstar/machine";
import { ContainerError } from "../file/format.ts";
import type { SnapshotFile } from "./read.ts";

export interface ResumeOptions {
  /** Compile hot code (default true). */
  jit?: boolean;
  /** Files of the host for what the snapshot does not hold (default: none). */
  files?: HostFileSystem | null;
  /** Told of a host file that the machine asks for, and that neither the snapshot nor the host has. */
  missing?: (path: string) => void;
}

/**
 * A machine that stands where a snapshot was taken. Its standard streams are `host`'s, but look like those that the
 * snapshot's machine had.
 * @throws ContainerError if the file makes no machine
 */
export function resume(file: SnapshotFile, host: Host, options: ResumeOptions = {}): Kernel {
  const outside = resumedHost(file, host, file.files.answering(options.files ?? null, options.missing ?? (() => {})));
  const k = machineAt(file.snapshot, file.head, outside, options.jit);
  if (!k.time.virtual) {
    // Time since boot goes on where it was; the wall clock is the present one.
    k.time.hostStart = outside.monotonic() - k.time.nowNs;
    k.time.setRealtime(outside.realtime());
  }
  return k;
}

/** A new machine that stands at a snapshot. @throws ContainerError if there is too little memory, or the state makes no sense */
export function machineAt(snapshot: Snapshot, like: { memory: number; options: KernelOptions }, host: Host, jit?: boolean): Kernel {
  const k = new Kernel(new Machine({ memoryLimit: like.memory, jit }), host, like.options);
  try {
    if (!restoreSnapshot(k, snapshot)) throw new ContainerError("needs more memory than this host gives");
  } catch (e) {
    if (e instanceof StateFormatError) throw new ContainerError(`is damaged: ${e.message}`);
    throw e;
  }
  return k;
}

function resumedHost({ head }: SnapshotFile, host: Host, fs: HostFileSystem): Host {
  const stdio = host.stdio.map((inner, i): HostStream => {
    const { kind, sized } = head.stdio[i] as { kind: HostStream["kind"]; sized: boolean };
    const stream: HostStream = { kind, read: (max) => inner.read(max), write: (bytes) => inner.write(bytes) };
    if (sized) stream.windowSize = () => inner.windowSize?.() ?? { rows: 24, cols: 80 };
    return stream;
  });
  return {
    realtime: () => host.realtime(),
    monotonic: () => host.monotonic(),
    entropy: (out) => host.entropy(out),
    stdio: stdio as unknown as Host["stdio"],
    fs,
    net: host.net ?? null,
  };
}
