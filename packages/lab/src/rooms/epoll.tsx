import type { EpollItemDetails } from "../machine/views/epoll.ts";
import type { StateView } from "../protocol.ts";
import { CostChart } from "./costChart.tsx";
import { Demo } from "./demo.tsx";
import { epollDemo } from "./demos.ts";
import { EpollDrawing } from "./epollDrawing.tsx";
import { Question } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { ScanAtCursor, ScanRace } from "./scanRace.tsx";
import { SideBySide } from "./sideBySide.tsx";
import { Walkthrough } from "./walkthrough.tsx";
import { Wide } from "./wide.tsx";

/** How full the file's buffer is. */
function Level({ item }: { item: EpollItemDetails }) {
  if (item.capacity <= 0) return null;
  return (
    <>
      <meter min="0" max={item.capacity} value={item.buffered} aria-label={`Buffer of fd ${item.fd}`} /> {item.buffered} of {item.capacity}{" "}
      bytes
    </>
  );
}

/** Every instance of a moment with its lists, and who waits on which queue. */
function Inside({ state }: { state: StateView }) {
  return (
    <>
      {state.epolls.map((ep) => (
        <section key={ep.file}>
          <h3>
            Interest set of fd {ep.fd}, process {ep.owner}
          </h3>
          <Wide label={`Tree and lists of fd ${ep.fd}`}>
            <EpollDrawing ep={ep} />
          </Wide>
          <ul>
            {ep.items.map((i) => (
              <li key={i.fd}>
                fd {i.fd}: {i.events}, data {i.data} {i.ready && <strong>on the ready list</strong>} <Level item={i as EpollItemDetails} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      <h3>Wait queues</h3>
      {state.waitQueues.length === 0 && <p class="empty">Nobody waits on a queue of an open file.</p>}
      <ul class="queues">
        {state.waitQueues.map((q) => (
          <li key={`${q.name} ${q.file}`}>
            <code class="queue-head">{q.name}</code>
            {q.entries.map((e, i) => (
              <span key={i} class={e.pid > 0 ? "queue-entry task" : "queue-entry"}>
                {e.pid > 0 ? `task ${e.pid}` : e.what}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}
const demo = { ...epollDemo, Inside };

function View({ bench }: { bench: Workbench }) {
  const state = bench.state.value;
  const epolls = state?.epolls ?? [];
  return (
    <>
      {epolls.length === 0 && <p class="empty">No epoll instance at this moment. Run the program, or step on past epoll_create1.</p>}
      <ScanAtCursor bench={bench} />
      {state && <Inside state={state} />}
      <p class="note">
        An item never leaves the tree when it becomes ready: it joins the ready list as well. “O(1)” is short for this: a wait costs in
        proportion to what is ready, however many are registered, and adding, changing or removing one costs O(log n). The tree is ordered
        by open file first, in Linux by the address of struct file and here by a serial number, and by descriptor among equals.
      </p>
      <Walkthrough bench={bench} />
      <SideBySide />
      <ScanRace />
      <CostChart />
      <Demo bench={bench} demo={demo} />
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions = [
  {
    ask: "How does epoll find ready descriptors without looking at all of them, as select and poll do?",
    answer:
      "Registration leaves a callback on the wait queue of the file. When data come, the callback appends the item to the ready list; epoll_wait only looks at that list. select and poll ask every descriptor in every call.",
    program: "epoll_lt",
    event: /^ready$/,
  },
  {
    ask: "3 KB arrive and 1 KB is read. Does a level-triggered epoll_wait report the descriptor again?",
    answer:
      "Yes. After the event was copied out, the item went back to the ready list; the next call asks the file once more and finds it readable.",
    program: "epoll_lt",
    event: /^copy:level$/,
    nth: 2,
  },
  {
    ask: "And edge-triggered?",
    answer: "No. The item left the ready list with the event, and only new data put it there again. Hence the rule: read until EAGAIN.",
    program: "epoll_et",
    event: /^sleep$/,
    look: "2048 bytes wait in the socket’s buffer, the ready list is empty, and the task goes to sleep.",
  },
  {
    ask: "Edge-triggered, 2 KB unread, no event. One byte more comes. Does epoll_wait report the descriptor?",
    answer:
      "Yes. An edge is not the change from empty to not empty: every arrival wakes the socket’s queue, whose callback puts the item on the ready list again. A program that waits for that luck with half-read data hangs when nothing more comes.",
    program: "epoll_more",
    event: /^ready$/,
    nth: 2,
    look: "The second callback: the item joins the ready list again, with 2049 bytes in the buffer.",
  },
];

export const epollRoom: Room = {
  id: "epoll",
  title: "epoll",
  lead: "The interest set as the tree that it is, the ready list, and who waits on what.",
  program: "epoll_lt",
  View,
};
