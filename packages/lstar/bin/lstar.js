#!/usr/bin/env node
// Loads the bundled command with V8's code cache: most of a short run's time is compiling it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const filename = `${dist}cli.cjs`;
let cachedData;
try {
  cachedData = readFileSync(`${dist}cli.cache`);
} catch {
  // Without the cache it only starts more slowly.
}
const source = `(function(require,module,exports,__dirname){${readFileSync(filename, "utf8")}\n})`;
const run = new Script(source, { filename, cachedData }).runInThisContext();
const module = { exports: {} };
run(createRequire(filename), module, module.exports, dist);
