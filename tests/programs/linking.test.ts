import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshDirectory, lstar, need, type RunResult, root, run } from "../native.ts";

/** Dynamic linking: everything a loader does, by the loaders and libraries of the host, natively and in lstar. */
const sources = join(root, "tests/programs/linking");
const env = { PATH: "/usr/bin:/bin", HOME: "/nonexistent", LC_ALL: "C" };
const guest = ["run", "--root", "/", ...Object.entries(env).flatMap(([k, v]) => ["--env", `${k}=${v}`])];

let directory: ReturnType<typeof freshDirectory>;
const at = (name: string): string => join(directory.path, name);
const source = (name: string): string => join(sources, name);

async function build(compiler: string, ...args: string[]): Promise<void> {
  const r = await run(need(compiler), ["-w", "-O1", ...args]);
  if (r.status !== 0) throw new Error(`${compiler} ${args.join(" ")}:\n${r.stderr}`);
}

beforeAll(async () => {
  directory = freshDirectory();
  await Promise.all([
    build("gcc", "-shared", "-fPIC", "-o", at("plugin.so"), source("plugin.c")),
    build("gcc", "-shared", "-fPIC", "-o", at("preload.so"), source("preload.c")),
    build("gcc", "-rdynamic", "-pthread", "-o", at("program"), source("program.c")),
    build("gcc", "-no-pie", "-rdynamic", "-pthread", "-o", at("fixed"), source("program.c")),
    build("gcc", "-o", at("shared"), source("shared.c")),
    build("musl-gcc", "-shared", "-fPIC", "-o", at("plugin-musl.so"), source("plugin.c")),
    build("musl-gcc", "-shared", "-fPIC", "-o", at("preload-musl.so"), source("preload.c")),
    build("musl-gcc", "-rdynamic", "-o", at("program-musl"), source("program.c")),
  ]);
  mkdirSync(at("work"));
});
afterAll(() => directory.remove());

/** Runs a shell's command line in an empty directory, natively and in lstar: all that is seen must be equal. */
async function same(line: string): Promise<RunResult> {
  const [ours, real] = await Promise.all([
    lstar([...guest, "--cwd", at("work"), "--", "/bin/sh", "-c", line]),
    run("/bin/sh", ["-c", line], { cwd: at("work"), env }),
  ]);
  expect(ours).toEqual(real);
  return ours;
}

describe.concurrent("loaders", () => {
  it.each([
    ["glibc, position-independent", "program", "plugin.so"],
    ["glibc, at a fixed address", "fixed", "plugin.so"],
    ["musl", "program-musl", "plugin-musl.so"],
  ])("dlopen, dlsym, thread-local storage, constructors: %s", async (_what, program, plugin) => {
    const r = await same(`${at(program)} ${at(plugin)}`);
    expect(r.status).toBe(0);
    expect(r.stdout).toContain("in a thread: 84 86");
  });

  it.each([
    ["glibc", "program", "plugin.so", "preload.so"],
    ["musl", "program-musl", "plugin-musl.so", "preload-musl.so"],
  ])("LD_PRELOAD: %s", async (_what, program, plugin, preload) => {
    const r = await same(`LD_PRELOAD=${at(preload)} ${at(program)} ${at(plugin)}`);
    expect(r.stdout).toContain("preloaded: main");
  });

  it("LD_PRELOAD of what is not there or no library: told, and the program runs", async () => {
    const r = await same(`LD_PRELOAD='/nonexistent.so /etc/passwd' /bin/echo fine`);
    expect(r.stdout).toBe("fine\n");
    expect(r.stderr).toContain("cannot be preloaded");
  });

  it("LD_BIND_NOW, LD_LIBRARY_PATH, the loader called by itself", async () => {
    await same(`LD_BIND_NOW=1 ${at("program")} ${at("plugin.so")}`);
    await same(`/lib64/ld-linux-x86-64.so.2 /bin/echo by hand; /lib64/ld-linux-x86-64.so.2 --list /bin/ls | sed 's/ (0x.*//'`);
    await same(`/lib/ld-musl-x86_64.so.1 --list ${at("program-musl")} | sed 's/ (0x.*//'`);
  });
});

