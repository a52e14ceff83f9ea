import { memoryHash, processorHash, Recording } from "@lstar/replay/record/index.ts";
import { bootRecording } from "../../packages/lstar/src/replayBoot.ts";

/** Replays the recording at a URL, and tells how it ended. */
self.onmessage = async (event: MessageEvent<string>) => {
  try {
    const bytes = new Uint8Array(await (await fetch(event.data)).arrayBuffer());
    const recording = await Recording.openInBrowser(bytes);
    let stdout = "";
    const { k, player } = bootRecording(recording, {
      onOutput: (_stream, b) => {
        stdout += new TextDecoder().decode(b);
      },
    });
    while (player.slice(10_000_000));
    const { crc32 } = recording.codec;
    const { position, processor, memory } = recording.summary ?? { position: -1, processor: -1, memory: -1 };
    self.postMessage({
      end: player.end,
      stdout,
      hashes: { position: k.machine.totalRetired, processor: processorHash(k, crc32), memory: memoryHash(k, crc32) },
      summary: { position, processor, memory },
    });
  } catch (e) {
    self.postMessage({ error: e instanceof Error ? (e.stack ?? e.message) : String(e) });
  }
};
