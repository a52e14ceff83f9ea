import { readSnapshotInBrowser } from "@lstar/replay/snapshot/index.ts";
import { version } from "../../packages/lstar/src/version.ts";
import { goOn } from "./goOn.ts";

/** A worker in a page: is given the address of a snapshot file, takes it to its end and tells how that was. */
self.onmessage = async (event: MessageEvent<string>) => {
  try {
    const bytes = new Uint8Array(await (await fetch(event.data)).arrayBuffer());
    self.postMessage(goOn(await readSnapshotInBrowser(bytes, version)));
  } catch (e) {
    self.postMessage({ error: String(e) });
  }
};
