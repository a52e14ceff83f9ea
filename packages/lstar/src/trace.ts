import { closeSync, openSync } from "node:fs";
import { getSystemErrorName } from "node:util";
import { writeAll } from "@lstar/host/node/streams.ts";
import { type Kernel, sysCallTable, syscallNames } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import {
  defaultStraceOptions,
  EpollWatcher,
  everything,
  isInjection,
  parseFilter,
  type StraceOptions,
  StraceTracer,
  UringWatcher,
} from "@lstar/trace";
import { peek } from "@lstar/trace/peek.ts";
import { type Command, InvalidArgumentError } from "commander";

/** strace's options, under its letters. */
export interface TraceOptions {
  o?: string;
  e: string[];
  c?: boolean;
  C?: boolean;
  T?: boolean;
  r?: boolean;
  s?: number;
  v?: boolean;
  n?: boolean;
  i?: boolean;
  a?: number;
  epoll?: boolean;
  copies?: boolean;
  uring?: boolean;
  diagnose: boolean;
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number, 0 or more.");
  return n;
}

/** strace says more when one of these letters is doubled (-ff, -tt, -ttt, -yy, -xx, -qq). */
const counted = ["f", "t", "y", "x", "q"] as const;
const counts: Record<string, number> = {};

export function addTraceOptions(command: Command): Command {
  command
    .option("-o <FILE>", "write the trace to a file instead of stderr")
    .option("-f", "follow child processes and threads; -ff with -o: one file per task, FILE.PID")
    .option(
      "-e <EXPR>",
      "only these calls: trace=open,close · trace=%file · trace=!read · signal=… · status=failed · inject=read:error=EINTR:when=2",
      (v: string, b: string[]) => [...b, v],
      [],
    )
    .option("-c", "count calls, errors and time; print a table at the end")
    .option("-C", "the same, besides the trace")
    .option("-T", "show the time spent in each call")
    .option("-t", "prefix the time of day; -tt with microseconds, -ttt as seconds since the epoch")
    .option("-r", "time since the previous call")
    .option("-y", "paths of file descriptors; -yy more about them")
    .option("-s <N>", "print at most N bytes of strings", count, 32)
    .option("-v", "print structs in full")
    .option("-x", "non-ASCII strings in hexadecimal; -xx all strings")
    .option("-n", "print the numbers of system calls")
    .option("-i", "print the instruction pointer")
    .option("-q", "no messages about attaching; -qq no exit lines either")
    .option("-a <N>", "column of the results", count, 40)
    .option("--copies", "show behind each call how many bytes it has copied, zeroed and moved by devices; a table of it at the end")
    .option("--epoll", "at the end: each epoll file's descriptors, what was reported of them, and what the program did with it")
    .option("--uring", "a line for each entry that io_uring takes and each completion that it posts; at the end what each ring did")
    .option("--no-diagnose", "do not say (lines that start with ???) where epoll or io_uring is misused");
  for (const letter of counted)
    command.on(`option:${letter}`, () => {
      counts[letter] = (counts[letter] ?? 0) + 1;
    });
  return command;
}

function fdPath(k: Kernel, task: Task, fd: number): string | null {
  const file = task.file(fd);
  return file ? dPath(k, file.path) : null;
}

/** Connects strace's printer to a booted kernel. @returns what to do at the end, or an error message. */
export function attachTracer(k: Kernel, o: TraceOptions): (() => void) | string {
  const times = (letter: string): number => counts[letter] ?? 0;
  const names = syscallNames.map((n) => n ?? "");
  const shown = o.e.filter((text) => !isInjection(text));
  const filter = shown.length > 0 ? parseFilter(shown, new Set(names)) : everything;
  if (typeof filter === "string") return filter;
  const options: StraceOptions = {
    ...defaultStraceOptions,
    filter,
    follow: times("f") > 0,
    summary: o.c ? "only" : o.C ? "also" : "none",
    callTimes: o.T === true,
    copies: o.copies === true,
    timestamps: times("t") > 2 ? "epoch" : times("t") === 2 ? "microseconds" : times("t") === 1 ? "seconds" : o.r ? "relative" : "none",
    decodeFds: Math.min(2, times("y")) as 0 | 1 | 2,
    stringLimit: o.s ?? 32,
    verbose: o.v === true,
    hexStrings: times("x") > 1 ? "all" : times("x") === 1 ? "non-ascii" : "none",
    numbers: o.n === true,
    instructionPointer: o.i === true,
    quiet: Math.min(2, times("q")) as 0 | 1 | 2,
    column: o.a ?? 40,
    toFile: o.o !== undefined,
  };
  const open: number[] = [];
  const file = (path: string): ((text: string) => void) => {
    const fd = openSync(path, "w");
    open.push(fd);
    return (text) => {
      const done = writeAll(fd, Buffer.from(text, "latin1"));
      if (done < text.length) throw new Error(`${path}: ${done < 0 ? getSystemErrorName(done) : "no more could be written"}`);
    };
  };
  // strace can only tamper with the tasks that it traces.
  if (k.faults && !options.follow) k.faults.only = k.program.pid;
  const table = { defs: sysCallTable, names };
  const access = { read: peek, fdPath };
  const perTask = times("f") > 1 && o.o !== undefined;
  let write: ((text: string) => void) | ((pid: number) => (text: string) => void);
  try {
    if (perTask) write = (pid: number) => file(`${o.o}.${pid}`);
    else if (o.o !== undefined) write = file(o.o);
    else
      write = (text: string) => {
        // A reader that is gone does not end the program.
        writeAll(2, Buffer.from(text, "latin1"));
      };
  } catch (e) {
    return `cannot write ${o.o}: ${(e as Error).message}`;
  }
  // It listens first: what it says of a call comes before the call's own line.
  const watcher =
    o.epoll || o.diagnose
      ? new EpollWatcher(k, (d) => {
          if (o.diagnose && options.summary !== "only") tracer.remark(d.pid, `??? ${d.text}`);
        })
      : null;
  const rings =
    o.uring || o.diagnose
      ? new UringWatcher(k, {
          tell: (d) => {
            if (o.diagnose && options.summary !== "only") tracer.remark(d.pid, `??? ${d.text}`);
          },
          ...(o.uring ? { line: (pid: number, text: string) => tracer.remark(pid, text) } : {}),
        })
      : null;
  const tracer = new StraceTracer(k, options, table, access, write, perTask);
  const task = k.program;
  const mm = task.mm;
  if (mm) tracer.start(task, k.programPath, k.programArgv, k.programEnvc, mm.startStack + 8 * (k.programArgv.length + 2));
  return () => {
    watcher?.stop();
    rings?.stop();
    if (o.epoll && watcher) process.stderr.write(watcher.report());
    if (o.uring && rings) process.stderr.write(rings.report());
    if (options.summary !== "none") (write as (text: string) => void)(tracer.summary.text());
    if (tracer.copies) {
      // With a file for each task there is none for the table.
      if (perTask) process.stderr.write(tracer.copies.text());
      else (write as (text: string) => void)(tracer.copies.text());
    }
    for (const fd of open) closeSync(fd);
  };
}
