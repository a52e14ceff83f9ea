import { restoreSnapshot, takeSnapshot } from "@lstar/kernel/snapshot/snapshot.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { bytesSource } from "@lstar/replay/file/reader.ts";
import { before, type Place } from "@lstar/replay/place.ts";
import { Recording, recordedTimeline } from "@lstar/replay/record/index.ts";
import { beforeAll, expect, it } from "vitest";
import { bootRecording } from "../../packages/lstar/src/replayBoot.ts";
import { need } from "../native.ts";
import { memoryHash } from "../snapshot/machines.ts";
import { recordHere } from "./here.ts";

async function recorded(argv: string[], clock: "virtual" | "real"): Promise<{ recording: Recording; output: string }> {
  const { file, output } = await recordHere(argv, clock);
  return { recording: Recording.open(bytesSource(file), nodeCodec), output };
}

const script =
  "read -r x; echo $x; wc -c 'a file'; for i in 1 2 3; do (sleep 0.00$i; echo $i $EPOCHREALTIME) & done; wait; seq 1 500 | sort -rn | md5sum";

let runs: Record<string, Awaited<ReturnType<typeof recorded>>>;
beforeAll(async () => {
  runs = { virtual: await recorded([need("bash"), "-c", script], "virtual"), real: await recorded([need("bash"), "-c", script], "real") };
}, 120_000);

it.each(["virtual", "real"])("a recorded run (%s clock) is gone over forth and back", { timeout: 120_000 }, (clock) => {
  const { recording, output } = runs[clock]!;
  let text = "";
  const { k, host, last } = bootRecording(recording, {
    onOutput: (_stream, bytes) => {
      text += Buffer.from(bytes).toString("latin1");
    },
  });
  const t = recordedTimeline(k, recording, host);
  const seen: (Place & { hash: string; time: number })[] = [];
  for (let i = 0; i < 20_000 && t.slice(Math.min(20_000, t.untilKeep)) !== "exited"; i++) {
    t.keep();
    if (i % 12 === 0 && t.settle()) seen.push({ ...t.place, hash: memoryHash(k), time: k.time.nowNs });
  }
  expect([host.divergence, host.exhausted]).toEqual([null, false]);
  expect(k.exited).toBe(true);
  expect(k.machine.totalRetired).toBe(last.position);
  expect(text).toBe(output);
  expect(seen.length).toBeGreaterThan(3);
  for (const s of [...seen].reverse()) {
    t.seek(s);
    t.settle();
    expect(before(t.place, s) || before(s, t.place)).toBe(false);
    expect({ hash: memoryHash(k), time: k.time.nowNs }).toEqual({ hash: s.hash, time: s.time });
  }
  expect(host.divergence).toBe(null);
});

it("a replay that is stopped anywhere and goes on ends as the run did; both engines agree", { timeout: 120_000 }, () => {
  for (const jit of [true, false]) {
    const { player } = bootRecording(runs.real!.recording, { jit });
    let x = 7;
    const random = (): number => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return Math.floor(2 ** ((x / 4294967296) * 20));
    };
    while (player.slice(random()));
    expect(player.end).toEqual({ kind: "exited", status: 0 });
  }
});

it("a snapshot of one replay is gone on with in another, whose log was not read yet", { timeout: 120_000 }, () => {
  const { recording } = runs.real!;
  const first = bootRecording(recording);
  while (first.player.slice(100_000) && first.k.machine.totalRetired < 2_000_000);
  const snapshot = takeSnapshot(first.k);
  const mark: unknown = structuredClone(first.host.save());
  const { k, host, last } = bootRecording(recording, { jit: false });
  expect(restoreSnapshot(k, snapshot)).toBe(true);
  host.restore(mark);
  for (let i = 0; i < 100_000 && k.runSlice(1_000_000) !== "exited"; i++);
  expect([k.exited, k.machine.totalRetired, host.entries]).toEqual([true, last.position, recording.summary?.entries]);
  expect(host.divergence).toBe(null);
});
