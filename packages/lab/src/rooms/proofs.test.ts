import { expect, test } from "vitest";
import { LabSession } from "../machine/session.ts";
import { labProgram } from "../machine/testPrograms.ts";
import type { Answers, Message, Request } from "../protocol.ts";
import * as copies from "./copies.tsx";
import * as epoll from "./epoll.tsx";
import * as processes from "./processes.tsx";
import { prove, type QuestionText } from "./question.tsx";
import type { Workbench } from "./room.ts";
import * as signals from "./signals.tsx";
import * as syscalls from "./systemCalls.tsx";
import * as uring from "./uring.tsx";
import * as vdso from "./vdso.tsx";

/** The part of the workbench that a proof needs, without a page. */
function bench(): { bench: Workbench; at: () => number } {
  const messages: Message[] = [];
  const session = new LabSession(
    (m) => messages.push(m),
    () => {},
  );
  let id = 0;
  let event = -1;
  const ask = async (request: object): Promise<Answers[keyof Answers]> => {
    id++;
    session.receive({ ...request, id } as Request);
    const m = messages.find((x) => (x.type === "answer" || x.type === "failed") && x.id === id);
    if (m?.type !== "answer") throw new Error(m?.type === "failed" ? m.text : "no answer");
    return m.value;
  };
  const part = {
    ask,
    seek: async (m: { event: number }) => {
      event = m.event;
    },
    runProgram: async (name: string, argv: readonly string[] | undefined, stdin?: string | null) => {
      await ask({ type: "load", settings: labProgram(name, { stdin: stdin ?? null, argv: [name, ...(argv ?? [])] }) });
    },
  };
  return { bench: part as unknown as Workbench, at: () => event };
}

const all: QuestionText[] = [
  ...syscalls.questions,
  ...vdso.questions,
  ...epoll.questions,
  ...signals.questions,
  ...processes.questions,
  ...copies.questions,
  ...uring.questions,
];

test.each(all.map((q) => [q.ask, q] as const))("proof: %s", async (_ask, q) => {
  const b = bench();
  expect(await prove(b.bench, q)).toBe(true);
  expect(b.at()).toBeGreaterThanOrEqual(0);
});
