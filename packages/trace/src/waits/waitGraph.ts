import { type Kernel, sysCallTable } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import { locksOf } from "@lstar/kernel/fs/locks.ts";
import { TASK_INTERRUPTIBLE, TASK_STOPPED, TASK_TRACED, TASK_UNINTERRUPTIBLE, type Task } from "@lstar/kernel/include/linux/sched.ts";
import { ARGUMENT_REGISTERS } from "@lstar/kernel/syscall/declare.ts";
import { peek } from "../peek.ts";
import { descriptorText, eventsText, interestText } from "./files.ts";

/** Descriptors of one poll or epoll that are named. */
const NAMED = 6;
const POLLFD_SIZE = 8;

/** Names a place in a task's memory ("lock+8"), "" if nothing is known of it. */
export type NameAddress = (task: Task, address: number) => string;

interface Futex {
  address: number;
  /** Task that holds it; 0 = not known. */
  owner: number;
  certain: boolean;
  /** The thread whose end is waited for; 0 = none. */
  ending: number;
}

/** Who waits for what, one line a task; a cycle of locks is named first. Changes nothing. */
export function waitGraph(k: Kernel, nameAddress: NameAddress = () => ""): string[] {
  const futexes = sleepersOnFutexes(k);
  const lines: string[] = [];
  const cycle = findCycle(new Map([...futexes].filter(([, f]) => f.owner !== 0).map(([task, f]) => [task.pid, f.owner])));
  if (cycle) lines.push(`cycle of locks: ${cycle.join(" -> ")}`);
  for (const task of k.pids.values()) {
    if (task === k.initTask || task.exitState !== 0) continue;
    if (task.state === TASK_STOPPED || task.state === TASK_TRACED) lines.push(`${task.comm} ${task.pid} is stopped`);
    if (task.state !== TASK_INTERRUPTIBLE && task.state !== TASK_UNINTERRUPTIBLE) continue;
    const futex = futexes.get(task);
    lines.push(
      `${task.comm} ${task.pid} sleeps in ${callName(task)} ${futex ? futexText(task, futex, nameAddress) : waitText(k, task)}`.trimEnd(),
    );
  }
  return lines;
}

const callName = (task: Task): string => sysCallTable[task.syscallNr]?.name ?? `call ${task.syscallNr}`;

function sleepersOnFutexes(k: Kernel): Map<Task, Futex> {
  const out = new Map<Task, Futex>();
  for (const byPlace of k.futexes.queues.values())
    for (const queue of byPlace.values())
      for (const w of queue.waiters) {
        const bytes = peek(k, w.task, w.address, 12);
        const word = bytes.length === 12 ? new DataView(bytes.buffer, bytes.byteOffset) : null;
        const ending = [...k.pids.values()].find((t) => t.clearChildTid === w.address && t.mm === w.task.mm && t.exitState === 0)?.pid ?? 0;
        // The C library's mutexes: glibc keeps the owner two words after the lock, musl one after the type.
        const guess = ending === 0 && word && word.getUint32(0, true) !== 0 ? word.getUint32(8, true) : 0;
        const thread = k.pids.get(guess);
        const owner = queue.owner?.pid ?? (thread && thread.tgid === w.task.tgid ? guess : 0);
        out.set(w.task, { address: w.address, owner, certain: queue.owner !== null, ending });
      }
  return out;
}

function futexText(task: Task, f: Futex, nameAddress: NameAddress): string {
  if (f.ending !== 0) return `for the end of thread ${f.ending}`;
  const name = nameAddress(task, f.address);
  const place = `on the word at 0x${f.address.toString(16)}${name ? ` (${name})` : ""}`;
  if (f.owner === 0) return `${place} until it is woken`;
  return `${place}, held by ${f.owner}${f.certain ? "" : " (guessed from what lies where a C library's mutex has its owner)"}`;
}

