import { File, type FileOperations, type Inode, type Mount, type Path, SuperBlock } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { O_ACCMODE, O_CLOEXEC, O_NONBLOCK } from "../uapi/fcntl.ts";
import { ANON_INODE_FS_MAGIC } from "../uapi/magic.ts";
import { fdInstall, fput } from "./file.ts";
import { newInode } from "./inode.ts";
import { kernMount, pseudoDentry, simpleStatfs } from "./libfs.ts";
import { getAnonBdev } from "./super.ts";

/** The one inode that all files without anything of their own in a file system share. */
class AnonInodes {
  mount: Mount;
  inode: Inode;
  /** By name: all eventfds show the same, so a million of them need it once. */
  readonly paths = new Map<string, Path>();
  constructor(mount: Mount, inode: Inode) {
    this.mount = mount;
    this.inode = inode;
  }
}
stateClass(AnonInodes);

const anonSuperOps = stateTable("anon_inodefs_super_ops", {
  statfs: (k: Kernel, sb: SuperBlock, out: Parameters<typeof simpleStatfs>[2]): number => {
    out.type = ANON_INODE_FS_MAGIC;
    return simpleStatfs(k, sb, out);
  },
});
const anonInodeOps = stateTable("anon_inode_ops", {});
const anonFops: FileOperations = stateTable("anon_inode_fops", {});

function anonInodes(k: Kernel): AnonInodes {
  let a = k.subsystems.get("anonInodes") as AnonInodes | undefined;
  if (!a) {
    const sb = new SuperBlock("anon_inodefs", anonSuperOps);
    sb.dev = getAnonBdev(k);
    const mount = kernMount(sb, "anon_inodefs");
    const inode = newInode(k, sb, 0o600, anonInodeOps, anonFops);
    inode.uid = inode.gid = 0;
    inode.count = 1;
    a = new AnonInodes(mount, inode);
    k.subsystems.set("anonInodes", a);
  }
  return a;
}

/**
 * An open file with operations but no inode of its own. `flags`: access mode and O_NONBLOCK.
 * @linux fs/anon_inodes.c anon_inode_getfile
 */
export function anonInodeGetFile(k: Kernel, name: string, fops: FileOperations, priv: object | null, flags: number): File {
  const a = anonInodes(k);
  let path = a.paths.get(name);
  if (!path) {
    path = { mnt: a.mount, dentry: pseudoDentry(`anon_inode:${name}`, a.inode) };
    a.paths.set(name, path);
  }
  const file = new File(fops, a.inode, path, flags & (O_ACCMODE | O_NONBLOCK));
  file.priv = priv;
  return file;
}

/** The same with a descriptor; O_CLOEXEC in `flags` marks it. fd or -EMFILE. @linux fs/anon_inodes.c anon_inode_getfd */
export function anonInodeGetFd(k: Kernel, name: string, fops: FileOperations, priv: object | null, flags: number): number {
  const file = anonInodeGetFile(k, name, fops, priv, flags);
  const fd = fdInstall(k, file, (flags & O_CLOEXEC) !== 0);
  if (fd < 0) fput(k, file);
  return fd;
}
