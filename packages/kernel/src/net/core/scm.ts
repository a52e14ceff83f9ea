import { fdInstall, fget, fput, getFile } from "../../fs/file.ts";
import type { File } from "../../include/linux/fs.ts";
import { isUringFile } from "../../io_uring/fops.ts";
import { capable } from "../../kernel/capability.ts";
import { findTask } from "../../kernel/pid.ts";
import { pidfdCreate } from "../../kernel/pidfd.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN } from "../../uapi/capability.ts";
import { EBADF, EINVAL, EPERM, ESRCH } from "../../uapi/errno.ts";
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_CREDENTIALS, SCM_MAX_FD, SCM_PIDFD, SCM_RIGHTS, SOL_SOCKET } from "../../uapi/socket.ts";
import { ScmCreds } from "./skbuff.ts";
import type { Sock } from "./sock.ts";

const HEADER = 16;
const align = (n: number): number => Math.ceil(n / 8) * 8;

/** struct scm_cookie: what control messages carry. */
export class ScmCookie {
  files: File[] = [];
  creds: ScmCreds | null = null;
}
stateClass(ScmCookie);

/** Who the current task is, to others. */
export function currentCreds(k: Kernel): ScmCreds {
  const { cred, tgid } = k.current;
  return new ScmCreds(tgid, cred.uid, cred.gid);
}

/** Drops the references to files that were not delivered. */
export function scmDestroy(k: Kernel, scm: ScmCookie): void {
  for (const file of scm.files) fput(k, file);
  scm.files = [];
}

/** May the current task send with these credentials? @linux net/core/scm.c scm_check_creds */
function checkCreds(k: Kernel, c: ScmCreds): boolean {
  const { cred, tgid } = k.current;
  return (
    (c.pid === tgid || capable(k, CAP_SYS_ADMIN)) &&
    (c.uid === cred.uid || c.uid === cred.euid || c.uid === cred.suid || capable(k, CAP_SETUID)) &&
    (c.gid === cred.gid || c.gid === cred.egid || c.gid === cred.sgid || capable(k, CAP_SETGID))
  );
}

/**
 * Reads control messages of sendmsg. @returns the cookie, or -EINVAL, -EBADF, -EPERM, -ESRCH
 * @linux net/core/scm.c __scm_send
 */
export function scmSend(k: Kernel, control: Uint8Array): ScmCookie | number {
  const scm = new ScmCookie();
  const v = new DataView(control.buffer, control.byteOffset, control.length);
  for (let at = 0; at + HEADER <= control.length; ) {
    const hi = v.getUint32(at + 4, true);
    const length = v.getUint32(at, true);
    const r = hi !== 0 || length < HEADER || length > control.length - at ? -EINVAL : one(k, scm, v, at, length);
    if (r < 0) {
      scmDestroy(k, scm);
      return r;
    }
    at += align(length);
  }
  return scm;
}

function one(k: Kernel, scm: ScmCookie, v: DataView, at: number, length: number): number {
  if (v.getInt32(at + 8, true) !== SOL_SOCKET) return 0;
  switch (v.getInt32(at + 12, true)) {
    case SCM_RIGHTS:
      return rights(k, scm, v, at + HEADER, Math.floor((length - HEADER) / 4));
    case SCM_CREDENTIALS: {
      if (length !== HEADER + 12) return -EINVAL;
      const c = new ScmCreds(v.getInt32(at + 16, true), v.getUint32(at + 20, true), v.getUint32(at + 24, true));
      if (!checkCreds(k, c)) return -EPERM;
      if (!findTask(k, c.pid)) return -ESRCH;
      scm.creds = c;
      return 0;
    }
    default:
      return -EINVAL;
  }
}

/** @linux net/core/scm.c scm_fp_copy */
function rights(k: Kernel, scm: ScmCookie, v: DataView, at: number, n: number): number {
  if (n > SCM_MAX_FD || scm.files.length + n > SCM_MAX_FD) return -EINVAL;
  for (let i = 0; i < n; i++) {
    const file = fget(k, v.getInt32(at + i * 4, true));
    if (!file) return -EBADF;
    // A ring that is in flight could keep itself alive.
    if (isUringFile(file)) return -EINVAL;
    scm.files.push(getFile(file));
  }
  return 0;
}

/** Collects control messages for recvmsg in at most `room` bytes. */
export class ControlWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  used = 0;
  flags = 0;
  constructor(room: number) {
    this.bytes = new Uint8Array(room);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Appends a message, cut short if there is no room. @linux net/core/scm.c put_cmsg */
  put(level: number, type: number, data: Uint8Array): void {
    const room = this.bytes.length - this.used;
    if (room < HEADER) {
      this.flags |= MSG_CTRUNC;
      return;
    }
    let length = HEADER + data.length;
    if (length > room) {
      this.flags |= MSG_CTRUNC;
      length = room;
    }
    this.#header(length, level, type);
    this.bytes.set(data.subarray(0, length - HEADER), this.used + HEADER);
    this.used += Math.min(align(HEADER + data.length), room);
  }

  #header(length: number, level: number, type: number): void {
    this.#view.setUint32(this.used, length, true);
    this.#view.setUint32(this.used + 4, 0, true);
    this.#view.setInt32(this.used + 8, level, true);
    this.#view.setInt32(this.used + 12, type, true);
  }

  /** Gives the files descriptors, as many as fit. @linux net/core/scm.c scm_detach_fds */
  putFiles(k: Kernel, files: readonly File[], cloexec: boolean): void {
    const room = this.bytes.length - this.used;
    const most = room <= HEADER ? 0 : Math.min(files.length, Math.floor((room - HEADER) / 4));
    let n = 0;
    for (; n < most; n++) {
      const fd = fdInstall(k, getFile(files[n]!), cloexec);
      if (fd < 0) {
        fput(k, files[n]!);
        break;
      }
      this.#view.setInt32(this.used + HEADER + n * 4, fd, true);
    }
    if (n > 0) {
      this.#header(HEADER + n * 4, SOL_SOCKET, SCM_RIGHTS);
      this.used += Math.min(align(HEADER + n * 4), room);
    }
    if (n < files.length) this.flags |= MSG_CTRUNC;
  }
}

/** Writes what came with a message, and lets go of it. @linux net/core/scm.c scm_recv_unix */
export function scmRecv(k: Kernel, sk: Sock, scm: ScmCookie, out: ControlWriter, flags: number): void {
  if (sk.passcred) {
    const c = scm.creds ?? new ScmCreds(0, 65534, 65534);
    const bytes = new Uint8Array(12);
    new DataView(bytes.buffer).setInt32(0, c.pid, true);
    new DataView(bytes.buffer).setUint32(4, c.uid, true);
    new DataView(bytes.buffer).setUint32(8, c.gid, true);
    out.put(SOL_SOCKET, SCM_CREDENTIALS, bytes);
  }
  if (scm.files.length > 0) out.putFiles(k, scm.files, (flags & MSG_CMSG_CLOEXEC) !== 0);
  if (sk.passpidfd && scm.creds) putPidfd(k, scm.creds.pid, out);
  scmDestroy(k, scm);
}

/** @linux net/core/scm.c scm_pidfd_recv */
function putPidfd(k: Kernel, pid: number, out: ControlWriter): void {
  if (out.bytes.length - out.used < HEADER + 4) {
    out.flags |= MSG_CTRUNC;
    return;
  }
  const task = findTask(k, pid);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, task ? pidfdCreate(k, task, 0) : -ESRCH, true);
  out.put(SOL_SOCKET, SCM_PIDFD, bytes);
}
