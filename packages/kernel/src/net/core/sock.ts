import { killFasync } from "../../fs/fasync.ts";
import type { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { EAGAIN, EINTR, ERESTARTSYS } from "../../uapi/errno.ts";
import { POLLIN, POLLOUT, POLLPRI, POLLRDBAND, POLLRDNORM, POLLWRBAND, POLLWRNORM } from "../../uapi/poll.ts";
import { POLL_IN, POLL_OUT } from "../../uapi/signal.ts";
import type { Socket } from "../socket.ts";
import type { ScmCreds, SkBuff } from "./skbuff.ts";

/** net.core.wmem_default and rmem_default; a setting is at most twice wmem_max. */
export const DEFAULT_BUFFER = 212992;

/** Connection states that the families share. @linux include/net/tcp_states.h */
export const TCP_ESTABLISHED = 1;
export const TCP_SYN_SENT = 2;
export const TCP_SYN_RECV = 3;
export const TCP_FIN_WAIT1 = 4;
export const TCP_FIN_WAIT2 = 5;
export const TCP_TIME_WAIT = 6;
export const TCP_CLOSE = 7;
export const TCP_CLOSE_WAIT = 8;
export const TCP_LAST_ACK = 9;
export const TCP_LISTEN = 10;
export const TCP_CLOSING = 11;
export const TCP_NEW_SYN_RECV = 12;

/** struct sock: the network's side of a socket. Families extend it. */
export abstract class Sock {
  /** Changes only by IPV6_ADDRFORM. */
  family: number;
  readonly type: number;
  readonly protocol: number = 0;
  /** The file's side; null before accept and after close. */
  socket: Socket | null = null;
  state = TCP_CLOSE;
  shutdown = 0;
  /** Pending error, a positive errno; reported once. */
  err = 0;
  sndbuf = DEFAULT_BUFFER;
  rcvbuf = DEFAULT_BUFFER;
  rcvlowat = 1;
  /** Limits for waiting, in ns. */
  rcvtimeo = Number.POSITIVE_INFINITY;
  sndtimeo = Number.POSITIVE_INFINITY;
  /** Options that are kept and shown, by number (SO_REUSEADDR, SO_KEEPALIVE …). */
  options = new Map<number, number>();
  linger = -1;
  passcred = false;
  passpidfd = false;
  peekOffset = -1;
  /** Bytes of messages sent that nobody has taken (sk_wmem_alloc). */
  wmemAlloc = 0;
  receiveQueue: SkBuff[] = [];
  ackBacklog = 0;
  maxAckBacklog = 0;
  peerCreds: ScmCreds | null = null;
  peerGroups: number[] = [];
  /** The file is closed (SOCK_DEAD). */
  dead = false;
  cookieNumber = 0;

  constructor(family: number, type: number) {
    this.family = family;
    this.type = type;
  }

  /** Takes the pending error: 0 or a negated errno. @linux include/net/sock.h sock_error */
  takeError(): number {
    const e = this.err;
    this.err = 0;
    return e === 0 ? 0 : -e;
  }

  /** Everybody who waits for or polls the socket. */
  get queue(): WaitQueueHead | null {
    return this.socket ? this.socket.wait : null;
  }

  /** @linux net/core/sock.c sock_def_readable */
  dataReady(k: Kernel): void {
    this.queue?.wakeUp(k, POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND);
    if (this.socket) killFasync(k, this.socket.fasync, POLL_IN);
  }

  /** @linux net/core/sock.c sock_def_wakeup */
  stateChange(k: Kernel): void {
    this.queue?.wakeUpAll(k);
  }

  /** @linux net/unix/af_unix.c unix_write_space */
  writeSpace(k: Kernel): void {
    if (!this.writable) return;
    this.queue?.wakeUp(k, POLLOUT | POLLWRNORM | POLLWRBAND);
    if (this.socket) killFasync(k, this.socket.fasync, POLL_OUT);
  }

  /** @linux net/core/sock.c sk_wake_async_rcu */
  wakeAsync(k: Kernel, code: number): void {
    if (this.socket) killFasync(k, this.socket.fasync, code);
  }

  get writable(): boolean {
    return this.wmemAlloc * 4 <= this.sndbuf;
  }

  /** What SO_MEMINFO tells: bytes received and not read, queued to be sent, packets lost. */
  memInfo(): { rmem: number; wmem: number; drops: number } {
    return { rmem: 0, wmem: 0, drops: 0 };
  }

  /** A number no other socket has. @linux net/core/sock_diag.c sock_gen_cookie */
  cookie(k: Kernel): number {
    if (this.cookieNumber === 0) {
      const c = (k.subsystems.get("sock_cookies") ?? { last: 0 }) as { last: number };
      k.subsystems.set("sock_cookies", c);
      this.cookieNumber = ++c.last;
    }
    return this.cookieNumber;
  }

  /** A setting of SOL_SOCKET has been changed to `value`: what the family has to do about it. */
  optionChanged(_k: Kernel, _name: number, _value: number): void {}
}

/**
 * Waits on a queue until it is woken, at most `limit` ns from the beginning of the call.
 * @returns BLOCKED, -EAGAIN when the time is over, -ERESTARTSYS or -EINTR on a signal @linux include/net/sock.h sock_intr_errno
 */
export function sockWait(k: Kernel, queue: WaitQueueHead, mask: number, limit: number, exclusive: boolean): number {
  const limited = limit !== Number.POSITIVE_INFINITY;
  if (limited) {
    if (k.sched.deadlinePassed()) return -EAGAIN;
    k.sched.setDeadline(k.time.now() + limit);
  }
  const r = exclusive ? k.sched.sleepOnExclusive(queue, mask) : k.sched.sleepOn(queue, mask);
  return r === -ERESTARTSYS && limited ? -EINTR : r;
}
