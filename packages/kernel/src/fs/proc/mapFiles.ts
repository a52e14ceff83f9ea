import type { Dentry, DirContext, File, FileOperations, Inode, InodeOperations, Path } from "../../include/linux/fs.ts";
import type { Vma } from "../../include/linux/mm_types.ts";
import { ptraceMayAccess } from "../../kernel/ptraceAccess.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { EACCES, ENOENT } from "../../uapi/errno.ts";
import { dInstantiate, dPath } from "../dcache.ts";
import { dirEmitDots, dirLlseek } from "../libfs.ts";
import { hex } from "./entry.ts";
import { procAlive } from "./file.ts";
import { ProcInfo, procInfo } from "./info.ts";
import { procNewInode } from "./inode.ts";

const S_IFLNK = 0o120000;
const DT_LNK = 10;

function nameOf(vma: Vma): string {
  return `${hex(vma.start)}-${hex(vma.end)}`;
}

/** The mapped file that a name such as "400000-401000" stands for. */
function mapped(k: Kernel, info: ProcInfo, name: string): File | null {
  const mm = info.task && procAlive(k, info.task) ? info.task.mm : null;
  return mm?.vmas.find((v) => v.file && nameOf(v) === name)?.file ?? null;
}

const linkOps: InodeOperations = stateTable("proc_map_files_link_inode_operations", {
  readlink(k: Kernel, inode: Inode): string | number {
    const file = mapped(k, procInfo(inode), procInfo(inode).path);
    return file ? dPath(k, file.path) : -ENOENT;
  },
  followLink(k: Kernel, inode: Inode): Path | number {
    const file = mapped(k, procInfo(inode), procInfo(inode).path);
    return file ? file.path : -ENOENT;
  },
});

/** Is the mapping still there? @linux fs/proc/base.c map_files_d_revalidate */
export function mapFilesRevalidate(k: Kernel, dentry: Dentry): boolean {
  return mapped(k, procInfo(dentry.inode as Inode), dentry.name) !== null;
}

export const mapFilesInodeOps: InodeOperations = stateTable("proc_map_files_inode_operations", {
  lookup(k: Kernel, dir: Inode, dentry: Dentry): number {
    const { task } = procInfo(dir);
    if (!task || !ptraceMayAccess(k, task, true)) return -EACCES;
    if (!mapped(k, procInfo(dir), dentry.name)) return -ENOENT;
    const inode = procNewInode(k, dir.sb, S_IFLNK | 0o500, new ProcInfo("map", dentry.name, task), linkOps, {});
    inode.size = 64;
    dInstantiate(dentry, inode);
    return 0;
  },
});

export const mapFilesFops: FileOperations = stateTable("proc_map_files_operations", {
  iterate(k: Kernel, file: File, ctx: DirContext): number {
    const { task } = procInfo(file.inode);
    if (!task || !procAlive(k, task)) return -ENOENT;
    if (!ptraceMayAccess(k, task, true)) return -EACCES;
    if (!dirEmitDots(k, file, ctx)) return 0;
    const names = (task.mm?.vmas ?? []).filter((v) => v.file).map(nameOf);
    for (; ctx.pos - 2 < names.length; ctx.pos++) {
      if (!ctx.emit(names[ctx.pos - 2] as string, file.inode.ino * 4096 + ctx.pos, DT_LNK)) return 0;
    }
    return 0;
  },
  llseek: dirLlseek,
});
