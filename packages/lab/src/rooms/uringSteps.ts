import type { EventStore } from "../page/eventStore.ts";
import { EventKind, type LastWriteView, type Moment, type StateView, type UringView } from "../protocol.ts";
import type { Ask } from "./room.ts";

const WRITE_CALLS: readonly number[] = [1, 20];

/** A step of the chapter's walkthrough, and who acts. */
export interface UringStep {
  readonly title: string;
  readonly actor: string;
}

export const uringSteps: readonly UringStep[] = [
  { title: "1. It fills an entry: READ, 4096 bytes, user_data 42", actor: "application" },
  { title: "2. It moves sq_tail", actor: "application" },
  { title: "3. It sees the tail, takes the entry, and hands the read on", actor: "kernel" },
  { title: "4. The data have come; the completion begins", actor: "worker" },
  { title: "5. It writes the completion and moves cq_tail", actor: "kernel" },
  { title: "6. It sees that head and tail differ, takes the completion, moves cq_head", actor: "application" },
];

/** What the machine held at a step. */
export interface UringCell {
  readonly moment: Moment;
  readonly text: string;
  readonly sqHead: number;
  readonly sqTail: number;
  readonly cqHead: number;
  readonly cqTail: number;
}

export interface UringRun {
  readonly events: EventStore;
  ask(request: Ask): Promise<unknown>;
}

function find(events: EventStore, from: number, is: (text: string) => boolean): number {
  for (let i = from; i < events.count; i++) if (events.kind.at(i) === EventKind.URING && is(events.string(i))) return i;
  return -1;
}

/** Reads the six steps of a run of uring_read.c from the machine. @throws Error if the run does not show one of them */
export async function uringCells(run: UringRun): Promise<UringCell[]> {
  const { events } = run;
  const taken = find(events, 0, (t) => /^submit(-sq)? READ$/.test(t));
  const complete = find(events, taken, (t) => t === "complete READ");
  if (taken < 0 || complete < 0) throw new Error("the run has submitted no READ");
  let printed = complete;
  while (printed < events.count && !(events.kind.at(printed) === EventKind.SYS_ENTER && WRITE_CALLS.includes(events.a.at(printed))))
    printed++;

  const state = async (moment: Moment): Promise<StateView> => (await run.ask({ type: "state", moment })) as StateView;
  const at = (position: number): Moment => ({ position, event: -1 });
  const ringOf = (s: StateView): UringView => {
    const ring = s.urings[0];
    if (!ring) throw new Error("there is no ring at this moment");
    return ring;
  };
  const first = ringOf(await state({ position: 0, event: taken }));
  const pid = first.owner;
  const lastWrite = async (moment: Moment, address: string): Promise<LastWriteView> => {
    const found = (await run.ask({ type: "lastWrite", moment, pid, address, length: 4 })) as LastWriteView | null;
    if (!found) throw new Error(`nobody has written to 0x${address}`);
    return found;
  };
  const tail = await lastWrite(at(events.position.at(taken)), first.sqTail.address);
  const head = await lastWrite(at(events.position.at(printed)), first.cqHead.address);
  const moments: Moment[] = [
    at(tail.position),
    at(tail.position + 1),
    { position: 0, event: taken },
    { position: 0, event: complete },
    at(events.position.at(complete)),
    at(head.position + 1),
  ];
  const out: UringCell[] = [];
  for (const [i, moment] of moments.entries()) {
    const s = await state(moment);
    const r = ringOf(s);
    out.push({
      moment,
      text: cellText(i, r, s, tail, head, events.pid.at(taken)),
      sqHead: r.sqHead.value,
      sqTail: r.sqTail.value,
      cqHead: r.cqHead.value,
      cqTail: r.cqTail.value,
    });
  }
  return out;
}

function cellText(step: number, r: UringView, s: StateView, tail: LastWriteView, head: LastWriteView, taker: number): string {
  const sqe = r.sq.find((q) => q.sqe.userData === "2a")?.sqe;
  const request = r.requests.find((q) => q.userData === "2a");
  const cqe = r.cq.find((c) => c.userData === "2a");
  switch (step) {
    case 0:
      return `${sqe ? `entry ${sqe.index}: ${sqe.opcode}, fd ${sqe.fd}, ${sqe.len} bytes at 0x${sqe.addr}, user_data ${Number.parseInt(sqe.userData, 16)}` : "no entry"}; sq_tail still ${r.sqTail.value}`;
    case 1:
      return `sq_tail ${tail.old} → ${tail.new}, ${tail.kernel ? "by the kernel" : `a store in line ${tail.line}`}; sq_head ${r.sqHead.value}`;
    case 2: {
      const who = r.sqThread?.pid === taker ? `the kernel’s thread ${taker}` : `task ${taker}, in its call`;
      return `${who} (${s.kernelFunction}): ${r.cachedSqHead} of ${r.sqTail.value} taken, sq_head still ${r.sqHead.value}`;
    }
    case 3:
      return `${request?.waits ?? "it is done"}: the bytes are in the buffer; cq_tail still ${r.cqTail.value}`;
    case 4:
      return `${cqe ? `user_data ${Number.parseInt(cqe.userData, 16)}, res ${cqe.res}` : "no completion"}; cq_tail ${r.cqTail.value}, cq_head ${r.cqHead.value}`;
    default:
      return `cq_head ${head.old} → ${head.new}, ${head.kernel ? "by the kernel" : `a store in line ${head.line}`}`;
  }
}
