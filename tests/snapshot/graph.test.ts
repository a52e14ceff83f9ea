import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { findAliens } from "@lstar/kernel/snapshot/graph.ts";
import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { compile, need, root } from "../native.ts";
import { machineFor, memoryHash, runTo } from "./machines.ts";

for (const program of ["seccomp/notif-wait", "seccomp/tsync", "ptrace/death", "ptrace/groupstop", "ptrace/debugregs"]) {
  it(`nothing but plain data while ${program} runs`, { timeout: 120_000 }, async () => {
    const { k } = machineFor([await compile(join(root, "tests/conformance", `${program}.c`))]);
    let i = 0;
    for (; k.runSlice(2_000) !== "exited"; i++) if (i % 20 === 0) expect(findAliens(k)).toEqual([]);
    expect(i).toBeGreaterThan(20);
  });
}

/** Sockets in every state, with packets in their queues. */
const network = `
import socket as s, time
l = s.create_server(("127.0.0.1", 0)); p = l.getsockname()
a = s.create_connection(p); b = l.accept()[0]; a.sendall(b"unread" * 1000); b.send(b"urgent", s.MSG_OOB)
c = s.create_connection(p); d = s.create_connection(p); l.accept()[0].close(); l.accept()[0].shutdown(1)
n = s.socket(); n.setblocking(False); n.connect_ex(("127.0.0.1", 1))
full = s.create_connection(p); full.setblocking(False)
try:
    while True: full.send(bytes(100000))
except BlockingIOError: pass
u = s.socket(s.AF_INET6, s.SOCK_DGRAM); u.bind(("::", 0)); u.sendto(b"x", ("::1", u.getsockname()[1]))
e = s.socket(s.AF_INET, s.SOCK_DGRAM); e.setsockopt(0, 11, 1); e.sendto(b"x", ("127.0.0.1", 1)); e2 = s.socket(s.AF_INET, s.SOCK_DGRAM)
e2.connect(("127.0.0.1", 9)); e2.setsockopt(17, 1, 1); e2.send(b"corked"); r = s.socket(s.AF_INET, s.SOCK_RAW, 1)
time.sleep(0.5); c.close(); time.sleep(100)
`;

for (const [what, program] of [
  ["whatever the guest has opened", "sh"],
  ["whatever its sockets do", "network"],
] as const)
  it(`nothing but plain data is reachable from the kernel, ${what}`, { timeout: 120_000 }, () => {
    const host = new MemoryHost(
      new Uint8Array(0),
      () => {},
      () => {},
      new NodeFiles(),
    );
    const script = `
    exec 3<>/dev/ptmx 4</proc/self/status 5<>/dev/tty 6</etc/passwd 7<>/tmp/file 8</
    mkfifo /tmp/fifo; cat /tmp/fifo & sleep 100 & (trap 'echo' USR1; sleep 100) & yes | head -c 100 >/dev/null
    mkdir -p /tmp/a/b; ln -s b /tmp/a/c; echo text >/tmp/a/b/d; for i in 1 2 3; do (sleep 100; true) | cat & done
    cat /proc/*/status >/dev/null 2>&1; ls -lR /sys >/dev/null; wait -n; wait`;
    const k = startMachine(host, {
      argv: program === "sh" ? [need("bash-static"), "-c", script] : [need("/usr/bin/python3"), "-c", network],
      env: ["PATH=/usr/bin:/bin"],
      root: "/",
      mounts: [],
      cwd: "/tmp",
      user: { uid: 0, gid: 0 },
      memory: 256 * 1024 * 1024,
      seed: 1,
      jit: true,
      clock: "virtual",
      hostname: "test",
      files: [],
      bringIn: null,
    });
    let looked = 0;
    for (let i = 0; i < 400 && k.runSlice(200_000) !== "exited"; i++) {
      if (i % 10 === 0) {
        expect(findAliens(k)).toEqual([]);
        looked++;
      }
    }
    expect(findAliens(k)).toEqual([]);
    expect(looked).toBeGreaterThan(3);
  });

it("a program that holds one of everything is snapshot anywhere, and goes on in another machine", { timeout: 120_000 }, async () => {
  const program = new Uint8Array(readFileSync(await compile(join(root, "tests/snapshot/everything.c"))));
  const start = (): ReturnType<typeof machineFor> => machineFor(["/w/p"], { cwd: "/w", files: { "/w/p": program } });
  const plain = start();
  expect(runTo(plain.k, Number.POSITIVE_INFINITY)).toBe(true);
  expect(plain.output()).toContain("0 failed");
  expect(plain.k.exitStatus).toBe(0);
  const run = start();
  const snapshots: { at: Snapshot; printed: number }[] = [];
  for (let part = 1; part < 12; part++) {
    runTo(run.k, Math.floor((plain.k.machine.totalRetired * part) / 12));
    expect(findAliens(run.k)).toEqual([]);
    snapshots.push({ at: takeSnapshot(run.k), printed: run.output().length });
  }
  const other = machineFor([need("/bin/busybox"), "true"]);
  for (const { at, printed } of [...snapshots].reverse()) {
    expect(restoreSnapshot(other.k, at)).toBe(true);
    expect(findAliens(other.k)).toEqual([]);
    const before = other.output().length;
    expect(runTo(other.k, Number.POSITIVE_INFINITY)).toBe(true);
    expect(other.output().slice(before)).toBe(plain.output().slice(printed));
    expect(memoryHash(other.k)).toBe(memoryHash(plain.k));
  }
});
