export { HostTape } from "./hostTape.ts";
export { type Arrival, before, type Companion, type EventNumbers, type Place } from "./place.ts";
export { Timeline, type TimelineOptions } from "./timeline.ts";
