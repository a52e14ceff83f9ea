// Bundles the workspaces into the one published package: packages/lstar/dist. It is made beside the present one and
// takes its place when it is whole, so that whoever runs the command meanwhile, or builds too, is not disturbed.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "packages/lstar/dist");
const out = `${mkdtempSync(join(root, "packages/lstar/.dist-"))}/`;
process.on("exit", () => rmSync(out, { recursive: true, force: true }));
const src = join(root, "packages/lstar/src/");

const common = {
  outdir: out,
  bundle: true,
  platform: "node",
  target: "node20",
  // Names stay: kernel state is stored by class name. Smaller text is quicker to load.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
};
await build({
  ...common,
  entryPoints: { index: `${src}index.ts`, interpreter: `${src}interpreter.ts` },
  splitting: true,
  format: "esm",
  chunkNames: "chunk-[hash]",
});
await build({ ...common, entryPoints: { browser: `${src}browser.ts` }, format: "esm", platform: "browser", target: "es2022" });
// The command is one classic script, so that its compiled form can be kept beside it.
await build({ ...common, entryPoints: { cli: `${src}cli.ts` }, format: "cjs", outExtension: { ".js": ".cjs" } });

// The interpreter's WebAssembly module is the same at every start: generate it now.
const { interpreterBytes } = await import(`${out}interpreter.js`);
writeFileSync(`${out}interpreter.wasm`, interpreterBytes());

// V8's code cache for this version of Node; another version ignores it.
const text = readFileSync(`${out}cli.cjs`, "utf8");
writeFileSync(`${out}cli.cache`, new Script(wrap(text), { filename: join(dist, "cli.cjs") }).createCachedData());

// Types of the public library.
const types = mkdtempSync(join(tmpdir(), "lstar-types-"));
execFileSync(process.execPath, [
  join(root, "node_modules/typescript/bin/tsc"),
  ...["-p", join(root, "tsconfig.types.json"), "--outDir", types],
]);
for (const name of ["index", "browser", "api"]) {
  const text = readFileSync(join(types, `lstar/src/${name}.d.ts`), "utf8");
  writeFileSync(`${out}${name}.d.ts`, text.replaceAll('.ts"', '.js"'));
}
rmSync(types, { recursive: true });

chmodSync(out, 0o755);
// Another build may have put its own there in the meantime.
for (;;) {
  try {
    renameSync(out, dist);
    break;
  } catch (e) {
    if (e.code !== "ENOTEMPTY" && e.code !== "EEXIST") throw e;
  }
  const old = mkdtempSync(join(root, "packages/lstar/.dist-"));
  try {
    renameSync(dist, join(old, "dist"));
  } catch (e) {
    if (e.code !== "ENOENT") throw e;
  }
  rmSync(old, { recursive: true, force: true });
}

/** As bin/lstar.js wraps it. */
function wrap(body) {
  return `(function(require,module,exports,__dirname){${body}\n})`;
}
