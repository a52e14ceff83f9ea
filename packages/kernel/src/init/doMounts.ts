import "../fs/devpts.ts";
import "../fs/devtmpfs.ts";
import "../fs/proc/root.ts";
import "../fs/sysfs/sysfs.ts";
import { filenameCreate, pathLookupAt, vfsMkdir } from "../fs/namei.ts";
import { doMountRoot, mountAt } from "../fs/namespace.ts";
import { getFilesystem } from "../fs/super.ts";
import type { Mount, SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { EEXIST, EINVAL, ENODEV, EROFS } from "../uapi/errno.ts";

const AT_FDCWD = -100;
const LOOKUP_FOLLOW = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;

/** Mounts the root file system. @linux init/do_mounts.c mount_root */
export function mountRoot(k: Kernel, rootfs: "tmpfs" | ((k: Kernel) => SuperBlock | number), source = "rootfs"): Mount | number {
  const sb = rootfs === "tmpfs" ? newSuper(k, "tmpfs", "rootfs", "mode=755") : rootfs(k);
  if (typeof sb === "number") return sb;
  const mount = doMountRoot(k, sb, source);
  if (typeof mount !== "number") k.rootMount = mount;
  return mount;
}

/** One file system every machine has. `whenMissing`: only where the root has no such directory. */
interface DefaultMount {
  at: string;
  type: string;
  source: string;
  flags: number;
  data: string;
  whenMissing?: boolean;
}

const defaults: readonly DefaultMount[] = [
  { at: "/proc", type: "proc", source: "proc", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  { at: "/sys", type: "sysfs", source: "sysfs", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  { at: "/dev", type: "devtmpfs", source: "devtmpfs", flags: MS_NOSUID, data: "mode=755" },
  { at: "/dev/pts", type: "devpts", source: "devpts", flags: MS_NOSUID | MS_NOEXEC, data: "gid=5,mode=620,ptmxmode=666" },
  { at: "/dev/shm", type: "tmpfs", source: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=1777" },
  { at: "/dev/mqueue", type: "mqueue", source: "mqueue", flags: MS_NOSUID | MS_NODEV | MS_NOEXEC, data: "" },
  { at: "/tmp", type: "tmpfs", source: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=1777", whenMissing: true },
  { at: "/run", type: "tmpfs", source: "tmpfs", flags: MS_NOSUID | MS_NODEV, data: "mode=755", whenMissing: true },
];

/** Mounts what programs expect: /proc, /dev and below; /tmp and /run unless the root brings them. */
export function mountDefaults(k: Kernel): number {
  for (const m of defaults) {
    const made = makeDirectory(k, m.at, m.data.includes("1777") ? 0o1777 : 0o755);
    if (made === -EEXIST && m.whenMissing) continue;
    if (made < 0 && made !== -EEXIST) {
      // A read-only root without the directory goes without that file system.
      if (made === -EROFS) continue;
      return made;
    }
    const sb = newSuper(k, m.type, m.source, m.data);
    if (typeof sb === "number") {
      if (sb === -ENODEV) continue;
      return sb;
    }
    const path = pathLookupAt(k, AT_FDCWD, m.at, LOOKUP_FOLLOW);
    if (typeof path === "number") return path;
    const mount = mountAt(k, sb, path, m.source, m.flags);
    if (typeof mount === "number") return mount;
  }
  return 0;
}

function newSuper(k: Kernel, type: string, source: string, data: string): SuperBlock | number {
  const fs = getFilesystem(type);
  return fs ? fs.mount(k, source, 0, data) : -ENODEV;
}

/** mkdir from inside the kernel. @returns 0 or a negated errno @linux init/do_mounts.c create_dev's init_mkdir */
export function makeDirectory(k: Kernel, name: string, mode: number): number {
  const made = filenameCreate(k, AT_FDCWD, name, 0);
  if (typeof made === "number") return made;
  const dir = made.path.dentry.inode;
  if (!dir) return -EINVAL;
  const umask = k.current.fs.umask;
  k.current.fs.umask = 0;
  const r = vfsMkdir(k, dir, made.dentry, mode);
  k.current.fs.umask = umask;
  return r;
}
