import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ArchiveError, type ByteSource } from "@lstar/host/tar/entries.ts";
import { ArchiveTree } from "@lstar/host/tar/tree.ts";
import { afterAll, describe, expect, it } from "vitest";
import { decompress, MemorySource } from "../../packages/lstar/src/decompress.ts";
import { imageArchive, loadImage, loadTar } from "../../packages/lstar/src/image.ts";
import { lstar, need } from "../native.ts";
import { type Member, pax, tarOf } from "../tarWriter.ts";

const memory = (bytes: Uint8Array): ByteSource => new MemorySource([bytes]);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);

async function problem(bytes: Uint8Array, limit?: number): Promise<string> {
  try {
    await loadTar(memory(bytes), limit);
  } catch (e) {
    expect(e).toBeInstanceOf(ArchiveError);
    return (e as Error).message;
  }
  return "";
}

describe("tar archives as the root", () => {
  it("keep owners, modes, links, devices, long names and attributes", async () => {
    const long = `${"d/".repeat(60)}file`;
    const tree = await loadTar(
      memory(
        tarOf([
          { name: "a", data: text("hello"), mode: 0o4751, uid: 7, gid: 8 },
          { name: "b", type: "1", link: "a" },
          { name: "null", type: "3", mode: 0o666 },
          pax({ path: long, "SCHILY.xattr.user.k": "v", uid: "4000000", mtime: "12.5" }),
          { name: "short", data: text("x") },
          { name: "long", type: "L", data: text(`${"n".repeat(150)}\0`) },
          { name: "cut", type: "2", link: "a" },
        ]),
      ),
    );
    expect(tree.at("/a")).toMatchObject({ mode: 0o104751, uid: 7, gid: 8, nlink: 2, size: 5 });
    expect(tree.at("/b")).toBe(tree.at("/a"));
    expect(tree.at("/null")).toMatchObject({ mode: 0o020666, rdev: 0x103 });
    expect(tree.at(`/${long}`)).toMatchObject({ uid: 4000000, mtime: { sec: 12, nsec: 5e8 }, xattrs: new Map([["user.k", "v"]]) });
    expect(tree.at(`/${"n".repeat(150)}`)).toMatchObject({ target: "a" });
  });

  it("read no file data before they are asked for", () => {
    const first = tarOf([{ name: "big", claim: 2 ** 30 }]).subarray(0, 512);
    const second = tarOf([{ name: "small", data: text("s") }]);
    let bytesRead = 0;
    const source: ByteSource = {
      size: 512 + 2 ** 30 + second.length,
      read(out, position) {
        bytesRead += out.length;
        const from = position === 0 ? first : second.subarray(position - 512 - 2 ** 30);
        out.set(from.subarray(0, out.length));
        return out.length;
      },
    };
    const tree = new ArchiveTree();
    tree.addLayer(source);
    expect(tree.at("/big")?.size).toBe(2 ** 30);
    expect(tree.at("/small")?.size).toBe(1);
    expect(bytesRead).toBeLessThan(4096);
  });

  const refused: [what: string, members: Member[], why: RegExp][] = [
    ["a path out of the archive", [{ name: "../../etc/passwd", data: text("x") }], /leads out/],
    ["a path out of it from within", [{ name: "a/../../b" }], /leads out/],
    ["a hard link out of the archive", [{ name: "x", type: "1", link: "../../etc/shadow" }], /leads out/],
    ["a hard link to nothing", [{ name: "x", type: "1", link: "y" }], /hard link/],
    ["more bytes than there are", [{ name: "x", claim: 2 ** 32 }], /not there/],
    [
      "a sparse file without its map",
      [pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "10737418240" }), { name: "x" }],
      /sparse file whose map is cut off/,
    ],
    [
      "a sparse file with a map of a billion parts",
      [pax({ "GNU.sparse.major": "1", "GNU.sparse.realsize": "9" }), { name: "x", data: text("999999999\n") }],
      /map is damaged/,
    ],
    [
      "a sparse file whose parts overlap",
      [pax({ "GNU.sparse.size": "9", "GNU.sparse.map": "0,4,2,4" }), { name: "x", data: text("12345678") }],
      /map is damaged/,
    ],
    [
      "a sparse file that claims more than is there",
      [pax({ "GNU.sparse.size": "10737418240", "GNU.sparse.map": "0,10737418240" }), { name: "x", data: text("1") }],
      /claims more than is stored/,
    ],
    ["links in circles", [{ name: "a", type: "2", link: "b" }, { name: "b", type: "2", link: "a" }, { name: "a/x" }], /circles/],
    ["a negative size", [pax({ size: "-1" }), { name: "x" }], /bad size/],
    ["a damaged extended header", [{ name: "x", type: "x", data: text("99999 a=b\n") }, { name: "y" }], /damaged/],
    ["a huge extended header", [{ name: "x", type: "x", data: new Uint8Array(2 ** 20 + 1) }], /1 MiB/],
    ["a file in a file", [{ name: "f" }, { name: "f/g" }], /no directory/],
    ["directories without end", [pax({ path: "d/".repeat(2000) }), { name: "x" }], /too deep|nested/],
  ];
  it.each(refused)("are refused with %s", async (_what, members, why) => {
    expect(await problem(tarOf(members))).toMatch(why);
  });

  it("follow symbolic links only within themselves", async () => {
    const tree = await loadTar(
      memory(
        tarOf([
          { name: "out", type: "2", link: "/../../etc" },
          { name: "out/x", data: text("1") },
        ]),
      ),
    );
    expect(tree.at("/etc/x")?.size).toBe(1);
  });

  it("are refused beyond the limit of what they unpack to, and when damaged or cut off", async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    expect(await problem(bomb, 2 ** 20)).toMatch(/more than 1048576 bytes/);
    const sound = gzipSync(tarOf([{ name: "x", data: text("y".repeat(5000)) }]));
    expect(await problem(sound)).toBe("");
    expect(await problem(sound.subarray(0, sound.length - 20))).toMatch(/damaged/);
    expect(await problem(Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(40, 0x5a)]))).not.toBe("");
    expect(await problem(text("not an archive"))).toMatch(/not a tar archive/);
  });

  it("with damage anywhere give an error or a tree, nothing else", async () => {
    const sound = tarOf([
      { name: "dir/", type: "5" },
      pax({ path: "dir/long", "SCHILY.xattr.user.a": "b" }),
      { name: "x", data: text("data") },
      { name: "l", type: "1", link: "dir/long" },
      { name: "s", type: "2", link: "dir" },
      { name: "s/t", data: text("t") },
    ]);
    const packed = gzipSync(sound);
    let seed = 1;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return Math.floor((seed / 2 ** 32) * n);
    };
    for (let i = 0; i < 3000; i++) {
      const b = Uint8Array.from(i % 10 === 0 ? packed : sound);
      for (let j = random(4); j >= 0; j--) b[random(b.length)] = random(256);
      // Headers that are damaged but have the right checksum get further.
      if (i % 3 === 1)
        for (let at = 0; at + 512 <= b.length; at += 512) {
          let sum = 256;
          for (let j = 0; j < 512; j++) sum += j >= 148 && j < 156 ? 0 : (b[at + j] as number);
          if (sum !== 256) b.set(text(`${sum.toString(8).padStart(6, "0")}\0 `), at + 148);
        }
      await problem(i % 7 === 0 ? b.subarray(0, random(b.length)) : b, 2 ** 22);
    }
  });
});

