import { run } from "lstar/src/browser.ts";
import type { CompileAnswer, CompileRequest, Diagnostic } from "./messages.ts";

/** Where the source lies in the compiler's machine. */
const SOURCE = "/src/program.c";
// tcc removes its output file first; this one stays, and leads to standard output.
const OUTPUT = "/proc/self/fd/1";
const arguments_ = [
  ...["/usr/bin/tcc", "-static", "-g", "-Wall", "-nostdlib", "-nostdinc", "-I/usr/include", "-I/usr/lib/tcc/include"],
  ...["-B/usr/lib/tcc", "-L/usr/lib", "-o", OUTPUT, "/usr/lib/crt1.o", "/usr/lib/crti.o", SOURCE],
  ...["-lc", "/usr/lib/tcc/libtcc1.a", "/usr/lib/crtn.o"],
];

let image: Blob | null = null;

self.onmessage = async (event: MessageEvent<CompileRequest>) => {
  let answer: CompileAnswer;
  try {
    answer = await compile(event.data);
  } catch (e) {
    answer = { ok: false, diagnostics: [], output: `The compiler could not run: ${e instanceof Error ? e.message : String(e)}` };
  }
  self.postMessage(answer, { transfer: answer.ok ? [answer.program.buffer] : [] });
};

async function compile({ source, headers, imageUrl }: CompileRequest): Promise<CompileAnswer> {
  const files: Record<string, string> = { [SOURCE]: source };
  for (const [name, text] of Object.entries(headers)) files[`/src/${name}`] = text;
  image ??= await (await fetch(imageUrl)).blob();
  const r = await run(arguments_, { root: image, files, memory: 256 * 2 ** 20 });
  const diagnostics = parse(r.stderr);
  if (r.status === 0 && r.stdoutBytes.length > 0) return { ok: true, program: r.stdoutBytes.slice(), diagnostics };
  return { ok: false, diagnostics, output: r.stderr || `tcc ended with status ${r.status}` };
}

/** tcc's messages: FILE:LINE: error: TEXT. The linker's have no line. */
function parse(text: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of text.split("\n")) {
    const m = /^(?:In file included from .*)?(\S+?):(\d+): (error|warning): (.*)$/.exec(line);
    if (m) found.push({ line: m[1] === SOURCE ? Number(m[2]) : 0, severity: m[3] === "error" ? "error" : "warning", text: m[4]! });
    else if (/^tcc: error: /.test(line)) found.push({ line: 0, severity: "error", text: line.slice("tcc: error: ".length) });
  }
  return found;
}
