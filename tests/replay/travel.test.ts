import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileC } from "../../packages/lab/src/machine/testPrograms.ts";
import type { TimeTravel } from "../../packages/lstar/src/api.ts";
import { loadSnapshot, travel } from "../../packages/lstar/src/index.ts";
import { need } from "../native.ts";

const source = `#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static int counter = 5;
static char buffer[64];
static void *work(void *arg) {
  usleep(1000);
  counter = 42;
  return arg;
}
static void twice(void) {
  counter *= 2;
}
int main(void) {
  pthread_t t;
  twice();
  twice();
  pthread_create(&t, 0, work, 0);
  pthread_join(t, 0);
  read(0, buffer, sizeof buffer);
  printf("%d %s\\n", counter, buffer);
  return 3;
}
`;
const word = (b: Uint8Array): number => new DataView(b.buffer, b.byteOffset).getInt32(0, true);

describe("a run that goes back", () => {
  let t: TimeTravel;
  beforeAll(async () => {
    t = await travel(["/p"], { files: { "/p": compileC(source) }, stdin: "input" });
    expect(t.run()).toBe("exited");
  });

  it("has an end, output, events", () => {
    expect([t.exited, t.status, t.stdout]).toEqual([true, 3, "42 input\n"]);
    expect(t.events).toBeGreaterThan(20);
    expect(t.event(t.events)).toBeNull();
    const kinds = new Set(Array.from({ length: t.events }, (_, i) => t.event(i)?.kind));
    for (const kind of ["sys_enter", "sys_exit", "sched_switch", "sched_wakeup", "sched_process_fork", "write", "timer_expire_entry"])
      expect(kinds).toContain(kind);
  });

  it("leads to who wrote last, who woke, and to the lines of the source", () => {
    t.seek(t.furthest.instructions);
    const counter = t.addressOf("counter");
    expect(counter).toBeGreaterThan(0);
    const last = t.lastWrite(counter, 4);
    expect([last && word(last.old), last && word(last.new)]).toEqual([20, 42]);
    expect(last?.pid).toBe(3);
    expect(t.line()).toMatchObject({ line: 8, function: "work" });
    expect(word(t.memory(counter, 4))).toBe(20);
    t.step("instruction");
    expect(word(t.memory(counter, 4))).toBe(42);

    // The thread slept until a timer woke it.
    const woken = t.wokenBy(3);
    expect(woken?.waker).toBe(0);
    expect(t.position.instructions).toBe(woken?.instructions);
    const values = [20, 10, 5].map((old) => {
      const change = t.lastWrite(counter, 4);
      return [old, change && word(change.old), t.line()?.function];
    });
    expect(values).toEqual([
      [20, 10, "twice"],
      [10, 5, "twice"],
      [5, null, t.line()?.function],
    ]);
    // The page of initialised data has only come in.
    expect(t.lastWrite(counter, 4)).toBeNull();
    // What the kernel writes counts as well.
    t.seek(t.furthest.instructions);
    const read = t.lastWrite(t.addressOf("buffer"), 5);
    expect(new TextDecoder().decode(read?.new)).toBe("input");
    const text = (): string => new TextDecoder().decode(t.memory(t.addressOf("buffer"), 5));
    expect(text()).toBe("\0\0\0\0\0");
    t.step("instruction");
    expect(text()).toBe("input");
    expect(t.event(t.position.event - 1)).toMatchObject({ kind: "sys_exit", value: 0, result: 5 });
  });

  it("steps by instruction, line, call and event lead back where they came from", () => {
    t.seek(0);
    expect(t.position.instructions).toBe(0);
    for (const kind of ["instruction", "line", "syscall", "event", "sched_switch", "write"] as const) {
      const places: number[] = [];
      t.seek(0);
      while (places.length < 5 && t.step(kind)) places.push(t.position.instructions);
      expect([kind, places.length > 0]).toEqual([kind, true]);
      // A step that found nothing has led to the end.
      for (const at of (places.length < 5 ? places : places.slice(0, -1)).reverse()) {
        expect(t.step(kind, -1)).toBe(true);
        expect([kind, t.position.instructions]).toEqual([kind, at]);
      }
      expect(t.step(kind, -1)).toBe(kind === "instruction");
      expect(t.position.instructions).toBe(0);
      expect(t.stdout).toBe("");
    }
    t.seek(t.furthest.instructions);
    expect([t.exited, t.stdout]).toEqual([true, "42 input\n"]);
  });

  it("steps of one thread", () => {
    t.seek(t.furthest.instructions);
    t.lastWrite(t.addressOf("counter"), 4);
    const { instructions } = t.position;
    const registers = t.registers(3);
    expect(registers.rip).toBeGreaterThan(0n);
    t.step("instruction", -1, 3);
    expect([t.position.instructions, t.pid]).toEqual([instructions - 1, 3]);
    t.step("instruction", -1, 2);
    expect(t.pid).toBe(2);
    t.step("instruction", 1, 3);
    expect(t.pid).toBe(3);
  });

  it("forks: each goes its own way; a snapshot goes through a file", async () => {
    t.seek(Math.floor(t.furthest.instructions / 2));
    const snapshot = t.snapshot();
    const registers = t.registers();
    const [a, b] = [t.fork(), t.fork(snapshot)];
    t.seek(0);
    expect([a.registers(), b.registers()]).toEqual([registers, registers]);
    expect([a.run(), a.stdout]).toEqual(["exited", "42 input\n"]);
    expect(b.position.instructions).toBe(snapshot.instructions);
    b.run(100);
    expect(b.position.instructions).toBe(snapshot.instructions + 100);
    expect(a.furthest).toMatchObject({ instructions: t.furthest.instructions });
    const c = await loadSnapshot(snapshot.toBytes());
    expect(c.registers()).toEqual(registers);
    expect([c.run(), c.status, c.stdout, c.position.instructions]).toEqual(["exited", 3, "42 input\n", t.furthest.instructions]);
    c.seek(snapshot.instructions);
    expect(c.registers()).toEqual(registers);
    await expect(loadSnapshot(snapshot.toBytes().subarray(0, 1000))).rejects.toThrow("the snapshot is cut off after 1000 bytes");
  });
});

