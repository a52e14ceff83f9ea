import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { bytesSource, ContainerReader } from "@lstar/replay/file/reader.ts";
import { ContainerWriter } from "@lstar/replay/file/writer.ts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { freshDirectory, need } from "../native.ts";
import { record, recording, replay } from "./drive.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
let dir: { path: string; remove: () => void };
let good = "";
beforeAll(async () => {
  dir = freshDirectory();
  good = join(dir.path, "good.lstar");
  const r = await record(good, ["--root", "/", "--", need("/bin/busybox"), "sh", "-c", "echo hello; cat /etc/passwd | wc -l"], {
    input: "",
  });
  expect(r.status).toBe(0);
});
afterAll(() => dir.remove());

/** The recording with its chunks changed. */
function changed(name: string, change: (type: string, bytes: Uint8Array, n: number) => Uint8Array | null): string {
  const reader = new ContainerReader(bytesSource(new Uint8Array(readFileSync(good))), nodeCodec, { kind: "recording" });
  const out: Uint8Array[] = [];
  const writer = new ContainerWriter((b) => out.push(b.slice()), nodeCodec, "recording");
  reader.chunks.forEach((c, i) => {
    const bytes = change(c.type, reader.read(i), i);
    if (bytes) writer.add(c.type, bytes);
  });
  const end = change("END ", reader.end as Uint8Array, -1);
  if (end) writer.end(end);
  const path = join(dir.path, name);
  writeFileSync(path, Buffer.concat(out));
  return path;
}
const json = (bytes: Uint8Array, change: (v: Record<string, never>) => void): Uint8Array => {
  const value = JSON.parse(new TextDecoder().decode(bytes));
  change(value);
  return new TextEncoder().encode(JSON.stringify(value));
};

describe("a file that is no whole recording is refused", () => {
  it.each<[string, (b: Buffer) => Uint8Array, RegExp]>([
    ["empty", () => new Uint8Array(0), /is empty/],
    ["a program", () => readFileSync("/bin/busybox"), /is not an lstar recording/],
    ["a bit turned over", (b) => b.map((x, i) => (i === b.length >> 1 ? x ^ 4 : x)), /is damaged: the checksum/],
    ["cut off in its head", (b) => b.subarray(0, 40), /is cut off within its head/],
    [
      "cut off before the program's start",
      (b) => b.subarray(0, 16 + 28 + b.readUInt32LE(28) + 40),
      /is cut off before its program started/,
    ],
    ["more at its end", (b) => Buffer.concat([b, Buffer.from("x")]), /is damaged: there is more after its end/],
    [
      "another version",
      (b) => {
        const other = Buffer.from(b);
        other.writeUInt16LE(2, 8);
        other.writeUInt32LE(nodeCodec.crc32(other.subarray(0, 12)), 12);
        return other;
      },
      /has format version 2; this lstar reads version 1/,
    ],
  ])("%s", async (_what, damage, message) => {
    const path = join(dir.path, "bad.lstar");
    writeFileSync(path, damage(readFileSync(good)));
    const r = await replay(path);
    expect(r.stderr).toMatch(message);
    expect(r.stderr).toMatch(/^lstar: \/.*bad\.lstar /);
    expect([r.status, r.stdout]).toEqual([125, ""]);
  });

  it("no file, a directory, a head that says nothing", async () => {
    expect((await replay(join(dir.path, "absent"))).stderr).toMatch(/absent: no such file or directory\n$/);
    expect((await replay(dir.path)).stderr).toMatch(/is not a regular file\n$/);
    const path = changed("head.lstar", (type, bytes) => (type === "HEAD" ? new TextEncoder().encode("{}") : bytes));
    expect((await replay(path)).stderr).toMatch(/is damaged: its head does not say what was run\n$/);
  });
});

describe("a run that leaves the recorded one is stopped, and told where", () => {
  it("another seed", async () => {
    const r = await replay(
      changed("seed.lstar", (type, b) =>
        type === "HEAD" ? json(b, (h: Record<string, never>) => Object.assign(h.start, { seed: 2 })) : b,
      ),
    );
    expect(r.status).toBe(125);
    expect(r.stderr).toMatch(/has left the recorded run/);
  });
  it("another program", async () => {
    const path = changed("argv.lstar", (type, b) =>
      type === "HEAD"
        ? json(b, (h: Record<string, { argv: string[] }>) => void (h.start!.argv[3] = "echo hello; cat /etc/group | wc -l"))
        : b,
    );
    const r = await replay(path);
    expect(r.stdout).toBe("hello\n");
    expect(r.stderr).toMatch(/at instruction \d+.*, entry \d+: recorded was lstat \/etc\/passwd, what came is lstat \/etc\/group\n$/);
    expect(r.status).toBe(125);
  });
  it("another state at the end", async () => {
    const path = changed("end.lstar", (type, b) => (type === "END " ? json(b, (e: Record<string, unknown>) => void (e.memory = 1)) : b));
    expect((await replay(path)).stderr).toMatch(/at the end, memory is not that of the recorded run/);
  });
});

it("a start that fails leaves what was in the file", async () => {
  const path = join(dir.path, "kept");
  writeFileSync(path, "kept");
  const r = await record(path, ["--", "/nowhere/program"]);
  expect(r.status).toBe(127);
  expect(readFileSync(path, "latin1")).toBe("kept");
});

it("a place that cannot be written", async () => {
  const r = await record(join(dir.path, "no/such/place"), ["--", need("/bin/busybox"), "true"]);
  expect([r.status, r.stdout]).toEqual([125, ""]);
  expect(r.stderr).toMatch(/^lstar: cannot write .*: no such file or directory\n$/);
});

it("of a recorder that was killed, all but the last second can be had", async () => {
  const path = join(dir.path, "killed.lstar");
  const loop = "i=0; while :; do i=$((i + 1)); echo line $i; read -t 0.02 x; done";
  const r = recording(path, ["--root", "/", "--clock", "real", "--", "/bin/bash", "-c", loop]);
  // More than two seconds, of which one is not lost.
  await r.shows(/line 120\n/);
  r.kill("SIGKILL");
  const { stdout } = await r.end();
  const again = await replay(path);
  expect(again.status).toBe(125);
  expect(again.stderr).toMatch(/killed\.lstar ends here, at instruction \d+: its recorder was stopped before the program ended\n$/);
  expect(stdout.startsWith(again.stdout)).toBe(true);
  expect(again.stdout).toContain("line 2\n");
  expect((await replay(path, "--info")).stdout).toMatch(/end +cut off: known up to instruction \d+/);
});
