import { type RunOptions, run, start } from "../../packages/lstar/src/browser.ts";

/** What the page asks for: argv and options, file contents by URL. */
interface Request {
  argv: string[];
  /** URL of a tar archive that becomes the root. */
  root?: string;
  fetch: Record<string, string>;
  options: RunOptions;
  /** Connect to a port of the guest, send this, and tell what comes; the program is ended then. */
  ask?: { port: number; text: string };
}

/** What a server in the guest answers. */
async function ask(argv: string[], options: RunOptions, { port, text }: { port: number; text: string }): Promise<object> {
  const machine = await start(argv, { ...options, network: true });
  const { readable, writable } = await machine.connect(port, { timeout: 20_000 });
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  let head = "";
  let length = 0;
  const reader = readable.getReader();
  for (let r = await reader.read(); !r.done; r = await reader.read()) {
    if (length === 0) head = new TextDecoder().decode(r.value.subarray(0, 15));
    length += r.value.length;
  }
  machine.signal("SIGTERM");
  return { head, length, status: (await machine.ended).status };
}

self.onmessage = async (event: MessageEvent<Request>) => {
  const { argv, root, fetch: urls, options, ask: asked } = event.data;
  try {
    const files: Record<string, Uint8Array> = {};
    for (const [path, url] of Object.entries(urls)) files[path] = new Uint8Array(await (await fetch(url)).arrayBuffer());
    if (asked) return self.postMessage(await ask(argv, { ...options, files }, asked));
    const result = await run(argv, { ...options, files, root: root ? await (await fetch(root)).blob() : undefined });
    const { status, stdout, stderr, instructions } = result;
    self.postMessage({ status, stdout, stderr, instructions, syscalls: result.syscalls.length });
  } catch (e) {
    self.postMessage({ error: String(e) });
  }
};
