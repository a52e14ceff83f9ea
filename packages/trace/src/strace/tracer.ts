import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { TAMPERED_ARGS, TAMPERED_DELAY, TAMPERED_RESULT, TAMPERED_SUCCESS } from "@lstar/kernel/kernel/faults/injection.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { ARGUMENT_REGISTERS, type SyscallDef } from "@lstar/kernel/syscall/declare.ts";
import { SA_IMMUTABLE, SIGKILL } from "@lstar/kernel/uapi/signal.ts";
import { CopySummary, copiesText } from "../copies.ts";
import { printArgument } from "./arguments.ts";
import { Call, type FdPath, type PrintOptions, type ReadMemory } from "./call.ts";
import { everything, type Filter } from "./filter.ts";
import { LineWriter } from "./line.ts";
import { resultText } from "./result.ts";
import { siginfoText, signalText } from "./signals.ts";
import { Summary } from "./summary.ts";
import { quoteBytes } from "./text.ts";

/** What strace's options of the same letter do. Times are in ns of the machine's clock. */
export interface StraceOptions extends PrintOptions {
  /** -f: also tasks that traced tasks create. */
  follow: boolean;
  filter: Filter;
  /** -c: only count; -C: count and print. */
  summary: "none" | "only" | "also";
  /** What each call copies, and a table of it at the end. */
  copies: boolean;
  /** -T: time spent in each call. */
  callTimes: boolean;
  /** -t, -tt, -ttt, -r, or none. */
  timestamps: "none" | "seconds" | "microseconds" | "epoch" | "relative";
  /** -n: number of the call before its name. */
  numbers: boolean;
  /** -i: instruction pointer at the time of the call. */
  instructionPointer: boolean;
  /** -q: no attach messages; -qq: no exit lines either. */
  quiet: 0 | 1 | 2;
  /** Column of "= ". */
  column: number;
  /** Output goes to a file: every line has the pid in front under -f, and attach messages are left out. */
  toFile: boolean;
}

export const defaultStraceOptions: StraceOptions = {
  stringLimit: 32,
  verbose: false,
  hexStrings: "none",
  decodeFds: 0,
  follow: false,
  filter: everything,
  summary: "none",
  copies: false,
  callTimes: false,
  timestamps: "none",
  numbers: false,
  instructionPointer: false,
  quiet: 0,
  column: 40,
  toFile: false,
};

/** Calls that give a task's number: an int, whatever was put in its place. */
const GIVES_PID = /^(v?fork|clone3?|get(p|pp|t)id|getpgrp|getpgid|getsid|setsid|set_tid_address|wait4)$/;

/** A task under trace. */
interface Traced {
  pid: number;
  call: Call | null;
  /** Arguments printed so far. */
  printed: number;
  /** True once the comma before the next argument is written. */
  comma: boolean;
  /** True once the entry half of the line is written. */
  opened: boolean;
  start: number;
  /** Signals that were generated for it and dropped as ignored: a real strace sees those too. */
  ignored: Uint8Array[];
  lines: LineWriter;
  gone: boolean;
}

/**
 * Listens to a kernel's tracepoints and writes strace's text. `lineFor` gives the function that
 * takes the text of one task (the same for all, or one file each for -ff).
 */
export class StraceTracer {
  readonly summary = new Summary();
  readonly copies: CopySummary | null;
  readonly #k: Kernel;
  readonly #options: StraceOptions;
  readonly #defs: readonly (SyscallDef | null | undefined)[];
  readonly #names: readonly string[];
  readonly #tasks = new Map<number, Traced>();
  readonly #lines: (pid: number) => LineWriter;
  readonly #read: ReadMemory;
  readonly #fdPath: FdPath;
  readonly #remove: (() => void)[] = [];
  #lastStamp = -1;
  readonly #perTask: boolean;

