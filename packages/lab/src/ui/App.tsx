import { useEffect } from "preact/hooks";
import { recording } from "../page/recording.ts";
import { list, roomId } from "../page/session.ts";
import { rooms } from "../rooms/index.ts";
import { Controls } from "./Controls.tsx";
import { Editor } from "./Editor.tsx";
import { Help, openHelp } from "./Help.tsx";
import { Inputs } from "./Inputs.tsx";
import { onKey } from "./keys.ts";
import { MomentPane } from "./MomentPane.tsx";
import { ProgramPicker } from "./ProgramPicker.tsx";
import { OpenRecording, RecordingPane } from "./Recording.tsx";
import { enterRoom, RoomPane } from "./RoomPane.tsx";
import { Share } from "./Share.tsx";
import { SourceDialog } from "./SourceDialog.tsx";
import { TerminalPane } from "./TerminalPane.tsx";
import { TimelinePane } from "./TimelinePane.tsx";

/** The whole page. In a frame of another page the styles leave out what it does not need. */
export function App() {
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    document.querySelector(".room-tab[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [roomId.value]);
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
                  class="room-tab"
                  title={room.lead}
                  aria-current={roomId.value === room.id ? "page" : undefined}
                  onClick={() => enterRoom(room)}
                >
                  {room.title}
                </button>
              </li>
            ))}
          </ul>
        </nav>
        <div class="top-end">
          <OpenRecording />
          <Share />
          <button type="button" aria-label="Help and keys" title="Help and keys (?)" onClick={openHelp}>
            ?
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <Controls />
        {list.value.programs.length > 0 && !list.value.compiler && !list.value.programs.some((p) => p.built) && (
          <p class="banner">
            No C compiler was found on the machine that built this page (musl-gcc, gcc or tcc), so the example programs are not there.
          </p>
        )}
        <Jumps />
        <section class="pane program" aria-labelledby="program-title">
          <header class="pane-head">
            <h2 id="program-title">Program</h2>
            {recording.value === null && <ProgramPicker />}
          </header>
          {recording.value === null ? (
            <>
              <Editor />
              <Inputs />
            </>
          ) : (
            <RecordingPane />
          )}
        </section>
        <TerminalPane />
        <TimelinePane />
        <div class="beside">
          <MomentPane />
          <RoomPane />
        </div>
      </main>
      <SourceDialog />
      <Help />
    </>
  );
}

const places = [
  ["Program", ".pane.program"],
  ["Terminal", ".pane.terminal"],
  ["Timeline", ".pane.timeline"],
  ["Moment", ".pane.moment"],
  ["Room", ".pane.room"],
] as const;

/** On a small screen the panes lie below each other: where to go from here. */
function Jumps() {
  return (
    <nav class="jumps" aria-label="Parts of the page">
      {places.map(([name, selector]) => (
        <button key={name} type="button" onClick={() => document.querySelector(selector)?.scrollIntoView({ behavior: "smooth" })}>
          {name}
        </button>
      ))}
    </nav>
  );
}
