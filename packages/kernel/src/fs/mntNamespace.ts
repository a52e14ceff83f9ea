import type { Dentry, FsStruct, Path } from "../include/linux/fs.ts";
import { Mount } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import type { Kernel } from "../kernel.ts";
import { followDown, initialMounts, MountTable, mountNamespaces, mountTable, refreshMountpoint, touchMounts } from "./namespace.ts";
import { NsInfo } from "./nsfs.ts";
import { deactivateSuper } from "./shutdownSuper.ts";

export type { MountTable };

/** A namespace like the current task's, with mounts of its own; root and working directory of `fs` move there. @linux fs/namespace.c copy_mnt_ns */
export function copyMntNs(k: Kernel, inum: number, fs: FsStruct): MountTable {
  const old = mountTable(k);
  const all = mountNamespaces(k);
  const ns = new MountTable(inum);
  const copies = new Map<Mount, Mount>();
  for (const m of old.mounts) {
    const copy = new Mount(all.nextId++, m.sb, m.root, null, null, m.source);
    copy.flags = m.flags;
    copy.ns = ns;
    copies.set(m, copy);
    ns.mounts.push(copy);
  }
  for (const [m, copy] of copies) {
    // The top is its own parent.
    copy.parent = copies.get(m.parent) ?? copy;
    copy.mountpoint = m.mountpoint;
  }
  const moved = (p: Path): Path => ({ mnt: copies.get(p.mnt) ?? p.mnt, dentry: p.dentry });
  fs.root = moved(fs.root);
  fs.pwd = moved(fs.pwd);
  all.namespaces.add(ns);
  return ns;
}

/** The current task goes to another namespace (null: the first), to its root. @linux fs/namespace.c mntns_install */
export function mntnsInstall(k: Kernel, ns: MountTable | null): void {
  const task = k.current;
  const before = task.mntNs;
  task.mntNs = ns;
  const top = (ns ?? initialMounts(k)).mounts.find((m) => m.parent === m);
  if (top) task.fs.root = task.fs.pwd = followDown(k, { mnt: top, dentry: top.root });
  if (before !== ns) putMntNs(k, before);
}

/** Mounts vanish from their namespace. */
export function forgetMounts(k: Kernel, ns: MountTable, gone: readonly Mount[]): void {
  ns.mounts = ns.mounts.filter((m) => !gone.includes(m));
  for (const m of gone) refreshMountpoint(k, m.mountpoint);
  touchMounts(k, ns);
  for (const m of gone) deactivateSuper(k, m.sb);
  // What was mounted may have been the file that kept another namespace.
  for (const m of gone) {
    const info = m.root.inode?.info;
    if (info instanceof NsInfo && info.type === "mnt") putMntNs(k, info.ns as MountTable | null);
  }
}

/** Nobody may be in a namespace any more, and no file stands for it: then its mounts go. @linux fs/namespace.c put_mnt_ns */
export function putMntNs(k: Kernel, ns: MountTable | null): void {
  const { namespaces } = mountNamespaces(k);
  if (ns === null || ns.pins > 0 || !namespaces.has(ns)) return;
  for (const t of k.pids.values()) if (t.mntNs === ns && !t.exiting) return;
  const file = ns.place?.dentry;
  if (file) for (const other of namespaces) if (other.mounts.some((m) => m.root === file)) return;
  namespaces.delete(ns);
  forgetMounts(k, ns, ns.mounts);
}

/** A task is on its way out. */
export function exitMntNs(k: Kernel, task: Task): void {
  if (task.mntNs !== null) putMntNs(k, task.mntNs);
}

/** Is something mounted there that the current task sees? @linux include/linux/mount.h is_local_mountpoint */
export function isLocalMountpoint(k: Kernel, dentry: Dentry): boolean {
  return dentry.mounted && mountTable(k).mounts.some((m) => m.mountpoint === dentry && m.parent !== m);
}

/** A place is gone: what other namespaces have mounted there goes too. @linux fs/namespace.c detach_mounts */
export function detachMounts(k: Kernel, dentry: Dentry): void {
  if (!dentry.mounted) return;
  for (const ns of mountNamespaces(k).namespaces) {
    const below = (m: Mount): boolean => {
      for (let p = m; p.parent !== p; p = p.parent) if (p.mountpoint === dentry) return true;
      return false;
    };
    const gone = ns.mounts.filter(below);
    if (gone.length > 0) forgetMounts(k, ns, gone);
  }
}
