import type { File } from "../include/linux/fs.ts";
import { BLOCKED, type Task } from "../include/linux/sched.ts";
import type { PollTable, WaitQueueHead } from "../include/linux/wait.ts";
import { rlimit } from "../kernel/resource.ts";
import { restoreSavedSigmaskUnless, setUserSigmask } from "../kernel/signal.ts";
import type { RestartBlock } from "../kernel/signalCalls.ts";
import { getTimespec, readTimespec, timespecValid, toNs, userTimespec, writeNs, writeTimespec } from "../kernel/time/userTime.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser64 } from "../mm/usercopy.ts";
import { stateClass } from "../state.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { EBADF, EFAULT, EINTR, EINVAL, ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from "../uapi/errno.ts";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
  pollfdStruct,
} from "../uapi/poll.ts";
import { RLIMIT_NOFILE } from "../uapi/resource.ts";
import { timespecStruct, timevalStruct } from "../uapi/time.ts";
import { fget } from "./file.ts";

/** Readiness of files that have no poll operation. */
const DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
const POLLIN_SET = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
const POLLOUT_SET = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
const POLLEX_SET = POLLPRI;
/** sizeof(struct pollfd) */
const POLLFD = 8;
/** personality: select and kin leave the timeout alone. */
const STICKY_TIMEOUTS = 0x4000000;
/** Descriptors a new table has room for. */
const NR_OPEN_DEFAULT = 64;

/** Collects the queues that the polled files would wake, as long as none of them is ready. */
class QueueCollector implements PollTable {
  queues: WaitQueueHead[] = [];
  open = true;
  wait(_k: Kernel, queue: WaitQueueHead): void {
    if (this.open) this.queues.push(queue);
  }
}

/** @linux include/linux/poll.h vfs_poll */
export function vfsPoll(k: Kernel, file: File, table: PollTable | null): number {
  return file.op.poll ? file.op.poll(k, file, table) : DEFAULT_POLLMASK;
}

/** Sets revents of all entries; the number of entries with events. @linux fs/select.c do_pollfd */
function scanPoll(k: Kernel, view: DataView, nfds: number, table: QueueCollector | null): number {
  const t = k.trace;
  if (t.selectScan.enabled) t.selectScan.fire(k.current, "poll", nfds);
  let count = 0;
  for (let i = 0; i < nfds; i++) {
    const fd = view.getInt32(i * POLLFD, true);
    let mask = 0;
    if (fd >= 0) {
      const file = fget(k, fd);
      mask = file ? vfsPoll(k, file, table) & (view.getUint16(i * POLLFD + 4, true) | POLLERR | POLLHUP) : POLLNVAL;
    }
    view.setUint16(i * POLLFD + 6, mask, true);
    if (mask !== 0) {
      count++;
      // The call will not sleep: nobody need wake it.
      if (table) table.open = false;
    }
    if (fd >= 0 && t.selectLook.enabled) t.selectLook.fire(k.current, fd, mask);
  }
  if (t.selectScanned.enabled) t.selectScanned.fire(k.current, count);
  return count;
}

/** Sleeps until one of the files has news or the deadline passes. BLOCKED, or -ERESTARTNOHAND for a signal. */
function sleepOnFiles(k: Kernel, queues: readonly WaitQueueHead[]): number {
  const r = queues.length > 0 ? k.sched.sleepOnQueues(queues) : k.sched.sleepUntilDeadline();
  return r === BLOCKED ? r : -ERESTARTNOHAND;
}

/** What a poll or select that sleeps was asked: it is taken from the program once, however often the call is gone on with. */
class Asked {
  readonly sets: readonly (Uint8Array | null)[];
  constructor(sets: readonly (Uint8Array | null)[]) {
    this.sets = sets;
  }
}
stateClass(Asked);

/** What the present call was asked when it began to sleep; null if it has not slept. */
function askedBefore(k: Kernel): readonly (Uint8Array | null)[] | null {
  const { progress } = k.current;
  return progress instanceof Asked ? progress.sets : null;
}

/** Goes to sleep with what was asked. A poll that was restarted has its own progress, and takes the array again. */
function sleepAsked(k: Kernel, queues: readonly WaitQueueHead[], sets: readonly (Uint8Array | null)[]): number {
  const r = sleepOnFiles(k, queues);
  if (r === BLOCKED && k.current.progress === null) k.current.progress = new Asked(sets);
  return r;
}

