import type { Vma } from "../../include/linux/mm_types.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import * as F from "../../mm/flags.ts";
import { copyFromUser, copyToUser, getUser64 } from "../../mm/usercopy.ts";
import { vmaIndex } from "../../mm/vma.ts";
import { E2BIG, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOTTY, ESRCH } from "../../uapi/errno.ts";
import { getU64, setU64, struct } from "../../uapi/struct.ts";
import { major, minor } from "../charDev.ts";
import { dPath } from "../dcache.ts";
import { latin1Bytes } from "./file.ts";
import { vmaName } from "./vm.ts";

/** _IOWR('f', 17, struct procmap_query) */
const PROCMAP_QUERY = 0xc0686611;
const VMA_READABLE = 1;
const VMA_WRITABLE = 2;
const VMA_EXECUTABLE = 4;
const VMA_SHARED = 8;
const COVERING_OR_NEXT_VMA = 16;
const FILE_BACKED_VMA = 32;
const VALID_FLAGS = 63;
const PATH_MAX = 4096;

const query = struct("procmap_query", [
  ["size", "u64"],
  ["query_flags", "u64"],
  ["query_addr", "u64"],
  ["vma_start", "u64"],
  ["vma_end", "u64"],
  ["vma_flags", "u64"],
  ["vma_page_size", "u64"],
  ["vma_offset", "u64"],
  ["inode", "u64"],
  ["dev_major", "u32"],
  ["dev_minor", "u32"],
  ["vma_name_size", "u32"],
  ["build_id_size", "u32"],
  ["vma_name_addr", "u64"],
  ["build_id_addr", "u64"],
]);
const at = query.offset as Record<string, number>;

function shownFlags(v: Vma): number {
  return (
    (v.flags & F.VM_READ ? VMA_READABLE : 0) |
    (v.flags & F.VM_WRITE ? VMA_WRITABLE : 0) |
    (v.flags & F.VM_EXEC ? VMA_EXECUTABLE : 0) |
    (v.flags & F.VM_MAYSHARE ? VMA_SHARED : 0)
  );
}

/** @linux fs/proc/task_mmu.c query_matching_vma */
function findMatching(vmas: readonly Vma[], from: number, addr: number, flags: number): Vma | null {
  const wanted = flags & (VMA_READABLE | VMA_WRITABLE | VMA_EXECUTABLE | VMA_SHARED);
  for (let i = from; i < vmas.length; i++) {
    const v = vmas[i]!;
    const fits = (!(flags & FILE_BACKED_VMA) || v.file !== null) && (shownFlags(v) & wanted) === wanted;
    if (fits) return v.start <= addr || flags & COVERING_OR_NEXT_VMA ? v : null;
    if (!(flags & COVERING_OR_NEXT_VMA)) return null;
  }
  return null;
}

/** The ioctl of /proc/PID/maps that tells of one area in binary form. @linux fs/proc/task_mmu.c do_procmap_query */
export function procmapQuery(k: Kernel, task: Task, cmd: number, arg: number): number {
  if (cmd !== PROCMAP_QUERY) return -ENOTTY;
  const size = getUser64(k, arg);
  if (size < 0) return -EFAULT;
  if (size < at["vma_start"]!) return -EINVAL;
  if (size > F.PAGE_SIZE) return -E2BIG;
  const bytes = new Uint8Array(Math.max(size, query.size));
  if (copyFromUser(k, arg, bytes, 0, size) < 0) return -EFAULT;
  for (let i = query.size; i < size; i++) if (bytes[i] !== 0) return -E2BIG;
  const view = new DataView(bytes.buffer);
  const flags = getU64(view, at["query_flags"]!);
  if (flags > VALID_FLAGS) return -EINVAL;
  const nameRoom = view.getUint32(at["vma_name_size"]!, true);
  const nameAddr = getU64(view, at["vma_name_addr"]!);
  if ((nameRoom !== 0) !== (nameAddr !== 0)) return -EINVAL;
  if ((view.getUint32(at["build_id_size"]!, true) !== 0) !== (getU64(view, at["build_id_addr"]!) !== 0)) return -EINVAL;
  const { mm } = task;
  if (!mm) return -ESRCH;
  const addr = getU64(view, at["query_addr"]!);
  const v = findMatching(mm.vmas, vmaIndex(mm, addr), addr, flags);
  if (!v) return -ENOENT;
  const inode = v.file?.inode;
  setU64(view, at["vma_start"]!, v.start);
  setU64(view, at["vma_end"]!, v.end);
  setU64(view, at["vma_flags"]!, shownFlags(v));
  setU64(view, at["vma_page_size"]!, F.PAGE_SIZE);
  setU64(view, at["vma_offset"]!, inode ? v.pgoff * F.PAGE_SIZE : 0);
  setU64(view, at["inode"]!, inode?.ino ?? 0);
  view.setUint32(at["dev_major"]!, inode ? major(inode.sb.dev) : 0, true);
  view.setUint32(at["dev_minor"]!, inode ? minor(inode.sb.dev) : 0, true);
  view.setUint32(at["build_id_size"]!, 0, true);
  if (nameRoom !== 0) {
    const name = latin1Bytes(v.file ? dPath(k, v.file.path) : vmaName(mm, v));
    const needed = name.length === 0 ? 0 : name.length + 1;
    if (needed > Math.min(nameRoom, PATH_MAX)) return -ENAMETOOLONG;
    view.setUint32(at["vma_name_size"]!, needed, true);
    const ended = new Uint8Array(needed);
    ended.set(name);
    if (copyToUser(k, nameAddr, ended, 0, needed) < 0) return -EFAULT;
  }
  return copyToUser(k, arg, bytes, 0, Math.min(size, query.size)) < 0 ? -EFAULT : 0;
}
