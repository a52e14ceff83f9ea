import { syscallNames } from "@lstar/kernel/arch/x86/entry/syscallNames.ts";
import { sysCallTable } from "@lstar/kernel/arch/x86/entry/syscallTable.ts";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { SYSCALL_COST } from "@lstar/kernel/kernel/time/timekeeping.ts";
import type { Kernel } from "@lstar/kernel/kernel.ts";
import { Socket } from "@lstar/kernel/net/socket.ts";
import { stateTableName } from "@lstar/kernel/state.ts";
import type { ArgWidth, SyscallDef } from "@lstar/kernel/syscall/declare.ts";
import { copyCounts } from "@lstar/kernel/trace/copies.ts";
import { printArgument } from "@lstar/trace/strace/arguments.ts";
import { Call, type PrintOptions } from "@lstar/trace/strace/call.ts";
import { resultText } from "@lstar/trace/strace/result.ts";
import type { SyscallRow, SyscallView } from "../../protocol.ts";
import { peek } from "./peek.ts";
import { contextOf, registersView } from "./registers.ts";

const REGISTERS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"] as const;
const NUMBERS = [7, 6, 2, 10, 8, 9] as const;
const OPTIONS: PrintOptions = { stringLimit: 48, verbose: false, hexStrings: "none", decodeFds: 0 };

/** A call as its entry showed it, and what its end added. */
export interface CallRecord {
  readonly view: SyscallView;
  /** Registers as they were at the entry. */
  readonly raw: readonly string[];
  readonly args: readonly number[];
  /** The task's counters then. */
  readonly copied: readonly number[];
  /** Name and entry of the file operations that serve it, "" if none. */
  readonly fops: string;
}

function argument(k: Kernel, task: Task, i: number, width: ArgWidth): number {
  const ctx = contextOf(k, task);
  const n = NUMBERS[i] as number;
  if (width === "i32") return ctx.getLo(n) | 0;
  if (width === "u32") return ctx.getLo(n) >>> 0;
  if (width === "s64") return (ctx.getHi(n) | 0) * 4294967296 + (ctx.getLo(n) >>> 0);
  return ctx.get(n);
}

function printable(k: Kernel, task: Task, def: SyscallDef, args: readonly number[]): Call {
  const read = (kernel: Kernel, t: Task, address: number, length: number): Uint8Array => peek(kernel, t.mm, address, length);
  const path = (kernel: Kernel, t: Task, fd: number): string | null => {
    const file = t.file(fd);
    return file ? dPath(kernel, file.path) : null;
  };
  return new Call(k, task, def, [...args], OPTIONS, read, path);
}

export function syscallName(nr: number): string {
  return sysCallTable[nr]?.name ?? syscallNames[nr] ?? `syscall_${nr}`;
}

/** What the task's registers say at the entry of a call. */
export function callAtEntry(k: Kernel, task: Task, nr: number): CallRecord {
  const def = sysCallTable[nr] ?? null;
  const { gpr } = registersView(k, task);
  const raw = REGISTERS.map((r) => gpr[r] as string);
  const args = def ? def.args.map(([, type], i) => argument(k, task, i, type.width)) : [];
  const c = def ? printable(k, task, def, args) : null;
  const texts = def ? def.args.map((_, i) => (c ? printArgument(c, i) : null)) : [];
  const way = def ? wayDown(k, task, def, args) : { path: ["doSyscall64"], fops: "" };
  return {
    raw,
    args,
    copied: [...task.copied],
    fops: way.fops,
    view: {
      nr,
      name: syscallName(nr),
      text: `${syscallName(nr)}(${texts
        .map((t) => t ?? "…")
        .filter((t) => t !== "")
        .join(", ")}`,
      args: (def?.args ?? []).map(([name], i) => ({
        name,
        register: REGISTERS[i] as string,
        value: raw[i] as string,
        text: texts[i] ?? `0x${(raw[i] as string).replace(/^0+(?=.)/, "")}`,
      })),
      linux: def?.linux ?? "",
      path: way.path,
      result: null,
      instructions: SYSCALL_COST,
      copied: copyCounts(task.copied, task.copied),
    },
  };
}

