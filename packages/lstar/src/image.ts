import { ArchiveError, type ByteSource, looksLikeTar } from "@lstar/host/tar/entries.ts";
import { ArchiveTree } from "@lstar/host/tar/tree.ts";
import { decompress, type Progress, slice, UNPACKED_LIMIT } from "./decompress.ts";

/** How an image wants to be started. */
export interface ImageConfig {
  env: string[];
  argv: { entrypoint: string[]; cmd: string[] };
  cwd: string;
  user: string;
}

/** Makes an incremental hash: "sha256" or "sha512". */
export type HashMaker = (algorithm: string) => { update(bytes: Uint8Array): unknown; digest(encoding: "hex"): string };

/** Finds the files of an image: in a directory or in the archive that `docker save` or skopeo wrote. */
export type ImageFiles = (path: string) => ByteSource | null;

const JSON_LIMIT = 8 * 1024 * 1024;
/** Indexes may name indexes. */
const MAX_NESTING = 4;

async function unpackTar(source: ByteSource, limit?: number, progress?: Progress): Promise<ByteSource> {
  const plain = await decompress(source, limit, progress);
  const head = new Uint8Array(512);
  const n = plain.read(head, 0);
  if (n < 512 || !looksLikeTar(head)) throw new ArchiveError("not a tar archive (plain, gzip or zstd)");
  return plain;
}

/** The tree of a tar archive, plain or compressed. @throws ArchiveError */
export async function loadTar(source: ByteSource, limit?: number, progress?: Progress): Promise<ArchiveTree> {
  const tree = new ArchiveTree();
  tree.addLayer(await unpackTar(source, limit, progress));
  return tree;
}

/** The files of an image that is packed in a tar archive. */
export async function imageArchive(source: ByteSource, limit?: number, progress?: Progress): Promise<ImageFiles> {
  const plain = await unpackTar(source, limit, progress);
  const outer = new ArchiveTree();
  outer.addLayer(plain);
  return (path) => {
    const node = outer.at(path);
    return node?.source ? slice(node.source, node.position, node.size) : null;
  };
}

const PIECE = 2 ** 20;

/** Compares a blob with the digest that is its name. */
function verify(source: ByteSource, path: string, hash: HashMaker | undefined): void {
  const m = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(path);
  if (!m || !hash) return;
  const sum = hash(m[1]!);
  const piece = new Uint8Array(Math.min(PIECE, source.size));
  for (let at = 0; at < source.size; ) {
    const n = source.read(piece, at);
    if (n <= 0) throw new ArchiveError(`the image's ${path} is cut off`);
    sum.update(piece.subarray(0, n));
    at += n;
  }
  if (sum.digest("hex") !== m[2]) throw new ArchiveError(`the image is damaged: the contents of ${path} do not have this digest`);
}

/** True for what must be read whole anyway to be unpacked. */
function isCompressed(source: ByteSource): boolean {
  const magic = new Uint8Array(2);
  source.read(magic, 0);
  return (magic[0] === 0x1f && magic[1] === 0x8b) || (magic[0] === 0x28 && magic[1] === 0xb5);
}

function json(files: ImageFiles, path: string, hash?: HashMaker): unknown {
  const source = files(path);
  if (!source) return null;
  if (source.size > JSON_LIMIT) throw new ArchiveError(`the image's ${path} is too large`);
  verify(source, path, hash);
  const bytes = new Uint8Array(source.size);
  source.read(bytes, 0);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ArchiveError(`the image's ${path} is damaged`);
  }
}

const record = (v: unknown): Record<string, unknown> =>
  typeof v === "object" && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : {};
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const strings = (v: unknown): string[] => list(v).filter((x): x is string => typeof x === "string");
const text = (v: unknown): string => (typeof v === "string" ? v : "");

function blob(digest: unknown): string {
  const m = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(text(digest));
  if (!m) throw new ArchiveError("the image has a bad digest");
  return `blobs/${m[1]}/${m[2]}`;
}

