import type { Kernel } from "@lstar/kernel/kernel.ts";
import { kernelKinds, type Snapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import type { Codec } from "../file/codec.ts";
import { ContainerWriter, type Sink } from "../file/writer.ts";
import type { FileAnswers } from "./fileAnswers.ts";
import { CHUNK, LAYOUT, PAGE_SIZE, PAGES_A_CHUNK, type SnapshotHead, STATE_A_CHUNK } from "./format.ts";

export interface WriteOptions {
  codec: Codec;
  /** Version of lstar. */
  version: string;
  /** Says where the guest's host files come from; null: from nowhere. */
  root?: unknown;
}

/** Writes a snapshot of a machine as a file, up to its end: `finish` adds what host files were asked for since, and the end. */
export class SnapshotWriter {
  readonly #writer: ContainerWriter;

  /** `k` is the machine that the snapshot was taken of; it may have gone on. */
  constructor(k: Kernel, snapshot: Snapshot, sink: Sink, options: WriteOptions) {
    const { machine: image, state } = snapshot;
    const frames: number[] = [];
    image.pages.forEach((page, i) => {
      if (page?.some((b) => b !== 0)) frames.push(i);
    });
    const head: SnapshotHead = {
      layout: LAYOUT,
      lstar: options.version,
      kernel: kernelKinds(),
      memory: k.machine.phys.limitFrames * PAGE_SIZE,
      options: { ...k.options },
      stdio: k.host.stdio.map((s) => ({ kind: s.kind, sized: s.windowSize !== undefined })),
      root: options.root ?? null,
      argv: k.programArgv,
      retired: image.retired,
      tsc: { base: image.tscBase, perInsn: image.tscPerInsn },
      space: { cr3: image.cr3, asid: image.asid },
      registers: [...image.registers],
      frames: { next: image.allocation.next, used: image.allocation.used, free: image.allocation.free.length },
      stateBytes: state.length,
      pages: frames.length,
    };
    const w = (this.#writer = new ContainerWriter(sink, options.codec, "snapshot"));
    w.add(CHUNK.head, new TextEncoder().encode(JSON.stringify(head)));
    for (let at = 0; at < state.length; at += STATE_A_CHUNK) w.add(CHUNK.state, state.subarray(at, at + STATE_A_CHUNK));
    w.add(CHUNK.frames, littleEndian([...image.allocation.refs, ...image.allocation.free]));
    for (let at = 0; at < frames.length; at += PAGES_A_CHUNK) {
      const some = frames.slice(at, at + PAGES_A_CHUNK);
      const bytes = new Uint8Array(some.length * (4 + PAGE_SIZE));
      bytes.set(littleEndian(some));
      some.forEach((i, n) => {
        bytes.set(image.pages[i] as Uint8Array, some.length * 4 + n * PAGE_SIZE);
      });
      w.add(CHUNK.pages, bytes);
    }
  }

  finish(files: FileAnswers | null = null): void {
    for (const chunk of files?.chunks() ?? []) this.#writer.add(CHUNK.files, chunk);
    this.#writer.end();
  }
}

function littleEndian(numbers: readonly number[]): Uint8Array {
  const out = new Uint8Array(numbers.length * 4);
  const view = new DataView(out.buffer);
  numbers.forEach((n, i) => {
    view.setInt32(i * 4, n, true);
  });
  return out;
}
