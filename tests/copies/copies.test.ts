import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CopyCounts, RunResult, SyscallRecord } from "../../packages/lstar/src/api.ts";
import { run } from "../../packages/lstar/src/index.ts";
import { compile, lstar, root } from "../native.ts";

const program = (name: string): Promise<string> => compile(join(root, "tests/copies", `${name}.c`));
const NONE: CopyCounts = { fromUser: 0, toUser: 0, kernel: 0, pages: 0, zeroed: 0, dmaIn: 0, dmaOut: 0 };
const SIZE = 65536;

function add(calls: readonly SyscallRecord[]): CopyCounts {
  const sum: Record<keyof CopyCounts, number> = { ...NONE };
  for (const { copies } of calls) for (const kind of Object.keys(sum) as (keyof CopyCounts)[]) sum[kind] += copies[kind];
  return sum;
}

/** The calls of one process between its two sched_yields. */
function between(result: RunResult, pid: number): SyscallRecord[] {
  const calls = result.syscalls.filter((c) => c.pid === pid);
  const marks = calls.flatMap((c, i) => (c.name === "sched_yield" ? [i] : []));
  expect(marks).toHaveLength(2);
  return calls.slice(marks[0]! + 1, marks[1]);
}

describe.each(["pipe", "unix", "tcp"])("64 KB of a file over a %s", (channel) => {
  it.each([
    ["read", { ...NONE, toUser: SIZE, fromUser: SIZE }],
    ["mmap", { ...NONE, fromUser: SIZE }],
    ["sendfile", NONE],
    ["splice", NONE],
  ] as const)("by %s: exact bytes, and one copy by the receiver", async (way, expected) => {
    const result = await run([await program("ways"), way, channel]);
    expect(result.stdout).toBe(`${SIZE}\n`);
    const [sender, receiver] = result.tasks.map((t) => t.pid) as [number, number];
    const sent = between(result, sender);
    expect(add(sent)).toEqual(expected);
    expect(add(between(result, receiver))).toEqual({ ...NONE, toUser: SIZE });
    // What goes by reference goes in one call.
    if (way === "sendfile") expect(sent.map((c) => [c.name, c.result])).toEqual([["sendfile", SIZE]]);
  });
});

it("calls that copy in other ways are counted by kind", async () => {
  const result = await run([await program("calls")], { stdin: "input\nmore" });
  const main = result.tasks[0]!.pid;
  const calls = result.syscalls.filter((c) => c.pid === main);
  const of = (name: string, from = calls): CopyCounts[] => from.filter((c) => c.name === name).map((c) => c.copies);
  expect(of("pread64")).toEqual([{ ...NONE, zeroed: 8192 }]);
  // Two offsets in and out; pages of the new file are zeroed before they are filled.
  expect(of("copy_file_range")).toEqual([{ ...NONE, fromUser: 16, toUser: 16, kernel: 10000, zeroed: 3 * 4096 }]);
  expect(of("sendfile")).toEqual([
    { ...NONE, fromUser: 8, toUser: 8, kernel: 5000 },
    { ...NONE, fromUser: 8, toUser: 8 },
  ]);
  expect(of("tee")).toEqual([NONE]);
  expect(of("splice")).toEqual([{ ...NONE, kernel: 3000, zeroed: 0 }]);
  expect(of("vmsplice").map((c) => c.kernel + c.toUser)).toEqual([0]);
  expect(of("sendto")).toEqual([
    { ...NONE, fromUser: 1000 },
    { ...NONE, fromUser: 300 },
    { ...NONE, fromUser: 200, kernel: 500 },
  ]);
  expect(of("recvfrom")).toEqual([
    { ...NONE, toUser: 1000 },
    { ...NONE, toUser: 500 },
  ]);
  const tail = calls.slice(calls.findIndex((c) => c.name === "sched_yield"));
  expect(of("write", tail)).toEqual([
    { ...NONE, fromUser: 5, kernel: 10 },
    { ...NONE, fromUser: 4, dmaOut: 4 },
  ]);
  expect(of("read", tail)).toEqual([
    { ...NONE, toUser: 5 },
    // All that had come is taken from the host at once.
    { ...NONE, toUser: 6, dmaIn: 10 },
  ]);
  // Both vectors, the bytes from there to the kernel's buffer, and from it.
  expect(of("process_vm_readv")).toEqual([{ ...NONE, fromUser: 32 + 3000, toUser: 3000 }]);

  const child = result.syscalls.filter((c) => c.pid === result.tasks[1]!.pid);
  expect(of("pread64", child)).toEqual([
    { ...NONE, toUser: 8192, pages: 8192 },
    { ...NONE, toUser: 8192, zeroed: 8192 },
  ]);
  // A task's total has its calls and more: loading, page faults.
  for (const { pid, copies } of result.tasks) {
    const inCalls = add(result.syscalls.filter((c) => c.pid === pid));
    for (const kind of Object.keys(NONE) as (keyof CopyCounts)[]) expect(copies[kind]).toBeGreaterThanOrEqual(inCalls[kind]);
  }
});

it("a file of the host comes in by DMA, once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "lstar-copies-"));
  try {
    copyFileSync(await program("disk"), join(dir, "disk"));
    writeFileSync(join(dir, "data"), "d".repeat(10000));
    const result = await run(["/disk"], { root: dir });
    expect(result.syscalls.filter((c) => c.name === "pread64").map((c) => c.copies)).toEqual([
      { ...NONE, toUser: 10000, dmaIn: 10000, zeroed: 3 * 4096 - 10000 },
      { ...NONE, toUser: 10000 },
    ]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it("lstar trace --copies shows each call's bytes and adds them up", async () => {
  const ways = await program("ways");
  const traced = await lstar(["trace", "--copies", "-e", "trace=read,write,sendfile", ways, "read", "tcp"]);
  expect(traced.status).toBe(0);
  const lines = traced.stderr.split("\n");
  expect(lines.filter((l) => /^read\(.* = 16384 \{to user 16384\}$/.test(l))).toHaveLength(4);
  expect(lines.filter((l) => /^write\(.* = 16384 \{from user 16384\}$/.test(l))).toHaveLength(4);
  const row = (name: string): string[] => (lines.find((l) => l.endsWith(` ${name}`)) ?? "").trim().split(/\s+/);
  expect(row("read")).toEqual([String(SIZE), "5", "read"]);
  // Into the file, into the socket, and the text at the end.
  expect(row("write").slice(0, 1)).toEqual([String(2 * SIZE + 6)]);
  const sums = row("total").slice(0, 7).map(Number);
  const outside = lines.find((l) => l.includes("(outside calls)")) ?? "";
  expect(outside).not.toBe("");
  expect(sums[0]).toBeGreaterThanOrEqual(2 * SIZE + 6);

  const counted = await lstar(["trace", "--copies", "-c", "-f", ways, "sendfile", "tcp"]);
  expect(counted.stderr).toContain("% time");
  const sendfile = counted.stderr.split("\n").filter((l) => l.endsWith(" sendfile"));
  // In the table of calls, and not in that of copies: it has copied nothing.
  expect(sendfile).toHaveLength(1);
  expect(counted.stderr).toMatch(new RegExp(`^ +${SIZE} +5 read$`, "m"));
});
