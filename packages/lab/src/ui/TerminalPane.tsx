import { effect } from "@preact/signals";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef } from "preact/hooks";
import { following, moment, notice, type OutputChunk, output, outputVersion, resized, stdin, typed } from "../page/session.ts";

/** What is typed or pasted at once, in characters. */
const PASTE_MAX = 64 * 1024;
/** When the terminal is drawn anew, this much (bytes) of the output before the cursor is. */
const REDRAW_MAX = 256 * 1024;

/** The guest's terminal. It shows what had been written at the cursor's moment. */
export function TerminalPane() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const terminal = new Terminal({
      convertEol: false,
      cursorBlink: false,
      fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      fontSize: 13,
      lineHeight: 1.25,
      rows: 10,
      scrollback: 2000,
      screenReaderMode: true,
      theme: { background: "#10151d", foreground: "#dfe6ee", cursor: "#7db4ff", selectionBackground: "#35506f" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current!);
    terminal.textarea?.setAttribute("aria-label", "Terminal input");
    const end = show(terminal);
    terminal.onData((text) => {
      if (text.length > PASTE_MAX) {
        notice.value = {
          kind: "error",
          text: `That is too much for a terminal (${text.length.toLocaleString("en")} characters). Use the stdin box.`,
        };
      } else typed(text);
    });
    terminal.onResize(({ cols, rows }) => resized(cols, rows));
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      end();
      terminal.dispose();
    };
  }, []);
  return (
    <>
      <div class="screen" ref={place} />
      {stdin.value === null && <p class="hint">Click into it to type; Ctrl+C works.</p>}
    </>
  );
}

/** Writes new output on, and draws anew when the cursor has gone back. */
function show(terminal: Terminal): () => void {
  let chunks: readonly OutputChunk[] = [];
  let written = 0;
  return effect(() => {
    outputVersion.value;
    const upTo = following.value ? Number.POSITIVE_INFINITY : moment.value.position;
    const end = countUpTo(output, upTo);
    if (chunks !== output || end < written) {
      terminal.reset();
      chunks = output;
      written = start(output, end);
    }
    for (; written < end; written++) terminal.write(output[written]!.data);
  });
}

/** Number of chunks written at or before a position. */
function countUpTo(chunks: readonly OutputChunk[], position: number): number {
  let lo = 0;
  let hi = chunks.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (chunks[mid]!.position <= position) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** The first chunk to draw so that not too much is. */
function start(chunks: readonly OutputChunk[], end: number): number {
  let bytes = 0;
  let i = end;
  while (i > 0 && bytes < REDRAW_MAX) bytes += chunks[--i]!.data.length;
  return i;
}
