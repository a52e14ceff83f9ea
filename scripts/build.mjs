// Bundles the workspaces into the one published package: packages/lstar/dist.
import { rmSync } from "node:fs";
import { build } from "esbuild";

const out = new URL("../packages/lstar/dist/", import.meta.url).pathname;
const src = new URL("../packages/lstar/src/", import.meta.url).pathname;
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: { index: `${src}index.ts`, cli: `${src}cli.ts` },
  outdir: out,
  bundle: true,
  external: ["commander"],
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "linked",
  logLevel: "warning",
  chunkNames: "chunk-[hash]",
});
