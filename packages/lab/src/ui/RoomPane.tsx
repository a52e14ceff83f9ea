import { bench, choose, edited, list, programName, progress, roomId } from "../page/session.ts";
import { rooms } from "../rooms/index.ts";
import type { Room } from "../rooms/room.ts";

/** To another room. Where nothing has been run or written yet, its program comes with it. */
export function enterRoom(room: Room): void {
  const before = rooms.find((r) => r.id === roomId.value);
  roomId.value = room.id;
  document.querySelector(".pane.room")?.scrollTo(0, 0);
  const untouched = progress.value.status === "empty" && !edited.value && before?.program === programName.value;
  if (untouched && room.program !== programName.value) choose(room.program);
}

/** The chosen room of the chapter. */
export function RoomPane() {
  const room = rooms.find((r) => r.id === roomId.value) ?? rooms[0]!;
  const offer = room.program !== programName.value && list.value.programs.some((p) => p.name === room.program);
  return (
    <section class="pane room" aria-labelledby="room-title">
      <header class="room-head">
        <div>
          <h2 id="room-title">{room.title}</h2>
          <p>{room.lead}</p>
        </div>
        {offer && (
          <button type="button" title="The program that fits this room" onClick={() => choose(room.program)}>
            Open {room.program}.c for it
          </button>
        )}
      </header>
      <room.View bench={bench} key={room.id} />
    </section>
  );
}
