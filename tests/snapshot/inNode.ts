import { readFileSync } from "node:fs";
import { nodeCodec } from "@lstar/replay/file/nodeCodec.ts";
import { readSnapshot } from "@lstar/replay/snapshot/index.ts";
import { version } from "../../packages/lstar/src/version.ts";
import { goOn } from "./goOn.ts";

/** Another process: takes each snapshot file to its end and prints how that was. */
for (const path of process.argv.slice(2))
  process.stdout.write(`${JSON.stringify(goOn(readSnapshot(new Uint8Array(readFileSync(path)), nodeCodec, version)))}\n`);
