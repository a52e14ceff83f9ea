import type { CopyCounts } from "@lstar/kernel/trace/copies.ts";
import type { EventStore } from "../page/eventStore.ts";
import { EventKind, type StateView } from "../protocol.ts";

const SCHED_YIELD = 24;

/** A row of the chapter's table of ways to send a file, and the argument of copies.c that goes this way. */
export interface CopyWay {
  readonly method: string;
  readonly title: string;
  readonly mechanism: string;
  /** Copies by the processor, as the chapter counts them. */
  readonly chapter: string;
  readonly use: string;
}

export const ways: readonly CopyWay[] = [
  {
    method: "read_write",
    title: "read() + write()",
    mechanism: "from the page cache into the program’s buffer, and from there into the socket",
    chapter: "2",
    use: "anything, and whatever changes the data",
  },
  {
    method: "mmap_write",
    title: "mmap() + write()",
    mechanism: "the program writes from pages of the page cache that it has mapped",
    chapter: "1",
    use: "data at many places of a file",
  },
  {
    method: "sendfile",
    title: "sendfile()",
    mechanism: "pages of the page cache go to the socket, the program’s memory is not involved",
    chapter: "0",
    use: "static files",
  },
  {
    method: "splice",
    title: "splice()",
    mechanism: "the same through a pipe, whose buffers hold the pages themselves",
    chapter: "0",
    use: "from pipe to socket and back, proxies",
  },
];

export const PAYLOAD = 65_536;

export interface CopyCost {
  readonly method: string;
  /** Bytes moved for the sender between the program's marks. */
  readonly copied: CopyCounts;
  readonly calls: number;
}

/** How often the processor has copied the payload, to hundredths: zeroing is no copy, nor is what a device does. */
export function cpuCopies({ copied }: CopyCost): number {
  return Math.round((100 * (copied.fromUser + copied.toUser + copied.kernel + copied.pages)) / PAYLOAD) / 100;
}

/** What a run of copies.c cost between its two marks, counted by the kernel. */
export async function copyCostOf(
  run: { events: EventStore; stateAt(event: number): Promise<StateView> },
  method: string,
): Promise<CopyCost> {
  const { events } = run;
  const marks: number[] = [];
  for (let i = 0; i < events.count; i++) if (events.kind.at(i) === EventKind.SYS_ENTER && events.a.at(i) === SCHED_YIELD) marks.push(i);
  const [from, to] = marks;
  if (from === undefined || to === undefined) throw new Error(`the run by ${method} has not set its marks`);
  const pid = events.pid.at(from);
  const [a, b] = await Promise.all([from, to].map(async (event) => (await run.stateAt(event)).tasks.find((t) => t.pid === pid)));
  if (!a || !b) throw new Error(`the run by ${method} has lost its process`);
  // The first mark is one itself.
  let calls = -1;
  for (let i = from; i < to; i++) if (events.pid.at(i) === pid && events.kind.at(i) === EventKind.SYS_ENTER) calls++;
  const since = (name: keyof CopyCounts): number => b.copied[name] - a.copied[name];
  const copied: CopyCounts = {
    fromUser: since("fromUser"),
    toUser: since("toUser"),
    kernel: since("kernel"),
    pages: since("pages"),
    zeroed: since("zeroed"),
    dmaIn: since("dmaIn"),
    dmaOut: since("dmaOut"),
  };
  return { method, copied, calls };
}
