import type { EpollItemDetails } from "../machine/views/epoll.ts";
import type { EpollView, StateView } from "../protocol.ts";
import { CostChart } from "./costChart.tsx";
import { Demo } from "./demo.tsx";
import { epollDemo } from "./demos.ts";
import { Question } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { Walkthrough } from "./walkthrough.tsx";

const STEP_X = 74;
const STEP_Y = 58;

/** Where each item of the tree is drawn: in order from left to right, by depth from top to bottom. */
export function treeLayout(ep: EpollView): { x: number; y: number; depth: number }[] {
  const depth = ep.items.map(() => 0);
  const visit = (i: number, d: number): void => {
    const item = ep.items[i];
    if (!item || d > 64) return;
    depth[i] = d;
    visit(item.left, d + 1);
    visit(item.right, d + 1);
  };
  visit(ep.root, 0);
  // Items come sorted by key.
  return ep.items.map((_, i) => ({ x: 40 + i * STEP_X, y: 30 + (depth[i] as number) * STEP_Y, depth: depth[i] as number }));
}

function Tree({ ep }: { ep: EpollView }) {
  const at = treeLayout(ep);
  const width = Math.max(200, ep.items.length * STEP_X + 20);
  const height = Math.max(0, ...at.map((p) => p.y)) + 40;
  const about = ep.items.map((i) => `fd ${i.fd} ${i.red ? "red" : "black"}${i.ready ? ", ready" : ""}`).join("; ");
  return (
    <svg
      class="drawing"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Interest set, a red-black tree: ${about || "empty"}`}
      style="max-width:100%;max-height:24rem"
    >
      {ep.items.flatMap((item, i) =>
        [item.left, item.right]
          .filter((c) => c >= 0)
          .map((c) => <line key={`${i}-${c}`} x1={at[i]?.x} y1={at[i]?.y} x2={at[c]?.x} y2={at[c]?.y} stroke="var(--soft)" />),
      )}
      {ep.items.map((item, i) => (
        <g key={item.fd}>
          <circle
            cx={at[i]?.x}
            cy={at[i]?.y}
            r="19"
            fill={item.red ? "#c0392b" : "#2c3440"}
            stroke={item.ready ? "var(--good)" : "var(--line)"}
            stroke-width={item.ready ? 4 : 1.5}
          />
          <text x={at[i]?.x} y={(at[i]?.y ?? 0) + 4} text-anchor="middle" font-size="12" fill="#ffffff">
            {item.fd} {item.red ? "R" : "B"}
          </text>
        </g>
      ))}
    </svg>
  );
}

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
          <Tree ep={ep} />
          <p>
            Ready list: <code>{ep.readyList.map((i) => `fd ${ep.items[i]?.fd}`).join(" → ") || "empty"}</code>. Overflow list:{" "}
            <code>{ep.overflowList.map((i) => `fd ${ep.items[i]?.fd}`).join(" → ") || "empty"}</code>. Asleep in epoll_wait:{" "}
            <code>{ep.waiters.join(", ") || "nobody"}</code>.
          </p>
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
      <ul>
        {state.waitQueues.map((q) => (
          <li key={`${q.name} ${q.file}`}>
            <code>{q.name}</code>: {q.entries.map((e) => (e.pid > 0 ? `task ${e.pid}` : e.what)).join(", ")}
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
      {state && <Inside state={state} />}
      <p class="note">
        An item never leaves the tree when it becomes ready: it joins the ready list as well. Waiting costs in proportion to what is ready;
        adding or removing a descriptor costs O(log n).
      </p>
      <Walkthrough bench={bench} />
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
  },
];

export const epollRoom: Room = {
  id: "epoll",
  title: "epoll",
  lead: "The interest set as the tree that it is, the ready list, and who waits on what.",
  program: "epoll_lt",
  View,
};