describe.concurrent("the processor as libc sees it", () => {
  it("glibc's choices follow cpuid, which names what is there: x86-64-v2, no AVX", async () => {
    const r = await lstar([...guest, "--", "/lib64/ld-linux-x86-64.so.2", "--help"]);
    expect(r.stdout).toMatch(/x86-64-v2 \(supported, searched\)/);
    expect(r.stdout).toMatch(/x86-64-v3\n/);
    expect(r.stdout).toMatch(/x86-64-v4\n/);
    const list = await lstar([...guest, "--", "/lib64/ld-linux-x86-64.so.2", "--list-diagnostics"]);
    expect(list.status).toBe(0);
    const cpuinfo = await lstar([...guest, "--", "/bin/cat", "/proc/cpuinfo"]);
    const flags = new Set(/^flags\s*: (.*)$/m.exec(cpuinfo.stdout)?.[1]?.split(" "));
    for (const f of ["sse4_2", "popcnt", "cx16", "lahf_lm"]) expect(flags).toContain(f);
    for (const f of ["avx", "avx2", "bmi1", "fma", "movbe"]) expect(flags).not.toContain(f);
    expect(list.stdout).toContain("isa_1=0x3");
  });

  it("every choice that GLIBC_TUNABLES leaves gives the same result", async () => {
    const words = "printf 'b\\na\\nc\\n' | sort | tr a-c A-C | od -c";
    const choices = "-SSE4_2 -SSSE3,-SSE4_1,-SSE4_2 -Fast_Unaligned_Load,-Fast_Copy_Backward";
    await same(`for h in ${choices}; do export GLIBC_TUNABLES=glibc.cpu.hwcaps=$h; ${words}; done`);
  });
});

it("four layouts take turns, which the seed draws; stack and vDSO are elsewhere each time; setarch -R stops all of it", {
  timeout: 180_000,
}, async () => {
  const loop = (n: number) => `i=0; while [ $i -lt ${n} ]; do grep -E "ld-linux|grep|stack|vdso" /proc/self/maps; i=$((i+1)); done`;
  const places = async (script: string, ...options: string[]) => {
    const r = await lstar([...guest, ...options, "--", "/bin/sh", "-c", script]);
    expect(r.status).toBe(0);
    const lines = r.stdout.trim().split("\n");
    // Where the first mapping of each run is.
    const at = (name: string) => lines.filter((l, i) => l.includes(name) && !lines[i - 1]?.includes(name)).map((l) => l.split("-")[0]!);
    return { loader: at("ld-linux"), program: at("/grep"), stack: at("[stack]"), vdso: at("[vdso]") };
  };
  const p = await places(loop(8));
  for (const list of [p.loader, p.program]) {
    expect(new Set(list.slice(0, 4)).size).toBe(4);
    expect(list.slice(4)).toEqual(list.slice(0, 4));
  }
  expect(new Set(p.stack).size).toBe(8);
  expect(new Set(p.vdso).size).toBe(8);
  const other = await places(loop(4), "--seed", "2");
  for (const address of other.loader) expect(p.loader).not.toContain(address);
  const fixed = await places(`exec setarch -R sh -c '${loop(3)}'`);
  for (const list of Object.values(fixed)) expect(new Set(list).size).toBe(1);
});

