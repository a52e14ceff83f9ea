import { useSignal } from "@preact/signals";
import { numberText } from "../page/describe.ts";
import { store, storeVersion } from "../page/session.ts";
import type { CqSlotView, LastWriteView, StateView, UringView } from "../protocol.ts";
import { Demo } from "./demo.tsx";
import { uringDemo } from "./demos.ts";
import { messageOf } from "./go.ts";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { uringCounts } from "./uringCounts.ts";
import { numberOf, UringDrawing } from "./uringDrawing.tsx";
import { UringCosts, UringWalkthrough } from "./uringParts.tsx";
import { Wide } from "./wide.tsx";

const INDICES = [
  ["sq_head", "sqHead", "kernel", "sq"],
  ["sq_tail", "sqTail", "application", "sq"],
  ["cq_head", "cqHead", "application", "cq"],
  ["cq_tail", "cqTail", "kernel", "cq"],
] as const;

function whoText(w: LastWriteView): string {
  const who = w.kernel ? "the kernel" : `the program${w.line > 0 ? `, line ${w.line}` : ""} (task ${w.pid})`;
  return `${w.old} → ${w.new} by ${who} at instruction ${numberText(w.position)}`;
}

/** The four indices with their masked values, and on demand who moved each last. */
function Indices({ bench, ring }: { bench: Workbench | null; ring: UringView }) {
  const found = useSignal<LastWriteView | null>(null);
  const said = useSignal("");
  const who = async (name: string, address: string): Promise<void> => {
    if (!bench) return;
    said.value = "Searching the run backwards…";
    found.value = null;
    try {
      const moment = bench.moment.value;
      const write = await bench.ask({ type: "lastWrite", moment, pid: ring.owner, address, length: 4 });
      found.value = write;
      said.value = write ? `${name}: ${whoText(write)}.` : `${name} has not been moved before this moment.`;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  const there = found.value?.position ?? -1;
  return (
    <>
      <div class="wide-table">
        <table class="plain uring-indices">
          <caption class="visually-hidden">The indices of both rings</caption>
          <thead>
            <tr>
              <th scope="col">Index</th>
              <th scope="col">Value</th>
              <th scope="col">Slot</th>
              <th scope="col">Moved by</th>
              {bench && <th scope="col">Last</th>}
            </tr>
          </thead>
          <tbody>
            {INDICES.map(([name, member, by, side]) => {
              const { value, address } = ring[member];
              const mask = (side === "sq" ? ring.sqEntries : ring.cqEntries) - 1;
              return (
                <tr key={name}>
                  <th scope="row">
                    <code>{name}</code>
                  </th>
                  <td>{value}</td>
                  <td>
                    {value} &amp; {mask} = {(value & mask) >>> 0}
                  </td>
                  <td>{by}</td>
                  {bench && (
                    <td>
                      {address && (
                        <button type="button" aria-label={`Who moved ${name} last?`} onClick={() => void who(name, address)}>
                          Who?
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p role="status">
        {said.value}{" "}
        {there >= 0 && bench && (
          <button type="button" onClick={() => void bench.seek({ position: there, event: -1 })}>
            Go there
          </button>
        )}
      </p>
    </>
  );
}

function ThreadState({ ring }: { ring: UringView }) {
  const t = ring.sqThread;
  if (!t) return <p>No SQPOLL: entries are taken when the program calls io_uring_enter.</p>;
  const state =
    t.state === "gone"
      ? "has ended"
      : t.needWakeup
        ? "has polled in vain and sleeps; NEED_WAKEUP is set, so the program must call io_uring_enter"
        : t.state === "polling"
          ? "polls sq_tail"
          : "sleeps";
  return (
    <p>
      The kernel’s thread {t.pid} <strong>{state}</strong> (idle time {t.idle} ms).
    </p>
  );
}

function InFlight({ ring }: { ring: UringView }) {
  return (
    <>
      <h4>In flight: {ring.requests.length}</h4>
      {ring.requests.length === 0 && <p class="empty">The kernel has completed all that it took.</p>}
      <ul class="uring-requests">
        {ring.requests.map((r, i) => (
          <li key={i}>
            <code>
              {r.opcode} {numberOf(r.userData)}
            </code>{" "}
            <span class={`request-state ${r.state}`}>{r.state}</span> {r.waits}
          </li>
        ))}
      </ul>
      {ring.backlog.length > 0 && (
        <p>
          <strong>{ring.backlog.length}</strong> completion{ring.backlog.length === 1 ? "" : "s"} found the ring full and wait
          {ring.backlog.length === 1 ? "s" : ""} in the kernel: {ring.backlog.map((b) => `user_data ${numberOf(b.userData)}`).join(", ")}.
        </p>
      )}
    </>
  );
}

const used = (c: CqSlotView): boolean => c.pending || c.userData !== "0" || c.res !== 0 || c.flags !== "";

/** Every field of the entries and completions, as they lie in memory. */
function Fields({ ring, place }: { ring: UringView; place: string }) {
  return (
    <details>
      <summary>All fields, as they lie in memory</summary>
      <Wide label={`${place}entries of fd ${ring.fd}`}>
        <table class="plain">
          <caption>Entries (SQE)</caption>
          <thead>
            <tr>
              {["slot", "entry", "opcode", "flags", "fd", "off", "addr", "len", "op flags", "user_data"].map((h) => (
                <th scope="col" key={h}>
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ring.sq.map(({ slot, pending, sqe }) => (
              <tr key={slot} class={pending ? "pending" : ""}>
                <th scope="row">
                  {slot}
                  {pending ? " ●" : ""}
                </th>
                <td>{sqe.index}</td>
                <td>{sqe.opcode}</td>
                <td>{sqe.flags || "0"}</td>
                <td>{sqe.fd}</td>
                <td>{/^f{16}$/.test(sqe.off) ? "-1" : `0x${sqe.off}`}</td>
                <td>0x{sqe.addr}</td>
                <td>{sqe.len}</td>
                <td>0x{sqe.opFlags.toString(16)}</td>
                <td>{numberOf(sqe.userData)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <Wide label={`${place}completions of fd ${ring.fd}`}>
        <table class="plain">
          <caption>Completions (CQE)</caption>
          <thead>
            <tr>
              {["slot", "user_data", "res", "flags"].map((h) => (
                <th scope="col" key={h}>
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {!ring.cq.some(used) && (
              <tr>
                <td colSpan={4}>none has been written yet</td>
              </tr>
            )}
            {ring.cq.filter(used).map((c) => (
              <tr key={c.slot} class={c.pending ? "pending" : ""}>
                <th scope="row">
                  {c.slot}
                  {c.pending ? " ●" : ""}
                </th>
                <td>{numberOf(c.userData)}</td>
                <td>{c.res}</td>
                <td>{c.flags || "0"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
      <p class="note">
        ● lies between head and tail. What is behind the head is old: nobody clears it. Completions that were never written are left out.
      </p>
    </details>
  );
}

/** Each ring of a moment: drawn from memory, with what the kernel keeps besides. */
export function Rings({ state, bench }: { state: StateView; bench: Workbench | null }) {
  // The demo draws rings as well: regions have names of their own.
  const place = bench ? "" : "demo: ";
  return (
    <>
      {state.urings.map((ring) => (
        <section key={ring.file} aria-label={`${place}ring of fd ${ring.fd}`}>
          <h3>
            Ring of fd {ring.fd}, process {ring.owner}
            {ring.setup ? ` (${ring.setup})` : ""}
          </h3>
          <Wide label={`${place}both rings of fd ${ring.fd}`}>
            <UringDrawing ring={ring} />
          </Wide>
          <ThreadState ring={ring} />
          <p>
            sq_flags: <code>{ring.sqFlags || "0"}</code>. Dropped entries: {ring.dropped}. Completions lost: {ring.overflow}.
            {ring.waiters.length > 0 && ` Asleep in io_uring_enter: task ${ring.waiters.join(", ")}.`}
            {ring.workers.length > 0 && ` Workers: ${ring.workers.map((w) => `${w.pid}${w.busy ? " (at work)" : ""}`).join(", ")}.`}
          </p>
          {(ring.cachedSqHead !== ring.sqHead.value || ring.cachedCqTail !== ring.cqTail.value) && (
            <p>
              In the midst of a batch: the kernel itself is at sq {ring.cachedSqHead} and cq {ring.cachedCqTail}. It moves sq_head and
              cq_tail once, at the end.
            </p>
          )}
          <Indices bench={bench} ring={ring} />
          <InFlight ring={ring} />
          <Fields ring={ring} place={place} />
        </section>
      ))}
    </>
  );
}

function Counts({ bench }: { bench: Workbench }) {
  storeVersion.value;
  const { position, event } = bench.moment.value;
  const c = uringCounts(store, event >= 0 ? event : store.lastAt(position));
  if (c.taken === 0 && c.enters === 0) return null;
  const plural = (n: number, what: string): string => `${numberText(n)} ${what}${n === 1 ? "" : "s"}`;
  return (
    <p class="uring-counts">
      System calls: <strong>{plural(c.enters, "io_uring_enter")}</strong> for <strong>{plural(c.taken, "operation")}</strong>
      {c.byThread > 0 && `, ${numberText(c.byThread)} of them taken by the kernel’s thread`}; {plural(c.completed, "completion")}
      {c.overflowed > 0 && `, ${numberText(c.overflowed)} found no room`}.
    </p>
  );
}

function Inside({ state }: { state: StateView }) {
  return <Rings state={state} bench={null} />;
}
const demo = { ...uringDemo, Inside };

function View({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  return (
    <>
      {(state?.urings.length ?? 0) === 0 && <p class="empty">No ring at this moment. Run the program, or step on past io_uring_setup.</p>}
      <Counts bench={bench} />
      {state && <Rings state={state} bench={bench} />}
      <UringWalkthrough bench={bench} />
      <UringCosts bench={bench} />
      <Demo bench={bench} demo={demo} />
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions: readonly QuestionText[] = [
  {
    ask: "What are SQ and CQ, and how can a program do I/O without a system call for each operation?",
    answer:
      "Two rings in memory that program and kernel share. The program writes an entry and moves the submission ring’s tail; the kernel takes entries from its head, and writes completions at the other ring’s tail, where the program takes them from the head. Each index has one writer. With SQPOLL a thread of the kernel polls the tail, so that no io_uring_enter is needed; the program looks at the completion ring.",
    program: "uring_sqpoll",
    event: /^complete READ/,
    nth: 32,
    look: "The 32nd read is complete. Above: 33 operations, all taken by the kernel’s thread, and 0 calls of io_uring_enter.",
  },
  {
    ask: "The thread of SQPOLL finds nothing for a while. What must the program do then?",
    answer:
      "The thread sets NEED_WAKEUP in sq_flags and sleeps. After it has moved the tail the program looks at the flag, behind a full barrier, and calls io_uring_enter with IORING_ENTER_SQ_WAKEUP if it is set. Zero system calls holds as long as work keeps coming.",
    program: "uring_sqpoll",
    event: /^io_uring_enter\(.*IORING_ENTER_SQ_WAKEUP/,
    look: "NEED_WAKEUP is set, an entry lies between head and tail, and the program makes the call.",
  },
  {
    ask: "A read of an empty pipe is submitted. Does io_uring_enter wait for data?",
    answer:
      "No. The kernel tries without waiting, gets EAGAIN, and puts the request on the pipe’s wait queue, as epoll does with its items. When data come, task work of the submitting task tries again and posts the completion.",
    program: "uring_flight",
    event: /^poll READ/,
    look: "The request is in flight and waits for its file; the entry’s slot is free again.",
  },
];

export const uringRoom: Room = {
  id: "io_uring",
  title: "io_uring",
  lead: "Two rings in memory that program and kernel share: who moves which index, and what is in flight.",
  program: "uring_flight",
  View,
};
