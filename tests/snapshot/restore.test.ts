import { restoreSnapshot, type Snapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { expect, it } from "vitest";
import { need } from "../native.ts";
import { machineFor, memoryHash, runTo } from "./machines.ts";

/** Connections in all states, packets in all queues. */
const network = `
import _socket as s, _thread, time
l = s.socket(); l.bind(("127.0.0.1", 0)); l.listen(3)
def serve():
    for i in range(3):
        c = s.socket(fileno=l._accept()[0]); n = 0
        while True:
            d = c.recv(30000)
            if not d: break
            n += len(d)
        c.send(b"%d" % n); c.close()
_thread.start_new_thread(serve, ())
u = s.socket(s.AF_INET6, s.SOCK_DGRAM); u.bind(("::1", 0)); u.sendto(b"to myself", u.getsockname())
for i in range(3):
    c = s.socket(); c.connect(l.getsockname())
    for j in range(5): c.sendall(bytes([j]) * 50000)
    c.shutdown(1); print(c.recv(100)); c.close(); time.sleep(0.01)
print(u.recv(100))
`;
/** More programs: programs.test.ts. */
const programs: [string, () => string[]][] = [
  ["strace", () => [need("strace"), "-f", need("/bin/busybox"), "sh", "-c", "ls / | wc -l; kill -USR1 $$; echo"]],
  ["TCP and UDP", () => [need("/usr/bin/python3"), "-S", "-c", network]],
];

/** Random, but the same in every run. */
function* randoms(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x / 4294967296;
  }
}

for (const [name, argv] of programs) {
  it(`${name}: a restored machine goes on as if nothing had happened`, { timeout: 120_000 }, () => {
    const plain = machineFor(argv());
    expect(runTo(plain.k, Number.POSITIVE_INFINITY)).toBe(true);
    const { totalRetired } = plain.k.machine;
    const expected = { output: plain.output(), memory: memoryHash(plain.k), status: plain.k.exitStatus, retired: totalRetired };

    const run = machineFor(argv());
    const random = randoms(7);
    const points = Array.from({ length: 10 }, () => Math.floor((random.next().value as number) * totalRetired)).sort((a, b) => a - b);
    const snapshots: { at: Snapshot; printed: string }[] = [];
    for (const point of points) {
      runTo(run.k, point);
      snapshots.push({ at: takeSnapshot(run.k), printed: run.output() });
    }
    const finish = (k: typeof run.k, printed: string, output: () => string): void => {
      const before = output().length;
      expect(runTo(k, Number.POSITIVE_INFINITY)).toBe(true);
      expect({
        output: printed + output().slice(before),
        memory: memoryHash(k),
        status: k.exitStatus,
        retired: k.machine.totalRetired,
      }).toEqual(expected);
    };
    finish(run.k, run.output(), run.output);
    // Back, in the same machine, in an order that goes to and fro; then in another machine.
    for (const i of [9, 0, 5, 2, 7, 1, 8, 4, 6, 3]) {
      const { at, printed } = snapshots[i]!;
      expect(restoreSnapshot(run.k, at)).toBe(true);
      finish(run.k, printed, run.output);
    }
    const other = machineFor([need("/bin/busybox"), "true"]);
    expect(restoreSnapshot(other.k, snapshots[4]!.at)).toBe(true);
    finish(other.k, snapshots[4]!.printed, other.output);
  });
}