  constructor(
    k: Kernel,
    options: StraceOptions,
    table: { defs: readonly (SyscallDef | null | undefined)[]; names: readonly string[] },
    access: { read: ReadMemory; fdPath: FdPath },
    write: ((text: string) => void) | ((pid: number) => (text: string) => void),
    perTask = false,
  ) {
    this.#k = k;
    this.#options = options;
    this.copies = options.copies ? new CopySummary() : null;
    this.#defs = table.defs;
    this.#names = table.names;
    this.#read = access.read;
    this.#fdPath = access.fdPath;
    this.#perTask = perTask;
    if (perTask) this.#lines = (pid) => new LineWriter((write as (pid: number) => (text: string) => void)(pid));
    else {
      const shared = new LineWriter(write as (text: string) => void);
      this.#lines = () => shared;
    }
    const t = k.trace;
    this.#remove.push(
      t.sysEnter.on((task, nr) => this.#enter(task, nr)),
      t.sysExit.on((task, _nr, ret) => this.#exit(task, ret)),
      t.schedProcessFork.on((parent, child) => this.#fork(parent, child)),
      t.schedProcessExit.on((task) => this.#gone(task)),
      // A verdict of seccomp that cannot be averted is shown to no tracer.
      t.signalDeliver.on((task, sig, info, _handler, flags) => (flags & SA_IMMUTABLE ? undefined : this.#signal(task, sig, info))),
      t.signalGenerate.on((sig, info, target, _group, result) => {
        if (result === 1 && sig !== 0) this.#tasks.get(target.pid)?.ignored.push(info.slice());
      }),
    );
  }

  /** Begins to trace the first task, with the execve line that started it. */
  start(task: Task, path: string, argv: readonly string[], environment: number, envAddress: number): void {
    const traced = this.#add(task);
    const f = this.#options.filter;
    const moved = this.#moved(task, "execve");
    if (this.#options.summary === "only") {
      this.summary.add("execve", 0, false);
      return;
    }
    if (!f.traces("execve") || !f.status(false, true)) return;
    const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
    const limit = this.#options.stringLimit;
    const text = (s: string): string => quoteBytes(bytes(s.slice(0, limit)), this.#options.hexStrings) + (s.length > limit ? "..." : "");
    const list = argv.slice(0, 32).map(text);
    if (argv.length > 32) list.push("...");
    traced.lines.begin(task.pid, this.#prefix(task));
    const vars = environment === 1 ? "var" : "vars";
    traced.lines.put(
      `execve(${quoteBytes(bytes(path))}, [${list.join(", ")}], 0x${envAddress.toString(16)} /* ${environment} ${vars} */) `,
    );
    traced.lines.padTo(this.#options.column);
    traced.lines.end(`= 0${moved}`);
  }

  /** What a call that is over has copied, as its line shows it. */
  #moved(task: Task, name: string): string {
    return this.copies ? copiesText(this.copies.exit(task, name, this.#options.filter.traces(name))) : "";
  }

  /** A line of its own about a process (0: about none that still runs). */
  remark(pid: number, text: string): void {
    const lines = this.#tasks.get(pid)?.lines ?? this.#lines(pid);
    lines.interrupt();
    lines.put(text);
    lines.end();
  }

  /** Stops listening; ends an open line. */
  stop(): void {
    for (const r of this.#remove) r();
    for (const t of this.#tasks.values()) t.lines.interrupt();
  }

  #add(task: Task): Traced {
    const t: Traced = {
      pid: task.pid,
      call: null,
      printed: 0,
      comma: true,
      opened: false,
      start: 0,
      ignored: [],
      lines: this.#lines(task.pid),
      gone: false,
    };
    this.#tasks.set(task.pid, t);
    this.copies?.watch(task);
    return t;
  }

  #prefix(task: Task): string {
    const o = this.#options;
    let out = "";
    // With a file for each task its name tells the pid.
    if (this.#perTask) out += "";
    else if (o.toFile && o.follow) out += `${String(task.pid).padEnd(5)} `;
    else if (o.follow && this.#live() > 1) out += `[pid ${String(task.pid).padStart(5)}] `;
    if (o.timestamps !== "none") out += `${this.#stamp()} `;
    if (o.instructionPointer)
      out += `[${Math.max(0, this.#k.machine.cpu.rip - 2)
        .toString(16)
        .padStart(16, "0")}] `;
    return out;
  }

  #live(): number {
    let n = 0;
    for (const t of this.#tasks.values()) if (!t.gone) n++;
    return n;
  }

  #stamp(): string {
    const { time } = this.#k;
    const { sec, nsec } = time.glanceRealtime();
    const us = String(Math.floor(nsec / 1000)).padStart(6, "0");
    switch (this.#options.timestamps) {
      case "epoch":
        return `${sec}.${us}`;
      case "relative": {
        const now = time.glance();
        const d = this.#lastStamp < 0 ? 0 : now - this.#lastStamp;
        this.#lastStamp = now;
        return `${String(Math.floor(d / 1e9)).padStart(6)}.${String(Math.floor((d % 1e9) / 1000)).padStart(6, "0")}`;
      }
      default: {
        const t = new Date(sec * 1000);
        const two = (n: number): string => String(n).padStart(2, "0");
        const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
        return this.#options.timestamps === "seconds" ? clock : `${clock}.${us}`;
      }
    }
  }

  #name(nr: number): string {
    return this.#defs[nr]?.name ?? this.#names[nr] ?? `syscall_0x${(nr >>> 0).toString(16)}`;
  }

  #enter(task: Task, nr: number): void {
    const traced = this.#tasks.get(task.pid);
    if (!traced) return;
    this.#flushIgnored(task, traced);
    const def = this.#defs[nr] ?? unknownCall(this.#name(nr));
    const args = readArguments(this.#k, def);
    traced.call = new Call(this.#k, task, def, args, this.#options, this.#read, this.#fdPath);
    traced.start = this.#k.time.glance();
    traced.printed = 0;
    traced.comma = true;
    traced.opened = false;
    this.copies?.enter(task);
    const o = this.#options;
    if (o.summary === "only" || !o.filter.traces(def.name)) return;
    if (!o.filter.status(false, true) || !o.filter.status(true, true)) return; // printed whole at exit
    this.#open(task, traced);
  }

  #open(task: Task, traced: Traced): void {
    const call = traced.call!;
    traced.opened = true;
    traced.lines.begin(task.pid, this.#prefix(task));
    if (this.#options.numbers) traced.lines.put(`[${String(task.syscallNr).padStart(4)}] `);
    traced.lines.put(`${call.def.name}(`);
    this.#arguments(traced);
  }

  #arguments(traced: Traced): void {
    const call = traced.call!;
    for (; traced.printed < call.def.args.length; traced.printed++) {
      const text = printArgument(call, traced.printed);
      if (text === "") continue; // an argument that this form of the call does not have
      if (!traced.comma) traced.lines.put(", ");
      traced.comma = true;
      if (text === null) return;
      traced.lines.put(text);
      traced.comma = false;
    }
  }

  #exit(task: Task, ret: number): void {
    const traced = this.#tasks.get(task.pid);
    if (!traced?.call) return;
    // A task that is being killed does not come out of its call any more.
    if (ret <= -512 && ret >= -516 && task.signal.groupExit) return;
    const call = traced.call;
    const o = this.#options;
    call.ret = ret;
    const tampered = this.#k.faults?.note ?? 0;
    call.succeeded = (tampered & TAMPERED_SUCCESS) !== 0;
    const failed = call.failed;
    const spent = this.#k.time.glance() - traced.start;
    const moved = this.#moved(task, call.def.name);
    if (o.summary !== "none" && o.filter.traces(call.def.name)) this.summary.add(call.def.name, spent, failed);
    if (o.summary !== "only" && o.filter.traces(call.def.name) && o.filter.status(failed, true)) {
      if (!traced.lines.owns(task.pid)) {
        if (!traced.opened) this.#open(task, traced);
        else {
          traced.lines.begin(task.pid, this.#prefix(task));
          traced.lines.put(`<... ${call.def.name} resumed>`);
        }
      }
      this.#arguments(traced);
      traced.lines.put(") ");
      traced.lines.padTo(o.column);
      const time = o.callTimes ? ` <${Math.floor(spent / 1e9)}.${String(Math.floor((spent % 1e9) / 1000)).padStart(6, "0")}>` : "";
      traced.lines.end(`= ${call.succeeded ? replacedText(call, ret) : resultText(call)}${tamperedText(tampered)}${time}${moved}`);
    }
    traced.call = null;
    this.#flushIgnored(task, traced);
  }

  #fork(parent: Task, child: Task): void {
    // Threads of the kernel (io_uring's) cannot be traced.
    if (!this.#options.follow || child.kthread || !this.#tasks.has(parent.pid)) return;
    this.#add(child);
    if (this.#options.quiet === 0 && !this.#options.toFile && this.#options.summary !== "only") {
      const traced = this.#tasks.get(parent.pid)!;
      traced.lines.interrupt();
      traced.lines.begin(0, "");
      traced.lines.end(`strace: Process ${child.pid} attached`);
    }
  }

  #signal(task: Task, sig: number, info: Uint8Array): void {
    const traced = this.#tasks.get(task.pid);
    if (!traced || sig === SIGKILL) return;
    this.#flushIgnored(task, traced);
    this.#signalLine(task, traced, sig, info);
  }

  #signalLine(task: Task, traced: Traced, sig: number, info: Uint8Array): void {
    if (this.#options.summary === "only" || !this.#options.filter.signals(sig)) return;
    traced.lines.begin(task.pid, this.#prefix(task));
    traced.lines.end(`--- ${signalText(sig)} ${siginfoText(info)} ---`);
  }

  #flushIgnored(task: Task, traced: Traced): void {
    if (traced.ignored.length === 0) return;
    for (const info of traced.ignored.splice(0)) this.#signalLine(task, traced, info[0]!, info);
  }

  #gone(task: Task): void {
    const traced = this.#tasks.get(task.pid);
    if (!traced || traced.gone) return;
    const o = this.#options;
    const call = traced.call;
    const moved = call ? this.#moved(task, call.def.name) : "";
    if (call && o.summary !== "only" && o.filter.traces(call.def.name) && o.filter.status(false, false)) {
      if (!traced.lines.owns(task.pid)) {
        traced.lines.begin(task.pid, this.#prefix(task));
        traced.lines.put(`<... ${call.def.name} resumed>`);
      } else this.#arguments(traced);
      // A call whose arguments are all shown has nothing left to say.
      if (traced.printed < call.def.args.length) traced.lines.put(" <unfinished ...>");
      traced.lines.put(") ");
      traced.lines.padTo(o.column);
      traced.lines.end(`= ?${moved}`);
    }
    traced.call = null;
    traced.gone = true;
    if (o.summary === "only" || o.quiet >= 2) return;
    traced.lines.begin(task.pid, this.#prefix(task));
    const code = task.exitCode;
    const sig = code & 0x7f;
    traced.lines.end(
      sig ? `+++ killed by ${signalText(sig)}${code & 0x80 ? " (core dumped)" : ""} +++` : `+++ exited with ${(code >> 8) & 0xff} +++`,
    );
  }
}

/** What was done to a call, as strace 6.1 says it. */
function tamperedText(note: number): string {
  let out = "";
  if (note & TAMPERED_RESULT) out = note & TAMPERED_ARGS ? " (INJECTED: args, retval)" : " (INJECTED)";
  else if (note & TAMPERED_ARGS) out = " (INJECTED: args)";
  return note & TAMPERED_DELAY ? `${out} (DELAYED)` : out;
}

/** A result that was given with retval=. */
function replacedText(call: Call, ret: number): string {
  if (GIVES_PID.test(call.def.name)) return String(ret | 0);
  return ret < 0 ? String(BigInt.asUintN(64, BigInt(ret))) : resultText(call);
}

/** The declared arguments from the registers of the running task. */
function readArguments(k: Kernel, def: SyscallDef): number[] {
  const cpu = k.machine.cpu;
  return def.args.map(([, type], i) => {
    const reg = ARGUMENT_REGISTERS[i]!;
    switch (type.width) {
      case "i32":
        return cpu.getLo(reg) | 0;
      case "u32":
        return cpu.getLo(reg) >>> 0;
      case "s64":
        return (cpu.getLo(reg) >>> 0) + (cpu.getHi(reg) | 0) * 2 ** 32;
      default:
        return cpu.get(reg);
    }
  });
}

function unknownCall(name: string): SyscallDef {
  const hexArg = { width: "u64", kind: "hex" } as const;
  return { name, args: Array.from({ length: 6 }, (_, i) => [`arg${i}`, hexArg] as const), handler: () => 0, ret: "int", linux: "" };
}
