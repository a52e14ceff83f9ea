import { useSignal } from "@preact/signals";
import type { VdsoDetails } from "../machine/views/vdso.ts";
import { store, storeVersion } from "../page/session.ts";
import { EventKind, type StateView } from "../protocol.ts";
import { ClockCostFigure } from "./clockCost.tsx";
import { type Finder, messageOf, runWhole } from "./go.ts";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { VdsoDrawing } from "./vdsoDrawing.tsx";
import { findCaught, findOdd, findRetry } from "./vdsoMoments.ts";

const CLOCK_GETTIME = 228;

/** What was counted last: a cursor that moves on goes on from there. */
let counted = { store, to: -1, calls: 0 };

/** Calls of clock_gettime that had begun when an event happened. */
function clockCallsUpTo(event: number): number {
  const to = Math.min(event, store.count - 1);
  if (counted.store !== store || counted.to > to) counted = { store, to: -1, calls: 0 };
  let { calls } = counted;
  for (let i = counted.to + 1; i <= to; i++) if (store.kind.at(i) === EventKind.SYS_ENTER && store.a.at(i) === CLOCK_GETTIME) calls++;
  counted = { store, to, calls };
  return calls;
}

/** What the place of a reader means at this moment. */
function readerText(v: VdsoDetails, writing: boolean): string {
  const r = v.readers[0];
  if (!r) return "";
  if (r.place === "between" && writing)
    return `Task ${r.pid} was interrupted between its two looks at the sequence. It will find ${v.sequence + (v.sequence % 2)} where it saw ${v.sequence - 1 - ((v.sequence + 1) % 2)}, and read again.`;
  if (r.place === "between") return `Task ${r.pid} has read the sequence and computes; it has not compared it yet.`;
  if (r.place === "first") return `Task ${r.pid} is about to read the sequence.`;
  return `Task ${r.pid} is in ${r.fn}, outside the part that the sequence guards.`;
}

const MOMENTS: readonly (readonly [label: string, find: Finder, said: string])[] = [
  ["The sequence odd", findOdd, "The cursor is in the midst of an update: the fields are written, the sequence is still odd."],
  [
    "A reader caught by an update",
    findCaught,
    "The tick came between the two looks of a reader. Step by instruction to see it come back to its first look.",
  ],
  ["Its retry", findRetry, "The comparison failed: the reader is at its first look again."],
];

interface NowProps {
  readonly v: VdsoDetails | null | undefined;
  readonly state: StateView | null;
  readonly writing: boolean;
  readonly clockCalls: number;
}

/** The pages at the cursor. */
function Now({ v, state, writing, clockCalls }: NowProps) {
  if (!state || !v) return <p class="empty">No program is loaded yet. Press Run.</p>;
  return (
    <>
      <VdsoDrawing v={v} writing={writing} clockCalls={clockCalls} />
      <p>
        System calls made so far: <strong>{state.syscalls}</strong>; for the clock: <strong>{clockCalls}</strong>. {readerText(v, writing)}
      </p>
      <p class="formula">
        time = basetime + ((TSC − <code>cycle_last</code>) × <code>mult</code>) » <code>shift</code>
        <br />= {v.seconds} s + {v.nanoseconds} ns + (({v.tsc} − {v.cycleLast}) × {v.mult}) » {v.shift} of CLOCK_MONOTONIC
      </p>
      <p class="note">
        Linux keeps basetime shifted left by <code>shift</code>, so that no fraction of a nanosecond is lost between ticks. Here the counter
        counts whole nanoseconds: mult is 1, shift 0. What the vDSO saves is the crossing: two changes of ring, saved registers, and on
        machines that need it a change of page tables at each (page-table isolation). A system call as such flushes no TLB.
      </p>
    </>
  );
}

function View({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  const said = useSignal("");
  const v = state?.vdso as VdsoDetails | null | undefined;
  void storeVersion.value;
  const event = state?.moment.event ?? -1;
  const clockCalls = clockCallsUpTo(event);
  const go = async (find: Finder, text: string): Promise<void> => {
    said.value = "Running vdso_retry.c…";
    try {
      await runWhole(bench, "vdso_retry");
      const moment = await find(bench);
      if (moment) await bench.seek(moment);
      said.value = moment ? text : "This run has no such moment.";
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  const writing = state?.kernelFunction === "writeDataPage";
  return (
    <>
      <Now v={v} state={state} writing={writing} clockCalls={clockCalls} />
      <section class="demo" aria-label="The sequence lock">
        <h3>The sequence lock</h3>
        <p class="demo-buttons">
          {MOMENTS.map(([label, find, text]) => (
            <button type="button" key={label} onClick={() => void go(find, text)}>
              {label}
            </button>
          ))}
        </p>
        <p role="status">{said.value}</p>
        <p>
          The writer makes the sequence odd, writes the fields, makes it even. A reader takes no lock: it looks at the sequence before and
          after. It <em>spins</em> while the sequence is odd, which it can only meet while another processor is writing. It <em>retries</em>{" "}
          when the sequence has changed, which happens on one processor too: a tick interrupts it in between, and the update is done before
          it goes on.
        </p>
        <p class="note">
          This machine has one processor, and the update runs in the kernel with the program stopped, as in Linux it runs in the timer
          interrupt. So no instruction of a program ever sees the odd value; the cursor can stand in the midst of the update because the
          kernel has events there.
        </p>
      </section>
      <ClockCostFigure />
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions: readonly QuestionText[] = [
  {
    ask: "How does clock_gettime() tell the time without a system call?",
    answer:
      "The kernel maps a page of code and a page of data into each process. The code reads the time stamp counter, scales it with the numbers of the data page and adds the base, all in ring 3; a sequence counter tells it when to read again.",
    program: "vdso_clock",
    event: /^clock_gettime\(/,
    look: "The first half of the readings is behind the cursor, and this is the first call that the kernel saw: the one the program makes by syscall().",
  },
  {
    ask: "A tick rewrites the data page while a reader computes with it. Does the reader give a wrong time?",
    answer:
      "No. It compares the sequence after it has computed and finds it changed, so it throws the result away and begins again. The reader never waits for a lock, and the writer never waits for a reader.",
    program: "vdso_retry",
    event: findCaught,
    look: "The update has just made the sequence odd; the reader stands between its two looks.",
  },
];

export const vdsoRoom: Room = {
  id: "vdso",
  title: "vDSO",
  lead: "Two pages that tell the time without a system call.",
  program: "vdso_clock",
  View,
};
