import { bench, choose, list, programName, roomId } from "../page/session.ts";
import { rooms } from "../rooms/index.ts";

/** The chosen room of the chapter. */
export function RoomPane() {
  const room = rooms.find((r) => r.id === roomId.value) ?? rooms[0]!;
  const offer = room.program !== programName.value && list.value.programs.some((p) => p.name === room.program);
  return (
    <section class="pane room" aria-labelledby="room-title">
      <header class="room-head">
        <h2 id="room-title">{room.title}</h2>
        <p>{room.lead}</p>
        {offer && (
          <button type="button" onClick={() => choose(room.program)}>
            Open {room.program}.c for it
          </button>
        )}
      </header>
      <room.View bench={bench} key={room.id} />
    </section>
  );
}
