import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { about, command, opened, recording } from "../page/recording.ts";
import { openRecording } from "../page/session.ts";

const dropping = signal(false);

/** Opens a file of lstar record: by its name, or dropped anywhere on the page. */
export function OpenRecording() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const over = (e: DragEvent): void => {
      if (!e.dataTransfer?.types.includes("Files")) return;
      e.preventDefault();
      dropping.value = true;
    };
    const leave = (e: DragEvent): void => {
      if (e.relatedTarget === null) dropping.value = false;
    };
    const drop = (e: DragEvent): void => {
      dropping.value = false;
      const file = e.dataTransfer?.files[0];
      if (!file) return;
      e.preventDefault();
      void openRecording(file);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return (
    <>
      <button type="button" class="share-open" onClick={() => input.current?.click()}>
        Open recording…
      </button>
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Recording to open"
        onChange={(e) => {
          const file = e.currentTarget.files?.[0];
          // The same file may be chosen again.
          e.currentTarget.value = "";
          if (file) void openRecording(file);
        }}
      />
      {dropping.value && <p class="banner drop">Drop the recording to open it.</p>}
    </>
  );
}

/** What stands in the program's pane while a recording is open. */
export function RecordingPane() {
  const file = recording.value;
  if (!file) return null;
  return (
    <div class="recording">
      <p>
        <b>{file.name}</b>{" "}
        <button type="button" class="quiet" onClick={() => void openRecording(null)}>
          Close
        </button>
      </p>
      {opened.value && (
        <>
          <p>
            <code>{command.value}</code>
          </p>
          {about.value.map((line) => (
            <p key={line} class="soft">
              {line}
            </p>
          ))}
          <p class="soft">Everything that came from outside comes out of the file, each thing at its place: nothing can be typed.</p>
        </>
      )}
    </div>
  );
}
