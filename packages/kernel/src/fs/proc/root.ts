import type { Dentry, Inode, SuperOperations } from "../../include/linux/fs.ts";
import { SuperBlock } from "../../include/linux/fs.ts";
import { onProcessExit } from "../../kernel/exitHooks.ts";
import type { Kernel } from "../../kernel.ts";
import { stateTable } from "../../state.ts";
import { dDrop, dMakeRoot } from "../dcache.ts";
import { simpleStatfs } from "../libfs.ts";
import { getAnonBdev, registerFilesystem } from "../super.ts";
import { globalDirFops, globalDirInodeOps } from "./dirs.ts";
import "./global.ts";
import "./pid.ts";
import "./pidMaps.ts";
import "./pidMem.ts";
import "./stat.ts";
import "./status.ts";
import "./sysctl.ts";
import "./net.ts";
import "../../kernel/configs.ts";
import { fdRevalidate } from "./fd.ts";
import { procAlive } from "./file.ts";
import { ProcInfo, procInfo } from "./info.ts";
import { procNewInode, procOwner } from "./inode.ts";
import { mapFilesRevalidate } from "./mapFiles.ts";

const PROC_SUPER_MAGIC = 0x9fa0;
const S_IFDIR = 0o040000;

/** What the cached name stands for is still there. @linux fs/proc/base.c pid_revalidate */
function dRevalidate(k: Kernel, dentry: Dentry): boolean {
  const inode = dentry.inode as Inode;
  const info = procInfo(inode);
  if (!info.task) return true;
  if (!procAlive(k, info.task)) return false;
  if (info.area === "fd" || info.area === "fdinfo") return fdRevalidate(k, dentry);
  if (info.area === "map") return mapFilesRevalidate(k, dentry);
  procOwner(inode, info.task);
  return true;
}

const procSuperOps: SuperOperations = stateTable("proc_sops", {
  statfs(k, sb, out) {
    const r = simpleStatfs(k, sb, out);
    out.type = PROC_SUPER_MAGIC;
    return r;
  },
  dRevalidate,
});

/** All mounts show the same. @linux fs/proc/root.c proc_fill_super */
export function procMount(k: Kernel): SuperBlock {
  const existing = k.subsystems.get("proc") as SuperBlock | undefined;
  if (existing) return existing;
  const sb = new SuperBlock("proc", procSuperOps);
  sb.dev = getAnonBdev(k);
  const root = procNewInode(k, sb, S_IFDIR | 0o555, new ProcInfo("global", "", null), globalDirInodeOps, globalDirFops);
  sb.root = dMakeRoot(root);
  // Numbers below are for the names of processes in listings.
  sb.nextIno = 0x40000000;
  k.subsystems.set("proc", sb);
  return sb;
}

// The names of a process that ends need not be kept. @linux fs/proc/base.c proc_flush_pid
onProcessExit((k, task) => {
  const sb = k.subsystems.get("proc") as SuperBlock | undefined;
  const dentry = sb?.root?.children?.get(String(task.tgid));
  if (dentry) dDrop(dentry);
});

registerFilesystem("proc", { nodev: true, mount: (k) => procMount(k) });
