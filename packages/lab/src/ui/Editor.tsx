import { cpp } from "@codemirror/lang-cpp";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic as Lint, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { effect } from "@preact/signals";
import { basicSetup } from "codemirror";
import { useEffect, useRef } from "preact/hooks";
import type { Diagnostic } from "../compile/messages.ts";
import { SOURCE_MAX } from "../page/compiler.ts";
import { diagnostics, notice, source, state, taskPid } from "../page/session.ts";

/** A line, and whether the program is in it or in a function of the C library that it called. */
const setLine = StateEffect.define<{ line: number; inside: boolean }>();
const currentLine = Decoration.line({ class: "cm-current" });
const callerLine = Decoration.line({ class: "cm-current cm-caller" });

/** The line that the program is at, lit. */
const lineField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, tr) {
    let lit = value.map(tr.changes);
    for (const e of tr.effects) {
      if (!e.is(setLine)) continue;
      const { line, inside } = e.value;
      const there = line > 0 && line <= tr.state.doc.lines;
      lit = there ? Decoration.set([(inside ? currentLine : callerLine).range(tr.state.doc.line(line).from)]) : Decoration.none;
    }
    return lit;
  },
  provide: (f) => EditorView.decorations.from(f),
});

/** Colours come from the page's variables, so that light and dark follow it. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.controlKeyword], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.character], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool], color: "var(--code-number)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.typeName)], color: "var(--code-type)" },
  { tag: [tags.function(tags.variableName), tags.processingInstruction], color: "var(--code-function)" },
]);

const theme = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": {
    backgroundColor: "var(--selection) !important",
  },
  ".cm-current": { backgroundColor: "var(--lit)", boxShadow: "inset 3px 0 0 var(--accent)" },
  ".cm-caller": { boxShadow: "inset 3px 0 0 color-mix(in srgb, var(--accent) 45%, transparent)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", border: "1px solid var(--line)" },
});

/** A text beyond this would make the page slow for nothing: no such program is compiled. */
const TEXT_MAX = SOURCE_MAX * 2;

function tooLong(length: number): void {
  queueMicrotask(() => {
    notice.value = { kind: "error", text: `That text is too long for the editor (${length.toLocaleString("en")} characters).` };
  });
}

const limit = [
  EditorState.changeFilter.of((tr) => {
    if (!tr.docChanged || tr.newDoc.length <= TEXT_MAX) return true;
    tooLong(tr.newDoc.length);
    return false;
  }),
  // Before the editor cuts it into lines, which takes a third of a second for 10 MB.
  EditorView.domEventHandlers({
    paste: (e) => refused(e, e.clipboardData),
    drop: (e) => refused(e, e.dataTransfer),
  }),
];

function refused(e: Event, data: DataTransfer | null): boolean {
  const { length } = data?.getData("text/plain") ?? "";
  if (length <= TEXT_MAX) return false;
  e.preventDefault();
  tooLong(length);
  return true;
}

/** C source of the program, with the line of the moment lit and the compiler's messages at their lines. */
export function Editor() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = new EditorView({
      parent: place.current!,
      doc: source.peek(),
      extensions: [
        basicSetup,
        cpp(),
        lintGutter(),
        syntaxHighlighting(colours),
        theme,
        lineField,
        limit,
        EditorView.contentAttributes.of({ "aria-label": "C source" }),
        EditorView.updateListener.of((u) => {
          if (u.docChanged) source.value = u.state.doc.toString();
        }),
      ],
    });
    // Without the mouse a long program is scrolled too.
    view.scrollDOM.tabIndex = 0;
    const ends = [
      effect(() => {
        const text = source.value;
        // Comparing lengths first: the whole text is only built when something may differ.
        if (view.state.doc.length === text.length && view.state.doc.toString() === text) return;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      }),
      effect(() => {
        const task = state.value?.tasks.find((t) => t.pid === taskPid.value);
        const line = task?.line || task?.callerLine || 0;
        view.dispatch({ effects: setLine.of({ line, inside: (task?.line ?? 0) > 0 }) });
        if (line > 0 && line <= view.state.doc.lines && !view.hasFocus) scrollTo(view, line);
      }),
      effect(() => {
        view.dispatch(
          setDiagnostics(
            view.state,
            diagnostics.value.map((d) => lintAt(view.state, d)),
          ),
        );
      }),
    ];
    return () => {
      for (const end of ends) end();
      view.destroy();
    };
  }, []);
  return <div class="editor" ref={place} />;
}

/** Scrolls only the editor, never the page. */
function scrollTo(view: EditorView, line: number): void {
  const block = view.lineBlockAt(view.state.doc.line(line).from);
  const { scrollTop, clientHeight } = view.scrollDOM;
  if (block.top < scrollTop || block.bottom > scrollTop + clientHeight) view.scrollDOM.scrollTop = block.top - clientHeight / 3;
}

function lintAt(s: EditorState, d: Diagnostic): Lint {
  const line = s.doc.line(Math.min(Math.max(d.line, 1), s.doc.lines));
  const indent = /^\s*/.exec(line.text)![0].length;
  return { from: Math.min(line.from + indent, line.to), to: line.to, severity: d.severity, message: d.text, source: "tcc" };
}
