import type { MeasureRequest, Round } from "../machine/measure.ts";
import { fetchProgram } from "./programs.ts";

/** Times the rounds of one of the lab's programs in a worker that does nothing else. */
export async function measureProgram(name: string, args: readonly string[]): Promise<Round[]> {
  const program = await fetchProgram(name);
  const worker = new Worker(new URL("../machine/worker.ts", import.meta.url), { type: "module", name: `lstar measures ${name}` });
  try {
    return await new Promise<Round[]>((resolve, reject) => {
      worker.onmessage = (e: MessageEvent<{ type: string; value: Round[]; text: string }>) => {
        if (e.data.type === "answer") resolve(e.data.value);
        else if (e.data.type === "failed") reject(new Error(e.data.text));
      };
      worker.onerror = (e) => {
        e.preventDefault();
        reject(new Error(e.message || "the worker could not start"));
      };
      worker.postMessage({ type: "measure", id: 1, name, program, args } satisfies MeasureRequest);
    });
  } finally {
    worker.terminate();
  }
}