it("a snapshot takes with it what it needs of the host's files", { timeout: 60_000 }, async () => {
  const argv = [need("/bin/busybox"), "sh", "-c", "echo a; sort /etc/passwd | head -1; busybox echo b"];
  const t = await travel(argv, { root: "/", env: { PATH: "/bin", LC_ALL: "C" } });
  t.run(20_000);
  const snapshot = t.snapshot();
  t.run();
  const whole = await loadSnapshot(snapshot.toBytes({ files: true }));
  expect([whole.run(), whole.stdout, whole.missing]).toEqual(["exited", t.stdout, []]);
  const bare = await loadSnapshot(snapshot.toBytes());
  bare.run();
  expect(bare.missing.length).toBeGreaterThan(0);
  const granted = await loadSnapshot(snapshot.toBytes(), { root: "/" });
  expect([granted.run(), granted.stdout]).toEqual(["exited", t.stdout]);
});

/** The JavaScript example of docs/time.md, run as it stands there. */
describe("the documentation's example", () => {
  const text = readFileSync(new URL("../../docs/time.md", import.meta.url), "utf8");
  const example = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
  const printed: string[] = [];
  const { log } = console;
  beforeAll(() => {
    console.log = (...words: unknown[]) => void printed.push(words.join(" "));
  });
  afterAll(() => {
    console.log = log;
  });

  it("prints what it says", { timeout: 60_000 }, async () => {
    expect(example).toContain('from "lstar"');
    const body = example.replace(/import \{[^}]*\} from "lstar";\n/, "");
    const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;
    await new AsyncFunction("travel", "loadSnapshot", body)(travel, loadSnapshot);
    const said = [...example.matchAll(/\/\/ → (.*)/g)].map((m) => m[1]);
    expect(said.length).toBeGreaterThan(3);
    expect(printed).toEqual(said);
  });
});
