import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { linkAddress, linkIsPartial } from "../page/permalink.ts";
import { recording } from "../page/recording.ts";

const link = signal("");
const frame = signal("");
const copied = signal("");

async function fill(): Promise<void> {
  link.value = await linkAddress(false);
  const src = (await linkAddress(true)).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  frame.value = `<iframe src="${src}" width="100%" height="640" style="border:1px solid #8884" title="lstar lab"></iframe>`;
}

async function copy(what: string, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    copied.value = `${what} copied.`;
  } catch {
    copied.value = "Select the text and copy it: this browser does not allow the button to.";
  }
}

/** A link to what is seen now, and a frame of it for other pages. */
export function Share() {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button
        type="button"
        class="share-open"
        disabled={recording.value !== null}
        title={recording.value === null ? undefined : "A link cannot hold a recording: share the file"}
        onClick={async () => {
          copied.value = "";
          await fill();
          dialog.current?.showModal();
        }}
      >
        Share
      </button>
      <dialog ref={dialog} class="share" aria-labelledby="share-title">
        <div class="pane-head">
          <h2 id="share-title">Share this moment</h2>
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        <p class="soft">The link holds program, arguments, stdin, seed and moment: whoever opens it sees the same, to the instruction.</p>
        {linkIsPartial() && <p class="notice error">The source or stdin is too long for a link and is left out.</p>}
        <label for="share-link">Link</label>
        <div class="copy">
          <input id="share-link" readOnly value={link.value} />
          <button type="button" onClick={() => void copy("Link", link.value)}>
            Copy link
          </button>
        </div>
        <label for="share-frame">Embed</label>
        <div class="copy">
          <textarea id="share-frame" readOnly rows={4} value={frame.value} />
          <button type="button" onClick={() => void copy("Frame", frame.value)}>
            Copy frame
          </button>
        </div>
        <p role="status">{copied.value}</p>
      </dialog>
    </>
  );
}
