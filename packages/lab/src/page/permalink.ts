import { effect } from "@preact/signals";
import { rooms } from "../rooms/index.ts";
import { formatLink, LINK_TEXT_MAX, type LinkState, parseLink } from "./link.ts";
import * as session from "./session.ts";

/** What the URL says now. */
export function currentLink(): LinkState {
  const shown = session.loaded.value && !session.running.value;
  return {
    room: session.roomId.value,
    program: session.programName.value,
    args: session.args.value,
    stdin: session.stdin.value,
    seed: session.seed.value,
    moment: shown ? session.moment.value : null,
    task: session.taskPid.value,
    arrivals: shown ? session.arrivals.value : [],
    source: session.edited.value ? session.source.value : null,
  };
}

/** The address of this state of the page; `embed`: without the surroundings. */
export async function linkAddress(embed: boolean): Promise<string> {
  const url = new URL(location.href);
  url.search = embed ? "?embed=1" : "";
  url.hash = await formatLink(currentLink());
  return url.href;
}

/** True if something is too long for a link. */
export function linkIsPartial(): boolean {
  const s = currentLink();
  return (s.source?.length ?? 0) > LINK_TEXT_MAX || (s.stdin?.length ?? 0) > LINK_TEXT_MAX;
}

let written = "";

/** Does what the URL says: chooses the program, and computes up to its moment. */
export async function openLink(): Promise<void> {
  const room = rooms[0]!;
  const fallback = { ...currentLink(), room: room.id, program: room.program, args: "", stdin: null };
  const link = await parseLink(location.hash, fallback);
  const problems = [...link.problems];
  const knownRoom = rooms.some((r) => r.id === link.room);
  if (!knownRoom) problems.push(`there is no room “${link.room.slice(0, 40)}”`);
  session.roomId.value = knownRoom ? link.room : room.id;
  const known = session.list.value.programs.some((p) => p.name === link.program);
  if (!known) problems.push(`there is no program “${link.program.slice(0, 40)}”`);
  session.choose(known ? link.program : room.program);
  session.args.value = link.args;
  session.stdin.value = link.stdin;
  session.seed.value = link.seed;
  if (link.source !== null) session.source.value = link.source;
  // A moment of another program would mean nothing.
  if (link.moment && problems.length === 0) {
    await session.seek(link.moment, link.arrivals);
    if (link.task > 0) session.taskPid.value = link.task;
  }
  if (problems.length > 0) session.notice.value = { kind: "error", text: `This link could not be read in full: ${problems.join("; ")}.` };
}

/** Keeps the URL at what the page shows, and follows it when it is changed by hand. */
export function followLink(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const state = currentLink();
    clearTimeout(timer);
    // Browsers limit how often the address may change.
    timer = setTimeout(async () => {
      written = `#${await formatLink(state)}`;
      if (location.hash !== written) history.replaceState(null, "", written);
    }, 400);
  });
  addEventListener("hashchange", () => {
    if (location.hash !== written) void openLink();
  });
}
