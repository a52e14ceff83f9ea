import { fput } from "../../fs/file.ts";
import type { File } from "../../include/linux/fs.ts";
import type { Kernel } from "../../kernel.ts";
import { type UnixSock, unixSockOf, unixState } from "./sock.ts";

/**
 * Frees sockets that only messages to themselves still hold: descriptors sent over sockets can form
 * cycles that no close ends. A socket under way counts as reachable if somebody else holds its file;
 * from there on everything in the queues of reachable sockets is.
 * @linux net/unix/garbage.c unix_gc
 */
export function unixGc(k: Kernel): void {
  const { inflight } = unixState(k);
  if (inflight.size === 0) return;
  const reachable = new Set<UnixSock>();
  const work: UnixSock[] = [];
  const mark = (sk: UnixSock): void => {
    if (reachable.has(sk)) return;
    reachable.add(sk);
    work.push(sk);
  };
  for (const sk of unixState(k).sockets) {
    const file = sk.socket?.file;
    // A connection that waits to be accepted has no file: it is as reachable as its listener.
    if (file && file.count > (inflight.get(sk) ?? 0)) mark(sk);
  }
  for (let sk = work.pop(); sk; sk = work.pop()) {
    for (const skb of sk.receiveQueue) {
      if (skb.connection) mark(skb.connection as UnixSock);
      for (const file of skb.files) {
        const other = unixSockOf(file);
        if (other) mark(other);
      }
    }
  }
  const doomed: File[] = [];
  for (const sk of unixState(k).sockets) {
    if (reachable.has(sk) || !(inflight.has(sk) || !sk.socket)) continue;
    for (const skb of sk.receiveQueue) {
      if (skb.files.length === 0) continue;
      for (const file of skb.files) {
        const other = unixSockOf(file);
        if (!other) continue;
        const n = (inflight.get(other) ?? 1) - 1;
        if (n === 0) inflight.delete(other);
        else inflight.set(other, n);
      }
      doomed.push(...skb.files);
      skb.files = [];
    }
  }
  for (const file of doomed) fput(k, file);
}
