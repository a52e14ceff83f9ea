import { PipeFile } from "@lstar/kernel/fs/pipeInode.ts";
import type { File } from "@lstar/kernel/include/linux/fs.ts";
import { TCP_LISTEN } from "@lstar/kernel/net/core/sock.ts";
import { sockFromFile } from "@lstar/kernel/net/socket.ts";

/** What waits in a file for its reader. */
export interface Waiting {
  count: number;
  unit: "byte" | "connection";
}

/** What a pipe or a socket holds for its reader; nothing is known of files of another kind. */
export function waitingIn(file: File): Waiting {
  if (file.priv instanceof PipeFile) return { count: file.priv.pipe.bytes, unit: "byte" };
  const sk = sockFromFile(file)?.sk;
  if (!sk) return { count: 0, unit: "byte" };
  if (sk.state === TCP_LISTEN) return { count: sk.receiveQueue.length, unit: "connection" };
  return { count: sk.receiveQueue.reduce((n: number, skb) => n + skb.length, 0), unit: "byte" };
}
