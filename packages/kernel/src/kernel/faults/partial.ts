import type { File } from "../../include/linux/fs.ts";
import type { Task } from "../../include/linux/sched.ts";
import type { Kernel } from "../../kernel.ts";
import { getUser64 } from "../../mm/usercopy.ts";
import { importIovec } from "../../mm/userIov.ts";
import { Socket } from "../../net/socket.ts";
import { ARGUMENT_REGISTERS, type SyscallDef } from "../../syscall/declare.ts";
import { O_NONBLOCK } from "../../uapi/fcntl.ts";
import { SOCK_STREAM } from "../../uapi/socket.ts";
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../../uapi/stat.ts";

/** Offsets in struct msghdr. */
const MSG_IOV = 16;
const MSG_IOVLEN = 24;

/** Argument `i` of the call whose registers are in the processor, as an address or length. */
function argument(k: Kernel, i: number): number {
  return k.machine.cpu.get(ARGUMENT_REGISTERS[i] as number);
}

/** Files that the call's descriptors name. */
function files(k: Kernel, task: Task, def: SyscallDef): (File | null)[] {
  const out: (File | null)[] = [];
  def.args.forEach(([, type], i) => {
    if (type.kind === "fd") out.push(task.file(argument(k, i) | 0));
  });
  return out;
}

/** Whether a signal may end the call that begins with EINTR (signal(7)): it must be one that can wait here. */
export function mayBeInterrupted(k: Kernel, task: Task, def: SyscallDef): boolean {
  if (def.eintr === undefined) return false;
  if (typeof def.eintr === "function") return def.eintr(argument(k, 0), argument(k, 1) | 0, argument(k, 2) | 0, argument(k, 3) | 0);
  if (def.eintr === "always") return true;
  return files(k, task, def).some((f) => f !== null && (f.flags & O_NONBLOCK) === 0 && isSlow(f));
}

/** What may wait for ever: pipes, sockets, terminals, eventfd and its like; not files, nor /dev/zero. */
function isSlow(file: File): boolean {
  const kind = file.inode.mode & S_IFMT;
  if (kind === S_IFREG || kind === S_IFBLK) return false;
  return kind !== S_IFCHR || file.op.poll !== undefined;
}

/**
 * How many bytes the call that begins wants to move, if Linux may move fewer; else 0. Datagrams, small writes to
 * pipes, eventfd and its like go whole or not at all.
 */
export function shortenable(k: Kernel, task: Task, def: SyscallDef): number {
  if (def.short === undefined) return 0;
  const i = def.args.findIndex(([name]) => name === def.short?.length);
  const type = def.args[i]?.[1];
  if (!type) return 0;
  let whole = 0;
  if (type.kind === "size") whole = argument(k, i);
  else {
    let at = argument(k, i);
    let count = argument(k, i + 1) | 0;
    if (type.kind !== "iov") {
      count = getUser64(k, at + MSG_IOVLEN);
      at = getUser64(k, at + MSG_IOV);
      if (at < 0 || count < 0) return 0;
    }
    const iter = importIovec(k, at, count, true);
    whole = typeof iter === "number" ? 0 : iter.count;
  }
  if (whole <= (def.short.whole ?? 0)) return 0;
  const pipeWhole = def.short.pipeWhole ?? 0;
  return files(k, task, def).every((f) => f !== null && mayMoveLess(f, whole, pipeWhole)) ? whole : 0;
}

function mayMoveLess(file: File, whole: number, pipeWhole: number): boolean {
  switch (file.inode.mode & S_IFMT) {
    case S_IFREG:
    case S_IFBLK:
    case S_IFCHR:
      return true;
    case S_IFIFO:
      return whole > pipeWhole;
    case S_IFSOCK:
      return file.priv instanceof Socket && file.priv.type === SOCK_STREAM;
    default:
      return false;
  }
}

/** Runs `call` with the length in `def.short` reduced to `cut`. */
export function withCut(k: Kernel, def: SyscallDef, cut: number, call: () => number): number {
  const i = def.args.findIndex(([name]) => name === def.short?.length);
  const { cpu } = k.machine;
  if (def.args[i]?.[1].kind !== "size") {
    const f = k.faults;
    if (f) f.vectorCut = cut;
    const ret = call();
    if (f) f.vectorCut = 0;
    return ret;
  }
  const register = ARGUMENT_REGISTERS[i] as number;
  const whole = cpu.get(register);
  cpu.set(register, cut);
  const ret = call();
  cpu.set(register, whole);
  return ret;
}
