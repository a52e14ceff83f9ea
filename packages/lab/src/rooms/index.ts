import { copiesRoom } from "./copies.tsx";
import { epollRoom } from "./epoll.tsx";
import { pointersRoom } from "./pointersRoom.tsx";
import { processesRoom } from "./processes.tsx";
import type { Room } from "./room.ts";
import { signalsRoom } from "./signals.tsx";
import { systemCalls } from "./systemCalls.tsx";
import { uringRoom } from "./uring.tsx";
import { vdsoRoom } from "./vdso.tsx";

/** The rooms of the chapter, in the order of the navigation. A new room is a new row. */
export const rooms: readonly Room[] = [systemCalls, vdsoRoom, epollRoom, uringRoom, copiesRoom, signalsRoom, processesRoom, pointersRoom];
