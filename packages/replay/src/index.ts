export { EVENT_KINDS, type EventName, EventRecorder, type RunEvent } from "./events.ts";
export { HostTape } from "./hostTape.ts";
export { type Change, lastChange, physicalOf } from "./lastWrite.ts";
export { type Course, type LineStep, LineSteps } from "./lines.ts";
export { type Arrival, before, type Companion, type EventNumbers, type Place } from "./place.ts";
export { Timeline, type TimelineOptions } from "./timeline.ts";
