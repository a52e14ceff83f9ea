import { readFileSync, statSync } from "node:fs";
import { NodeFiles } from "@lstar/host/node/files.ts";
import { NodeOutgoing, parseAllow } from "@lstar/host/node/outgoing.ts";
import { Publisher, parsePublish } from "@lstar/host/node/publish.ts";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { readSnapshot } from "@lstar/replay/snapshot/index.ts";
import type { LoadSnapshot, Run, Start, Travel } from "./api.ts";
import { makeRun, makeStart, type Platform } from "./library.ts";
import { makeLoadSnapshot, makeTravel } from "./timeTravel.ts";

export type * from "./api.ts";

const platform: Platform = {
  files: new NodeFiles(),
  bringIn: (path) => {
    try {
      return { bytes: readFileSync(path), mode: statSync(path).mode & 0o777 };
    } catch {
      return null;
    }
  },
  publish: (gateway, texts) =>
    Publisher.open(
      gateway,
      texts.map((text) => {
        const spec = parsePublish(text);
        if (typeof spec === "string") throw new Error(`publish ${JSON.stringify(text)}: ${spec}`);
        return spec;
      }),
    ),
  allow: (gateway, texts) =>
    new NodeOutgoing(
      gateway,
      texts.flatMap((text) => {
        const specs = parseAllow(text);
        if (typeof specs === "string") throw new Error(`allowConnect ${JSON.stringify(text)}: ${specs}`);
        return specs;
      }),
    ),
};

/** Runs a program; see RunOptions. A host program of the given path is brought in if the guest has none. */
export const run: Run = makeRun(platform);

/** Starts a program in a machine that runs beside other code; see RunningMachine. */
export const start: Start = makeStart(platform);

/** Starts a program in a run that goes forward and back; see TimeTravel. */
export const travel: Travel = makeTravel(platform, nodeCodec);

/** A run that goes on from a snapshot file. */
export const loadSnapshot: LoadSnapshot = makeLoadSnapshot(platform, nodeCodec, async (bytes, version) =>
  readSnapshot(bytes, nodeCodec, version),
);
