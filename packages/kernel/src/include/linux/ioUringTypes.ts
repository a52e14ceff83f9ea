import type { Kernel } from "../../kernel.ts";
import { stateClass } from "../../state.ts";
import type { File } from "./fs.ts";
import type { Cred, Task } from "./sched.ts";
import { WaitQueueHead } from "./wait.ts";

/** io_uring's data types (include/linux/io_uring_types.h). */

/** Results of an operation's `issue` besides a number for the CQE: the request is completed otherwise, later. */
export const IOU_ISSUE_SKIP_COMPLETE = -0x20000;
/** The request's result is in req.res and req.cflags. */
export const IOU_COMPLETE = 0;
/** A multishot request wants to be tried again at once. */
export const IOU_RETRY = -0x20001;
/** A multishot request has had its turn, and is to be tried again behind the others. */
export const IOU_REQUEUE = -0x20002;

/** Flags of an attempt (enum io_uring_cmd_flags). */
export const IO_URING_F_NONBLOCK = 1;
/** Completions are posted at the end of the batch. */
export const IO_URING_F_COMPLETE_DEFER = 2;
/** A worker of io-wq makes the attempt: it may sleep. */
export const IO_URING_F_IOWQ = 4;
/** The attempt is one of a multishot request. */
export const IO_URING_F_MULTISHOT = 8;

/** Request flags: the low bits are those of the SQE (REQ_F_*). */
export const REQ_F_FIXED_FILE = 1;
export const REQ_F_IO_DRAIN = 2;
export const REQ_F_LINK = 4;
export const REQ_F_HARDLINK = 8;
export const REQ_F_FORCE_ASYNC = 16;
export const REQ_F_BUFFER_SELECT = 32;
export const REQ_F_CQE_SKIP = 64;
export const REQ_F_FAIL = 1 << 8;
export const REQ_F_INFLIGHT = 1 << 9;
export const REQ_F_CUR_POS = 1 << 10;
export const REQ_F_NOWAIT = 1 << 11;
export const REQ_F_LINK_TIMEOUT = 1 << 12;
export const REQ_F_NEED_CLEANUP = 1 << 13;
export const REQ_F_POLLED = 1 << 14;
export const REQ_F_BUFFER_SELECTED = 1 << 15;
export const REQ_F_BUFFER_RING = 1 << 16;
export const REQ_F_CREDS = 1 << 17;
export const REQ_F_ARM_LTIMEOUT = 1 << 18;
export const REQ_F_APOLL_MULTISHOT = 1 << 19;
export const REQ_F_SKIP_LINK_CQES = 1 << 20;
/** big_cqe: extra1 and extra2 go into a CQE of 32 bytes. */
export const REQ_F_BIG_CQE = 1 << 21;
/** It waits on something that it must be taken off: a poll entry, a futex … */
export const REQ_F_ASYNC_WAIT = 1 << 22;
export const REQ_F_BL_EMPTY = 1 << 23;
export const REQ_F_BUFFERS_COMMIT = 1 << 24;
/** A worker works on it, or it waits for one. */
export const REQ_F_IOWQ = 1 << 25;
/** The attempt cancelled it. */
export const REQ_F_CANCEL = 1 << 26;
/** Chosen buffers stay the request's. */
export const REQ_F_BL_NO_RECYCLE = 1 << 27;
/** The buffer taken in advance is not used up by it. */
export const REQ_F_BUF_MORE = 1 << 28;

/** Pages that the kernel and a program share. */
export class IoMappedRegion {
  /** Frames by page, each held. */
  frames: number[] = [];
  /** The pages are a program's own (NO_MMAP). */
  user = false;
}

/** What is registered: a file or a buffer, with its tag. Held by the table and by requests that use it. */
export class IoRsrcNode {
  refs = 1;
  tagLo = 0;
  tagHi = 0;
  file: File | null = null;
  buf: IoMappedUbuf | null = null;
}

