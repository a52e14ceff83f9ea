// Makes packages/lab/public/compiler.tar.gz: tcc and musl from Debian's packages on this machine, for compiling C in the page.
// Without them the file is left out, and the page says so.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const out = fileURLToPath(new URL("../packages/lab/public/", import.meta.url));
const image = join(out, "compiler.tar.gz");
const musl = "/usr/lib/x86_64-linux-musl";
const headers = "/usr/include/x86_64-linux-musl";
const tccLib = "/usr/lib/x86_64-linux-gnu/tcc";
const needed = ["/usr/bin/tcc", tccLib, `${musl}/libc.a`, headers];
mkdirSync(out, { recursive: true });

const missing = needed.filter((p) => !existsSync(p));
if (missing.length > 0) {
  rmSync(image, { force: true });
  console.log(`The compiler image was not built: ${missing.join(", ")} not found (Debian's tcc and musl-tools).`);
} else if (existsSync(image) && statSync(image).mtimeMs > statSync("/usr/bin/tcc").mtimeMs) {
  console.log("The compiler image is there.");
} else {
  build();
}

function build() {
  const dir = mkdtempSync(join(tmpdir(), "lab-compiler-"));
  const copy = (from, to) => run("cp", ["-rL", from, to]);
  for (const d of ["usr/bin", "usr/lib/tcc", "usr/include", "tmp", "lib64", "etc"]) mkdirSync(join(dir, d), { recursive: true });
  copy("/usr/bin/tcc", join(dir, "usr/bin/tcc"));
  copy(`${tccLib}/.`, join(dir, "usr/lib/tcc"));
  copy(`${headers}/.`, join(dir, "usr/include"));
  // The kernel's own headers are large and only few programs want them.
  for (const f of readdirSync(musl)) if (/^(crt[1in]|Scrt1|rcrt1)\.o$|^lib\w+\.a$/.test(f)) copy(join(musl, f), join(dir, "usr/lib", f));
  // tcc is linked with the host's C library.
  for (const [, lib] of spawnSync("ldd", ["/usr/bin/tcc"], { encoding: "utf8" }).stdout.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(dir, lib, ".."), { recursive: true });
    copy(lib, join(dir, lib));
    run("strip", ["--strip-unneeded", join(dir, lib)], true);
  }
  run("tar", ["-C", dir, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-czf", image, "."]);
  rmSync(dir, { recursive: true });
  console.log(`The compiler image: ${(statSync(image).size / 2 ** 20).toFixed(1)} MB.`);
}

function run(command, args, mayFail = false) {
  const r = spawnSync(command, args, { encoding: "utf8" });
  if (r.status !== 0 && !mayFail) throw new Error(`${command} ${args.join(" ")}: ${r.error?.message ?? r.stderr}`);
}