/** An image with the layers given, as skopeo packs one. */
function image(layers: Uint8Array[], config: object, architecture = "amd64"): Buffer {
  const members: Member[] = [];
  const blob = (data: Uint8Array): { digest: string; size: number } => {
    const hash = createHash("sha256").update(data).digest("hex");
    members.push({ name: `blobs/sha256/${hash}`, data });
    return { digest: `sha256:${hash}`, size: data.length };
  };
  const json = (v: object): Uint8Array => text(JSON.stringify(v));
  const configBlob = blob(json({ architecture, os: "linux", config }));
  const manifest = blob(json({ schemaVersion: 2, config: configBlob, layers: layers.map(blob) }));
  members.push({ name: "index.json", data: json({ schemaVersion: 2, manifests: [manifest] }) });
  return tarOf(members);
}

describe("images", () => {
  it("lay their layers over one another and honour whiteouts", async () => {
    const lower = tarOf([{ name: "a" }, { name: "d/x" }, { name: "d/y" }, { name: "e/z" }]);
    const upper = tarOf([{ name: ".wh.a" }, { name: "d/.wh..wh..opq" }, { name: "d/new" }, { name: "e/.wh.z" }]);
    const { tree } = await loadImage(await imageArchive(memory(image([gzipSync(lower), upper], {}))));
    expect([...tree.root.children!.keys()].sort()).toEqual(["d", "e"]);
    expect([...tree.at("/d")!.children!.keys()]).toEqual(["new"]);
    expect(tree.at("/e")!.children!.size).toBe(0);
  });

  it("for another processor, without a layer, or none at all are refused", async () => {
    const of = async (b: Uint8Array): Promise<unknown> => loadImage(await imageArchive(memory(b)));
    await expect(of(image([], {}, "arm64"))).rejects.toThrow("the image is for arm64");
    await expect(of(tarOf([{ name: "x" }]))).rejects.toThrow("not an image");
    await expect(of(tarOf([{ name: "index.json", data: text("{") }]))).rejects.toThrow("damaged");
    const bad = { manifests: [{ digest: "sha256:../../../etc/passwd" }] };
    await expect(of(tarOf([{ name: "index.json", data: text(JSON.stringify(bad)) }]))).rejects.toThrow("bad digest");
    const lost = [{ Config: "c.json", Layers: ["../../etc/passwd"] }];
    await expect(
      of(
        tarOf([
          { name: "manifest.json", data: text(JSON.stringify(lost)) },
          { name: "c.json", data: text("{}") },
        ]),
      ),
    ).rejects.toThrow("lacks a layer");
  });
});

