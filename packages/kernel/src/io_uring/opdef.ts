import type { IoKiocb } from "../include/linux/ioUringTypes.ts";
import type { Kernel } from "../kernel.ts";
import { IORING_OP_LAST } from "../uapi/ioUring.ts";

/**
 * What an operation of io_uring is: how its SQE is read and how it is tried. One object per operation in the file of its
 * mechanism; opTable.ts enters all of them.
 */
export interface IoIssueDef {
  /** Needs `fd`: an open file. */
  readonly needsFile?: boolean;
  /** Without poll it goes to a worker that may sleep for ever, unless the file is a regular one. */
  readonly unboundNonregFile?: boolean;
  /** When it would block: what to poll its file for. */
  readonly pollin?: boolean;
  readonly pollout?: boolean;
  /** Poll in line with others. */
  readonly pollExclusive?: boolean;
  /** May choose its buffer from a group. */
  readonly bufferSelect?: boolean;
  /** The SQE's ioprio field means something. */
  readonly ioprio?: boolean;
  /** May be used on a ring with IORING_SETUP_IOPOLL. */
  readonly iopoll?: boolean;
  /** Reads the SQE at this physical address: 0, or a negated errno with which the request fails. It must not keep the address. */
  prep(k: Kernel, req: IoKiocb, sqe: number): number;
  /**
   * Makes an attempt. `flags`: IO_URING_F_*. @returns IOU_COMPLETE after ioReqSetRes(), IOU_ISSUE_SKIP_COMPLETE if it will be completed
   * otherwise, a negated errno: -EAGAIN asks for poll or a worker, other errors fail the request. BLOCKED stands for -EAGAIN
   * without poll: a worker tries again from the top, with what the attempt has left in task.progress.
   */
  issue(k: Kernel, req: IoKiocb, flags: number): number;
  /** Gives back what prep has taken; called once at the end if REQ_F_NEED_CLEANUP is set. */
  cleanup?(k: Kernel, req: IoKiocb): void;
  /** It fails without having been tried to the end: a partial result goes into req.res. */
  fail?(k: Kernel, req: IoKiocb): void;
  /**
   * It waits for something and is to end: takes it off. Called if REQ_F_ASYNC_WAIT is set and no poll entry is there.
   * @returns false if it is too late
   */
  cancel?(k: Kernel, req: IoKiocb): boolean;
}

/** By number; null: -EOPNOTSUPP, and the probe says that it is not there. Filled by opTable.ts. */
export const ioIssueDefs: (IoIssueDef | null)[] = new Array<IoIssueDef | null>(IORING_OP_LAST).fill(null);

/** Operations of one file, entered by opTable.ts. */
export type IoOpList = readonly (readonly [opcode: number, def: IoIssueDef])[];
