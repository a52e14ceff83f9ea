import { anonInodeGetFile } from "../../fs/anonInodes.ts";
import { allocFd, fdPut, fget, fput, getFile } from "../../fs/file.ts";
import { noopLlseek } from "../../fs/libfs.ts";
import type { File, FileOperations, Inode } from "../../include/linux/fs.ts";
import { BLOCKED, type Task } from "../../include/linux/sched.ts";
import { type PollTable, WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { copyFromUser, copyToUser } from "../../mm/usercopy.ts";
import { bpfInput } from "../../net/core/filter.ts";
import { stateClass, stateTable } from "../../state.ts";
import { E2BIG, EBADF, EFAULT, EINPROGRESS, EINVAL, ENOENT, ENOSYS } from "../../uapi/errno.ts";
import { O_CLOEXEC, O_RDWR } from "../../uapi/fcntl.ts";
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../uapi/poll.ts";
import { RLIMIT_NOFILE } from "../../uapi/resource.ts";
import * as S from "../../uapi/seccomp.ts";
import { rlimit } from "../resource.ts";
import type { SeccompFilter } from "./filter.ts";

const INIT = 0;
const SENT = 1;
const REPLIED = 2;
const PAGE_SIZE = 4096;
/** struct seccomp_notif_addfd { u64 id; u32 flags; u32 srcfd; u32 newfd; u32 newfd_flags; } */
const ADDFD_SIZE = 24;
const IOC_SIZE_MASK = 0x3fff0000;

/** struct notification: the listener's queue, oldest first. */
export class SeccompNotification {
  idLo: number;
  idHi: number;
  flags = 0;
  notifications: SeccompKnotif[] = [];
  /** Listeners in SECCOMP_IOCTL_NOTIF_RECV sleep here. */
  readonly request = new WaitQueueHead();
  constructor(idLo: number, idHi: number) {
    this.idLo = idLo;
    this.idHi = idHi;
  }
}

/** struct seccomp_knotif: one call that waits for the listener's answer. */
export class SeccompKnotif {
  readonly task: Task;
  readonly filter: SeccompFilter;
  readonly idLo: number;
  readonly idHi: number;
  readonly data: Int32Array;
  state = INIT;
  error = 0;
  /** The value, in two words. */
  valLo = 0;
  valHi = 0;
  flags = 0;
  readonly ready = new WaitQueueHead();
  constructor(task: Task, filter: SeccompFilter, idLo: number, idHi: number, data: Int32Array) {
    this.task = task;
    this.filter = filter;
    this.idLo = idLo;
    this.idHi = idHi;
    this.data = data;
  }
  /** The caller waits no more. */
  cancel(): void {
    const list = this.filter.notif?.notifications;
    const i = list ? list.indexOf(this) : -1;
    if (i >= 0) list?.splice(i, 1);
  }
}
stateClass(SeccompNotification, SeccompKnotif);

/**
 * Asks the listener and waits for what it says; called again until it has. `bpfInput.data` is the call.
 * @returns BLOCKED, 0 the call is to be made, -1 it is not and rax is set @linux kernel/seccomp.c seccomp_do_user_notification
 */
export function seccompDoUserNotification(k: Kernel, task: Task, match: SeccompFilter): number {
  const { cpu } = k.machine;
  let n = task.progress instanceof SeccompKnotif ? task.progress : null;
  if (!n) {
    const queue = match.notif;
    if (!queue) {
      cpu.set(0, -ENOSYS);
      return -1;
    }
    n = new SeccompKnotif(task, match, queue.idLo, queue.idHi, bpfInput.data.slice());
    queue.idLo = (queue.idLo + 1) | 0;
    if (queue.idLo === 0) queue.idHi = (queue.idHi + 1) | 0;
    queue.notifications.push(n);
    task.progress = n;
    queue.request.wakeUp(k);
    match.wqh.wakeUp(k, POLLIN | POLLRDNORM);
  }
  if (n.state !== REPLIED) {
    // Once the listener has it, with WAIT_KILLABLE_RECV only death ends the wait.
    const r = n.filter.waitKillableRecv && n.state === SENT ? k.sched.sleepKillable(n.ready) : k.sched.sleepOn(n.ready);
    if (r === BLOCKED) return BLOCKED;
    n.error = r;
    n.flags = 0;
  }
  n.cancel();
  task.progress = null;
  if (n.flags & S.SECCOMP_USER_NOTIF_FLAG_CONTINUE) return 0;
  if (n.error !== 0) cpu.set(0, n.error);
  else cpu.setParts(0, n.valLo, n.valHi);
  return -1;
}

function find(filter: SeccompFilter, lo: number, hi: number): SeccompKnotif | null {
  return filter.notif?.notifications.find((n) => n.idLo === lo && n.idHi === hi) ?? null;
}

const buffer = new Uint8Array(S.SECCOMP_NOTIF_SIZE);
const view = new DataView(buffer.buffer);

/** @linux kernel/seccomp.c seccomp_notify_recv */
function recv(k: Kernel, filter: SeccompFilter, arg: number): number {
  const queue = filter.notif as SeccompNotification;
  if (copyFromUser(k, arg, buffer, 0, buffer.length) !== 0) return -EFAULT;
  // All zero, so that members may get a meaning later.
  if (buffer.some((b) => b !== 0)) return -EINVAL;
  const n = queue.notifications.find((x) => x.state === INIT);
  if (!n) return filter.users === 0 ? -ENOENT : k.sched.sleepOnExclusive(queue.request);
  view.setInt32(0, n.idLo, true);
  view.setInt32(4, n.idHi, true);
  view.setInt32(8, n.task.pid, true);
  view.setInt32(12, 0, true);
  for (let i = 0; i < 16; i++) view.setInt32(16 + 4 * i, n.data[i] as number, true);
  if (copyToUser(k, arg, buffer, 0, buffer.length) !== 0) {
    // Somebody else may have it.
    queue.request.wakeUp(k);
    return -EFAULT;
  }
  n.state = SENT;
  filter.wqh.wakeUp(k, POLLOUT | POLLWRNORM);
  return 0;
}

/** @linux kernel/seccomp.c seccomp_notify_send */
function send(k: Kernel, filter: SeccompFilter, arg: number): number {
  if (copyFromUser(k, arg, buffer, 0, S.SECCOMP_NOTIF_RESP_SIZE) !== 0) return -EFAULT;
  const valLo = view.getInt32(8, true);
  const valHi = view.getInt32(12, true);
  const error = view.getInt32(16, true);
  const flags = view.getInt32(20, true);
  if (flags & ~S.SECCOMP_USER_NOTIF_FLAG_CONTINUE) return -EINVAL;
  if (flags !== 0 && (error | valLo | valHi) !== 0) return -EINVAL;
  const n = find(filter, view.getInt32(0, true), view.getInt32(4, true));
  if (!n) return -ENOENT;
  if (n.state !== SENT) return -EINPROGRESS;
  n.error = error;
  n.valLo = valLo;
  n.valHi = valHi;
  n.flags = flags;
  n.state = REPLIED;
  n.ready.wakeUpAll(k);
  return 0;
}

/** Does the call still wait? @linux kernel/seccomp.c seccomp_notify_id_valid */
function idValid(k: Kernel, filter: SeccompFilter, arg: number): number {
  if (copyFromUser(k, arg, buffer, 0, 8) !== 0) return -EFAULT;
  const n = find(filter, view.getInt32(0, true), view.getInt32(4, true));
  return n && n.state === SENT ? 0 : -ENOENT;
}

/** Gives the waiting task a descriptor of the listener's. @returns the number it has there @linux kernel/seccomp.c seccomp_notify_addfd */
function addfd(k: Kernel, filter: SeccompFilter, arg: number, size: number): number {
  if (size < ADDFD_SIZE || size >= PAGE_SIZE) return -EINVAL;
  const bytes = new Uint8Array(size);
  if (copyFromUser(k, arg, bytes, 0, size) !== 0) return -EFAULT;
  for (let i = ADDFD_SIZE; i < size; i++) if (bytes[i] !== 0) return -E2BIG;
  const v = new DataView(bytes.buffer);
  const flags = v.getUint32(8, true);
  const newfd = v.getUint32(16, true);
  const newfdFlags = v.getUint32(20, true);
  if (newfdFlags & ~O_CLOEXEC) return -EINVAL;
  if (flags & ~(S.SECCOMP_ADDFD_FLAG_SETFD | S.SECCOMP_ADDFD_FLAG_SEND)) return -EINVAL;
  if (newfd !== 0 && !(flags & S.SECCOMP_ADDFD_FLAG_SETFD)) return -EINVAL;
  const file = fget(k, v.getInt32(12, true));
  if (!file) return -EBADF;
  const n = find(filter, v.getInt32(0, true), v.getInt32(4, true));
  if (!n) return -ENOENT;
  if (n.state !== SENT) return -EINPROGRESS;
  const fd = receiveFd(k, n.task, file, flags & S.SECCOMP_ADDFD_FLAG_SETFD ? newfd : -1, (newfdFlags & O_CLOEXEC) !== 0);
  if (flags & S.SECCOMP_ADDFD_FLAG_SEND && fd >= 0) {
    n.valLo = fd;
    n.state = REPLIED;
    n.ready.wakeUpAll(k);
  }
  return fd;
}

/** Enters a file in another task's table. `at` -1: the lowest free number. @linux fs/file.c receive_fd, receive_fd_replace */
function receiveFd(k: Kernel, task: Task, file: File, at: number, cloexec: boolean): number {
  const self = k.current;
  k.current = task;
  let fd = at;
  if (at < 0) fd = allocFd(k, 0);
  else if (at >= rlimit(task, RLIMIT_NOFILE)) fd = -EBADF;
  if (fd >= 0) {
    const old = task.files.fd[fd];
    fdPut(k, fd, getFile(file), cloexec);
    if (old) fput(k, old);
  }
  k.current = self;
  return fd;
}

/** @linux kernel/seccomp.c seccomp_notify_ioctl */
function seccompNotifyIoctl(k: Kernel, file: File, cmd: number, arg: number): number {
  const filter = file.priv as SeccompFilter;
  switch (cmd >>> 0) {
    case S.SECCOMP_IOCTL_NOTIF_RECV:
      return recv(k, filter, arg);
    case S.SECCOMP_IOCTL_NOTIF_SEND:
      return send(k, filter, arg);
    case S.SECCOMP_IOCTL_NOTIF_ID_VALID:
    case S.SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR:
      return idValid(k, filter, arg);
    case S.SECCOMP_IOCTL_NOTIF_SET_FLAGS:
      if (arg > S.SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) return -EINVAL;
      (filter.notif as SeccompNotification).flags = arg;
      return 0;
  }
  // Later versions of the struct may be longer.
  if ((cmd & ~IOC_SIZE_MASK) >>> 0 === (S.SECCOMP_IOCTL_NOTIF_ADDFD & ~IOC_SIZE_MASK) >>> 0)
    return addfd(k, filter, arg, (cmd & IOC_SIZE_MASK) >>> 16);
  return -EINVAL;
}

/** @linux kernel/seccomp.c seccomp_notify_poll */
function seccompNotifyPoll(k: Kernel, file: File, table: PollTable | null): number {
  const filter = file.priv as SeccompFilter;
  table?.wait(k, filter.wqh);
  let mask = 0;
  for (const n of filter.notif?.notifications ?? []) {
    if (n.state === INIT) mask |= POLLIN | POLLRDNORM;
    if (n.state === SENT) mask |= POLLOUT | POLLWRNORM;
  }
  return filter.users === 0 ? mask | POLLHUP : mask;
}

/** The listener is gone: whoever waits for it, or asks later, gets ENOSYS. @linux kernel/seccomp.c seccomp_notify_detach */
function seccompNotifyRelease(k: Kernel, _inode: Inode, file: File): void {
  const filter = file.priv as SeccompFilter;
  const waiting = filter.notif?.notifications ?? [];
  filter.notif = null;
  for (const n of waiting) {
    if (n.state === REPLIED) continue;
    n.state = REPLIED;
    n.error = -ENOSYS;
    n.ready.wakeUpAll(k);
  }
}

const seccompNotifyOps: FileOperations = stateTable("seccomp_notify_ops", {
  poll: seccompNotifyPoll,
  release: seccompNotifyRelease,
  ioctl: seccompNotifyIoctl,
  llseek: noopLlseek,
});

/** The file through which a filter asks. @linux kernel/seccomp.c init_listener */
export function initListener(k: Kernel, filter: SeccompFilter): File {
  filter.notif = new SeccompNotification(k.rng.u32() | 0, k.rng.u32() | 0);
  return anonInodeGetFile(k, "seccomp notify", seccompNotifyOps, filter, O_RDWR);
}
