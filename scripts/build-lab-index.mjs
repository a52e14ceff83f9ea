// Writes packages/lab/public/kernel.json: where each kernel function lies here, and which of Linux's it stands for,
// from the @linux tags; and copies the kernel's sources beside it for the page's source view.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const kernel = join(root, "packages/kernel/src");
const out = join(root, "packages/lab/public");

function* sources(dir) {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) yield* sources(path);
    else if (e.name.endsWith(".ts") && !e.name.endsWith(".test.ts")) yield path;
  }
}

/** The function declared first at or after a line, if nothing else comes between. */
function declared(lines, from) {
  for (let i = from; i < Math.min(lines.length, from + 12); i++) {
    const m =
      /^\s*(?:export )?(?:async )?function\*? (\w+)/.exec(lines[i]) ??
      /^\s*(?:export )?(?:const|class) (\w+)/.exec(lines[i]) ??
      /^ {2}(?:readonly |static |private )*(\w+)\(/.exec(lines[i]);
    if (m) return { name: m[1], line: i + 1 };
  }
  return null;
}

const rows = [];
for (const path of sources(kernel)) {
  const lines = readFileSync(path, "utf8").split("\n");
  // Where each call is declared, under a name that no function can have.
  for (const m of lines.join("\n").matchAll(/\bsyscall\(\s*"(\w+)"/g)) {
    const line = lines.join("\n").slice(0, m.index).split("\n").length;
    rows.push([`syscall ${m[1]}`, relative(root, path), line, "", ""]);
  }
  for (let i = 0; i < lines.length; i++) {
    const tag = /@linux ([\w./-]+)\s+([^*]*)/.exec(lines[i]);
    if (!tag) continue;
    const found = declared(lines, i + (lines[i].includes("*/") ? 1 : 0));
    const symbols = tag[2].match(/\w+/g) ?? [];
    if (found && symbols.length > 0) rows.push([found.name, relative(root, path), found.line, tag[1], symbols.join(" ")]);
  }
}
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "kernel.json"), JSON.stringify(rows));
rmSync(join(out, "source"), { recursive: true, force: true });
for (const path of sources(kernel)) {
  // A name of plain text, so that no web host takes TypeScript for a video stream.
  cpSync(path, join(out, "source", `${relative(root, path)}.txt`));
}
console.log(`The lab's index: ${rows.length} kernel functions with their Linux counterparts.`);
