import { isMoving, pause, run, running, step } from "../page/session.ts";
import { openHelp } from "./Help.tsx";

/** Function keys, as debuggers have them; `?` opens the help. Other letters only work inside the timeline. */
export function onKey(e: KeyboardEvent): void {
  if (e.key === "F8") void (running.value ? pause() : run());
  else if (e.key === "F10") {
    if (!e.repeat || !isMoving()) void step(e.ctrlKey ? "instruction" : "line", e.shiftKey ? -1 : 1);
  } else if (e.key === "?" && !isTyping(e.target)) openHelp();
  else return;
  e.preventDefault();
}

/** Is this where text goes? */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