/** Completes a record when the call returns `ret`. */
export function callAtExit(k: Kernel, task: Task, entry: CallRecord, ret: number): CallRecord {
  const { view } = entry;
  const def = sysCallTable[view.nr] ?? null;
  let text = `${view.text}) = ${ret}`;
  let { args } = view;
  let result = String(ret);
  if (def) {
    const c = printable(k, task, def, entry.args);
    c.ret = ret;
    result = resultText(c);
    const texts = def.args.map((_, i) => printArgument(c, i) ?? "…");
    // What the entry could print counts: buffers may have changed since.
    args = view.args.map((a, i) =>
      def.args[i]?.[1].dir === "out" || def.args[i]?.[1].dir === "inout" ? { ...a, text: texts[i] as string } : a,
    );
    text = `${view.name}(${args
      .map((a) => a.text)
      .filter((t) => t !== "")
      .join(", ")}) = ${result}`;
  }
  return {
    ...entry,
    view: { ...view, text, args, result, copied: copyCounts(task.copied, entry.copied) },
  };
}

/** What a call that has not returned has copied so far. */
export function callInside(task: Task, entry: CallRecord): SyscallView {
  return {
    ...entry.view,
    text: `${entry.view.text})`,
    copied: copyCounts(task.copied, entry.copied),
  };
}

/** Calls that go through the file operations: which one, and the functions of the layer between. */
const FILE_CALLS: Readonly<Record<string, readonly [operation: keyof File["op"], ...between: string[]]>> = {
  read: ["read", "vfsRead"],
  write: ["write", "vfsWrite"],
  pread64: ["read", "vfsRead"],
  pwrite64: ["write", "vfsWrite"],
  readv: ["read", "vectored", "transfer"],
  writev: ["write", "vectored", "transfer"],
  lseek: ["llseek"],
  ioctl: ["ioctl"],
  getdents64: ["iterate"],
  fsync: ["fsync"],
  fallocate: ["fallocate"],
};
const SOCKET_CALLS: Readonly<Record<string, "sendmsg" | "recvmsg" | "bind" | "connect" | "listen" | "accept" | "shutdown">> = {
  sendto: "sendmsg",
  recvfrom: "recvmsg",
  sendmsg: "sendmsg",
  recvmsg: "recvmsg",
  bind: "bind",
  connect: "connect",
  listen: "listen",
  accept: "accept",
  accept4: "accept",
  shutdown: "shutdown",
};

/** The functions from the entry down to the operation that does the work, by their names in the source. */
function wayDown(_k: Kernel, task: Task, def: SyscallDef, args: readonly number[]): { path: string[]; fops: string } {
  const path = ["doSyscall64"];
  if (def.handler.name && def.handler.name !== "handler") path.push(def.handler.name);
  let fops = "";
  const file = /fd$/.test(def.args[0]?.[0] ?? "") ? task.file(args[0] as number) : null;
  const call = FILE_CALLS[def.name];
  const socket = file && file.priv instanceof Socket ? file.priv : null;
  if (file && call) {
    const [operation, ...between] = call;
    path.push(...between);
    fops = `${stateTableName(file.op) ?? "file operations"}.${operation}`;
    const f = file.op[operation];
    if (f?.name) path.push(f.name);
    if (socket && (operation === "read" || operation === "write")) pushName(path, socket.ops[operation === "read" ? "recvmsg" : "sendmsg"]);
  } else if (socket && SOCKET_CALLS[def.name]) {
    const operation = SOCKET_CALLS[def.name] as "sendmsg";
    fops = `${stateTableName(socket.ops) ?? "protocol operations"}.${operation}`;
    pushName(path, socket.ops[operation]);
  }
  return { path, fops };
}

function pushName(path: string[], f: { name: string } | undefined): void {
  if (f?.name && path[path.length - 1] !== f.name) path.push(f.name);
}

/** The whole of sysCallTable. */
export function syscallTable(): SyscallRow[] {
  return syscallNames.flatMap((name, nr) => {
    const def = sysCallTable[nr] ?? null;
    if (!name && !def) return [];
    return [
      {
        nr,
        name: def?.name ?? name ?? "",
        args: def?.args.map(([n]) => n) ?? [],
        supported: def !== null,
        linux: def?.linux ?? "",
      },
    ];
  });
}
