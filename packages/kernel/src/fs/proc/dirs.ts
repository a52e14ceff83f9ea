import type { Dentry, DirContext, File, FileOperations, Inode, InodeOperations, SuperBlock } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import { tasksOf } from "../../kernel/pid.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { ENOENT, ESRCH } from "../../uapi/errno.ts";
import { dInstantiate } from "../dcache.ts";
import { dirEmitDots, dirLlseek } from "../libfs.ts";
import { genericPermission } from "../permission.ts";
import { globalEntries, type ProcEntry, taskEntries } from "./entry.ts";
import { fdDirFops, fdDirInodeOps } from "./fd.ts";
import { procAlive } from "./file.ts";
import { namesBelow, ProcInfo, procInfo } from "./info.ts";
import { procInstantiate, procNewInode, procOwner } from "./inode.ts";
import { mapFilesFops, mapFilesInodeOps } from "./mapFiles.ts";

const S_IFDIR = 0o040000;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;
/** Processes come after all names of the root: process p is at this position + p. @linux fs/proc/internal.h FIRST_PROCESS_ENTRY */
const FIRST_PROCESS = 258;

/** Directories of a process that list something of their own. */
const fdDirs: Record<string, number> = { fd: 0o500, fdinfo: 0o555 };

function parsePid(name: string): number {
  return /^[1-9]\d{0,9}$/.test(name) ? Number(name) : 0;
}

function getattrDir(k: Kernel, inode: Inode): number {
  const { task, area, path } = procInfo(inode);
  if (task && procAlive(k, task)) procOwner(inode, task);
  if (area === "tgid" && path === "task" && task) inode.nlink = 2 + task.signal.threads.length;
  return 0;
}

/** Nothing more is to be had from a process that is gone. @linux fs/proc/base.c proc_pid_permission */
function taskPermission(k: Kernel, inode: Inode, mask: number): number {
  const { task } = procInfo(inode);
  return task && !procAlive(k, task) ? -ESRCH : genericPermission(k.current.cred, inode, mask);
}

function childPath(dir: ProcInfo, name: string): string {
  return dir.path === "" ? name : `${dir.path}/${name}`;
}

/** A directory of the global tree. */
function lookupGlobal(k: Kernel, dir: Inode, dentry: Dentry): number {
  const info = procInfo(dir);
  const pid = info.path === "" ? parsePid(dentry.name) : 0;
  if (pid !== 0) {
    const task = k.pids.get(pid);
    // A thread's directory can be named, too, though it is not listed.
    if (!task) return -ENOENT;
    dInstantiate(dentry, newTaskDir(k, dir.sb, task, "tgid"));
    return 0;
  }
  const path = childPath(info, dentry.name);
  const child = new ProcInfo("global", path, null);
  if (globalEntries.has(path)) return procInstantiate(k, dentry, dir.sb, child);
  if (namesBelow(globalEntries, path).length === 0) return -ENOENT;
  dInstantiate(dentry, procNewInode(k, dir.sb, S_IFDIR | 0o555, child, globalDirInodeOps, globalDirFops));
  return 0;
}

function newTaskDir(k: Kernel, sb: SuperBlock, task: Task, area: "tgid" | "tid"): Inode {
  const inode = procNewInode(k, sb, S_IFDIR | 0o555, new ProcInfo(area, "", task), taskDirInodeOps, taskDirFops);
  inode.nlink = area === "tgid" ? 9 : 7;
  return inode;
}

function visibleIn(area: ProcInfo["area"]): (entry: ProcEntry) => boolean {
  return (entry) => (area === "tgid" ? !entry.tidOnly : !entry.tgidOnly);
}

