import { Mount, type Path, type SuperBlock } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import { WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import {
  ATIME_FLAGS,
  MNT_FLAGS,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_RDONLY,
  MS_RELATIME,
  MS_STRICTATIME,
} from "../uapi/mount.ts";
import { dAbsolutePath, dentryPath } from "./dcache.ts";

/** struct mnt_namespace: its mounts, in order of mounting. */
export class MountTable {
  mounts: Mount[] = [];
  readonly inum: number;
  /** Open files that stand for it: while there are some it stays, though nobody is in it. */
  pins = 0;
  /** The file of nsfs, once somebody has looked for it. */
  place: Path | null = null;
  /** Grows with each change; who polls for changes waits on `poll`. */
  event = 0;
  readonly poll = new WaitQueueHead();
  constructor(inum: number) {
    this.inum = inum;
  }
}

/** All namespaces of mounts, the first one first. Mounts are numbered over all of them. */
class MountNamespaces {
  namespaces = new Set<MountTable>();
  nextId = 20;
  /** File systems that are mounted no more and still used. */
  detached = new Set<SuperBlock>();
}
stateClass(MountTable, MountNamespaces);

/** Number of the first namespace, as the file of nsfs shows it. */
export const MNT_NS_INIT_INO = 4026531841;

export function mountNamespaces(k: Kernel): MountNamespaces {
  let n = k.subsystems.get("mounts") as MountNamespaces | undefined;
  if (!n) {
    n = new MountNamespaces();
    n.namespaces.add(new MountTable(MNT_NS_INIT_INO));
    k.subsystems.set("mounts", n);
  }
  return n;
}

/** The first namespace. */
export function initialMounts(k: Kernel): MountTable {
  const [first] = mountNamespaces(k).namespaces;
  return first as MountTable;
}

/** A task's namespace. */
export function mountTable(k: Kernel, task: Task = k.current): MountTable {
  return task.mntNs ?? initialMounts(k);
}

/** The mounts of a namespace have changed: whoever polls /proc/PID/mounts hears of it. @linux fs/namespace.c touch_mnt_namespace */
export function touchMounts(k: Kernel, ns: MountTable): void {
  ns.event++;
  ns.poll.wakeUp(k);
}

/** Does any namespace show the file system? */
export function isMounted(k: Kernel, sb: SuperBlock): boolean {
  for (const ns of mountNamespaces(k).namespaces) if (ns.mounts.some((m) => m.sb === sb)) return true;
  return false;
}

/** Is the mount one of the current task's namespace? @linux fs/namespace.c check_mnt */
export function checkMnt(k: Kernel, m: Mount): boolean {
  return m.ns === mountTable(k);
}

export function mountsOf(k: Kernel): Mount[] {
  return mountTable(k).mounts;
}

/** Mounts the first file system. */
export function doMountRoot(k: Kernel, sb: SuperBlock, source: string): Mount {
  const t = initialMounts(k);
  const m = new Mount(mountNamespaces(k).nextId++, sb, sb.root!, null, null, source);
  m.ns = t;
  m.flags = MS_RELATIME;
  t.mounts.push(m);
  return m;
}

/** Mounts a file system on a directory, over what is there. @linux fs/namespace.c do_new_mount_fc */
export function mountAt(k: Kernel, sb: SuperBlock, path: Path, source: string, flags: number): Mount {
  return attachMount(k, new Mount(mountNamespaces(k).nextId++, sb, sb.root!, path.mnt, path.dentry, source), flags);
}

/** relatime unless something else is asked for. @linux fs/namespace.c path_mount */
export function atimeFlags(flags: number): number {
  if (flags & MS_NOATIME) return flags & (MS_NOATIME | MS_NODIRATIME);
  if (flags & MS_STRICTATIME) return flags & MS_NODIRATIME;
  return (flags & MS_NODIRATIME) | MS_RELATIME;
}

/** Enters a mount in its parent's namespace and marks its mount point. @linux fs/namespace.c attach_mnt */
export function attachMount(k: Kernel, m: Mount, flags: number): Mount {
  m.flags = (flags & MNT_FLAGS & ~ATIME_FLAGS) | atimeFlags(flags);
  m.mountpoint.mounted = true;
  m.ns = m.parent.ns;
  if (m.ns) {
    m.ns.mounts.push(m);
    touchMounts(k, m.ns);
  }
  return m;
}

/** A place that may have ceased to be a mount point. */
export function refreshMountpoint(k: Kernel, dentry: Path["dentry"]): void {
  dentry.mounted = false;
  for (const ns of mountNamespaces(k).namespaces) {
    if (ns.mounts.some((m) => m.mountpoint === dentry && m.parent !== m)) dentry.mounted = true;
  }
}

/** What is mounted on a place, or null. */
function mountedOn(path: Path): Mount | null {
  const mounts = path.mnt.ns?.mounts ?? [];
  for (let i = mounts.length - 1; i >= 0; i--) {
    const m = mounts[i]!;
    if (m.mountpoint === path.dentry && m.parent === path.mnt && m.parent !== m) return m;
  }
  return null;
}

/** From a mount point to what is mounted there, however deep. @linux fs/namei.c follow_down */
export function followDown(_k: Kernel, path: Path): Path {
  let at = path;
  while (at.dentry.mounted) {
    const m = mountedOn(at);
    if (!m) break;
    at = { mnt: m, dentry: m.root };
  }
  return at;
}

/** The parent directory of a place, out of mounts where they begin, and into what covers it. @linux fs/namei.c follow_dotdot */
export function followUp(path: Path, root: Path): Path {
  let { mnt, dentry } = path;
  while (dentry === mnt.root && mnt.parent !== mnt) {
    dentry = mnt.mountpoint;
    mnt = mnt.parent;
    if (dentry === root.dentry && mnt === root.mnt) return { mnt, dentry };
  }
  return { mnt, dentry: dentry.parent };
}

/** Mount options as /proc/mounts shows them. */
function options(m: Mount): string {
  const out = [m.flags & MS_RDONLY ? "ro" : "rw"];
  if (m.flags & MS_NOSUID) out.push("nosuid");
  if (m.flags & MS_NODEV) out.push("nodev");
  if (m.flags & MS_NOEXEC) out.push("noexec");
  if (m.flags & MS_NOATIME) out.push("noatime");
  if (m.flags & MS_NODIRATIME) out.push("nodiratime");
  if (m.flags & MS_RELATIME) out.push("relatime");
  if (m.flags & MS_NOSYMFOLLOW) out.push("nosymfollow");
  return out.join(",");
}
const mangle = (s: string): string => s.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Mounts of the task's namespace below its root, with the path it sees. */
function* visible(k: Kernel, task: Task): Generator<[Mount, string]> {
  const { root } = task.fs;
  const prefix = root.dentry === root.mnt.root && root.mnt.parent === root.mnt ? "" : dAbsolutePath(root);
  for (const m of mountTable(k, task).mounts) {
    const at = m.parent === m ? "/" : dAbsolutePath({ mnt: m.parent, dentry: m.mountpoint });
    if (prefix === "") yield [m, at];
    else if (at === prefix) yield [m, "/"];
    else if (at.startsWith(`${prefix}/`)) yield [m, at.slice(prefix.length)];
  }
}

/** /proc/PID/mounts. @linux fs/proc_namespace.c show_vfsmnt */
export function showMounts(k: Kernel, task: Task): string {
  let out = "";
  for (const [m, at] of visible(k, task)) out += `${mangle(m.source)} ${mangle(at)} ${m.sb.type} ${options(m)} 0 0\n`;
  return out;
}

/** /proc/PID/mountinfo. @linux fs/proc_namespace.c show_mountinfo */
export function showMountinfo(k: Kernel, task: Task): string {
  let out = "";
  for (const [m, at] of visible(k, task)) {
    const parent = m.parent === m ? 1 : m.parent.id;
    const dev = `${(m.sb.dev >>> 8) & 0xfff}:${m.sb.dev & 0xff}`;
    const superOptions = m.sb.flags & MS_RDONLY ? "ro" : "rw";
    out += `${m.id} ${parent} ${dev} ${mangle(dentryPath(m.root))} ${mangle(at)} ${options(m)} - ${m.sb.type} ${mangle(m.source)} ${superOptions}\n`;
  }
  return out;
}