/** A registered buffer: pinned frames of a program's memory. */
export class IoMappedUbuf {
  /** Address and length as registered. */
  readonly ubuf: number;
  readonly len: number;
  readonly frames: number[];
  /** Tables that have it (clone_buffers), and pages accounted for. */
  refs = 1;
  acctPages = 0;
  constructor(ubuf: number, len: number, frames: number[]) {
    this.ubuf = ubuf;
    this.len = len;
    this.frames = frames;
  }
}

/** Table of registered files or buffers; null = nothing there. */
export class IoRsrcData {
  nodes: (IoRsrcNode | null)[];
  constructor(n: number) {
    this.nodes = new Array<IoRsrcNode | null>(n).fill(null);
  }
}

/** A CQE that found no room in the ring. */
export class IoOverflowCqe {
  lo = 0;
  hi = 0;
  res = 0;
  flags = 0;
  /** Of a CQE of 32 bytes: four words, else null. */
  extra: number[] | null = null;
}

/** What runs as task work of a request; registered with stateTable. */
export interface IoTwFunc {
  /** `cancel`: the task is going, the request is to end. */
  run(k: Kernel, req: IoKiocb, cancel: boolean): void;
}

/** Restrictions of a ring (struct io_restriction): bit sets by number. */
export class IoRestriction {
  registerOps = new Set<number>();
  sqeOps = new Set<number>();
  sqeFlagsAllowed = 0;
  sqeFlagsRequired = 0;
}

/** struct io_kiocb: one request. */
export class IoKiocb {
  readonly ctx: IoRingCtx;
  opcode = 0;
  flags = 0;
  /** user_data, opaque, as two halves. */
  userLo = 0;
  userHi = 0;
  file: File | null = null;
  fd = 0;
  /** The result, valid once it is complete. */
  res = 0;
  cflags = 0;
  /** Of a CQE of 32 bytes: four 32-bit words. */
  extra: number[] | null = null;
  bufIndex = 0;
  /** The group that it chooses from (IOSQE_BUFFER_SELECT). */
  bufGroup = 0;
  /** Who submitted it; what it does is done in that task's name. */
  task: Task | null = null;
  creds: Cred | null = null;
  /** The next of its chain. */
  link: IoKiocb | null = null;
  /** What every transfer has. */
  addr = 0;
  len = 0;
  off = 0;
  opFlags = 0;
  ioprio = 0;
  /** Bytes done by earlier attempts. */
  done = 0;
  /** The operation's own data: an instance of a registered class. */
  cmd: object | null = null;
  /** What it copied or keeps until it ends (async_data). */
  asyncData: object | null = null;
  /** Its entry on the wait queue of the file it polls. */
  apoll: object | null = null;
  fileNode: IoRsrcNode | null = null;
  bufNode: IoRsrcNode | null = null;
  /** Chosen from a group of provided buffers. */
  bufList: object | null = null;
  kbuf: object | null = null;
  /** Task work to be run. */
  tw: IoTwFunc | null = null;
  twQueued = false;
  /** What the blocked call in a worker has done so far. */
  progress: object | null = null;
  /** The worker that is at it. */
  worker: Task | null = null;
  /** Serial number of a cancellation that has seen it. */
  cancelSeq = 0;
  /** Chain of its bucket in the table of cancellable requests. */
  hashNext: IoKiocb | null = null;
  hashed = false;
  /** Arming attempts of poll for this request without progress. */
  pollRetries = 0;
  /** Counts the requests that this object has been. */
  generation = 0;
  /** All requests of the ring that are under way. */
  prev: IoKiocb | null = null;
  next: IoKiocb | null = null;
  constructor(ctx: IoRingCtx) {
    this.ctx = ctx;
  }
}

