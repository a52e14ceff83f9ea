import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { ContainerWriter } from "@lstar/replay/file/writer.ts";
import { ContainerError, readSnapshot, resume, SnapshotWriter } from "@lstar/replay/snapshot/index.ts";
import { afterAll, describe, expect, it } from "vitest";
import { version } from "../../packages/lstar/src/version.ts";
import { freshDirectory, lstar, need } from "../native.ts";
import { goOn } from "./goOn.ts";
import { machineFor, runTo } from "./machines.ts";

const dir = freshDirectory();
afterAll(() => dir.remove());

function snapshotBytes(): Uint8Array {
  // All of it in memory: nothing of the host is needed any more.
  const files = { "/w/busybox": new Uint8Array(readFileSync(need("/bin/busybox"))) };
  const { k } = machineFor(["/w/busybox", "sh", "-c", "(echo a; echo b) | while read x; do echo $x; done; echo c"], { cwd: "/w", files });
  expect(runTo(k, 30_000)).toBe(false);
  const chunks: Uint8Array[] = [];
  new SnapshotWriter(k, takeSnapshot(k), (b) => chunks.push(b.slice()), { codec: nodeCodec, version }).finish();
  return new Uint8Array(Buffer.concat(chunks));
}
const whole = snapshotBytes();
const read = (bytes: Uint8Array): ReturnType<typeof readSnapshot> => readSnapshot(bytes, nodeCodec, version);

describe("a snapshot file", () => {
  it("gives the same machine as often as it is read", () => {
    const first = goOn(read(whole));
    expect(first).toMatchObject({ output: "a\nb\nc\n", status: 0, missing: [] });
    expect(goOn(read(whole))).toEqual(first);
  });

  it("is refused if it is cut off, changed, or something else", () => {
    let x = 12345;
    const random = (n: number): number => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return Math.floor((x / 4294967296) * n);
    };
    for (let i = 0; i < 60; i++) {
      const cut = whole.subarray(0, random(whole.length));
      expect(() => read(cut), `${cut.length} bytes`).toThrow(ContainerError);
      const changed = whole.slice();
      const bit = random(whole.length * 8);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => read(changed), `bit ${bit}`).toThrow(ContainerError);
    }
    expect(() => read(new Uint8Array(readFileSync(need("/bin/busybox"))))).toThrow("is not an lstar snapshot");
    expect(() => readSnapshot(whole, nodeCodec, "99.0.0")).toThrow(/was written by lstar .*; lstar 99\.0\.0 .* cannot take it over/);
  });

  it("with right checksums but wrong contents is refused too, and makes no machine", () => {
    const { head } = read(whole);
    const make = (changes: Record<string, unknown>, parts: readonly [string, Uint8Array][]): Uint8Array => {
      const chunks: Uint8Array[] = [];
      const w = new ContainerWriter((b) => chunks.push(b.slice()), nodeCodec, "snapshot");
      w.add("HEAD", new TextEncoder().encode(JSON.stringify({ ...head, ...changes })));
      for (const [type, bytes] of parts) w.add(type, bytes);
      w.end();
      return new Uint8Array(Buffer.concat(chunks));
    };
    expect(() => read(make({}, []))).toThrow("parts of it are missing");
    for (const changes of [
      { frames: { next: -1, used: 0, free: 0 } },
      { frames: { next: 1e12, used: 0, free: 0 } },
      { registers: [1, 2] },
      { stateBytes: 1e15 },
      { options: null },
      { stdio: [] },
      { kernel: "of another build" },
    ])
      expect(() => read(make(changes, [])), JSON.stringify(changes)).toThrow(ContainerError);
    expect(() => read(make({}, [["ALLO", new Uint8Array(12)]]))).toThrow(ContainerError);
    expect(() => read(make({}, [["WHAT", new Uint8Array(12)]]))).toThrow("unknown");
    expect(() => read(make({}, [["STAT", new Uint8Array(head.stateBytes + 1)]]))).toThrow("more state");
    expect(() => read(make({}, [["FILE", new Uint8Array(12)]]))).toThrow("host files");

    // A state that says nonsense, in a file that is otherwise right.
    const file = read(whole);
    for (let i = 0; i < 40; i++) {
      const state = file.snapshot.state.slice();
      state[(i * 7919) % state.length]! ^= 0x55;
      const host = new MemoryHost(
        new Uint8Array(0),
        () => {},
        () => {},
      );
      try {
        resume({ ...file, snapshot: { ...file.snapshot, state } }, host);
      } catch (e) {
        expect(e).toBeInstanceOf(ContainerError);
      }
    }
  });
});

describe("lstar run --snapshot and --from", () => {
  const script = "echo before; seq 1 300 | sort -rn | head -1; ls /etc/hostname; echo after >&2; exit 3";
  const run = ["run", "--root", "/", "--cwd", "/w"];
  const program = [need("/bin/busybox"), "sh", "-c", script];
  const path = join(dir.path, "a.snapshot");

  it("go on in another process, with what host files are needed in the file", { timeout: 60_000 }, async () => {
    const plain = await lstar([...run, ...program]);
    expect(plain.status).toBe(3);
    const first = await lstar([...run, "--snapshot", path, "--snapshot-at", "200000", ...program]);
    expect(first).toEqual(plain);
    const second = await lstar(["run", "--from", path]);
    expect(second).toEqual({ ...plain, stdout: plain.stdout.replace("before\n", "") });
    expect(await lstar(["run", "--from", path, "--jit", "off"])).toEqual(second);
  });

  it("--snapshot-stop ends there; what is missing is told, and may be granted", { timeout: 60_000 }, async () => {
    const stopped = join(dir.path, "b.snapshot");
    expect(await lstar([...run, "--snapshot", stopped, "--snapshot-at", "30000", "--snapshot-stop", ...program])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "",
    });
    const poor = await lstar(["run", "--from", stopped]);
    expect(poor.stderr).toContain("--root / lets it have what is there now");
    const rich = await lstar(["run", "--from", stopped, "--root", "/"]);
    expect(rich).toMatchObject({ status: 3, stdout: "before\n300\n/etc/hostname\n", stderr: "after\n" });
    const wrong = await lstar(["run", "--from", stopped, "--root", dir.path]);
    expect(wrong).toMatchObject({ status: 125, stdout: "" });
    expect(wrong.stderr).toContain("was taken of a machine with --root /");
  });

  it("say what is wrong", { timeout: 60_000 }, async () => {
    const bad = async (...args: string[]): Promise<string> => {
      const r = await lstar(["run", ...args]);
      expect(r.status).toBe(125);
      return r.stderr;
    };
    expect(await bad("--from", join(dir.path, "none"))).toMatch(/none: no such file/);
    expect(await bad("--from", program[0]!)).toContain("is not an lstar snapshot");
    writeFileSync(join(dir.path, "cut"), readFileSync(path).subarray(0, 10_000));
    expect(await bad("--from", join(dir.path, "cut"))).toContain("is cut off after 10000 bytes");
    expect(await bad("--from", path, "/bin/true")).toContain("--from takes no program");
    expect(await bad("--snapshot", "x", "/bin/true")).toContain("go together");
    const late = join(dir.path, "late");
    expect(await bad("--snapshot", late, "--snapshot-at", "4000000000", ...program)).toContain(
      "no snapshot was taken: the program ended after",
    );
    expect(existsSync(late) || existsSync(`${late}.partial`)).toBe(false);
  });
});
