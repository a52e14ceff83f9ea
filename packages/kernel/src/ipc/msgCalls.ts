import { BLOCKED } from "../include/linux/sched.ts";
import { capable } from "../kernel/capability.ts";
import type { Kernel } from "../kernel.ts";
import { copyFromUser, copyToUser, getUser64, putUser64, writeStruct } from "../mm/usercopy.ts";
import { A, type SyscallDef, syscall } from "../syscall/declare.ts";
import { CAP_SYS_RESOURCE } from "../uapi/capability.ts";
import { E2BIG, EACCES, EAGAIN, EFAULT, EIDRM, EINTR, EINVAL, ENOMSG, EPERM, ERESTARTSYS } from "../uapi/errno.ts";
import * as I from "../uapi/ipc.ts";
import {
  expungeAll,
  findMsg,
  fitsInQueue,
  freeMsgQueue,
  type Message,
  MSGMAX,
  MsgQueue,
  MsgReceiver,
  MsgSender,
  pipelinedSend,
  SEARCH_ANY,
  SEARCH_EQUAL,
  SEARCH_LESSEQUAL,
  SEARCH_NOTEQUAL,
  SEARCH_NUMBER,
} from "./msg.ts";
import { ipcNamespace } from "./namespace.ts";
import * as U from "./util.ts";

const MSGMNI = 32000;
const LONG_MAX = 2 ** 63;

const msgOps: U.IpcOps<MsgQueue> = {
  /** @linux ipc/msg.c newque */
  create: (k, key, flags) => U.ipcAddId(ipcNamespace(k).msg, new MsgQueue(k, key, flags), U.ipcSetting(k, "kernel/msgmni", MSGMNI)),
  check: () => 0,
};

function sysMsgget(k: Kernel, key: number, flags: number): number {
  return U.ipcGet(k, ipcNamespace(k).msg, msgOps, key, flags, 0);
}

/** @linux ipc/msg.c do_msgsnd */
function sysMsgsnd(k: Kernel, id: number, address: number, size: number, flags: number): number {
  const waiting = k.current.progress;
  if (waiting instanceof MsgSender) {
    if (waiting.queue.deleted) return -EIDRM;
    return send(k, waiting.queue, waiting.message, flags, waiting);
  }
  const type = getUser64Signed(k, address);
  if (type === null) return -EFAULT;
  if (size > U.ipcSetting(k, "kernel/msgmax", MSGMAX) || size >= LONG_MAX || id < 0) return -EINVAL;
  if (type < 1) return -EINVAL;
  const data = new Uint8Array(size);
  if (copyFromUser(k, address + 8, data, 0, size) < 0) return -EFAULT;
  const q = U.ipcObtain(ipcNamespace(k).msg, id);
  if (typeof q === "number") return q;
  return send(k, q, { type, data }, flags, null);
}

function send(k: Kernel, q: MsgQueue, message: Message, flags: number, waiting: MsgSender | null): number {
  if (!U.ipcPermitted(k, q, 0o222)) return -EACCES;
  const size = message.data.length;
  if (!fitsInQueue(q, size)) {
    if (flags & I.IPC_NOWAIT) return -EAGAIN;
    k.current.progress = waiting ?? new MsgSender(q, message);
    const r = k.sched.sleepOn(q.senders);
    return r === -ERESTARTSYS ? -EINTR : r;
  }
  q.lspid = k.current.tgid;
  q.stime = k.time.realtime().sec;
  if (!pipelinedSend(k, q, message)) {
    q.messages.push(message);
    q.bytes += size;
  }
  return 0;
}

/** A long as a signed number, or null. */
function getUser64Signed(k: Kernel, address: number): number | null {
  const n = getUser64(k, address);
  if (n < 0) return null;
  return n >= LONG_MAX ? n - 2 ** 64 : n;
}