/** struct io_ring_ctx: one ring. */
export class IoRingCtx {
  flags = 0;
  sqEntries = 0;
  cqEntries = 0;
  rings = new IoMappedRegion();
  sqes = new IoMappedRegion();
  /** Offset of the SQ array in the rings' region, -1 without one; bytes of the regions. */
  sqArrayOff = -1;
  ringsSize = 0;
  sqesSize = 0;
  cachedSqHead = 0;
  cachedCqTail = 0;
  /** Set by setup's failure and by release: no more work. */
  dying = false;
  /** The open file is gone and everything freed. */
  freed = false;
  /** io_uring_enter waits here; `pollWait` is for whoever polls the ring. */
  readonly cqWait = new WaitQueueHead();
  readonly pollWait = new WaitQueueHead();
  readonly sqWait = new WaitQueueHead();
  overflow: IoOverflowCqe[] = [];
  /** A CQE could not even be kept (IO_CHECK_CQ_DROPPED). */
  cqeDropped = false;
  /** Completions that the present batch posts at its end. */
  compl: IoKiocb[] = [];
  free: IoKiocb[] = [];
  /** Requests under way, the oldest first. */
  first: IoKiocb | null = null;
  last: IoKiocb | null = null;
  nrReqs = 0;
  linkHead: IoKiocb | null = null;
  linkLast: IoKiocb | null = null;
  drainActive = false;
  drainNext = false;
  drainDisabled = false;
  /** Chains behind a drain, and how many requests they are. */
  defer: IoKiocb[] = [];
  nrDrained = 0;
  /** Timeouts in the order of their counts, and timeouts of links. */
  timeouts: IoKiocb[] = [];
  ltimeouts: IoKiocb[] = [];
  cqTimeouts = 0;
  cqLastTmFlush = 0;
  /** Cancellable requests by user_data; the length is a power of two. */
  cancelTable: (IoKiocb | null)[] = [];
  cancelSeq = 0;
  /** DEFER_TASKRUN's work, and how many completions the waiter wants before it wakes. */
  localWork: IoKiocb[] = [];
  cqWaitNr = 0;
  restricted = false;
  restrictions: IoRestriction | null = null;
  personalities = new Map<number, Cred>();
  nextPersonality = 1;
  files: IoRsrcData | null = null;
  bufs: IoRsrcData | null = null;
  /** Where direct descriptors are allocated, and where to look first. */
  fileAllocStart = 0;
  fileAllocEnd = 0;
  fileAllocHint = 0;
  /** The registered eventfd's open file; events only for what completed out of line; counter at the last signal. */
  evfd: File | null = null;
  evfdAsync = false;
  evLastTail = 0;
  /** A batch of its submitter is being done. */
  inSubmit = false;
  /** SQPOLL (io_uring/sqpoll.ts). */
  sqd: object | null = null;
  sqCreds: Cred | null = null;
  sqIdle = 0;
  submitter: Task | null = null;
  /** Tasks that have used the ring. */
  tasks = new Set<Task>();
  /** User who pays for locked memory, -1 nobody; pages. */
  uid = -1;
  lockedPages = 0;
  clockId = 1;
  /** Sizes of arrays that ended sends and receives have left for the next (io_uring/netMsg.ts). */
  netmsgCache: number[] = [];
  /** Groups of provided buffers by id (io_uring/kbuf.ts). */
  bufGroups: Map<number, object> | null = null;
  /** The registered memory region, and where its wait arguments are. */
  paramRegion: IoMappedRegion | null = null;
  waitArgSize = 0;
  iowqLimits: [number, number] = [0, 0];
  iowqLimitsSet = false;
}

/** struct io_uring_task: what a task keeps for its rings. */
export class IoUringTask {
  readonly task: Task;
  /** Task work: requests in order. */
  work: IoKiocb[] = [];
  /** Requests under way that it has submitted. */
  inflight = 0;
  inCancel = false;
  /** Workers (io_uring/ioWq.ts). */
  iowq: object | null = null;
  rings = new Set<IoRingCtx>();
  /** IORING_REGISTER_RING_FDS. */
  registeredRings: (File | null)[] | null = null;
  /** A cancellation at its end sleeps here. */
  readonly wait = new WaitQueueHead();
  constructor(task: Task) {
    this.task = task;
  }
}

stateClass(IoMappedRegion, IoRsrcNode, IoMappedUbuf, IoRsrcData, IoOverflowCqe, IoRestriction, IoKiocb, IoRingCtx, IoUringTask);
