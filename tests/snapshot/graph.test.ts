import { MemoryHost } from "@lstar/host";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { findAliens } from "@lstar/kernel/snapshot/graph.ts";
import { expect, it } from "vitest";
import { startMachine } from "../../packages/lstar/src/boot.ts";
import { need } from "../native.ts";

it("nothing but plain data is reachable from the kernel, whatever the guest has opened", { timeout: 120_000 }, () => {
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
    argv: [need("bash-static"), "-c", script],
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
