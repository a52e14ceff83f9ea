import { useSignal } from "@preact/signals";
import { list } from "../page/session.ts";
import { startSide } from "../page/sideMachine.ts";
import { type CopyCost, copyCostOf, cpuCopies, PAYLOAD, ways } from "./copyCost.ts";
import { findEvent, goTo, messageOf, runWhole } from "./go.ts";
import { Question, type QuestionText } from "./question.tsx";
import type { Room, Workbench } from "./room.ts";
import { Wide } from "./wide.tsx";

const PROGRAM = "copies";

/** Where the bytes go by a way: over the program's memory, or past it. */
function Path({ cost, title }: { cost: CopyCost; title: string }) {
  const { fromUser, toUser, kernel } = cost.copied;
  const up = toUser >= PAYLOAD;
  const down = fromUser >= PAYLOAD;
  const within = kernel >= PAYLOAD;
  const mapped = down && !up;
  const about = `${title}: ${toUser} bytes copied to the program, ${fromUser} from it, ${kernel} within the kernel, in ${cost.calls} system calls`;
  const arrow = (x1: number, y1: number, x2: number, y2: number, lit: boolean) => {
    const length = Math.hypot(x2 - x1, y2 - y1);
    const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
    const colour = lit ? "var(--bad)" : "var(--good)";
    return (
      <>
        <line
          x1={x1}
          y1={y1}
          x2={x2 - dx * 8}
          y2={y2 - dy * 8}
          stroke={colour}
          stroke-width={lit ? 4 : 2}
          stroke-dasharray={lit ? undefined : "5 4"}
        />
        <polygon
          points={`${x2},${y2} ${x2 - dx * 9 - dy * 5},${y2 - dy * 9 + dx * 5} ${x2 - dx * 9 + dy * 5},${y2 - dy * 9 - dx * 5}`}
          fill={colour}
        />
      </>
    );
  };
  return (
    <svg class="drawing" viewBox="0 0 330 150" role="img" aria-label={about}>
      <rect x="2" y="2" width="326" height="58" rx="6" fill="var(--sunken)" stroke="var(--line)" />
      <rect x="2" y="68" width="326" height="80" rx="6" fill="var(--sunken)" stroke="var(--line)" />
      <text x="10" y="18" font-size="10.5" fill="var(--soft)">
        ring 3
      </text>
      <text x="10" y="142" font-size="10.5" fill="var(--soft)">
        ring 0
      </text>
      <rect
        x="105"
        y="12"
        width="120"
        height="38"
        rx="5"
        fill="var(--raised)"
        stroke={up || down ? "var(--soft)" : "var(--line)"}
        stroke-dasharray={up || down ? undefined : "4 3"}
      />
      <text x="165" y="29" font-size="11.5" text-anchor="middle" fill={up || down ? "var(--text)" : "var(--soft)"}>
        {mapped ? "mapped pages" : "program’s buffer"}
      </text>
      <text x="165" y="43" font-size="10" text-anchor="middle" fill="var(--soft)">
        {mapped ? "the page cache itself" : up ? "" : "not involved"}
      </text>
      <rect x="30" y="92" width="100" height="34" rx="5" fill="var(--raised)" stroke="var(--soft)" />
      <text x="80" y="113" font-size="11.5" text-anchor="middle" fill="var(--text)">
        page cache
      </text>
      <rect x="200" y="92" width="100" height="34" rx="5" fill="var(--raised)" stroke="var(--soft)" />
      <text x="250" y="113" font-size="11.5" text-anchor="middle" fill="var(--text)">
        socket
      </text>
      {(up || mapped) && arrow(90, 92, 130, 50, up)}
      {down && arrow(200, 50, 240, 92, true)}
      {!up && !down && arrow(130, 109, 200, 109, within)}
    </svg>
  );
}

