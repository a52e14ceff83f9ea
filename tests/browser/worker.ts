import { type RunOptions, run } from "../../packages/lstar/src/browser.ts";

/** What the page asks for: argv and options, file contents by URL. */
interface Request {
  argv: string[];
  /** URL of a tar archive that becomes the root. */
  root?: string;
  fetch: Record<string, string>;
  options: RunOptions;
}

self.onmessage = async (event: MessageEvent<Request>) => {
  const { argv, root, fetch: urls, options } = event.data;
  try {
    const files: Record<string, Uint8Array> = {};
    for (const [path, url] of Object.entries(urls)) files[path] = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const result = await run(argv, { ...options, files, root: root ? await (await fetch(root)).blob() : undefined });
    const { status, stdout, stderr, instructions } = result;
    self.postMessage({ status, stdout, stderr, instructions, syscalls: result.syscalls.length });
  } catch (e) {
    self.postMessage({ error: String(e) });
  }
};
