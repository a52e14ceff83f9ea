import { fput } from "../../fs/file.ts";
import type { Path } from "../../include/linux/fs.ts";
import { WaitQueueHead } from "../../include/linux/wait.ts";
import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import { AF_UNIX } from "../../uapi/socket.ts";
import { SkBuff } from "../core/skbuff.ts";
import { Sock } from "../core/sock.ts";

/** struct unix_sock. */
export class UnixSock extends Sock {
  peer: UnixSock | null = null;
  /** The bound address as sun_path's bytes: a path with its NUL, or NUL and an abstract name; null = unbound. */
  address: string | null = null;
  /** Where a path address lies. */
  path: Path | null = null;
  /** Datagram senders that wait for room in this socket's queue. */
  readonly peerWait = new WaitQueueHead();
  inode = 0;
  /** The buffer in the receive queue that holds the urgent byte (oob_skb). */
  oob: SkBuff | null = null;
  constructor(type: number) {
    super(AF_UNIX, type);
  }

  /** More messages wait than the backlog allows. @linux net/unix/af_unix.c unix_recvq_full */
  get full(): boolean {
    return this.receiveQueue.length > this.maxAckBacklog;
  }
}

/** What the family keeps per machine: abstract names, files under way. */
export class UnixState {
  abstract = new Map<string, UnixSock>();
  /** All sockets, for /proc/net/unix. */
  sockets = new Set<UnixSock>();
  /** Sockets in messages, with how many references messages hold. */
  inflight = new Map<UnixSock, number>();
  nextAutobind = 0;
}
stateClass(UnixSock, UnixState);

export function unixState(k: Kernel): UnixState {
  let s = k.subsystems.get("unix") as UnixState | undefined;
  if (!s) {
    s = new UnixState();
    k.subsystems.set("unix", s);
  }
  return s;
}

/** The socket that a file under way is, or null. */
export function unixSockOf(file: { priv: object | null; op: object }): UnixSock | null {
  const sk = (file.priv as { sk?: unknown } | null)?.sk;
  return sk instanceof UnixSock ? sk : null;
}

/** Counts a message's sockets as under way. @linux net/unix/garbage.c unix_inflight */
export function unixInflight(k: Kernel, skb: SkBuff, by: 1 | -1): void {
  if (skb.files.length === 0) return;
  const { inflight } = unixState(k);
  for (const file of skb.files) {
    const sk = unixSockOf(file);
    if (!sk) continue;
    const n = (inflight.get(sk) ?? 0) + by;
    if (n === 0) inflight.delete(sk);
    else inflight.set(sk, n);
  }
}

/** Frees a message: its sender may write again, files under way are closed. @linux net/core/skbuff.c kfree_skb */
export function freeSkb(k: Kernel, skb: SkBuff): void {
  unixInflight(k, skb, -1);
  const { files, owner, page } = skb;
  skb.files = [];
  skb.owner = null;
  skb.page = null;
  if (page) k.machine.phys.put(page.frame);
  for (const file of files) fput(k, file);
  if (owner) {
    owner.wmemAlloc -= skb.truesize;
    owner.writeSpace(k);
  }
}

/** A new message of the current task. */
export function newSkb(k: Kernel, sk: UnixSock, data: Uint8Array, size: number): SkBuff {
  void k;
  const skb = new SkBuff(data, size, sk);
  sk.wmemAlloc += size;
  return skb;
}