/** The chapter's table of ways to send a file, its copies counted by the kernel in runs of the same program. */
function Table({ bench }: { bench: Workbench }) {
  const costs = useSignal<readonly CopyCost[]>([]);
  const said = useSignal("");
  const busy = useSignal(false);
  const count = async (): Promise<void> => {
    busy.value = true;
    costs.value = [];
    try {
      const source = list.value.programs.find((p) => p.name === PROGRAM)?.source ?? "";
      for (const { method, title } of ways) {
        said.value = `Sending by ${title}…`;
        const side = await startSide(
          PROGRAM,
          source,
          (text) => {
            said.value = text;
          },
          [method],
        );
        try {
          costs.value = [...costs.value, await copyCostOf(side, method)];
        } finally {
          side.close();
        }
      }
      said.value = "Counted by the kernel in these runs, for the sender alone.";
    } catch (e) {
      said.value = messageOf(e);
    } finally {
      busy.value = false;
    }
  };
  const open = async (method: string): Promise<void> => {
    try {
      await runWhole(bench, PROGRAM, null, [method]);
      const event = await findEvent(bench, /^sched_yield\(\)/);
      if (event >= 0) await goTo(bench, event);
      said.value = `The cursor is at the mark before ${method} begins; step by system call.`;
    } catch (e) {
      said.value = messageOf(e);
    }
  };
  return (
    <section aria-label="Ways to send a file">
      <p>
        copies.c sends 64 KB of a file over TCP, in each way, between two marks.{" "}
        <button type="button" disabled={busy.value} onClick={() => void count()}>
          Count the copies
        </button>
      </p>
      <p role="status">{said.value}</p>
      {costs.value.length > 0 && <p class="soft">Thick: the processor copies the payload. Dashed: it does not.</p>}
      {costs.value.length > 0 && (
        <div class="demo-sides">
          {costs.value.map((c) => {
            const way = ways.find((w) => w.method === c.method);
            return (
              <figure key={c.method} class="copy-path">
                <figcaption>{way?.title}</figcaption>
                <Path cost={c} title={way?.title ?? c.method} />
              </figure>
            );
          })}
        </div>
      )}
      <Wide label="Ways to send a file, as a table">
        <table class="plain">
          <caption class="visually-hidden">Ways to send a file, and what each copies</caption>
          <thead>
            <tr>
              <th scope="col">Way</th>
              <th scope="col">How</th>
              <th scope="col">Copies, by the chapter</th>
              <th scope="col">Copies, counted here</th>
              <th scope="col">To the program</th>
              <th scope="col">From the program</th>
              <th scope="col">Within the kernel</th>
              <th scope="col">By DMA</th>
              <th scope="col">System calls</th>
              <th scope="col">For</th>
            </tr>
          </thead>
          <tbody>
            {ways.map((w) => {
              const c = costs.value.find((x) => x.method === w.method);
              return (
                <tr key={w.method}>
                  <th scope="row">
                    <button type="button" class="link" aria-label={`${w.title} in the workbench`} onClick={() => void open(w.method)}>
                      {w.title}
                    </button>
                  </th>
                  <td>{w.mechanism}</td>
                  <td>{w.chapter}</td>
                  <td>{c ? cpuCopies(c) : "…"}</td>
                  <td>{c ? `${c.copied.toUser} bytes` : "…"}</td>
                  <td>{c ? `${c.copied.fromUser} bytes` : "…"}</td>
                  <td>{c ? `${c.copied.kernel + c.copied.pages} bytes` : "…"}</td>
                  <td>{c ? `${c.copied.dmaIn + c.copied.dmaOut} bytes` : "…"}</td>
                  <td>{c ? c.calls : "…"}</td>
                  <td>{w.use}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Wide>
      <p class="note">
        Every byte is counted where it is moved, in the kernel that runs here. What the chapter calls two context switches more are changes
        of ring, not of the task. sendfile() and splice() put references to the pages of the page cache into the packets, here as on Linux.
        A network card would then read the pages by DMA; over lo no device moves anything, and the one copy left is the receiver’s, out of
        those same pages. The 8 bytes of splice() are the two descriptors of its pipe. lstar trace --copies counts the same of any program.
      </p>
    </section>
  );
}

function View({ bench }: { bench: Workbench }) {
  return (
    <>
      <Table bench={bench} />
      {questions.map((q) => (
        <Question key={q.ask} bench={bench} question={q} />
      ))}
    </>
  );
}

export const questions: readonly QuestionText[] = [
  {
    ask: "What is sendfile(), and why is it called zero-copy?",
    answer:
      "It moves data from a file to a socket within the kernel: the pages of the page cache go to the socket, and no byte of the payload passes through the program’s memory, so there is neither a copy to it nor one from it. With a network card that gathers by DMA the processor does not touch the payload at all. Linux has no file fs/sendfile.c; the call is in fs/read_write.c and the work in fs/splice.c.",
    program: "copies",
    argv: ["sendfile"],
    event: /^sendfile\(.*= 65536/,
    look: "65536 bytes went out in this one call. The System calls room says of it: 0 bytes copied from the program, 0 to it, 0 within the kernel.",
  },
];

export const copiesRoom: Room = {
  id: "copies",
  title: "Copies",
  lead: "Four ways to send a file, and how often the payload is copied.",
  program: "copies",
  View,
};
