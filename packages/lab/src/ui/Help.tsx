import { signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";

const open = signal(false);

export function openHelp(): void {
  open.value = true;
}

type Row = readonly [keys: readonly string[], what: string];

const anywhere: readonly Row[] = [
  [["F8"], "Run, or pause"],
  [["F10"], "Step by one C line"],
  [["Shift", "F10"], "Back by one C line"],
  [["Ctrl", "F10"], "Step by one instruction (with Shift: back)"],
  [["?"], "This help"],
];
const onTimeline: readonly Row[] = [
  [["←", "→"], "To the event before or after"],
  [["Shift", "←", "→"], "To the system call of this task before or after"],
  [["↑", "↓"], "Look at the task above or below"],
  [["Home", "End"], "To the first or last event"],
  [["+", "−", "0"], "Zoom in, zoom out, show all"],
  [["/"], "Search"],
  [["N", "Shift N"], "To the next or previous event found"],
];
const pointer: readonly Row[] = [
  [["Click"], "Moves the cursor of time; all panes follow"],
  [["Drag"], "Moves what is in sight"],
  [["Ctrl", "wheel"], "Zooms; two fingers do too"],
  [["Overview"], "Drag over the strip above the lanes to see that stretch"],
];

function Keys({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What the page is, and its keys. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useSignalEffect(() => {
    if (open.value && !dialog.current?.open) dialog.current?.showModal();
  });
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => {
        open.value = false;
      }}
    >
      <div class="pane-head">
        <h2 id="help-title">How the lab works</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <p>
        A Linux kernel and an x86-64 processor run in this page. A program runs on them, and every instruction of that run can be gone back
        to: there is one <b>cursor of time</b>, and the source line, registers, kernel function, terminal, timeline and room all show the
        machine as it was there.
      </p>
      <div class="help-columns">
        <Keys title="Anywhere" rows={anywhere} />
        <Keys title="In the timeline" rows={onTimeline} />
        <Keys title="With a pointer, in the timeline" rows={pointer} />
      </div>
      <p class="soft">
        The address of the page is a link to what you see: program, input, seed and moment. Share has it, and a frame for other pages.
      </p>
    </dialog>
  );
}
