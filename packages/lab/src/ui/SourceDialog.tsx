import { signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { fetchSource } from "../page/kernelIndex.ts";

const shown = signal<{ file: string; line: number; text: string } | null>(null);

/** Shows a file of the kernel of this repository at a line. */
export async function openSource(file: string, line: number): Promise<void> {
  let text: string;
  try {
    text = await fetchSource(file);
  } catch (e) {
    text = e instanceof Error ? e.message : String(e);
  }
  shown.value = { file, line, text };
}

/** The kernel's source, read only. */
export function SourceDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  useSignalEffect(() => {
    if (!shown.value) return;
    dialog.current?.showModal();
    requestAnimationFrame(() => dialog.current?.querySelector(".at")?.scrollIntoView({ block: "center" }));
  });
  const s = shown.value;
  return (
    <dialog
      ref={dialog}
      class="source"
      aria-label="Kernel source"
      onClose={() => {
        shown.value = null;
      }}
    >
      {s && (
        <>
          <div class="pane-head">
            <h2>
              {s.file}:{s.line}
            </h2>
            <button type="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>
            {s.text.split("\n").map((text, i) => (
              <span key={i} class={i + 1 === s.line ? "at" : undefined} data-line={i + 1}>
                {`${text}\n`}
              </span>
            ))}
          </pre>
        </>
      )}
    </dialog>
  );
}
