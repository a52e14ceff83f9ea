import type { HostEventKind, Kernel } from "@lstar/kernel/kernel.ts";
import type { Arrival, Companion } from "../place.ts";
import { Timeline, type TimelineOptions } from "../timeline.ts";
import type { Recording } from "./recording.ts";
import type { ReplayHost } from "./replayHost.ts";

/** What arrived during a recorded run, with its places. */
export function recordedArrivals(recording: Recording): Arrival<HostEventKind>[] {
  return recording.places.flatMap((p) => (p.arrival ? [{ position: p.position, turn: p.turn, what: p.arrival }] : []));
}

/**
 * A timeline of a recorded run: it goes forward as the run did, and back. The run is known up to `recording.last`;
 * beyond it, or once `host.divergence` is set, nothing it shows means anything.
 */
export function recordedTimeline(
  k: Kernel,
  recording: Recording,
  host: ReplayHost,
  options: Omit<TimelineOptions<HostEventKind>, "arrivals" | "ownHost"> = {},
): Timeline<HostEventKind> {
  host.onStop = () => {
    k.sched.stopSoon = true;
  };
  const companions: Companion[] = [host, ...(options.companions ?? [])];
  return new Timeline(k, { ...options, companions, arrivals: recordedArrivals(recording), ownHost: true });
}
