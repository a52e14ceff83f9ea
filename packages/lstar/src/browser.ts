import { webCodec } from "@lstar/replay/file/webCodec.ts";
import { readSnapshotInBrowser } from "@lstar/replay/snapshot/index.ts";
import type { LoadSnapshot, Run, Start, Travel } from "./api.ts";
import { makeRun, makeStart } from "./library.ts";
import { makeLoadSnapshot, makeTravel } from "./timeTravel.ts";

export type * from "./api.ts";

/** Runs a program out of the files given. Works in a page and in a worker. */
export const run: Run = makeRun(null);

/** Starts a program in a machine that runs beside other code; see RunningMachine. */
export const start: Start = makeStart(null);

/** Starts a program in a run that goes forward and back; see TimeTravel. */
export const travel: Travel = makeTravel(null, webCodec);

/** A run that goes on from a snapshot file. */
export const loadSnapshot: LoadSnapshot = makeLoadSnapshot(null, webCodec, readSnapshotInBrowser);
