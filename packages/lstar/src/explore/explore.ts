import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { StartOptions } from "../boot.ts";
import { bringIn } from "../bringIn.ts";
import { type Outcome, SeedRunner } from "./oneRun.ts";
import { Groups } from "./report.ts";

/** What a worker is told: a stride of seeds. */
interface Job {
  options: StartOptions;
  first: number;
  end: number;
  step: number;
  limit: number;
  races: boolean;
}

export interface ExploreOptions {
  seeds: number;
  firstSeed: number;
  jobs?: number;
  limit: number;
  progress: boolean;
  /** Look for data races. */
  races: boolean;
}

/** Runs a program under many seeds, in `jobs` threads that load `script`. */
export async function explore(script: string, start: StartOptions, o: ExploreOptions): Promise<Groups> {
  const groups = new Groups();
  const jobs = Math.min(o.seeds, o.jobs ?? availableParallelism());
  const end = o.firstSeed + o.seeds;
  const brings = start.bringIn !== null;
  let done = 0;
  let shown = 0;
  const one = (first: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const job: Job = { options: { ...start, bringIn: null }, first, end, step: jobs, limit: o.limit, races: o.races };
      const worker = new Worker(script, { workerData: { explore: job, brings } });
      worker.on("message", (m: Outcome | { error: string }) => {
        if ("error" in m) return reject(new Error(m.error));
        groups.add(m);
        done++;
        if (o.progress && performance.now() - shown > 100) {
          shown = performance.now();
          process.stderr.write(
            `\r${done} of ${o.seeds} runs, ${groups.list().length} outcomes${o.races ? `, ${groups.races().length} data races` : ""} `,
          );
        }
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
    });
  await Promise.all(Array.from({ length: jobs }, (_, i) => one(o.firstSeed + i)));
  if (o.progress) process.stderr.write("\r\x1b[K");
  return groups;
}

/** In a worker: does the job and returns true. Elsewhere: false. */
export function exploreWorker(): boolean {
  const data = workerData as { explore?: Job; brings: boolean } | null;
  if (isMainThread || !data?.explore) return false;
  const { options, first, end, step, limit, races } = data.explore;
  if (data.brings) options.bringIn = bringIn;
  try {
    const runner = new SeedRunner(options, races);
    for (let seed = first; seed < end; seed += step) parentPort?.postMessage(runner.run(seed, limit));
  } catch (e) {
    parentPort?.postMessage({ error: e instanceof Error ? e.message : String(e) });
  }
  return true;
}
