import type { Kernel } from "@lstar/kernel";
import { dPath } from "@lstar/kernel/fs/dcache.ts";
import { eventpollOf } from "@lstar/kernel/fs/eventpoll/item.ts";
import { getPipeInfo } from "@lstar/kernel/fs/pipeInode.ts";
import type { File, FilesStruct } from "@lstar/kernel/include/linux/fs.ts";
import type { Task } from "@lstar/kernel/include/linux/sched.ts";
import { TCP_LISTEN } from "@lstar/kernel/net/core/sock.ts";
import { sockFromFile } from "@lstar/kernel/net/socket.ts";
import { UnixSock } from "@lstar/kernel/net/unix/sock.ts";
import { O_ACCMODE, O_RDONLY, O_WRONLY } from "@lstar/kernel/uapi/fcntl.ts";

/** Holders named in one text. */
const NAMED = 4;

/** Which processes have an open file of this kind: "2 (descriptor 4), 5 (descriptor 4)", or "". */
function holders(k: Kernel, match: (file: File) => boolean, except: FilesStruct | null): { text: string; own: boolean } {
  const seen = new Set<FilesStruct>();
  const found: string[] = [];
  let own = false;
  for (const task of k.pids.values()) {
    const { files } = task;
    if (!files || seen.has(files) || task.exitState !== 0) continue;
    seen.add(files);
    const fds = files.fd.flatMap((f, fd) => (f && match(f) ? [fd] : []));
    if (fds.length === 0) continue;
    if (files === except) own = true;
    else found.push(`${task.tgid} (descriptor ${fds.slice(0, NAMED).join(", ")})`);
  }
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : "";
  return { text: found.slice(0, NAMED).join(", ") + more, own };
}

/** Who could end a wait at one end of a channel: those who have the other end. */
function other(k: Kernel, task: Task, what: string, match: (file: File) => boolean): string {
  const { text, own } = holders(k, match, task.files);
  if (text !== "") return `, ${what} with ${text}${own ? " and itself" : ""}`;
  return own ? `, ${what} with nobody but itself` : `, ${what} with nobody`;
}

/** What an open file is, and who has its other end if it has one. `writes`: the task waits to write. */
export function fileText(k: Kernel, task: Task, file: File, writes: boolean): string {
  const pipe = getPipeInfo(file);
  if (pipe) {
    const end = writes ? O_WRONLY : O_RDONLY;
    const name = dPath(k, file.path);
    const what = name.startsWith("/") ? `the FIFO ${name}` : "a pipe";
    return (
      what + other(k, task, writes ? "its reading end" : "its writing end", (f) => getPipeInfo(f) === pipe && (f.flags & O_ACCMODE) !== end)
    );
  }
  const sock = sockFromFile(file);
  if (sock) {
    const { sk } = sock;
    if (sk.state === TCP_LISTEN) return `a listening socket${sk instanceof UnixSock && sk.address ? ` (${address(sk.address)})` : ""}`;
    if (!(sk instanceof UnixSock)) return "a socket";
    const peer = sk.peer?.socket;
    return peer ? `a socket${other(k, task, "its other end", (f) => sockFromFile(f) === peer)}` : "a socket without a partner";
  }
  return dPath(k, file.path);
}

function address(a: string): string {
  return a.startsWith("\0") ? `@${a.slice(1)}` : a.replace(/\0.*$/, "");
}

/** Poll bits in words. */
export function eventsText(events: number): string {
  const words: string[] = [];
  if (events & 0x41) words.push("readable");
  if (events & 0x104) words.push("writable");
  if (events & 0x2) words.push("urgent data");
  return words.join(" or ") || "an error";
}

/** "descriptor 3, a pipe, its writing end with nobody". */
export function descriptorText(k: Kernel, task: Task, fd: number, writes: boolean): string {
  const file = task.file(fd) ?? task.heldFiles?.find((h) => h.fd === fd)?.file ?? null;
  return file ? `descriptor ${fd}, ${fileText(k, task, file, writes)}` : `descriptor ${fd}, which is closed`;
}

/** What an epoll instance is interested in, one text a descriptor. */
export function interestText(k: Kernel, task: Task, epfd: number, most: number): string[] {
  const file = task.file(epfd);
  const ep = file && eventpollOf(file);
  if (!ep) return [];
  const out: string[] = [];
  let more = 0;
  for (let item = ep.rbr.first(); item; item = ep.rbr.next(item)) {
    if (out.length === most) more++;
    else
      out.push(
        `descriptor ${item.fd} ${eventsText(item.events)}: ${fileText(k, task, item.file, (item.events & 1) === 0 && (item.events & 4) !== 0)}`,
      );
  }
  if (more > 0) out.push(`${more} more`);
  return out;
}