/** What a type and flags mean. @linux ipc/msg.c convert_mode */
function searchMode(type: number, flags: number): number {
  if (flags & I.MSG_COPY) return SEARCH_NUMBER;
  if (type === 0) return SEARCH_ANY;
  if (type < 0) return SEARCH_LESSEQUAL;
  return flags & I.MSG_EXCEPT ? SEARCH_NOTEQUAL : SEARCH_EQUAL;
}

/** Hands a message to the caller. @linux ipc/msg.c do_msg_fill */
function deliver(k: Kernel, address: number, message: Message, size: number): number {
  const n = Math.min(size, message.data.length);
  if (putUser64(k, address, message.type) < 0) return -EFAULT;
  return copyToUser(k, address + 8, message.data, 0, n) < 0 ? -EFAULT : n;
}

/** @linux ipc/msg.c do_msgrcv */
function sysMsgrcv(k: Kernel, id: number, address: number, size: number, type: number, flags: number): number {
  const waiting = k.current.progress;
  if (waiting instanceof MsgReceiver) {
    if (waiting.message) return deliver(k, address, waiting.message, size);
    // EAGAIN: look again; the queue or its rights have changed.
    if (waiting.error !== 0 && waiting.error !== -EAGAIN) return waiting.error;
    k.current.progress = null;
    if (waiting.error === 0) {
      const i = waiting.queue.receivers.indexOf(waiting);
      if (i >= 0) waiting.queue.receivers.splice(i, 1);
    }
  }
  if (id < 0 || size >= LONG_MAX) return -EINVAL;
  if (flags & I.MSG_COPY && (flags & I.MSG_EXCEPT || !(flags & I.IPC_NOWAIT))) return -EINVAL;
  const mode = searchMode(type, flags);
  const q = U.ipcObtain(ipcNamespace(k).msg, id);
  if (typeof q === "number") return waiting instanceof MsgReceiver ? -EIDRM : q;
  if (!U.ipcPermitted(k, q, 0o444)) return -EACCES;
  const key = mode === SEARCH_LESSEQUAL ? Math.min(-type, LONG_MAX) : type;
  const message = findMsg(q, key, mode);
  if (message) {
    if (size < message.data.length && !(flags & I.MSG_NOERROR)) return -E2BIG;
    if (!(flags & I.MSG_COPY)) {
      q.messages.splice(q.messages.indexOf(message), 1);
      q.rtime = k.time.realtime().sec;
      q.lrpid = k.current.tgid;
      q.bytes -= message.data.length;
      q.senders.wakeUpAll(k);
    }
    return deliver(k, address, message, size);
  }
  if (flags & I.IPC_NOWAIT) return -ENOMSG;
  const receiver = new MsgReceiver(q, key, mode, flags & I.MSG_NOERROR ? Number.POSITIVE_INFINITY : size, k.current.tgid);
  const r = k.sched.sleepOn(receiver.wait);
  if (r === BLOCKED) {
    q.receivers.push(receiver);
    k.current.progress = receiver;
    return r;
  }
  return r === -ERESTARTSYS ? -EINTR : r;
}

/** @linux ipc/msg.c msgctl_info */
function msgInfo(k: Kernel, cmd: number, buf: number): number {
  const { msg } = ipcNamespace(k);
  const mni = U.ipcSetting(k, "kernel/msgmni", MSGMNI);
  const max = U.ipcSetting(k, "kernel/msgmax", MSGMAX);
  const mnb = U.ipcSetting(k, "kernel/msgmnb", 16384);
  let count = 0;
  let bytes = 0;
  for (const q of msg.slots.values()) {
    count += q.messages.length;
    bytes += q.bytes;
  }
  const info = cmd === I.MSG_INFO;
  const out = new Uint8Array(32);
  const view = new DataView(out.buffer);
  const pool = info ? msg.slots.size : (mni * mnb) / 1024;
  [pool, info ? count : mnb, max, mnb, mni, 16, info ? bytes : mnb].forEach((n, i) => {
    view.setInt32(i * 4, n, true);
  });
  view.setUint16(28, 0xffff, true);
  return copyToUser(k, buf, out, 0, 32) < 0 ? -EFAULT : U.ipcMaxSlot(msg);
}

