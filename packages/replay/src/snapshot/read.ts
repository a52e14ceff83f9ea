import type { ByteSource } from "@lstar/host/tar/entries.ts";
import { kernelKinds, type Snapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { CPU_CONTEXT_SIZE, type Page } from "@lstar/machine";
import { FIRST_FRAME } from "@lstar/machine/mmu/physical.ts";
import type { Codec } from "../file/codec.ts";
import { ContainerError } from "../file/format.ts";
import { bytesSource, ContainerReader } from "../file/reader.ts";
import { webCodec, webInflate } from "../file/webCodec.ts";
import { FileAnswers } from "./fileAnswers.ts";
import { CHUNK, LAYOUT, PAGE_SIZE, PAGES_A_CHUNK, type SnapshotHead } from "./format.ts";

/** A snapshot that was read from a file, and all of it checked. */
export interface SnapshotFile {
  readonly head: SnapshotHead;
  readonly snapshot: Snapshot;
  /** What host files the machine asked for after the snapshot, when it was made. */
  readonly files: FileAnswers;
}

/** Reads a snapshot file. @throws ContainerError, whose message says what is wrong with the file */
export function readSnapshot(source: ByteSource | Uint8Array, codec: Codec, version: string): SnapshotFile {
  const from = source instanceof Uint8Array ? bytesSource(source) : source;
  return parse(new ContainerReader(from, codec, { kind: "snapshot" }), version);
}

/** The same where unpacking takes its time, as in a browser. */
export async function readSnapshotInBrowser(bytes: Uint8Array, version: string): Promise<SnapshotFile> {
  const reader = new ContainerReader(bytesSource(bytes), webCodec, { kind: "snapshot" });
  await reader.unpackAll(webInflate);
  return parse(reader, version);
}

function damaged(what: string): ContainerError {
  return new ContainerError(`is damaged: ${what}`);
}

function parse(reader: ContainerReader, version: string): SnapshotFile {
  const [first] = reader.chunks;
  if (first?.type !== CHUNK.head) throw damaged("it does not begin with its head");
  const head = headOf(reader.read(0));
  if (head.layout !== LAYOUT || head.lstar !== version)
    throw new ContainerError(
      `was written by lstar ${head.lstar} (layout ${head.layout}); lstar ${version} (layout ${LAYOUT}) cannot take it over`,
    );
  if (head.kernel !== kernelKinds())
    throw new ContainerError("was written by another build of lstar, whose kernel has other objects than this one");
  const count = head.frames.next - FIRST_FRAME;
  const state = new Uint8Array(head.stateBytes);
  const pages: (Page | null)[] = [];
  let refs: Int32Array | null = null;
  let free = new Int32Array(0);
  let stateAt = 0;
  let pagesSeen = 0;
  const files = new FileAnswers();
  reader.chunks.forEach((chunk, i) => {
    if (i === 0) return;
    const bytes = reader.read(i);
    switch (chunk.type) {
      case CHUNK.state:
        if (bytes.length > state.length - stateAt) throw damaged("there is more state than its head says");
        state.set(bytes, stateAt);
        stateAt += bytes.length;
        break;
      case CHUNK.frames: {
        if (refs !== null || bytes.length !== (count + head.frames.free) * 4)
          throw damaged("its table of frames has another size than its head says");
        const all = numbers(bytes);
        refs = all.slice(0, count);
        free = all.slice(count);
        for (let f = 0; f < count; f++) pages.push(refs[f] === 0 ? null : ZERO);
        break;
      }
      case CHUNK.pages:
        pagesSeen += addPages(bytes, pages);
        break;
      case CHUNK.files:
        try {
          files.add(bytes);
        } catch (e) {
          throw damaged(`its host files cannot be read (${e instanceof Error ? e.message : String(e)})`);
        }
        break;
      default:
        throw damaged(`it has a part ${JSON.stringify(chunk.type)}, which is unknown`);
    }
  });
  if (refs === null || stateAt !== state.length || pagesSeen !== head.pages) throw damaged("parts of it are missing");
  return {
    head,
    files,
    snapshot: {
      state,
      machine: {
        registers: Uint8Array.from(head.registers),
        cr3: head.space.cr3,
        asid: head.space.asid,
        allocation: { refs, free, next: head.frames.next, used: head.frames.used },
        pages,
        retired: head.retired,
        tscBase: head.tsc.base,
        tscPerInsn: head.tsc.perInsn,
      },
    },
  };
}

const ZERO: Page = new Uint8Array(PAGE_SIZE);

function numbers(bytes: Uint8Array): Int32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(i * 4, true));
}

function addPages(bytes: Uint8Array, pages: (Page | null)[]): number {
  const n = bytes.length / (4 + PAGE_SIZE);
  if (!Number.isInteger(n) || n > PAGES_A_CHUNK) throw damaged("a part with pages has a strange size");
  const indexes = numbers(bytes.subarray(0, n * 4));
  for (let i = 0; i < n; i++) {
    const frame = indexes[i] as number;
    if (pages[frame] !== ZERO) throw damaged("it holds a page for a frame that has none, or two");
    pages[frame] = bytes.slice(n * 4 + i * PAGE_SIZE, n * 4 + (i + 1) * PAGE_SIZE);
  }
  return n;
}

const MAX_FRAMES = 2 ** 20;
const count = (v: unknown, limit: number): boolean => Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= limit;

function headOf(bytes: Uint8Array): SnapshotHead {
  let head: Partial<SnapshotHead> | null;
  try {
    head = JSON.parse(new TextDecoder().decode(bytes)) as SnapshotHead | null;
  } catch {
    throw damaged("its head cannot be read");
  }
  if (typeof head !== "object" || head === null || typeof head.lstar !== "string" || typeof head.layout !== "number")
    throw damaged("its head says nothing");
  const { frames, registers, options, stdio, tsc, space } = head;
  const fits =
    count(head.memory, 2 ** 32) &&
    count(head.retired, Number.MAX_SAFE_INTEGER) &&
    count(head.stateBytes, 2 ** 31) &&
    count(head.pages, MAX_FRAMES) &&
    frames !== undefined &&
    count(frames.next, MAX_FRAMES) &&
    frames.next >= FIRST_FRAME &&
    count(frames.used, MAX_FRAMES) &&
    count(frames.free, MAX_FRAMES) &&
    Array.isArray(registers) &&
    registers.length === CPU_CONTEXT_SIZE &&
    typeof options?.seed === "number" &&
    (options.clock === "virtual" || options.clock === "real") &&
    Array.isArray(stdio) &&
    stdio.length === 3 &&
    typeof tsc?.base === "number" &&
    typeof tsc.perInsn === "number" &&
    count(space?.cr3, 2 ** 32) &&
    count(space?.asid, 2 ** 31);
  if (!fits) throw damaged("what its head says makes no sense");
  return head as SnapshotHead;
}
