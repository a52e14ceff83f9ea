import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import { compile, freshDirectory, lstarCommand, need, root, run } from "../native.ts";

/** Conformance programs whose calls are the same in every run, and the same on any file system. */
const programs = `
  fs/links fs/mkdir-rmdir fs/mmap-file fs/open-flags fs/open-getfl fs/permissions fs/remove-open fs/rename fs/tmpfile
  fs/umask fs/utimes fs/walk fs/access fs/append fs/copy fs/dup fs/fallocate
  fcntl/flock fcntl/ioctls fcntl/leases fcntl/memfd fcntl/posix-locks
  inotify/file inotify/masks mm/brk mm/private-file epoll/edge epoll/level epoll/nested
  seccomp/fuzz-check seccomp/sysctl
  io_uring/arguments io_uring/woken-chain
  ids/setuid poll/select inet/calls signal/altstack signal/exec-keeps signal/queue signal/sigsuspend-mask`
  .trim()
  .split(/\s+/);

/** Tracers: only one can be one's tracer, so their children are left to them. */
const tracers = `
  ptrace/debugregs ptrace/events ptrace/memory ptrace/seccomp ptrace/signals ptrace/step ptrace/syscalls
  seccomp/actions`
  .trim()
  .split(/\s+/);

/** Calls whose numbers are process ids. */
const PIDS =
  /^(set_tid_address|get(tid|pid|ppid|pgrp|pgid|sid)|fork|vfork|clone3?|wait4|waitid|t?g?kill|tkill|setpgid|setsid|rt_t?g?sigqueueinfo|prlimit64|ptrace|futex|sched_\w+)\b/;

/** One task's trace without what differs from run to run: addresses, pids, times, random bytes, inode numbers. */
function normalise(text: string, tracer: boolean): string[] {
  return (
    text
      .split("\n")
      // A tracee's stop and its signal come before or after the wait for it.
      .filter((line) => line !== "" && !(tracer && line.startsWith("--- SIGCHLD")) && !/^(brk|getrandom)\(/.test(line))
      .map((line) =>
        line
          .replace(/\{r15=[^}]*\}|\w\w_space=\[[^\]]*\]/g, "REGS")
          .replace(/(si_signo=SIGTRAP.* si_addr=)0x[0-9a-f]+/, "$1ADDR")
          // What strace 6.1 has no names for yet, and what the kernel has.
          .replace(/(features=IORING_FEAT_SINGLE_MMAP)[^,]*/, "$1")
          .replace(/(\{last_op=)\S+.*?, ops_len=6\d, /, "$1LAST, ops_len=N, ")
          .replace(/=> \[\[IO_WQ_BOUND\]=\d+, \[IO_WQ_UNBOUND\]=\d{3,}\]/, "=> LIMITS")
          .replace(/(\{op=IORING_OP_\w+, flags=)(0|IO_URING_OP_SUPPORTED)\}/g, "$1F}")
          .replace(/ => \d+\}/, "}")
          .replace(/\/proc\/\d+/g, "/proc/N")
          .replace(/0x[0-9a-f]{5,16}/g, "ADDR")
          .replace(/htons\([1-9]\d*\)/g, "htons(PORT)")
          .replace(/\b(si_pid|si_uid|l_pid|st_dev|st_ino)=[^,}]*/g, "$1=N")
          .replace(/si_[us]time=\d+( \/\*.*?\*\/)?/g, "si_time=T")
          .replace(/\btv_n?u?sec=-?\d+/g, "tv=T")
          .replace(/(st_mode=S_IFDIR[^,]*), st_size=\d+/g, "$1, st_size=S")
          .replace(/\s+= /, " = "),
      )
      .map((line) => (PIDS.test(line) ? line.replace(/\b\d{2,7}\b|\b[2-9]\b/g, "N") : line))
  );
}

/** The traces of all tasks in the order of their creation. */
function traces(dir: string, tracer: boolean): string[][] {
  const pid = (file: string): number => Number(file.split(".").pop());
  return readdirSync(dir)
    .sort((a, b) => pid(a) - pid(b))
    .map((file) => normalise(readFileSync(join(dir, file), "latin1"), tracer));
}

for (const name of [...programs, ...tracers]) {
  it(`${name}: the text of strace`, { timeout: 60_000 }, async () => {
    const strace = need("strace");
    const program = await compile(join(root, "tests/conformance", `${name}.c`));
    const dir = freshDirectory();
    try {
      mkdirSync(join(dir.path, "ours"));
      // Both with their streams on /dev/null: a pipe here and a socket there would show.
      const quiet = (...args: string[]): [string, string[]] => [
        "/bin/sh",
        ["-c", 'exec env -i PATH=/usr/bin:/bin HOME= "$@" </dev/null >/dev/null 2>&1', "sh", ...args],
      ];
      const follow = tracers.includes(name) ? [] : ["-ff"];
      const options = [...follow, "-o", join(dir.path, "ours/t"), "--cwd", "/tmp", "--env", "PATH=/usr/bin:/bin", "--env", "HOME="];
      await run(...quiet(process.execPath, lstarCommand, "trace", "--no-diagnose", ...options, program));
      const ours = traces(join(dir.path, "ours"), tracers.includes(name));
      // The host's scheduler is free where lstar's is not: what counts is whether the host can do the same.
      let real: string[][] = [];
      for (let i = 0; i < 4 && !isDeepStrictEqual(ours, real); i++) {
        for (const d of ["real", "work"]) {
          rmSync(join(dir.path, d), { recursive: true, force: true });
          mkdirSync(join(dir.path, d));
        }
        await run(...quiet(strace, ...follow, "-o", join(dir.path, "real/t"), program), { cwd: join(dir.path, "work") });
        real = traces(join(dir.path, "real"), tracers.includes(name));
      }
      expect(ours).toEqual(real);
    } finally {
      dir.remove();
    }
  });
}
