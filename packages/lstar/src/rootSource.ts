import { createHash } from "node:crypto";
import { closeSync, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ByteSource } from "@lstar/host/tar/entries.ts";
import type { ArchiveTree } from "@lstar/host/tar/tree.ts";
import type { Progress } from "./decompress.ts";
import { type ImageConfig, type ImageFiles, imageArchive, loadImage, loadTar } from "./image.ts";

/** A file of the host, open to be read where it is needed. */
export function fileSource(path: string): ByteSource {
  const fd = openSync(path, "r");
  const s = fstatSync(fd);
  if (!s.isFile()) {
    closeSync(fd);
    throw new Error("not a regular file");
  }
  return {
    size: s.size,
    read(out, position) {
      let done = 0;
      while (done < out.length) {
        const n = readSync(fd, out, done, out.length - done, position + done);
        if (n === 0) break;
        done += n;
      }
      return done;
    },
  };
}

/** The tree of a tar file. @throws if it cannot be read or is no archive */
export function openTar(path: string, limit?: number, progress?: Progress): Promise<ArchiveTree> {
  return loadTar(fileSource(path), limit, progress);
}

/** An image: a directory in OCI layout, or an archive of one. @throws if it cannot be read or is no image */
export async function openImage(path: string, limit?: number, progress?: Progress): Promise<{ tree: ArchiveTree; config: ImageConfig }> {
  const inDirectory: ImageFiles = (name) => {
    if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name)) return null;
    const file = join(path, name);
    const s = lstatSync(file, { throwIfNoEntry: false });
    return s?.isFile() ? fileSource(file) : null;
  };
  return loadImage(
    statSync(path).isDirectory() ? inDirectory : await imageArchive(fileSource(path), limit, progress),
    limit,
    createHash,
    progress,
  );
}
