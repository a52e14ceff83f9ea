import type { Inode } from "../include/linux/fs.ts";
import { type FileOperations, type InodeOperations, type Mount, type Path, SuperBlock } from "../include/linux/fs.ts";
import type { UtsNamespace } from "../kernel/utsname.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass, stateTable } from "../state.ts";
import { EINVAL, ENOTTY, EPERM } from "../uapi/errno.ts";
import { newInode } from "./inode.ts";
import { kernMount, pseudoDentry } from "./libfs.ts";
import { putMntNs } from "./mntNamespace.ts";
import type { MountTable } from "./namespace.ts";
import { getAnonBdev } from "./super.ts";

const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;
const NS_GET_NSTYPE = 0xb703;

/** CLONE_NEW* by the name a namespace shows. */
const types: Record<string, number> = {
  cgroup: 0x02000000,
  ipc: 0x08000000,
  mnt: 0x00020000,
  net: 0x40000000,
  pid: 0x20000000,
  time: 0x00000080,
  user: 0x10000000,
  uts: 0x04000000,
};

/** Namespaces as files that name them: the first ones are found here by kind, the others know their own. */
class NsFs {
  mount: Mount;
  places = new Map<string, Path>();
  /** Number of the next namespace. */
  nextInum = 4026532192;
  constructor(mount: Mount) {
    this.mount = mount;
  }
}

/** Which namespace an inode is: null for the first one of its kind. */
export class NsInfo {
  readonly type: string;
  readonly ns: MountTable | UtsNamespace | null;
  constructor(type: string, ns: MountTable | UtsNamespace | null) {
    this.type = type;
    this.ns = ns;
  }
  /** CLONE_NEW*. */
  get flag(): number {
    return types[this.type] as number;
  }
}

stateClass(NsFs, NsInfo);

const nsSuperOps = stateTable("nsfs_ops", {});
const nsInodeOps: InodeOperations = stateTable("ns_inode_operations", { setattr: () => -EPERM });

/** A file that stands for a namespace of mounts keeps it. */
function pin(k: Kernel, inode: Inode, by: 1 | -1): void {
  const { type, ns } = inode.info as NsInfo;
  if (type !== "mnt" || ns === null) return;
  const table = ns as MountTable;
  table.pins += by;
  putMntNs(k, table);
}

const nsFops: FileOperations = stateTable("ns_file_operations", {
  open(k: Kernel, inode: Inode): number {
    pin(k, inode, 1);
    return 0;
  },
  release: (k: Kernel, inode: Inode): void => pin(k, inode, -1),
  /** @linux fs/nsfs.c ns_ioctl */
  ioctl(_k, file, cmd) {
    switch (cmd) {
      case NS_GET_NSTYPE:
        return (file.inode.info as NsInfo).flag;
      case NS_GET_USERNS:
        // The initial user namespace has no owner that could be shown.
        return -EPERM;
      case NS_GET_PARENT:
        return ["pid", "user"].includes((file.inode.info as NsInfo).type) ? -EPERM : -EINVAL;
    }
    return -ENOTTY;
  },
});

function nsfs(k: Kernel): NsFs {
  let fs = k.subsystems.get("nsfs") as NsFs | undefined;
  if (!fs) {
    const sb = new SuperBlock("nsfs", nsSuperOps);
    sb.dev = getAnonBdev(k);
    fs = new NsFs(kernMount(sb, "nsfs"));
    k.subsystems.set("nsfs", fs);
  }
  return fs;
}

/** A number for a new namespace. @linux fs/nsfs.c ns_alloc_inum */
export function nsAllocInum(k: Kernel): number {
  return nsfs(k).nextInum++;
}

/** The file that stands for a namespace: the first of its type, with that number, or another. @linux fs/nsfs.c ns_get_path */
export function nsPath(k: Kernel, type: string, number: number, ns: MountTable | UtsNamespace | null): Path {
  const fs = nsfs(k);
  let place = ns ? ns.place : fs.places.get(type);
  if (!place) {
    const inode = newInode(k, fs.mount.sb, 0o100444, nsInodeOps, nsFops);
    inode.ino = ns?.inum ?? number;
    inode.info = new NsInfo(type, ns);
    place = { mnt: fs.mount, dentry: pseudoDentry(`${type}:[${inode.ino}]`, inode) };
    if (ns) ns.place = place;
    else fs.places.set(type, place);
  }
  return place;
}
