import { computed, signal } from "@preact/signals";
import type { OpenedRecording } from "../protocol.ts";
import { timeText } from "./describe.ts";

/** A recording that stands in the place of a program: its file's name and bytes. */
export const recording = signal<{ readonly name: string; readonly bytes: Uint8Array } | null>(null);
/** What it holds, once the machine has opened it. */
export const opened = signal<Omit<OpenedRecording, "progress"> | null>(null);

const word = (w: string): string => (/^[\w./:=@%+,-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`);

/** Its command, as one would type it. */
export const command = computed(() => opened.value?.argv.map(word).join(" ") ?? "");

/** Where it comes from and how long it is. */
export const about = computed(() => {
  const o = opened.value;
  if (!o) return [];
  const date = new Date(o.created);
  return [
    `recorded ${Number.isNaN(date.getTime()) ? "" : date.toLocaleString("en")} by lstar ${o.lstar} on ${o.platform}`,
    `${o.instructions.toLocaleString("en")} instructions${o.time < 0 ? "" : `, ${timeText(o.time)}`}, ${o.clock} clock, seed ${o.seed}`,
    ...(o.cut ? ["its recorder was stopped before the program ended"] : []),
  ];
});
