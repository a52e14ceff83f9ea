import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { compile, freshDirectory, lstar, need, type RunResult, root, run } from "../native.ts";

/**
 * strace and gdb as guests: they trace other guests by ptrace, and their output must be what they print on the
 * host, but for addresses and process ids.
 */
const source = join(root, "tests/programs/traced.c");

/** Addresses and process ids, which differ from run to run. */
function normalise(text: string): string[] {
  const pids = new Map<string, string>();
  return (
    text
      .split("\n")
      .map((line) =>
        line
          .replace(/0x[0-9a-f]{5,16}/g, "ADDR")
          .replace(/^(\[pid +)(\d+)\]/, (_a, _b, pid: string) => {
            if (!pids.has(pid)) pids.set(pid, `P${pids.size}`);
            return `[pid ${pids.get(pid)}]`;
          })
          .replace(/(si_pid|si_uid|child_tidptr|process|Process|PID|Thread|LWP)([= ]+)\d+/g, "$1$2N")
          .replace(/\b(getpid|gettid|fork|vfork|clone|wait4|set_tid_address|tgkill|kill|clone3)\((.*)/, (line) =>
            line.replace(/\b\d+\b/g, "N"),
          )
          .replace(/(resumed>.*\)\s+= )\d+$/, "$1N")
          .replace(/si_[us]time=\d+( \/\*.*?\*\/)?/g, "si_time=T")
          .replace(/\s+= /, " = "),
      )
      // Standard output is a pipe here and a socket there.
      .filter((line) => !/^(\[pid P\d\] )?(brk|mprotect|getrandom|readlink|newfstatat)\(/.test(line))
  );
}

async function alike(args: readonly string[], pick: (r: RunResult) => string): Promise<void> {
  const guest = await lstar(["run", "--root", "/", "--cwd", "/tmp", "--env", "PATH=/usr/bin:/bin", "--env", "HOME=/", ...args], {
    timeout: 110_000,
  });
  const ours = normalise(pick(guest));
  const natively = async (): Promise<string[]> => {
    const r = await run(args[0] as string, args.slice(1), { cwd: "/tmp", env: { PATH: "/usr/bin:/bin", HOME: "/" } });
    return normalise(pick(r));
  };
  // The host's scheduler is free where lstar's is not.
  let real = await natively();
  for (let i = 1; i < 6 && !isDeepStrictEqual(ours, real); i++) real = await natively();
  expect(ours).toEqual(real);
}

/** The lines of parent and child each by themselves, with interrupted ones put together. */
function byTask(text: string): string {
  const child = /Process (\d+) attached/.exec(text)?.[1];
  const tasks: [string[], string[]] = [[], []];
  // strace's own line may come in the midst of another.
  for (const line of text.replace(/strace: Process \d+ attached\n( <unfinished)/, "$1").split("\n")) {
    const m = /^(?:\[pid +(\d+)\] )?(.*)$/.exec(line) as RegExpExecArray;
    const own = tasks[m[1] !== undefined && m[1] === child ? 1 : 0];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(m[2] as string);
    if (!resumed) own.push(m[2] as string);
    else own[own.length - 1] = `${own[own.length - 1]?.replace(/ ?<unfinished \.\.\.>$/, "")}${resumed[1]}`;
  }
  // Attached: a line of strace itself, in the midst of another.
  return [...tasks[0], "child", ...tasks[1]].filter((l) => !l.includes("attached") && !/^, child_tidptr/.test(l)).join("\n");
}

describe("strace as a guest", () => {
  for (const way of ["plain", "signals", "fork", "seccomp"]) {
    it(`strace -f: ${way}`, { timeout: 120_000 }, async () => {
      const program = await compile(source, ["-O1", "-g", "-static"]);
      await alike([need("strace"), "-f", program, way], (r) => (way === "fork" ? byTask(r.stderr) : r.stderr));
    });
  }
  it("strace -c counts", { timeout: 120_000 }, async () => {
    const program = await compile(source, ["-O1", "-g", "-static"]);
    // Times differ: what remains are the names, their calls and errors.
    const rows = (r: RunResult): string =>
      r.stderr
        .split("\n")
        .map((l) => l.trim().split(/\s+/))
        .filter((w) => w.length >= 5 && /^\d/.test(w[0] as string))
        .map((w) => [w[w.length - 1], ...w.slice(3, -1)].join(" "))
        .sort()
        .join("\n");
    await alike([need("strace"), "-c", program, "plain"], rows);
  });
});

it("gdb as a guest: breakpoints, steps, watchpoints, calls, signals, forks", { timeout: 120_000 }, async () => {
  const program = await compile(source, ["-O0", "-g", "-static"]);
  const dir = freshDirectory();
  try {
    const script = join(dir.path, "commands");
    writeFileSync(script, session);
    await alike([need("gdb"), "-q", "-nx", "-batch", "-x", script, program], (r) => r.stdout);
  } finally {
    dir.remove();
  }
});

/** One session with several runs, since gdb takes its time to start. */
const session = `set confirm off
set pagination off
set width 0
break add
run
backtrace
info args
info registers rip
x/3i $pc
step
next
finish
continue
up
info locals
print add(20, 22)
set variable sum = 7
print sum + 1
stepi
nexti
delete
continue
break main
run
watch total
continue
continue
rwatch total
continue
info watchpoints
delete
continue
handle SIGUSR1 stop print
run signals
print $_siginfo.si_signo
backtrace 1
continue
catch fork
run fork
continue
delete
catch syscall getppid
run seccomp
continue
continue
`;
