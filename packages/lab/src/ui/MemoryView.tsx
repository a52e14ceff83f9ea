import { signal, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { CodeLine } from "../page/disassembler.ts";
import { bench, isMoving, moment, running, stale, state, taskPid } from "../page/session.ts";
import { symbolAt, symbolText } from "../page/symbols.ts";
import type { Moment, TaskView } from "../protocol.ts";

/** The cursor must rest this long (ms) before memory is asked for. */
const REST = 120;
/** Instructions shown before and after the next one. */
const BEFORE = 3;
const AFTER = 6;
/** A function's code is read from its beginning only if that lies this near (bytes). */
const FUNCTION_MAX = 32 * 1024;
const WORDS = 24;
const ROWS = 16;

/** Open from the start where the pane has a column of its own. */
const wide = matchMedia("(min-width: 76rem) and (min-height: 36rem)").matches;
export const codeOpen = signal(wide);
const memoryOpen = signal(wide);
/** Where the memory view looks: a register or an address. */
const place = signal("rsp");

interface Memory {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A register's value, or a hexadecimal address; -1 if it is none of user space. */
function addressOf(task: TaskView, text: string): number {
  const value = task.registers.gpr[text.trim().toLowerCase()] ?? /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text.trim())?.[1];
  const n = value === undefined ? Number.NaN : Number.parseInt(value, 16);
  return n >= 0 && n < 2 ** 47 ? n : -1;
}

/** Asks once the cursor rests; `get` may give null, then nothing is asked. */
function useAtRest<T>(get: (task: TaskView, at: Moment) => Promise<T> | null, open: () => boolean): T | null {
  const found = useSignal<T | null>(null);
  useSignalEffect(() => {
    const view = state.value;
    const task = view?.tasks.find((t) => t.pid === taskPid.value);
    const at = moment.value;
    if (!open() || stale.value || running.value || !task) return undefined;
    let wanted = true;
    const timer = setTimeout(async () => {
      if (isMoving()) return;
      try {
        const value = await get(task, at);
        if (wanted) found.value = value;
      } catch {
        // The machine was reset: what is shown is dropped with it.
      }
    }, REST);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  });
  return found.value;
}

async function read(task: TaskView, at: Moment, address: number, length: number): Promise<Memory> {
  const bytes = await bench.ask({ type: "memory", moment: at, pid: task.pid, address: address.toString(16), length });
  return { address, bytes };
}

async function code(task: TaskView, at: Moment): Promise<readonly CodeLine[]> {
  const rip = addressOf(task, "rip");
  if (rip < 0) return [];
  const from = symbolAt(rip)?.address ?? rip;
  const start = rip - from <= FUNCTION_MAX ? from : rip;
  const [{ disassemble }, { bytes }] = await Promise.all([
    import("../page/disassembler.ts"),
    read(task, at, start, rip - start + AFTER * 15 + 15),
  ]);
  const lines = disassemble(bytes, start, FUNCTION_MAX);
  const here = lines.findIndex((l) => l.address === rip);
  // A jump into the midst of an instruction: then only what follows is certain.
  if (here < 0) return disassemble(bytes.subarray(rip - start), rip, AFTER + 1);
  return lines.slice(Math.max(0, here - BEFORE), here + AFTER + 1);
}

/** The instructions around the next one. */
export function CodeView({ task }: { task: TaskView }) {
  const lines = useAtRest(code, () => codeOpen.value);
  const rip = addressOf(task, "rip");
  return (
    <details
      class="part"
      open={codeOpen.value}
      onToggle={(e) => {
        codeOpen.value = e.currentTarget.open;
      }}
    >
      <summary>Code{rip >= 0 && symbolText(rip) ? ` at ${symbolText(rip)}` : ""}</summary>
      {lines && lines.length > 0 ? (
        <Box>
          <table class="listing" aria-label="Instructions around the next one">
            <tbody>
              {lines.map((l) => (
                <tr key={l.address} aria-current={l.address === rip ? "true" : undefined} title={l.bytes}>
                  <th scope="row">{l.address.toString(16)}</th>
                  <td>{l.text}</td>
                  <td class="note">{l.target}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Box>
      ) : (
        <p class="hint">{lines ? "The page of this code is not in memory at this moment." : "…"}</p>
      )}
    </details>
  );
}

/** The stack, or any memory of the task. */
export function MemoryView({ task }: { task: TaskView }) {
  const found = useAtRest(
    (t, at) => {
      const address = addressOf(t, place.value);
      return address < 0 ? null : read(t, at, address, place.value === "rsp" ? WORDS * 8 : ROWS * 16);
    },
    () => memoryOpen.value && place.value !== "",
  );
  const good = addressOf(task, place.value) >= 0;
  return (
    <details
      class="part"
      open={memoryOpen.value}
      onToggle={(e) => {
        memoryOpen.value = e.currentTarget.open;
      }}
    >
      <summary>{place.value === "rsp" ? "Stack" : "Memory"}</summary>
      <div class="where-from">
        <label for="memory-at">from</label>
        <input
          id="memory-at"
          list="memory-places"
          spellcheck={false}
          autocomplete="off"
          title="A register or an address"
          value={place.value}
          aria-invalid={!good}
          onChange={(e) => {
            place.value = e.currentTarget.value.trim() || "rsp";
          }}
        />
        <datalist id="memory-places">
          {["rsp", "rbp", "rdi", "rsi", "rdx", "rax"].map((r) => (
            <option key={r} value={r} />
          ))}
        </datalist>
      </div>
      {!good ? (
        <p class="hint">This is no register and no address of user space.</p>
      ) : !found ? (
        <p class="hint">…</p>
      ) : found.bytes.length === 0 ? (
        <p class="hint">No page is there at this moment.</p>
      ) : place.value === "rsp" ? (
        <Words memory={found} task={task} />
      ) : (
        <Dump memory={found} />
      )}
    </details>
  );
}

function word(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 7; i >= 0; i--) text += bytes[at + i]!.toString(16).padStart(2, "0");
  return text;
}

function ascii(bytes: Uint8Array): string {
  return [...bytes].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : "·")).join("");
}

/** A listing that scrolls by itself, with the keyboard too. */
function Box({ children }: { children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class="listing-box" tabIndex={0}>
      {children}
    </div>
  );
}

/** Eight bytes a row, with what they may mean. */
function Words({ memory, task }: { memory: Memory; task: TaskView }) {
  const rows = Array.from({ length: Math.floor(memory.bytes.length / 8) }, (_, i) => i);
  const rbp = addressOf(task, "rbp");
  return (
    <Box>
      <table class="listing" aria-label="The stack, from rsp on">
        <tbody>
          {rows.map((i) => {
            const bytes = memory.bytes.subarray(i * 8, i * 8 + 8);
            const value = word(memory.bytes, i * 8);
            const address = memory.address + i * 8;
            const symbol = symbolText(Number.parseInt(value, 16));
            return (
              <tr key={i} aria-current={i === 0 ? "true" : undefined}>
                <th scope="row">{i === 0 ? "rsp" : address === rbp ? "rbp" : `+${(i * 8).toString(16)}`}</th>
                <td title={`at ${address.toString(16)}`}>{value}</td>
                <td class="note">{symbol || (/[!-~]{3}/.test(ascii(bytes)) ? ascii(bytes) : "")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Box>
  );
}

/** Sixteen bytes a row, with their letters. */
function Dump({ memory }: { memory: Memory }) {
  const rows = Array.from({ length: Math.ceil(memory.bytes.length / 16) }, (_, i) => memory.bytes.subarray(i * 16, i * 16 + 16));
  return (
    <Box>
      <table class="listing" aria-label="Bytes of memory">
        <tbody>
          {rows.map((bytes, i) => (
            <tr key={i}>
              <th scope="row">{(memory.address + i * 16).toString(16)}</th>
              <td>{[...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ")}</td>
              <td class="note">{ascii(bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Box>
  );
}
