import type { Kernel } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import { kernelRead } from "@lstar/kernel/fs/readWrite.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { vmaAt } from "@lstar/kernel/mm/vma.ts";
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

  #module(k: Kernel, task: Task, address: number): Module | null {
    if (!task.mm) return null;
    // .bss lies behind the file's mappings: the module is the last one that begins before the address.
    for (let i = task.mm.vmas.length - 1; i >= 0; i--) {
      const vma = task.mm.vmas[i];
      if (!vma?.file || vma.start > address || vma.pgoff !== 0) continue;
      const info = this.#info(k, vma.file);
      if (!info) return null;
      const bias = info.relocatable ? vma.start - info.low : 0;
      return address < info.high + bias ? { name: dPath(k, vma.file.path).replace(/.*\//, ""), info, bias } : null;
    }
    return null;
  }

  /** A variable's name, with the distance from its start: "lock", "accounts+48"; "" if nothing is known. */
  variable(k: Kernel, task: Task, address: number): string {
    const m = this.#module(k, task, address);
    const found = m && symbolAt(m.info.objects, address - m.bias);
    if (found) return found.name + (found.offset > 0 ? `+${found.offset}` : "");
    const vma = task.mm && vmaAt(task.mm, address);
    if (!vma || vma.file) return "";
    if (task.mm && address >= task.mm.startBrk && address < task.mm.brk) return "the heap";
    return "";
  }

  /** Where code is: "consume (lost-wakeup.c:27)", "memcpy in libc.so.6", or the number. */
  code(k: Kernel, task: Task, address: number): string {
    const m = this.#module(k, task, address);
    const name = m?.info.functionAt(address - m.bias) ?? "";
    const place = m?.info.placeAt(address - m.bias);
    if (!m || name === "") return `0x${address.toString(16)}${m ? ` in ${m.name}` : ""}`;
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