/** `timeout` in ns, Infinity = none. Count, 0 at the timeout, -errno or BLOCKED. @linux fs/select.c do_sys_poll */
function doSysPoll(k: Kernel, ufds: number, nfds: number, timeout: number): number {
  if (nfds > rlimit(k.current, RLIMIT_NOFILE)) return -EINVAL;
  const before = askedBefore(k);
  const bytes = before?.[0] ?? new Uint8Array(nfds * POLLFD);
  if (!before && nfds > 0 && copyFromUser(k, ufds, bytes, 0, bytes.length) !== 0) return -EFAULT;
  const view = new DataView(bytes.buffer);
  if (timeout > 0 && timeout !== Number.POSITIVE_INFINITY) k.sched.setDeadline(k.time.now() + timeout);
  const table = timeout > 0 && !k.sched.deadlinePassed() ? new QueueCollector() : null;
  let count = scanPoll(k, view, nfds, table);
  if (count === 0 && table) {
    const r = sleepAsked(k, table.queues, [bytes]);
    if (r === BLOCKED) return r;
    count = r;
  }
  for (let i = 0; i < nfds; i++) if (copyToUser(k, ufds + i * POLLFD + 6, bytes, i * POLLFD + 6, 2) !== 0) return -EFAULT;
  return count;
}

/** A poll that a signal without handler interrupted goes on with the time it had left. */
class PollRestart implements RestartBlock {
  ufds: number;
  nfds: number;
  deadline: number;
  constructor(ufds: number, nfds: number, deadline: number) {
    this.ufds = ufds;
    this.nfds = nfds;
    this.deadline = deadline;
  }
  /** @linux fs/select.c do_restart_poll */
  restart(k: Kernel): number {
    k.current.progress = this;
    const left = this.deadline === Number.POSITIVE_INFINITY ? this.deadline : Math.max(0, this.deadline - k.time.now());
    if (this.deadline !== Number.POSITIVE_INFINITY) k.sched.setDeadline(this.deadline);
    return pollResult(k, this, doSysPoll(k, this.ufds, this.nfds, left));
  }
}
stateClass(PollRestart);

function pollResult(k: Kernel, block: PollRestart, r: number): number {
  if (r !== -ERESTARTNOHAND) return r;
  k.current.restartBlock = block;
  return -ERESTART_RESTARTBLOCK;
}

/** @linux fs/select.c poll */
function sysPoll(k: Kernel, ufds: number, nfds: number, timeoutMs: number): number {
  const r = doSysPoll(k, ufds, nfds, timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs * 1e6);
  return r === -ERESTARTNOHAND ? pollResult(k, new PollRestart(ufds, nfds, k.current.deadline), r) : r;
}

/** Writes what is left of the timeout back. @linux fs/select.c poll_select_finish */
function finish(k: Kernel, address: number, micro: boolean, given: number, r: number): number {
  if (r === BLOCKED) return r;
  // A ready file wins over a signal that only the temporary mask lets in: that stays pending.
  restoreSavedSigmaskUnless(k, r === -ERESTARTNOHAND);
  if (address === 0) return r;
  if (!(k.current.personality & STICKY_TIMEOUTS)) {
    if (given === 0) return r;
    const end = k.current.deadline;
    const left = end === Number.POSITIVE_INFINITY ? given : Math.max(0, end - k.time.now());
    const sec = Math.floor(left / 1e9);
    const ok =
      left === Number.POSITIVE_INFINITY
        ? 0
        : micro
          ? writeTimespec(k, address, sec, Math.floor((left - sec * 1e9) / 1000))
          : writeNs(k, address, left);
    if (ok === 0) return r;
  }
  // Without the remaining time the call cannot be repeated.
  return r === -ERESTARTNOHAND ? -EINTR : r;
}

/** @linux fs/select.c ppoll */
function sysPpoll(k: Kernel, ufds: number, nfds: number, tsp: number, sigmask: number, sigsetsize: number): number {
  let timeout = Number.POSITIVE_INFINITY;
  if (tsp !== 0) {
    timeout = readTimespec(k, tsp);
    if (timeout < 0) return timeout;
  }
  const m = setUserSigmask(k, sigmask, sigsetsize);
  if (m < 0) return m;
  return finish(k, tsp, false, timeout, doSysPoll(k, ufds, nfds, timeout));
}

/** Descriptors that the table has room for: bits beyond are not looked at. @linux fs/file.c alloc_fdtable */
function maxFds(task: Task): number {
  const used = task.files.fd.length;
  let n = NR_OPEN_DEFAULT;
  if (used > n) for (n = 128; n < used; n *= 2);
  return n;
}

/** Sets result bits; the number of bits, or -EBADF. @linux fs/select.c do_select */
function scanSelect(
  k: Kernel,
  n: number,
  sets: readonly (Uint8Array | null)[],
  out: readonly (Uint8Array | null)[],
  table: QueueCollector | null,
): number {
  const t = k.trace;
  if (t.selectScan.enabled) t.selectScan.fire(k.current, "select", n);
  let count = 0;
  const [rd, wr, ex] = sets;
  for (const o of out) o?.fill(0);
  for (let fd = 0; fd < n; fd++) {
    const byte = fd >> 3;
    const bit = 1 << (fd & 7);
    const r = rd ? rd[byte]! & bit : 0;
    const w = wr ? wr[byte]! & bit : 0;
    const e = ex ? ex[byte]! & bit : 0;
    if ((r | w | e) === 0) continue;
    const file = fget(k, fd);
    if (!file) return -EBADF;
    const mask = vfsPoll(k, file, table) & ((r ? POLLIN_SET : 0) | (w ? POLLOUT_SET : 0) | (e ? POLLEX_SET : 0));
    if (r && mask & POLLIN_SET) {
      out[0]![byte]! |= bit;
      count++;
    }
    if (w && mask & POLLOUT_SET) {
      out[1]![byte]! |= bit;
      count++;
    }
    if (e && mask & POLLEX_SET) {
      out[2]![byte]! |= bit;
      count++;
    }
    if (count > 0 && table) table.open = false;
    if (t.selectLook.enabled) t.selectLook.fire(k.current, fd, mask);
  }
  if (t.selectScanned.enabled) t.selectScanned.fire(k.current, count);
  return count;
}