/** A directory of a process or thread. */
function lookupTask(k: Kernel, dir: Inode, dentry: Dentry): number {
  const info = procInfo(dir);
  const { task, area } = info;
  if (!task || !procAlive(k, task)) return -ENOENT;
  if (area === "tgid" && info.path === "task") return lookupThread(k, dir, dentry, task);
  const path = childPath(info, dentry.name);
  const child = new ProcInfo(area, path, task);
  const fdMode = fdDirs[path];
  if (fdMode !== undefined) {
    dInstantiate(dentry, procNewInode(k, dir.sb, S_IFDIR | fdMode, child, fdDirInodeOps, fdDirFops));
    return 0;
  }
  if (area === "tgid" && path === "map_files") {
    dInstantiate(dentry, procNewInode(k, dir.sb, S_IFDIR | 0o500, child, mapFilesInodeOps, mapFilesFops));
    return 0;
  }
  if (area === "tgid" && path === "task") {
    dInstantiate(dentry, procNewInode(k, dir.sb, S_IFDIR | 0o555, child, taskDirInodeOps, taskDirFops));
    return 0;
  }
  const entry = taskEntries.get(path);
  if (entry) return visibleIn(area)(entry) ? procInstantiate(k, dentry, dir.sb, child) : -ENOENT;
  if (namesBelow(taskEntries, path, visibleIn(area)).length === 0) return -ENOENT;
  dInstantiate(dentry, procNewInode(k, dir.sb, S_IFDIR | (path === "ns" ? 0o511 : 0o555), child, taskDirInodeOps, taskDirFops));
  return 0;
}

function lookupThread(k: Kernel, dir: Inode, dentry: Dentry, leader: Task): number {
  const thread = k.pids.get(parsePid(dentry.name));
  if (thread?.tgid !== leader.tgid) return -ENOENT;
  dInstantiate(dentry, newTaskDir(k, dir.sb, thread, "tid"));
  return 0;
}

/** Lists names from position 2 on. */
function emitNames(ctx: DirContext, ino: number, names: readonly string[], typeOf: (name: string) => number): boolean {
  for (; ctx.pos - 2 < names.length; ctx.pos++) {
    const name = names[ctx.pos - 2] as string;
    if (!ctx.emit(name, ino * 4096 + ctx.pos, typeOf(name))) return false;
  }
  return true;
}

function typeIn(entries: Map<string, ProcEntry>, info: ProcInfo): (name: string) => number {
  return (name) => {
    const entry = entries.get(childPath(info, name));
    return entry ? (entry.link ? DT_LNK : DT_REG) : DT_DIR;
  };
}

function iterateGlobal(k: Kernel, file: File, ctx: DirContext): number {
  if (!dirEmitDots(k, file, ctx)) return 0;
  const info = procInfo(file.inode);
  if (ctx.pos < FIRST_PROCESS && !emitNames(ctx, file.inode.ino, namesBelow(globalEntries, info.path), typeIn(globalEntries, info)))
    return 0;
  if (info.path !== "") return 0;
  if (ctx.pos < FIRST_PROCESS) ctx.pos = FIRST_PROCESS;
  const pids = [...tasksOf(k)].filter((t) => t.pid === t.tgid).map((t) => t.pid);
  for (const pid of pids.sort((a, b) => a - b)) {
    if (pid < ctx.pos - FIRST_PROCESS) continue;
    ctx.pos = FIRST_PROCESS + pid;
    if (!ctx.emit(String(pid), 0x10000 + pid, DT_DIR)) return 0;
    ctx.pos++;
  }
  return 0;
}

function iterateTask(k: Kernel, file: File, ctx: DirContext): number {
  const info = procInfo(file.inode);
  const { task } = info;
  if (!task || !procAlive(k, task)) return -ENOENT;
  if (!dirEmitDots(k, file, ctx)) return 0;
  if (info.area === "tgid" && info.path === "task") {
    const threads = [...task.signal.threads].map((t) => t.pid).sort((a, b) => a - b);
    emitNames(ctx, file.inode.ino, threads.map(String), () => DT_DIR);
    return 0;
  }
  const names = namesBelow(taskEntries, info.path, visibleIn(info.area));
  if (info.path === "") names.unshift(...(info.area === "tgid" ? ["task", "fd", "map_files", "fdinfo"] : ["fd", "fdinfo"]));
  emitNames(ctx, file.inode.ino, names, typeIn(taskEntries, info));
  return 0;
}

export const globalDirInodeOps: InodeOperations = stateTable("proc_dir_inode_operations", { lookup: lookupGlobal });
export const globalDirFops: FileOperations = stateTable("proc_dir_operations", { iterate: iterateGlobal, llseek: dirLlseek });
const taskDirInodeOps: InodeOperations = stateTable("proc_tgid_base_inode_operations", {
  lookup: lookupTask,
  getattr: getattrDir,
  permission: taskPermission,
});
const taskDirFops: FileOperations = stateTable("proc_tgid_base_operations", { iterate: iterateTask, llseek: dirLlseek });
