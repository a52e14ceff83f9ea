import { Mount, type Path, type SuperBlock } from "../include/linux/fs.ts";
import type { Task } from "../include/linux/sched.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { strncpyFromUser } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { A, flagNames, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_ADMIN, CAP_SYS_CHROOT } from "../uapi/capability.ts";
import { EBUSY, EINVAL, ENODEV, ENOTDIR, EPERM } from "../uapi/errno.ts";
import { AT_FDCWD } from "../uapi/fcntl.ts";
import { isDir } from "../uapi/stat.ts";
import { dAbsolutePath, dentryPath } from "./dcache.ts";
import { LOOKUP_DIRECTORY, LOOKUP_FOLLOW, pathLookupAt, userPathAt } from "./namei.ts";
import { inodePermission, MAY_EXEC } from "./permission.ts";
import { getFilesystem } from "./super.ts";

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MS_REMOUNT = 32;
const MS_NOATIME = 1024;
const MS_NODIRATIME = 2048;
const MS_BIND = 4096;
const MS_MOVE = 8192;
const MS_REC = 16384;
const MS_PROPAGATION = 0x1e0000;
const MS_RELATIME = 1 << 21;
const MNT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** The mount table (struct mnt_namespace), in order of mounting. */
class MountTable {
  mounts: Mount[] = [];
  nextId = 20;
}
stateClass(MountTable);

function table(k: Kernel): MountTable {
  let t = k.subsystems.get("mounts") as MountTable | undefined;
  if (!t) {
    t = new MountTable();
    k.subsystems.set("mounts", t);
  }
  return t;
}

export function mountsOf(k: Kernel): Mount[] {
  return table(k).mounts;
}

/** Mounts the first file system. */
export function doMountRoot(k: Kernel, sb: SuperBlock, source: string): Mount {
  const t = table(k);
  const m = new Mount(t.nextId++, sb, sb.root!, null, null, source);
  m.flags = MS_RELATIME;
  t.mounts.push(m);
  return m;
}

/** Mounts a file system on a directory. @linux fs/namespace.c do_new_mount_fc */
export function mountAt(k: Kernel, sb: SuperBlock, path: Path, source: string, flags: number): Mount {
  return attach(k, new Mount(table(k).nextId++, sb, sb.root!, path.mnt, path.dentry, source), flags);
}

function attach(k: Kernel, m: Mount, flags: number): Mount {
  m.flags = flags & MNT_FLAGS;
  if (!(m.flags & MS_NOATIME)) m.flags |= MS_RELATIME;
  m.mountpoint.mounted = true;
  table(k).mounts.push(m);
  return m;
}

/** What is mounted on a place, or null. */
function mountedOn(k: Kernel, path: Path): Mount | null {
  const { mounts } = table(k);
  for (let i = mounts.length - 1; i >= 0; i--) {
    const m = mounts[i]!;
    if (m.mountpoint === path.dentry && m.parent === path.mnt && m.parent !== m) return m;
  }
  return null;
}