describe("the command", () => {
  const dir = mkdtempSync(join(tmpdir(), "lstar-archives-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(dir, name), bytes);
    return join(dir, name);
  };
  const busybox = (): Member => ({ name: "bin/busybox", data: readFileSync(need("/bin/busybox")) });

  it("starts what an image names, as its user, and leaves the archive as it was", async () => {
    const layer = tarOf([
      busybox(),
      { name: "bin/sh", type: "2", link: "busybox" },
      { name: "etc/passwd", data: text("app:x:12:34::/:/bin/sh\n"), mode: 0o644 },
      { name: "tmp/", type: "5", mode: 0o1777 },
    ]);
    const packed = image([gzipSync(layer)], {
      Env: ["PATH=/bin", "GREETING=hi"],
      Entrypoint: ["/bin/sh", "-c"],
      Cmd: ["echo $GREETING; pwd; busybox id -u; busybox id -g; echo w > /tmp/f; cat /tmp/f 2>/dev/null || busybox cat /tmp/f"],
      WorkingDir: "/tmp",
      User: "app",
    });
    const path = file("image.tar", packed);
    const r = await lstar(["run", "--image", path]);
    expect(r).toEqual({ status: 0, stdout: "hi\n/tmp\n12\n34\nw\n", stderr: "" });
    expect(readFileSync(path).equals(packed)).toBe(true);
  });

  it("tells of interpreters that are missing or go round in circles", async () => {
    const loop = file(
      "loop.tar",
      tarOf([
        { name: "a", data: text("#!/b\n") },
        { name: "b", data: text("#!/a\n") },
        { name: "self", data: text("#!/self\n") },
        { name: "lost", data: text("#!/not/there\n") },
      ]),
    );
    for (const program of ["/a", "/self"]) {
      const r = await lstar(["run", "--root", loop, program]);
      expect([r.status, r.stderr]).toEqual([126, expect.stringMatching(/too many levels/)]);
    }
    const lost = await lstar(["run", "--root", loop, "/lost"]);
    expect([lost.status, lost.stderr]).toEqual([127, expect.stringMatching(/interpreter/)]);
  });

  it("saves the root with its changes, which starts again", async () => {
    const before = file(
      "before.tar",
      tarOf([busybox(), { name: "bin/sh", type: "2", link: "busybox" }, { name: "gone" }, { name: "kept", uid: 3 }]),
    );
    const out = join(dir, "after.tar");
    const long = `/${"n".repeat(150)}`;
    const script = `busybox rm /gone; echo new > /n; busybox ln /n /m; busybox head -c 9000 /bin/busybox > ${long}`;
    const saved = await lstar(["run", "--root", before, "--commit", out, "sh", "-c", script]);
    expect(saved).toEqual({ status: 0, stdout: "", stderr: "" });
    const check = `busybox cat /m; busybox stat -c '%h %u' /n /kept; busybox wc -c < ${long}; busybox ls /gone 2>/dev/null || echo none`;
    const again = await lstar(["run", "--root", out, "sh", "-c", check]);
    expect(again).toEqual({ status: 0, stdout: "new\n2 0\n1 3\n9000\nnone\n", stderr: "" });
  });

  it("touches nothing outside for a hostile archive", async () => {
    const target = join(dir, "outside");
    const hostile = file("hostile.tar", tarOf([{ name: `../../../../../..${target}`, data: text("x") }]));
    const r = await lstar(["run", "--root", hostile, "/bin/sh"]);
    expect([r.status, r.stderr]).toEqual([125, expect.stringMatching(/leads out/)]);
    expect(existsSync(target)).toBe(false);
  });
});

it("what is neither gzip nor zstd stays as it is", async () => {
  const source = memory(text("plain"));
  expect(await decompress(source)).toBe(source);
});
