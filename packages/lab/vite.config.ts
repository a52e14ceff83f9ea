import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The lab's page: static files with relative addresses, so that it may lie anywhere on a web host. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
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