/** From a mount point to what is mounted there, however deep. @linux fs/namei.c follow_down */
export function followDown(k: Kernel, path: Path): Path {
  let at = path;
  while (at.dentry.mounted) {
    const m = mountedOn(k, at);
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

function sysMount(k: Kernel, sourceAddr: number, targetAddr: number, typeAddr: number, flags: number, dataAddr: number): number {
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  const text = (addr: number): string | number => (addr === 0 ? "" : strncpyFromUser(k, addr, 4096));
  const source = text(sourceAddr);
  const type = text(typeAddr);
  const data = text(dataAddr);
  if (typeof source === "number") return source;
  if (typeof type === "number") return type;
  if (typeof data === "number") return data;
  const path = userPathAt(k, AT_FDCWD, targetAddr, LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  // The magic number of old programs.
  if ((flags & 0xffff0000) >>> 0 === 0xc0ed0000) flags &= 0xffff;
  if (flags & MS_REMOUNT) return remount(path, flags);
  if (flags & MS_BIND) return bindMount(k, source, path);
  if (flags & MS_PROPAGATION) return 0;
  if (flags & MS_MOVE) return moveMount(k, source, path);
  const fs = getFilesystem(type);
  if (!fs) return type === "" ? -EINVAL : -ENODEV;
  const sb = fs.mount(k, source, flags, data);
  if (typeof sb === "number") return sb;
  if (!isDir(path.dentry.inode!.mode)) return -ENOTDIR;
  mountAt(k, sb, path, source === "" ? "none" : source, flags);
  return 0;
}

function remount(path: Path, flags: number): number {
  if (path.dentry !== path.mnt.root) return -EINVAL;
  path.mnt.flags = flags & MNT_FLAGS;
  if (!(flags & MS_BIND)) path.mnt.sb.flags = flags & MS_RDONLY;
  return 0;
}

function bindMount(k: Kernel, source: string, path: Path): number {
  const from = pathLookupAt(k, AT_FDCWD, source, LOOKUP_FOLLOW);
  if (typeof from === "number") return from;
  if (isDir(from.dentry.inode!.mode) !== isDir(path.dentry.inode!.mode)) return -ENOTDIR;
  const m = new Mount(table(k).nextId++, from.mnt.sb, from.dentry, path.mnt, path.dentry, from.mnt.source);
  attach(k, m, from.mnt.flags);
  return 0;
}

function moveMount(k: Kernel, source: string, path: Path): number {
  const from = pathLookupAt(k, AT_FDCWD, source, LOOKUP_FOLLOW);
  if (typeof from === "number") return from;
  const m = from.mnt;
  if (from.dentry !== m.root || m.parent === m) return -EINVAL;
  const old = m.mountpoint;
  m.parent = path.mnt;
  m.mountpoint = path.dentry;
  path.dentry.mounted = true;
  old.mounted = table(k).mounts.some((x) => x.mountpoint === old && x.parent !== x);
  return 0;
}

/** Is some task's root, directory or open file in the mount? */
function isBusy(k: Kernel, m: Mount): boolean {
  for (const t of k.pids.values()) {
    if (t.fs.root.mnt === m || t.fs.pwd.mnt === m) return true;
    for (const f of t.files.fd) if (f && f.path.mnt === m) return true;
  }
  return table(k).mounts.some((x) => x !== m && x.parent === m);
}

function sysUmount(k: Kernel, nameAddr: number, flags: number): number {
  if (flags & ~0xf) return -EINVAL;
  const path = userPathAt(k, AT_FDCWD, nameAddr, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW);
  if (typeof path === "number") return path;
  const m = path.mnt;
  if (path.dentry !== m.root) return -EINVAL;
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  if (m.parent === m) return -EBUSY;
  if (!(flags & MNT_DETACH) && isBusy(k, m)) return -EBUSY;
  const t = table(k);
  t.mounts = t.mounts.filter((x) => x !== m && !(flags & MNT_DETACH && below(x, m)));
  m.mountpoint.mounted = t.mounts.some((x) => x.mountpoint === m.mountpoint && x.parent !== x);
  return 0;
}

function below(x: Mount, m: Mount): boolean {
  for (let p = x; p.parent !== p; p = p.parent) if (p === m) return true;
  return false;
}

function sysChroot(k: Kernel, addr: number): number {
  const path = userPathAt(k, AT_FDCWD, addr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof path === "number") return path;
  const p = inodePermission(k, path.dentry.inode!, MAY_EXEC);
  if (p < 0) return p;
  if (!capable(k, CAP_SYS_CHROOT)) return -EPERM;
  k.current.fs.root = path;
  return 0;
}

function sysPivotRoot(k: Kernel, newAddr: number, oldAddr: number): number {
  if (!capable(k, CAP_SYS_ADMIN)) return -EPERM;
  const to = userPathAt(k, AT_FDCWD, newAddr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof to === "number") return to;
  const put = userPathAt(k, AT_FDCWD, oldAddr, LOOKUP_FOLLOW | LOOKUP_DIRECTORY);
  if (typeof put === "number") return put;
  const root = k.current.fs.root;
  if (to.mnt === root.mnt || put.mnt === root.mnt) return -EBUSY;
  if (to.dentry !== to.mnt.root || root.dentry !== root.mnt.root || to.mnt.parent === to.mnt) return -EINVAL;
  const oldMount = root.mnt;
  const point = to.mnt.mountpoint;
  to.mnt.parent = to.mnt;
  to.mnt.mountpoint = to.mnt.root;
  point.mounted = table(k).mounts.some((x) => x.mountpoint === point && x.parent !== x);
  oldMount.parent = put.mnt;
  oldMount.mountpoint = put.dentry;
  put.dentry.mounted = true;
  for (const t of k.pids.values()) {
    if (t.fs.root.mnt === oldMount && t.fs.root.dentry === root.dentry) t.fs.root = to;
    if (t.fs.pwd.mnt === oldMount && t.fs.pwd.dentry === root.dentry) t.fs.pwd = to;
  }
  return 0;
}

/** Mount options as /proc/mounts shows them. */
function options(m: Mount): string {
  const out = [m.flags & MS_RDONLY ? "ro" : "rw"];
  if (m.flags & MS_NOSUID) out.push("nosuid");
  if (m.flags & MS_NODEV) out.push("nodev");
  if (m.flags & MS_NOEXEC) out.push("noexec");
  if (m.flags & MS_NOATIME) out.push("noatime");
  if (m.flags & MS_RELATIME) out.push("relatime");
  return out.join(",");
}
const escape = (s: string): string => s.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Mounts below the task's root, with the path it sees. */
function* visible(k: Kernel, task: Task): Generator<[Mount, string]> {
  const { root } = task.fs;
  const prefix = root.dentry === root.mnt.root && root.mnt.parent === root.mnt ? "" : dAbsolutePath(root);
  for (const m of table(k).mounts) {
    const at = m.parent === m ? "/" : dAbsolutePath({ mnt: m.parent, dentry: m.mountpoint });
    if (prefix === "") yield [m, at];
    else if (at === prefix) yield [m, "/"];
    else if (at.startsWith(`${prefix}/`)) yield [m, at.slice(prefix.length)];
  }
}

/** /proc/PID/mounts. @linux fs/proc_namespace.c show_vfsmnt */
export function showMounts(k: Kernel, task: Task): string {
  let out = "";
  for (const [m, at] of visible(k, task)) out += `${escape(m.source)} ${escape(at)} ${m.sb.type} ${options(m)} 0 0\n`;
  return out;
}

/** /proc/PID/mountinfo. @linux fs/proc_namespace.c show_mountinfo */
export function showMountinfo(k: Kernel, task: Task): string {
  let out = "";
  for (const [m, at] of visible(k, task)) {
    const parent = m.parent === m ? 1 : m.parent.id;
    const dev = `${(m.sb.dev >>> 8) & 0xfff}:${m.sb.dev & 0xff}`;
    const superOptions = m.sb.flags & MS_RDONLY ? "ro" : "rw";
    out += `${m.id} ${parent} ${dev} ${escape(dentryPath(m.root))} ${escape(at)} ${options(m)} - ${m.sb.type} ${escape(m.source)} ${superOptions}\n`;
  }
  return out;
}

const mountNames = flagNames("MS_???", {
  MS_RDONLY,
  MS_NOSUID,
  MS_NODEV,
  MS_NOEXEC,
  MS_SYNCHRONOUS: 16,
  MS_REMOUNT,
  MS_MANDLOCK: 64,
  MS_DIRSYNC: 128,
  MS_NOSYMFOLLOW: 256,
  MS_NOATIME,
  MS_NODIRATIME,
  MS_BIND,
  MS_MOVE,
  MS_REC,
  MS_SILENT: 32768,
  MS_POSIXACL: 65536,
  MS_UNBINDABLE: 1 << 17,
  MS_PRIVATE: 1 << 18,
  MS_SLAVE: 1 << 19,
  MS_SHARED: 1 << 20,
  MS_RELATIME,
  MS_STRICTATIME: 1 << 24,
  MS_LAZYTIME: 1 << 25,
});
const umountNames = flagNames("MNT_???", { MNT_FORCE: 1, MNT_DETACH, MNT_EXPIRE: 4, UMOUNT_NOFOLLOW });

export const namespaceSyscalls: SyscallDef[] = [
  syscall("mount", { source: A.path, target: A.path, filesystemtype: A.string, mountflags: A.flags(mountNames, "u64"), data: A.ptr }, sysMount, {
    linux: "fs/namespace.c mount",
  }),
  syscall("umount2", { target: A.path, flags: A.flags(umountNames) }, sysUmount, { linux: "fs/namespace.c umount" }),
  syscall("chroot", { path: A.path }, sysChroot, { linux: "fs/open.c chroot" }),
  syscall("pivot_root", { new_root: A.path, put_old: A.path }, sysPivotRoot, { linux: "fs/namespace.c pivot_root" }),
];
