import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshDirectory, lstar, root, run } from "../native.ts";

/** Programs that npm installs for Linux: a static Go binary and a Rust one. */
const env = { PATH: "/usr/bin:/bin", HOME: "/root" };

it("esbuild (Go, static) bundles two modules", { timeout: 60_000 }, async () => {
  const dir = freshDirectory();
  try {
    mkdirSync(join(dir.path, "src"));
    writeFileSync(join(dir.path, "src/a.js"), 'import { twice } from "./b.js";\nconsole.log(twice(21));\n');
    writeFileSync(join(dir.path, "src/b.js"), "export const twice = (x) => x * 2;\nexport const unused = 1;\n");
    const esbuild = join(root, "node_modules/@esbuild/linux-x64/bin/esbuild");
    const args = ["--bundle", "--minify", "--log-level=error", "src/a.js"];
    const real = await run(esbuild, args, { cwd: dir.path, env });
    expect(await lstar(["run", "--root", "/", "--cwd", dir.path, esbuild, ...args])).toEqual(real);
    expect(real.status).toBe(0);
  } finally {
    dir.remove();
  }
});

it("biome (Rust) formats its input", { timeout: 60_000 }, async () => {
  const biome = join(root, "node_modules/@biomejs/cli-linux-x64/biome");
  const input = "const  x={a:1 ,b:[1,2,3]}\nif(x.a){ console.log( x ) }\n";
  const r = await lstar(["run", "--root", "/", "--cwd", "/tmp", biome, "format", "--stdin-file-path=x.js"], { input });
  expect(r.stdout).toBe("const x = { a: 1, b: [1, 2, 3] };\nif (x.a) {\n\tconsole.log(x);\n}\n");
  expect(r.status).toBe(0);
});

it("biome (Rust, static musl) formats its input as natively", { timeout: 60_000 }, async () => {
  const biome = join(root, ".cache/npm/biome-musl/package/biome");
  if (!existsSync(biome)) throw new Error(`${biome} is missing: run node scripts/fetch-musl.mjs`);
  const input = "const  x={a:1 ,b:[1,2,3]}\nif(x.a){ console.log( x ) }\nclass  A{ m( ){return  1} }\n";
  const dir = freshDirectory();
  try {
    const args = ["format", "--stdin-file-path=x.js"];
    const ours = await lstar(["run", "--root", "/", "--cwd", dir.path, biome, ...args], { input });
    expect(ours).toEqual(await run(biome, args, { cwd: dir.path, env, input }));
    expect(ours.status).toBe(0);
  } finally {
    dir.remove();
  }
});
