export { HostTape } from "./hostTape.ts";
export { type Course, type LineStep, LineSteps } from "./lines.ts";
export { type Arrival, before, type Companion, type EventNumbers, type Place } from "./place.ts";
export { Timeline, type TimelineOptions } from "./timeline.ts";
