// Compiles the lab's example programs into packages/lab/public/programs (not in git), with line numbers.
// Without a C compiler the list says so, and the page tells it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const lab = fileURLToPath(new URL("../packages/lab/", import.meta.url));
const out = join(lab, "public/programs");
/** Tried in this order: musl's programs are small. */
const compilers = [
  ["musl-gcc", "-static", "-no-pie", "-gdwarf-4", "-O0", "-fno-omit-frame-pointer", "-pthread"],
  ["gcc", "-static", "-no-pie", "-gdwarf-4", "-O0", "-fno-omit-frame-pointer", "-pthread"],
  ["tcc", "-static", "-g"],
];
const mayWork = process.arch === "x64" && process.platform === "linux";
const compiler = mayWork ? compilers.find(([name]) => spawnSync(name, ["--version"]).status === 0) : undefined;

/** The order of the picker; files not named here follow by name. */
const order = ["hello", "read_write", "vdso_clock", "epoll_lt", "epoll_et", "pipe", "signals", "fork_exec", "threads", "crash", "endless"];
const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);

mkdirSync(out, { recursive: true });
const sources = readdirSync(join(lab, "programs"))
  .filter((f) => f.endsWith(".c"))
  .map((f) => basename(f, ".c"))
  .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
/** Files that programs include; the page shows them and gives them to its compiler. */
const headers = Object.fromEntries(
  readdirSync(join(lab, "programs"))
    .filter((f) => f.endsWith(".h"))
    .map((f) => [f, readFileSync(join(lab, "programs", f), "utf8")]),
);
const newestHeader = Math.max(0, ...Object.keys(headers).map((f) => statSync(join(lab, "programs", f)).mtimeMs));
const list = [];
for (const name of sources) {
  const source = join(lab, "programs", `${name}.c`);
  const program = join(out, `${name}.elf`);
  let built = existsSync(program) && statSync(program).mtimeMs > Math.max(statSync(source).mtimeMs, newestHeader);
  if (!built && compiler) {
    const [command, ...flags] = compiler;
    // Warnings are for people who edit; the programs ignore results on purpose.
    const r = spawnSync(command, [...flags, "-w", "-o", program, source], { encoding: "utf8" });
    built = r.status === 0;
    if (!built) console.error(`build-lab-programs: ${name}: ${r.error?.message ?? r.stderr}`);
  }
  if (!built) rmSync(program, { force: true });
  const text = readFileSync(source, "utf8");
  list.push({ name, about: /^\/\/ (.*)/.exec(text)?.[1] ?? "", source: text, built });
}
writeFileSync(join(lab, "public/programs.json"), JSON.stringify({ compiler: compiler?.[0] ?? null, programs: list, headers }));
console.log(
  `The lab's programs: ${list.filter((p) => p.built).length} of ${list.length} compiled${compiler ? ` by ${compiler[0]}` : ": no C compiler found"}.`,
);
