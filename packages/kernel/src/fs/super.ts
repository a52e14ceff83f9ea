import type { SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";

/** struct file_system_type */
export interface FilesystemType {
  /** Makes a super block with its root dentry. `data` is the option string. */
  mount(k: Kernel, source: string, flags: number, data: string): SuperBlock | number;
  /** Not backed by a block device ("nodev" in /proc/filesystems). */
  nodev?: boolean;
}

const types = new Map<string, FilesystemType>();

/** @linux fs/filesystems.c register_filesystem */
export function registerFilesystem(name: string, type: FilesystemType): void {
  types.set(name, type);
}
export function getFilesystem(name: string): FilesystemType | null {
  return types.get(name) ?? null;
}
/** Names and kinds, for /proc/filesystems. */
export function filesystems(): IterableIterator<[string, FilesystemType]> {
  return types.entries();
}

class AnonDevices {
  next = 1;
}

/** Device number for a file system without device. @linux fs/super.c get_anon_bdev */
export function getAnonBdev(k: Kernel): number {
  let s = k.subsystems.get("anonDevices") as AnonDevices | undefined;
  if (!s) {
    s = new AnonDevices();
    k.subsystems.set("anonDevices", s);
  }
  return s.next++;
}
stateClass(AnonDevices);