/** What a sleeper waits for, by its call and its arguments. */
function waitText(k: Kernel, task: Task): string {
  const context = k.cpuTask === task ? k.machine.cpu : task.ctx;
  const arg = (i: number): number => context.get(ARGUMENT_REGISTERS[i] as number);
  const fd = arg(0) | 0;
  const name = callName(task);
  switch (name) {
    case "read":
    case "readv":
    case "recvfrom":
    case "recvmsg":
    case "recvmmsg":
    case "tee":
    case "splice":
      return `from ${descriptorText(k, task, fd, false)}`;
    case "write":
    case "writev":
    case "sendto":
    case "sendmsg":
    case "sendmmsg":
    case "vmsplice":
    case "sendfile":
    case "ioctl":
      return `to ${descriptorText(k, task, fd, true)}`;
    case "accept":
    case "accept4":
    case "connect":
      return `on ${descriptorText(k, task, fd, false)}`;
    case "wait4":
    case "waitid":
      return childrenText(task);
    case "epoll_wait":
    case "epoll_pwait":
    case "epoll_pwait2":
      return list(`on epoll descriptor ${fd}, which watches`, interestText(k, task, fd, NAMED));
    case "poll":
    case "ppoll":
      return list("on", polled(k, task, arg(0), arg(1)));
    case "select":
    case "pselect6":
      return list("on", selected(k, task, fd, [arg(1), arg(2), arg(3)]));
    case "flock":
    case "fcntl":
      return lockText(k, task, fd);
    case "pause":
    case "rt_sigsuspend":
    case "rt_sigtimedwait":
      return "for a signal";
    case "vfork":
    case "clone":
    case "clone3":
      return "until its child executes a program or ends";
    case "msgrcv":
    case "msgsnd":
    case "semop":
    case "semtimedop":
      return `on identifier ${fd}`;
    case "mq_timedreceive":
    case "mq_timedsend":
      return `on descriptor ${fd}`;
    default:
      return "";
  }
}

const list = (before: string, items: readonly string[]): string =>
  items.length > 0 ? `${before} ${items.join("; ")}` : `${before} nothing`;

function childrenText(task: Task): string {
  const alive = task.signal.threads.flatMap((t) => t.children).filter((c) => c.exitState === 0);
  return alive.length > 0 ? `for a child: ${alive.map((c) => `${c.pid} (${c.comm})`).join(", ")}` : "for a child, of which none is left";
}

function polled(k: Kernel, task: Task, address: number, count: number): string[] {
  const n = Math.min(count, NAMED);
  const bytes = peek(k, task, address, n * POLLFD_SIZE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: string[] = [];
  for (let at = 0; at + POLLFD_SIZE <= bytes.length; at += POLLFD_SIZE) {
    const fd = view.getInt32(at, true);
    const events = view.getInt16(at + 4, true);
    if (fd >= 0) out.push(`${eventsText(events)}: ${descriptorText(k, task, fd, (events & 5) === 4)}`);
  }
  if (count > n) out.push(`${count - n} more`);
  return out;
}

function selected(k: Kernel, task: Task, count: number, sets: readonly number[]): string[] {
  const out: string[] = [];
  for (const [i, address] of sets.entries()) {
    if (address === 0) continue;
    const bytes = peek(k, task, address, Math.ceil(Math.min(count, 1024) / 8));
    for (let fd = 0; fd < count && fd < bytes.length * 8 && out.length < NAMED; fd++)
      if ((bytes[fd >> 3] as number) & (1 << (fd & 7)))
        out.push(`${["readable", "writable", "urgent data"][i]}: ${descriptorText(k, task, fd, i === 1)}`);
  }
  return out;
}

function lockText(k: Kernel, task: Task, fd: number): string {
  const file = task.file(fd);
  if (!file) return `on descriptor ${fd}`;
  const { posix, flock } = locksOf(file.inode);
  const owners = new Set<number>();
  for (const lock of [...posix, ...flock]) {
    if (lock.owner === file || lock.owner === task.files) continue;
    for (const t of k.pids.values())
      if (t.exitState === 0 && (t.files === lock.owner || t.files?.fd.includes(lock.owner as never))) owners.add(t.tgid);
  }
  return `for a lock on ${dPath(k, file.path)}${owners.size > 0 ? `, held by ${[...owners].join(", ")}` : ""}`;
}

function findCycle(next: ReadonlyMap<number, number>): number[] | null {
  for (const start of next.keys()) {
    const path = [start];
    for (let at = next.get(start); at !== undefined; at = next.get(at)) {
      if (at === start) return [...path, start];
      if (path.includes(at)) break;
      path.push(at);
    }
  }
  return null;
}
