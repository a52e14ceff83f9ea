import { useSignal } from "@preact/signals";
import { type Finder, findEvent, goTo, messageOf, runWhole } from "./go.ts";
import type { Workbench } from "./room.ts";

export interface QuestionText {
  readonly ask: string;
  readonly answer: string;
  /** Program whose run shows it. */
  readonly program: string;
  readonly argv?: readonly string[];
  /** Standard input of that run; null: the terminal. */
  readonly stdin?: string | null;
  /** Where the run shows it: the nth event (from 1) whose text matches, or what a search of the run's states finds. */
  readonly event: RegExp | Finder;
  readonly nth?: number;
  /** What to look at there. */
  readonly look?: string;
}

/** Runs the program and puts the cursor where the answer is seen. False if the run does not show it. */
export async function prove(bench: Workbench, q: QuestionText): Promise<boolean> {
  await runWhole(bench, q.program, q.stdin, q.argv);
  if (typeof q.event === "function") {
    const moment = await q.event(bench);
    if (moment) await bench.seek(moment);
    return moment !== null;
  }
  const event = await findEvent(bench, q.event, q.nth);
  if (event >= 0) await goTo(bench, event);
  return event >= 0;
}

/** First predict, then see the answer, then the run that proves it. */
export function Question({ bench, question }: { bench: Workbench; question: QuestionText }) {
  const shown = useSignal(false);
  const guess = useSignal("");
  const proof = useSignal("");
  const onProve = async (): Promise<void> => {
    proof.value = "Running…";
    try {
      const seen = await prove(bench, question);
      proof.value = seen ? `The cursor is where it is seen.${question.look ? ` ${question.look}` : ""}` : "This run does not show it.";
    } catch (e) {
      proof.value = messageOf(e);
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
