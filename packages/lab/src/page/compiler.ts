import type { CompileAnswer, CompileRequest } from "../compile/messages.ts";
import { compilerImageUrl } from "./programs.ts";

/** Longest source that is compiled, in characters. */
export const SOURCE_MAX = 256 * 1024;
/** A compiler that takes longer than this (ms) is ended. */
const COMPILE_TIME_MAX = 60_000;

let worker: Worker | null = null;

/** Ends the compiler; the next compilation starts a new one. */
export function stopCompiler(): void {
  worker?.terminate();
  worker = null;
}

/** Compiles C by tcc, itself a guest of a machine in its own worker. One at a time. */
export function compile(source: string, headers: Readonly<Record<string, string>>): Promise<CompileAnswer> {
  if (source.length > SOURCE_MAX) {
    const output = `The source has ${source.length.toLocaleString("en")} characters; the lab compiles up to ${SOURCE_MAX.toLocaleString("en")}.`;
    return Promise.resolve({ ok: false, diagnostics: [], output });
  }
  worker ??= new Worker(new URL("../compile/worker.ts", import.meta.url), { type: "module" });
  const current = worker;
  return new Promise((resolve) => {
    const end = (answer: CompileAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const broke = (text: string): void => {
      if (worker === current) stopCompiler();
      end({ ok: false, diagnostics: [], output: text });
    };
    const timer = setTimeout(() => broke("The compiler was stopped: it took longer than a minute."), COMPILE_TIME_MAX);
    current.onmessage = (e: MessageEvent<CompileAnswer>) => end(e.data);
    current.onerror = (e) => {
      e.preventDefault();
      broke(`The compiler could not run: ${e.message}`);
    };
    current.postMessage({ source, headers, imageUrl: compilerImageUrl() } satisfies CompileRequest);
  });
}
