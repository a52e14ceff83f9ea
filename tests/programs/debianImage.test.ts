import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { lstar, need, run } from "../native.ts";
import { tarOf } from "../tarWriter.ts";

/** A Debian root out of the packages that are installed here, as an OCI archive. */
const PACKAGES = [
  "base-files",
  "dash",
  "coreutils",
  "dpkg",
  "libc6",
  "libselinux1",
  "libpcre2-8-0",
  "libacl1",
  "libattr1",
  "libgmp10",
  "libmd0",
];

function rootTar(): Buffer {
  need("dpkg-query");
  const files = new Set(["/bin", "/lib", "/lib64", "/sbin", "/var/lib/dpkg", "/var/lib/dpkg/status"]);
  // Files of packages that this release does not have are left out; /usr/share is not needed.
  const listed = spawnSync("dpkg", ["-L", ...PACKAGES], { encoding: "utf8" }).stdout;
  for (const f of listed.split("\n")) if (/^\/(usr\/(s?bin|lib)|lib|lib64|s?bin|etc)(\/|$)/.test(f) && !f.includes("/gconv/")) files.add(f);
  const libraries = spawnSync("ldd", [need("dpkg-query"), need("ls"), need("dash")], { encoding: "utf8" }).stdout;
  for (const m of libraries.matchAll(/=> (\/\S+)/g)) files.add(m[1]!);
  files.add("/usr/bin/sh");
  const r = spawnSync("tar", ["-C", "/", "--no-recursion", "--ignore-failed-read", "-chf", "-", "-T", "-"], {
    input: [...files].map((f) => f.slice(1)).join("\n"),
    maxBuffer: 2 ** 28,
  });
  return r.stdout;
}

describe("a Debian root from packages, as an OCI archive", () => {
  const dir = mkdtempSync(join(tmpdir(), "lstar-debian-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  it("runs its shell, cat and dpkg", async () => {
    const members: { name: string; data: Uint8Array }[] = [];
    const blob = (data: Uint8Array): { digest: string; size: number } => {
      const hash = createHash("sha256").update(data).digest("hex");
      members.push({ name: `blobs/sha256/${hash}`, data });
      return { digest: `sha256:${hash}`, size: data.length };
    };
    const json = (v: object): Buffer => Buffer.from(JSON.stringify(v));
    const config = blob(json({ architecture: "amd64", os: "linux", config: { Env: ["PATH=/usr/bin:/bin"], Cmd: ["sh"] } }));
    const manifest = blob(json({ schemaVersion: 2, config, layers: [blob(gzipSync(rootTar(), { level: 1 }))] }));
    members.push({ name: "index.json", data: json({ schemaVersion: 2, manifests: [manifest] }) });
    const image = join(dir, "debian.tar");
    writeFileSync(image, tarOf(members));
    const script = "cat /etc/os-release; dpkg -l | wc -l";
    const r = await lstar(["run", "--image", image, "sh", "-c", script], { timeout: 120_000 });
    const native = await run("sh", ["-c", script]);
    expect(r.stderr).toBe("");
    expect(r.stdout).toBe(native.stdout);
    expect(r.status).toBe(0);
  }, 150_000);
});
