import type { File, Inode } from "../../include/linux/fs.ts";
import type { Vma, VmOperations } from "../../include/linux/mm_types.ts";
import type { Kernel } from "../../kernel.ts";
import { PAGE_SIZE, VM_MAYWRITE, VM_SHARED } from "../../mm/flags.ts";
import { pagecacheIsizeExtended } from "../../mm/pageCache.ts";
import { shmemFileOps } from "../../mm/shmem.ts";
import { stateClass, stateTable } from "../../state.ts";
import { countCopy, DMA_OUT } from "../../trace/copies.ts";
import { FALLOC_FL_PUNCH_HOLE } from "../../uapi/fcntl.ts";
import { onSync } from "../syncHooks.ts";
import { hostSource } from "./hostfs.ts";

/** Files of the host with pages that were written through shared mappings and are not on the host yet. */
class HostWriteback {
  inodes = new Set<Inode>();
}
stateClass(HostWriteback);

/** May somebody besides `but` still write the file through memory? */
function stillMapped(inode: Inode, but: Vma | null): boolean {
  for (const v of inode.mapping!.mappings) if (v !== but && v.flags & VM_SHARED && v.flags & VM_MAYWRITE) return true;
  return false;
}

/** Writes mapped pages that were changed to the host. They stay noted while they can be changed again. 0 or -errno. */
function writeBack(k: Kernel, inode: Inode, closing: Vma | null = null): number {
  const { mapping } = inode;
  const source = hostSource(inode);
  let error = 0;
  if (mapping?.writeback && source && k.host.fs?.write) {
    for (const index of mapping.writeback) {
      const frame = mapping.pages.get(index);
      const n = Math.min(PAGE_SIZE, inode.size - index * PAGE_SIZE);
      if (frame === undefined || n <= 0) continue;
      const bytes = k.machine.phys.u8.subarray(frame * PAGE_SIZE, frame * PAGE_SIZE + n);
      const r = k.host.fs.write(source.path, bytes, index * PAGE_SIZE);
      if (r < 0) error ||= r;
      else countCopy(k, DMA_OUT, n);
    }
  }
  if (mapping?.writeback && !stillMapped(inode, closing)) {
    mapping.writeback = null;
    (k.subsystems.get("hostWriteback") as HostWriteback | undefined)?.inodes.delete(inode);
  }
  return error;
}

/** All that is left to write, at the end of the machine and for sync. */
function writeBackAll(k: Kernel): void {
  const pending = k.subsystems.get("hostWriteback") as HostWriteback | undefined;
  for (const inode of [...(pending?.inodes ?? [])]) writeBack(k, inode);
}

onSync(writeBackAll);

const hostVmOps: VmOperations = stateTable("host_vm_ops", {
  close(k, vma) {
    writeBack(k, vma.file!.inode, vma);
  },
});

/** Notes pages written from now on, if the mapping is shared and may be written. */
export function hostMmap(k: Kernel, file: File, vma: Vma): number {
  const r = shmemFileOps.mmap!(k, file, vma);
  if (r < 0 || !(vma.flags & VM_SHARED) || !(vma.flags & VM_MAYWRITE)) return r;
  vma.ops = hostVmOps;
  file.inode.mapping!.writeback ??= new Set();
  let pending = k.subsystems.get("hostWriteback") as HostWriteback | undefined;
  if (!pending) {
    pending = new HostWriteback();
    k.subsystems.set("hostWriteback", pending);
  }
  pending.inodes.add(file.inode);
  return r;
}

const zeros = new Uint8Array(65536);

/** As in memory, then on the host: freed ranges read as zeros, and the size is the same. */
export function hostFallocate(k: Kernel, file: File, mode: number, offset: number, length: number): number {
  const { inode } = file;
  const before = inode.size;
  const r = shmemFileOps.fallocate!(k, file, mode, offset, length);
  const source = hostSource(inode);
  const { fs } = k.host;
  if (r < 0 || !source || !fs) return r;
  if (inode.size !== before) return fs.truncate?.(source.path, inode.size) ?? 0;
  if (!(mode & FALLOC_FL_PUNCH_HOLE)) return r;
  const end = Math.min(offset + length, inode.size);
  for (let at = offset; at < end; at += zeros.length) {
    const n = Math.min(zeros.length, end - at);
    const w = fs.write?.(source.path, zeros.subarray(0, n), at) ?? 0;
    if (w < 0) return w;
    countCopy(k, DMA_OUT, n);
  }
  return r;
}

export function hostFsync(k: Kernel, file: File): number {
  pagecacheIsizeExtended(k, file.inode.mapping!, file.inode.size);
  return writeBack(k, file.inode);
}
