import { WaitQueueHead } from "../include/linux/wait.ts";
import type { Kernel } from "../kernel.ts";
import { stateClass } from "../state.ts";
import { E2BIG, EIDRM } from "../uapi/errno.ts";
import { ipcNamespace } from "./namespace.ts";
import { ipcRemoveId, ipcSetting, KernIpcPerm } from "./util.ts";

const MSGMNB = 16384;
export const MSGMAX = 8192;

/** A message (struct msg_msg). */
export interface Message {
  type: number;
  data: Uint8Array;
}

/** What a receiver takes: the first of a number (SEARCH_*). */
export const SEARCH_ANY = 1;
export const SEARCH_EQUAL = 2;
export const SEARCH_NOTEQUAL = 3;
export const SEARCH_LESSEQUAL = 4;
export const SEARCH_NUMBER = 5;

/** A receiver that waits: senders hand it its message (struct msg_receiver). */
export class MsgReceiver {
  readonly queue: MsgQueue;
  readonly type: number;
  readonly mode: number;
  /** Longest message it takes; Infinity with MSG_NOERROR. */
  readonly maxSize: number;
  readonly pid: number;
  message: Message | null = null;
  error = 0;
  wait = new WaitQueueHead();
  constructor(queue: MsgQueue, type: number, mode: number, maxSize: number, pid: number) {
    this.queue = queue;
    this.type = type;
    this.mode = mode;
    this.maxSize = maxSize;
    this.pid = pid;
  }
}

/** A sender that waits for room. */
export class MsgSender {
  readonly queue: MsgQueue;
  readonly message: Message;
  constructor(queue: MsgQueue, message: Message) {
    this.queue = queue;
    this.message = message;
  }
}

/** A message queue (struct msg_queue). */
export class MsgQueue extends KernIpcPerm {
  stime = 0;
  rtime = 0;
  ctime: number;
  bytes = 0;
  maxBytes: number;
  lspid = 0;
  lrpid = 0;
  messages: Message[] = [];
  receivers: MsgReceiver[] = [];
  senders = new WaitQueueHead();
  constructor(k: Kernel, key: number, flags: number) {
    super(k, key, flags);
    this.maxBytes = ipcSetting(k, "kernel/msgmnb", MSGMNB);
    this.ctime = k.time.realtime().sec;
  }
}
stateClass(MsgReceiver, MsgSender, MsgQueue);

/** Does a receiver with this mode want a message of this type? @linux ipc/msg.c testmsg */
export function wanted(message: Message, type: number, mode: number): boolean {
  switch (mode) {
    case SEARCH_LESSEQUAL:
      return message.type <= type;
    case SEARCH_EQUAL:
      return message.type === type;
    case SEARCH_NOTEQUAL:
      return message.type !== type;
    default:
      return true;
  }
}

/** The message to take, or null: with SEARCH_LESSEQUAL the least type, with SEARCH_NUMBER the one at that place. @linux ipc/msg.c find_msg */
export function findMsg(q: MsgQueue, type: number, mode: number): Message | null {
  if (mode === SEARCH_NUMBER) return q.messages[type] ?? null;
  let best: Message | null = null;
  for (const m of q.messages) {
    if (!wanted(m, type, mode)) continue;
    if (mode !== SEARCH_LESSEQUAL) return m;
    if (!best || m.type < best.type) best = m;
    if (best.type === 1) break;
  }
  return best;
}

/** Gives a new message to a receiver that waits for such a one. True if one took it. @linux ipc/msg.c pipelined_send */
export function pipelinedSend(k: Kernel, q: MsgQueue, message: Message): boolean {
  for (let i = 0; i < q.receivers.length; i++) {
    const r = q.receivers[i]!;
    if (!wanted(message, r.type, r.mode)) continue;
    q.receivers.splice(i--, 1);
    if (r.maxSize < message.data.length) r.error = -E2BIG;
    else {
      q.lrpid = r.pid;
      q.rtime = k.time.realtime().sec;
      r.message = message;
    }
    r.wait.wakeUpAll(k);
    if (r.message) return true;
  }
  return false;
}

/** All receivers look again: rights or limits have changed. @linux ipc/msg.c expunge_all */
export function expungeAll(k: Kernel, q: MsgQueue, error: number): void {
  for (const r of q.receivers.splice(0)) {
    r.error = error;
    r.wait.wakeUpAll(k);
  }
}

/** @linux ipc/msg.c freeque */
export function freeMsgQueue(k: Kernel, q: MsgQueue): void {
  ipcRemoveId(ipcNamespace(k).msg, q);
  expungeAll(k, q, -EIDRM);
  q.senders.wakeUpAll(k);
  q.messages = [];
  q.bytes = 0;
}

/** Room for `size` bytes more; queues also hold at most as many messages as bytes. @linux ipc/msg.c msg_fits_inqueue */
export function fitsInQueue(q: MsgQueue, size: number): boolean {
  return size + q.bytes <= q.maxBytes && 1 + q.messages.length <= q.maxBytes;
}
