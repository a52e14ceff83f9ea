import { useSignal } from "@preact/signals";
import type { Workbench } from "./room.ts";

export interface QuestionText {
  readonly ask: string;
  readonly answer: string;
  /** Program whose run shows it. */
  readonly program: string;
  /** Standard input of that run; null: the terminal. */
  readonly stdin?: string | null;
  /** The event to stand at: the first one whose text matches, counted from 1. */
  readonly event: RegExp;
  readonly nth?: number;
}

const FAR = 5_000_000;
const MOST_EVENTS = 2000;

/** Runs the program and puts the cursor on the event that shows the answer. False if there is none. */
export async function prove(bench: Workbench, q: QuestionText): Promise<boolean> {
  await bench.runProgram(q.program, undefined, q.stdin);
  await bench.ask({ type: "seek", moment: { position: FAR, event: -1 } });
  let left = q.nth ?? 1;
  for (let event = 0; event < MOST_EVENTS; event++) {
    const text = await bench.ask({ type: "describe", event });
    if (!q.event.test(text) || --left > 0) continue;
    await bench.seek(await bench.ask({ type: "seek", moment: { position: 0, event } }));
    return true;
  }
  return false;
}

/** First predict, then see the answer, then the run that proves it. */
export function Question({ bench, question }: { bench: Workbench; question: QuestionText }) {
  const shown = useSignal(false);
  const guess = useSignal("");
  const proof = useSignal("");
  const onProve = async (): Promise<void> => {
    proof.value = "Running…";
    try {
      proof.value = (await prove(bench, question)) ? "The cursor is where it is seen." : "This run does not show it.";
    } catch (e) {
      proof.value = e instanceof Error ? e.message : String(e);
    }
  };
  return (
    <section class="question">
      <h3>{question.ask}</h3>
      <label>
        Your prediction{" "}
        <input
          value={guess.value}
          onInput={(e) => {
            guess.value = e.currentTarget.value;
          }}
        />
      </label>{" "}
      <button
        type="button"
        aria-expanded={shown.value}
        onClick={() => {
          shown.value = !shown.value;
        }}
      >
        {shown.value ? "Hide the answer" : "Reveal"}
      </button>{" "}
      <button type="button" onClick={() => void onProve()}>
        Prove it
      </button>
      {shown.value && <p>{question.answer}</p>}
      <p role="status">{proof.value}</p>
    </section>
  );
}
