import type { Timespec } from "@lstar/kernel/include/linux/fs.ts";
import { ArchiveError, type ByteSource, type TarEntry, tarEntries } from "./entries.ts";

/** A file of the tree; hard links are several names of one node. */
export interface ArchiveNode {
  ino: number;
  /** Type and permissions, as st_mode. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  nlink: number;
  rdev: number;
  mtime: Timespec;
  target: string;
  children: Map<string, ArchiveNode> | null;
  source: ByteSource | null;
  position: number;
  xattrs: Map<string, string> | null;
  /** The layer that brought it. */
  layer: number;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const TYPE: Record<Exclude<TarEntry["type"], "link">, number> = {
  file: S_IFREG,
  symlink: S_IFLNK,
  char: 0o020000,
  block: 0o060000,
  dir: S_IFDIR,
  fifo: 0o010000,
};
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const PATH_MAX = 4096;
const NAME_MAX = 255;
/** Symbolic links that are followed on the way to an entry's directory. */
const MAX_LINKS = 40;
const MAX_DEPTH = 1024;

export const isDirectory = (n: ArchiveNode): boolean => n.children !== null;

/** dev_t as Linux hands it to programs. */
const deviceNumber = (major: number, minor: number): number => (minor & 0xff) + major * 256 + (minor & 0xfff00) * 4096;

/** Components of a path in an archive. A path out of the archive is refused. */
function components(path: string): string[] {
  if (path.length > PATH_MAX) throw new ArchiveError("the archive has a path of more than 4096 bytes");
  const parts = path.split("/").filter((p) => p !== "" && p !== ".");
  for (const p of parts) {
    if (p === "..") throw new ArchiveError(`the archive has a path that leads out of it: ${path}`);
    if (p.length > NAME_MAX || p.includes("\0")) throw new ArchiveError("the archive has a file name that is too long");
  }
  if (parts.length > MAX_DEPTH) throw new ArchiveError("the archive has directories nested too deeply");
  return parts;
}

/** The files of one archive or of an image's layers above one another. Data stay where they are. */
export class ArchiveTree {
  readonly root: ArchiveNode;
  #nextIno = 2;
  #layer = 0;

  constructor() {
    this.root = this.#directory();
  }

  #directory(): ArchiveNode {
    return this.#node(S_IFDIR | 0o755, new Map());
  }
  #node(mode: number, children: ArchiveNode["children"]): ArchiveNode {
    return {
      ino: this.#nextIno++,
      mode,
      uid: 0,
      gid: 0,
      size: 0,
      nlink: children ? 2 : 1,
      rdev: 0,
      mtime: { sec: 0, nsec: 0 },
      target: "",
      children,
      source: null,
      position: 0,
      xattrs: null,
      layer: this.#layer,
    };
  }

  /** Lays an archive over what is there. @throws ArchiveError */
  addLayer(source: ByteSource): void {
    this.#layer++;
    for (const e of tarEntries(source)) this.#add(e, source);
  }

  #add(e: TarEntry, source: ByteSource): void {
    const parts = components(e.name);
    const name = parts.pop();
    if (name === undefined) {
      if (e.type === "dir") this.#describe(this.root, e);
      return;
    }
    const dir = this.#walk(parts, true);
    if (!dir?.children) throw new ArchiveError(`the archive has a file in something that is no directory: ${e.name}`);
    if (name === OPAQUE) {
      for (const [n, c] of dir.children) if (c.layer < this.#layer) this.#remove(dir, n);
      return;
    }
    if (name.startsWith(WHITEOUT)) {
      this.#remove(dir, name.slice(WHITEOUT.length));
      return;
    }
    const old = dir.children.get(name);
    if (e.type === "link") {
      const target = this.#walk(components(e.linkname), false);
      if (!target || target.children)
        throw new ArchiveError(`the archive has a hard link to what is not there: ${e.name} to ${e.linkname}`);
      if (target === old) return;
      this.#remove(dir, name);
      target.nlink++;
      dir.children.set(name, target);
      return;
    }
    if (e.type === "dir" && old?.children) {
      this.#describe(old, e);
      return;
    }
    this.#remove(dir, name);
    const node = this.#node(TYPE[e.type], e.type === "dir" ? new Map() : null);
    this.#describe(node, e);
    if (e.type === "file") {
      node.size = e.size;
      node.source = e.sparse ?? source;
      node.position = e.sparse ? 0 : e.position;
    } else if (e.type === "symlink") {
      if (e.linkname === "" || e.linkname.length >= PATH_MAX) throw new ArchiveError(`the archive has a bad symbolic link: ${e.name}`);
      node.target = e.linkname;
      node.size = e.linkname.length;
      node.mode = S_IFLNK | 0o777;
    } else if (e.type === "char" || e.type === "block") node.rdev = deviceNumber(e.major, e.minor);
    else if (e.type === "dir") dir.nlink++;
    dir.children.set(name, node);
  }

  #describe(node: ArchiveNode, e: TarEntry): void {
    node.mode = (node.mode & 0o170000) | e.mode;
    node.uid = e.uid;
    node.gid = e.gid;
    node.mtime = e.mtime;
    node.xattrs = e.xattrs;
    node.layer = this.#layer;
  }

  #remove(dir: ArchiveNode, name: string): void {
    const old = dir.children?.get(name);
    if (!old) return;
    dir.children?.delete(name);
    if (old.children) dir.nlink--;
    else old.nlink--;
  }

  /** The node at a path; symbolic links lead within the tree. Missing directories are made if asked. */
  #walk(parts: readonly string[], make: boolean): ArchiveNode | null {
    const todo = [...parts].reverse();
    let stack: ArchiveNode[] = [this.root];
    let links = 0;
    while (todo.length > 0) {
      const part = todo.pop()!;
      const dir = stack[stack.length - 1]!;
      if (part === "" || part === ".") continue;
      if (part === "..") {
        if (stack.length > 1) stack.pop();
        continue;
      }
      if (!dir.children) return null;
      let next = dir.children.get(part);
      if (!next) {
        if (!make) return null;
        next = this.#directory();
        dir.nlink++;
        dir.children.set(part, next);
      }
      // The last name of a hard link's target is meant itself.
      if ((next.mode & 0o170000) === S_IFLNK && (make || todo.length > 0)) {
        if (++links > MAX_LINKS) throw new ArchiveError("the archive has symbolic links that go round in circles");
        if (next.target.startsWith("/")) stack = [this.root];
        todo.push(...next.target.split("/").reverse());
        continue;
      }
      stack.push(next);
    }
    return stack[stack.length - 1]!;
  }

  /** The node at a path, no links followed: how the guest's kernel asks. */
  at(path: string): ArchiveNode | null {
    let node: ArchiveNode | undefined = this.root;
    for (const part of path.split("/")) {
      if (part === "") continue;
      node = node.children?.get(part);
      if (!node) return null;
    }
    return node;
  }

  /** A file's bytes, for what is small. */
  readFile(path: string, limit: number): Uint8Array | null {
    const node = this.at(path);
    if (!node?.source || node.size > limit) return null;
    const out = new Uint8Array(node.size);
    return node.source.read(out, node.position) === node.size ? out : null;
  }
}
