import type { HostFileSystem, HostStat } from "@lstar/kernel/host.ts";
import { type ArchiveNode, type ArchiveTree, isDirectory } from "./tree.ts";

/** Host path of the archive's root: no file has such a name, so it cannot be mistaken. */
export const ARCHIVE_ROOT = "/\0archive";
/** Device number that the archive's files have. */
const DEVICE = 0x7fffffff;
const ENOENT = -2;
const EINVAL = -22;
const ENOTDIR = -20;
/** DT_* from the type bits of a mode. */
const entryType = (mode: number): number => (mode >>> 12) & 15;

/** Shows an archive below ARCHIVE_ROOT, and another file system everywhere else. Reads file data when asked. */
export function archiveFiles(tree: ArchiveTree, rest: HostFileSystem | null): HostFileSystem {
  const node = (path: string): ArchiveNode | number => tree.at(path.slice(ARCHIVE_ROOT.length)) ?? ENOENT;
  const own = (path: string): boolean => path.startsWith(ARCHIVE_ROOT);
  const stat = (n: ArchiveNode): HostStat => ({
    mode: n.mode,
    uid: n.uid,
    gid: n.gid,
    size: isDirectory(n) ? 4096 : n.size,
    nlink: n.nlink,
    ino: n.ino,
    dev: DEVICE,
    rdev: n.rdev,
    blocks: Math.ceil(n.size / 512),
    atime: n.mtime,
    mtime: n.mtime,
    ctime: n.mtime,
  });
  const files: HostFileSystem = {
    lstat(path) {
      if (!own(path)) return rest?.lstat(path) ?? ENOENT;
      const n = node(path);
      return typeof n === "number" ? n : stat(n);
    },
    readdir(path) {
      if (!own(path)) return rest?.readdir(path) ?? ENOENT;
      const n = node(path);
      if (typeof n === "number") return n;
      if (!n.children) return ENOTDIR;
      return [...n.children].map(([name, c]) => ({ name, type: entryType(c.mode) }));
    },
    readlink(path) {
      if (!own(path)) return rest?.readlink(path) ?? ENOENT;
      const n = node(path);
      if (typeof n === "number") return n;
      return n.target === "" ? EINVAL : n.target;
    },
    read(path, out, position) {
      if (!own(path)) return rest?.read(path, out, position) ?? ENOENT;
      const n = node(path);
      if (typeof n === "number") return n;
      const length = Math.min(out.length, n.size - position);
      if (!n.source || length <= 0) return 0;
      return n.source.read(out.subarray(0, length), n.position + position);
    },
    xattrs(path) {
      const n = own(path) ? node(path) : null;
      return n && typeof n !== "number" ? n.xattrs : null;
    },
  };
  if (!rest?.write) return files;
  // Writing is only granted below mounts, which are the host's: an archive itself never changes.
  return {
    ...files,
    write: (path, bytes, position) => rest.write!(path, bytes, position),
    create: (path, mode) => rest.create!(path, mode),
    truncate: (path, size) => rest.truncate!(path, size),
    mkdir: (path, mode) => rest.mkdir!(path, mode),
    unlink: (path) => rest.unlink!(path),
    rmdir: (path) => rest.rmdir!(path),
    rename: (from, to) => rest.rename!(from, to),
    symlink: (target, path) => rest.symlink!(target, path),
    link: (existing, path) => rest.link!(existing, path),
    chmod: (path, mode) => rest.chmod!(path, mode),
    utimes: (path, atime, mtime) => rest.utimes!(path, atime, mtime),
  };
}
