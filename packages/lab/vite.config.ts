import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/**
 * iced-x86 is published for Node: it reads its WebAssembly from the disk when it is loaded. In the page `start` makes
 * it of what it is given; the rest of the module is as published.
 */
function icedForBrowsers(): Plugin {
  return {
    name: "iced-x86-for-browsers",
    enforce: "pre",
    transform(code, id) {
      if (!/iced-x86[\\/]iced_x86\.js$/.test(id)) return null;
      const loader = code.indexOf("const path = require('path')");
      if (loader < 0) throw new Error("iced-x86 loads its WebAssembly in a way that vite.config.ts does not know");
      const body = code
        .slice(0, loader)
        .replace("const { TextDecoder, TextEncoder } = require(`util`);", "")
        // The names of all 4,900 instruction forms: most of the module, and nothing here asks for them.
        .replace(/^module\.exports\.Code = Object\.freeze\(.*$/m, "");
      const names = [...new Set([...body.matchAll(/^module\.exports\.([A-Z]\w*) = /gm)].map((m) => m[1]))];
      return {
        code: `const module = { exports: {} };
const inside = (() => {
${body}
return { imports, begin(exports) { wasm = exports; } };
})();
export async function start(response) {
  const { instance } = await WebAssembly.instantiate(await (await response).arrayBuffer(), inside.imports);
  inside.begin(instance.exports);
}
${names.map((n) => `export const ${n} = module.exports.${n};`).join("\n")}
`,
        map: null,
      };
    },
  };
}

/** The lab's page: static files with relative addresses, so that it may lie anywhere on a web host. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [icedForBrowsers()],
  optimizeDeps: { exclude: ["iced-x86"] },
  worker: { format: "es", rolldownOptions: { output: { keepNames: true } } },
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
    // Kernel state is stored by class name: names stay.
    rolldownOptions: { output: { keepNames: true } },
  },
});
