import { useEffect } from "preact/hooks";
import { isMoving, list, pause, roomId, run, running, step } from "../page/session.ts";
import { rooms } from "../rooms/index.ts";
import { Controls } from "./Controls.tsx";
import { Editor } from "./Editor.tsx";
import { Inputs } from "./Inputs.tsx";
import { MomentPane } from "./MomentPane.tsx";
import { ProgramPicker } from "./ProgramPicker.tsx";
import { RoomPane } from "./RoomPane.tsx";
import { Share } from "./Share.tsx";
import { SourceDialog } from "./SourceDialog.tsx";
import { TerminalPane } from "./TerminalPane.tsx";
import { TimelinePane } from "./TimelinePane.tsx";

/** The whole page. With `embed` it is only what a frame in another page needs. */
export function App({ embed }: { embed: boolean }) {
  useEffect(() => {
    document.documentElement.classList.toggle("embed", embed);
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [embed]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the program
      </a>
      <header class="top">
        <h1 class="brand">
          <span class="brand-name">lstar</span> <span class="brand-what">lab</span>
        </h1>
        <nav aria-label="Rooms of the chapter">
          <ul>
            {rooms.map((room) => (
              <li key={room.id}>
                <button
                  type="button"
                  aria-current={roomId.value === room.id ? "page" : undefined}
                  onClick={() => {
                    roomId.value = room.id;
                  }}
                >
                  {room.title}
                </button>
              </li>
            ))}
          </ul>
        </nav>
        <Share />
      </header>
      <main id="main" tabIndex={-1}>
        <Controls />
        {list.value.programs.length > 0 && !list.value.compiler && !list.value.programs.some((p) => p.built) && (
          <p class="banner">
            No C compiler was found on the machine that built this page (musl-gcc, gcc or tcc), so the example programs are not there.
          </p>
        )}
        <div class="work">
          <section class="pane program" aria-labelledby="program-title">
            <header class="pane-head">
              <h2 id="program-title">Program</h2>
              <ProgramPicker />
            </header>
            <Editor />
            <Inputs />
          </section>
          <section class="pane terminal" aria-labelledby="terminal-title">
            <header class="pane-head">
              <h2 id="terminal-title">Terminal</h2>
            </header>
            <TerminalPane />
          </section>
          <MomentPane />
          <RoomPane />
        </div>
        <TimelinePane />
      </main>
      <SourceDialog />
    </>
  );
}

/** Function keys, as debuggers have them. Single letters only work inside the timeline. */
function onKey(e: KeyboardEvent): void {
  if (e.key === "F8") void (running.value ? pause() : run());
  else if (e.key === "F10") {
    if (!e.repeat || !isMoving()) void step(e.ctrlKey ? "instruction" : "line", e.shiftKey ? -1 : 1);
  } else return;
  e.preventDefault();
}
