import { effect } from "@preact/signals";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef } from "preact/hooks";
import { afterFrame } from "../page/frame.ts";
import { following, moment, notice, output, outputVersion, progress, resized, stdin, typed } from "../page/session.ts";

/** What is typed or pasted at once, in characters. */
const PASTE_MAX = 64 * 1024;
/** When the terminal is drawn anew, this much (bytes) of the output before the cursor is. */
const REDRAW_MAX = 128 * 1024;
/** Bytes written to it in one frame. */
const WRITE_MAX = 8 * 1024;
/** A size that lasts this long (ms) has settled. */
const RESIZE_MS = 300;

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
    const endFocus = effect(() => {
      // Who has just pressed Run types next.
      const from = document.activeElement;
      if (progress.value.status !== "waiting" || stdin.peek() !== null) return;
      if (from === null || from === document.body || from.matches("button.primary")) terminal.focus();
    });
    terminal.onData((text) => {
      if (text.length > PASTE_MAX) tooMuch(text.length);
      else typed(text);
    });
    // Before the terminal looks through it, which takes most of a second for 10 MB.
    const onPaste = (e: ClipboardEvent): void => {
      const { length } = e.clipboardData?.getData("text/plain") ?? "";
      if (length <= PASTE_MAX) return;
      e.preventDefault();
      e.stopPropagation();
      tooMuch(length);
    };
    place.current!.addEventListener("paste", onPaste, true);
    const endResizes = tellResizes(terminal);
    const observer = new ResizeObserver(() => fit.fit());
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      endResizes();
      end();
      endFocus();
      terminal.dispose();
    };
  }, []);
  const waiting = progress.value.status === "waiting" && stdin.value === null;
  return (
    <section class={waiting ? "pane terminal waiting" : "pane terminal"} aria-labelledby="terminal-title">
      <header class="pane-head">
        <h2 id="terminal-title">Terminal</h2>
        <span class="hint">{hint(waiting)}</span>
      </header>
      <div class="screen" ref={place} />
    </section>
  );
}

/**
 * Tells the guest of a new size once it has settled, and only after the window has changed: that a message takes a line
 * of the page is no reason for a SIGWINCH.
 */
function tellResizes(terminal: Terminal): () => void {
  let windowChanged = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onWindow = (): void => {
    windowChanged = true;
  };
  addEventListener("resize", onWindow);
  terminal.onResize(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (windowChanged) resized(terminal.cols, terminal.rows);
      windowChanged = false;
    }, RESIZE_MS);
  });
  return () => {
    clearTimeout(timer);
    removeEventListener("resize", onWindow);
  };
}

function tooMuch(length: number): void {
  notice.value = {
    kind: "error",
    text: `That is too much for a terminal (${length.toLocaleString("en")} characters). Use the stdin box.`,
  };
}

function hint(waiting: boolean): string {
  if (stdin.value !== null) return "Standard input comes from the box";
  return waiting ? "It waits: type here, then press Enter" : "Click into it to type; Ctrl+C works";
}

/**
 * Writes new output on, and draws anew when the cursor has gone back. One piece at a time: what comes faster than
 * the terminal draws is left out, as it would have scrolled away.
 */
function show(terminal: Terminal): () => void {
  let from = output;
  let written = 0;
  let busy = false;
  let ended = false;
  const draw = (): void => {
    if (busy || ended) return;
    const end = following.peek() ? output.length : output.lengthAt(moment.peek().position);
    if (from !== output || end < written || end - written > REDRAW_MAX) {
      terminal.reset();
      from = output;
      written = Math.max(0, end - REDRAW_MAX);
    }
    if (end <= written) return;
    const next = Math.min(end, written + WRITE_MAX);
    const piece = output.slice(written, next).slice();
    written = next;
    busy = true;
    terminal.write(piece, () =>
      afterFrame(() => {
        busy = false;
        draw();
      }),
    );
  };
  const stop = effect(() => {
    outputVersion.value;
    following.value;
    moment.value;
    draw();
  });
  return () => {
    ended = true;
    stop();
  };
}
