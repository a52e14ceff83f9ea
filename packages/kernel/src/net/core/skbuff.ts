import type { File } from "../../include/linux/fs.ts";
import { stateClass } from "../../state.ts";
import type { SkbFrag } from "./skb.ts";
import type { Sock } from "./sock.ts";

const PAGE = 4096;
/** sizeof(struct skb_shared_info) and sizeof(struct sk_buff), rounded up to a cache line. */
const SHARED_INFO = 320;
const SK_BUFF = 256;
/** Bytes that fit in the head of a buffer of one page. */
export const SKB_MAX_HEAD = PAGE - SHARED_INFO;
/** Bytes that fit in one allocation of four pages. */
const SKB_MAX_ALLOC = 4 * PAGE - SHARED_INFO;
const MAX_SKB_FRAGS = 17;

const pages = (n: number): number => Math.ceil(n / PAGE) * PAGE;

/** What kmalloc gives for the head: a power of two. */
function headSize(n: number): number {
  let size = 512;
  while (size < Math.ceil(n / 64) * 64 + SHARED_INFO) size *= 2;
  return size;
}

/** Bytes of a stream's message that go into whole pages rather than the head. @linux net/unix/af_unix.c unix_stream_sendmsg */
export function streamFragments(size: number): number {
  return size <= SKB_MAX_HEAD ? 0 : Math.min(size, pages(size - SKB_MAX_HEAD));
}
/** The same for one datagram. @linux net/unix/af_unix.c unix_dgram_sendmsg */
export function datagramFragments(size: number): number {
  return size <= SKB_MAX_ALLOC ? 0 : Math.min(size, pages(Math.min(size - SKB_MAX_ALLOC, MAX_SKB_FRAGS * PAGE)));
}
/** What a buffer counts against its sender's limit. @linux include/linux/skbuff.h SKB_TRUESIZE */
export function truesize(size: number, fragments: number): number {
  return SK_BUFF + headSize(size - fragments) + pages(fragments);
}

/** Who sent a message, as SCM_CREDENTIALS shows it. */
export class ScmCreds {
  pid: number;
  uid: number;
  gid: number;
  constructor(pid: number, uid: number, gid: number) {
    this.pid = pid;
    this.uid = uid;
    this.gid = gid;
  }
}

/** struct sk_buff: a message on a queue. */
export class SkBuff {
  data: Uint8Array;
  /** Instead of `data`: bytes of a frame, to which the message has a reference. */
  page: SkbFrag | null = null;
  /** Bytes that a stream's reader has taken. */
  consumed = 0;
  truesize: number;
  /** Whose send buffer it counts against until it is freed. */
  owner: Sock | null;
  /** Files under way, each with a reference. */
  files: File[] = [];
  creds: ScmCreds | null = null;
  /** A connection that waits to be accepted. */
  connection: Sock | null = null;
  constructor(data: Uint8Array, size: number, owner: Sock | null) {
    this.data = data;
    this.truesize = size;
    this.owner = owner;
  }
  get length(): number {
    return (this.page ? this.page.size : this.data.length) - this.consumed;
  }
}

stateClass(SkBuff, ScmCreds);
