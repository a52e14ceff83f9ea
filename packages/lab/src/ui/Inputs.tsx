import { signal } from "@preact/signals";
import { args, notice, seed, stdin } from "../page/session.ts";
import { Headers } from "./Headers.tsx";

/** Longer text is kept beside the box: a text area of megabytes makes a page slow. */
const SHOWN_MAX = 100_000;
/** More than this (characters) is not taken as input. */
const INPUT_MAX = 16 * 2 ** 20;
const open = signal(false);

/** Arguments, standard input, seed. */
export function Inputs() {
  const long = (stdin.value?.length ?? 0) > SHOWN_MAX;
  return (
    <div class="inputs">
      <Headers />
      <div class="field">
        <label for="args">Arguments</label>
        <input
          id="args"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={args.value}
          placeholder="none"
          onInput={(e) => {
            args.value = e.currentTarget.value;
          }}
        />
      </div>
      <div class="field seed">
        <label for="seed">Seed</label>
        <input
          id="seed"
          type="number"
          min={0}
          max={2147483647}
          value={seed.value}
          onInput={(e) => {
            const n = e.currentTarget.valueAsNumber;
            if (Number.isInteger(n) && n >= 0 && n < 2 ** 31) seed.value = n;
          }}
        />
      </div>
      <details
        class="field stdin"
        open={open.value || stdin.value !== null}
        onToggle={(e) => {
          open.value = e.currentTarget.open;
        }}
      >
        <summary>stdin (optional){stdin.value === null ? ": the terminal" : ""}</summary>
        {long ? (
          <p>
            {stdin.value!.length.toLocaleString("en")} characters of pasted text.{" "}
            <button
              type="button"
              onClick={() => {
                stdin.value = null;
              }}
            >
              Remove
            </button>
          </p>
        ) : (
          <textarea
            id="stdin"
            aria-label="Standard input (optional)"
            rows={3}
            spellcheck={false}
            value={stdin.value ?? ""}
            onInput={(e) => {
              stdin.value = e.currentTarget.value === "" ? null : e.currentTarget.value;
            }}
            onPaste={onPaste}
          />
        )}
      </details>
    </div>
  );
}

function onPaste(e: ClipboardEvent): void {
  const text = e.clipboardData?.getData("text/plain") ?? "";
  if (text.length <= SHOWN_MAX) return;
  e.preventDefault();
  if (text.length > INPUT_MAX) {
    notice.value = {
      kind: "error",
      text: `The pasted text has ${text.length.toLocaleString("en")} characters; standard input takes 16 million.`,
    };
  } else stdin.value = text;
}