/** @linux fs/select.c core_sys_select */
function coreSysSelect(k: Kernel, n: number, addresses: readonly number[], timeout: number): number {
  if (n < 0) return -EINVAL;
  const before = askedBefore(k);
  const limit = before ? Math.min(n, (before.find((x) => x)?.length ?? 0) * 8) : Math.min(n, maxFds(k.current));
  const size = Math.ceil(limit / 64) * 8;
  const sets: (Uint8Array | null)[] = before ? [...before] : [];
  for (const address of before ? [] : addresses) {
    if (address === 0) {
      sets.push(null);
      continue;
    }
    const set = new Uint8Array(size);
    if (copyFromUser(k, address, set, 0, size) !== 0) return -EFAULT;
    sets.push(set);
  }
  const out = sets.map((s) => (s ? new Uint8Array(size) : null));
  if (timeout > 0 && timeout !== Number.POSITIVE_INFINITY) k.sched.setDeadline(k.time.now() + timeout);
  const table = timeout > 0 && !k.sched.deadlinePassed() ? new QueueCollector() : null;
  const count = scanSelect(k, limit, sets, out, table);
  if (count === 0 && table) return sleepAsked(k, table.queues, sets);
  if (count < 0) return count;
  for (let i = 0; i < 3; i++) {
    const o = out[i];
    if (o && copyToUser(k, addresses[i]!, o, 0, size) !== 0) return -EFAULT;
  }
  return count;
}

/** @linux fs/select.c select */
function sysSelect(k: Kernel, n: number, inp: number, outp: number, exp: number, tvp: number): number {
  let timeout = Number.POSITIVE_INFINITY;
  if (tvp !== 0) {
    if (getTimespec(k, tvp) !== 0) return -EFAULT;
    const { sec, nsec: usec } = userTimespec;
    const whole = Math.trunc(usec / 1e6);
    const t = { sec: sec + whole, nsec: (usec - whole * 1e6) * 1000 };
    if (!timespecValid(t)) return -EINVAL;
    timeout = toNs(t);
  }
  return finish(k, tvp, true, timeout, coreSysSelect(k, n, [inp, outp, exp], timeout));
}

/** The sixth argument points to {pointer to a signal set, its size}. @linux fs/select.c pselect6 */
function sysPselect6(k: Kernel, n: number, inp: number, outp: number, exp: number, tsp: number, sig: number): number {
  let mask = 0;
  let size = 0;
  if (sig !== 0) {
    mask = getUser64(k, sig);
    size = getUser64(k, sig + 8);
    if (mask < 0 || size < 0) return -EFAULT;
  }
  let timeout = Number.POSITIVE_INFINITY;
  if (tsp !== 0) {
    timeout = readTimespec(k, tsp);
    if (timeout < 0) return timeout;
  }
  const m = setUserSigmask(k, mask, size);
  if (m < 0) return m;
  return finish(k, tsp, false, timeout, coreSysSelect(k, n, [inp, outp, exp], timeout));
}

const fdSet = { kind: "fdset", width: "u64", length: "n", dir: "inout" } as const;
const pollfds = { kind: "pollfds", width: "u64", struct: pollfdStruct, length: "nfds", dir: "inout" } as const;

export const selectSyscalls: SyscallDef[] = [
  syscall("poll", { fds: pollfds, nfds: A.uint, timeout: A.int }, sysPoll, {
    linux: "fs/select.c do_sys_poll",
    eintr: (_fds, _n, timeout) => timeout !== 0,
  }),
  syscall(
    "ppoll",
    { fds: pollfds, nfds: A.uint, tmo_p: A.struct(timespecStruct, "inout"), sigmask: A.sigset(), sigsetsize: A.size },
    sysPpoll,
    {
      linux: "fs/select.c do_sys_poll",
      eintr: "always",
    },
  ),
  syscall("select", { n: A.int, readfds: fdSet, writefds: fdSet, exceptfds: fdSet, timeout: A.struct(timevalStruct, "inout") }, sysSelect, {
    linux: "fs/select.c core_sys_select",
    eintr: "always",
  }),
  syscall(
    "pselect6",
    { n: A.int, readfds: fdSet, writefds: fdSet, exceptfds: fdSet, timeout: A.struct(timespecStruct, "inout"), sig: A.custom() },
    sysPselect6,
    {
      linux: "fs/select.c core_sys_select",
      eintr: "always",
    },
  ),
];
