export { Player, type ReplayEnd } from "./player.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export { type PlaceEvent, Recording } from "./recording.ts";
export { type BringIn, RecordingHost } from "./recordingHost.ts";
export { type Divergence, type HostShape, hostShape, ReplayHost } from "./replayHost.ts";
export { memoryHash, processorHash } from "./stateHash.ts";
export type { RunEndText, RunSummary } from "./summary.ts";
export { recordedArrivals, recordedTimeline } from "./timeline.ts";