/** Paths of config and layers, through index.json or docker's manifest.json. */
function manifest(files: ImageFiles, hash?: HashMaker): { config: string; layers: string[] } {
  let at = json(files, "index.json");
  for (let depth = 0; at !== null; depth++) {
    const m = record(at);
    if (Array.isArray(m.layers)) return { config: blob(record(m.config).digest), layers: m.layers.map((l) => blob(record(l).digest)) };
    if (depth > MAX_NESTING) throw new ArchiveError("the image's index is nested too deeply");
    const all = list(m.manifests).map(record);
    const fits = all.find((d) => {
      const p = record(d.platform);
      return text(p.os) === "linux" && text(p.architecture) === "amd64";
    });
    const chosen = fits ?? all.find((d) => d.platform === undefined);
    if (!chosen) throw new ArchiveError("the image has nothing for linux/amd64");
    at = json(files, blob(chosen.digest), hash);
    if (at === null) throw new ArchiveError("the image lacks the manifest that its index names");
  }
  const docker = record(list(json(files, "manifest.json"))[0]);
  if (!docker.Config) throw new ArchiveError("not an image: it has neither index.json nor manifest.json");
  return { config: text(docker.Config), layers: strings(docker.Layers) };
}

/**
 * An image's files, all layers above one another, and its configuration. All layers together may unpack to `limit` bytes.
 * With a hash, what is read whole is compared with its digest; a layer that is a plain tar is not: it is read where needed.
 * @throws ArchiveError
 */
export async function loadImage(
  files: ImageFiles,
  limit = UNPACKED_LIMIT,
  hash?: HashMaker,
  progress?: Progress,
): Promise<{ tree: ArchiveTree; config: ImageConfig }> {
  const { config: configPath, layers } = manifest(files, hash);
  const whole = record(json(files, configPath, hash));
  const architecture = text(whole.architecture);
  if (architecture !== "" && architecture !== "amd64")
    throw new ArchiveError(`the image is for ${architecture}; lstar runs amd64 (x86-64)`);
  const tree = new ArchiveTree();
  let left = limit;
  for (const path of layers) {
    const source = files(path);
    if (!source) throw new ArchiveError(`the image lacks a layer: ${path}`);
    const packed = isCompressed(source);
    if (packed) verify(source, path, hash);
    const layer = await unpackTar(source, left, progress);
    if (packed) left -= layer.size;
    tree.addLayer(layer);
  }
  const c = record(whole.config);
  return {
    tree,
    config: {
      env: strings(c.Env).filter((e) => e.includes("=")),
      argv: { entrypoint: strings(c.Entrypoint), cmd: strings(c.Cmd) },
      cwd: text(c.WorkingDir) || "/",
      user: text(c.User),
    },
  };
}

/** Numbers of a user given as in an image: name or number, with a group or without. @throws ArchiveError */
export function imageUser(tree: ArchiveTree, spec: string): { uid: number; gid: number } {
  if (spec === "") return { uid: 0, gid: 0 };
  const [user = "", group] = spec.split(":");
  const rows = (file: string): string[][] =>
    new TextDecoder()
      .decode(tree.readFile(file, JSON_LIMIT) ?? new Uint8Array())
      .split("\n")
      .map((l) => l.split(":"));
  const isNumber = (s: string): boolean => /^\d{1,10}$/.test(s);
  const account = rows("/etc/passwd").find((r) => (isNumber(user) ? r[2] === user : r[0] === user));
  if (!account && !isNumber(user)) throw new ArchiveError(`the image wants to run as ${user}, whom its /etc/passwd does not have`);
  let gid = Number(account?.[3] ?? 0);
  if (group !== undefined && group !== "") {
    const row = isNumber(group) ? null : rows("/etc/group").find((r) => r[0] === group);
    if (row === undefined) throw new ArchiveError(`the image wants the group ${group}, which its /etc/group does not have`);
    gid = Number(row ? row[2] : group);
  }
  return { uid: Number(account?.[2] ?? user), gid };
}
