import type { Room } from "./room.ts";
import { systemCalls } from "./systemCalls.tsx";

/** The rooms of the chapter, in the order of the navigation. A new room is a new row. */
export const rooms: readonly Room[] = [systemCalls];
