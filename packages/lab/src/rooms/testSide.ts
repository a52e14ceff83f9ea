import { LabSession } from "../machine/session.ts";
import { labProgram } from "../machine/testPrograms.ts";
import { SideMachine } from "../page/sideMachine.ts";
import type { Message, Request } from "../protocol.ts";

/** For tests: a side machine without a page: the worker's session in this thread. */
export async function side(name: string, args: readonly string[] = []): Promise<SideMachine> {
  const made = new SideMachine(name, (received) => {
    const answers = new Map<number, Message>();
    const session = new LabSession((m) => {
      if (m.type === "answer" || m.type === "failed") answers.set(m.id, m);
      else received(m);
    });
    let id = 0;
    return {
      ask: async (request) => {
        id++;
        session.receive({ ...request, id } as Request);
        const m = answers.get(id);
        if (m?.type !== "answer") throw new Error(m?.type === "failed" ? m.text : "no answer");
        return m.value;
      },
      close: () => {},
    };
  });
  const { program, source } = labProgram(name);
  await made.start(program, source, args);
  return made;
}
