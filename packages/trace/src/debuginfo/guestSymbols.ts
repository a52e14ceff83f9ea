import type { Kernel } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import { kernelRead } from "@lstar/kernel/fs/readWrite.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { DebugInfo } from "./debugInfo.ts";
import type { ElfFunction } from "./elfSymbols.ts";

/** A file larger than this is not looked into. */
const MAX_FILE = 256 * 1024 * 1024;

/** A program or library in an address space. */
interface Module {
  name: string;
  info: DebugInfo;
  /** Added to the file's addresses. */
  bias: number;
}

/** The files that are mapped in an address space from their beginning, and where its heap is. */
export interface MemoryMap {
  readonly files: readonly { file: File; start: number }[];
  readonly heap: readonly [start: number, end: number];
}

/** A task's map as it is now: names can be found in it when the task is gone. */
export function memoryMap(task: Task): MemoryMap {
  const vmas = task.mm?.vmas ?? [];
  return {
    files: vmas.flatMap((v) => (v.file && v.pgoff === 0 ? [{ file: v.file, start: v.start }] : [])),
    heap: task.mm ? [task.mm.startBrk, task.mm.brk] : [0, 0],
  };
}

/**
 * Names of places in tasks' memory, out of the symbols and line tables of the files that are mapped there. Files are read
 * through the guest's kernel: only for a run that is over, or that nobody goes on with. What was read is kept.
 */
export class GuestSymbols {
  readonly #files = new Map<string, DebugInfo | null>();

  #info(k: Kernel, file: File): DebugInfo | null {
    const { inode } = file;
    const key = `${dPath(k, file.path)} ${inode.size} ${inode.mtime.sec}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    let info: DebugInfo | null = null;
    if (inode.size > 0 && inode.size <= MAX_FILE) {
      const bytes = new Uint8Array(inode.size);
      if (kernelRead(k, file, bytes, 0) === bytes.length) info = new DebugInfo(bytes);
    }
    this.#files.set(key, info);
    return info;
  }

  #module(k: Kernel, map: MemoryMap, address: number): Module | null {
    // .bss lies behind the file's mappings: the module is the last one that begins before the address.
    for (let i = map.files.length - 1; i >= 0; i--) {
      const { file, start } = map.files[i] as MemoryMap["files"][number];
      if (start > address) continue;
      const info = this.#info(k, file);
      if (!info) return null;
      const bias = info.relocatable ? start - info.low : 0;
      return address < info.high + bias ? { name: dPath(k, file.path).replace(/.*\//, ""), info, bias } : null;
    }
    return null;
  }

  /** A variable's name, with the distance from its start: "lock", "accounts+48"; "" if nothing is known. */
  variable(k: Kernel, map: MemoryMap, address: number): string {
    const m = this.#module(k, map, address);
    const found = m && symbolAt(m.info.objects, address - m.bias);
    if (found) return found.name + (found.offset > 0 ? `+${found.offset}` : "");
    return address >= map.heap[0] && address < map.heap[1] ? "the heap" : "";
  }

  /**
   * Is it the program's own code? If its file has line information, code that has a line; else code that is in no shared
   * library.
   */
  isOwn(k: Kernel, map: MemoryMap, address: number): boolean {
    const m = this.#module(k, map, address);
    if (!m) return true;
    if (m.info.lines) return m.info.placeAt(address - m.bias) !== null;
    return !/^(lib|ld-|\[)/.test(m.name);
  }

  /** Where code is: "consume (lost-wakeup.c:27)", "memcpy in libc.so.6", "libc.so.6+0x1234", or the number. */
  code(k: Kernel, map: MemoryMap, address: number): string {
    const m = this.#module(k, map, address);
    if (!m) return `0x${address.toString(16)}`;
    const name = m.info.functionAt(address - m.bias);
    const place = m.info.placeAt(address - m.bias);
    if (name === "") return `${m.name}+0x${(address - m.bias).toString(16)}`;
    return place ? `${name} (${place.file.replace(/.*\//, "")}:${place.line})` : `${name} in ${m.name}`;
  }
}

function symbolAt(symbols: readonly ElfFunction[], address: number): { name: string; offset: number } | null {
  let found: ElfFunction | null = null;
  for (const s of symbols) {
    if (s.address > address) break;
    if (address < s.address + Math.max(1, s.size)) found = s;
  }
  return found && { name: found.name, offset: address - found.address };
}
