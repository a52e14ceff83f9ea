import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, root } from "../native.ts";
import { debug } from "./drive.ts";

let program = "";
beforeAll(async () => {
  program = await compile(join(root, "tests/gdb/threads.c"), ["-g", "-O0", "-pthread"]);
}, 60_000);

const go = (args: string[], commands: string[]) => debug(program, ["run", "--root", "/", program, ...args], commands);

describe("threads, signals and system calls under stock gdb", () => {
  it("lists threads with their backtraces", { timeout: 60_000 }, async () => {
    const { gdb, stdout } = await go(
      [],
      [
        "break meet if n == 3",
        "c",
        "info threads",
        "thread apply all bt",
        "p $fs_base != 0",
        "thread 2",
        "p $_thread",
        "info auxv",
        "delete",
        "c",
      ],
    );
    expect(gdb).toMatch(/\* 4 +Thread \d+ "[^"]+" meet \(n=3\)/);
    expect(gdb).toMatch(/Thread 4 .*\n#0 {2}meet \(n=3\)[\s\S]*work \(p=0x3\)/);
    expect(gdb).toMatch(/Thread 1 [\s\S]*main \(argc=1/);
    expect(gdb).toMatch(/AT_PAGESZ +System page size +4096/);
    expect(stdout).toBe("6\n");
  });

  it("a crash shows where, with its siginfo", { timeout: 60_000 }, async () => {
    const { gdb, status } = await go(
      ["c"],
      ["c", "bt", "p $_siginfo.si_signo", "p $_siginfo._sifields._sigfault.si_addr", "reverse-stepi", "p p", "c", "c"],
    );
    expect(gdb).toContain("received signal SIGSEGV");
    expect(gdb).toMatch(/#0 .*main \(argc=2/);
    expect(gdb).toContain("$1 = 11\n");
    expect(gdb).toContain("$2 = (void *) 0x10\n");
    expect(gdb).toContain("terminated with signal SIGSEGV");
    expect(status).toBe(139);
  });

  it("catches a system call on entry and return, forward and backward", { timeout: 60_000 }, async () => {
    const { gdb, stdout } = await go(
      ["s"],
      ["catch syscall write", "c", "p $rdx", "c", "p $rax", "stepi", "reverse-continue", "x/i $pc", "delete", "c"],
    );
    expect(gdb.match(/call to syscall write/g)?.length).toBe(2);
    expect(gdb.match(/returned from syscall write/g)?.length).toBe(1);
    expect(gdb).toContain("$1 = 7\n");
    expect(gdb).toContain("$2 = 7\n");
    expect(gdb).toMatch(/=> .*syscall/);
    expect(stdout).toBe("raised\n");
  });

  it("a signal can be kept from the program", { timeout: 60_000 }, async () => {
    const { gdb, status } = await go(["u"], ["handle SIGUSR1 stop print nopass", "c", "p $_siginfo.si_signo", "c"]);
    expect(gdb).toContain("received signal SIGUSR1");
    expect(gdb).toContain("$1 = 10\n");
    expect(status).toBe(5);
    const passed = await go(["u"], ["c", "c"]);
    expect(passed.gdb).toContain("terminated with signal SIGUSR1");
    expect(passed.status).toBe(138);
  });

  it("kill ends the run, and monitor says where it stands", { timeout: 60_000 }, async () => {
    const { gdb, status } = await go([], ["monitor help", "monitor position", "monitor tasks", "kill"]);
    expect(gdb).toContain("monitor seek N");
    expect(gdb).toMatch(/^\d+$/m);
    expect(gdb).toMatch(/process \d+\t.*runnable/);
    expect(status).toBe(137);
  });

  it("an endless loop is interrupted", { timeout: 60_000 }, async () => {
    const interrupt = "python import threading, os, signal; threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()";
    const { gdb, status } = await go(["l"], ["break 17", "c", "delete", interrupt, "c", "bt", "p shared > 0", "kill"]);
    expect(gdb).toContain("received signal SIGINT");
    expect(gdb).toMatch(/#0 .*main \(argc=2/);
    expect(gdb).toContain("$1 = 1\n");
    expect(status).toBe(137);
  });

  it("input read before comes again after going back", { timeout: 60_000 }, async () => {
    const reader = await compile(join(root, "tests/gdb/reader.c"), ["-g", "-O0"]);
    const commands = ["break 11", "c", "p sum", "reverse-continue", "delete", "c"];
    const { gdb, stdout, status } = await debug(reader, ["run", "--root", "/", reader], commands, "hello\nyou\n");
    expect(gdb).toContain("$1 = 10\n");
    expect(gdb).toContain("No more reverse-execution history.");
    expect([status, stdout]).toEqual([10, "10\n"]);
  });
});
