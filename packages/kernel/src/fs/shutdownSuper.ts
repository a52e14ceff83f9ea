import type { Dentry, Inode, SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { isMounted, mountNamespaces } from "./namespace.ts";
import { fsnotifyUnmount } from "./notify/fsnotify.ts";

/** A mount of a file system is gone. If it was the last one, all goes that the file system holds, at once or when nobody uses it any more. @linux fs/super.c deactivate_super */
export function deactivateSuper(k: Kernel, sb: SuperBlock): void {
  if (!sb.litter || isMounted(k, sb)) return;
  mountNamespaces(k).detached.add(sb);
  shutdownDetached(k);
}

/** A user of some file system is gone: those that are not mounted and have no other one go. */
export function shutdownDetached(k: Kernel): void {
  const { detached } = mountNamespaces(k);
  for (const sb of detached) if (isMounted(k, sb) || shutdownSuper(k, sb)) detached.delete(sb);
}

/** @returns false while the file system is used @linux fs/super.c generic_shutdown_super */
function shutdownSuper(k: Kernel, sb: SuperBlock): boolean {
  for (const { fs } of k.pids.values()) if (fs.count > 0 && (fs.root.mnt.sb === sb || fs.pwd.mnt.sb === sb)) return false;
  // An inode that more than its names hold has an open file or a mapped area.
  const names = new Map<Inode, number>();
  const dentries: Dentry[] = [sb.root!];
  for (let d = dentries.pop(); d; d = dentries.pop()) {
    if (d.inode) names.set(d.inode, (names.get(d.inode) ?? 0) + 1);
    if (d.children) dentries.push(...d.children.values());
  }
  for (const [inode, n] of names) if (inode.count > n) return false;
  fsnotifyUnmount(k, sb);
  for (const inode of names.keys()) sb.op.evictInode?.(k, inode);
  sb.root!.children = null;
  return true;
}