/** IPC_SET and IPC_RMID. @linux ipc/msg.c msgctl_down */
function change(k: Kernel, id: number, cmd: number, buf: number): number {
  const value = cmd === I.IPC_SET ? U.readIpcSet(k, buf, I.msqidStruct) : 0;
  if (typeof value === "number" && value < 0) return value;
  const q = U.ipcObtain(ipcNamespace(k).msg, id);
  if (typeof q === "number") return q;
  const bad = U.ipcOwner(k, q);
  if (bad < 0) return bad;
  if (typeof value === "number") {
    freeMsgQueue(k, q);
    return 0;
  }
  const maxBytes = value.msg_qbytes as number;
  if (maxBytes > U.ipcSetting(k, "kernel/msgmnb", 16384) && !capable(k, CAP_SYS_RESOURCE)) return -EPERM;
  const r = U.ipcUpdatePerm(q, value.msg_perm as ReturnType<typeof U.ipcPermValue>);
  if (r < 0) return r;
  q.maxBytes = maxBytes;
  q.ctime = k.time.realtime().sec;
  expungeAll(k, q, -EAGAIN);
  q.senders.wakeUpAll(k);
  return 0;
}

/** @linux ipc/msg.c ksys_msgctl */
function sysMsgctl(k: Kernel, id: number, cmd: number, buf: number): number {
  if (id < 0 || cmd < 0) return -EINVAL;
  const { msg } = ipcNamespace(k);
  switch (cmd) {
    case I.IPC_INFO:
    case I.MSG_INFO:
      return msgInfo(k, cmd, buf);
    case I.IPC_SET:
    case I.IPC_RMID:
      return change(k, id, cmd, buf);
    case I.IPC_STAT:
    case I.MSG_STAT:
    case I.MSG_STAT_ANY: {
      const q = cmd === I.IPC_STAT ? U.ipcObtain(msg, id) : U.ipcObtainSlot(msg, id);
      if (typeof q === "number") return q;
      if (cmd !== I.MSG_STAT_ANY && !U.ipcPermitted(k, q, 0o444)) return -EACCES;
      const value = {
        ...{ msg_perm: U.ipcPermValue(q), msg_stime: q.stime, msg_rtime: q.rtime, msg_ctime: q.ctime, msg_cbytes: q.bytes },
        ...{ msg_qnum: q.messages.length, msg_qbytes: q.maxBytes, msg_lspid: q.lspid, msg_lrpid: q.lrpid, __unused4: 0, __unused5: 0 },
      };
      if (writeStruct(k, buf, I.msqidStruct, value) < 0) return -EFAULT;
      return cmd === I.IPC_STAT ? 0 : q.id;
    }
    default:
      return -EINVAL;
  }
}

const text = A.bufIn("msgsz");

export const msgSyscalls: readonly SyscallDef[] = [
  syscall("msgget", { key: A.int, msgflg: A.flags(I.semGetNames) }, sysMsgget, { linux: "ipc/msg.c ksys_msgget" }),
  syscall("msgsnd", { msqid: A.int, msgp: text, msgsz: A.size, msgflg: A.flags(I.msgNames) }, sysMsgsnd, {
    linux: "ipc/msg.c ksys_msgsnd",
    eintr: (_id, _text, _size, flags) => (flags & I.IPC_NOWAIT) === 0,
  }),
  syscall("msgrcv", { msqid: A.int, msgp: A.ptr, msgsz: A.size, msgtyp: A.long, msgflg: A.flags(I.msgNames) }, sysMsgrcv, {
    linux: "ipc/msg.c ksys_msgrcv",
    eintr: "always",
  }),
  syscall("msgctl", { msqid: A.int, cmd: A.enum(I.msgCtlNames), buf: A.ptr }, sysMsgctl, { linux: "ipc/msg.c ksys_msgctl" }),
];
