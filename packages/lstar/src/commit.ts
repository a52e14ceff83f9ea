import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { exportPage, exportTree, type Kernel } from "@lstar/kernel";

/** Writes the guest's root file system as a tar archive (pax where ustar has no room). */

const PAGE = 4096;
const TYPE: Record<number, string> = { 1: "6", 2: "3", 4: "5", 6: "4", 8: "0", 10: "2" };

function octal(n: number, width: number): string {
  return `${Math.min(n, 8 ** (width - 1) - 1)
    .toString(8)
    .padStart(width - 1, "0")}\0`;
}

/** One "length key=value\n" of an extended header; the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let n = rest.length + 1;
  while (String(n).length + rest.length !== n) n = String(n).length + rest.length;
  return n + rest;
}

interface Header {
  name: string;
  link: string;
  type: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  rdev: number;
}

function header(h: Header): Buffer {
  const b = Buffer.alloc(512);
  b.write(h.name, 0, 100, "latin1");
  b.write(
    octal(h.mode & 0o7777, 8) + octal(h.uid, 8) + octal(h.gid, 8) + octal(h.size, 12) + octal(Math.max(0, h.mtime), 12),
    100,
    "latin1",
  );
  b.write(" ".repeat(8), 148);
  b.write(h.type, 156);
  b.write(h.link, 157, 100, "latin1");
  b.write("ustar\x0000", 257, "latin1");
  b.write(octal((h.rdev >>> 8) & 0xfff, 8) + octal((h.rdev & 0xff) + Math.floor(h.rdev / 2 ** 20) * 256, 8), 329, "latin1");
  b.write(
    `${octal(
      b.reduce((a, x) => a + x, 0),
      7,
    )} `,
    148,
    "latin1",
  );
  return b;
}

const padding = (n: number): number => (512 - (n % 512)) % 512;

/** Saves the root to a file, which is replaced when all is written. @throws if the file cannot be written */
export function commitRoot(k: Kernel, path: string): void {
  const temporary = `${path}.${process.pid}.part`;
  const fd = openSync(temporary, "wx", 0o644);
  try {
    const put = (b: Uint8Array): void => {
      for (let at = 0; at < b.length; ) at += writeSync(fd, b, at);
    };
    writeTree(k, put);
    closeSync(fd);
    renameSync(temporary, path);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw e;
  }
}

function writeTree(k: Kernel, put: (b: Uint8Array) => void): void {
  const first = new Map<object, string>();
  const page = new Uint8Array(PAGE);
  for (const { path, inode, target } of exportTree(k)) {
    const kind = inode.mode >>> 12;
    let type = TYPE[kind];
    // Sockets have no place in an archive.
    if (type === undefined) continue;
    const name = kind === 4 ? `${path === "" ? "." : path}/` : path;
    const known = kind === 4 ? undefined : first.get(inode);
    if (known !== undefined) type = "1";
    else first.set(inode, path);
    const link = known ?? target;
    const size = type === "0" ? inode.size : 0;
    const records: [string, string][] = [];
    if (name.length > 100) records.push(["path", name]);
    if (link.length > 100) records.push(["linkpath", link]);
    if (size >= 8 ** 11) records.push(["size", String(size)]);
    if (inode.uid >= 8 ** 7) records.push(["uid", String(inode.uid)]);
    if (inode.gid >= 8 ** 7) records.push(["gid", String(inode.gid)]);
    for (const [key, value] of inode.xattrs ?? []) records.push([`SCHILY.xattr.${key}`, Buffer.from(value).toString("latin1")]);
    const entry = { name, link, type, mode: inode.mode, uid: inode.uid, gid: inode.gid, size, mtime: inode.mtime.sec, rdev: inode.rdev };
    if (records.length > 0) {
      const data = Buffer.from(records.map(([key, value]) => record(key, value)).join(""), "latin1");
      put(header({ ...entry, name: "PaxHeader", link: "", type: "x", size: data.length }));
      put(data);
      put(Buffer.alloc(padding(data.length)));
    }
    put(header(entry));
    for (let at = 0; at < size; at += PAGE) {
      if (exportPage(k, inode, at / PAGE, page) < 0) throw new Error(`/${path} cannot be read`);
      put(page.subarray(0, Math.min(PAGE, size - at)));
    }
    put(Buffer.alloc(padding(size)));
  }
  put(Buffer.alloc(1024));
}