describe.concurrent("what is missing or hostile", () => {
  /** Copies a program with another PT_INTERP of at most the old one's length. */
  function withInterpreter(name: string, path: string): void {
    const bytes = readFileSync("/bin/true");
    const old = bytes.indexOf("/lib64/ld-linux-x86-64.so.2\0");
    expect(old).toBeGreaterThan(0);
    bytes.fill(0, old, old + 28);
    bytes.write(path, old, "latin1");
    writeFileSync(at(name), bytes);
    chmodSync(at(name), 0o755);
  }

  it("a missing library: the loader's message and status", async () => {
    await build("gcc", "-shared", "-fPIC", "-o", at("libgone.so"), source("preload.c"));
    await build("gcc", "-o", at("needs"), source("shared.c"), "-Wl,--no-as-needed", at("libgone.so"));
    await run("/bin/rm", [at("libgone.so")]);
    const r = await same(`${at("needs")}; echo $?`);
    expect(r.stdout).toBe("127\n");
    expect(r.stderr).toContain("cannot open shared object file");
  });

  it("a library that is cut off, of another machine, or a directory", async () => {
    const plugin = readFileSync(at("plugin.so"));
    writeFileSync(at("cut.so"), plugin.subarray(0, 100));
    writeFileSync(at("half.so"), plugin.subarray(0, plugin.length >> 1));
    const other = Buffer.from(plugin);
    other[18] = 183;
    writeFileSync(at("arm.so"), other);
    const names = ["cut.so", "half.so", "arm.so", "work", "program"].map(at).join(" ");
    await same(`for l in ${names}; do LD_PRELOAD=$l /bin/true; echo $?; ${at("program")} $l; echo $?; done`);
  });

  it("interpreters that are missing, cyclic, no program, a directory or a device", async () => {
    withInterpreter("missing", "/nonexistent/ld.so");
    withInterpreter("directory", "/tmp");
    withInterpreter("device", "/dev/null");
    withInterpreter("text", "/etc/passwd");
    withInterpreter("empty", "");
    withInterpreter("relative", "true");
    const own = "/tmp/lstar-cycle-a";
    const other = "/tmp/lstar-cycle-b";
    try {
      withInterpreter("cycle", other);
      withInterpreter("back", own);
      copyFileSync(at("cycle"), own);
      copyFileSync(at("back"), other);
      withInterpreter("self", "/tmp/lstar-self");
      copyFileSync(at("self"), "/tmp/lstar-self");
      const names = ["missing", "directory", "device", "text", "empty", "relative"].map(at).join(" ");
      await same(`for p in ${names}; do $p; echo $?; done`);
      // Each becomes the other's loader, whose own PT_INTERP does not count: it runs without one and crashes.
      for (const program of [own, other, "/tmp/lstar-self"]) {
        const r = await same(`${program} 2>/dev/null; echo $?`);
        expect(r.stdout).toBe("139\n");
      }
    } finally {
      await run("/bin/rm", ["-f", own, other, "/tmp/lstar-self"]);
    }
  });

  it("scripts whose interpreters go round in a circle", async () => {
    writeFileSync(at("one"), `#!${at("two")}\n`, { mode: 0o755 });
    writeFileSync(at("two"), `#!${at("one")}\n`, { mode: 0o755 });
    writeFileSync(at("narcissus"), `#!${at("narcissus")}\n`, { mode: 0o755 });
    symlinkSync(at("loop"), at("loop"));
    await same(`for p in ${["one", "narcissus", "loop"].map(at).join(" ")}; do env $p; echo $?; done`);
  });

  it("without a root: what is missing is named", async () => {
    for (const [name, options] of [
      [at("program"), {}],
      ["./program", { cwd: at(".") }],
    ] as const) {
      const r = await lstar(["run", name], options);
      expect(r.status).toBe(127);
      expect(r.stderr).toContain("its interpreter /lib64/ld-linux-x86-64.so.2 (#! line or ELF PT_INTERP) is not in the guest");
      expect(r.stderr).toContain(`lstar run --root / ${name}`);
    }
  });
});

it("pages of libraries are one frame for all who map them", async () => {
  const r = await same(at("shared"));
  expect(r.stdout).toContain("text of four: rss 32, pss 4, shared 32");
});

it("Go reads the clock without system calls", { timeout: 120_000 }, async () => {
  const built = await run(need("go"), ["build", "-o", at("now"), source("now.go")], {
    env: { ...env, PATH: process.env["PATH"] ?? "", GOCACHE: at("go"), GO111MODULE: "off" },
    timeout: 90_000,
  });
  expect(built.stderr).toBe("");
  const r = await lstar(["trace", "-f", "-c", "--root", "/", at("now")]);
  expect(r.stdout).toBe("forward: true\n");
  expect(r.stderr).toContain("rt_sigaction");
  expect(r.stderr).not.toMatch(/clock_gettime|gettimeofday|\btime$/m);
});
